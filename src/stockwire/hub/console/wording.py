"""How moments, counts, money and states read on every screen, so that they read alike.

A state is never a colour alone: it carries a word and an icon. What is not known is a dash, never a nought.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Africa/Johannesburg")
NOT_KNOWN = "–"
_SPACE = "\u00a0"  # keeps "R 1 234.50" on one line
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class State:
    """`tone` is one of: none, wait, run, later, needs, good. `icon` is an id in icons.svg."""

    word: str
    tone: str
    icon: str


NEEDS_YOU = State("Needs you", "needs", "alert")
WAITING = State("Waiting", "wait", "clock")
WORKING = State("Working", "run", "run")
BACKING_OFF = State("Backing off", "later", "later")
PAUSED = State("Paused", "needs", "pause")
SWITCHED_OFF = State("Switched off", "wait", "off")
UP_TO_DATE = State("Up to date", "good", "check")


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as people read it: `text` relative, `clock` short, `exact` with date and zone."""

    text: str
    clock: str
    exact: str
    iso: str


def moment(at: datetime | None, now: datetime) -> Moment | None:
    """None stays None: the screen then says that it is not known."""
    if at is None:
        return None
    local, today = at.astimezone(ZONE), now.astimezone(ZONE).date()
    clock = local.strftime("%H:%M") if local.date() == today else local.strftime("%d %b %H:%M").lstrip("0")
    exact = local.strftime("%A %d %B %Y, %H:%M:%S South African time")
    seconds = (now - at).total_seconds()
    text = f"{_span(seconds)} ago" if seconds >= 0 else f"in {_span(-seconds)}"
    return Moment("just now" if 0 <= seconds < 5 else text, clock, exact, at.isoformat(timespec="seconds"))


def _span(seconds: float) -> str:
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= size * (2 if unit == "days" else 1):
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def count(number: int | None) -> str:
    """12402 as "12 402"."""
    return NOT_KNOWN if number is None else f"{number:,}".replace(",", _SPACE)


def things(number: int, one: str, many: str) -> str:
    """1 product, 2 products."""
    return f"{count(number)} {one if number == 1 else many}"


def money(amount: Decimal, currency: str) -> str:
    """1234.5 ZAR as "R 1 234.50"; other currencies by their code."""
    sign = "R" if currency.upper() in {"ZAR", ""} else currency.upper()
    rounded = amount.quantize(_CENT, rounding=ROUND_HALF_UP)
    return f"{sign}{_SPACE}{rounded:,.2f}".replace(",", _SPACE)
