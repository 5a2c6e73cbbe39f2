"""Products into the tables: only what differs is written, and what was written is told.

INSERT ... ON CONFLICT ... WHERE it differs, from the rows that were staged: the fastest way that is also
safe beside another writer (docs/adr/0005). What is new goes in by one statement that hands its own new ids
on; what was there before is compared row by row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from stockwire.hub.models import Source
from stockwire.hub.sync.staged_rows import Staged


@dataclass(frozen=True, slots=True)
class New:
    """Products that were inserted, and how many staged rows that settles."""

    products: list[int]
    rows: int


@dataclass(frozen=True, slots=True)
class Stored:
    """Products that changed, and those of them that lost a variant or went as a whole."""

    changed: set[int]
    less: set[int]


NOTHING_NEW = New([], 0)


def store_new(source: Source, staged: Staged, who: str) -> New:
    """Insert the products that are staged and that nobody has yet, with their variants; `who` brings them."""
    if not staged.active:
        return NOTHING_NEW
    ours = {"client": source.client_id, "source": source.pk, "who": who[:150]}
    with connection.cursor() as cursor:
        cursor.execute(NEW_WITH_META if staged.has_meta else NEW, ours)
        rows = [row[0] for row in cursor.fetchall()]
    return New(sorted(set(rows)), len(rows))


def store_rest(source: Source, staged: Staged, new: New) -> Stored:
    """Bring the tables in line with the rest of what is staged, after `new` was inserted."""
    changed: set[int] = set()
    less: set[int] = set()
    with connection.cursor() as cursor:
        # Where every row was new, nothing is left to compare.
        if staged.active > new.rows:
            changed, less = _store_active(cursor, source, staged)
        if staged.gone:
            cursor.execute(DEACTIVATE, [source.pk, staged.gone])
            less.update(row[0] for row in cursor.fetchall())
    less = let_go(source, staged.gone_variants, less)
    return Stored((changed | less) - set(new.products), less)


def let_go(source: Source, codes: Sequence[str], less: Iterable[int] = ()) -> set[int]:
    """Deactivate these variants, by code, and every product that has no active one any more: theirs, and
    those of `less`, which lost variants otherwise. The ids of all these products.
    """
    lost = set(less)
    with connection.cursor() as cursor:
        if codes:
            cursor.execute(TAKE_OFF, [source.pk, list(codes)])
            lost.update(row[0] for row in cursor.fetchall())
        if lost:
            cursor.execute(EMPTY, [list(lost)])
    return lost


def rivals(product_ids: Sequence[int]) -> list[int]:
    """Other products of the source that share an SKU, in any case, with what these do not sell any more: two
    such stand in each other's way on a channel, so when one goes the other may go out.
    """
    if not product_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(SAME_SKU, [list(product_ids)])
        return [row[0] for row in cursor.fetchall()]


def _store_active(cursor: Any, source: Source, staged: Staged) -> tuple[set[int], set[int]]:
    """Products that changed, and those that a variant left."""
    ours = {"client": source.client_id, "source": source.pk}
    cursor.execute(PRODUCTS, ours)
    changed = {row[0] for row in cursor.fetchall()}
    cursor.execute(VARIANTS, ours)
    touched = cursor.fetchall()
    changed.update(product_id for product_id, _ in touched)
    for sql in (*FEWER, PRICES, QUANTITIES, *((META,) if staged.has_meta else ())):
        cursor.execute(sql, ours)
        changed.update(row[0] for row in cursor.fetchall())
    return changed, {product_id for product_id, left in touched if left}


# What nobody has yet: each part takes the ids it needs from the rows the part before it has just inserted,
# so nothing is looked up. A row that is there already, or appears meanwhile, is left to the others below.
_NEW_ROWS = """
    with p as (
        insert into products (client_id, source_id, source_product_code, active, title, body_html,
            collection, product_type, vendor, tags, option_names, created_by)
        select distinct on (product_code) %(client)s, %(source)s, product_code, true, title, body_html,
            collection, product_type, vendor, tags, coalesce(option_names, '{}'), %(who)s
        from incoming order by product_code, place desc nulls last
        on conflict (source_id, source_product_code) do nothing returning id, source_product_code
    ), v as (
        insert into variants (client_id, source_id, product_id, source_variant_code, sku, barcode, grams,
            inventory_management, option_values)
        select %(client)s, %(source)s, p.id, i.variant_code, i.sku, i.barcode, i.grams, i.managed,
            coalesce(i.option_values, '{}')
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
    )"""
NEW = f"{_NEW_ROWS} select product_id from v"  # noqa: S608 - constants of this file
NEW_WITH_META = f"""{_NEW_ROWS}, m as (
        insert into product_meta (client_id, product_id, key, value)
        select distinct on (p.id, a.key) %(client)s, p.id, a.key, a.value
        from p join incoming i on i.product_code = p.source_product_code
        cross join lateral json_each_text(i.meta) as a(key, value)
        order by p.id, a.key, i.place desc nulls last
    ) select product_id from v"""  # noqa: S608 - the parts are constants of this file
# One index look-up per incoming row, whatever the planner believes of tables that are just being filled:
# without the fences it scans the whole source for every batch, and a first load becomes quadratic.
_PRODUCT = """cross join lateral (select p.id from products p
    where p.source_id = %(source)s and p.source_product_code = i.product_code offset 0) p"""
_VARIANT = """cross join lateral (select v.id, v.product_id from variants v
    where v.source_id = %(source)s and v.source_variant_code = i.variant_code offset 0) v"""
# A field the source does not supply arrives as null and leaves what is there: absent is not empty. Of several
# rows of one product the last one that came has the say.
PRODUCTS = """
    insert into products as p (client_id, source_id, source_product_code, active, title, body_html,
        collection, product_type, vendor, tags, option_names)
    select %(client)s, %(source)s, i.product_code, i.active, i.title, i.body_html, i.collection,
        i.product_type, i.vendor, i.tags, coalesce(i.option_names, there.option_names, '{}')
    from (select distinct on (product_code) * from incoming
        order by product_code, place desc nulls last) i
    left join lateral (select p.option_names from products p where p.source_id = %(source)s
        and p.source_product_code = i.product_code offset 0) there on true
    order by i.product_code
    on conflict (source_id, source_product_code) do update set
        active = excluded.active, title = excluded.title,
        body_html = coalesce(excluded.body_html, p.body_html),
        collection = coalesce(excluded.collection, p.collection),
        product_type = coalesce(excluded.product_type, p.product_type),
        vendor = coalesce(excluded.vendor, p.vendor), tags = coalesce(excluded.tags, p.tags),
        option_names = excluded.option_names, modified_at = now()
    where p.active <> excluded.active or p.title <> excluded.title
        or p.body_html is distinct from coalesce(excluded.body_html, p.body_html)
        or p.collection is distinct from coalesce(excluded.collection, p.collection)
        or p.product_type is distinct from coalesce(excluded.product_type, p.product_type)
        or p.vendor is distinct from coalesce(excluded.vendor, p.vendor)
        or p.tags is distinct from coalesce(excluded.tags, p.tags)
        or p.option_names <> excluded.option_names
    returning p.id
