"""All modules that declare fields of the schema; importing this one makes them known."""

from __future__ import annotations

from stockwire.simulators.shopify import (
    bulk,
    collection_fields,
    discount_fields,
    files,
    fulfilment_fields,
    hook_fields,
    inventory_fields,
    inventory_write,
    media,
    metafield_write,
    metafields,
    order_fields,
    order_write,
    product_fields,
    product_set,
    product_write,
    publishing,
    shop_fields,
    uploads,
    variants_bulk,
)

ALL = (
    bulk,
    collection_fields,
    discount_fields,
    files,
    fulfilment_fields,
    hook_fields,
    inventory_fields,
    inventory_write,
    media,
    metafield_write,
    metafields,
    order_fields,
    order_write,
    product_fields,
    product_set,
    product_write,
    publishing,
    shop_fields,
    uploads,
    variants_bulk,
)
