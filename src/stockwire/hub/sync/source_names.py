"""Names that a source's products have already: price lists, warehouses, attributes."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from django.db import connection

from stockwire.domain.names import folded
from stockwire.domain.pricing import RETAIL
from stockwire.domain.product_columns import Names
from stockwire.hub.models import Source

SHOWN = 12
FIRST_LIST = "sellingprice1"


def names_of(source: Source) -> Names:
    """Inside an open scope."""
    return Names(*(_distinct(sql, source.pk) for sql in (TIERS, WAREHOUSES, META_KEYS)))


def padded_codes(source: Source) -> dict[str, str]:
    """What a spreadsheet leaves of variant codes that begin with noughts, and those codes; not what is the
    code of another variant. Inside an open scope."""
    with connection.cursor() as cursor:
        cursor.execute(PADDED, [source.pk])
        return dict(cursor.fetchall())


def not_sent(
    source_id: int,
    *,
    tiers: Iterable[str] = (),
    warehouses: Iterable[str] = (),
    attributes: Iterable[str] = (),
) -> list[str]:
    """A sentence for each price list, warehouse and attribute that no product of the source has, inside an
    open scope: what it is called, what it is close to, and which there are. What has not come in yet may
    still come, so this is said and never refused (docs/adr/0024)."""
    said = []
    for kind, sql, asked in (
        ("price list", TIERS, set(tiers)),
        ("warehouse", WAREHOUSES, set(warehouses)),
        ("attribute", META_KEYS, set(attributes)),
    ):
        asked -= {"", "*"}
        if asked:
            there = {folded(name): name for name in _distinct(sql, source_id) if name}
            lacking = [name for name in sorted(asked) if folded(name) not in there]
            said += [_sentence(kind, name, there) for name in lacking]
    return said


def named_in(fields: Iterable[str]) -> dict[str, list[str]]:
    """Names among the fields of rules or flags, as `not_sent` takes them."""
    kinds = {"price": "tiers", "qty": "warehouses", "meta": "attributes"}
    found: dict[str, list[str]] = {kind: [] for kind in kinds.values()}
    for field in fields:
        head, _, part = field.strip().partition(".")
        if head.lower() in kinds:
            found[kinds[head.lower()]].append(part.strip())
    return found


def _sentence(kind: str, name: str, there: dict[str, str]) -> str:
    said = f"No product has the {kind} {name} yet"
    if not there:
        return f"{said}, and none has any {kind}."
    if kind == "price list" and folded(name) == FIRST_LIST and RETAIL in there:
        return f"{said}: Omni's {name} is the price list {there[RETAIL]} here."
    close = [there[one] for one in get_close_matches(folded(name), there, n=3)]
    names = sorted(there.values())
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    alike = f" Close to it: {', '.join(close)}." if close else ""
    return f"{said}.{alike} There are: {', '.join(names[:SHOWN])}{more}."


def _distinct(sql: str, source_id: int) -> frozenset[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [source_id])
        return frozenset(row[0] for row in cursor.fetchall())


TIERS = """
    select distinct t.tier from variants v join price_tiers t on t.variant_id = v.id where v.source_id = %s
"""
WAREHOUSES = """
    select distinct q.warehouse from variants v join quantities q on q.variant_id = v.id
    where v.source_id = %s
"""
PADDED = """
    select ltrim(v.source_variant_code, '0') as bare, v.source_variant_code from variants v
    where v.source_id = %s and v.source_variant_code ~ '^0+[1-9][0-9]*$' and not exists (
        select 1 from variants o where o.source_id = v.source_id
            and o.source_variant_code = ltrim(v.source_variant_code, '0'))
"""
META_KEYS = """
    select distinct m.key from products p join product_meta m on m.product_id = p.id where p.source_id = %s
"""
