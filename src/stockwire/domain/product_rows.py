"""What one row of a product file says of one product and variant.

A field is None when the file does not speak of it, so that only the columns that are there change anything.
Blank is not None: a blank text takes the text away. Blank numbers, codes and yes-or-no cells say nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

PRODUCT_TEXTS = ("title", "body_html", "collection", "product_type", "tags", "vendor")
"""Product-level columns of plain text, under the names of formats.md 1.1."""


@dataclass(frozen=True, slots=True)
class ProductRow:
    """`number` is the row's number in the file, the header being 1. At least one of the codes is not "".

    `prices` maps a price list to an amount, `quantities` a warehouse to what is available ("" is the only or
    summed one), `meta` an attribute to its text, `images` a position (from 1) to an address. `options` are
    pairs of name and value in their order, None without option columns. `meta_delete` are attributes to go.
    """

    number: int
    product_code: str
    variant_code: str
    active: bool | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    sku: str | None = None
    barcode: str | None = None
    grams: int | None = None
    inventory_management: bool | None = None
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    quantities: Mapping[str, Decimal] = field(default_factory=dict)
    meta: Mapping[str, str] = field(default_factory=dict)
    meta_delete: tuple[str, ...] = ()
    images: Mapping[int, str] = field(default_factory=dict)
    options: tuple[tuple[str, str], ...] | None = None

    @property
    def code(self) -> str:
        """The code it is known by in messages."""
        return self.variant_code or self.product_code


class RowResult(NamedTuple):
    """What happens, or would happen, to a row. `outcome` is "add", "update", "nothing", "delete", "skipped"
    or "problem"; `changes` maps a field to (before, after). `message` and `fix` are for the operator,
    `images` are addresses that are new here.
    """

    number: int
    code: str
    outcome: str
    changes: Mapping[str, tuple[str | None, str | None]] = MappingProxyType({})
    message: str = ""
    fix: str = ""
    images: int = 0