"""
# A variant may move from one product to another (a group code was given or taken away): both changed, and the
# one it left is told apart.
VARIANTS = f"""
    with i as materialized (
        select i.variant_code, i.sku, i.barcode, i.grams, i.managed, p.id as product_id,
            there.product_id as left_id, coalesce(i.option_values, there.option_values, '{{}}') as options,
            coalesce(i.variant_active, there.active, true) as active
        from incoming i {_PRODUCT}
        left join lateral (select v.product_id, v.option_values, v.active from variants v
            where v.source_id = %(source)s and v.source_variant_code = i.variant_code offset 0) there on true
    ), written as (
        insert into variants as v (client_id, source_id, product_id, source_variant_code, sku, barcode, grams,
            inventory_management, option_values, active)
        select %(client)s, %(source)s, product_id, variant_code, sku, barcode, grams, managed, options, active
        from i
        on conflict (source_id, source_variant_code) do update set
            product_id = excluded.product_id, sku = excluded.sku,
            barcode = coalesce(excluded.barcode, v.barcode), grams = coalesce(excluded.grams, v.grams),
            inventory_management = excluded.inventory_management, option_values = excluded.option_values,
            active = excluded.active
        where v.product_id <> excluded.product_id or v.sku <> excluded.sku
            or v.barcode is distinct from coalesce(excluded.barcode, v.barcode)
            or v.grams is distinct from coalesce(excluded.grams, v.grams)
            or v.inventory_management <> excluded.inventory_management
            or v.option_values <> excluded.option_values or v.active <> excluded.active
        returning v.product_id
    )
    select product_id, false from written
    union all select left_id, true from i where left_id <> product_id
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
    on conflict (variant_id, warehouse) do update set quantity = excluded.quantity, changed_at = now(),
        changed_from = q.quantity
    where q.quantity <> excluded.quantity"""  # noqa: S608
)
META = f"""
    insert into product_meta as m (client_id, product_id, key, value)
    select distinct on (p.id, a.key) %(client)s, p.id, a.key, a.value
    from incoming i {_PRODUCT} cross join lateral json_each_text(i.meta) as a(key, value)
    order by p.id, a.key, i.place desc nulls last
    on conflict (product_id, key) do update set value = excluded.value where m.value <> excluded.value
    returning m.product_id
"""  # noqa: S608
# Fenced like the look-ups above: without, every batch reads all variants of the source (0.2 s at 60,000).
SAME_SKU = """
    select distinct other.product_id from unnest(%s::bigint[]) as changed(id)
    cross join lateral (select p.id, p.active from products p where p.id = changed.id offset 0) p
    cross join lateral (select v.* from variants v where v.product_id = p.id offset 0) v
    cross join lateral (select o.product_id from variants o where o.sku_key = v.sku_key
        and o.client_id = v.client_id and o.source_id = v.source_id and o.product_id <> v.product_id
        offset 0) other
    where not (p.active and v.active)
"""
DEACTIVATE = """
    update products set active = false, modified_at = now()
    where source_id = %s and source_product_code = any(%s) and active returning id
"""
TAKE_OFF = """
    with off as (
        update variants set active = false, gone_at = now()
        where source_id = %s and source_variant_code = any(%s) and active returning product_id
    ) select distinct product_id from off
"""
EMPTY = """
    update products p set active = false, modified_at = now()
    where p.id = any(%s) and p.active
        and not exists (select from variants v where v.product_id = p.id and v.active)
"""
