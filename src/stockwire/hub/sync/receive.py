"""From the agent's batch to the hub's tables: store what is different, mark what changed as stale.

A batch is one transaction: its rows, its stale marks and its number. Received twice, it is applied once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from time import monotonic, sleep

from django.db import connection
from django.utils import timezone

from stockwire import dying
from stockwire.domain.records import RowProblem, SourceProduct
from stockwire.errors import NotSetUp
from stockwire.hub import tenancy
from stockwire.hub.models import Agent, Source, SourceProblem
from stockwire.hub.sync.deactivations import hold_back, standing
from stockwire.hub.sync.no_longer_sent import remove_quantities, tidy
from stockwire.hub.sync.stale import mark_products
from stockwire.hub.sync.store_products import rivals, stage, store
from stockwire.registry import source_connector
from stockwire.wire import Batch, Received

OVERTAKEN_S = 1.0


class Gap(Exception):
    """A batch came out of turn; `expected` is the number the hub waits for (1 for a new stream)."""

    def __init__(self, expected: int) -> None:
        super().__init__(f"expected batch {expected}")
        self.expected = expected


def receive(client_id: int, agent_id: int, batch: Batch) -> Received:
    """Apply one batch, once and in its turn. Raises Gap, or NotSetUp naming a missing column.

    An agent sends the next batch while this one is being applied. So everything that can be done without the
    agent's row locked is done before: reading the rows, and bringing them into this connection's own
    temporary table.
    """
    with tenancy.scope(client_id):
        agent = Agent.objects.select_related("source").get(pk=agent_id)
        if _is_repeated(agent, batch):
            return Received(number=batch.number, repeated=True)
    products, problems = _translated(agent.source, batch)
    give_up_at = monotonic() + OVERTAKEN_S
    while True:
        try:
            received = _apply(client_id, agent_id, batch, products, problems)
            dying.step("web-batch-committed")
            return received
        except Gap as gap:
            if batch.number != gap.expected + 1 or monotonic() > give_up_at:
                raise
        # It overtook the one before, which the agent sent just ahead of it.
        sleep(0.01)


def _apply(
    client_id: int,
    agent_id: int,
    batch: Batch,
    products: Sequence[SourceProduct],
    problems: Sequence[RowProblem],
) -> Received:
    with tenancy.scope(client_id):
        staged = stage(products, batch.removed)
        agent = Agent.objects.select_for_update(of=("self",)).select_related("source").get(pk=agent_id)
        if _is_repeated(agent, batch):
            return Received(number=batch.number, repeated=True)
        expected = agent.last_number + 1 if batch.stream == agent.stream else 1
        if batch.number != expected:
            raise Gap(expected)
        staged = hold_back(agent.source, staged, products, batch)
        written = [store(agent.source, staged), tidy(agent.source, products)]
        written.append(remove_quantities(agent.source, batch.removed_quantities))
        stored = sorted({product_id for ids in written for product_id in ids})
        mark_products([*stored, *rivals(stored)] if staged.gone else stored, "the source changed")
        _note_problems(agent.source, products, batch.removed, problems)
        Agent.objects.filter(pk=agent.pk).update(stream=batch.stream, last_number=batch.number)
        dying.step("web-batch-written")
    unusable = sum(not problem.used for problem in problems)
    return Received(number=batch.number, products=len(products), changed=len(stored), problems=unusable)


def _is_repeated(agent: Agent, batch: Batch) -> bool:
    return batch.stream == agent.stream and batch.number <= agent.last_number


def _translated(source: Source, batch: Batch) -> tuple[list[SourceProduct], list[RowProblem]]:
    """Raises NotSetUp, which is also noted at the source."""
    connector = source_connector(source.type)
    try:
        translator = connector.open(source.read_settings(connector.settings))
        products, problems = translator.translate(batch.columns, batch.rows) if batch.rows else ([], [])
    except NotSetUp as error:
        with tenancy.scope(source.client_id):
            note_reading_failed(source, error.message, error.hint)
        raise
    return products, problems + [RowProblem(*problem) for problem in batch.problems]


def _note_problems(
    source: Source,
    products: Sequence[SourceProduct],
    removed: Sequence[str],
    problems: Sequence[RowProblem],
) -> None:
    """Keep every problem once. What was known of a code before is forgotten as soon as a batch speaks of it:
    its row reads well now, or has another problem, or has vanished. Notes on rows that were used all the same
    are kept in the same way.
    """
    if not problems and not SourceProblem.objects.filter(source=source).exists():
        return
    now = timezone.now()
    with connection.cursor() as cursor:
        # Rows without a code are many and cannot be told apart: their problems stay.
        spoken_of = {product.source_variant_code for product in products} | set(removed)
        spoken_of |= {problem.code[:100] for problem in problems if problem.code}
        cursor.execute(
            "delete from source_problems where source_id = %s and code = any(%s)",
            [source.pk, list(spoken_of)],
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
    """A complete reading of the source ended well, inside an open scope. What waits for a person is still
    said."""
    error, hint = standing(source)
    Source.objects.filter(pk=source.pk).update(
        stock_read_at=read_at,
        read_mode=mode,
        read_rows=rows,
        read_seconds=seconds,
        read_error=error,
        read_hint=hint,
    )


def note_reading_failed(source: Source, error: str, hint: str) -> None:
    Source.objects.filter(pk=source.pk).update(read_error=error, read_hint=hint)
