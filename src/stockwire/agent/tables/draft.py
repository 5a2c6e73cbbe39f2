"""A product query drafted from one table or view. Pure: text in, text out; a person compares it with Omni.

CHANGEMARK is taken from the same table joined once more by RDB$DB_KEY (Firebird 3 and later, base tables):
Firebird then finds changed rows without unpacking all of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from stockwire.agent.tables.catalogue import Relation, quoted
from stockwire.agent.tables.roles import roles

_PLAIN = re.compile(r"[A-Z][A-Z0-9_$]*")
_NEEDED = ("DESCRIPTION", "SELLINGPRICE1", "EXTRADTLS8", "OAvailable")
_OPTIONAL = ("WAREHOUSECODE", "BARCODE", "CATEGORY", "WEIGHT")


@dataclass(frozen=True, slots=True)
class Draft:
    """`query` is "" where no column looks like a stock code. `missing` columns are to be added by hand."""

    query: str
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def draft(relation: Relation, *, record_version: bool) -> Draft:
    """`record_version`: the server is Firebird 3 or later."""
    found = roles(relation.columns)
    if "STOCKCODE" not in found:
        return Draft("", ["STOCKCODE"])
    columns = [_as("STOCKCODE", found["STOCKCODE"])]
    notes = []
    if "DESCRIPTION" in found:
        columns.append(_as("DESCRIPTION", found["DESCRIPTION"]))
    for stem in ("EXTRADTLS", "SELLINGPRICE"):
        numbered = sorted((name for name in found if name.startswith(stem)), key=_number)
        columns += [_as(name, found[name]) for name in numbered]
    if quantity := _quantity(found):
        columns.append(quantity)
        if "OAvailable" not in found:
            notes.append("The available quantity is reckoned as on hand less reserved, never below 0.")
    columns += [_as(name, found[name]) for name in _OPTIONAL if name in found]
    missing = [name for name in _NEEDED if name not in found]
    if quantity:
        missing = [name for name in missing if name != "OAvailable"]
    return Draft(_select(relation, columns, record_version), missing, notes)


def as_toml(draft: Draft, relation: Relation) -> str:
    """For the table [database] of agent.toml, with what is assumed as comments."""
    lines = [
        f"# Drafted from the {relation.what} {relation.name} by how its columns are named.",
        "# ASSUMPTION: Omni's names are not public. Compare some items with Omni before you use it.",
        *(f"# {note}" for note in draft.notes),
    ]
    if draft.missing:
        lines.append(f"# No column looks like {', '.join(draft.missing)}: add it by hand, with AS.")
    return "\n".join([*lines, "product_query = '''", draft.query, "'''"])


def _select(relation: Relation, columns: list[str], record_version: bool) -> str:
    table = _name(relation.name)
    if relation.is_view or not record_version:
        return f"SELECT {_wrapped(columns)}\nFROM {table} s"
    columns = [*columns, "k.RDB$RECORD_VERSION AS CHANGEMARK"]
    return f"SELECT {_wrapped(columns)}\nFROM {table} k JOIN {table} s ON s.RDB$DB_KEY = k.RDB$DB_KEY"


def _quantity(found: Mapping[str, str]) -> str:
    if "OAvailable" in found:
        return f's.{_name(found["OAvailable"])} AS "OAvailable"'
    if "level" not in found:
        return ""
    level = f"COALESCE(s.{_name(found['level'])}, 0)"
    if "reserved" in found:
        level += f" - COALESCE(s.{_name(found['reserved'])}, 0)"
    return f'MAXVALUE(0, {level}) AS "OAvailable"'


def _as(output: str, column: str) -> str:
    return f"s.{_name(column)}" if column == output else f"s.{_name(column)} AS {output}"


def _name(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else quoted(name)


def _number(name: str) -> int:
    return int(re.sub(r"\D", "", name) or 0)


def _wrapped(columns: list[str]) -> str:
    rows = [", ".join(columns[start : start + 4]) for start in range(0, len(columns), 4)]
    return ",\n       ".join(rows)
