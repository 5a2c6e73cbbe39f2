"""What a check is: a code, what it is about, and every message it may give, word for word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stockwire.ports import Finding

PASSED, FAILED, WARNING, UNKNOWN = "passed", "failed", "warning", "unknown"
WAITS = "Cannot be known until {title} is right."


@dataclass(frozen=True, slots=True)
class Message:
    """One thing a check may say. `{names}` are filled in when it is said."""

    state: str
    seen: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """`title` is a noun phrase: it also ends the sentence "Cannot be known until ... is right."."""

    code: str
    title: str
    messages: Mapping[str, Message]

    def says(self, name: str, **values: object) -> Finding:
        message = self.messages[name]
        return Finding(self.code, message.state, message.seen.format(**values), message.fix.format(**values))

    def waits_for(self, other: Check) -> Finding:
        """This cannot be known, because the other check has failed."""
        return Finding(self.code, UNKNOWN, WAITS.format(title=other.title))


def passed(seen: str) -> Message:
    return Message(PASSED, seen)


def failed(seen: str, fix: str) -> Message:
    return Message(FAILED, seen, fix)


def warning(seen: str, fix: str) -> Message:
    return Message(WARNING, seen, fix)


def unknown(seen: str, fix: str = "") -> Message:
    return Message(UNKNOWN, seen, fix)


def some(names: list[str], limit: int = 5) -> str:
    """The first few of a list, and how many more there are."""
    more = f" and {len(names) - limit:,} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
