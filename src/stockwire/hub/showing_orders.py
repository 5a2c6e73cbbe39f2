"""Orders for the command line: found by what people call them, listed, and shown with all that is known.

Reads only, inside a scope.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from stockwire.domain.totals import money
from stockwire.errors import Refused
from stockwire.hub.console.sales import FETCHED
from stockwire.hub.console.wording import NOT_KNOWN, ZONE
from stockwire.hub.models import Order, OrderHistory, OrderLine, OrderShippingLine, OrderState
from stockwire.hub.sync.order_documents import documents_of, documents_of_all, standing, which

FOR_A_PERSON = Q(state__in=[OrderState.HELD, OrderState.REFUSED, OrderState.IN_DOUBT]) | (
    Q(state=OrderState.RAISED) & ~Q(reason="")
)


def find_documents(said: str) -> list[Order]:
    """By number or the channel's order code: all documents of that order. By reference, Omni's number or our
    id: that one. Raises Refused."""
    said = said.strip()
    of_order = Q(number=said) | Q(number=f"#{said}") | Q(channel_order_code=said)
    found = list(_orders().filter(of_order | Q(reference=said) | Q(document_number=said)).order_by("pk")[:12])
    if not found and said.isdecimal() and len(said) < 18:
        found = list(_orders().filter(pk=int(said)))
    if not found:
        raise Refused(
            f"There is no order {said}.",
            hint="`stockwire order list` shows the newest; `stockwire order fetch` gets one from Omni.",
        )
    documents = documents_of(found[0])
    if not {row.pk for row in found} <= {row.pk for row in documents}:
        raise Refused(
            f"{len(found)} orders are called {said}.",
            hint="Use a reference instead: " + ", ".join(f"{row.reference} ({where(row)})" for row in found),
        )
    return found if len(found) == 1 and said in (found[0].reference, found[0].document_number) else documents


def find_order(said: str) -> Order:
    """The one document that is called so. Raises Refused when there are several."""
    found = find_documents(said)
    if len(found) == 1:
        return found[0]
    raise Refused(
        f"Order {found[0].number} has {len(found)} documents.",
        hint="Name the one you mean by its reference: "
        + ", ".join(f"{row.reference} ({row.source.description})" for row in found),
    )


def listed(state: str, limit: int) -> list[dict[str, str]]:
    """The newest orders, those in one state, or ("needs_you") those that wait for a person; one row for each
    document."""
    orders = _orders().order_by("-stored_at", "-pk")
    if state == "needs_you":
        orders = orders.filter(FOR_A_PERSON)
    elif state:
        orders = orders.filter(state=state)
    rows = list(orders[:limit])
    several = documents_of_all(rows)
    return [summary(row, several.get(row.pk, [row])) for row in rows]


def summary(row: Order, documents: Sequence[Order]) -> dict[str, str]:
    """`document` is "" for the only one of its order; `order_state` is that of the whole order."""
    return {
        "number": row.number,
        "document": which(row, documents),
        "channel": where(row),
        "source": row.source.description,
        "ordered": _moment(row.ordered_at),
        "total": NOT_KNOWN if row.total is None else money(row.currency, row.total),
        "state": str(OrderState(row.state).label),
        "order_state": standing(documents),
        "reference": row.reference,
        "omni_number": row.document_number,
        "reason": row.reason,
        "fix": row.hint,
    }


def lines(found: Sequence[Order]) -> Iterator[str]:
    """Everything known of one order, or of some of its documents, in lines of text."""
    documents = documents_of(found[0])
    if len(documents) > 1:
        row = documents[0]
        paid = money(row.currency, sum((one.total for one in documents), Decimal(0)))
        yield f"Order {row.number} ({where(row)}): {standing(documents)}"
        yield f"  {'Total':<15} {paid} over {len(documents)} documents"
    for row in found:
        yield from _one(row, documents)


def _one(row: Order, documents: Sequence[Order]) -> Iterator[str]:
    said = summary(row, documents)
    called = f"Order {said['number']} ({said['channel']})"
    if document := said["document"]:
        called = document[0].upper() + document[1:]
    yield f"{called}: {said['state']}"
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
    return Order.objects.select_related("channel", "source")


def _moment(at: datetime | None) -> str:
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M") if at else NOT_KNOWN
