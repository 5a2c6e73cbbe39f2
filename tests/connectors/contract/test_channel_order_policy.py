"""Settings that shape an order before it is stored mean the same on every channel that has them."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal

import pytest

from stockwire.domain.order_policy import OrderPolicy
from stockwire.ports import ChannelConnector
from stockwire.registry import channel_connector

LEAST = {
    "shopify": {"channel_domain": "karoo", "password": "shpat_1"},
    "woocommerce": {
        "api_url": "https://shop.example.com",
        "consumer_key": "ck_1",
        "consumer_secret": "cs_1",
    },
}
TABLE = [
    ("check_order_items_linked", "true", "require_linked", True),
    ("order_remove_unlinked_items", "true", "drop_unlinked", True),
    ("order_link_items_on_sku", "true", "link_items", True),
    ("order_use_system_price", "true", "system_price", True),
    ("order_use_system_price", "yes", "system_price", False),
    ("order_use_system_price_tier", "Trade", "system_price_tier", "Trade"),
    ("order_use_system_price_tax", "14", "system_price_tax", Decimal(14)),
    ("order_use_system_price_tax", "0", "system_price_tax", Decimal(0)),
    ("order_fixed_shipping_price", "57.50", "fixed_shipping_price", Decimal("57.50")),
    ("order_fixed_shipping_price", "0", "fixed_shipping_price", Decimal(0)),
    ("order_fixed_shipping_price", "", "fixed_shipping_price", None),
    ("order_fixed_shipping_tax", "15", "fixed_shipping_tax", Decimal(15)),
    ("order_fixed_shipping_tax", "", "fixed_shipping_tax", None),
]
CASES = [
    (name, *row) for name in LEAST for row in TABLE if row[0] in channel_connector(name).settings.model_fields
]


def policy_of(connector: ChannelConnector, **given: str) -> OrderPolicy:
    return connector.order_policy(connector.settings(**{**LEAST[connector.name], **given}))


@pytest.mark.parametrize(("name", "setting", "text", "field", "value"), CASES)
def test_a_setting_changes_what_it_is_named_for_and_nothing_else(name, setting, text, field, value):
    connector = channel_connector(name)
    found, plain = policy_of(connector, **{setting: text}), policy_of(connector)
    assert getattr(found, field) == value
    others = [one.name for one in fields(OrderPolicy) if one.name != field]
    assert {one: getattr(found, one) for one in others} == {one: getattr(plain, one) for one in others}


def test_every_part_of_the_policy_is_some_channels_setting():
    assert {field for _, _, _, field, _ in CASES} == {one.name for one in fields(OrderPolicy)}


@pytest.mark.parametrize("name", LEAST)
def test_without_settings_an_order_is_stored_as_it_came(name):
    assert policy_of(channel_connector(name)) == OrderPolicy()
