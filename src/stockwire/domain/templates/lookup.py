"""Which value a name means: looked up from the innermost section outwards, then strictly downwards.

Works on plain mappings and sequences and on mappings that compute on access; it never looks at attributes,
so nothing but the data given can be reached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stockwire.domain.templates.nodes import Path

MISSING = object()


class Named(dict[str, object]):
    """Values under names that people gave, such as warehouses: a dot in one is a part of the name."""


Frame = tuple[object, bool | None]
"""A value that names are looked up in, and whether it is the last of its list, None if it is of none."""


def find(path: Path, frames: list[Frame]) -> object:
    """The value, or MISSING. In a list, `last` is the list's flag unless the element has a `last` itself."""
    if not path.parts:
        return frames[-1][0]
    name, index = path.parts[0]
    found: object = MISSING
    for value, last in reversed(frames):
        found = value.get(name, MISSING) if type(value) is dict else _step(value, name, index)
        if found is not MISSING:
            break
        if last is not None and name == "last":
            found = last
            break
    for name, index in path.parts[1:]:
        found = found.get(name, MISSING) if type(found) is dict else _step(found, name, index)
    return _dotted(path, frames) if found is MISSING and len(path.parts) > 1 else found


def _dotted(path: Path, frames: list[Frame]) -> object:
    """The same where a name that people gave has a dot in it: qty_availability.St. Georges."""
    for value, _ in reversed(frames):
        found = _joined(value, path.parts)
        if found is not MISSING or _step(value, *path.parts[0]) is not MISSING:
            return found
    return MISSING


def _joined(value: object, parts: tuple[tuple[str, int], ...]) -> object:
    for taken in range(1, len(parts) + 1 if isinstance(value, Named) else 2):
        name = ".".join(part for part, _ in parts[:taken])
        found = _step(value, name, parts[0][1] if taken == 1 else -1)
        if found is not MISSING and taken < len(parts):
            found = _joined(found, parts[taken:])
        if found is not MISSING:
            return found
    return MISSING


def _step(value: object, name: str, index: int) -> object:
    if isinstance(value, Mapping):
        try:
            return value[name]
        except KeyError:
            return MISSING
    if index >= 0 and isinstance(value, Sequence) and not isinstance(value, str) and index < len(value):
        return value[index]
    return MISSING
