"""May this order be raised? Answer and reason. Pure."""

from __future__ import annotations

from decimal import Decimal

from stockwire.connectors.woocommerce.order_settings import NEVER_RAISED
from stockwire.connectors.woocommerce.settings import WooCommerceSettings
from stockwire.connectors.woocommerce.translate_orders import REFUNDED, SHOP_DATE
from stockwire.domain.records import Order


def order_gate(settings: WooCommerceSettings, order: Order) -> tuple[bool, str]:
    """True when the status is one of `add_order_status` and the order is not older than `order_from_date`.

    The date is compared with the day of the order in the shop's own time. An order that was paid back in full
    is never raised, whatever its status: the shop lets a refunded order be completed.
    """
    if order.status in NEVER_RAISED:
        return False, f"Orders with status {order.status} are never raised."
    if order.status not in settings.raised_statuses:
        waiting_for = " or ".join(sorted(settings.raised_statuses))
        return False, f"The order is {order.status}; it is raised once it is {waiting_for}."
    if 0 < order.total <= Decimal(order.params.get(REFUNDED, "0")):
        return False, "The order was refunded in full; it is never raised."
    day = order.params.get(SHOP_DATE) or order.ordered_at.date().isoformat()
    if settings.order_from_date is not None and day < settings.order_from_date.isoformat():
        return False, f"The order is of {day}; orders before {settings.order_from_date} are not raised."
    return True, f"The order is {order.status}."
