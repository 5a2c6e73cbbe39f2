"""Take orders from a channel: what webhooks announced, then what the poll finds, each stored by itself.

A webhook or a poll only says "look": the order is read from the channel, outside any transaction, and
stored. An order that cannot be taken backs off alone and asks for a person in the end; the rest goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

import structlog
from django.utils import timezone

from stockwire import dying, ports
from stockwire.errors import NotSetUp, Refused, StockwireError, TryLater
from stockwire.hub import models, tenancy
from stockwire.hub.sync import lanes
from stockwire.hub.sync.poll_orders import poll, poll_is_due, repair_is_due, repair_webhooks
from stockwire.hub.sync.store_order import Shop, store_gone, store_order

log = structlog.get_logger("stockwire.worker")
MARKS_AT_ONCE = 20
LONGEST_RUN_S = 60.0
ATTEMPTS = 6
SILENT_CALLS = 2


@dataclass(slots=True)
class _Run:
    """One run over the lane. `answered` becomes True once the channel has answered anything at all."""

    held: lanes.Claim
    channel: ports.Channel
    shop: Shop
    until: float
    answered: bool = False
    tried: set[str] = field(default_factory=set)
    failures: list[tuple[models.OrderMark, StockwireError]] = field(default_factory=list)


def take_orders(held: lanes.Claim, channel: ports.Channel, connector: ports.ChannelConnector) -> None:
    """Work the orders lane of one channel.

    Raises TryLater when the channel is away as a whole, NotSetUp when it must be put right, LostLease.
    Marks that are left (a run ends after a minute) are due at once.
    """
    with tenancy.scope(held.client_id):
        row = models.Channel.objects.select_related("source").get(pk=held.channel_id)
    shop = Shop(row, connector, row.read_settings(connector.settings))
    run = _Run(held, channel, shop, monotonic() + LONGEST_RUN_S)
    _work_off_marks(run)
    revived = repair_is_due(row, connector.capabilities) and repair_webhooks(held, row, channel)
    if revived or poll_is_due(row):
        poll(held, row, channel)
        run.answered = True
        _work_off_marks(run)
    _write_failures(run)


def _work_off_marks(run: _Run) -> None:
    while marks := _due_marks(run):
        for mark in marks:
            if monotonic() >= run.until or _is_silent(run):
                return
            run.tried.add(mark.channel_order_code)
            _take(run, mark)


def _is_silent(run: _Run) -> bool:
    """Nothing was answered at all: more orders would only wait for as many time-outs."""
    return not run.answered and len(run.failures) >= SILENT_CALLS


def _due_marks(run: _Run) -> Sequence[models.OrderMark]:
    with tenancy.scope(run.held.client_id):
        due = models.OrderMark.objects.filter(
            channel_id=run.held.channel_id, needs_you=False, next_at__lte=timezone.now()
        )
        return list(due.exclude(channel_order_code__in=run.tried).order_by("since")[:MARKS_AT_ONCE])


def _take(run: _Run, mark: models.OrderMark) -> None:
    """One order. The mark goes only if nothing was announced since it was read."""
    code = mark.channel_order_code
    dying.step("worker-mark-read")
    try:
        order = run.channel.order(code)
        dying.step("worker-order-fetched")
        run.answered = True
        with lanes.writing(run.held):
            if order is None:
                store_gone(run.shop, code)
            else:
                store_order(run.shop, order)
            models.OrderMark.objects.filter(
                channel_id=mark.channel_id, channel_order_code=code, version=mark.version
            ).delete()
            dying.step("worker-order-stored")
        dying.step("worker-order-committed")
    except (lanes.LostLease, NotSetUp):
        raise
    except StockwireError as error:
        run.answered = run.answered or isinstance(error, Refused)
        _failed(run, mark, error)
    except Exception:
        log.exception("A fault of ours stopped an order", channel=run.held.channel_id, order=code)
        _failed(run, mark, _our_fault(code))


def _failed(run: _Run, mark: models.OrderMark, error: StockwireError) -> None:
    run.failures.append((mark, error))
    with lanes.writing(run.held):
        pass  # A time-out is long: the lease is renewed after each.


def _write_failures(run: _Run) -> None:
    """Each failed order backs off alone. But when nothing at all was answered, it is the channel that is
    away and no order's fault: then the lane backs off and the orders keep their attempts."""
    if not run.failures:
        return
    if not run.answered and isinstance(error := run.failures[-1][1], TryLater):
        raise error
    with lanes.writing(run.held):
        for mark, error in run.failures:
            _back_off(mark, error)


def _back_off(mark: models.OrderMark, error: StockwireError) -> None:
    attempts = mark.attempts + 1
    gives_up = isinstance(error, Refused) or attempts >= ATTEMPTS
    wait_s = lanes.waiting_s(mark.attempts, error.after_s if isinstance(error, TryLater) else None)
    # Not when it was announced again meanwhile: then it is tried at once.
    models.OrderMark.objects.filter(
        channel_id=mark.channel_id, channel_order_code=mark.channel_order_code, version=mark.version
    ).update(
        attempts=attempts,
        next_at=timezone.now() + timedelta(seconds=wait_s),
        needs_you=gives_up,
        message=error.message,
        hint=error.hint,
    )


def _our_fault(code: str) -> TryLater:
    return TryLater(
        f"Order {code} could not be stored because of a fault in Stockwire.",
        hint="It is tried again by itself. If it stays, send us the log of the worker.",
    )
