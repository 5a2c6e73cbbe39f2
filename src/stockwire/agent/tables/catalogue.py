"""The tables and views of a database with their columns, from its own catalogue, and how many rows each has.

Every count has a time limit, and a transaction of its own, so that nothing is held back in Omni.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stockwire.agent.firebird import Database, first_row

_COLUMNS = """
SELECT TRIM(r.RDB$RELATION_NAME), IIF(r.RDB$VIEW_BLR IS NULL, 0, 1), TRIM(c.RDB$FIELD_NAME),
       f.RDB$FIELD_TYPE, COALESCE(f.RDB$FIELD_SCALE, 0)
FROM RDB$RELATIONS r
JOIN RDB$RELATION_FIELDS c ON c.RDB$RELATION_NAME = r.RDB$RELATION_NAME
JOIN RDB$FIELDS f ON f.RDB$FIELD_NAME = c.RDB$FIELD_SOURCE
WHERE COALESCE(r.RDB$SYSTEM_FLAG, 0) = 0
ORDER BY r.RDB$RELATION_NAME, c.RDB$FIELD_POSITION
"""
_KINDS = {
    7: "whole number",
    8: "whole number",
    16: "whole number",
    26: "whole number",
    10: "number",
    27: "number",
    12: "date",
    13: "time",
    35: "date and time",
    14: "text",
    37: "text",
    23: "yes or no",
    261: "long text or binary",
}
"""RDB$FIELD_TYPE in words; a whole number with a scale is a number with decimals."""

CANCEL = 3  # fb_cancel_raise of Firebird's API


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or a view."""

    name: str
    is_view: bool
    columns: Sequence[Column]

    @property
    def what(self) -> str:
        return "view" if self.is_view else "table"


@dataclass(frozen=True, slots=True)
class Counted:
    """`rows` is None where they could not be counted; `why` says why not."""

    rows: int | None
    why: str = ""


def relations(database: Database) -> list[Relation]:
    """All tables and views that are not the system's, by name."""
    found: dict[str, tuple[bool, list[Column]]] = {}
    with database.snapshot(isolated=False) as snapshot:
        for page in snapshot.pages(_COLUMNS):
            for name, is_view, column, kind, scale in page:
                _, columns = found.setdefault(_text(name), (bool(is_view), []))
                columns.append(Column(_text(column), _kind(int(kind), int(scale))))
    return [Relation(name, is_view, columns) for name, (is_view, columns) in sorted(found.items())]


def count(database: Database, relation: Relation, within_s: float) -> Counted:
    """How many rows there are, if that can be said within this time."""
    stop = _canceller(database)
    if stop is None and relation.is_view:
        return Counted(None, "not counted: this driver cannot stop a view that takes too long")
    timer = threading.Timer(within_s, stop) if stop else None
    if timer:
        timer.start()
    try:
        with database.snapshot(isolated=False) as snapshot:
            # S608: the name comes from the database's own catalogue and is quoted.
            row = first_row(snapshot, f"SELECT COUNT(*) FROM {quoted(relation.name)}")  # noqa: S608
            return Counted(int(row[0]))
    except Exception as error:  # noqa: BLE001 - a driver's own exception; the other tables go on
        said = " ".join(str(error).split())
        if "cancel" in said.lower():
            return Counted(None, f"not counted within {within_s:.0f} s")
        if "no permission" in said.lower():
            return Counted(None, "this user may not read it")
        return Counted(None, said[:120])
    finally:
        if timer:
            timer.cancel()
            timer.join()


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _canceller(database: Database) -> Any:
    """What stops a running statement of this connection; None where the driver has no such thing."""
    attachment = getattr(getattr(database, "_connection", None), "_att", None)
    cancel = getattr(attachment, "cancel_operation", None)
    return (lambda: cancel(CANCEL)) if cancel else None


def _kind(code: int, scale: int) -> str:
    kind = _KINDS.get(code, f"type {code}")
    return "number" if kind == "whole number" and scale else kind


def _text(value: bytes | str) -> str:
    return (value.decode("latin-1") if isinstance(value, bytes) else value).strip()
