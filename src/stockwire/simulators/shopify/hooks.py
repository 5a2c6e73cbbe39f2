"""Webhook subscriptions, and telling them what happened.

A subscription asks for one topic at one address. What is sent, and how often, is the matter of deliveries.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from stockwire.simulators.shopify.deliveries import Delivery
from stockwire.simulators.shopify.gids import shown_time

if TYPE_CHECKING:
    from stockwire.simulators.shopify.shop import Record, Shop

RESOURCES = {
    "APP": (),
    "BULK_OPERATIONS": (),
    "COLLECTIONS": ("read_products",),
    "FULFILLMENTS": ("read_orders", "read_merchant_managed_fulfillment_orders"),
    "INVENTORY_LEVELS": ("read_inventory",),
    "ORDERS": ("read_orders",),
    "PRODUCTS": ("read_products",),
    "REFUNDS": ("read_orders",),
}
"""What topics are of, and what access they need: one of the scopes."""

TOPICS = frozenset(
    (
        "APP_UNINSTALLED",
        "BULK_OPERATIONS_FINISH",
        "COLLECTIONS_CREATE",
        "COLLECTIONS_DELETE",
        "COLLECTIONS_UPDATE",
        "FULFILLMENTS_CREATE",
        "FULFILLMENTS_UPDATE",
        "INVENTORY_LEVELS_UPDATE",
        "ORDERS_CANCELLED",
        "ORDERS_CREATE",
        "ORDERS_DELETE",
        "ORDERS_EDITED",
        "ORDERS_FULFILLED",
        "ORDERS_PAID",
        "ORDERS_PARTIALLY_FULFILLED",
        "ORDERS_UPDATED",
        "PRODUCTS_CREATE",
        "PRODUCTS_DELETE",
        "PRODUCTS_UPDATE",
        "REFUNDS_CREATE",
    )
)
"""The topics that are sent; others are not simulated."""


def path_of(topic: str) -> str:
    """ORDERS_CREATE is orders/create, INVENTORY_LEVELS_UPDATE inventory_levels/update."""
    resource = resource_of(topic)
    return f"{resource}/{topic.removeprefix(f'{resource.upper()}_')}".lower()


def resource_of(topic: str) -> str:
    return next(name for name in RESOURCES if topic.startswith(f"{name}_")).lower()


def tell(shop: Shop, topic: str, record: Record) -> None:
    """Something happened to a record: queued for every subscription of the topic, as it is now."""
    from stockwire.simulators.shopify import hook_payloads

    asking = [row for row in shop.shelf("WebhookSubscription").values() if row["topic"] == topic]
    if not asking:
        return
    payload = hook_payloads.of(shop, topic, record)
    for subscription in asking:
        kept = subscription["includeFields"]
        body = {name: payload[name] for name in kept if name in payload} if kept else payload
        shop.deliveries.queue(
            Delivery(
                subscription=subscription["number"],
                address=subscription["uri"],
                topic=path_of(topic),
                body=hook_payloads.encoded(body),
                webhook_id=str(uuid.uuid4()),
                event_id=shop.event_id,
                triggered_at=shown_time(shop.clock.now()),
            )
        )


def add(shop: Shop, topic: str, uri: str, include_fields: list[str] | None = None) -> Record:
    """A new subscription."""
    now = shop.now()
    return shop.new(
        "WebhookSubscription",
        topic=topic,
        uri=uri,
        format="JSON",
        includeFields=list(include_fields or ()),
        metafieldNamespaces=[],
        filter=None,
        name=None,
        failures=0,
        delivered=0,
        createdAt=now,
        updatedAt=now,
    )


def remove(shop: Shop, number: int) -> None:
    shop.shelf("WebhookSubscription").pop(number, None)
