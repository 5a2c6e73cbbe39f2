"""May this order be raised? Answer and reason. Pure."""

from __future__ import annotations

from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.connectors.shopify.translate_orders import TEST
from stockwire.domain.records import Order

NEVER = frozenset({"cancelled", "refunded", "voided"})
PAID = frozenset({"paid", "partially_refunded"})


def order_gate(settings: ShopifySettings, order: Order) -> tuple[bool, str]:
    """True for a paid order, or for any with add_all_orders. Cancelled, refunded and voided ones never;
    test orders only with add_test_orders."""
    if order.status in NEVER:
        return False, f"Orders with status {order.status} are never raised."
    if order.params.get(TEST) == "true" and not settings.add_test_orders:
        return False, "It is a test order of the shop; those are not raised (add_test_orders)."
    if order.status in PAID or settings.add_all_orders:
        return True, f"The order is {order.status}."
    return False, f"The order is {order.status}; it is raised once it is paid."
