"""What webhooks carry: REST-shaped JSON, as far as a receiver may lean on it.

A receiver should take the id and fetch the rest. The fields here are those of the REST resources that a hint
needs; they are not all of them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stockwire.simulators.shopify import order_totals, places
from stockwire.simulators.shopify.gids import shown_money, shown_time

if TYPE_CHECKING:
    from stockwire.simulators.shopify.shop import Record, Shop


def encoded(payload: Record) -> bytes:
    """The body as it is signed."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()


def of(shop: Shop, topic: str, record: Record) -> Record:
    """The payload of a topic for a record."""
    if topic in ("PRODUCTS_DELETE", "ORDERS_DELETE"):
        return {"id": record["number"]}
    if topic.startswith("ORDERS_"):
        return (
            {"order_edit": {"order_id": record["number"]}}
            if topic == "ORDERS_EDITED"
            else order(shop, record)
        )
    if topic.startswith("PRODUCTS_"):
        return product(record)
    if topic.startswith("COLLECTIONS_"):
        return {"id": record["number"], "title": record["title"], "handle": record["handle"]}
    return {
        "INVENTORY_LEVELS": inventory_level,
        "FULFILLMENTS": fulfilment,
        "REFUNDS": refund,
        "BULK_OPERATIONS": bulk_operation,
        "APP": app,
    }[topic.rpartition("_")[0]](record)


def order(shop: Shop, record: Record) -> Record:
    """The order resource, in short. Customer data only where the app may see it."""
    open_ = shop.options.customer_data == "full"
    customer = record["customer"]
    return {
        "id": record["number"],
        "admin_graphql_api_id": record["id"],
        "name": record["name"],
        "order_number": record["orderNumber"],
        "created_at": shown_time(record["createdAt"]),
        "updated_at": shown_time(record["updatedAt"]),
        "processed_at": shown_time(record["processedAt"]),
        "cancelled_at": _time(record["cancelledAt"]),
        "closed_at": _time(record["closedAt"]),
        "test": record["test"],
        "currency": record["currency"],
        "presentment_currency": record["presentment"],
        "taxes_included": record["taxesIncluded"],
        "financial_status": order_totals.financial_status(record).casefold(),
        "fulfillment_status": _fulfilment_status(record),
        "total_price": shown_money(order_totals.total(record)),
        "current_total_price": shown_money(order_totals.total(record, current=True)),
        "subtotal_price": shown_money(order_totals.subtotal(record)),
        "total_tax": shown_money(order_totals.total_tax(record)),
        "total_discounts": shown_money(order_totals.discounts(record)),
        "email": record["email"] if open_ else None,
        "customer": {"id": customer["number"], "email": customer["email"]} if customer and open_ else None,
        "tags": ", ".join(record["tags"]),
        "note": record["note"],
        "line_items": [
            {
                "id": line["number"],
                "variant_id": line["variant"]["number"] if line["variant"] else None,
                "sku": line["sku"],
                "title": line["title"],
                "quantity": line["quantity"],
                "current_quantity": line["currentQuantity"],
                "price": shown_money(line["unit"]),
            }
            for line in record["lines"]
        ],
    }


def product(record: Record) -> Record:
    """The product resource, in short."""
    return {
        "id": record["number"],
        "admin_graphql_api_id": record["id"],
        "title": record["title"],
        "handle": record["handle"],
        "status": record["status"].casefold(),
        "vendor": record["vendor"],
        "tags": ", ".join(record["tags"]),
        "created_at": shown_time(record["createdAt"]),
        "updated_at": shown_time(record["updatedAt"]),
        "variants": [
            {
                "id": variant["number"],
                "sku": variant["item"]["sku"],
                "price": shown_money(variant["price"]),
                "inventory_item_id": variant["item"]["number"],
                "inventory_quantity": places.available(variant["item"]),
            }
            for variant in record["variants"]
        ],
    }


def inventory_level(record: Record) -> Record:
    return {
        "inventory_item_id": record["item"]["number"],
        "location_id": record["location"]["number"],
        "available": places.quantity(record, "available"),
        "updated_at": shown_time(record["updatedAt"]),
        "admin_graphql_api_id": record["id"],
    }


def fulfilment(record: Record) -> Record:
    return {
        "id": record["number"],
        "admin_graphql_api_id": record["id"],
        "order_id": record["order"]["number"],
        "status": record["status"].casefold(),
        "tracking_number": record["tracking"].get("number"),
        "tracking_company": record["tracking"].get("company"),
        "created_at": shown_time(record["createdAt"]),
        "updated_at": shown_time(record["updatedAt"]),
    }


def refund(record: Record) -> Record:
    return {
        "id": record["number"],
        "admin_graphql_api_id": record["id"],
        "order_id": record["order"]["number"],
        "created_at": shown_time(record["createdAt"]),
        "note": record["note"],
    }


def bulk_operation(record: Record) -> Record:
    return {
        "admin_graphql_api_id": record["id"],
        "completed_at": _time(record["completedAt"]),
        "created_at": shown_time(record["createdAt"]),
        "error_code": record["errorCode"],
        "status": record["status"].casefold(),
        "type": record["type"].casefold(),
    }


def app(record: Record) -> Record:
    return {"id": record["number"], "name": record["name"], "myshopify_domain": record["myshopifyDomain"]}


def _time(moment: Any) -> str | None:
    return None if moment is None else shown_time(moment)


def _fulfilment_status(record: Record) -> str | None:
    status = order_totals.fulfilment_status(record)
    return {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}.get(status)
