"""Ask the channel which orders changed, and keep its webhooks alive. Only marks are written here.

Webhooks are late, come in any order and get lost; the poll is what makes sure. The cursor never passes an
order that was not marked.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

import structlog
from django.conf import settings as django_settings
from django.utils import timezone

from stockwire import dying, ports
from stockwire.errors import NotSetUp, Refused, TryLater
from stockwire.hub import models
from stockwire.hub.sync import lanes
from stockwire.hub.sync.order_marks import first_time, look_again, mark_orders, prune_receipts, receipt_key

log = structlog.get_logger("stockwire.worker")
CHUNK = 100
REPAIR_EVERY = timedelta(minutes=10)
SHORTEST_POLL_S = 2.0
ONE_STAMP = timedelta(seconds=1)
# When this process last polled each channel (by its webhook key, which is never given twice). A wake-up
# by webhook need not poll as well; that several workers each poll now and then does no harm.
_polled: dict[str, float] = {}


def poll_is_due(row: models.Channel) -> bool:
    """At most every half interval, so that a busy webhook does not become a busy poll."""
    last = _polled.get(row.webhook_key)
    wait_s = max(django_settings.CONFIG.poll_orders_s / 2, SHORTEST_POLL_S)
    return last is None or time.monotonic() - last >= wait_s


def forget_polls() -> None:
    """Poll every channel at its next turn, however recently this process did."""
    _polled.clear()


def poll(held: lanes.Claim, row: models.Channel, channel: ports.Channel) -> None:
    """Mark every order changed since the cursor, then move the cursor to the last of them.

    Raises TryLater or NotSetUp as the channel does; marks written until then stay and do no harm.
    """
    since = row.orders_seen_until
    until = since
    started = time.monotonic()
    hints = iter(channel.orders(since))
    while chunk := list(islice(hints, CHUNK)):
        with lanes.writing(held):
            _mark(held, chunk, since)
        dying.step("worker-orders-polled")
        until = max((hint.modified_at for hint in chunk if hint.modified_at), default=until)
    with lanes.writing(held):
        if until is not None and (since is None or until > since):
            models.Channel.objects.filter(pk=row.pk).update(orders_seen_until=until)
            row.orders_seen_until = until
    _polled[row.webhook_key] = started


def repair_is_due(row: models.Channel, capabilities: ports.Capabilities) -> bool:
    checked = row.webhooks_checked_at
    return capabilities.webhooks and (checked is None or timezone.now() - checked >= REPAIR_EVERY)


def repair_webhooks(held: lanes.Claim, row: models.Channel, channel: ports.Channel) -> bool:
    """True when a webhook had to be revived: then what it missed must be polled for.

    A shop that does not let us do this still gets its orders polled, so nothing is raised but LostLease.
    """
    revived = False
    if address := webhook_address(row):
        try:
            health = channel.repair_webhooks(address)
        except (TryLater, Refused, NotSetUp) as error:
            note = f"{error.message} {error.hint}".strip()
        else:
            revived = any(found.state != "healthy" for found in health)
            note = " ".join(f"{found.topic}: {found.state}. {found.note}".strip() for found in health)
    else:
        note = (
            "Orders arrive by polling only: the hub has no address the shop could call."
            " Set public_url (STOCKWIRE_PUBLIC_URL) to the hub's address."
        )
    if revived:
        log.warning("Webhooks had to be put right", channel=row.pk, note=note)
    with lanes.writing(held):
        models.Channel.objects.filter(pk=row.pk).update(
            webhooks_checked_at=timezone.now(), webhooks_note=note
        )
        prune_receipts(row.pk)
    return revived


def webhook_address(row: models.Channel) -> str:
    """Where the shop delivers, or "" when the hub does not know its own address."""
    public_url = django_settings.CONFIG.public_url.rstrip("/")
    return f"{public_url}/hooks/{row.webhook_key}" if public_url else ""


def _mark(held: lanes.Claim, hints: Sequence[ports.OrderHint], since: datetime | None) -> None:
    """News is marked. What lies at or before the cursor comes again with every poll, because stamps are
    whole seconds: it is looked at once more, and then left alone until its stamp moves."""
    repeated = {
        _again(hint, hint.modified_at): hint.channel_order_code
        for hint in hints
        if hint.modified_at is not None and not _is_news(hint, since)
    }
    once_more = first_time(held.client_id, held.channel_id, repeated)
    # The shop's clock has left the second of these behind: the look that news brings anyway is the last one.
    first_time(held.client_id, held.channel_id, _settled_news(hints, since))
    news = {hint.channel_order_code for hint in hints if _is_news(hint, since)}
    mark_orders(held.client_id, held.channel_id, news)
    look_again(held.client_id, held.channel_id, {repeated[key] for key in once_more} - news)


def _settled_news(hints: Sequence[ports.OrderHint], since: datetime | None) -> list[str]:
    """Receipt keys of news that can no longer change without its stamp moving."""
    newest = max((hint.modified_at for hint in hints if hint.modified_at is not None), default=None)
    return [
        _again(hint, hint.modified_at)
        for hint in hints
        if hint.modified_at is not None
        and newest is not None
        and newest - hint.modified_at > ONE_STAMP
        and _is_news(hint, since)
    ]


def _again(hint: ports.OrderHint, modified_at: datetime) -> str:
    return receipt_key("again", f"{hint.channel_order_code}:{modified_at.isoformat()}")


def _is_news(hint: ports.OrderHint, since: datetime | None) -> bool:
    return hint.modified_at is None or since is None or hint.modified_at > since
