"""An order that is already on its way into the source: what the channel says of it now.

The document is what it is and is never changed from here. The status is kept up to date, and a person is
asked for when the document may have become wrong. A raised order stays raised; a reason on it is what puts
it under Needs you.
"""

from __future__ import annotations

from stockwire.domain.records import Order
from stockwire.domain.totals import money
from stockwire.hub import models
from stockwire.hub.models.orders import OrderState
from stockwire.hub.sync import order_history
from stockwire.hub.sync.order_rows import text
from stockwire.hub.sync.order_state import is_over, is_unpaid


def has_begun(row: models.Order) -> bool:
    """True when a document may exist in the source: from the first claim until a definite refusal."""
    states = (OrderState.READY, OrderState.RAISING, OrderState.RAISED, OrderState.IN_DOUBT)
    return row.claim > 0 and row.state in states


def follow_order(row: models.Order, order: Order) -> None:
    """Take over the status and tell what differs, inside an open scope. The row is locked by the caller."""
    total_now = f"{order.total.normalize():f}"
    if (row.proof or {}).get("total_now", f"{row.total.normalize():f}") != total_now:
        row.proof = {**(row.proof or {}), "total_now": total_now}
        was, now = money(row.currency, row.total), money(order.currency, order.total)
        _ask_for_a_person(
            row,
            f"Its total was {was} when it was sent to Omni; the channel now says {now}.",
            f"Correct {_document(row)} in Omni.",
        )
    for warning in order_history.note_new_warnings(row, order.warnings, order_history.ATTENTION):
        _set_reason(row, warning, f"Correct or credit {_document(row)} in Omni.")
    row.modified_at, row.paid_at = order.modified_at, order.paid_at
    follow_status(row, order.status)
    row.save(update_fields=["modified_at", "paid_at", "proof", "status", "state", "reason", "hint"])


def follow_status(row: models.Order, status: str) -> None:
    """The channel's word for it is now this one. Not saved yet."""
    if row.status == status:
        return
    before, row.status = row.status, text(status, 60)
    sentence = f"Status is now {status} (it was {before})."
    order_history.note(row, order_history.UPDATED, sentence, {"status": status})
    if row.state == OrderState.RAISED and (is_over(status) or is_unpaid(status)):
        _ask_for_a_person(row, f"It was {status} on the channel after it was raised.", _credit(row))
    elif not is_over(status):
        return
    elif row.state == OrderState.READY:
        # It was sent before and the answer was "not yet": whether a document exists is not known here.
        row.state = OrderState.IN_DOUBT
        row.reason = f"It was {status} on the channel while it was being sent to Omni."
        row.hint = f"Look for {row.reference} in Omni. If it is there, credit it. Then cancel the order here."
        order_history.note(row, order_history.STATE, f"In doubt: {row.reason}")


def settle_after_raising(row: models.Order) -> None:
    """The order was raised just now: its reason is what happened to it in the meantime, if anything."""
    since = models.OrderHistory.objects.filter(order=row, event=order_history.ATTENTION)
    notes = list(since.order_by("pk").values_list("text", flat=True))
    row.reason = " ".join(notes)
    row.hint = f"Correct {_document(row)} in Omni." if notes else ""
    sent_by_person = order_history.last_word_of_a_person(row) == order_history.PERSON_SENDS
    if is_over(row.status) or (is_unpaid(row.status) and not sent_by_person):
        row.reason = f"It was {row.status} on the channel while it was being raised. {row.reason}".strip()
        row.hint = _credit(row)


def _ask_for_a_person(row: models.Order, reason: str, hint: str) -> None:
    order_history.note(row, order_history.ATTENTION, reason)
    _set_reason(row, reason, hint)


def _set_reason(row: models.Order, reason: str, hint: str) -> None:
    """Before it is raised the reason says why it waits; settle_after_raising brings these up then."""
    if row.state == OrderState.RAISED:
        row.reason, row.hint = f"{row.reason} {reason}".strip(), hint


def _credit(row: models.Order) -> str:
    if is_unpaid(row.status):
        return f"Find out whether it is paid; if not, credit {_document(row)} in Omni."
    return f"Credit {_document(row)} in Omni."


def _document(row: models.Order) -> str:
    return f"document {row.document_number}" if row.document_number else f"the document {row.reference}"
