"""What sold? Orders by state, today's takings and the newest orders. Reads only, inside a scope.

Amounts are the channel's own; nothing is converted between currencies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum, TextField, Value
from django.db.models.functions import Concat
from django.urls import reverse

from stockwire.hub.console.sight import EVERYTHING, Sight
from stockwire.hub.console.wording import NOT_KNOWN, ZONE, Moment, State, count, moment, money
from stockwire.hub.models import OrderState, Source
from stockwire.hub.sync.order_documents import documents_of_all, state_of_all, which

NEWEST = 20
DONE_WITHIN_DAYS = 30
STATES: dict[str, State] = {
    OrderState.SAVED: State("Saved", "wait", "clock"),
    OrderState.READY: State("Waiting for Omni", "wait", "clock"),
    OrderState.RAISING: State("Being raised", "run", "run"),
    OrderState.RAISED: State("Raised", "good", "check"),
    OrderState.HELD: State("Held", "needs", "pause"),
    OrderState.REFUSED: State("Refused", "needs", "alert"),
    OrderState.IN_DOUBT: State("In doubt", "needs", "question"),
    OrderState.CANCELLED: State("Cancelled", "wait", "off"),
}
# A raised order with a reason has changed on its channel since: a person corrects the document.
TO_SETTLE = State("Raised, not settled", "needs", "alert")
# They stop until a person has decided.
FOR_A_PERSON = (OrderState.HELD, OrderState.REFUSED, OrderState.IN_DOUBT)
OPEN = (OrderState.SAVED, OrderState.READY, OrderState.RAISING, *FOR_A_PERSON)
NOT_SOLD = (OrderState.SAVED, OrderState.CANCELLED)
# Where it stands in place of a channel: of such an order only the head of Omni's document is known.
FETCHED = "Fetched from Omni"


@dataclass(frozen=True, slots=True)
class StateCount:
    """`state` is without colour when there is none."""

    state: State
    number: str


@dataclass(frozen=True, slots=True)
class Act:
    """What a person can do with one order: the word on the button and where it posts to."""

    button: str
    address: str


@dataclass(frozen=True, slots=True)
class OrderRow:
    """`part` says which document it is of an order that has several, "" for the only one."""

    id: int
    number: str
    part: str
    channel: str
    customer: str
    total: str
    state: State
    document: str
    reason: str
    hint: str
    ordered: Moment | None
    act: Act | None


@dataclass(frozen=True, slots=True)
class Takings:
    """Orders placed since midnight in South Africa and in the last seven days, without saved and cancelled
    ones; amounts as text, one per currency.
    """

    today: str
    today_orders: int
    week: str
    week_orders: int


def counts(now: datetime, sight: Sight = EVERYTHING) -> list[StateCount]:
    """Open orders of any age, and those that are done of the last DONE_WITHIN_DAYS days."""
    orders = sight.orders()
    # By source, because that is how the index finds open orders among millions of done ones.
    found = dict(
        orders.filter(source__in=list(Source.objects.values_list("id", flat=True)), state__in=OPEN)
        .values_list("state")
        .annotate(Count("id"))
    )
    recent = orders.filter(stored_at__gt=now - timedelta(days=DONE_WITHIN_DAYS))
    found |= dict(recent.exclude(state__in=OPEN).values_list("state").annotate(Count("id")))
    _count_once(found, now, sight)
    return [
        StateCount(state if key in found else replace(state, tone="none"), count(found.get(key, 0)))
        for key, state in STATES.items()
    ]


def _count_once(found: dict[str, int], now: datetime, sight: Sight) -> None:
    """An order of several documents was counted once for each of them; it stands where the whole does."""
    since = now - timedelta(days=DONE_WITHIN_DAYS)
    further = sight.orders().filter(Q(state__in=OPEN) | Q(stored_at__gt=since), part__gt=1)
    some = list(further.only("channel_id", "channel_order_code"))
    sets = {documents[0].pk: documents for documents in documents_of_all(some).values()}
    for documents in sets.values():
        counted = [row.state for row in documents if row.state in OPEN or row.stored_at > since]
        for state in counted:
            found[state] -= 1
        if counted:
            whole = state_of_all(row.state for row in documents)
            found[whole] = found.get(whole, 0) + 1
    for state in [state for state, number in found.items() if number <= 0]:
        del found[state]


def takings(now: datetime, sight: Sight = EVERYTHING) -> Takings:
    midnight = now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    today, today_orders = _sold_since(midnight, sight)
    week, week_orders = _sold_since(midnight - timedelta(days=6), sight)
    return Takings(today, today_orders, week, week_orders)


def _sold_since(start: datetime, sight: Sight) -> tuple[str, int]:
    # An order is stored after it was placed, so the index on stored_at narrows the search.
    sold = sight.orders().filter(stored_at__gte=start, ordered_at__gte=start, fetched_at=None)
    sold = sold.exclude(state__in=NOT_SOLD)
    once = Count(
        Concat("channel_id", Value(":"), "channel_order_code", output_field=TextField()), distinct=True
    )
    rows = list(sold.values_list("currency").annotate(Sum("total"), number=once).order_by("-number"))
    text = " + ".join(money(total, currency) for currency, total, _ in rows)
    return text, sum(number for _, _, number in rows)


def newest(now: datetime, sight: Sight = EVERYTHING) -> list[OrderRow]:
    orders = list(sight.orders().select_related("channel").order_by("-stored_at", "-id")[:NEWEST])
    several = documents_of_all(orders)
    return [
        OrderRow(
            id=order.pk,
            number=order.number,
            part=which(order, several.get(order.pk, [])),
            channel=order.channel.description if order.channel else FETCHED,
            customer=order.customer_name,
            total=NOT_KNOWN if order.total is None else money(order.total, order.currency),
            state=TO_SETTLE if order.state == OrderState.RAISED and order.reason else STATES[order.state],
            document=order.document_number,
            reason=order.reason,
            hint=order.hint,
            ordered=moment(order.ordered_at, now),
            act=act(order.pk, order.state, bool(order.reason)),
        )
        for order in orders
    ]


def act(order_id: int, state: str, has_reason: bool) -> Act | None:
    """The act that lets this order go on, None when it needs no person."""
    if state == OrderState.HELD:
        return Act("Release", reverse("release-order", args=[order_id]))
    if state in FOR_A_PERSON:
        return Act("Send again", reverse("send-order-again", args=[order_id]))
    if state == OrderState.RAISED and has_reason:
        return Act("It is settled", reverse("settle-order", args=[order_id]))
    return None
