"""Products that leave the shop: deleted where the setting says exactly that, otherwise left with a word.

What is deleted is ours alone: a product that got other variants by hand loses only the one that was linked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stockwire.connectors.shopify.items import Item, gid
from stockwire.connectors.shopify.line import Line
from stockwire.connectors.shopify.lookup import find_products
from stockwire.connectors.shopify.operations import PRODUCT_DELETE, VARIANTS_DELETE, Write
from stockwire.connectors.shopify.refusals import explain_row, user_errors
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.errors import StockwireError

_DELETIONS_PER_CALL = 10


def remove(line: Line, settings: ShopifySettings, items: Sequence[Item]) -> None:
    """Carry out every REMOVE. Taking away what is gone already is no error."""
    going: list[Item] = []
    for item in items:
        if not item.product:
            item.is_gone = True
            item.notes.append("It was not linked, so there was nothing to take away.")
        elif not settings.delete_product_enabled:
            item.notes.append("The shop keeps the product, because delete_product_enabled is off.")
        else:
            going.append(item)
    if not going:
        return
    try:
        held = find_products(line, [item.product for item in going])
    except StockwireError as error:
        for item in going:
            item.fail(error)
        return
    writes: list[Write] = []
    there: list[Item] = []
    for item in going:
        found = held.get(item.product)
        if found is None:
            item.is_gone = True
            item.notes.append("It was already gone from the shop.")
            continue
        product = gid("Product", item.product)
        variant = item.change.link.variant_code if item.change.link else ""
        others = [hit for hit in found.variants if hit.variant != variant]
        if variant and others and len(others) < len(found.variants):
            item.notes.append(
                f"Only its variant was deleted: product {item.product} has {len(others)} others, which were "
                "made by hand."
            )
            given = {"productId": product, "variantsIds": [gid("ProductVariant", variant)]}
            writes.append(Write(VARIANTS_DELETE, given))
        else:
            item.gone_variants = tuple(hit.variant for hit in found.variants)
            writes.append(Write(PRODUCT_DELETE, {"input": {"id": product}}))
        there.append(item)

    def settle(at: int, payload: Mapping[str, Any]) -> None:
        item, errors = there[at], user_errors(payload)
        if errors and not all(error.is_gone for error in errors):
            item.fail(explain_row(item.change.sku, errors[0]))
            return
        item.is_gone = True
        item.notes.append("It was already gone from the shop." if errors else "Deleted from the shop.")

    line.write("Remove", writes, _DELETIONS_PER_CALL, settle, lambda at, error: there[at].fail(error))
