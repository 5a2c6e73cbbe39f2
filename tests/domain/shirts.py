"""A shirt in two sizes, with something in most fields and nothing in one, for rules to be asked of."""

from __future__ import annotations

from decimal import Decimal

from stockwire.domain.records import Image, Product, Variant

SHIRT = Product(
    code="SHIRT",
    active=True,
    title="Cotton shirt",
    collection="Clothing",
    vendor=None,
    tags="summer, Sale",
    meta={"Fabric": "Cotton", "empty": ""},
    option_names=("Size",),
    images=(Image("https://example.com/1.jpg"),),
    variants=(
        Variant(
            "S-S", "S-S", {"retail": Decimal("99.90"), "trade": Decimal(80)}, {"JHB": Decimal(0)}, grams=200,
            option_values=("S",), barcode="6001",
        ),
        Variant("S-M", "S-M", {"retail": Decimal("119.90")}, {"JHB": Decimal(4), "CPT": Decimal(2)}, option_values=("M",)),
    ),
)  # fmt: skip
