"""Shipments to the channel that sold: written down first, told by the orders lane, and told again when
tracking comes later.

Telling is safe to repeat, because a channel finds what it was told before. What it refuses waits for
a person.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db.models import F, Min
from django.utils import timezone

from stockwire import ports
from stockwire.domain.records import Shipment as Goods
from stockwire.domain.records import ShippedLine
from stockwire.errors import NotSetUp, Refused, StockwireError, TryLater
from stockwire.hub import jobs, models
from stockwire.hub.models import LaneKind, Shipment, ShipmentState
from stockwire.hub.sync import lanes, order_history
from stockwire.registry import channel_connector

log = structlog.get_logger("stockwire.worker")
SHIPPED = "shipped"
AT_ONCE = 50
ATTEMPTS = 20


def ship(
    order_id: int,
    who: str,
    lines: Sequence[tuple[str, int]] = (),
    *,
    tracking_number: str = "",
    tracking_company: str = "",
    tracking_url: str = "",
    notify_customer: bool = True,
) -> Shipment:
    """Write a shipment of these (SKU, quantity) down, inside an open scope; none means all that is left.

    Raises Refused when the order cannot be shipped like that.
    """
    row = _order(order_id)
    if row.channel is None or row.fetched_at is not None:
        raise Refused(
            f"{row.number} was fetched from Omni: there is no shop to tell.",
            hint="Ship orders that came from a channel.",
        )
    if not channel_connector(row.channel.type).capabilities.fulfilment:
        raise Refused(
            f"Order {row.number}: its channel {row.channel.description} takes no shipments.",
            hint="Tell the customer in the shop itself.",
        )
    bought = models.OrderLine.objects.filter(
        order__channel=row.channel, order__channel_order_code=row.channel_order_code
    )
    ordered = {line.sku.strip().casefold(): line for line in bought.order_by("order__part", "position")}
    shipped = []
    for sku, quantity in lines:
        line = ordered.get(sku.strip().casefold())
        if line is None:
            raise Refused(
                f"Order {row.number} has no line with SKU {sku}.",
                hint="`stockwire order show` lists its lines.",
            )
        if quantity < 1:
            raise Refused(
                f"Order {row.number}: {quantity} of {sku} cannot be shipped.", hint="Ship 1 or more."
            )
        code = line.channel_line_code
        shipped.append({"sku": line.sku, "quantity": quantity, "channel_line_code": code})
    made = Shipment.objects.create(
        client_id=row.client_id,
        channel=row.channel,
        order=row,
        key=f"ship-{row.pk}-{secrets.token_hex(8)}",
        lines=shipped,
        tracking_number=tracking_number,
        tracking_company=tracking_company,
        tracking_url=tracking_url,
        notify_customer=notify_customer,
        made_by=who,
    )
    what = ", ".join(f"{part['quantity']} x {part['sku']}" for part in shipped) or "everything that was left"
    order_history.note(row, SHIPPED, f"Shipped by {who}: {what}.")
    _audit(row, who, "ship", {"lines": shipped, "tracking_number": tracking_number})
    _wake(row.client_id, row.channel_id)
    return made


def track(order_id: int, who: str, number: str, company: str = "", url: str = "") -> Shipment:
    """The newest shipment of the order that has no tracking gets one, inside an open scope."""
    row = _order(order_id)
    found = Shipment.objects.filter(order=row, tracking_number="").order_by("-pk").first()
    if found is None:
        raise Refused(
            f"Order {row.number} has no shipment that waits for tracking.",
            hint="`stockwire order ship` makes one, with its tracking.",
        )
    was: dict[str, object] = {"tracking_number": "", "tracking_company": found.tracking_company}
    found.tracking_number, found.tracking_company, found.tracking_url = number, company, url
    found.state, found.version, found.attempts = ShipmentState.WAITING, found.version + 1, 0
    found.next_at, found.message, found.hint = timezone.now(), "", ""
    found.save()
    _audit(row, who, "track", {"tracking_number": number, "tracking_company": company}, was)
    order_history.note(row, SHIPPED, f"Tracking entered by {who}: {company} {number}".strip() + ".")
    _wake(row.client_id, row.channel_id)
    return found


def tell_shipments(held: lanes.Claim, channel: ports.Channel) -> None:
    """Tell the channel of every shipment that is due. Raises NotSetUp when the channel must be put right."""
    if not isinstance(channel, ports.CanShip):
        return
    with lanes.writing(held):
        due = list(
            Shipment.objects.select_related("order")
            .filter(channel_id=held.channel_id, state=ShipmentState.WAITING, next_at__lte=timezone.now())
            .order_by("next_at", "pk")[:AT_ONCE]
        )
    for shipment in due:
        with lanes.writing(held):
            goods = _goods(shipment)
        try:
            outcome = channel.ship(goods)
        except StockwireError as error:
            outcome = ports.Failed(error)
        with lanes.writing(held):
            _record(shipment, outcome)
        if isinstance(outcome, ports.Failed) and isinstance(outcome.error, NotSetUp):
            raise outcome.error


def next_shipment_at(channel_id: int) -> datetime | None:
    """When the next shipment of this channel is due, inside an open scope."""
    waiting = Shipment.objects.filter(channel_id=channel_id, state=ShipmentState.WAITING)
    found: datetime | None = waiting.aggregate(at=Min("next_at"))["at"]
    return found


def _order(order_id: int) -> models.Order:
    """The order, locked. The channel knows nothing of documents: what is sent of any of them belongs to the
    first."""
    locked = models.Order.objects.select_for_update(of=("self",)).select_related("channel")
    row = locked.get(pk=order_id)
    if row.part == 1:
        return row
    return locked.get(channel_id=row.channel_id, channel_order_code=row.channel_order_code, part=1)


def _goods(row: Shipment) -> Goods:
    return Goods(
        key=row.key,
        channel_order_code=row.order.channel_order_code,
        lines=tuple(
            ShippedLine(part["sku"], int(part["quantity"]), part.get("channel_line_code", ""))
            for part in row.lines
        ),
        tracking_number=row.tracking_number,
        tracking_company=row.tracking_company,
        tracking_url=row.tracking_url,
        notify_customer=row.notify_customer,
        others=_others(row),
    )


def _others(row: Shipment) -> tuple[str, ...]:
    codes = Shipment.objects.filter(order_id=row.order_id).exclude(pk=row.pk).exclude(fulfilment_code="")
    return tuple(
        code for joined in codes.values_list("fulfilment_code", flat=True) for code in joined.split(",")
    )


def _record(row: Shipment, outcome: ports.Outcome) -> None:
    """Only for the version that was told: tracking that came meanwhile is told again."""
    same = Shipment.objects.filter(pk=row.pk, version=row.version)
    if isinstance(outcome, ports.Done):
        code = outcome.link.product_code if outcome.link else ""
        same.update(
            state=ShipmentState.TOLD, told_at=timezone.now(), message=outcome.note, hint="", attempts=0
        )
        Shipment.objects.filter(pk=row.pk).update(fulfilment_code=code[:300])
        order_history.note(row.order, SHIPPED, outcome.note or "The channel was told of the shipment.")
        return
    error = outcome.error
    if isinstance(error, TryLater) and row.attempts < ATTEMPTS:
        wait_s = lanes.waiting_s(row.attempts, error.after_s)
        at = timezone.now() + timedelta(seconds=wait_s)
        same.update(attempts=F("attempts") + 1, next_at=at, message=error.message, hint=error.hint)
        return
    if isinstance(error, NotSetUp):
        same.update(message=error.message, hint=error.hint)
        return
    same.update(state=ShipmentState.NEEDS_YOU, message=error.message, hint=error.hint)
    order_history.note(row.order, order_history.ATTENTION, error.message)
    log.warning("A shipment was refused", order=row.order_id, why=error.message)


def _audit(
    row: models.Order,
    who: str,
    action: str,
    after: dict[str, object],
    before: dict[str, object] | None = None,
) -> None:
    models.Audit.objects.create(
        client_id=row.client_id,
        who=who,
        action=action,
        subject=f"order {row.number}",
        before=before,
        after=after,
    )


def _wake(client_id: int, channel_id: int) -> None:
    lanes_of = models.Lane.objects.filter(channel_id=channel_id, kind=LaneKind.ORDERS)
    lanes_of.filter(attempts=0).update(next_at=timezone.now())
    for lane_id in lanes_of.values_list("pk", flat=True):
        jobs.wake(client_id, lane_id)
