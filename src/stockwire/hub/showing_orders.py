"""Orders for the command line: found by what people call them, listed, and shown with all that is known.

Reads only, inside a scope.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from stockwire.domain.totals import money
from stockwire.errors import Refused
from stockwire.hub.console.sales import FETCHED
from stockwire.hub.console.wording import NOT_KNOWN, ZONE
from stockwire.hub.models import Order, OrderHistory, OrderLine, OrderShippingLine, OrderState

FOR_A_PERSON = Q(state__in=[OrderState.HELD, OrderState.REFUSED, OrderState.IN_DOUBT]) | (
    Q(state=OrderState.RAISED) & ~Q(reason="")
)


def find_order(said: str) -> Order:
    """By number, reference, Omni's number, the channel's order code or our id. Raises Refused."""
    said = said.strip()
    named = Q(number=said) | Q(number=f"#{said}") | Q(reference=said) | Q(document_number=said)
    found = list(_orders().filter(named | Q(channel_order_code=said)).order_by("pk")[:6])
    if not found and said.isdecimal() and len(said) < 18:
        found = list(_orders().filter(pk=int(said)))
    if len(found) == 1:
        return found[0]
    if not found:
        raise Refused(
            f"There is no order {said}.",
            hint="`stockwire order list` shows the newest; `stockwire order fetch` gets one from Omni.",
        )
    raise Refused(
        f"{len(found)} orders are called {said}.",
        hint="Use a reference instead: " + ", ".join(f"{row.reference} ({where(row)})" for row in found),
    )


def listed(state: str, limit: int) -> list[dict[str, str]]:
    """The newest orders, those in one state, or ("needs_you") those that wait for a person."""
    orders = _orders().order_by("-stored_at", "-pk")
    if state == "needs_you":
        orders = orders.filter(FOR_A_PERSON)
    elif state:
        orders = orders.filter(state=state)
    return [summary(row) for row in orders[:limit]]


def summary(row: Order) -> dict[str, str]:
    return {
        "number": row.number,
        "channel": where(row),
        "ordered": _moment(row.ordered_at),
        "total": NOT_KNOWN if row.total is None else money(row.currency, row.total),
        "state": str(OrderState(row.state).label),
        "reference": row.reference,
        "omni_number": row.document_number,
        "reason": row.reason,
        "fix": row.hint,
    }


def lines(row: Order) -> Iterator[str]:
    """Everything known of one order, in lines of text."""
    said = summary(row)
    yield f"Order {said['number']} ({said['channel']}): {said['state']}"
    for name, title in (
        ("reason", "Reason"),
        ("fix", "Fix"),
        ("ordered", "Ordered"),
        ("total", "Total"),
        ("reference", "Reference"),
        ("omni_number", "Number in Omni"),
    ):
        if said[name]:
            yield f"  {title:<15} {said[name]}"
    if row.customer_name or row.source_customer_code:
        yield f"  {'Customer':<15} {' '.join(filter(None, (row.source_customer_code, row.customer_name)))}"
    if row.fetched_at is not None:
        yield from _header(row)
    for line in OrderLine.objects.filter(order=row).order_by("position"):
        amount = money(row.currency, line.total_excl_tax)
        yield f"  {line.quantity.normalize():f} x {line.sku or '(no SKU)'}  {line.title}  {amount} excl. VAT"
    for extra in OrderShippingLine.objects.filter(order=row).order_by("position"):
        yield f"  {extra.title}  {money(row.currency, extra.total_excl_tax)} excl. VAT"
    yield "  History"
    for event in OrderHistory.objects.filter(order=row).order_by("pk"):
        yield f"    {_moment(event.at)}  {event.text}"


def where(row: Order) -> str:
    return row.channel.description if row.channel else FETCHED


def _header(row: Order) -> Iterator[str]:
    fields: dict[str, Any] = (row.document or {}).get("header", {})
    yield f"  Header of the document, fetched {_moment(row.fetched_at)}; its lines are only in Omni"
    for key, value in sorted(fields.items()):
        if value != "":
            yield f"    {key:<25} {value}"


def _orders() -> QuerySet[Order]:
    return Order.objects.select_related("channel")


def _moment(at: datetime | None) -> str:
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M") if at else NOT_KNOWN
