"""Saved reports of a simulated Omni and the JSON style the service writes: lone CRs, spaced colons.

Key rules, number and date style and the columns of Stock Export are recorded from real servers. Only the
values of columns that a stock row does not carry are ours (null, or a plain default).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from stockwire.simulators.omni_books import StockItem

STOCK_EXPORT = "Stock Export"
LEVELS_ONLY = "Stock Export - wooCommerce - Levels Only"
VAT = Decimal("1.15")


_encode = json.JSONEncoder(ensure_ascii=False).encode


def slug(name: str, *, keep: str = "") -> str:
    """The key Omni makes of a name: lower case, % is percent, every other character is one underscore."""
    spelt = name.lower().replace("%", "percent")
    return "".join(c if re.match(r"[a-z0-9]", c) or c in keep else "_" for c in spelt)


def column_key(caption: str) -> str:
    """As slug, but # stays: "Supplier #" is "supplier_#"."""
    return slug(caption, keep="#")


def written(value: Any) -> str:
    """A value as the service writes it: no trailing zeros, dictionaries one key a line ended by CR."""
    if value is None or isinstance(value, str):
        return _encode(value)
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, Mapping):
        pairs = ",\r".join(f"{_encode(key)} : {written(inner)}" for key, inner in value.items())
        return f"{{{pairs}\r}}"
    if isinstance(value, list | tuple):
        rows = ",\r".join(map(written, value))
        return f"[ {rows}]" if rows else "[ ]"
    return _encode(value)


def enveloped(key: str, value: Any) -> str:
    """The whole answer; for no rows exactly {CR"key": [ ]}."""
    return f'{{\r"{key}": {written(value)}}}'


def report(
    name: str,
    items: Sequence[StockItem],
    params: Mapping[str, str],
    more: Mapping[str, Sequence[str]],
) -> str | None:
    """The answer for a saved report, or None when there is none of this name.

    `params` have lower-case names; only IBarCode is a filter, everything else is silently ignored.
    """
    saved = {STOCK_EXPORT: tuple(STOCK_EXPORT_COLUMNS), LEVELS_ONLY: ("stock_code", "available"), **more}
    columns = saved.get(name)
    if columns is None:
        return None
    rows = _stock_rows(items)
    if wanted := params.get("ibarcode"):
        rows = [row for row in rows if row["bar_code"] == wanted]
    keys = [column_key(column) for column in columns]
    return enveloped(slug(name), [{key: row.get(key) for key in keys} for row in rows])


def _stock_rows(items: Iterable[StockItem]) -> list[dict[str, Any]]:
    """One row per stock code, warehouses summed, sorted by stock code."""
    by_code: dict[str, list[StockItem]] = {}
    for item in items:
        by_code.setdefault(item.stock_code, []).append(item)
    return [_stock_row(code, by_code[code]) for code in sorted(by_code)]


def _stock_row(code: str, items: Sequence[StockItem]) -> dict[str, Any]:
    row = next((item.row for item in items if item.row), {})
    level = sum((item.level for item in items), Decimal(0))
    reserved = sum((item.reserved for item in items), Decimal(0))
    price = Decimal(str(row.get("price", 0)))
    computed: dict[str, Any] = {
        "stock_code": code,
        "stock_description": row.get("description", ""),
        "bar_code": row.get("bar_code", ""),
        "selling_price_excl": price,
        "selling_price_incl": (price * VAT).quantize(Decimal("0.01")),
        "incl_unit_selling_price": (price * VAT).quantize(Decimal("0.01")),
        "level": level,
        "reserved": reserved,
        "available": max(Decimal(0), level - reserved),
    }
    return {**STOCK_EXPORT_COLUMNS, **row, **computed}


STOCK_EXPORT_COLUMNS: Mapping[str, Any] = {
    "product_group_description": "General",
    "stock_category_description": "General",
    "stock_code": None,
    "stock_description": None,
    "unit_of_measure": "each",
    "pack": 1,
    "bar_code": None,
    "vat_code": "1",
    "revenue_account": None,
    "purchases_account": None,
    "cost_price": 0,
    "cost_price_per": 1,
    "unit_volume": 0,
    "unit_weight": 0,
    "selling_price_currency": "ZAR",
    "selling_price_excl": None,
    "selling_price_incl": None,
    "selling_price_markup": None,
    "selling_price_measure": "each",
    "selling_price_per": 1,
    "incl_unit_selling_price": None,
    "level": None,
    **dict.fromkeys(
        (
            "customer_currency",
            "customer_discount",
            "customer_discount_type",
            "customer_price_excl",
            "customer_price_incl",
            "customer_price",
            "customer_price_per",
            "customer_unit_price_excl",
            "customer_unit_price_incl",
        )
    ),
    "stock_memo": None,
    "available": None,
    "reorder_qty": 0,
}
