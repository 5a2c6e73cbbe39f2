"""What the operator fills in to connect a Shopify shop. The console's form is made from this model.

Keys carry the names operators know from such hubs (settings.md section 3) and add a few. Nothing here talks
to a shop.
"""

from __future__ import annotations

import re
from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator, model_validator

from stockwire.connectors.shopify.setting_types import (
    Credential,
    Number,
    Secret,
    Switch,
    Whole,
    is_loopback,
    location_templates,
    setting,
    template_can_be_read,
)

VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")
PARAM_PREFIX = "set_param_"
_SHOP = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
_SECRETS = ("password", "client_secret", "refresh_token", "hmac_shared_secret", "hmac_previous_secret")


class ShopifySettings(BaseModel):
    """Settings of one Shopify channel. Secrets never show in a repr, a dump or a message.

    Beside the named ones there may be any number of `set_param_<name>`: templates over the order.
    """

    model_config = ConfigDict(extra="allow", str_strip_whitespace=True, hide_input_in_errors=True)

    channel_domain: str = setting(
        ...,
        "Shop",
        "The shop's own address, <shop>.myshopify.com. Its name alone, or the address of its admin, is "
        "understood as well.",
        "Connection",
    )
    api_key: str = setting(
        "",
        "Client ID",
        "The client ID (API key) of the app. Needed unless an access token is given.",
        "Connection",
    )
    password: Secret = setting(
        None,
        "Access token",
        "Starts with shpat_: of an app made in the shop's admin before 2026. It does not expire. Leave it "
        "empty for an app of the Dev Dashboard.",
        "Connection",
    )
    client_secret: Secret = setting(
        None,
        "Client secret",
        "The client secret of the app. With the client ID it gets a token for 24 hours, again and again.",
        "Connection",
    )
    refresh_token: Secret = setting(
        None,
        "Refresh token",
        "Only for an app that others gave access to: the token that came with its installation. It is "
        "replaced by each renewal; the newest is kept encrypted.",
        "Connection",
    )
    hmac_shared_secret: Secret = setting(
        None,
        "Webhook secret",
        "What the shop signs webhooks with. For an app with a client secret it is that one, and this may "
        "stay empty. Without either, orders arrive by polling only.",
        "Connection",
    )
    hmac_previous_secret: Secret = setting(
        None,
        "Previous webhook secret",
        "For the hour after a secret was changed: deliveries signed with the old one are still believed.",
        "Connection",
    )
    api_version: str = setting(
        VERSIONS[-1], "API version", f"One of {', '.join(VERSIONS)}. Each lives for a year.", "Connection"
    )
    timeout_s: float = setting(
        60.0, "Wait for an answer (seconds)", "How long to wait for the shop.", "Connection", gt=0, le=600
    )
    budget_share: float = setting(
        0.8,
        "Share of the API budget",
        "How much of the shop's points Stockwire may use; the rest is always left to other apps that use "
        "the same credentials.",
        "Speed",
        gt=0,
        le=1,
    )
    batch_size_max: int = setting(
        250, "Rows per call", "Stock figures in one call; Shopify takes 250.", "Speed", ge=1, le=250
    )
    products_per_call: int = setting(
        10, "Products per call", "How many products are written in one call.", "Speed", ge=1, le=50
    )
    bulk_enabled: Switch = setting(
        True,
        "Bulk operations",
        "Use a bulk operation where the points say that it is faster.",
        "Speed",
    )
    auto_sync: Switch = setting(
        True,
        "Link by SKU",
        "On: a SKU the shop has is linked, others are created. Off: always created, which makes doubles of "
        "what is there already.",
        "Products",
    )
    hide_product_enabled: Switch = setting(
        False, "Create unpublished", "On: new products are on no sales channel of the shop.", "Products"
    )
    publish_to: str = setting(
        "Online Store",
        "Publish on",
        "Sales channels a new product appears on: names with commas, or * for all.",
        "Products",
    )
    delete_product_enabled: Switch = setting(
        True,
        "Delete products",
        "Exactly true deletes what leaves the channel; anything else never does.",
        "Products",
    )
    block_image_enabled: Switch = setting(
        True, "Block images", "On: no images are sent to the shop.", "Products"
    )
    ignore_category_enabled: Switch = setting(
        True,
        "Ignore collections",
        "On: collections are not touched. Off: a manual collection named after the product's collection is "
        "made and the product put into it.",
        "Products",
    )
    inventory_management: str = setting(
        "shopify",
        "Inventory management",
        "shopify: stock is tracked by the shop and sent. Anything else: another app manages stock, and it is "
        "left alone.",
        "Products",
    )
    qty_limit_upper: Whole = setting(
        50, "Highest quantity", "No SKU shows more than this. Empty: no limit.", "Products", ge=0
    )
    compare_at_price: str = setting(
        "{{price_tiers.Wholesale.price}}",
        "Compare-at price",
        "Template of the compare-at price; sent only where it is above zero and above the price.",
        "Products",
    )
    use_location_api: Switch = setting(
        True,
        "Stock by location",
        "Off: one quantity, at location_id or the shop's first location.",
        "Products",
    )
    location_map: str = setting(
        "",
        "Location map",
        'JSON: {"<location id>": "{{qty_availability.<warehouse>}}"}. Empty: one quantity.',
        "Products",
    )
    location_id: str = setting(
        "",
        "Location",
        "Id of the location of the one quantity. Empty: the shop's first active location.",
        "Products",
    )
    stale_wait_s: float = setting(
        120.0,
        "Let orders come first (seconds)",
        "When the shop sold meanwhile and shows less than we send, wait so long after its last change, so "
        "that the order is known before stock is raised.",
        "Products",
        ge=0,
        le=3600,
    )
    metafields_enabled: Switch = setting(
        False, "Send attributes", "On: attributes of the product become metafields.", "Products"
    )
    metafield_namespace: str = setting(
        "custom",
        "Namespace of metafields",
        "Where attributes are put; custom shows in the admin.",
        "Products",
    )
    add_all_orders: Switch = setting(
        False, "Raise all orders", "On: every order. Off: only paid ones.", "Orders"
    )
    add_test_orders: Switch = setting(
        False, "Raise test orders", "On: orders of the shop's test gateway are raised too.", "Orders"
    )
    check_order_items_linked: Switch = setting(
        False, "Every line must be known", "On: an order with an unknown SKU is held.", "Orders"
    )
    order_remove_unlinked_items: Switch = setting(
        False, "Drop unknown lines", "On: lines the hub does not know are left out.", "Orders"
    )
    group_duplicate_order_items: Switch = setting(
        False, "Merge repeated lines", "Lines with the same SKU become one.", "Orders"
    )
    line_item_discounts: Switch = setting(
        False,
        "Discounts on lines",
        "On: each line bears its own discount. Off: the discount is kept on the order, and the source may "
        "spread it anew (param_line_item_discount).",
        "Orders",
    )
    order_use_system_price: Switch = setting(
        False, "Use our prices", "On: lines are raised at the hub's own price.", "Orders"
    )
    order_use_system_price_tier: str = setting(
        "", "Price list for that", "Empty: the retail list. A SKU not on the list costs 0.", "Orders"
    )
    order_use_system_price_tax: float = setting(
        15.0, "Tax for that (percent)", "The rate our price is taxed with.", "Orders", ge=0, le=100
    )
    order_fixed_shipping_price: Number = setting(
        None, "Fixed delivery price", "Including tax; the shop's delivery lines are then ignored.", "Orders"
    )
    order_fixed_shipping_tax: Whole = setting(
        None, "Tax of fixed delivery (percent)", "Whole number. Empty: no tax.", "Orders", ge=0, le=100
    )
    send_customer_email: Switch = setting(
        False,
        "Confirm orders by e-mail",
        "Kept from other hubs. Shopify sends its own confirmation; nothing is sent from here.",
        "Orders",
    )
    order_code_prefix: str = setting("", "Order number prefix", "Put before the order's name.", "Orders")
    order_poll_overlap_s: int = setting(
        300, "Poll overlap (seconds)", "How far each poll reaches back.", "Orders", ge=30, le=86_400
    )
    queue_fulfill_order: Switch = setting(
        False,
        "Fulfil after raising",
        "On: the order goes to the fulfilment service. Nothing acts on it before there is one.",
        "Fulfilment",
    )
    default_fulfillmentservice_id: str = setting(
        "",
        "Fulfilment service",
        "Which service gets the orders. Nothing acts on it before there is one.",
        "Fulfilment",
    )
    fulfillment_map: str = setting(
        "",
        "Fulfilment map",
        "JSON template of what the shop is told of the courier (docs/connect/shopify.md).",
        "Fulfilment",
    )
    notify_customer: Switch = setting(
        True, "Tell the customer", "On: Shopify mails the customer when goods are on their way.", "Fulfilment"
    )

    @field_validator("channel_domain")
    @classmethod
    def _domain_is_a_shop(cls, value: str) -> str:
        text = value.lower().rstrip("/")
        parts = urlsplit(text if "//" in text else f"https://{text}")
        if parts.username or parts.password:
            raise ValueError("the shop's address must not contain a user name or password")
        host = parts.hostname or ""
        if is_loopback(host):
            return f"{parts.scheme}://{parts.netloc}"
        if host == "admin.shopify.com":
            host = parts.path.removeprefix("/store/").split("/")[0]
        if host and "." not in host:
            host = f"{host}.myshopify.com"
        if not _SHOP.fullmatch(host):
            raise ValueError(
                "give the shop's own address, <shop>.myshopify.com (Settings > Domains shows it), not the "
                "one customers use"
            )
        return host

    @field_validator("password")
    @classmethod
    def _token_is_no_secret_of_the_app(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and value.get_secret_value().startswith("shpss_"):
            raise ValueError("this is a client secret (shpss_); put it into client_secret")
        return value

    @field_validator("api_version")
    @classmethod
    def _version_is_tested(cls, value: str) -> str:
        if value not in VERSIONS:
            raise ValueError(f"it must be one of {', '.join(VERSIONS)}")
        return value

    @field_validator("delete_product_enabled", mode="before")
    @classmethod
    def _only_true_deletes(cls, value: object) -> object:
        return value.strip() == "true" if isinstance(value, str) else value

    @field_validator("location_map")
    @classmethod
    def _map_is_an_object(cls, value: str) -> str:
        for template in location_templates(value).values() if value else ():
            template_can_be_read(template, "location_map")
        return value

    @field_validator("compare_at_price")
    @classmethod
    def _template_can_be_read(cls, value: str) -> str:
        template_can_be_read(value, "compare_at_price")
        return value

    @field_validator("location_id")
    @classmethod
    def _location_is_a_number(cls, value: str) -> str:
        code = value.rpartition("/")[2]
        if code and not code.isdecimal():
            raise ValueError("it is a number; the shop's admin shows it in the address of the location")
        return code

    @model_validator(mode="after")
    def _credentials_are_complete(self) -> Self:
        for name in self.model_extra or {}:
            if not name.lower().startswith(PARAM_PREFIX):
                raise ValueError(f"there is no setting {name!r}")
        if self.password is None and not (self.api_key and self.client_secret):
            raise ValueError(
                "give an access token (password), or the client ID (api_key) and the client_secret of the app"
            )
        return self

    @property
    def base_url(self) -> str:
        """The shop's address without a slash at the end; plain http only on this machine."""
        return self.channel_domain if "//" in self.channel_domain else f"https://{self.channel_domain}"

    @property
    def graphql_url(self) -> str:
        return f"{self.base_url}/admin/api/{self.api_version}/graphql.json"

    @property
    def credential(self) -> Credential:
        if self.refresh_token is not None:
            return Credential.REFRESH
        return Credential.STATIC if self.password is not None else Credential.CLIENT

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The secrets a delivery may be signed with, the one in force first."""
        named = self.hmac_shared_secret or (self.client_secret if self.password is None else None)
        found = (named, self.hmac_previous_secret)
        return tuple(secret.get_secret_value() for secret in found if secret is not None)

    @property
    def locations(self) -> dict[str, str]:
        """Template of the quantity by location id (digits); empty when there is one quantity only."""
        return location_templates(self.location_map) if self.location_map and self.use_location_api else {}

    @property
    def sends_stock(self) -> bool:
        return self.inventory_management.lower() in {"shopify", "true", "1"}

    @property
    def order_params(self) -> dict[str, str]:
        """Template by the name of the order param it fills."""
        extra = self.model_extra or {}
        return {name[len(PARAM_PREFIX) :]: str(text) for name, text in extra.items() if str(text).strip()}


def secrets_of(settings: ShopifySettings) -> list[str]:
    """Every secret of these settings, to be kept out of messages."""
    values = [getattr(settings, name) for name in _SECRETS]
    return [value.get_secret_value() for value in values if value is not None]
