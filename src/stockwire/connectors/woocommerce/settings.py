"""What the operator fills in to connect a WooCommerce shop. The console's form is made from this model.

Keys carry the names operators know from such hubs; the README lists the known ones that come later. Nothing
here talks to a shop.
"""

from __future__ import annotations

import re
from datetime import date
from ipaddress import ip_address
from typing import Annotated, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from stockwire.connectors.woocommerce.setting_types import (
    Authentication,
    CategoryId,
    DeleteMode,
    ProductStatus,
    Switch,
    WeightUnit,
    blank_is_none,
    setting,
)
from stockwire.domain import templates
from stockwire.domain.mapping import escape_of

REST_PATH = "/wp-json/wc/v3"
NEVER_RAISED = frozenset({"cancelled", "refunded", "failed", "trash", "checkout-draft", "auto-draft"})
_KNOWN_ENDINGS = re.compile(r"/(wp-json(/wc(/v\d+)?)?|wc-api(/v\d+)?)/?$", re.IGNORECASE)
_LEGACY_ENDING = re.compile(r"/wc-api(/v\d+)?/?$", re.IGNORECASE)


class WooCommerceSettings(BaseModel):
    """Settings of one WooCommerce channel. Secrets never show in a repr, a dump or a message."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True)

    api_url: str = setting(
        ...,
        "Shop address",
        "The address of the shop, for example https://www.your-store.com. An address that ends in "
        "/wp-json/wc/v3, or in the old /wc-api/v3, is understood as well.",
        "Connection",
    )
    consumer_key: SecretStr = setting(
        ...,
        "Consumer key",
        "Starts with ck_. Made in the shop under WooCommerce > Settings > Advanced > REST API, with "
        "Read/Write permission, for an administrator or shop manager.",
        "Connection",
    )
    consumer_secret: SecretStr = setting(
        ...,
        "Consumer secret",
        "Starts with cs_. The shop shows it once, together with the consumer key.",
        "Connection",
    )
    authentication: Authentication = setting(
        Authentication.BASIC,
        "How the keys are sent",
        "basic sends them in a header. query_params sends them in the address, for hosts that strip the "
        "header; they may then appear in the shop's access log. Plain http always signs (OAuth 1.0a).",
        "Connection",
    )
    hmac_shared_secret: SecretStr | None = setting(
        None,
        "Webhook secret",
        "A long random text of your own choice. The shop signs every webhook with it. Without one, orders "
        "arrive by polling only.",
        "Connection",
    )
    allow_plain_http: Switch = setting(
        False,
        "Allow plain http",
        "Customer data then travels unencrypted. Leave it off unless the shop is on your own network.",
        "Connection",
    )
    timeout_s: float = setting(
        60.0,
        "Wait for an answer (seconds)",
        "How long to wait for the shop before trying again later.",
        "Connection",
        gt=0,
        le=600,
    )
    batch_size_max: int = setting(
        100,
        "Products per call",
        "WooCommerce accepts 100 unless its limit was changed. Smaller calls are chosen by themselves while "
        "the shop is slow.",
        "Speed",
        ge=1,
        le=1000,
    )
    batch_seconds_target: float = setting(
        15.0,
        "Longest call (seconds)",
        "A call that takes longer makes the next ones smaller. Hosts often cut calls at 30 or 60 seconds.",
        "Speed",
        gt=0,
        le=300,
    )
    parallel_batches: int = setting(
        1,
        "Calls at the same time",
        "More than one is faster on a strong server and a burden for a small one.",
        "Speed",
        ge=1,
        le=8,
    )
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
    group_duplicate_order_items: Switch = setting(
        False,
        "Merge repeated lines",
        "Lines with the same SKU become one line; quantities and totals are added up.",
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

    @field_validator("api_url")
    @classmethod
    def _api_url_is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the shop address must start with https:// and name the shop's host")
        if parts.username or parts.password:
            raise ValueError("the shop address must not contain a user name or password")
        return value

    @field_validator("consumer_key", "consumer_secret")
    @classmethod
    def _keys_are_keys(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        start = "ck_" if info.field_name == "consumer_key" else "cs_"
        if not value.get_secret_value().startswith(start):
            raise ValueError(f"it must start with {start}; copy it again from the shop's REST API page")
        return value

    @field_validator("hmac_shared_secret", mode="before")
    @classmethod
    def _blank_secret_is_none(cls, value: object) -> object:
        return blank_is_none(value)

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

    @field_validator("product_map")
    @classmethod
    def _map_can_be_read(cls, value: str) -> str:
        try:
            templates.compile(value, name="product_map", escape=escape_of("product_map"))
        except templates.TemplateError as error:
            raise ValueError(str(error)) from None
        return value

    @model_validator(mode="after")
    def _plain_http_is_a_choice(self) -> Self:
        parts = urlsplit(self.api_url)
        if parts.scheme == "http" and not self.allow_plain_http and not _is_loopback(parts):
            raise ValueError(
                "api_url: the shop address must start with https://. Without it customer data travels "
                "unencrypted; if the shop is on your own network, switch on allow_plain_http."
            )
        return self

    @property
    def site_url(self) -> str:
        """The shop's own address without any API path and without a slash at the end."""
        parts = urlsplit(self.api_url)
        path = _KNOWN_ENDINGS.sub("", parts.path).rstrip("/")
        return f"{parts.scheme}://{parts.netloc}{path}"

    @property
    def rest_url(self) -> str:
        return self.site_url + REST_PATH

    @property
    def is_legacy_url(self) -> bool:
        """True when the legacy API's base was given; the same keys work on wc/v3."""
        return bool(_LEGACY_ENDING.search(urlsplit(self.api_url).path))

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

    @property
    def raised_statuses(self) -> frozenset[str]:
        return frozenset(self.add_order_status.split(","))


def _is_loopback(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
