"""How many products go into one call: as many as the shop takes in good time.

Remembered per shop for the life of the process, because a new connection must not start again with calls
that time out. Nothing rests on it: a forgotten pace is learned again.
"""

from __future__ import annotations

import threading

_GROWTH = 1.5
_known: dict[str, Pace] = {}
_known_lock = threading.Lock()


class Pace:
    """Thread-safe. Starts at the largest size and halves for every call that was slow or went wrong."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._size: float | None = None
        self._limit: int | None = None

    def size(self, largest: int) -> int:
        with self._lock:
            ceiling = min(largest, self._limit or largest)
            return max(1, int(min(ceiling, self._size or ceiling)))

    def took(self, items: int, seconds: float, target_s: float, largest: int) -> None:
        """A call of `items` went well in `seconds`: shrink when too slow, grow again with room to spare."""
        with self._lock:
            current = self._size if self._size is not None else float(largest)
            if seconds > target_s:
                self._size = max(1.0, min(current, items * target_s / seconds))
            elif items >= int(current) and seconds < target_s / 2:
                self._size = min(float(largest), current * _GROWTH)

    def went_wrong(self, items: int) -> None:
        self._lower(max(1, items // 2))

    def too_big(self, items: int, stated_limit: int = 0) -> None:
        """The shop refused the call for its size (HTTP 413): never send as many again.

        `stated_limit` is the number of items the shop says it accepts, 0 when it says none.
        """
        with self._lock:
            limit = stated_limit if 0 < stated_limit < items else items // 2
            self._limit = max(1, min(self._limit or items, limit))

    def _lower(self, size: int) -> None:
        with self._lock:
            self._size = float(min(size, self._size or size))


def pace_of(shop: str) -> Pace:
    """The pace of the shop with this address."""
    with _known_lock:
        return _known.setdefault(shop, Pace())


def forget(shop: str) -> None:
    """Start afresh with this shop, after its host was changed for example."""
    with _known_lock:
        _known.pop(shop, None)
