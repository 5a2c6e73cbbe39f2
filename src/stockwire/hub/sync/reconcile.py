"""A channel against what is really there: read all it holds, compare, report, and repair what was asked for.

Runs on the channel's push lane, so nothing is pushed meanwhile. Calls to the channel happen outside
transactions; the lease is renewed meanwhile. A comparison that fails never keeps a push from going out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import structlog
from django.db import connection
from django.utils import timezone

from stockwire import dying, ports
from stockwire.errors import NotSetUp, Refused, StockwireError, TryLater
from stockwire.hub.models import Channel, DriftItem, DriftReport, DriftState
from stockwire.hub.sync import lanes
from stockwire.hub.sync.compare_shelf import Comparison
from stockwire.hub.sync.drift_reports import KEPT, UNFINISHED
from stockwire.hub.sync.repair_drift import repair
from stockwire.hub.sync.snapshot import planner_for

log = structlog.get_logger("stockwire.worker")
# Listed variants compared in one step.
PAGE = 200
LOOK_UP = 100
TRIES = 3
OLD = """
    select id from drift_reports where channel_id = %s and state in ('done', 'failed')
    order by id desc offset %s
"""


def work_off(held: lanes.Claim, channel: ports.Channel, connector: ports.ChannelConnector) -> None:
    """Make every report that was asked for. Raises NotSetUp when the channel as a whole must be put right;
    any other failure is written into its report."""
    while (report := _next(held)) is not None:
        try:
            _make(held, channel, connector, report)
        except StockwireError as error:
            _fail(held, report, error)
            if isinstance(error, NotSetUp):
                raise
        except lanes.LostLease:
            raise
        except Exception:
            _fail(held, report, TryLater("Something went wrong inside Stockwire.", hint="Send us the log."))
            raise


def _next(held: lanes.Claim) -> DriftReport | None:
    """The oldest report that is not finished, made ready to begin. One that a worker died over is begun anew,
    but not for ever: pushes must go on."""
    with lanes.writing(held):
        waiting = DriftReport.objects.filter(channel_id=held.channel_id, state__in=UNFINISHED)
        for report in waiting.order_by("pk"):
            if report.tries >= TRIES:
                _end(report, DriftState.FAILED, message=f"It was interrupted {TRIES} times.")
                continue
            _forget_items([report.pk])
            report.state, report.started_at = DriftState.READING, timezone.now()
            report.tries += 1
            report.save(update_fields=["state", "tries", "started_at"])
            return report
    return None


def _make(
    held: lanes.Claim, channel: ports.Channel, connector: ports.ChannelConnector, report: DriftReport
) -> None:
    if not isinstance(channel, ports.CanShelve):
        raise Refused(f"{connector.title} cannot list what it holds.")
    with lanes.writing(held):
        row = Channel.objects.get(pk=held.channel_id)
        planner = planner_for(row)
    escaped = connector.capabilities.escaped
    comparison = Comparison(held.client_id, held.channel_id, report.pk, planner, escaped)
    with lanes.kept(held):
        for page in _pages(channel.shelf()):
            dying.step("worker-shelf-read")
            with lanes.writing(held):
                DriftItem.objects.bulk_create(comparison.page(page))
        _find_missing(held, channel, comparison)
        report.listed, report.linked = comparison.listed, comparison.linked
        report.counts = dict(comparison.counts)
        repair(held, row, channel, report)
    dying.step("worker-drift-repaired")
    with lanes.writing(held):
        _end(report, DriftState.DONE)
        _prune(held.channel_id)
    log.info("Reconciled", channel=held.channel_id, listed=report.listed, **report.counts)


def _pages(listed: Iterable[ports.Shelved]) -> Iterator[list[ports.Shelved]]:
    rest = iter(listed)
    while page := list(islice(rest, PAGE)):
        yield page


def _find_missing(held: lanes.Claim, channel: ports.Channel, comparison: Comparison) -> None:
    steps = comparison.not_listed(LOOK_UP)
    while True:
        with lanes.writing(held):
            gone = next(steps, None)
        if gone is None:
            return
        if gone:
            found = channel.look_up([one.sku for one in gone])
            with lanes.writing(held):
                DriftItem.objects.bulk_create(comparison.missing(gone, found))


def _fail(held: lanes.Claim, report: DriftReport, error: StockwireError) -> None:
    log.warning("The channel could not be reconciled", channel=held.channel_id, why=error.message)
    with lanes.writing(held):
        _forget_items([report.pk])
        _end(report, DriftState.FAILED, message=error.message, hint=error.hint)
        _prune(held.channel_id)


def _end(report: DriftReport, state: DriftState, *, message: str = "", hint: str = "") -> None:
    report.state, report.finished_at = state, timezone.now()
    report.message, report.hint = message, hint
    report.save()


def _prune(channel_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(OLD, [channel_id, KEPT])
        old = [row[0] for row in cursor.fetchall()]
        if old:
            _forget_items(old)
            cursor.execute("delete from drift_reports where id = any(%s)", [old])


def _forget_items(report_ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from drift_items where report_id = any(%s)", [report_ids])
