"""What the operator decides about products on their way to a WooCommerce shop."""

from __future__ import annotations

from pydantic import BaseModel, field_validator

from stockwire.connectors.woocommerce.setting_types import (
    CategoryId,
    DeleteMode,
    ProductStatus,
    Switch,
    WeightUnit,
    setting,
)
from stockwire.domain import templates
from stockwire.domain.mapping import escape_of


class ProductSettings(BaseModel):
    """The part of a channel's settings that is about products."""

    create_product_enabled: Switch = setting(
        True,
        "Create missing products",
        "Off: only products whose SKU the shop already has are linked and kept up to date.",
        "Products",
    )
    create_product_status: ProductStatus = setting(
        ProductStatus.PUBLISH,
        "Status of new products",
        "The status a product gets when it is created or made active again.",
        "Products",
    )
    delete_product_enabled: Switch = setting(
        True,
        "Take deleted products out of the shop",
        "Exactly true takes them away. Off: the shop keeps them as they are.",
        "Products",
    )
    delete_product_mode: DeleteMode = setting(
        DeleteMode.TRASH,
        "How products are taken away",
        "trash moves them to the shop's bin, where they can be restored. delete removes them for good, "
        "with their reviews and pictures.",
        "Products",
    )
    restore_from_bin_enabled: Switch = setting(
        True,
        "Restore products from the bin",
        "When a product that is active in the source lies in the shop's bin, restore it: DELETE and then "
        "ACTIVE brings it back. Off: you are told instead.",
        "Products",
    )
    inventory_management: Switch = setting(
        True,
        "Send stock",
        "Off: quantities and the shop's Manage stock switch are left alone.",
        "Products",
    )
    manage_category_enabled: Switch = setting(
        True,
        "Manage categories",
        "Products get a category named after their collection; it is made below the parent category if the "
        "shop has none of that name there. Other categories of a product are left alone.",
        "Products",
    )
    category_parent_id: CategoryId = setting(
        None,
        "Parent category",
        "The id of the shop's category below which categories are made, 0 for the top. It stands in the "
        "address of the category's page in the shop (tag_ID). Empty: categories are not managed.",
        "Products",
        ge=0,
    )
    create_image_enabled: Switch = setting(
        True,
        "Add pictures",
        "The shop fetches new pictures from their addresses. Off: none are added.",
        "Products",
    )
    delete_image_enabled: Switch = setting(
        True,
        "Take pictures away",
        "Pictures that Stockwire added are taken off the product when they go from the source. Pictures that "
        "people added are never taken off.",
        "Products",
    )
    product_map: str = setting(
        "",
        "Field map",
        "A Mustache template whose result is JSON, for example {title, variations: [{sku, regular_price, "
        "stock_quantity}]}. Only the fields it gives are sent. Empty: every field is sent as the flags say.",
        "Products",
    )
    price_decimals: int = setting(
        2,
        "Decimals of prices",
        "Prices are rounded half up to this many decimals. The connection test compares it with the shop.",
        "Products",
        ge=0,
        le=4,
    )
    weight_unit: WeightUnit = setting(
        WeightUnit.KG,
        "Weight unit of the shop",
        "As set in the shop under WooCommerce > Settings > Products. Weights are converted from grams.",
        "Products",
    )

    @field_validator("product_map")
    @classmethod
    def _map_can_be_read(cls, value: str) -> str:
        try:
            templates.compile(value, name="product_map", escape=escape_of("product_map"))
        except templates.TemplateError as error:
            raise ValueError(str(error)) from None
        return value

    @property
    def withheld(self) -> dict[str, str]:
        """Fields that these settings keep back, each with the reason in plain English."""
        kept: dict[str, str] = {}
        if not self.inventory_management:
            reason = "inventory_management is off: the shop counts its own stock"
            kept |= {"quantity": reason, "inventory_management": reason}
        if not self.manage_category_enabled:
            kept["collection"] = "manage_category_enabled is off: categories are the shop's own"
        elif self.category_parent_id is None:
            kept["collection"] = "category_parent_id is not set: there is no place for categories yet"
        if not self.create_image_enabled and not self.delete_image_enabled:
            kept["images"] = (
                "create_image_enabled and delete_image_enabled are off: pictures are the shop's own"
            )
        return kept
