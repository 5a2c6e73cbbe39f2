"""The shop's clock: real, or standing still until it is moved, so that days pass in a test at no cost.

It never waits. What is to happen later is put on the agenda, which `Shop.catch_up` works off.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """`now()` is aware UTC. With `stands_at` time moves only by `advance`; without, it runs and may jump."""

    def __init__(self, stands_at: datetime | None = None) -> None:
        self.stands = stands_at is not None
        self._base = stands_at
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        base = self._base if self._base is not None else datetime.now(UTC)
        return (base + self._ahead).astimezone(UTC)

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        if seconds < 0:
            raise ValueError("The clock of the shop goes forward only.")
        self._ahead += timedelta(seconds=seconds)


class Agenda:
    """What is due when. Thread-safe; the acts themselves run under whatever lock their runner holds."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self._changed = changed
        self._items: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()

    def at(self, due: datetime, act: Callable[[], None]) -> None:
        """Put something on the agenda. Equal times run in the order they were put there."""
        with self._lock:
            heapq.heappush(self._items, (due, next(self._order), act))
        self._changed()

    def next_due(self) -> datetime | None:
        """When the next thing is due; None when there is nothing."""
        with self._lock:
            return self._items[0][0] if self._items else None

    def take_due(self, now: datetime) -> Callable[[], None] | None:
        """The first thing that is due, taken off; None when nothing is."""
        with self._lock:
            if not self._items or self._items[0][0] > now:
                return None
            return heapq.heappop(self._items)[2]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._items.clear()
