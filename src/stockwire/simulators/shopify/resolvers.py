"""All modules that declare fields of the schema; importing this one makes them known."""

from __future__ import annotations

from stockwire.simulators.shopify import (
    discount_fields,
    fulfilment_fields,
    inventory_fields,
    inventory_write,
    media,
    metafields,
    order_fields,
    order_write,
    product_fields,
    product_set,
    product_write,
    shop_fields,
    variants_bulk,
)

ALL = (
    discount_fields,
    fulfilment_fields,
    inventory_fields,
    inventory_write,
    media,
    metafields,
    order_fields,
    order_write,
    product_fields,
    product_set,
    product_write,
    shop_fields,
    variants_bulk,
)
