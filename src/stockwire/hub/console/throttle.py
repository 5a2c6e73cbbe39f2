"""Slows down guessing of passwords: a few failed sign-ins per user name and address, then a wait.

Kept in this process and bounded, not in the database: strangers must not be able to make us write rows, and
the tables of the hub all belong to a client, which a stranger has not. Each web process counts for itself
and a restart forgets; the slow password hash is the second brake.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock


class Throttle:
    """`allowed` attempts per key within `within_s` seconds. Remembers `keys` keys, the latest used ones."""

    def __init__(self, allowed: int = 5, within_s: float = 900.0, keys: int = 10_000) -> None:
        self._allowed, self._within_s, self._keys = allowed, within_s, keys
        self._attempts: OrderedDict[tuple[str, str], list[float]] = OrderedDict()
        self._lock = Lock()

    def attempt(self, username: str, address: str, now_s: float) -> float:
        """Count an attempt, before it is made. Gives 0, or the seconds to wait: then it must not be made."""
        key = (username.casefold(), address)
        with self._lock:
            recent = [at for at in self._attempts.pop(key, []) if now_s - at < self._within_s]
            self._attempts[key] = recent
            while len(self._attempts) > self._keys:
                self._attempts.popitem(last=False)
            if len(recent) >= self._allowed:
                return recent[0] + self._within_s - now_s
            recent.append(now_s)
            return 0.0

    def forget(self, username: str, address: str) -> None:
        """The attempt succeeded: start anew."""
        with self._lock:
            self._attempts.pop((username.casefold(), address), None)
