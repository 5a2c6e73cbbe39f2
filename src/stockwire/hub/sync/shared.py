"""The API budget and the renewing secrets of a shop, shared by all workers through PostgreSQL.

They stand with the channel, or with the oldest one where several channels of a client use the same shop. Rows
are locked for a moment only: who renews a secret holds a lease in its row while the other side is called, and
everybody else waits for what comes of it. Secrets are sealed before they reach a table.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from django.db import connection

from stockwire.errors import NotSetUp, TryLater
from stockwire.hub import tenancy, vault
from stockwire.hub.models import Channel
from stockwire.ports import ChannelConnector

LEASE_S = 60.0
LOOK_AGAIN_S = 0.2

SPEND = """
    insert into channel_budgets as b (channel_id, client_id, level, capacity, refill_per_s, at)
    values (%(channel)s, %(client)s, least(%(capacity)s::float, %(capacity)s::float - %(cost)s::float),
        %(capacity)s, %(refill)s, clock_timestamp())
    on conflict (channel_id) do update set
        level = least(%(capacity)s, least(%(capacity)s, b.level
            + greatest(0, extract(epoch from clock_timestamp() - b.at)) * %(refill)s) - %(cost)s),
        capacity = %(capacity)s, refill_per_s = %(refill)s, at = clock_timestamp()
    returning level
"""
OBSERVE = """
    update channel_budgets set
        level = least(%(available)s, least(capacity,
            level + greatest(0, extract(epoch from clock_timestamp() - at)) * refill_per_s)),
        at = clock_timestamp()
    where channel_id = %(channel)s
"""
READ = "select sealed from channel_secrets where channel_id = %s and name = %s"
PUT_ROW = """
    insert into channel_secrets (channel_id, client_id, name) values (%s, %s, %s)
    on conflict (channel_id, name) do nothing
"""
LOCK = """
    select sealed, renewing_until is not null and renewing_until > clock_timestamp()
    from channel_secrets where channel_id = %s and name = %s for update
"""
LEASE = """
    update channel_secrets set renewing_until = clock_timestamp() + %s * interval '1 second'
    where channel_id = %s and name = %s returning renewing_until
"""
WRITE = """
    update channel_secrets set sealed = %s, renewing_until = null
    where channel_id = %s and name = %s and renewing_until = %s
"""
GIVE_UP = """
    update channel_secrets set renewing_until = null
    where channel_id = %s and name = %s and renewing_until = %s
"""


def shared_of(row: Channel, connector: ChannelConnector) -> HubShared:
    """What this channel shares with whoever works on it, and with other channels on the same shop."""
    shop = connector.shop_of(row.read_settings(connector.settings))
    owner = row.pk
    if shop:
        with tenancy.scope(row.client_id):
            older = list(Channel.objects.filter(type=row.type, pk__lt=row.pk).order_by("pk"))
        owner = next((one.pk for one in older if _shop_of(one, connector) == shop), owner)
    return HubShared(row.client_id, owner)


def _shop_of(row: Channel, connector: ChannelConnector) -> str:
    try:
        return connector.shop_of(row.read_settings(connector.settings))
    except NotSetUp:
        return ""


class HubShared:
    """Implements ports.Shared for one channel. Never used inside an open transaction."""

    def __init__(self, client_id: int, channel_id: int) -> None:
        self._client_id = client_id
        self._channel_id = channel_id

    def spend(self, cost: float, capacity: float, refill_per_s: float) -> float:
        given = {
            "channel": self._channel_id,
            "client": self._client_id,
            "cost": cost,
            "capacity": capacity,
            "refill": refill_per_s,
        }
        with tenancy.scope(self._client_id), connection.cursor() as cursor:
            cursor.execute(SPEND, given)
            level = float(cursor.fetchone()[0])
        return 0.0 if level >= 0 else -level / refill_per_s

    def observe(self, available: float) -> None:
        with tenancy.scope(self._client_id), connection.cursor() as cursor:
            cursor.execute(OBSERVE, {"available": available, "channel": self._channel_id})

    def secret(self, name: str) -> str:
        with tenancy.scope(self._client_id), connection.cursor() as cursor:
            cursor.execute(READ, [self._channel_id, name])
            row = cursor.fetchone()
        return vault.open_sealed(row[0]) if row and row[0] else ""

    def renew(self, name: str, current: str, make: Callable[[str], str]) -> str:
        """Raises TryLater when another worker takes too long over it, and whatever `make` raises."""
        until = time.monotonic() + LEASE_S
        while True:
            kept, lease = self._take(name, current)
            if kept != current:
                return kept
            if lease is not None:
                return self._make(name, kept, lease, make)
            if time.monotonic() > until:
                raise TryLater(
                    "Another worker is getting a new access token and takes long over it.",
                    hint="It is tried again by itself.",
                )
            time.sleep(LOOK_AGAIN_S)

    def _take(self, name: str, current: str) -> tuple[str, datetime | None]:
        """What is kept now, and the lease when it is ours to replace."""
        with tenancy.scope(self._client_id), connection.cursor() as cursor:
            cursor.execute(PUT_ROW, [self._channel_id, self._client_id, name])
            cursor.execute(LOCK, [self._channel_id, name])
            sealed, busy = cursor.fetchone()
            kept = vault.open_sealed(sealed) if sealed else ""
            if kept != current or busy:
                return kept, None
            cursor.execute(LEASE, [LEASE_S, self._channel_id, name])
            return kept, cursor.fetchone()[0]

    def _make(self, name: str, kept: str, lease: datetime, make: Callable[[str], str]) -> str:
        try:
            made = make(kept)
        except BaseException:
            self._write(GIVE_UP, [self._channel_id, name, lease])
            raise
        self._write(WRITE, [vault.seal(made), self._channel_id, name, lease])
        return made

    def _write(self, sql: str, values: list[object]) -> None:
        with tenancy.scope(self._client_id), connection.cursor() as cursor:
            cursor.execute(sql, values)
