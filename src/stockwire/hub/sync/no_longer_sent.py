"""What a source no longer sends of a product that stays: attributes to tidy up, and a warehouse's quantity.

Attributes are kept but for those whose prefix the operator named. A quantity whose row vanished goes: what
was counted there would be sold for ever. What a flag keeps from the source stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from stockwire.domain.records import Active, SourceProduct
from stockwire.hub.models import Source

# An attribute that a template brought stays, blank: what the template requires is required still.
_BLANK = """
    ), blank as (
        insert into product_meta (client_id, product_id, key, value, template_name)
        select client_id, product_id, key, '', template_name from gone where template_name <> ''
    )
"""
_ANY_MORE = "(m.template_name = '' or m.value <> '')"

TIDY = f"""
    with gone as (
    delete from product_meta m using products p, unnest(%s::text[], %s::text[]) as sent(code, keys)
    where p.source_id = %s and p.source_product_code = sent.code and m.product_id = p.id
        and {_ANY_MORE} and m.key ^@ any(%s) and m.key <> all(string_to_array(sent.keys, E'\\x1f'))
        and coalesce((select f.owner from flags f where f.source_id = p.source_id
            and f.field in ('meta.' || lower(m.key), 'meta.*') order by f.field = 'meta.*' limit 1),
            'source') = 'source'
    returning m.client_id, m.product_id, p.source_product_code, m.key, m.value, m.template_name
    {_BLANK} select product_id, source_product_code, key, value from gone
"""  # noqa: S608 - the parts are constants of this file

META = f"""
    with gone as (
    delete from product_meta m using products p, unnest(%s::text[], %s::text[]) as named(code, key)
    where p.source_id = %s and p.source_product_code = named.code and m.product_id = p.id
        and m.key = named.key and {_ANY_MORE}
    returning m.client_id, m.product_id, m.key, m.template_name
    {_BLANK} select product_id from gone
"""  # noqa: S608 - the parts are constants of this file

QUANTITIES = """
    delete from quantities q using variants v, unnest(%s::text[], %s::text[]) as gone(code, warehouse)
    where v.source_id = %s and v.source_variant_code = gone.code and q.variant_id = v.id
        and q.warehouse = gone.warehouse
        and coalesce((select f.owner from flags f where f.source_id = v.source_id
            and f.field in ('qty.' || lower(q.warehouse), 'qty.*', 'qty')
            order by f.field = 'qty', f.field = 'qty.*' limit 1), 'source') = 'source'
    returning v.product_id
"""


def remove_quantities(source: Source, gone: Sequence[tuple[str, str]]) -> list[int]:
    """Ids of the products that lost the quantity of a warehouse, inside the batch's transaction."""
    if not gone:
        return []
    codes, warehouses = zip(*gone, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(QUANTITIES, [list(codes), list(warehouses), source.pk])
        return sorted({row[0] for row in cursor.fetchall()})


def remove_meta(source: Source, named: Mapping[str, Iterable[str]]) -> list[int]:
    """Ids of the products that lost attributes, `named` by product code, in an open scope (meta_delete)."""
    pairs = [(code, key) for code, keys in named.items() for key in keys]
    if not pairs:
        return []
    codes, keys = zip(*pairs, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(META, [list(codes), list(keys), source.pk])
        return sorted({row[0] for row in cursor.fetchall()})


def tidy_prefixes(source: Source) -> list[str]:
    """Prefixes of attributes that go when a sync no longer brings them, as the operator named them."""
    listed = str(source.settings.get("deactivate_productmeta_prefix_csv", ""))
    return [prefix for part in listed.split(",") if (prefix := part.strip())]


@dataclass(frozen=True, slots=True)
class Tidied:
    """An attribute that went, with what it was."""

    product_id: int
    code: str
    key: str
    value: str


def tidy(source: Source, products: Sequence[SourceProduct]) -> list[Tidied]:
    """The attributes that products lost, inside the batch's transaction (behaviour A8)."""
    prefixes = tidy_prefixes(source)
    if not prefixes:
        return []
    sent: dict[str, list[str]] = {}
    for product in products:
        if product.product_active is Active.ACTIVE:
            # The variants of a product each bring attributes of it: what one of them sends is sent.
            sent.setdefault(product.source_product_code, []).extend(product.meta)
    if not sent:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            TIDY,
            [
                list(sent),
                ["\x1f".join(keys) for keys in sent.values()],
                source.pk,
                prefixes,
            ],
        )
        return [Tidied(*row) for row in cursor.fetchall()]
