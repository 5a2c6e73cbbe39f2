"""Which column of a table looks like which column of the product query, by how such names are usually spelt.

ASSUMPTION throughout: only STOCKCODE, DESCRIPTION, SELLINGPRICEn, EXTRADTLSn and OAvailable are evidenced
as names, and those as output of a query.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from stockwire.agent.tables.catalogue import Column

_NUMBERED = {
    "SELLINGPRICE": r"(?:SELLING|SELL|SALES?|RETAIL)?_?PRICE(?:_?EXCL)?_?(\d*)",
    "EXTRADTLS": r"EXTRA_?(?:DTLS?|DETAILS?|FIELDS?)_?(\d+)",
}
_SINGLE = {
    "STOCKCODE": (
        r"STOCK_?CODE",
        r"(?:ITEM|PRODUCT|PROD|ARTICLE|PART)_?(?:CODE|NO|NUM|NUMBER)",
        r"SKU",
        r"STOCK_?(?:NO|ID)",
        r"CODE",
    ),
    "DESCRIPTION": (r"(?:STOCK_?|ITEM_?)?DESC(?:R|RIPTION)?_?1?", r"(?:STOCK_?|ITEM_?)?NAME", r"TITLE"),
    "OAvailable": (r"O?_?AVAIL(?:ABLE)?(?:_?(?:QTY|QUANTITY|STOCK))?", r"QTY_?AVAIL(?:ABLE)?"),
    "level": (r"(?:STOCK_?)?LEVEL", r"(?:QTY|QUANTITY)?_?ON_?HAND(?:_?QTY)?", r"QTY", r"QUANTITY"),
    "reserved": (r"(?:QTY_?)?RESERVED(?:_?QTY)?", r"(?:QTY_?)?ALLOCATED(?:_?QTY)?"),
    "WAREHOUSECODE": (r"(?:WAREHOUSE|WHSE|WH|LOCATION|STORE)_?(?:CODE|NO|ID)", r"WAREHOUSE|WHSE"),
    "BARCODE": (r"BAR_?CODE", r"EAN(?:_?CODE)?"),
    "CATEGORY": (r"(?:STOCK_?)?CATEGORY(?:_?(?:DESCRIPTION|NAME|CODE))?",),
    "WEIGHT": (r"(?:UNIT_?)?WEIGHT",),
}


def roles(columns: Sequence[Column]) -> Mapping[str, str]:
    """Output name of the product query (or "level", "reserved") to the column that looks like it.

    An earlier spelling wins over a later one, an earlier column over a later one.
    """
    names = [column.name for column in columns]
    found: dict[str, str] = {}
    for role, spellings in _SINGLE.items():
        for spelling in spellings:
            hit = next((name for name in names if re.fullmatch(spelling, name, re.IGNORECASE)), None)
            if hit:
                found[role] = hit
                break
    for stem, spelling in _NUMBERED.items():
        for name in names:
            if hit_ := re.fullmatch(spelling, name, re.IGNORECASE):
                found.setdefault(f"{stem}{hit_[1] or 1}", name)
    return found
