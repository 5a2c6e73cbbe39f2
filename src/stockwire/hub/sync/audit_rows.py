"""Many entries of the audit in one statement: what a person's import changed, one entry per product."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import connection

from stockwire.hub.sync.staged_rows import text_array


@dataclass(frozen=True, slots=True)
class AuditRow:
    """`subject` is a code or a name; `before` and `after` map a field to its value, None: was not there."""

    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def note_all(client_id: int, who: str, action: str, rows: Iterable[AuditRow]) -> None:
    """Add the entries, inside an open scope."""
    entries = [(row.subject[:200], _json(row.before), _json(row.after)) for row in rows]
    if not entries:
        return
    subjects, before, after = zip(*entries, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into audit (client_id, who, action, subject, before, after)"
            " select %s, %s, %s, a.subject, nullif(a.before, 'null')::jsonb, nullif(a.after, 'null')::jsonb"
            " from unnest(%s::text[], %s::text[], %s::text[]) as a(subject, before, after)",
            [client_id, who[:150], action[:60], *map(text_array, (subjects, before, after))],
        )


def _json(value: Mapping[str, Any] | None) -> str:
    return "null" if value is None else msgspec.json.encode(value).decode()
