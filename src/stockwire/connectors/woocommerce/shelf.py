"""Everything the shop holds, for reconciling: products page by page, and the variations of each.

Reads only. Descriptions are left out, because lists show them with paragraphs that nobody wrote; terms and
pictures too, because people's own are among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stockwire.connectors.woocommerce.api import Api
from stockwire.connectors.woocommerce.attributes import row_name, same
from stockwire.connectors.woocommerce.lookup import link_of
from stockwire.connectors.woocommerce.settings import WooCommerceSettings
from stockwire.connectors.woocommerce.translate import seen_of
from stockwire.ports import Shelved

_OF_BOTH = (
    "id,sku,status,regular_price,sale_price,manage_stock,stock_quantity,global_unique_id,weight,attributes"
)
_OF_PRODUCTS = f"{_OF_BOTH},name,type"


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
                yield Shelved(link_of(product), str(product.get("sku") or ""), seen_of(product, settings))


def _variations(
    api: Api, settings: WooCommerceSettings, product: dict[str, Any], query: dict[str, str]
) -> Iterator[Shelved]:
    title = seen_of(product, settings)["title"]
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
                {"title": title, **seen_of(variation, settings)},
                tuple(chosen.get(name, "") for name in offered),
            )
