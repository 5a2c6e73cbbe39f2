"""Rows of a source that could not be used, or were used with something to know about them, kept once each.

Nothing is decided here: who reads the rows says what is wrong with them and when it is over.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from stockwire.domain.records import RowProblem
from stockwire.hub.models import Source, SourceProblem

CODE_MAX = 100
"""A code may be longer than what is kept of it: being too long may be its problem."""


def keep_problems(source: Source, problems: Iterable[RowProblem]) -> None:
    """Keep each of them once, by what is kept of its code and its message; inside an open scope."""
    now = timezone.now()
    SourceProblem.objects.bulk_create(
        [
            SourceProblem(
                client_id=source.client_id,
                source=source,
                code=code,
                message=message,
                hint=problem.hint,
                seen_at=now,
            )
            for (code, message), problem in {(p.code[:CODE_MAX], p.message): p for p in problems}.items()
        ],
        update_conflicts=True,
        unique_fields=["source", "code", "message"],
        update_fields=["hint", "seen_at"],
    )
