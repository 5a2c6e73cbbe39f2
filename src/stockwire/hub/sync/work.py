"""Working on a lane: claim it, open its channel, do its verb, and say how it ended in plain words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import Min
from django.utils import timezone

from stockwire import dying
from stockwire.errors import NotSetUp, Refused, TryLater
from stockwire.hub import tenancy
from stockwire.hub.models import Channel, DriftReport, LaneKind, OrderMark, Stale, StaleState
from stockwire.hub.sync import lanes, reconcile
from stockwire.hub.sync.drift_reports import UNFINISHED
from stockwire.hub.sync.fulfil import next_shipment_at, tell_shipments
from stockwire.hub.sync.push import push
from stockwire.hub.sync.shared import shared_of
from stockwire.hub.sync.take_orders import take_orders
from stockwire.ports import Channel as Port
from stockwire.ports import ChannelConnector
from stockwire.registry import channel_connector

Verb = Callable[[lanes.Claim, Port, ChannelConnector], None]
log = structlog.get_logger("stockwire.worker")


def lane(client_id: int, lane_id: int, owner: str) -> None:
    """Do what is due on this lane. Returns at once when somebody else has it or it waits for a person."""
    _claimed(client_id, lane_id, owner, _due)


def reconcile_only(client_id: int, lane_id: int, owner: str) -> bool:
    """Make the reports that were asked for on this push lane and send nothing. False when it is not free."""
    return _claimed(client_id, lane_id, owner, reconcile.work_off)


def _claimed(client_id: int, lane_id: int, owner: str, verb: Verb) -> bool:
    held = lanes.claim(client_id, lane_id, owner)
    if held is None:
        return False
    dying.step(f"worker-{held.kind}-claimed")
    try:
        _work(held, verb)
        lanes.release(held, lambda: _next_due(held))
    except lanes.LostLease:
        log.warning("Another worker has taken this lane over; nothing was written", lane=lane_id)
    except NotSetUp as error:
        lanes.pause(held, error)
        log.error("The channel is paused until this is put right", lane=lane_id, why=error.message)
    except (TryLater, Refused) as error:
        later = error if isinstance(error, TryLater) else TryLater(error.message, hint=error.hint)
        next_at = lanes.back_off(held, later)
        log.warning(
            "The channel is tried again later", lane=lane_id, why=error.message, at=next_at.isoformat()
        )
    except Exception:
        log.exception("A fault of ours stopped this lane; it is tried again later", lane=lane_id)
        lanes.back_off(
            held,
            TryLater(
                "Something went wrong inside Stockwire while working on this channel.",
                hint="It is tried again by itself. If it stays, send us the log of the worker.",
            ),
        )
    return True


def _work(held: lanes.Claim, verb: Verb) -> None:
    with tenancy.scope(held.client_id):
        row = Channel.objects.get(pk=held.channel_id)
    if not row.active or not row.live:
        return
    connector = channel_connector(row.type)
    channel = connector.open(row.read_settings(connector.settings), shared_of(row, connector))
    try:
        verb(held, channel, connector)
    finally:
        channel.close()


def _due(held: lanes.Claim, channel: Port, connector: ChannelConnector) -> None:
    if held.kind == LaneKind.PUSH:
        reconcile.work_off(held, channel, connector)
        push(held, channel, connector.capabilities)
    else:
        take_orders(held, channel, connector)
        tell_shipments(held, channel)


def _next_due(held: lanes.Claim) -> datetime | None:
    """When this lane has something to do again, as far as its own marks say."""
    if held.kind == LaneKind.PUSH:
        if DriftReport.objects.filter(channel_id=held.channel_id, state__in=UNFINISHED).exists():
            return timezone.now()
        waiting = Stale.objects.filter(
            channel_id=held.channel_id, state__in=[StaleState.WAITING, StaleState.BACKING_OFF]
        )
        return waiting.aggregate(at=Min("next_at"))["at"]
    marks = OrderMark.objects.filter(channel_id=held.channel_id, needs_you=False)
    earliest = marks.aggregate(at=Min("next_at"))["at"]
    poll = timezone.now() + timedelta(seconds=settings.CONFIG.poll_orders_s)
    return min(found for found in (earliest, next_shipment_at(held.channel_id), poll) if found)
