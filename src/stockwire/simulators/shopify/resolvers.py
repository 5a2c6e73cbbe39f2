"""All modules that declare fields of the schema; importing this one makes them known."""

from __future__ import annotations

from stockwire.simulators.shopify import (
    inventory_fields,
    inventory_write,
    media,
    metafields,
    product_fields,
    product_set,
    product_write,
    shop_fields,
    variants_bulk,
)

ALL = (
    inventory_fields,
    inventory_write,
    media,
    metafields,
    product_fields,
    product_set,
    product_write,
    shop_fields,
    variants_bulk,
)
