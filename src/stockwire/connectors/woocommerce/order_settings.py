"""What the operator decides about orders of a WooCommerce shop, and about telling it what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, field_validator

from stockwire.connectors.woocommerce.setting_types import Switch, blank_is_none, bundles_of, setting

NEVER_RAISED = frozenset({"cancelled", "refunded", "failed", "trash", "checkout-draft", "auto-draft"})


class OrderSettings(BaseModel):
    """The part of a channel's settings that is about orders and their shipments."""

    add_order_status: str = setting(
        "processing",
        "Raise orders with status",
        "One status or several with commas, for example processing,completed. Cancelled, refunded, failed "
        "and binned orders are never raised.",
        "Orders",
    )
    order_code_field: str = setting(
        "order_number",
        "Order number from",
        "The field of the shop's order that people know it by: order_number (or number), id, or meta:KEY "
        "for a number kept in order meta by a plugin. Empty means id.",
        "Orders",
    )
    order_code_prefix: str = setting("#", "Order number prefix", "Put before the order number.", "Orders")
    order_from_date: Annotated[date | None, BeforeValidator(blank_is_none)] = setting(
        None,
        "Ignore orders before",
        "YYYY-MM-DD, in the shop's own time. Earlier orders are stored but not raised.",
        "Orders",
    )
    order_link_items_on_sku: Switch = setting(
        False,
        "Take in unknown items",
        "An item of an order whose SKU no source knows is taken into the hub and linked to the shop's "
        "product. It is on sale nowhere, and nothing of it is sent, until its source sends it.",
        "Orders",
    )
    group_duplicate_order_items: Switch = setting(
        False,
        "Merge repeated lines",
        "Lines with the same SKU become one line; quantities and totals are added up.",
        "Orders",
    )
    order_use_system_price: Switch = setting(
        False,
        "Raise at our own prices",
        "Lines are raised at the prices of the hub instead of those the customer paid in the shop.",
        "Orders",
    )
    order_use_system_price_tier: str = setting(
        "",
        "Price list for that",
        "The price list these prices come from. Empty: the retail list. An item that is not on it costs 0.",
        "Orders",
    )
    order_use_system_price_tax: Decimal = setting(
        Decimal(15),
        "VAT on these prices (%)",
        "The VAT added to our own prices, in place of the shop's.",
        "Orders",
        ge=0,
        lt=100,
    )
    bundles: str = setting(
        "",
        "Bundles",
        'Which items a bundle of the shop consists of, as JSON: {"SET-1": ["BOLT-M8", "NUT-M8"]}. They are '
        "raised at price 0 beside the line of the bundle, whose SKU must exist in the source as well.",
        "Orders",
    )
    order_shipping_method_name: str = setting(
        "",
        "Delivery description",
        "A fixed description for delivery lines. Empty: the shop's own.",
        "Orders",
    )
    order_poll_overlap_s: int = setting(
        10,
        "Poll overlap (seconds)",
        "How far each poll reaches back, because the shop's stamps are whole seconds.",
        "Orders",
        ge=5,
        le=3600,
    )
    complete_order_enabled: Switch = setting(
        False,
        "Complete shipped orders",
        "Once every unit of an order was told of as shipped, its status becomes completed. The shop then "
        "sends the customer its own message about it. Off: people complete orders.",
        "Orders",
    )

    @field_validator("add_order_status")
    @classmethod
    def _statuses_can_be_raised(cls, value: str) -> str:
        statuses = [status.strip().lower() for status in value.split(",") if status.strip()]
        if not statuses:
            raise ValueError("name at least one order status, for example processing")
        never = sorted(NEVER_RAISED.intersection(statuses))
        if never:
            raise ValueError(f"orders with status {', '.join(never)} are never raised; take it out")
        return ",".join(statuses)

    @field_validator("bundles")
    @classmethod
    def _bundles_are_lists(cls, value: str) -> str:
        bundles_of(value)
        return value

    @property
    def raised_statuses(self) -> frozenset[str]:
        return frozenset(self.add_order_status.split(","))

    @property
    def items_of_bundles(self) -> Mapping[str, tuple[str, ...]]:
        """The SKUs of the items by the bundle's SKU, in lower case and without outer blanks."""
        return bundles_of(self.bundles)
