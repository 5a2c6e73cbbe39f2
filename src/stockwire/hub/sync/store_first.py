"""Rows of which the source has nothing yet: into the tables, marked for the channels and noted in the audit
by one statement.

Every row is given its ids before anything is inserted, so nothing that was inserted is looked up or handed
back: that was half of what a first import cost (benchmarks/imports.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection

from stockwire.hub.models import Source
from stockwire.hub.sync.new_rows import COLUMNS, NewRows


def none_there(source: Source, rows: NewRows) -> bool:
    """Whether the source has none of the codes of these rows, inside an open scope."""
    with connection.cursor() as cursor:
        cursor.execute(ANY_THERE, {"source": source.pk, "products": rows.products, "variants": rows.variants})
        return cursor.fetchone() is None


def store_first(
    source: Source, rows: NewRows, who: str, action: str, waiting: Callable[[], None] = lambda: None
) -> set[int]:
    """Store the rows, inside an open scope. The channels that have marks now, not woken yet. `waiting` is
    called when the database is about to be at work for long.

    The caller has looked: none is there. Should one appear meanwhile, IntegrityError, and the caller is to
    look again.
    """
    ours = {"client": source.client_id, "source": source.pk, "who": who[:150], "action": action[:60]}
    with connection.cursor() as cursor:
        cursor.execute(BROUGHT)
        with cursor.copy(f"copy brought ({COLUMNS}) from stdin") as copy:
            copy.write(rows.text)
        waiting()
        cursor.execute(FIRST if rows.alone else SHARED, ours)
        return {row[0] for row in cursor.fetchall()}


# One index look-up per row, fenced as in store_products.
ANY_THERE: Any = """
    select from unnest(%(products)s::text[], %(variants)s::text[]) as g(product, variant)
    left join lateral (select p.id from products p
        where p.source_id = %(source)s and p.source_product_code = g.product offset 0) p on true
    left join lateral (select v.id from variants v
        where v.source_id = %(source)s and v.source_variant_code = g.variant offset 0) v on true
    where p.id is not null or v.id is not null limit 1
"""
# Rows that nobody has yet, each with the ids that it will have.
BROUGHT = """
    create temporary table if not exists brought (
        product_code text, variant_code text, sku text, title text, body_html text, collection text,
        product_type text, vendor text, tags text, barcode text, grams integer, managed boolean, given jsonb,
        product_id bigint default nextval('products_id_seq'),
        variant_id bigint default nextval('variants_id_seq')
    ) on commit delete rows;
    delete from brought
"""
# Products go in in the order of their codes, as an agent's batch inserts them: two who bring the same ones
# wait for each other in one order. A statement sees nothing of what its other parts insert.
_FIRST = """
    products_in as (
        insert into products (id, client_id, source_id, source_product_code, active, title, body_html,
            collection, product_type, vendor, tags, created_by)
        select product_id, %(client)s, %(source)s, product_code, true, title, body_html, collection,
            product_type, vendor, tags, %(who)s
        from p order by product_code
    ), variants_in as (
        insert into variants (id, client_id, source_id, product_id, source_variant_code, sku, barcode, grams,
            inventory_management)
        select variant_id, %(client)s, %(source)s, product_id, variant_code, sku, barcode, grams, managed
        from v
    ), prices_in as (
        insert into price_tiers (client_id, variant_id, tier, price)
        select %(client)s, variant_id, a.tier, a.price::numeric
        from v cross join lateral jsonb_each_text(given -> 'price_tiers') as a(tier, price)
    ), quantities_in as (
        insert into quantities (client_id, variant_id, warehouse, quantity)
        select %(client)s, variant_id, a.warehouse, a.quantity::numeric
        from v cross join lateral jsonb_each_text(given -> 'qty_availability') as a(warehouse, quantity)
    ), meta_in as (
        insert into product_meta (client_id, product_id, key, value)
        select %(client)s, product_id, a.key, a.value
        from p cross join lateral jsonb_each_text(given -> 'meta') as a(key, value)
    ), noted as (
        insert into audit (client_id, who, action, subject, after)
        select %(client)s, %(who)s, %(action)s, product_code, given from v
    ), marked as (
        insert into stale (client_id, channel_id, product_id)
        select %(client)s, c.id, p.product_id from channels c cross join p
        where c.source_id = %(source)s and c.active
    )
    select id from channels where source_id = %(source)s and active
"""
# A row for each product.
FIRST: Any = f"""with p as not materialized (select * from brought),
    v as not materialized (select * from brought), {_FIRST}"""  # noqa: S608
# Rows of one product have the id of its first, and agree on what is said of it (read_batches).
SHARED: Any = f"""with v as materialized (
        select product_code, variant_code, sku, title, body_html, collection, product_type, vendor, tags,
            barcode, grams, managed, given, variant_id,
            min(product_id) over (partition by product_code) as product_id
        from brought
    ), p as materialized (
        select distinct on (product_code) * from v order by product_code, variant_id
    ), {_FIRST}"""  # noqa: S608
