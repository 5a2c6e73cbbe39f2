"""Options of ours as attributes of a variable product of theirs. Pure.

The shop replaces whole lists: the attributes of a product, and the chosen values of a variation. So every
list made here carries what people added by hand.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

from stockwire.errors import Refused

Attribute = dict[str, Any]
_SEPARATOR = "|"


def arranged(
    held: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    wanted: Sequence[Sequence[str]],
    former: Sequence[str] = (),
) -> list[Attribute]:
    """The whole attribute list of a product: what it has, with our options and their `wanted` values added.

    `former` are the option names we sent last. One that was renamed takes its values along; one that is no
    option any more stays as a plain attribute. Values are only added: one that no variation has is not shown
    by the shop.
    """
    rows = [kept(row) for row in held]
    by_name: dict[str, Attribute] = {same(row_name(row)): row for row in rows}
    renames = renamed(former, names)
    for old, new in renames.items():
        if old in by_name and same(new) not in by_name:
            row = by_name.pop(old)
            row.pop("id", None)
            row["name"] = new
            by_name[same(new)] = row
    ours = {same(name) for name in names}
    for old in former:
        if same(old) in by_name and same(old) not in ours:
            by_name[same(old)]["variation"] = False
    for name, values in zip(names, wanted, strict=True):
        if same(name) not in by_name:
            rows.append({"name": name, "position": len(rows), "visible": True, "options": []})
            by_name[same(name)] = rows[-1]
        row = by_name[same(name)]
        row["variation"] = True
        for value in values:
            if spelled(row, value) is None:
                row["options"].append(value.strip())
    return rows


def chosen(
    attributes: Sequence[Attribute],
    names: Sequence[str],
    values: Sequence[str],
    present: Sequence[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    """The chosen values of one variation, spelled as its product spells them. What it has chosen of other
    attributes (`present`) is kept."""
    ours = {same(name) for name in names}
    found = [_choice(row, str(row.get("option") or "")) for row in present if same(row["name"]) not in ours]
    by_name = {same(row_name(row)): row for row in attributes}
    for name, value in zip(names, values, strict=True):
        row = by_name.get(same(name), {"name": name, "options": []})
        found.append(_choice(row, spelled(row, value) or value.strip()))
    return found


def carried(
    present: Sequence[Mapping[str, Any]], former: Sequence[str], names: Sequence[str]
) -> list[dict[str, Any]]:
    """The chosen values of a variation after options were renamed."""
    renames = renamed(former, names)
    found = []
    for row in present:
        new = renames.get(same(row["name"]))
        option = str(row.get("option") or "")
        found.append({"name": new, "option": option} if new else _choice(row, option))
    return found


def has_chosen(present: Sequence[Mapping[str, Any]], names: Sequence[str], values: Sequence[str]) -> bool:
    """Whether a variation of the shop already has these values."""
    held = {same(row["name"]): same(str(row.get("option") or "")) for row in present}
    return all(held.get(same(name)) == same(value) for name, value in zip(names, values, strict=True))


def lacking(held: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    """What a product of the shop lets its buyers choose, where one of our options is not among it.

    Empty when it fits, or when it offers no choice yet.
    """
    offered = [row_name(row) for row in held if row.get("variation")]
    known = {same(name) for name in offered}
    return offered if any(same(name) not in known for name in names) else []


def check_values(sku: str, names: Sequence[str], values: Sequence[str]) -> None:
    """Raises Refused for values that the shop would take for something else."""
    if len(values) != len(names):
        raise Refused(
            f"{sku}: it has {len(values)} option values, and its product has {len(names)} options.",
            hint="Give every variant of the product a value for each option.",
        )
    for name, value in zip(names, values, strict=True):
        if not value.strip():
            raise Refused(
                f"{sku}: it has no {name}, and the shop would offer it for every {name}.",
                hint=f"Fill in {name} in the source.",
            )
        if _SEPARATOR in value:
            raise Refused(
                f"{sku}: its {name} {value!r} contains |, which separates values in the shop.",
                hint="Write it without |.",
            )


def kept(row: Mapping[str, Any]) -> Attribute:
    """An attribute as it is sent back unchanged. A global one goes by its id, which wins over the name."""
    attribute = {
        "name": row_name(row),
        "position": row.get("position", 0),
        "visible": row.get("visible") is True,
        "variation": row.get("variation") is True,
        "options": list(row.get("options") or []),
    }
    return {"id": row["id"], **attribute} if row.get("id") else attribute


def same(text: str) -> str:
    return html.unescape(text).strip().casefold()


def row_name(row: Mapping[str, Any]) -> str:
    return html.unescape(str(row["name"]))


def renamed(former: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Old name, made comparable, to new name; only where as many names came as went."""
    before, after = {same(name) for name in former}, {same(name) for name in names}
    gone = [same(name) for name in former if same(name) not in after]
    come = [name for name in names if same(name) not in before]
    return dict(zip(gone, come, strict=True)) if former and len(gone) == len(come) else {}


def spelled(row: Mapping[str, Any], value: str) -> str | None:
    """The shop's spelling of a value, None when the attribute lacks it."""
    options = (str(option) for option in row.get("options") or [])
    return next((option for option in options if same(option) == same(value)), None)


def to_memory(texts: Sequence[str]) -> str:
    return json.dumps(list(texts), ensure_ascii=False)


def from_memory(text: str) -> tuple[str, ...]:
    """What `to_memory` kept; nothing where there is nothing, or nothing that can be read."""
    try:
        read = json.loads(text) if text else []
    except ValueError:
        return ()
    return tuple(str(one) for one in read) if isinstance(read, list) else ()


def _choice(row: Mapping[str, Any], option: str) -> dict[str, Any]:
    if row.get("id"):
        return {"id": row["id"], "option": html.unescape(option)}
    return {"name": row_name(row), "option": html.unescape(option)}
