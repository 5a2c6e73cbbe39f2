"""Shopify: products with variants, prices, stock by location and pictures out, orders in, fulfilments out.

See README.md for versions and limits.
"""

from __future__ import annotations

from stockwire.connectors.shopify.channel import ShopifyChannel
from stockwire.connectors.shopify.credentials import shop_of
from stockwire.connectors.shopify.gate import order_gate
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.connectors.shopify.terms import order_policy, terms
from stockwire.connectors.shopify.webhooks import read_webhook
from stockwire.ports import Capabilities, ChannelConnector

connector = ChannelConnector(
    name="shopify",
    title="Shopify",
    settings=ShopifySettings,
    capabilities=Capabilities(
        push_batch=500,
        webhooks=True,
        variants=True,
        images=True,
        locations=True,
        compare_at=True,
        meta=True,
        shelf=True,
        fulfilment=True,
        compare_and_set=True,
        fields=frozenset(
            {"title", "body_html", "collection", "product_type", "vendor", "tags", "barcode", "grams"}
        ),
    ),
    open=ShopifyChannel,
    read_webhook=read_webhook,
    order_gate=order_gate,
    terms=terms,
    order_policy=order_policy,
    shop_of=shop_of,
    address="channel_domain",
)
