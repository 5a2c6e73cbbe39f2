"""The pages for shop owners list every setting of a channel, under its name in the settings file, as it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from stockwire.registry import channel_connector

DOCS = Path(__file__).parents[2] / "docs" / "connect"
# As the table of WooCommerce settings names them that people know from other hubs of this kind.
KNOWN_WOOCOMMERCE_KEYS = [
    "api_url",
    "authentication",
    "consumer_key",
    "consumer_secret",
    "hmac_shared_secret",
    "create_product_enabled",
    "create_product_status",
    "product_map",
    "delete_product_enabled",
    "create_image_enabled",
    "delete_image_enabled",
    "manage_category_enabled",
    "category_parent_id",
    "inventory_management",
    "bundles",
    "add_order_status",
    "order_code_field",
    "order_code_prefix",
    "order_from_date",
    "order_link_items_on_sku",
    "order_shipping_method_name",
    "order_use_system_price",
    "order_use_system_price_tier",
    "order_use_system_price_tax",
    "group_duplicate_order_items",
    "queue_fulfill_order",
    "default_fulfillmentservice_id",
]
NOT_YET = {"queue_fulfill_order", "default_fulfillmentservice_id"}


def row_of(key: str, field: Any) -> str:
    default = field.default
    if field.is_required():
        shown = "must be given"
    elif default is None or default == "":
        shown = ""
    elif isinstance(default, bool):
        shown = "on" if default else "off"
    else:
        shown = f"`{getattr(default, 'value', default)}`"
    said = field.description.replace("|", "\\|")
    return f"| {field.title} | `{key}` | {shown} | {said} |"


@pytest.mark.parametrize("system", ["woocommerce", "shopify"])
def test_every_setting_stands_on_the_page_and_no_other_one(system: str) -> None:
    page = (DOCS / f"{system}.md").read_text(encoding="utf-8")
    fields = channel_connector(system).settings.model_fields
    listed = re.findall(r"^\| [^|]+ \| `([a-z_]+)` \|", page, re.MULTILINE)
    assert sorted(listed) == sorted(fields)


def test_the_settings_of_woocommerce_stand_there_with_their_own_words() -> None:
    page = (DOCS / "woocommerce.md").read_text(encoding="utf-8")
    fields = channel_connector("woocommerce").settings.model_fields
    lacking = [row for key, field in fields.items() if (row := row_of(key, field)) not in page]
    assert lacking == []


@pytest.mark.parametrize("key", KNOWN_WOOCOMMERCE_KEYS)
def test_a_setting_people_know_is_there_or_is_named_as_missing(key: str) -> None:
    fields = channel_connector("woocommerce").settings.model_fields
    page = (DOCS / "woocommerce.md").read_text(encoding="utf-8")
    _, _, missing = page.partition("## What it does not do yet")
    assert (key in fields) is (key not in NOT_YET)
    assert (f"`{key}`" in missing) is (key in NOT_YET)
