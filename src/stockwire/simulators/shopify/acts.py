"""What a rehearsal can do to the shop over the control port, and what its /state shows.

Each act takes a JSON object and returns JSON; it is the method of the same name of Shop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockwire.simulators.shopify import catalogue, order_totals, places

if TYPE_CHECKING:
    from stockwire.simulators.shopify.shop import Record, Shop

Act = Callable[[dict[str, Any]], object]
NAMES = (
    "add_collection",
    "add_product",
    "advance",
    "cancel_order",
    "delete_order",
    "delete_product",
    "drop_scope",
    "duplicate_sku",
    "edit_order",
    "edit_product",
    "expire_tokens",
    "fail_bulk_operation",
    "fill",
    "fulfil_by_hand",
    "grant_scope",
    "hold_webhooks",
    "let_webhooks_go",
    "mark_paid",
    "place_order",
    "refund_order",
    "repeat_webhook",
    "set_stock",
    "throttle",
    "uninstall",
)


def of(shop: Shop) -> dict[str, Act]:
    """The acts by name."""
    return {name: _act(getattr(shop, name)) for name in NAMES}


def _act(method: Callable[..., Any]) -> Act:
    def act(sent: dict[str, Any]) -> object:
        found = method(**sent)
        return short(found) if isinstance(found, dict) else found

    return act


def short(record: Record) -> Record:
    """A record in short, as the control port shows it."""
    kind = record.get("__typename")
    if kind == "Product":
        return _product(record)
    if kind == "Order":
        return _order(record)
    if kind == "Fulfillment":
        return _fulfilment(record)
    return {name: value for name, value in record.items() if isinstance(value, (str, int, bool, type(None)))}


def summary(shop: Shop) -> Record:
    """The whole shop in short, for the control port's /state."""
    with shop.lock:
        now = shop.clock.now()
        return {
            "domain": shop.options.shop_domain,
            "now": now.isoformat(),
            "plan": shop.options.plan,
            "scopes": sorted(shop.tokens.scopes),
            "bucket": {
                **shop.bucket.status(now),
                "spent": shop.bucket.spent,
                "throttled": shop.bucket.throttled,
                "lowest": shop.bucket.lowest,
            },
            "locations": [{"id": row["id"], "name": row["name"]} for row in shop.shelf("Location").values()],
            "bulk_operations": [
                {name: row[name] for name in ("id", "type", "status", "objectCount")}
                for row in shop.shelf("BulkOperation").values()
            ],
            "webhooks": [
                {name: row[name] for name in ("id", "topic", "uri", "failures", "delivered")}
                for row in shop.shelf("WebhookSubscription").values()
            ],
            "orders": [_order(order) for order in shop.shelf("Order").values()],
            "products": [_product(product) for product in shop.shelf("Product").values()],
        }


def _order(order: Record) -> Record:
    return {
        "id": order["id"],
        "name": order["name"],
        "financial_status": order_totals.financial_status(order),
        "fulfilment_status": order_totals.fulfilment_status(order),
        "cancelled": order["cancelledAt"] is not None,
        "test": order["test"],
        "total": str(order_totals.total(order)),
        "current_total": str(order_totals.total(order, current=True)),
        "lines": [
            {"sku": line["sku"], "quantity": line["quantity"], "current_quantity": line["currentQuantity"]}
            for line in order["lines"]
        ],
        "fulfilments": [_fulfilment(made) for made in order["fulfilments"]],
    }


def _fulfilment(made: Record) -> Record:
    return {name: made[name] for name in ("id", "name", "status", "tracking", "notified")}


def _product(product: Record) -> Record:
    return {
        "id": product["id"],
        "title": product["title"],
        "handle": product["handle"],
        "status": product["status"],
        "published": len(product["publications"]),
        "variants": [
            {
                "id": variant["id"],
                "inventory_item": variant["item"]["id"],
                "sku": variant["item"]["sku"],
                "title": catalogue.title_of(variant),
                "price": str(variant["price"]),
                "compare_at_price": None
                if variant["compareAtPrice"] is None
                else str(variant["compareAtPrice"]),
                "available": places.available(variant["item"]),
            }
            for variant in product["variants"]
        ],
    }
