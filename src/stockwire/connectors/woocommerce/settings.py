"""What the operator fills in to connect a WooCommerce shop. The console's form is made from this model.

Keys carry the names operators know from such hubs; the README lists the known ones that come later. Nothing
here talks to a shop.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Self
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from stockwire.connectors.woocommerce.order_settings import OrderSettings
from stockwire.connectors.woocommerce.product_settings import ProductSettings
from stockwire.connectors.woocommerce.setting_types import (
    Authentication,
    Switch,
    blank_is_none,
    setting,
)

REST_PATH = "/wp-json/wc/v3"
_KNOWN_ENDINGS = re.compile(r"/(wp-json(/wc(/v\d+)?)?|wc-api(/v\d+)?)/?$", re.IGNORECASE)
_LEGACY_ENDING = re.compile(r"/wc-api(/v\d+)?/?$", re.IGNORECASE)


class ConnectionSettings(BaseModel):
    """The part of a channel's settings that is about reaching the shop."""

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


class WooCommerceSettings(OrderSettings, ProductSettings, ConnectionSettings):
    """Settings of one WooCommerce channel. Secrets never show in a repr, a dump or a message."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True)


def _is_loopback(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
