"""What happened to an order, one plain sentence each, and the words for the events that decide something."""

from __future__ import annotations

from typing import Any

from stockwire.hub import models

STORED = "stored"
UPDATED = "updated"
WARNING = "warning"
ATTENTION = "attention"
STATE = "state"
CLAIMED = "claimed"
RAISED = "raised"
PERSON_KEEPS = "kept_by_person"
PERSON_SENDS = "sent_by_person"


def note(row: models.Order, event: str, sentence: str, payload: Any = None) -> None:
    """Add one line to the order's history, inside an open scope."""
    models.OrderHistory.objects.create(
        client_id=row.client_id, order=row, event=event, text=sentence, payload=payload
    )


def note_new_warnings(row: models.Order, warnings: tuple[str, ...], event: str = WARNING) -> list[str]:
    """Those of the connector's warnings that were not in the history yet; they now are, as this event."""
    if not warnings:
        return []
    told = models.OrderHistory.objects.filter(order=row, event__in=[WARNING, ATTENTION])
    known = set(told.values_list("text", flat=True))
    fresh = [warning for warning in dict.fromkeys(warnings) if warning not in known]
    for warning in fresh:
        note(row, event, warning)
    return fresh


def last_word_of_a_person(row: models.Order) -> str:
    """PERSON_KEEPS or PERSON_SENDS, whichever came last, or "" when no person has decided anything."""
    events = models.OrderHistory.objects.filter(order=row, event__in=[PERSON_KEEPS, PERSON_SENDS])
    return events.order_by("-pk").values_list("event", flat=True).first() or ""
