"""Stock the hub keeps back: quantities on orders that the source does not account for yet.

An order holds its quantities from the moment it is to be raised until the first stock reading that was taken
after it was raised; from then on the source's own figure contains it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Sum

from stockwire.hub import models
from stockwire.hub.models.orders import HOLDING
from stockwire.hub.sync.stale import mark_products

HELD = """
    select l.variant_id, sum(l.quantity)
    from orders o join order_lines l on l.order_id = o.id
    where o.stock_released_at is null and o.state = any(%s) and l.variant_id = any(%s) and l.quantity > 0
    group by l.variant_id
"""
RELEASE = """
    with released as (
        update orders set stock_released_at = now()
        where source_id = %s and state = 'raised' and stock_released_at is null and raised_at < %s
        returning id)
    select distinct v.product_id, (select count(*) from released)
    from released r left join order_lines l on l.order_id = r.id left join variants v on v.id = l.variant_id
"""


def held_quantities(variant_ids: Sequence[int]) -> dict[int, Decimal]:
    """Variant id to the quantity held over all orders, inside an open scope. Nothing held: left out."""
    if not variant_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(HELD, [[str(state) for state in HOLDING], list(variant_ids)])
        return dict(cursor.fetchall())


def held_by(row: models.Order) -> dict[int, Decimal]:
    """Variant id to the quantity that this one order holds at the moment, inside an open scope."""
    if row.state not in HOLDING or row.stock_released_at is not None:
        return {}
    lines = models.OrderLine.objects.filter(order=row, variant__isnull=False, quantity__gt=0).order_by()
    return dict(lines.values_list("variant_id").annotate(Sum("quantity")))


def mark_what_changed(before: Mapping[int, Decimal], after: Mapping[int, Decimal]) -> None:
    """Mark the products of which an order now holds more or less, so that every channel hears of it."""
    changed = {variant for variant in {*before, *after} if before.get(variant, 0) != after.get(variant, 0)}
    if changed:
        products = models.Variant.objects.filter(pk__in=changed).values_list("product_id", flat=True)
        mark_products(sorted(set(products)), "an order changed what is sellable")


def release_stock(source: models.Source, read_at: datetime) -> int:
    """Orders raised before this reading began are in its quantities: the hub no longer holds their stock.

    `read_at` and the moment of raising are both of the agent's clock. Inside an open scope; number released.
    """
    with connection.cursor() as cursor:
        cursor.execute(RELEASE, [source.pk, read_at])
        rows = cursor.fetchall()
    products = sorted(row[0] for row in rows if row[0] is not None)
    mark_products(products, "the source accounts for raised orders itself now")
    return int(rows[0][1]) if rows else 0
