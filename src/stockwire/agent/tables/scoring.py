"""How much a table or view looks like stock, prices or warehouses, and why. Pure; by names only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from stockwire.agent.tables.catalogue import Relation
from stockwire.agent.tables.roles import roles

_NAMES = (
    (r"STOCK|ITEM|PRODUCT|INVENTORY|ARTICLE|SKU", 30, "stock"),
    (r"PRICE|SELL", 20, "prices"),
    (r"WAREHOUSE|WHSE|LEVEL|ON_?HAND|QTY", 20, "quantities or warehouses"),
)
_MOVEMENTS = r"HIST|TRANS|AUDIT|LOG(?:S|_|$)|TEMP|TMP|BACKUP|_OLD|INVOICE|ORDER|JOURNAL|MOVE"
_POINTS = {
    "STOCKCODE": (20, "a stock code"),
    "DESCRIPTION": (10, "a description"),
    "SELLINGPRICE": (15, "selling prices"),
    "EXTRADTLS": (15, "extra stock details"),
    "OAvailable": (15, "an available quantity"),
    "level": (10, "a quantity on hand"),
    "reserved": (5, "a reserved quantity"),
    "WAREHOUSECODE": (10, "a warehouse"),
    "BARCODE": (5, "a barcode"),
    "CATEGORY": (3, "a category"),
    "WEIGHT": (2, "a weight"),
}
LEAST = 20
"""A table with fewer points is not worth a line."""


@dataclass(frozen=True, slots=True)
class Score:
    points: int
    reason: str
    roles: Mapping[str, str]


def score(relation: Relation) -> Score:
    points, reasons = 0, []
    for pattern, worth, what in _NAMES:
        if re.search(pattern, relation.name, re.IGNORECASE):
            points += worth
            reasons.append(f"its name speaks of {what}")
    if re.search(_MOVEMENTS, relation.name, re.IGNORECASE):
        points -= 25
        reasons.append("but its name speaks of movements or copies")
    found = roles(relation.columns)
    by_stem: dict[str, list[str]] = {}
    for role, column in found.items():
        by_stem.setdefault(role.rstrip("0123456789"), []).append(column)
    for stem, columns in by_stem.items():
        worth, what = _POINTS[stem]
        points += worth
        reasons.append(f"{what} ({columns[0]}{f' and {len(columns) - 1} more' if len(columns) > 1 else ''})")
    return Score(points, "; ".join(reasons), found)
