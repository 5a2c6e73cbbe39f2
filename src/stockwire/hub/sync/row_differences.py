"""What staged rows would change, field by field with the value before and after. Reads and writes nothing.

It answers the dry run, the report and the audit, in the columns' names of formats.md.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import connection

from stockwire.domain.pricing import RETAIL
from stockwire.hub.models import Source

Changes = dict[str, tuple[str | None, str | None]]


def differences(source: Source) -> dict[str, Changes]:
    """Changes by variant code of every staged row whose product is there already; empty where none."""
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENCES, {"source": source.pk, "retail": RETAIL})
        return {code: _read(changes) for code, changes in cursor.fetchall()}


def _read(changes: Any) -> Changes:
    """Django hands jsonb over as text in plain cursors."""
    read = json.loads(changes) if isinstance(changes, str) else changes or {}
    return {name: (before, after) for name, (before, after) in read.items()}


# Null of an incoming text leaves the text that is there, as in store_products; so do null options, and those
# of a file are always null here (option_rows). A quantity of the only or summed warehouse and quantities of
# single ones replace each other there, so here too.
DIFFERENCES = """
    select i.variant_code, (
        select jsonb_object_agg(f.name, jsonb_build_array(f.before, f.after)) from (
            select c.* from (values
                ('active', p.active::text, i.active::text),
                ('title', p.title, i.title),
                ('body_html', p.body_html, coalesce(i.body_html, p.body_html)),
                ('collection', p.collection, coalesce(i.collection, p.collection)),
                ('product_type', p.product_type, coalesce(i.product_type, p.product_type)),
                ('tags', p.tags, coalesce(i.tags, p.tags)),
                ('vendor', p.vendor, coalesce(i.vendor, p.vendor)),
                ('source_variant_code', v.source_variant_code, i.variant_code),
                ('sku', v.sku, i.sku),
                ('barcode', v.barcode, coalesce(i.barcode, v.barcode)),
                ('grams', v.grams::text, coalesce(i.grams, v.grams)::text),
                ('inventory_management', v.inventory_management::text, i.managed::text)
            ) as c(name, before, after) where c.before is distinct from c.after
            union all
            select case when coalesce(a.tier, t.tier) = %(retail)s then 'price'
                else 'price_' || coalesce(a.tier, t.tier) end, t.price::text, a.price::text
            from unnest(i.tiers, i.prices) as a(tier, price)
            full join (select t.tier, t.price from price_tiers t where t.variant_id = v.id) t
                on t.tier = a.tier
            where a.price is distinct from t.price
            union all
            select case when coalesce(a.warehouse, q.warehouse) = '' then 'qty'
                else 'qty_' || coalesce(a.warehouse, q.warehouse) end, q.quantity::text, a.quantity::text
            from unnest(i.warehouses, i.quantities) as a(warehouse, quantity)
            full join (select q.warehouse, q.quantity from quantities q where q.variant_id = v.id) q
                on q.warehouse = a.warehouse
            where a.quantity is distinct from q.quantity and (a.warehouse is not null
                or i.warehouses <> '{}' and (q.warehouse = '' or '' = any(i.warehouses)))
            union all
            select 'option' || n || '_name', p.option_names[n], i.option_names[n] from generate_series(1, 3) n
            where i.option_names is not null and p.option_names[n] is distinct from i.option_names[n]
            union all
            select 'option' || n || '_value', v.option_values[n], i.option_values[n]
            from generate_series(1, 3) n
            where i.option_values is not null and v.option_values[n] is distinct from i.option_values[n]
            union all
            select 'meta_' || a.key, m.value, a.value from json_each_text(i.meta) a
            left join product_meta m on m.product_id = p.id and m.key = a.key
            where a.value is distinct from m.value
        ) f)
    from incoming i
    cross join lateral (select p.* from products p
        where p.source_id = %(source)s and p.source_product_code = i.product_code offset 0) p
    left join lateral (select v.* from variants v
        where v.source_id = %(source)s and v.source_variant_code = i.variant_code offset 0) v on true
"""
