"""Wakes agents that wait for work the moment an order is ready: one listening connection per web process.

A bell may be missed (a lost connection, a restart): whoever waits looks for itself every two seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

import psycopg
import structlog
from django.conf import settings as django_settings

from stockwire.hub.sync.store_order import BELL

log = structlog.get_logger("stockwire.web")
LOOK_AGAIN_S = 2.0
RECONNECT_S = 1.0
LINGER_S = 60.0

_bells: WeakKeyDictionary[asyncio.AbstractEventLoop, Bell] = WeakKeyDictionary()


def bell() -> Bell:
    """The bell of this event loop, that is of this web process."""
    loop = asyncio.get_running_loop()
    if loop not in _bells:
        _bells[loop] = Bell()
    return _bells[loop]


class Bell:
    """Listens while somebody waits, and a minute longer. One per event loop; used from that loop only."""

    def __init__(self) -> None:
        self._waiting: dict[int, set[asyncio.Event]] = {}
        self._listener: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def waiting(self, source_id: int) -> AsyncIterator[asyncio.Event]:
        """An event that is set whenever work of this source was announced. Clear it before looking."""
        rung = asyncio.Event()
        self._waiting.setdefault(source_id, set()).add(rung)
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen(), name="bell")
        try:
            yield rung
        finally:
            events = self._waiting[source_id]
            events.discard(rung)
            if not events:
                del self._waiting[source_id]

    async def _listen(self) -> None:
        while self._waiting:
            try:
                await self._listen_once()
            except psycopg.Error as error:
                log.warning("The bell for waiting agents lost its connection", why=str(error).strip())
                await asyncio.sleep(RECONNECT_S)

    async def _listen_once(self) -> None:
        """Until nobody has waited for LINGER_S."""
        async with await psycopg.AsyncConnection.connect(
            django_settings.CONFIG.database_url, autocommit=True, application_name="stockwire bell"
        ) as connection:
            await connection.execute(f"listen {BELL}")
            # Work that was announced before we listened.
            self._ring_everywhere()
            while True:
                async for heard in connection.notifies(timeout=LINGER_S):
                    self._ring(heard.payload)
                if not self._waiting:
                    return

    def _ring(self, payload: str) -> None:
        if payload.isdecimal():
            for rung in self._waiting.get(int(payload), ()):
                rung.set()

    def _ring_everywhere(self) -> None:
        for events in self._waiting.values():
            for rung in events:
                rung.set()
