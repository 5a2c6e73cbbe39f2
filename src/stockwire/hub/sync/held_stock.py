"""Stock the hub keeps back: quantities on orders that the source does not account for yet.

An order holds its quantities from the moment it is to be raised until the first stock reading that was taken
after it was raised; from then on the source's own figure contains it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Sum

from stockwire.hub import models
from stockwire.hub.models.orders import HOLDING
from stockwire.hub.sync.ids import id_array
from stockwire.hub.sync.stale import mark_products

HELD = """
    select l.variant_id, sum(l.quantity)
    from orders o join order_lines l on l.order_id = o.id
    where o.stock_released_at is null and o.state = any(%s)
        and l.variant_id = any(%s::bigint[]) and l.quantity > 0
    group by l.variant_id
"""
RELEASE = """
    with released as (
        update orders set stock_released_at = now()
        where source_id = %(source)s and state = 'raised' and stock_released_at is null and case
            when %(run)s <> '' and raised_run = %(run)s then raised_run_s < %(run_s)s
            when %(run)s <> '' and raised_run <> '' and claimed_by_id = %(agent)s then true
            else raised_at < %(read_at)s end
        returning id)
    select distinct v.product_id, (select count(*) from released)
    from released r left join order_lines l on l.order_id = r.id left join variants v on v.id = l.variant_id
"""


@dataclass(frozen=True, slots=True)
class Read:
    """When a reading's snapshot opened: by the clock of the agent's machine, and in its run."""

    at: datetime
    agent_id: int | None = None
    run: str = ""
    run_s: float = 0.0


def held_quantities(variant_ids: Sequence[int]) -> dict[int, Decimal]:
    """Variant id to the quantity held over all orders, inside an open scope. Nothing held: left out."""
    if not variant_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(HELD, [[str(state) for state in HOLDING], id_array(variant_ids)])
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


def release_stock(source: models.Source, read: Read) -> int:
    """Orders raised before this reading began are in its quantities: the hub no longer holds their stock.

    What came first is told by the run of the agent where both have happened in one, and by the runs where the
    order is of an earlier one; the clock of its machine is asked only when neither is known (another agent of
    the source, or one from before runs were told). Inside an open scope; number released.
    """
    values = {
        "source": source.pk,
        "agent": read.agent_id,
        "read_at": read.at,
        "run": read.run,
        "run_s": read.run_s,
    }
    with connection.cursor() as cursor:
        cursor.execute(RELEASE, values)
        rows = cursor.fetchall()
    products = sorted(row[0] for row in rows if row[0] is not None)
    mark_products(products, "the source accounts for raised orders itself now")
    return int(rows[0][1]) if rows else 0
