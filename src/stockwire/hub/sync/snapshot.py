"""Products as they are right now for one channel, each with its plan. Preview and push both come here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from stockwire.domain.plan import DECIMAL_FIELDS, Fields, Item, Plan, Problem, Terms, Value, plan
from stockwire.hub.models import Channel
from stockwire.hub.sync.raise_orders import held_quantities
from stockwire.ports import Link

READ = """
    select p.id, v.id, v.sku, p.active, p.title, p.body_html, v.barcode, v.grams, v.inventory_management,
        (select coalesce(jsonb_object_agg(t.tier, t.price::text), '{}') from price_tiers t
         where t.variant_id = v.id),
        (select coalesce(sum(q.quantity), 0) from quantities q
         where q.variant_id = v.id and (%(warehouses)s = '{}' or q.warehouse = any(%(warehouses)s))),
        l.product_code, l.variant_code,
        (select jsonb_object_agg(k."group", k."values") from known k
         where k.channel_id = %(channel)s and k.variant_id = v.id),
        (select string_agg(o.sku, ', ') from variants o join products op on op.id = o.product_id
         where o.sku_key = v.sku_key and o.id <> v.id and op.active and op.source_id = p.source_id)
    from products p
    join variants v on v.product_id = p.id
    left join links l on l.channel_id = %(channel)s and l.variant_id = v.id
    where p.id = any(%(products)s)
    order by p.id, v.id
"""
SAME_SKU = (
    "A channel knows an item by its SKU, and upper and lower case count as the same there."
    " Rename one of the stock codes in Omni, or set all but one to IGNORE and DELETE."
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One variant: what the hub holds, what the channel confirmed, and what follows from both."""

    product_id: int
    variant_id: int
    item: Item
    link: Link | None
    known: Mapping[str, Fields] | None
    plan: Plan


def planned(channel_id: int, product_ids: Sequence[int]) -> list[Snapshot]:
    """Snapshots of these products for this channel, inside an open scope."""
    channel = Channel.objects.get(pk=channel_id)
    terms = Terms(channel.price_tier, channel.stock_buffer, channel.qty_limit_upper)
    with connection.cursor() as cursor:
        cursor.execute(
            READ, {"channel": channel_id, "warehouses": channel.warehouses, "products": list(product_ids)}
        )
        rows = cursor.fetchall()
    held = held_quantities([row[1] for row in rows])
    return [_snapshot(row, held.get(row[1], Decimal(0)), terms) for row in rows]


def _snapshot(row: tuple[Any, ...], held: Decimal, terms: Terms) -> Snapshot:
    product_id, variant_id, sku, active, title, body_html, barcode, grams, managed = row[:9]
    tiers, available, product_code, variant_code, groups, same_sku = row[9:]
    item = Item(
        sku=sku,
        active=active,
        title=title,
        price_tiers={tier: Decimal(price) for tier, price in _json(tiers).items()},
        available=available,
        held=held,
        body_html=body_html,
        barcode=barcode,
        grams=grams,
        inventory_management=managed,
    )
    link = Link(product_code, variant_code) if product_code is not None else None
    known = {group: _typed(fields) for group, fields in _json(groups or {}).items()} if link else None
    if same_sku and active and link is None:
        # Linking by SKU would be a guess: each is reported, and the one that is linked goes on.
        made = Plan(problem=Problem(f"{sku} is also the SKU of {same_sku}.", SAME_SKU))
    else:
        made = plan(item, terms, known)
    return Snapshot(product_id, variant_id, item, link, known, made)


def _typed(fields: Mapping[str, Any]) -> dict[str, Value]:
    return {
        name: Decimal(value) if name in DECIMAL_FIELDS and value is not None else value
        for name, value in fields.items()
    }


def _json(value: Any) -> dict[str, Any]:
    """Django hands jsonb over as text in plain cursors."""
    return json.loads(value) if isinstance(value, str) else dict(value)
