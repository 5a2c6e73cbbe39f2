"""Products into the tables: only what differs is written, and what was written is told.

COPY into a temporary table, then INSERT ... ON CONFLICT ... WHERE it differs: the fastest way that is also
safe beside another writer (docs/adr/0005). What is new goes in by one statement that hands its own new ids
on; what was there before is compared row by row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import connection

from stockwire.domain.records import Active, SourceProduct
from stockwire.hub.models import Source

_NULL = "\\N"
_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
"""What means something to COPY."""


@dataclass(frozen=True, slots=True)
class Staged:
    """Products that stand in this transaction's temporary table, and codes that are to go."""

    active: int
    has_meta: bool
    gone: list[str]


def stage(products: Sequence[SourceProduct], removed: Sequence[str] = ()) -> Staged:
    """Bring products to the database without touching a table that others see, so before any lock is taken.

    ACTIVE creates or updates; DELETE deactivates what is there; IGNORE touches nothing (the guide's table).
    A code in `removed` vanished from the source and counts as DELETE.
    """
    active = [product for product in products if product.product_active is Active.ACTIVE]
    deleted = [p.source_product_code for p in products if p.product_active is Active.DELETE]
    if active:
        with connection.cursor() as cursor:
            cursor.execute(STAGE)
            with cursor.copy("copy incoming from stdin") as copy:
                copy.write("".join(map(_line, active)))
    return Staged(len(active), any(product.meta for product in active), [*deleted, *removed])


def store(source: Source, staged: Staged) -> list[int]:
    """Bring the tables in line with what is staged and give back the ids of the products that changed."""
    new = store_new(source, staged)
    changed, _ = store_rest(source, staged, new)
    return sorted({*new, *changed})


def store_new(source: Source, staged: Staged) -> list[int]:
    """Insert the products that are staged and that nobody has yet, with their variants; their ids."""
    if not staged.active:
        return []
    ours = {"client": source.client_id, "source": source.pk}
    with connection.cursor() as cursor:
        cursor.execute(NEW, ours)
        new = [row[0] for row in cursor.fetchall()]
        if staged.has_meta and len(new) == staged.active:
            cursor.execute(META, ours)
    return new


def store_rest(source: Source, staged: Staged, new: Sequence[int]) -> tuple[set[int], list[int]]:
    """Bring the tables in line with the rest of what is staged, `new` being what store_new has inserted.

    Gives back the ids of all other products that changed, and which of them were deactivated.
    """
    changed: set[int] = set()
    gone: list[int] = []
    with connection.cursor() as cursor:
        # Where every row was new, nothing is left to compare.
        if staged.active > len(new):
            changed = _store_active(cursor, source, staged) - set(new)
        if staged.gone:
            cursor.execute(DEACTIVATE, [source.pk, staged.gone])
            gone = [row[0] for row in cursor.fetchall()]
    return {*changed, *gone}, gone


def rivals(product_ids: Sequence[int]) -> list[int]:
    """Other products of the source that share an SKU, in any case, with those of these that are not active:
    two such stand in each other's way on a channel, so when one goes the other may go out.
    """
    if not product_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(SAME_SKU, [list(product_ids)])
        return [row[0] for row in cursor.fetchall()]


def _store_active(cursor: Any, source: Source, staged: Staged) -> set[int]:
    ours = {"client": source.client_id, "source": source.pk}
    changed: set[int] = set()
    compare = (PRODUCTS, VARIANTS, *FEWER, PRICES, QUANTITIES)
    for sql in (*compare, META) if staged.has_meta else compare:
        cursor.execute(sql, ours)
        changed.update(row[0] for row in cursor.fetchall())
    return changed


def _line(product: SourceProduct) -> str:
    """A row for COPY in its text form. By hand: value by value it takes the driver three times as long."""
    texts = (
        product.source_product_code,
        product.source_variant_code,
        product.sku,
        product.title,
        product.body_html,
        product.collection,
        product.product_type,
        product.vendor,
        product.tags,
        product.barcode,
    )
    if _SPECIAL.search("".join(filter(None, texts))):
        texts = tuple(text and text.translate(_ESCAPED) for text in texts)
    tiers, quantities = product.price_tiers, product.quantities
    grams = _NULL if product.grams is None else product.grams
    meta = json.dumps(dict(product.meta)).translate(_ESCAPED) if product.meta else _NULL
    return (
        "\t".join([_NULL if text is None else text for text in texts])
        + f"\t{grams}\t{'t' if product.inventory_management else 'f'}"
        f"\t{_escaped_names(tuple(tiers))}\t{number_array(tiers)}"
        f"\t{_escaped_names(tuple(quantities))}\t{number_array(quantities)}\t{meta}\tt\n"
    )


