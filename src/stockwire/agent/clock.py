"""The agent's time: the machine's clock for people, and a time of its own for everything that depends on it.

Machines' clocks are set, forwards and back, by hours. So what came first is told by `ticks` of one run of
the agent, and `now` only says when something was. With STOCKWIRE_CLOCK_OFFSET_FILE naming a file, the
seconds written in it are added to `now`, as if somebody had set the clock (docs/faults.md).
"""

from __future__ import annotations

import os
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

RUN = uuid.uuid4().hex
"""This run of the agent; the next one has another."""

_FILE = os.environ.get("STOCKWIRE_CLOCK_OFFSET_FILE", "")


def now() -> datetime:
    """What the machine's clock says, aware, in UTC."""
    return datetime.now(UTC) + (_offset(Path(_FILE)) if _FILE else timedelta(0))


def ticks() -> float:
    """Seconds that only ever grow within this run, whatever is done to the clock."""
    return time.monotonic()


def _offset(file: Path) -> timedelta:
    try:
        return timedelta(seconds=float(file.read_text(encoding="ascii") or 0))
    except (FileNotFoundError, ValueError):
        return timedelta(0)
