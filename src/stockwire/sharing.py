"""What all who work on one channel share: the budget of its API, and secrets that renew.

`LocalShared` keeps both in memory, for a process that is alone with the channel: another one would know of
nothing. The hub has its own (hub/sync/shared.py).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol


class Shared(Protocol):
    """What all who work on one channel share through the hub: its API budget, and secrets that renew.

    A connector that is opened without one keeps both to itself; that is right for a single process only.
    """

    def spend(self, cost: float, capacity: float, refill_per_s: float) -> float:
        """Take `cost` out of the channel's bucket; seconds to wait before using it (0.0: none).
        The bucket never promises more than `capacity` refilled at `refill_per_s`; a negative cost gives back
        what was taken and not used."""
        ...

    def observe(self, available: float) -> None:
        """What the channel itself said is left of its budget: others may use it as well."""
        ...

    def secret(self, name: str) -> str:
        """A secret kept by `renew`, or "" when there is none yet."""
        ...

    def renew(self, name: str, current: str, make: Callable[[str], str]) -> str:
        """Replace a secret once, however many ask at the same time. `make` is given what is kept now and
        returns the new one; it is not called when somebody else has replaced `current` meanwhile."""
        ...


class LocalShared:
    """Implements Shared. `clock` counts seconds from any moment; threads may share one of these."""

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
