"""What the agent's log says of its readings: enough to follow a day, and not a line for every poll.

A first reading, one of all rows by watermark, removals and unusable rows are told at once; ordinary changes
once a minute, added up.
"""

from __future__ import annotations

import structlog

from stockwire.agent import clock
from stockwire.agent.comparing import Reading

EVERY_S = 60.0
ALL_ROWS = "(all rows)"


class ReadingLog:
    """Used by the reading thread."""

    def __init__(self) -> None:
        self._log = structlog.get_logger("stockwire.agent")
        self._mode = self._error = ""
        self._told_at = -EVERY_S
        self._sums = {"readings": 0, "sent": 0, "removed": 0, "problems": 0}

    def tell(self, reading: Reading, server: str) -> None:
        """A reading has ended."""
        self._tell_mode(reading, server)
        if reading.error != self._error:
            self._error = reading.error
            if reading.error:
                self._log.error(reading.error, hint=reading.hint)
            else:
                self._log.info("readings go through again")
        if not reading.changed_something and not self._sums["readings"]:
            return
        for name in ("sent", "removed", "problems"):
            self._sums[name] += getattr(reading, "rows_sent" if name == "sent" else name)
        self._sums["readings"] += reading.changed_something
        urgent = reading.mode.endswith(ALL_ROWS) or reading.removed or reading.problems
        if urgent or clock.ticks() - self._told_at >= EVERY_S:
            self._told_at = clock.ticks()
            self._log.info("read", seen=reading.rows_seen, **self._sums, seconds=round(reading.seconds, 2))
            self._sums = dict.fromkeys(self._sums, 0)

    def _tell_mode(self, reading: Reading, server: str) -> None:
        """Every reading of all rows with its reason, and the ordinary way when it is another than before."""
        if not reading.mode.endswith(ALL_ROWS):
            if reading.mode == self._mode:
                return
            self._mode = reading.mode
        why = reading.why_full or "the query has a CHANGEMARK"
        self._log.info(f"reading by {reading.mode}", why=why, database=server)
