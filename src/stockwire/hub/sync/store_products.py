"""Products into the tables: only what differs is written, and what was written is told.

COPY into a temporary table, then INSERT ... ON CONFLICT ... WHERE it differs: the fastest way that is also
safe beside another writer (docs/adr/0005).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection

from stockwire.domain.records import Active, SourceProduct
from stockwire.hub.models import Source


def store(source: Source, products: Sequence[SourceProduct], removed: Sequence[str] = ()) -> list[int]:
    """Bring the tables in line with these products and give back the ids of those that changed.

    ACTIVE creates or updates; DELETE deactivates what is there; IGNORE touches nothing (the guide's table).
    A code in `removed` vanished from the source and counts as DELETE.
    """
    active = [product for product in products if product.product_active is Active.ACTIVE]
    deleted = [p.source_product_code for p in products if p.product_active is Active.DELETE]
    changed: list[int] = []
    if active:
        changed += _store_active(source, active)
    if gone := deleted + list(removed):
        with connection.cursor() as cursor:
            cursor.execute(DEACTIVATE, [source.pk, gone])
            changed += [row[0] for row in cursor.fetchall()]
    return sorted(set(changed))


def _store_active(source: Source, products: Sequence[SourceProduct]) -> list[int]:
    ours = {"client": source.client_id, "source": source.pk}
    _stage(products)
    with connection.cursor() as cursor:
        cursor.execute(PRODUCTS, ours)
        changed = [row[0] for row in cursor.fetchall()]
        cursor.execute(VARIANTS, ours)
        written = cursor.fetchall()
        changed += [product_id for product_id, _ in written]
        all_new = sum(inserted for _, inserted in written) == len(products)
        if all_new:
            # Nothing old to take away, and every product is already known to have changed.
            cursor.execute(WRITE_PRICES, ours)
            cursor.execute(WRITE_QUANTITIES, ours)
        for sql in (META,) if all_new else (*FEWER, PRICES, QUANTITIES, META):
            cursor.execute(sql, ours)
            changed += [row[0] for row in cursor.fetchall()]
    return changed


def _stage(products: Sequence[SourceProduct]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        _copy(cursor, "incoming", (_incoming(product) for product in products))
        _copy(
            cursor,
            "incoming_prices",
            ((p.source_variant_code, tier, price) for p in products for tier, price in p.price_tiers.items()),
        )
        _copy(
            cursor,
            "incoming_quantities",
            ((p.source_variant_code, name, qty) for p in products for name, qty in p.quantities.items()),
        )
        _copy(
            cursor,
            "incoming_meta",
            ((p.source_product_code, key, value) for p in products for key, value in p.meta.items()),
        )


def _incoming(product: SourceProduct) -> tuple[Any, ...]:
    return (
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
        product.grams,
        product.inventory_management,
        _array(tuple(product.price_tiers)),
        _array(tuple(product.quantities)),
    )


@lru_cache(maxsize=1024)
def _array(names: tuple[str, ...]) -> str:
    """A PostgreSQL array literal; a catalogue has few different sets of price lists and warehouses."""
    quoted = ('"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' for name in names)
    return "{" + ",".join(quoted) + "}"


def _copy(cursor: Any, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with cursor.copy(f"copy {table} from stdin") as copy:
        for row in rows:
            copy.write_row(row)


STAGE = """
    create temporary table if not exists incoming (
        product_code text, variant_code text, sku text, title text, body_html text, collection text,
        product_type text, vendor text, tags text, barcode text, grams integer, managed boolean,
        tiers text[], warehouses text[]
    ) on commit delete rows;
    create temporary table if not exists incoming_prices (variant_code text, tier text, price numeric(16, 4))
        on commit delete rows;
    create temporary table if not exists incoming_quantities (
        variant_code text, warehouse text, quantity numeric(16, 4)) on commit delete rows;
    create temporary table if not exists incoming_meta (product_code text, key text, value text)
        on commit delete rows;
    truncate incoming, incoming_prices, incoming_quantities, incoming_meta;
"""
# A field the source does not supply arrives as null and leaves what is there: absent is not empty.
PRODUCTS = """
    insert into products as p (client_id, source_id, source_product_code, active, title, body_html,
        collection, product_type, vendor, tags)
    select distinct on (product_code) %(client)s, %(source)s, product_code, true, title, body_html,
        collection, product_type, vendor, tags from incoming order by product_code
    on conflict (source_id, source_product_code) do update set
        active = true, title = excluded.title, body_html = coalesce(excluded.body_html, p.body_html),
        collection = coalesce(excluded.collection, p.collection),
        product_type = coalesce(excluded.product_type, p.product_type),
        vendor = coalesce(excluded.vendor, p.vendor), tags = coalesce(excluded.tags, p.tags),
        modified_at = now()
    where not p.active or p.title <> excluded.title
        or p.body_html is distinct from coalesce(excluded.body_html, p.body_html)
        or p.collection is distinct from coalesce(excluded.collection, p.collection)
        or p.product_type is distinct from coalesce(excluded.product_type, p.product_type)
        or p.vendor is distinct from coalesce(excluded.vendor, p.vendor)
        or p.tags is distinct from coalesce(excluded.tags, p.tags)
    returning p.id
"""
VARIANTS = """
    insert into variants as v (client_id, source_id, product_id, source_variant_code, sku, barcode, grams,
        inventory_management)
    select %(client)s, %(source)s, p.id, i.variant_code, i.sku, i.barcode, i.grams, i.managed
    from incoming i cross join lateral (select p.id from products p
        where p.source_id = %(source)s and p.source_product_code = i.product_code offset 0) p
    on conflict (source_id, source_variant_code) do update set
        product_id = excluded.product_id, sku = excluded.sku, barcode = coalesce(excluded.barcode, v.barcode),
        grams = coalesce(excluded.grams, v.grams), inventory_management = excluded.inventory_management
    where v.product_id <> excluded.product_id or v.sku <> excluded.sku
        or v.barcode is distinct from coalesce(excluded.barcode, v.barcode)
        or v.grams is distinct from coalesce(excluded.grams, v.grams)
        or v.inventory_management <> excluded.inventory_management
    returning v.product_id, xmax = 0
"""
# One index look-up per incoming row, whatever the planner believes of tables that are just being filled:
# without the fence it scans the whole source for every batch, and a first load becomes quadratic.
_OURS = """cross join lateral (select v.id, v.product_id from variants v
    where v.source_id = %(source)s and v.source_variant_code = i.variant_code offset 0) v"""
WRITE_PRICES = f"""
    insert into price_tiers as t (client_id, variant_id, tier, price)
    select %(client)s, v.id, i.tier, i.price from incoming_prices i {_OURS}
    on conflict (variant_id, tier) do update set price = excluded.price where t.price <> excluded.price
"""  # noqa: S608 - the parts are constants of this file
WRITE_QUANTITIES = f"""
    insert into quantities as q (client_id, variant_id, warehouse, quantity)
    select %(client)s, v.id, i.warehouse, i.quantity from incoming_quantities i {_OURS}
    on conflict (variant_id, warehouse) do update set quantity = excluded.quantity
    where q.quantity <> excluded.quantity
"""  # noqa: S608
_CHANGED = """
    with written as ({} returning variant_id)
    select distinct v.product_id from written cross join lateral (
        select v.product_id from variants v where v.id = written.variant_id offset 0) v
"""
PRICES, QUANTITIES = _CHANGED.format(WRITE_PRICES), _CHANGED.format(WRITE_QUANTITIES)
FEWER = (
    f"""delete from price_tiers t using incoming i {_OURS}
        where t.variant_id = v.id and t.tier <> all(i.tiers) returning v.product_id""",  # noqa: S608
    f"""delete from quantities q using incoming i {_OURS}
        where q.variant_id = v.id and q.warehouse <> all(i.warehouses) returning v.product_id""",  # noqa: S608
)
META = """
    insert into product_meta as m (client_id, product_id, key, value)
    select distinct on (p.id, i.key) %(client)s, p.id, i.key, i.value
    from incoming_meta i cross join lateral (select p.id from products p
        where p.source_id = %(source)s and p.source_product_code = i.product_code offset 0) p
    order by p.id, i.key
    on conflict (product_id, key) do update set value = excluded.value where m.value <> excluded.value
    returning m.product_id
"""
DEACTIVATE = """
    update products set active = false, modified_at = now()
    where source_id = %s and source_product_code = any(%s) and active returning id
"""
