"""Everything the shop holds, for reconciling: page by page, or as one bulk query when it is much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from stockwire.connectors.shopify.api import Api
from stockwire.connectors.shopify.bulk import wait_for
from stockwire.connectors.shopify.items import ITEM, number
from stockwire.connectors.shopify.operations import (
    BULK_QUERY,
    SHELF_BULK,
    SHELF_PAGE,
    VARIANTS_COUNT,
    Write,
    together,
)
from stockwire.connectors.shopify.refusals import user_errors
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.connectors.shopify.translate import seen_of
from stockwire.errors import TryLater
from stockwire.ports import Link, Shelved, Value

_MANY = 10_000
_LONGEST_S = 600.0


def shelf(api: Api, settings: ShopifySettings) -> Iterator[Shelved]:
    """Each variant once. More than 25,000 cannot be paged through, so a large shop is asked in bulk."""
    count = 0
    if settings.bulk_enabled:
        count = int((api.run(VARIANTS_COUNT).root("productVariantsCount") or {}).get("count") or 0)
    yield from _in_bulk(api) if count > _MANY else _by_page(api)


def _by_page(api: Api) -> Iterator[Shelved]:
    after = None
    while True:
        page = api.run(SHELF_PAGE, {"after": after}).root("productVariants")
        for node in page["nodes"]:
            yield _shelved(node)
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def _in_bulk(api: Api) -> Iterator[Shelved]:
    payload = api.run(*together("RunShelf", [Write(BULK_QUERY, {"query": SHELF_BULK})])).root("w0")
    if user_errors(payload):
        yield from _by_page(api)
        return
    found = wait_for(api, str(payload["bulkOperation"]["id"]), _LONGEST_S)
    if found.get("status") != "COMPLETED":
        raise TryLater(
            f"The shop's list of everything it holds ended as {str(found.get('status')).lower()}.",
            hint="It is tried again by itself.",
        )
    if not found.get("url"):
        return  # an empty shop gives no file
    for text in api.download(str(found["url"])).splitlines():
        if text.strip():
            row = msgspec.json.decode(text)
            if "ProductVariant/" in str(row.get("id")):
                yield _shelved(row)


def _shelved(node: Mapping[str, Any]) -> Shelved:
    product = node["product"]
    fields: dict[str, Value] = seen_of(node)
    fields |= {
        "title": str(product.get("title") or ""),
        "vendor": str(product.get("vendor") or ""),
        "product_type": str(product.get("productType") or ""),
        "active": product.get("status") == "ACTIVE",
        "inventory_management": bool(node["inventoryItem"].get("tracked")),
    }
    values: tuple[str, ...] = ()
    if not product.get("hasOnlyDefaultVariant"):
        values = tuple(str(row["value"]) for row in node.get("selectedOptions") or [])
    link = Link(number(product["id"]), number(node["id"]), {ITEM: number(node["inventoryItem"]["id"])})
    status = str(product.get("status") or "ACTIVE")
    hidden = "" if status == "ACTIVE" else f"its status in the shop is {status.lower()}"
    return Shelved(link, str(node.get("sku") or ""), fields, values, hidden)
