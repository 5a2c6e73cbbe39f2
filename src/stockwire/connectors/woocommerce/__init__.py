"""WooCommerce: products, prices and stock out, orders in. See README.md for versions and limits."""

from __future__ import annotations

from stockwire.connectors.woocommerce.channel import WooCommerceChannel
from stockwire.connectors.woocommerce.gate import order_gate
from stockwire.connectors.woocommerce.product_map import PRICES, STOCK
from stockwire.connectors.woocommerce.settings import WooCommerceSettings
from stockwire.connectors.woocommerce.translate import no_barcode
from stockwire.connectors.woocommerce.webhooks import read_webhook
from stockwire.domain.order_policy import OrderPolicy
from stockwire.domain.terms import SettingTerms
from stockwire.ports import Capabilities, ChannelConnector

connector = ChannelConnector(
    name="woocommerce",
    title="WooCommerce",
    settings=WooCommerceSettings,
    capabilities=Capabilities(
        push_batch=500,
        webhooks=True,
        variants=True,
        compare_at=True,
        images=True,
        shelf=True,
        fulfilment=True,
        fields=frozenset({"title", "body_html", "barcode", "grams", "collection", "tags", "vendor"}),
    ),
    open=WooCommerceChannel,
    read_webhook=read_webhook,
    order_gate=order_gate,
    terms=lambda settings: SettingTerms(
        withheld=settings.withheld,
        product_map=settings.product_map,
        map_prices=PRICES,
        map_stock=STOCK,
        delete_enabled=settings.delete_product_enabled,
        created_as={"status": settings.create_product_status.value},
        parent_sku=True,
        price_decimals=settings.price_decimals,
        unsendable={"barcode": no_barcode},
    ),
    order_policy=lambda settings: OrderPolicy(
        link_items=settings.order_link_items_on_sku,
        system_price=settings.order_use_system_price,
        system_price_tier=settings.order_use_system_price_tier,
        system_price_tax=settings.order_use_system_price_tax,
    ),
    address="api_url",
)
