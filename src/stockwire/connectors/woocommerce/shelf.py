"""Everything the shop holds, for reconciling: products page by page, and the variations of each.

Reads only. Descriptions are left out, because lists show them with paragraphs that nobody wrote; terms and
pictures too, because people's own are among them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from stockwire.connectors.woocommerce.api import Api
from stockwire.connectors.woocommerce.attributes import row_name, same
from stockwire.connectors.woocommerce.lookup import link_of
from stockwire.connectors.woocommerce.product_map import PREFIX
from stockwire.connectors.woocommerce.setting_types import ProductStatus
from stockwire.connectors.woocommerce.settings import WooCommerceSettings
from stockwire.connectors.woocommerce.translate import seen_of
from stockwire.ports import Shelved, Value

_OF_BOTH = (
    "id,sku,status,regular_price,sale_price,manage_stock,stock_quantity,global_unique_id,weight,attributes"
)
_OF_PRODUCTS = f"{_OF_BOTH},name,type,catalog_visibility"
# What a field map may make of these is compared too, under the shop's own names and those it had before. Of a
# product with variations and of a variation only what the other has not got as well.
_MAPPED = {
    "name": ("name", "title"),
    "status": ("status",),
    "regular_price": ("regular_price",),
    "sale_price": ("sale_price",),
    "manage_stock": ("manage_stock", "managing_stock"),
    "stock_quantity": ("stock_quantity",),
    "global_unique_id": ("global_unique_id",),
    "weight": ("weight",),
    "catalog_visibility": ("catalog_visibility",),
}
_OF_A_FAMILY = frozenset({"name", "catalog_visibility"})
_OF_A_VARIATION = frozenset({"regular_price", "sale_price", "manage_stock", "stock_quantity"})


def shelf(api: Api, settings: WooCommerceSettings) -> Iterator[Shelved]:
    """Each product and variation once, without what lies in the bin. A product with variations is no variant
    itself; its variations repeat its title. Ordered by id, so that what is created meanwhile comes last."""
    query = {"orderby": "id", "order": "asc"}
    seen: set[int] = set()
    for rows in api.pages("/products", {**query, "_fields": _OF_PRODUCTS}):
        for product in rows:
            if product["id"] in seen:
                continue
            seen.add(product["id"])
            if product.get("type") == "variable":
                yield from _variations(api, settings, product, query)
            else:
                fields = {**seen_of(product, settings), **_mapped(product, settings)}
                sku = str(product.get("sku") or "")
                yield Shelved(link_of(product), sku, fields, hidden=_hidden(product, settings))


def _variations(
    api: Api, settings: WooCommerceSettings, product: dict[str, Any], query: dict[str, str]
) -> Iterator[Shelved]:
    whole = {"title": seen_of(product, settings)["title"], **_mapped(product, settings, _OF_A_FAMILY)}
    offered = [same(row_name(row)) for row in product.get("attributes") or [] if row.get("variation")]
    seen: set[int] = set()
    for rows in api.pages(f"/products/{product['id']}/variations", {**query, "_fields": _OF_BOTH}):
        for row in rows:
            if row["id"] in seen:
                continue
            seen.add(row["id"])
            variation = {**row, "type": "variation", "parent_id": product["id"]}
            chosen = {same(one["name"]): str(one.get("option") or "") for one in row.get("attributes") or []}
            yield Shelved(
                link_of(variation),
                str(row.get("sku") or ""),
                {**whole, **seen_of(variation, settings), **_mapped(row, settings, _OF_A_VARIATION)},
                tuple(chosen.get(name, "") for name in offered),
                _hidden(product, settings),
            )


def _mapped(
    row: dict[str, Any], settings: WooCommerceSettings, only: frozenset[str] = frozenset(_MAPPED)
) -> dict[str, Value]:
    """As a field map would have made it: map.<key> and JSON."""
    if not settings.product_map:
        return {}
    return {
        f"{PREFIX}{key}": json.dumps(row[name])
        for name, keys in _MAPPED.items()
        if name in row and name in only
        for key in keys
    }


def _hidden(product: dict[str, Any], settings: WooCommerceSettings) -> str:
    """Why buyers do not see it. Where new products are not published, or the field map decides, it says
    nothing."""
    if settings.create_product_status is not ProductStatus.PUBLISH or settings.product_map:
        return ""
    if (status := str(product.get("status") or "publish")) != "publish":
        return f"its status in the shop is {status}"
    if product.get("catalog_visibility") == "hidden":
        return "its catalogue visibility in the shop is hidden"
    return ""
