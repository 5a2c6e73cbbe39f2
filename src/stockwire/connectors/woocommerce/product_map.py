"""What the field map of the settings makes of a product, as fields of the shop. Pure.

The map is the operator's own text, so every key must be one the shop knows, and prices and stock are held to
the same checks as without a map.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from stockwire.amounts import money, quantity
from stockwire.connectors.woocommerce.settings import WooCommerceSettings
from stockwire.errors import Refused

PREFIX = "map."
MOST_STOCK = 2_147_483_647
PRICES = frozenset({"regular_price", "sale_price"})
STOCK = frozenset({"stock_quantity", "manage_stock", "managing_stock", "in_stock", "stock_status"})
_OF_BOTH = {
    *("status", "description", "virtual", "downloadable", "weight", "dimensions", "shipping_class"),
    *("date_on_sale_from", "date_on_sale_from_gmt", "date_on_sale_to", "date_on_sale_to_gmt"),
    *("tax_status", "tax_class", "backorders", "low_stock_amount", "menu_order", "meta_data"),
    "global_unique_id",
}
_OF_PRODUCTS = _OF_BOTH | {
    *("name", "slug", "featured", "catalog_visibility", "short_description", "sold_individually"),
    *("reviews_allowed", "upsell_ids", "cross_sell_ids", "purchase_note", "categories", "tags", "brands"),
}
_OLD_NAMES = {"title": "name", "managing_stock": "manage_stock", "body_html": "description"}
"""Names of the API that left WooCommerce in version 9.0, and of ours, for what the shop calls otherwise."""
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def mapped(
    sku: str,
    wanted: Mapping[str, Any],
    settings: WooCommerceSettings,
    notes: list[str],
    *,
    is_variation: bool = False,
    is_family: bool = False,
) -> dict[str, Any]:
    """The fields that the keys map.<key> of a change stand for. Raises Refused naming the SKU and the key.

    Prices and stock of a product with variants stand on its variations, so its own are left out.
    """
    known = _OF_BOTH if is_variation else _OF_PRODUCTS
    fields: dict[str, Any] = {}
    for name, text in wanted.items():
        if not name.startswith(PREFIX):
            continue
        key = name.removeprefix(PREFIX)
        value = json.loads(str(text), parse_float=Decimal)
        if key in PRICES | STOCK:
            if is_family:
                notes.append(f"{sku}: {key} was left out, because it stands on the variations.")
            elif key in PRICES:
                fields[key] = _price(sku, key, value, settings, notes)
            elif settings.inventory_management:
                _put_stock(sku, key, value, fields, notes)
            continue
        own = _OLD_NAMES.get(key, key)
        if own not in known:
            raise Refused(
                f"{sku}: the field map gives {key}, which the shop does not take "
                f"{'for a variation' if is_variation else 'for a product'}.",
                hint="Correct product_map: names of WooCommerce's API, such as name, regular_price and "
                "stock_quantity.",
            )
        fields[own] = _plain(value)
    return fields


def _price(sku: str, key: str, value: object, settings: WooCommerceSettings, notes: list[str]) -> str:
    if key == "sale_price" and value in (None, ""):
        return ""
    return money(sku, f"{key} of the field map", _number(value), settings.price_decimals, notes)


def _put_stock(sku: str, key: str, value: object, fields: dict[str, Any], notes: list[str]) -> None:
    """A quantity is ignored by the shop while it does not manage stock, so the two go together."""
    if key == "stock_quantity":
        fields["stock_quantity"] = quantity(sku, _number(value), MOST_STOCK, notes)
        fields.setdefault("manage_stock", True)
    elif key in {"manage_stock", "managing_stock"}:
        fields["manage_stock"] = _switch(sku, key, value)
    elif key == "in_stock":
        fields["stock_status"] = "instock" if _switch(sku, key, value) else "outofstock"
    elif value in {"instock", "outofstock", "onbackorder"}:
        fields["stock_status"] = value
    else:
        raise Refused(
            f"{sku}: the field map gives the stock_status {value!r}.",
            hint="It must be instock, outofstock or onbackorder; correct product_map.",
        )


def _number(value: object) -> object:
    """Maps write numbers as text too; what is none is left as it is, to be refused."""
    return Decimal(value.strip()) if isinstance(value, str) and _NUMBER.fullmatch(value.strip()) else value


def _switch(sku: str, key: str, value: object) -> bool:
    if isinstance(value, str) and value.strip().lower() in {"true", "false", "1", "0"}:
        return value.strip().lower() in {"true", "1"}
    if isinstance(value, bool):
        return value
    raise Refused(
        f"{sku}: the field map gives {value!r} for {key}.",
        hint="It must be true or false; correct product_map.",
    )


def _plain(value: Any) -> Any:
    """As JSON can carry it on: the shop takes its numbers as text."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value
