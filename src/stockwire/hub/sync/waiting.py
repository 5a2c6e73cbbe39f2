"""What keeps a channel, or one product of it, from being sent with the next push. Reads only, in a scope."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from stockwire.hub.models import Channel, Lane, LaneKind, StaleState

NOT_WAITING = """
    select product_id, state, next_at, message, hint, skipped_by, skip_reason from stale
    where channel_id = %s and product_id = any(%s::bigint[]) and state <> 'waiting'
"""


class Mark(NamedTuple):
    """A stale product that is not simply waiting for its turn."""

    state: str
    next_at: datetime
    message: str
    hint: str
    skipped_by: str
    skip_reason: str

    @property
    def said(self) -> str:
        """Why it does not go now, for the operator."""
        if self.state == StaleState.SKIPPED:
            return f"skipped by {self.skipped_by}: {self.skip_reason}; its next change offers it again"
        if self.state == StaleState.NEEDS_YOU:
            return "waits for you: do what the fix says, then retry it (a change in Omni retries it too)"
        return f"is tried again by itself at {self.next_at:%Y-%m-%d %H:%M} UTC"


def not_waiting(channel_id: int, product_ids: Sequence[int]) -> dict[int, Mark]:
    """By product id, those of these products that stopped, were skipped or are tried again later."""
    with connection.cursor() as cursor:
        cursor.execute(NOT_WAITING, [channel_id, list(product_ids)])
        return {row[0]: Mark(*row[1:]) for row in cursor.fetchall()}


def channel_waits(channel: Channel) -> str:
    """Why nothing at all goes to this channel now, or "" when its products go as they are due."""
    if not channel.active:
        return "the channel is switched off"
    if not channel.live:
        return "the channel is not live yet: look at `stockwire plan`, then `stockwire channel go-live`"
    lane = Lane.objects.filter(channel=channel, kind=LaneKind.PUSH).first()
    if lane is None:
        return ""
    if lane.paused:
        return f"the channel is paused and waits to be resumed: {lane.note or 'no reason was given'}"
    if lane.attempts and lane.next_at is not None and lane.next_at > timezone.now():
        return f"the channel is tried again at {lane.next_at:%Y-%m-%d %H:%M} UTC: {lane.note}"
    return ""
