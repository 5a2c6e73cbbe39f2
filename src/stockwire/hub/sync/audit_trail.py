"""Reading the audit, and letting go of what is older than it is kept. Nobody changes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import connection

from stockwire.hub.models import Audit

log = structlog.get_logger("stockwire.worker")
AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """Blank and None ask for everything; `subject` and `who` for those that contain the text."""

    subject: str = ""
    who: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None


def entries(asked: Asked, limit: int = 50, before_id: int | None = None) -> list[Audit]:
    """The newest first, inside an open scope. `before_id` goes on where the last page ended."""
    rows: Any = Audit.objects.order_by("-at", "-id")
    if asked.subject:
        rows = rows.filter(subject__icontains=asked.subject)
    if asked.who:
        rows = rows.filter(who__icontains=asked.who)
    if asked.action:
        rows = rows.filter(action=asked.action)
    if asked.since:
        rows = rows.filter(at__gte=asked.since)
    if asked.until:
        rows = rows.filter(at__lt=asked.until)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return list(rows[:limit])


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
