"""When a file is fetched next: every so often, or at a time of day."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

HOME = ZoneInfo("Africa/Johannesburg")
"""Times of day are South African."""
SHORTEST = timedelta(minutes=5)
_EVERY = re.compile(r"([0-9]{1,4}) ?(m|min|minutes|h|hours)")
_AT = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def check(schedule: str) -> str:
    """The schedule as it is kept. Raises ValueError saying how one is written."""
    text = schedule.strip().lower()
    if _AT.fullmatch(text) or (_every(text) or timedelta(0)) >= SHORTEST:
        return text
    raise ValueError("write 30m or 4h (at least 5 minutes), or a time of day such as 06:30")


def next_run(schedule: str, now: datetime) -> datetime:
    """The first moment after `now` (aware) at which it is due again."""
    every = _every(schedule)
    if every is not None:
        return now + every
    hour, minute = map(int, schedule.split(":"))
    local = now.astimezone(HOME)
    today = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return (today if today > local else today + timedelta(days=1)).astimezone(now.tzinfo)


def _every(text: str) -> timedelta | None:
    found = _EVERY.fullmatch(text)
    if found is None:
        return None
    amount = int(found[1])
    return timedelta(hours=amount) if found[2].startswith("h") else timedelta(minutes=amount)
