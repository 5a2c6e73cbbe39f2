"""What the settings mean for planning, and for orders before they are stored. Pure."""

from __future__ import annotations

from decimal import Decimal

from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.domain.order_policy import OrderPolicy
from stockwire.domain.terms import SettingTerms


def terms(settings: ShopifySettings) -> SettingTerms:
    """Fields the settings keep back, with the reason an operator reads beside the product."""
    withheld: dict[str, str] = {}
    if settings.block_image_enabled:
        withheld["images"] = "block_image_enabled is on for this channel."
    if settings.ignore_category_enabled:
        withheld["collection"] = "ignore_category_enabled is on for this channel."
    if not settings.metafields_enabled:
        withheld["meta.*"] = "metafields_enabled is off for this channel."
    if not settings.sends_stock:
        reason = f"inventory_management is {settings.inventory_management}: another app manages stock."
        withheld |= {"quantity": reason, "inventory_management": reason}
    return SettingTerms(
        withheld=withheld,
        location_map=settings.locations,
        compare_at=settings.compare_at_price,
        qty_limit_upper=settings.qty_limit_upper,
        delete_enabled=settings.delete_product_enabled,
        created_as={
            "status": "ACTIVE",
            "sales channels": "none" if settings.hide_product_enabled else settings.publish_to,
        },
    )


def order_policy(settings: ShopifySettings) -> OrderPolicy:
    """What the settings do to an order before it is stored."""
    tax = settings.order_fixed_shipping_tax
    price = settings.order_fixed_shipping_price
    return OrderPolicy(
        require_linked=settings.check_order_items_linked,
        drop_unlinked=settings.order_remove_unlinked_items,
        system_price=settings.order_use_system_price,
        system_price_tier=settings.order_use_system_price_tier,
        system_price_tax=Decimal(str(settings.order_use_system_price_tax)),
        fixed_shipping_price=None if price is None else Decimal(str(price)),
        fixed_shipping_tax=None if tax is None else Decimal(tax),
    )
