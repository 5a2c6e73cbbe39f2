"""From the agent's batch to the hub's tables: store what is different, mark what changed as stale.

A batch is one transaction: its rows, its stale marks and its number. Received twice, it is applied once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import OperationalError, connection

from stockwire import dying
from stockwire.domain.records import RowProblem, SourceProduct
from stockwire.errors import NotSetUp
from stockwire.hub import tenancy
from stockwire.hub.models import Agent, Source, SourceProblem
from stockwire.hub.sync import turns
from stockwire.hub.sync.audit_source import agent_of, note_changes, what_changes
from stockwire.hub.sync.deactivations import hold_back, standing
from stockwire.hub.sync.no_longer_sent import remove_quantities, tidy
from stockwire.hub.sync.source_problems import CODE_MAX, keep_problems
from stockwire.hub.sync.staged_rows import stage
from stockwire.hub.sync.stale import mark_new, mark_products, wake_pushes
from stockwire.hub.sync.store_products import NOTHING_NEW, rivals, store_new, store_rest
from stockwire.hub.sync.writable import flags_of, keep_to_writable, withholds_anything
from stockwire.registry import source_connector
from stockwire.wire import Batch, Received

# What every batch asks or says is asked in plain SQL: Django's own queries take it a millisecond altogether.
ANY_PROBLEM = "select exists (select from source_problems where source_id = %s)"
APPLIED = "update agents set stream = %s, last_number = %s where id = %s"


def receive(agent: Agent, batch: Batch) -> Received:
    """Apply one batch, once and in its turn. `agent` comes with its source.

    An agent sends the next batches while this one is being applied. So everything that can be done before its
    turn is done before: reading the rows, bringing them into this connection's own temporary table, and
    inserting what is new. Raises turns.Gap, or NotSetUp naming a missing column.
    """
    if batch.stream == agent.stream and batch.number <= agent.last_number:
        return Received(number=batch.number, repeated=True)
    products, problems = _translated(agent.source, batch)
    ahead = all(map(_speaks_for_itself, products))
    for tries_left in (2, 1, 0):
        try:
            received = _apply(agent, batch, products, problems, ahead=ahead)
        except turns.Repeated:
            return Received(number=batch.number, repeated=True)
        except OperationalError as error:
            if not tries_left or not turns.in_the_way(error):
                raise
            ahead = False
        else:
            break
    dying.step("web-batch-committed")
    return received


def _apply(
    agent: Agent,
    batch: Batch,
    products: Sequence[SourceProduct],
    problems: Sequence[RowProblem],
    *,
    ahead: bool,
) -> Received:
    """With `ahead`, what is new goes in before the batch's turn; nobody sees it before its turn has come."""
    source = agent.source
    with tenancy.scope(source.client_id):
        turns.announce(agent.pk, batch.number, ahead=ahead)
        staged = stage(products, batch.removed)
        new = store_new(source, staged, agent_of(source)) if ahead else NOTHING_NEW
        channels = mark_new(source, new.products)
        turns.wait_for_turn(agent.pk, batch.stream, batch.number)
        staged = hold_back(source, staged, products, batch)
        if not ahead:
            new = store_new(source, staged, agent_of(source))
            channels = mark_new(source, new.products)
        flags = flags_of(source) if staged.active > new.rows else None
        if flags and withholds_anything(flags):
            keep_to_writable(source, flags)
        changed = what_changes(source, staged, may_differ=staged.active > new.rows)
        rest = store_rest(source, staged, new)
        tidied = tidy(source, products)
        note_changes(source, changed, ((one.code, one.key, one.value) for one in tidied))
        stored = {
            *rest.changed,
            *(one.product_id for one in tidied),
            *remove_quantities(source, batch.removed_quantities),
        }
        mark_products(sorted({*stored, *rivals(sorted(rest.less))}), "the source changed")
        wake_pushes(channels)
        _forget_problems(source, batch.settled)
        _note_problems(source, products, batch.removed, problems)
        with connection.cursor() as cursor:
            cursor.execute(APPLIED, [batch.stream, batch.number, agent.pk])
        dying.step("web-batch-written")
    unusable = sum(not problem.used for problem in problems)
    return Received(
        number=batch.number,
        products=len(products),
        changed=len(stored) + len(new.products),
        problems=unusable,
    )


def _speaks_for_itself(product: SourceProduct) -> bool:
    """Whether one row says all there is to say of a product. Then no other batch on its way speaks of it: an
    agent reads again only when everything it had read before is applied.
    """
    quantities = product.quantities
    return product.source_product_code == product.source_variant_code and (
        not quantities or ("" in quantities and len(quantities) == 1)
    )


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


def _forget_problems(source: Source, settled: Sequence[tuple[str, str]]) -> None:
    """Problems of rows that are gone; the only way to be rid of those that name no code."""
    for code, message in settled:
        SourceProblem.objects.filter(source=source, code=code[:CODE_MAX], message=message).delete()


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
    with connection.cursor() as cursor:
        cursor.execute(ANY_PROBLEM, [source.pk])
        if not problems and not cursor.fetchone()[0]:
            return
        # Rows without a code are many and cannot be told apart: their problems stay.
        spoken_of = {product.source_variant_code for product in products} | set(removed)
        spoken_of |= {problem.code[:CODE_MAX] for problem in problems if problem.code}
        cursor.execute(
            "delete from source_problems where source_id = %s and code = any(%s)",
            [source.pk, list(spoken_of)],
        )
    keep_problems(source, problems)


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
