"""Checking of single calls against field types, with WordPress's words. Rows of a batch never come here:
the recorded shop does not check them, and neither does this one.
"""

from __future__ import annotations

from typing import Any

from stockwire.simulators.woocommerce.rest import Json, invalid, not_in_enum

PRODUCT_STATUSES = ("draft", "pending", "private", "publish", "future", "auto-draft", "trash")
PRODUCT: dict[str, str | tuple[str, ...]] = {
    "name": "string",
    "slug": "string",
    "type": ("simple", "grouped", "external", "variable"),
    "status": PRODUCT_STATUSES,
    "featured": "boolean",
    "catalog_visibility": ("visible", "catalog", "search", "hidden"),
    "description": "string",
    "short_description": "string",
    "sku": "string",
    "global_unique_id": "string",
    "regular_price": "string",
    "sale_price": "string",
    "virtual": "boolean",
    "downloadable": "boolean",
    "tax_status": ("taxable", "shipping", "none"),
    "tax_class": "string",
    "manage_stock": "boolean",
    "stock_quantity": "integer",
    "stock_status": ("instock", "outofstock", "onbackorder"),
    "backorders": ("no", "notify", "yes"),
    "low_stock_amount": "integer",
    "sold_individually": "boolean",
    "weight": "string",
    "shipping_class": "string",
    "reviews_allowed": "boolean",
    "menu_order": "integer",
    "categories": "objects",
    "brands": "objects",
    "tags": "objects",
    "images": "objects",
    "attributes": "objects",
    "meta_data": "objects",
}
VARIATION = {
    name: kind
    for name, kind in PRODUCT.items()
    if name not in ("manage_stock", "type", "categories", "brands", "tags", "images")
}
ORDER_BASE: dict[str, str | tuple[str, ...]] = {
    "currency": "string",
    "customer_id": "integer",
    "customer_note": "string",
    "payment_method": "string",
    "payment_method_title": "string",
    "transaction_id": "string",
    "set_paid": "boolean",
    "meta_data": "objects",
    "line_items": "objects",
    "shipping_lines": "objects",
    "fee_lines": "objects",
    "coupon_lines": "objects",
}


def check(body: Json, fields: dict[str, str | tuple[str, ...]]) -> None:
    """Raise rest_invalid_param naming every field of the wrong type. Nulls and unknown fields pass."""
    problems = {}
    for name, kind in fields.items():
        value = body.get(name)
        if value is None:
            continue
        problem = _problem(name, value, kind)
        if problem:
            problems[name] = problem
    if problems:
        raise invalid(problems)


def _problem(name: str, value: Any, kind: str | tuple[str, ...]) -> tuple[str, str] | None:
    if isinstance(kind, tuple):
        return None if value in kind else not_in_enum(name, kind)
    if kind == "objects":
        items = value if isinstance(value, list) else str(value).split(",")
        bad = next((at for at, item in enumerate(items) if not isinstance(item, dict)), None)
        return None if bad is None else _wrong(f"{name}[{bad}]", "object")
    fits = {"string": _is_string, "integer": is_integer, "boolean": is_boolean}[kind]
    return None if fits(value) else _wrong(name, kind)


def _wrong(name: str, kind: str) -> tuple[str, str]:
    return "rest_invalid_type", f"{name} is not of type {kind}."


def _is_string(value: Any) -> bool:
    return isinstance(value, str)


def is_integer(value: Any) -> bool:
    """A whole number, or text of one."""
    if isinstance(value, bool):
        return False
    try:
        return float(value) == int(float(value))
    except (TypeError, ValueError, OverflowError):
        return False


def is_boolean(value: Any) -> bool:
    """true, false, 1, 0 and their texts."""
    return isinstance(value, bool) or value in (0, 1, "true", "false", "1", "0")


def truth(value: Any) -> bool:
    """What PHP makes of a boolean field."""
    return value not in (False, 0, None, "", "0", "false", "no")
