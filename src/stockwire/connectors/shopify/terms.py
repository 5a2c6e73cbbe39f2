"""What the settings mean for planning. Pure."""

from __future__ import annotations

from stockwire.connectors.shopify.settings import ShopifySettings
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
    )
