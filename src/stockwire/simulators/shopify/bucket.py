"""The rate limit of the Admin API: one leaky bucket of points per app and shop.

A call is admitted when the bucket holds what it may cost at most; what it cost less is given back. The bucket
never waits and never sleeps: whoever finds too little is told THROTTLED.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

RESTORE_PER_S = {"standard": 100, "advanced": 200, "plus": 1000, "enterprise": 2000}
"""Points restored each second, by plan."""

SECONDS_HELD = 20
"""A full bucket holds so many seconds of restoring (recorded: 2,000 points at 100 a second)."""

SINGLE_QUERY_LIMIT = 1000
"""No single call may cost more, whatever the bucket holds."""


@dataclass
class Bucket:
    """Points at a moment. `others_per_s` is what somebody else's calls take out all the time."""

    plan: str
    others_per_s: float = 0.0
    held: float = -1.0
    at: datetime | None = None
    throttled: int = 0
    spent: float = 0.0
    lowest: float = -1.0

    def __post_init__(self) -> None:
        if self.plan not in RESTORE_PER_S:
            raise ValueError(f"There is no plan {self.plan!r}. Plans: {', '.join(RESTORE_PER_S)}.")
        if self.held < 0:
            self.held = self.maximum
        if self.lowest < 0:
            self.lowest = self.held

    @property
    def restore_rate(self) -> int:
        return RESTORE_PER_S[self.plan]

    @property
    def maximum(self) -> float:
        return float(self.restore_rate * SECONDS_HELD)

    def take(self, points: float, now: datetime) -> bool:
        """Take the points a call may cost; False, and nothing taken, when there are too few."""
        self._restore(now)
        # A hair's breadth for the arithmetic of floats, as waiting exactly long enough must do.
        if points > self.held + 1e-6:
            self.throttled += 1
            return False
        self.held -= points
        self.spent += points
        self.lowest = min(self.lowest, self.held)
        return True

    def give_back(self, points: float) -> None:
        """What a call cost less than was taken for it."""
        self.held = min(self.maximum, self.held + points)
        self.spent -= points

    def drain(self, points: float, now: datetime) -> None:
        """Somebody else used points."""
        self._restore(now)
        self.held = max(0.0, self.held - points)

    def status(self, now: datetime) -> dict[str, float | int]:
        """`throttleStatus` as answers carry it, in whole points."""
        self._restore(now)
        return {
            "maximumAvailable": self.maximum,
            "currentlyAvailable": int(self.held + 1e-6),
            "restoreRate": float(self.restore_rate),
        }

    def _restore(self, now: datetime) -> None:
        if self.at is not None:
            gained = (now - self.at).total_seconds() * (self.restore_rate - self.others_per_s)
            self.held = max(0.0, min(self.maximum, self.held + gained))
        self.at = now
