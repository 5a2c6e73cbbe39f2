"""Reading the audit, and letting go of what is older than it is kept. Nobody changes it.

What an agent or an order brought for the first time has no row in the audit: when and by whom stands with the
product (docs/adr/0027), and is listed among the rows as if it had one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import connection

from stockwire.errors import Refused
from stockwire.hub.models import Audit, Product

log = structlog.get_logger("stockwire.worker")
AT_ONCE = 10_000
CREATED = "product created"
# Whose new products have no row of their own. An import writes one for each, with all that it was given.
WITHOUT_ROWS = r"^(agent of|order) "


@dataclass(frozen=True, slots=True)
class Asked:
    """Blank and None ask for everything; `subject` and `who` for those that contain the text."""

    subject: str = ""
    who: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit. `place` says where it stands among all: `entries` goes on after it."""

    at: datetime
    who: str
    action: str
    subject: str
    before: Any
    after: Any
    place: str


def entries(asked: Asked, limit: int = 50, after: str = "") -> list[Entry]:
    """The newest first, inside an open scope. `after` goes on where the last page ended: the place of its
    last entry. Raises Refused when it is no place."""
    at, is_row, row_id = _place(after) if after else (None, True, 0)
    rows = _within(Audit.objects.all(), asked, at, ("at", "subject", "who"))
    if asked.action:
        rows = rows.filter(action=asked.action)
    if at is not None:
        # What was created at that very moment comes after the rows of it.
        rows = rows.exclude(at=at, id__gte=row_id) if is_row else rows.exclude(at=at)
    found = [
        Entry(one.at, one.who, one.action, one.subject, one.before, one.after, _said(one.at, True, one.pk))
        for one in rows.order_by("-at", "-id")[:limit]
    ]
    if asked.action in ("", CREATED):
        found += _created(asked, limit, at, 0 if is_row else row_id)
    # Sorting keeps the order of equals: rows before what was created, each newest first.
    return sorted(found, key=lambda one: one.at, reverse=True)[:limit]


def _created(asked: Asked, limit: int, at: datetime | None, before_id: int) -> list[Entry]:
    made = Product.objects.filter(created_by__regex=WITHOUT_ROWS)
    made = _within(made, asked, at, ("created_at", "source_product_code", "created_by"))
    if at is not None and before_id:
        made = made.exclude(created_at=at, id__gte=before_id)
    return [
        Entry(
            one.created_at,
            one.created_by,
            CREATED,
            one.source_product_code,
            None,
            None,
            _said(one.created_at, False, one.pk),
        )
        for one in made.order_by("-created_at", "-id")[:limit]
    ]


def _within(rows: Any, asked: Asked, at: datetime | None, names: tuple[str, str, str]) -> Any:
    """`names` are the columns of the moment, the subject and who it was."""
    moment, subject, who = names
    wanted = {
        f"{subject}__icontains": asked.subject,
        f"{who}__icontains": asked.who,
        f"{moment}__gte": asked.since,
        f"{moment}__lt": asked.until,
        f"{moment}__lte": at,
    }
    return rows.filter(**{name: value for name, value in wanted.items() if value})


def _said(at: datetime, is_row: bool, row_id: int) -> str:
    return f"{at.isoformat()}~{'row' if is_row else 'created'}~{row_id}"


def _place(said: str) -> tuple[datetime, bool, int]:
    parts: Sequence[str] = said.replace(" ", "+").split("~")
    try:
        at, kind, row_id = parts
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or kind not in ("row", "created"):
            raise ValueError(said)
        return moment, kind == "row", int(row_id)
    except ValueError:
        raise Refused(
            f"{said[:60]!r} is no place in the audit.", hint="Send `after` as the last page gave it."
        ) from None


def prune() -> int:
    """Let go of entries of all clients that are older than 400 days, ten thousand in a transaction. How many.

    How long they are kept stands in the database's own function: the application cannot shorten it.
    """
    gone = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute("select stockwire_prune_audit(%s)", [AT_ONCE])
            row = cursor.fetchone()
        count = int(row[0]) if row else 0
        gone += count
        if count < AT_ONCE:
            break
    if gone:
        log.info("Old entries of the audit are gone", entries=gone)
    return gone
