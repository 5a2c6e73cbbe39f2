"""Products to a channel: take stale products, plan, send, and write down what the channel confirmed.

What is sent is computed when it is sent. A refusal stops that product on that channel and nothing else.
Calls to the channel happen outside transactions; every write-back is fenced by the lane's claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import connection
from django.utils import timezone

from stockwire import dying
from stockwire.domain.plan import Problem
from stockwire.errors import NotSetUp, StockwireError, TryLater
from stockwire.hub.models import Stale, StaleState
from stockwire.hub.sync import creations, known, lanes
from stockwire.hub.sync.changes import changes_of
from stockwire.hub.sync.snapshot import Snapshot, planned
from stockwire.hub.sync.stale import mark_on_channel
from stockwire.ports import Action, Capabilities, Change, Channel, Done, Outcome

log = structlog.get_logger("stockwire.push")

TAKE = """
    select product_id, version, attempts, creating_since from stale
    where channel_id = %s and state in ('waiting', 'backing_off') and next_at <= now()
        and not exists (select 1 from lanes where id = %s and paused)
    order by next_at, product_id limit %s
"""
# Before anything is written back, in the order in which products are marked (sync/stale): two who lock the
# same marks in different orders would wait for each other.
LOCK = """
    select 1 from stale where channel_id = %s and product_id = any(%s) order by product_id for update
"""
CLEAR = """
    delete from stale s using unnest(%s::bigint[], %s::bigint[]) as seen(product_id, version)
    where s.channel_id = %s and s.product_id = seen.product_id and s.version = seen.version
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A stale mark as it was when the product was read."""

    product_id: int
    version: int
    attempts: int
    creating_since: datetime | None


def push(held: lanes.Claim, channel: Channel, capabilities: Capabilities) -> None:
    """Send what is stale on this lane's channel until nothing is due, or somebody pauses it.

    A round looks at as many products as the channel likes in one push. Raises TryLater or NotSetUp when the
    channel as a whole cannot be worked with.
    """
    while taken := _take(held, capabilities.push_batch):
        dying.step("worker-stale-taken")
        with lanes.writing(held):
            snapshots = planned(held.channel_id, [mark.product_id for mark in taken])
        begun = {mark.product_id: mark.creating_since for mark in taken if mark.creating_since}
        settled = creations.settle(held, channel, begun, snapshots)
        snapshots = settled.snapshots
        creations.begin(held, snapshots)
        to_send = [(snapshot, change) for snapshot in snapshots for change in changes_of(snapshot)]
        # What makes way goes first: an SKU must be free before it stands somewhere else.
        to_send.sort(key=lambda pair: pair[1].action is not Action.REMOVE)
        dying.step("worker-planned")
        outcomes = channel.push([change for _, change in to_send]) if to_send else []
        dying.step("worker-sent")
        sent = [(*pair, outcome) for pair, outcome in zip(to_send, outcomes, strict=True)]
        with lanes.writing(held):
            stop = _record(held, taken, settled, sent)
            dying.step("worker-recorded")
        dying.step("worker-record-committed")
        if stop is not None:
            raise stop


def _take(held: lanes.Claim, most: int) -> list[Taken]:
    with lanes.writing(held), connection.cursor() as cursor:
        cursor.execute(TAKE, [held.channel_id, held.lane_id, most])
        return [Taken(*row) for row in cursor.fetchall()]


def _record(
    held: lanes.Claim,
    taken: Sequence[Taken],
    settled: creations.Settled,
    sent: Sequence[tuple[Snapshot, Change, Outcome]],
) -> NotSetUp | None:
    """Write down every outcome. Gives back the reason to pause the channel, if one item found it."""
    marks = {mark.product_id: mark for mark in taken}
    snapshots = settled.snapshots
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [held.channel_id, list(marks)])
    done: list[tuple[Snapshot, Change, Done]] = []
    refused: list[tuple[int, StockwireError]] = []
    for snapshot, change, outcome in sent:
        if isinstance(outcome, Done):
            done.append((snapshot, change, outcome))
        else:
            refused.append((snapshot.product_id, outcome.error))
    saved = known.save(held.client_id, held.channel_id, done)
    failed = {product_id for product_id, _ in [*refused, *saved.failed]}
    linked = {one.product_id for one in snapshots if one.plan.problem is None} - failed
    if anew := saved.compare_anew | (settled.adopted & linked):
        # A newer mark than the one in hand, so it stays and is looked at in the next round.
        mark_on_channel(sorted(anew), held.channel_id)
    unsettled: set[int] = set()
    pause: NotSetUp | None = None
    errors: dict[int, list[StockwireError]] = {}
    for product_id, error in [*refused, *saved.failed, *settled.early.items()]:
        unsettled.add(product_id)
        errors.setdefault(product_id, []).append(error)
        if isinstance(error, NotSetUp):
            pause = error
        else:
            _failed(held, marks[product_id], error)
    for clash in saved.clashes:
        unsettled.add(clash.product_id)
        _needs_you(held, marks[clash.product_id], _explained(clash))
    for snapshot in snapshots:
        if snapshot.plan.problem is not None and snapshot.product_id not in unsettled:
            unsettled.add(snapshot.product_id)
            _needs_you(held, marks[snapshot.product_id], snapshot.plan.problem)
    creations.end(held.channel_id, snapshots, {p for p, mark in marks.items() if mark.creating_since}, errors)
    clear = [mark for mark in taken if mark.product_id not in unsettled]
    with connection.cursor() as cursor:
        cursor.execute(
            CLEAR,
            [[mark.product_id for mark in clear], [mark.version for mark in clear], held.channel_id],
        )
    log.info("Pushed", channel=held.channel_id, looked_at=len(taken), sent=len(done), not_done=len(unsettled))
    return pause


def _failed(held: lanes.Claim, mark: Taken, error: StockwireError) -> None:
    if isinstance(error, TryLater):
        wait_s = lanes.waiting_s(mark.attempts, error.after_s)
        state, next_at = StaleState.BACKING_OFF, timezone.now() + timedelta(seconds=wait_s)
    else:
        state, next_at = StaleState.NEEDS_YOU, timezone.now()
    # Only the mark that was seen: a newer reason has made it waiting again, and so it stays.
    Stale.objects.filter(channel_id=held.channel_id, product_id=mark.product_id, version=mark.version).update(
        state=state,
        next_at=next_at,
        attempts=mark.attempts + 1,
        message=error.message,
        hint=error.hint,
        detail=error.detail,
    )


def _explained(clash: known.Clash) -> Problem:
    sku, code = clash.sku, clash.link.product_code
    return Problem(
        f"{sku}: product {code} of the channel has this SKU and is linked to {clash.owner_sku} already.",
        f"Correct the SKU of product {code} on the channel, or unlink {clash.owner_sku} there; then retry.",
    )


def _needs_you(held: lanes.Claim, mark: Taken, problem: Problem) -> None:
    Stale.objects.filter(channel_id=held.channel_id, product_id=mark.product_id, version=mark.version).update(
        state=StaleState.NEEDS_YOU,
        attempts=mark.attempts + 1,
        message=problem.message,
        hint=problem.hint,
        detail="",
    )
