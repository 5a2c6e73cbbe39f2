"""Reports about the drift of a channel: asking for one, finding the last, and when the nightly one is due.

Nothing is read from a channel here; sync/reconcile does that when the channel's push lane comes to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.utils import timezone

from stockwire.domain.drift import Kind
from stockwire.errors import Refused, StockwireError
from stockwire.hub import tenancy
from stockwire.hub.models import (
    Audit,
    Channel,
    DriftItem,
    DriftReport,
    DriftState,
    Lane,
    LaneKind,
    ReconcilePolicy,
)
from stockwire.hub.sync.belonging import channel_of
from stockwire.hub.sync.stale import wake_pushes
from stockwire.registry import channel_connector

log = structlog.get_logger("stockwire.worker")
UNFINISHED = (DriftState.REQUESTED, DriftState.READING)
REPAIRABLE = (Kind.DIFFERENT, Kind.MISSING)
KEPT = 14
NIGHTLY = "every night"
TRIES_A_NIGHT = 3
WORST_FIRST = (Kind.DUPLICATE, Kind.MISSING, Kind.HIDDEN, Kind.DIFFERENT, Kind.EXTRA)

WORDS = {
    Kind.DUPLICATE: "SKUs that stand there twice",
    Kind.MISSING: "missing there",
    Kind.HIDDEN: "not shown to buyers there",
    Kind.DIFFERENT: "fields that differ",
    Kind.EXTRA: "there and not linked",
}


def ask(
    channel_id: int, who: str, repairs: Sequence[str] = (), *, bounded: bool = False
) -> tuple[DriftReport, int]:
    """Ask for a report, inside an open scope; the report and the lane that makes it. `bounded`: what is too
    much at once is not repaired. Raises Refused when this channel cannot be reconciled now."""
    channel = channel_of(channel_id)
    connector = channel_connector(channel.type)
    if not connector.capabilities.shelf:
        raise Refused(
            f"{channel.description} cannot be reconciled: Stockwire cannot list what a {connector.title}"
            " channel holds.",
            hint="`stockwire why` says what the channel confirmed last of one SKU.",
        )
    lane = Lane.objects.get(channel=channel, kind=LaneKind.PUSH)
    if not channel.active or lane.paused:
        raise Refused(
            f"{channel.description} is {'paused' if channel.active else 'switched off'}, so nothing is"
            f" compared either. {lane.note}".strip(),
            hint=lane.hint or "Resume the channel first.",
        )
    report = DriftReport.objects.create(
        client_id=channel.client_id,
        channel=channel,
        asked_by=who,
        repairs=[kind for kind in REPAIRABLE if kind in repairs],
        bounded=bounded,
    )
    wake_pushes({channel.pk})
    return report, lane.pk


def newest(channel_id: int, *, finished: bool = False) -> DriftReport | None:
    """The last report of the channel, inside an open scope."""
    reports = DriftReport.objects.filter(channel_id=channel_id)
    if finished:
        reports = reports.exclude(state__in=UNFINISHED)
    return reports.order_by("-pk").first()


def newest_of_all() -> dict[int, DriftReport]:
    """By channel, the last report that is finished, inside an open scope."""
    finished = DriftReport.objects.exclude(state__in=UNFINISHED)
    return {one.channel_id: one for one in finished.order_by("channel_id", "-pk").distinct("channel_id")}


def summary(report: DriftReport) -> str:
    """What a report found, in one line for the operator."""
    if report.state == DriftState.FAILED:
        return f"it could not be made: {report.message}"
    counts = [f"{word}: {report.counts[kind]:,}" for kind, word in WORDS.items() if report.counts.get(kind)]
    return ", ".join(counts) or "no drift: the channel shows what it confirmed"


def not_yet(channel: Channel) -> Refused:
    """What to say of a channel without a report."""
    return Refused(
        f"{channel.description} has not been compared with what is really there yet.",
        hint=f"Run `stockwire channel reconcile --client {channel.client_id} {channel.pk}`.",
    )


def items_of(report: DriftReport, shown: int) -> list[DriftItem]:
    """What a report found, the worst kind first, at most so many; inside an open scope."""
    found: list[DriftItem] = []
    for kind in WORST_FIRST:
        if len(found) < shown:
            of_kind = DriftItem.objects.filter(report=report, kind=kind).order_by("pk")
            found += of_kind[: shown - len(found)]
    return found


def as_json(report: DriftReport, items: Sequence[DriftItem]) -> dict[str, Any]:
    """A report in plain values, for the API and --json; money is text."""
    moments = ("requested_at", "started_at", "finished_at")
    plain = (
        "state",
        "asked_by",
        "repairs",
        "listed",
        "linked",
        "counts",
        "repaired",
        "notes",
        "message",
        "hint",
    )
    return {
        "report": report.pk,
        "channel": report.channel_id,
        **{name: getattr(report, name) for name in plain},
        **{name: at.isoformat() if (at := getattr(report, name)) else None for name in moments},
        "items": [
            {
                "kind": item.kind,
                "sku": item.sku,
                "product_code": item.product_code,
                "variant_code": item.variant_code,
                "field": item.field,
                "confirmed": item.confirmed,
                "shown": item.shown,
                "wanted": item.wanted,
                "said": item.said,
                "repaired": item.repaired,
            }
            for item in items
        ],
    }


def set_nightly(channel_id: int, hour: int | None, policy: str, who: str) -> None:
    """When the channel is compared each night (None: never), and whether what is found is repaired."""
    channel = channel_of(channel_id)
    before = {"reconcile_hour": channel.reconcile_hour, "reconcile_policy": channel.reconcile_policy}
    after = {"reconcile_hour": hour, "reconcile_policy": policy}
    Channel.objects.filter(pk=channel.pk).update(**after)
    Audit.objects.create(
        client_id=channel.client_id,
        who=who,
        action="nightly comparison set",
        subject=channel.description,
        before=before,
        after=after,
    )


def ask_for_due(now: datetime) -> None:
    """Ask for the nightly report of every channel whose hour has come, or went by while the hub was off."""
    for client_id, channel_id in tenancy.nightly_channels():
        try:
            with tenancy.scope(client_id):
                channel = Channel.objects.get(pk=channel_id)
                if _is_due(channel, now):
                    repairs = REPAIRABLE if channel.reconcile_policy == ReconcilePolicy.REPAIR else ()
                    ask(channel_id, NIGHTLY, repairs, bounded=True)
        except StockwireError as error:
            log.warning("No nightly comparison could be asked for", channel=channel_id, why=error.message)


def _is_due(channel: Channel, now: datetime) -> bool:
    if channel.reconcile_hour is None or not channel_connector(channel.type).capabilities.shelf:
        return False
    if Lane.objects.filter(channel=channel, kind=LaneKind.PUSH, paused=True).exists():
        return False
    if DriftReport.objects.filter(channel=channel, state__in=UNFINISHED).exists():
        # Its wake-up may have been lost.
        wake_pushes({channel.pk})
        return False
    hour = last_time(channel.reconcile_hour, now)
    since = DriftReport.objects.filter(channel=channel, asked_by=NIGHTLY, requested_at__gte=hour)
    done = since.filter(state=DriftState.DONE).exists() or since.count() >= TRIES_A_NIGHT
    return channel.created_at < hour and not done


def last_time(hour: int, now: datetime) -> datetime:
    """The last time that it was this hour where the hub is."""
    local = timezone.localtime(now)
    at = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return at if at <= local else at - timedelta(days=1)
