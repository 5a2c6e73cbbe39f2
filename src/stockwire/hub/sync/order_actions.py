"""What a person may do with an order. Each act is in the order's history and in the audit, with their name.

Sending again is always safe: the agent looks the reference up before it posts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from django.utils import timezone

from stockwire.errors import Refused
from stockwire.hub import models
from stockwire.hub.models.orders import OrderState
from stockwire.hub.sync import order_history
from stockwire.hub.sync.follow_order import settle_after_raising
from stockwire.hub.sync.held_stock import held_by, mark_what_changed
from stockwire.hub.sync.store_order import ring

# What each act, as the audit names it, does to an order.
DONE = {
    "send again": "sent again",
    "release": "released",
    "hold": "held",
    "cancel": "cancelled",
    "reset": "reset",
    "settle": "settled",
    "enter number": "given a number",
}
LONGEST_NUMBER = 60
HELD_BY = "Held by "
# In place of the agent's run: the document was there before any reading that comes in now.
FOUND_BY_PERSON = "found by a person"


def each(rows: Sequence[models.Order], act: Callable[[models.Order], None]) -> None:
    """Act on every document of one order whose state allows it, inside an open scope. Raises the first
    Refused when none does."""
    refused: list[Refused] = []
    for row in rows:
        try:
            act(row)
        except Refused as error:
            refused.append(error)
    if len(refused) == len(rows):
        raise refused[0]


def send_again(order_id: int, who: str) -> None:
    """Send a saved, held, refused, doubtful or cancelled order to the source, whatever stopped it before.

    All of these run inside an open scope and raise Refused, in plain words, when the order's state does not
    allow it.
    """
    allowed = (
        OrderState.SAVED,
        OrderState.HELD,
        OrderState.REFUSED,
        OrderState.IN_DOUBT,
        OrderState.CANCELLED,
        OrderState.READY,
    )
    with _acting(order_id, who, "send again", allowed) as row:
        row.state, row.next_at, row.attempts = OrderState.READY, timezone.now(), 0
        row.reason, row.hint, row.detail = "", "", ""
        order_history.note(row, order_history.PERSON_SENDS, f"Sent to Omni by {who}.")
        ring(row.source_id)


def release_hold(order_id: int, who: str) -> None:
    """Let a held order go on as it is: the person answers for its amounts."""
    with _acting(order_id, who, "release", (OrderState.HELD,)) as row:
        row.state, row.next_at, row.attempts = OrderState.READY, timezone.now(), 0
        row.reason, row.hint, row.detail = "", "", ""
        order_history.note(row, order_history.PERSON_SENDS, f"Released by {who}.")
        ring(row.source_id)


def hold(order_id: int, who: str, reason: str = "") -> None:
    """Keep an order from being raised until it is released, whatever the channel says meanwhile."""
    with _acting(order_id, who, "hold", (OrderState.SAVED, OrderState.READY, OrderState.REFUSED)) as row:
        row.state, row.detail = OrderState.HELD, ""
        row.reason = f"{HELD_BY}{who}. {reason}".strip()
        row.hint = "Release it when it may go on."
        order_history.note(row, order_history.PERSON_KEEPS, row.reason)


def cancel(order_id: int, who: str) -> None:
    """This order is never to be raised. Nothing is done in the source or on the channel."""
    allowed = (
        OrderState.SAVED,
        OrderState.READY,
        OrderState.HELD,
        OrderState.REFUSED,
        OrderState.IN_DOUBT,
    )
    with _acting(order_id, who, "cancel", allowed) as row:
        row.state, row.reason, row.hint, row.detail = OrderState.CANCELLED, f"Cancelled by {who}.", "", ""
        order_history.note(row, order_history.PERSON_KEEPS, row.reason)


def reset(order_id: int, who: str) -> None:
    """Forget the source's document and go back to saved, so that the order can be sent again (O12).

    The reference stays: if the document still exists in the source, sending finds it instead of making a
    second one. A late answer of the agent no longer counts.
    """
    with _acting(order_id, who, "reset", tuple(OrderState)) as row:
        number = row.document_number
        row.state, row.document_number, row.document = OrderState.SAVED, "", None
        row.claim += 1
        row.claimed_by, row.claimed_until, row.attempts = None, None, 0
        row.raised_at, row.confirmed_at, row.stock_released_at = None, None, None
        row.raised_run, row.raised_run_s = "", None
        row.reason, row.hint, row.detail = f"Reset by {who}.", "Send it when it may be raised.", ""
        was = f" It was document {number} in Omni." if number else ""
        order_history.note(row, order_history.PERSON_KEEPS, f"Reset by {who}.{was}")


def settle(order_id: int, who: str) -> None:
    """What was asked of a person about a raised order is done: it no longer needs anybody."""
    with _acting(order_id, who, "settle", (OrderState.RAISED,)) as row:
        order_history.note(row, order_history.STATE, f"Settled by {who}: {row.reason}")
        row.reason, row.hint = "", ""


def enter_number(order_id: int, who: str, number: str) -> None:
    """The person has found the document of a doubtful order in the source: this is its number there."""
    number = number.strip()
    if not 0 < len(number) <= LONGEST_NUMBER or not number.isprintable():
        raise Refused(f"{number[:60]!r} is no document number.", hint="Write it exactly as Omni shows it.")
    with _acting(order_id, who, "enter number", (OrderState.IN_DOUBT,)) as row:
        other = models.Order.objects.filter(
            source_id=row.source_id, document_number=number, fetched_at=None
        ).first()
        if other is not None:
            raise Refused(
                f"Document {number} already belongs to order {other.number}.", hint="Look at both in Omni."
            )
        now = timezone.now()
        row.state, row.document_number = OrderState.RAISED, number
        row.raised_at = row.confirmed_at = now
        row.raised_run, row.raised_run_s = FOUND_BY_PERSON, None
        row.claim += 1  # a late answer of the agent no longer counts
        row.attempts, row.detail = 0, ""
        settle_after_raising(row)
        order_history.note(
            row, order_history.RAISED, f"{who} found it in Omni as {number}. {row.reason}".strip()
        )


@contextmanager
def _acting(order_id: int, who: str, action: str, allowed: tuple[OrderState, ...]) -> Iterator[models.Order]:
    """The order, locked; saved, audited, and its stock marked when the act is over."""
    row = models.Order.objects.select_for_update().filter(pk=order_id).first()
    if row is None:
        raise Refused("This order does not exist.", hint="It may belong to another client.")
    if row.fetched_at is not None:
        raise Refused(
            f"{row.number} was fetched from Omni: there is nothing here to be {DONE[action]}.",
            hint="Work on the document in Omni. Fetch it again to see its header as it is now.",
        )
    if row.state not in allowed:
        raise Refused(
            f"Order {row.number} is {OrderState(row.state).label.lower()}: it cannot be {DONE[action]} now.",
            hint="Wait a moment and look at it again.",
        )
    before, held = _shown(row), held_by(row)
    yield row
    row.save()
    models.Audit.objects.create(
        client_id=row.client_id,
        who=who,
        action=action,
        subject=f"order {row.number}",
        before=before,
        after=_shown(row),
    )
    mark_what_changed(held, held_by(row))


def _shown(row: models.Order) -> dict[str, str]:
    return {"state": row.state, "document_number": row.document_number, "reason": row.reason}
