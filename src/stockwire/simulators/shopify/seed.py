"""Invented products, many of them quickly. No name, price or SKU comes from a real business."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stockwire.simulators.shopify import catalogue, places

if TYPE_CHECKING:
    from stockwire.simulators.shopify.shop import Record, Shop

THINGS = ("bolt", "bracket", "gasket", "hinge", "lamp", "mug", "notebook", "spanner", "tray", "valve")
LOOKS = ("amber", "brushed", "compact", "dark", "even", "flat", "grey", "heavy", "light", "plain")


def filled(shop: Shop, products: int, variants_each: int = 1, **fields: Any) -> list[str]:
    """Make products with variants; see Shop.fill. `prefix` begins the SKUs, `quantity` is their stock."""
    # Chance of a rehearsal, the same every time; nothing secret hangs on it.
    chance = random.Random(products * 1000 + variants_each)  # noqa: S311
    prefix = str(fields.get("prefix", "SW"))
    first = len(shop.shelf("Product")) + 1
    skus: list[str] = []
    for at in range(first, first + products):
        title = f"{LOOKS[at % 10]} {THINGS[at // 10 % 10]} {at}".capitalize()
        product = catalogue.new_product(shop, title, handle=f"{prefix.lower()}-{at:05d}")
        names = (
            ["Default Title"] if variants_each == 1 else [f"Size {n}" for n in range(1, variants_each + 1)]
        )
        option = "Title" if variants_each == 1 else "Size"
        catalogue.set_options(shop, product, [(option, names)])
        for place, name in enumerate(names, 1):
            sku = f"{prefix}-{at:05d}-{place:02d}"
            skus.append(sku)
            price = Decimal(chance.randrange(995, 250_000)) / 100
            variant = catalogue.new_variant(shop, product, {option: name}, sku=sku, tracked=True, price=price)
            _stock(variant, int(fields.get("quantity", chance.randrange(0, 200))))
            catalogue.index_variant(shop, variant)
        for publication in shop.shelf("Publication").values():
            product["publications"][publication["number"]] = product["createdAt"]
        product["publishedAt"] = product["createdAt"]
        catalogue.index_product(shop, product)
    # What was there before the rehearsal began is known to searches.
    for kind in ("Product", "ProductVariant", "InventoryItem"):
        shop.index.settle(kind)
    return skus


def _stock(variant: Record, amount: int) -> None:
    level = next(iter(variant["item"]["levels"].values()))
    level["held"]["available"] = amount
    assert places.quantity(level, "on_hand") == amount
