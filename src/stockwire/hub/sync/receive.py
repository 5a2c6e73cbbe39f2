"""From the agent's batch to the hub's tables: store what is different, mark what changed as stale.

A batch is one transaction: its rows, its stale marks and its number. Received twice, it is applied once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.utils import timezone

from stockwire.domain.records import RowProblem
from stockwire.hub.models import Agent, Source, SourceProblem
from stockwire.hub.sync.stale import mark_products
from stockwire.hub.sync.store_products import store
from stockwire.registry import source_connector
from stockwire.wire import Batch, Received


class Gap(Exception):
    """A batch came out of turn; `expected` is the number the hub waits for (1 for a new stream)."""

    def __init__(self, expected: int) -> None:
        super().__init__(f"expected batch {expected}")
        self.expected = expected


def receive(agent: Agent, batch: Batch) -> Received:
    """Apply one batch, inside an open scope with the agent's row locked. Raises Gap, or NotSetUp naming a
    missing column.
    """
    if batch.stream == agent.stream and batch.number <= agent.last_number:
        return Received(number=batch.number, repeated=True)
    expected = agent.last_number + 1 if batch.stream == agent.stream else 1
    if batch.number != expected:
        raise Gap(expected)
    source = agent.source
    connector = source_connector(source.type)
    translator = connector.open(source.read_settings(connector.settings))
    products, problems = translator.translate(batch.columns, batch.rows) if batch.rows else ([], [])
    problems += [RowProblem(*problem) for problem in batch.problems]
    stored = store(source, products, batch.removed)
    mark_products(stored, "the source changed")
    _note_problems(source, [product.source_variant_code for product in products], problems)
    Agent.objects.filter(pk=agent.pk).update(stream=batch.stream, last_number=batch.number)
    return Received(number=batch.number, products=len(products), changed=len(stored), problems=len(problems))


def _note_problems(source: Source, read_well: Sequence[str], problems: Sequence[RowProblem]) -> None:
    """Keep every problem once, and forget those of rows that read well now."""
    if not problems and not SourceProblem.objects.filter(source=source).exists():
        return
    now = timezone.now()
    with connection.cursor() as cursor:
        if read_well:
            cursor.execute(
                "delete from source_problems where source_id = %s and code = any(%s)",
                [source.pk, list(read_well)],
            )
    SourceProblem.objects.bulk_create(
        [
            SourceProblem(
                client_id=source.client_id,
                source=source,
                code=problem.code[:100],
                message=problem.message,
                hint=problem.hint,
                seen_at=now,
            )
            for problem in {(p.code, p.message): p for p in problems}.values()
        ],
        update_conflicts=True,
        unique_fields=["source", "code", "message"],
        update_fields=["hint", "seen_at"],
    )


def note_reading(source: Source, *, read_at: datetime, mode: str, rows: int, seconds: float) -> None:
    """A complete reading of the source ended well, inside an open scope."""
    Source.objects.filter(pk=source.pk).update(
        stock_read_at=read_at,
        read_mode=mode,
        read_rows=rows,
        read_seconds=seconds,
        read_error="",
        read_hint="",
    )


def note_reading_failed(source: Source, error: str, hint: str) -> None:
    Source.objects.filter(pk=source.pk).update(read_error=error, read_hint=hint)