@lru_cache(maxsize=1024)
def _escaped_names(names: tuple[str, ...]) -> str:
    return name_array(names).translate(_ESCAPED)


@lru_cache(maxsize=1024)
def name_array(names: tuple[str, ...]) -> str:
    """As text_array; a catalogue has few different sets of price lists and warehouses."""
    return text_array(names)


def text_array(texts: Iterable[str]) -> str:
    """A PostgreSQL array literal, many times faster than the driver's own."""
    quoted = ('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts)
    return "{" + ",".join(quoted) + "}"


def number_array(amounts: Mapping[str, Decimal]) -> str:
    """The amounts as a PostgreSQL array literal, in the order of their names."""
    return "{" + ",".join(map(str, amounts.values())) + "}"


def copy_rows(cursor: Any, rows: Iterable[tuple[Any, ...]]) -> None:
    """Rows in the order of the columns of STAGE into this transaction's temporary table."""
    with cursor.copy("copy incoming from stdin") as copy:
        for row in rows:
            copy.write_row(row)


STAGE = """
    create temporary table if not exists incoming (
        product_code text, variant_code text, sku text, title text, body_html text, collection text,
        product_type text, vendor text, tags text, barcode text, grams integer, managed boolean,
        tiers text[], prices numeric(16, 4)[], warehouses text[], quantities numeric(16, 4)[], meta json,
        active boolean
    ) on commit delete rows;
    delete from incoming
"""
# What nobody has yet: each part takes the ids it needs from the rows the part before it has just inserted,
# so nothing is looked up. A row that is there already, or appears meanwhile, is left to the others below.
NEW = """
    with p as (
        insert into products (client_id, source_id, source_product_code, active, title, body_html,
            collection, product_type, vendor, tags)
        select distinct on (product_code) %(client)s, %(source)s, product_code, true, title, body_html,
            collection, product_type, vendor, tags from incoming order by product_code
        on conflict (source_id, source_product_code) do nothing returning id, source_product_code
    ), v as (
        insert into variants (client_id, source_id, product_id, source_variant_code, sku, barcode, grams,
            inventory_management)
        select %(client)s, %(source)s, p.id, i.variant_code, i.sku, i.barcode, i.grams, i.managed
        from p join incoming i on i.product_code = p.source_product_code
        on conflict (source_id, source_variant_code) do nothing returning id, product_id, source_variant_code
    ), t as (
        insert into price_tiers (client_id, variant_id, tier, price)
        select %(client)s, v.id, a.tier, a.price
        from v join incoming i on i.variant_code = v.source_variant_code
        cross join lateral unnest(i.tiers, i.prices) as a(tier, price)
    ), q as (
        insert into quantities (client_id, variant_id, warehouse, quantity)
        select %(client)s, v.id, a.warehouse, a.quantity
        from v join incoming i on i.variant_code = v.source_variant_code
        cross join lateral unnest(i.warehouses, i.quantities) as a(warehouse, quantity)
    )
    select product_id from v
"""
# A field the source does not supply arrives as null and leaves what is there: absent is not empty.
PRODUCTS = """
    insert into products as p (client_id, source_id, source_product_code, active, title, body_html,
        collection, product_type, vendor, tags)
    select distinct on (product_code) %(client)s, %(source)s, product_code, active, title, body_html,
        collection, product_type, vendor, tags from incoming order by product_code
    on conflict (source_id, source_product_code) do update set
        active = excluded.active, title = excluded.title,
        body_html = coalesce(excluded.body_html, p.body_html),
        collection = coalesce(excluded.collection, p.collection),
        product_type = coalesce(excluded.product_type, p.product_type),
        vendor = coalesce(excluded.vendor, p.vendor), tags = coalesce(excluded.tags, p.tags),
        modified_at = now()
    where p.active <> excluded.active or p.title <> excluded.title
        or p.body_html is distinct from coalesce(excluded.body_html, p.body_html)
        or p.collection is distinct from coalesce(excluded.collection, p.collection)
        or p.product_type is distinct from coalesce(excluded.product_type, p.product_type)
        or p.vendor is distinct from coalesce(excluded.vendor, p.vendor)
        or p.tags is distinct from coalesce(excluded.tags, p.tags)
    returning p.id
"""
# One index look-up per incoming row, whatever the planner believes of tables that are just being filled:
# without the fences it scans the whole source for every batch, and a first load becomes quadratic.
_PRODUCT = """cross join lateral (select p.id from products p
    where p.source_id = %(source)s and p.source_product_code = i.product_code offset 0) p"""
_VARIANT = """cross join lateral (select v.id, v.product_id from variants v
    where v.source_id = %(source)s and v.source_variant_code = i.variant_code offset 0) v"""
VARIANTS = f"""
    insert into variants as v (client_id, source_id, product_id, source_variant_code, sku, barcode, grams,
        inventory_management)
    select %(client)s, %(source)s, p.id, i.variant_code, i.sku, i.barcode, i.grams, i.managed
    from incoming i {_PRODUCT}
    on conflict (source_id, source_variant_code) do update set
        product_id = excluded.product_id, sku = excluded.sku, barcode = coalesce(excluded.barcode, v.barcode),
        grams = coalesce(excluded.grams, v.grams), inventory_management = excluded.inventory_management
    where v.product_id <> excluded.product_id or v.sku <> excluded.sku
        or v.barcode is distinct from coalesce(excluded.barcode, v.barcode)
        or v.grams is distinct from coalesce(excluded.grams, v.grams)
        or v.inventory_management <> excluded.inventory_management
    returning v.product_id
"""  # noqa: S608 - the parts are constants of this file
FEWER = (
    f"""delete from price_tiers t using incoming i {_VARIANT}
        cross join lateral (select x.tier from price_tiers x where x.variant_id = v.id offset 0) x
        where t.variant_id = v.id and t.tier = x.tier and x.tier <> all(i.tiers) returning v.product_id""",  # noqa: S608
    # Only what changed is sent, so a batch may bring one warehouse of an item: the others stay. A figure for
    # all warehouses together ("") and figures for single ones do not go together.
    f"""delete from quantities q using incoming i {_VARIANT}
        cross join lateral (select x.warehouse from quantities x where x.variant_id = v.id offset 0) x
        where q.variant_id = v.id and q.warehouse = x.warehouse and x.warehouse <> all(i.warehouses)
            and i.warehouses <> '{{}}' and (x.warehouse = '' or '' = any(i.warehouses))
        returning v.product_id""",  # noqa: S608
)
_CHANGED = """
    with written as ({} returning variant_id)
    select distinct v.product_id from written cross join lateral (
        select v.product_id from variants v where v.id = written.variant_id offset 0) v
"""
PRICES = _CHANGED.format(
    f"""insert into price_tiers as t (client_id, variant_id, tier, price)
    select %(client)s, v.id, a.tier, a.price
    from incoming i {_VARIANT} cross join lateral unnest(i.tiers, i.prices) as a(tier, price)
    on conflict (variant_id, tier) do update set price = excluded.price where t.price <> excluded.price"""  # noqa: S608
)
QUANTITIES = _CHANGED.format(
    f"""insert into quantities as q (client_id, variant_id, warehouse, quantity)
    select %(client)s, v.id, a.warehouse, a.quantity
    from incoming i {_VARIANT}
    cross join lateral unnest(i.warehouses, i.quantities) as a(warehouse, quantity)
    on conflict (variant_id, warehouse) do update set quantity = excluded.quantity
    where q.quantity <> excluded.quantity"""  # noqa: S608
)
META = f"""
    insert into product_meta as m (client_id, product_id, key, value)
    select distinct on (p.id, a.key) %(client)s, p.id, a.key, a.value
    from incoming i {_PRODUCT} cross join lateral json_each_text(i.meta) as a(key, value)
    order by p.id, a.key
    on conflict (product_id, key) do update set value = excluded.value where m.value <> excluded.value
    returning m.product_id
"""  # noqa: S608
# Fenced like the look-ups above: without, every batch reads all variants of the source (0.2 s at 60,000).
SAME_SKU = """
    select distinct other.product_id from unnest(%s::bigint[]) as changed(id)
    cross join lateral (select p.id from products p where p.id = changed.id and not p.active offset 0) p
    cross join lateral (select v.* from variants v where v.product_id = p.id offset 0) v
    cross join lateral (select o.product_id from variants o where o.sku_key = v.sku_key
        and o.client_id = v.client_id and o.source_id = v.source_id and o.product_id <> v.product_id
        offset 0) other
"""
DEACTIVATE = """
    update products set active = false, modified_at = now()
    where source_id = %s and source_product_code = any(%s) and active returning id
"""
