"""The answer of `stockwire why` laid out for one screen: what does not fit is cut, what to do never is first.

Plain lines of text, so that it reads the same in a pipe. `--json` has all of it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import datetime
from typing import Any

LABEL = 12
# The most lines of each row, and which rows give way first when the screen is full.
MOST = {
    "Offered": 2,
    "Rule": 2,
    "Link": 2,
    "Field map": 1,
    "Held back": 3,
    "First seen": 1,
    "Stock": 2,
    "Last sent": 5,
    "Note": 2,
    "Last error": 3,
    "Fix": 3,
    "Next": 4,
}
GIVES_WAY = (
    *("Last sent", "Stock", "Note", "Held back", "Link", "Rule"),
    *("Last error", "Offered", "Fix", "Next"),
)
# Left out where two answers must share the screen.
SPARED = ("Field map", "Stock", "First seen")
GROUPS = ("content", "price", "stock", "images")


def screen(one: Any, width: int = 80, height: int = 24) -> list[str]:
    """The lines of one answer (hub/sync/why.Why): at most `height`, none longer than `width`."""
    room = height - 2  # the heading, and the line in which the shell asks on
    rows = {name: _lines(name, text, width) for name, text in _rows(one, width)}
    mine = [field for field in one.pending if not one.asked or field.sku in ("", one.asked)]
    pending = [_cut(_would(field), width - LABEL) for field in mine]
    while _count(rows) + min(len(pending), 2) > room:
        name = next((name for name in GIVES_WAY if len(rows.get(name, ())) > 1), "")
        if not name:
            spare = next((name for name in SPARED if name in rows), "")
            if not spare:
                break
            del rows[spare]
            continue
        rows[name] = [*rows[name][:-2], _cut(f"{rows[name][-2]} ...", width - LABEL)]
    left = max(1, room - _count(rows))
    if len(pending) > left:
        pending = [*pending[: left - 1], f"and {len(pending) - left + 1} more: `stockwire plan` shows them"]
    if pending:
        rows["Would send"] = pending
    heading = _cut(f"{one.code}  {one.title}", width - len(one.channel) - 6) + f"  on  {one.channel}"
    made = [_cut(heading, width)]
    for name, lines in rows.items():
        made += [f"{name if at == 0 else '':<{LABEL}}{line}" for at, line in enumerate(lines)]
    return made


def _rows(one: Any, width: int) -> list[tuple[str, str | list[str]]]:
    rows: list[tuple[str, str | list[str]]] = [
        ("Offered", one.offered),
        ("Rule", one.rule),
        ("Link", one.link),
        ("Field map", one.field_map or "none: every field goes by its flag"),
        ("Held back", _withheld(one.withheld) or "nothing"),
        ("First seen", one.first_seen),
        ("Stock", _stock(one)),
        ("Last sent", _sent(one, width) or "nothing was ever confirmed"),
        *([("Note", " ".join(one.notes))] if one.notes else []),
        ("Last error", one.last_error or "none"),
    ]
    return [*rows, *([("Fix", one.last_hint)] if one.last_hint else []), ("Next", one.next_action)]


def _withheld(withheld: Sequence[tuple[str, str]]) -> str:
    """What people set before what follows from the channel's settings; fields with one reason together."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in sorted(withheld, key=lambda one: not one[1].startswith("flag ")):
        by_reason.setdefault(reason.rstrip("."), []).append(name)
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in by_reason.items())


def _stock(one: Any) -> str:
    """In the order of what changed last; of a product with variants, of the SKU that was asked for."""
    held = [row for row in one.stock if not one.asked or row.sku == one.asked]
    held.sort(key=lambda row: row.since.timestamp() if row.since else 0, reverse=True)
    said = []
    for row in held:
        where = " ".join(part for part in (row.sku if not one.asked else "", row.warehouse) if part)
        text = f"{where} {row.quantity.normalize():f}".strip()
        if row.since:
            text += f" since {_moment(row.since)}"
        said.append(text + (f" (was {row.before.normalize():f})" if row.before is not None else ""))
    return "; ".join(said) or "the source has sent no quantity"


def _sent(one: Any, width: int) -> list[str]:
    """A line for each group of fields, with when it was confirmed."""
    mine = [held for held in one.last_sent if held.sku in ("", one.asked)]
    lines = []
    for sku in dict.fromkeys(held.sku for held in mine):
        for group in GROUPS:
            fields = [held for held in mine if held.group == group and held.sku == sku]
            if fields:
                values = ", ".join(f"{held.name} {_value(held.value, 30)}" for held in fields)
                lines.append(_cut(f"{_moment(fields[0].confirmed_at)} {values}", width - LABEL))
    if one.variants > 1 and not one.asked and one.last_sent:
        lines.append(f"and each of its {one.variants} variants by itself: ask for one of their SKUs")
    return lines


def _would(field: Any) -> str:
    change = f"{_value(field.before, 24)} -> {_value(field.after, 24)}"
    return f"{field.sku} {field.name}: {change} ({field.reason})".strip()


def _value(value: Any, most: int) -> str:
    if value is None:
        return "-"
    text = ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
    return _cut(text, most)


def _lines(name: str, text: str | list[str], width: int) -> list[str]:
    wrapped = text if isinstance(text, list) else textwrap.wrap(" ".join(text.split()), width - LABEL)
    if len(wrapped) > (most := MOST[name]):
        wrapped = [*wrapped[: most - 1], _cut(f"{wrapped[most - 1]} ...", width - LABEL)]
    return wrapped or [""]


def _count(rows: dict[str, list[str]]) -> int:
    return sum(map(len, rows.values()))


def _cut(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: max(0, most - 3)].rstrip() + "..."


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def screens(found: Sequence[Any], width: int, height: int) -> list[list[str]]:
    """One part of the screen for each answer: an SKU may stand at several products."""
    return [screen(one, width, max(12, (height - 1) // len(found) + 1)) for one in found]
