"""The API budget and renewing secrets of a channel, for a process that is alone with it.

Keeps everything in memory: another process on the same channel would know of nothing. The hub has its own
(hub/sync/shared.py).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class LocalShared:
    """Implements ports.Shared. `clock` counts seconds from any moment; threads may share one of these."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._renewing = threading.Lock()
        self._level: float | None = None
        self._at = 0.0
        self._refill_per_s = 0.0
        self._capacity = 0.0
        self._secrets: dict[str, str] = {}

    def spend(self, cost: float, capacity: float, refill_per_s: float) -> float:
        with self._lock:
            self._fill(capacity, refill_per_s)
            assert self._level is not None
            self._level = min(capacity, self._level - cost)
            return 0.0 if self._level >= 0 else -self._level / refill_per_s

    def observe(self, available: float) -> None:
        with self._lock:
            if self._level is not None:
                self._fill(self._capacity, self._refill_per_s)
                self._level = min(self._level, available)

    def secret(self, name: str) -> str:
        with self._lock:
            return self._secrets.get(name, "")

    def renew(self, name: str, current: str, make: Callable[[str], str]) -> str:
        with self._renewing:
            kept = self.secret(name)
            if kept != current:
                return kept
            made = make(kept)
            with self._lock:
                self._secrets[name] = made
            return made

    def _fill(self, capacity: float, refill_per_s: float) -> None:
        now = self._clock()
        if self._level is None:
            self._level = capacity
        else:
            self._level = min(capacity, self._level + (now - self._at) * refill_per_s)
        self._at, self._capacity, self._refill_per_s = now, capacity, refill_per_s
