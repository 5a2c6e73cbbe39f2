"""What does not change from push to push, remembered per shop for the life of the process.

Limits of the plan, the location of the one quantity, the publications. Nothing rests on it: what is
forgotten is asked again, and locations and publications are asked again after ten minutes anyway.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

FRESH_S = 600.0
_known: dict[str, Facts] = {}
_known_lock = threading.Lock()


@dataclass(slots=True)
class Facts:
    """`capacity` and `restore_per_s` are the plan's bucket as answers state it (at first: the smallest)."""

    capacity: float = 2000.0
    restore_per_s: float = 100.0
    bulk_lines_per_s: float = 50.0
    location: str = ""
    publications: dict[str, str] = field(default_factory=dict)
    definition: bool = False
    collections: dict[str, str] = field(default_factory=dict)
    asked_at: dict[str, float] = field(default_factory=dict)

    def is_fresh(self, name: str, now_s: float) -> bool:
        at = self.asked_at.get(name)
        return at is not None and 0 <= now_s - at < FRESH_S


def facts_of(shop: str) -> Facts:
    """The facts of the shop with this address."""
    with _known_lock:
        return _known.setdefault(shop, Facts())


def forget(shop: str) -> None:
    """Start afresh with this shop."""
    with _known_lock:
        _known.pop(shop, None)
