"""How each column of a product file puts its cells into the row: one reader per kind of column.

Pure. What a reader is not given it leaves alone; a cell that cannot be used raises Wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from stockwire.domain import cells
from stockwire.domain.cells import Wrong

LONGEST = {"title": 500, "collection": 200, "product_type": 200, "vendor": 200}


@dataclass(slots=True)
class Draft:
    """A row while its cells are being read."""

    product_code: str = ""
    variant_code: str = ""
    active: bool | None = None
    texts: dict[str, str] = field(default_factory=dict)
    sku: str | None = None
    barcode: str | None = None
    grams: int | None = None
    inventory_management: bool | None = None
    prices: dict[str, Decimal] = field(default_factory=dict)
    quantities: dict[str, Decimal] = field(default_factory=dict)
    meta: dict[str, str] = field(default_factory=dict)
    meta_delete: tuple[str, ...] = ()
    images: dict[int, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)


Read = Callable[[Draft, str], None]


def text_reader(name: str) -> Read:
    longest = LONGEST.get(name, 0)

    def read(draft: Draft, cell: str) -> None:
        # A title cannot be taken away.
        if name != "title" or cell.strip():
            draft.texts[name] = cells.text(name, cell, longest)

    return read


def price_reader(name: str, tier: str) -> Read:
    known: dict[str, Decimal] = {}

    def read(draft: Draft, cell: str) -> None:
        amount = known.get(cell)
        if amount is None:
            if not cell.strip():
                return
            known[cell] = amount = cells.price(name, cell)
        draft.prices[tier] = amount

    return read


def quantity_reader(name: str, warehouse: str) -> Read:
    known: dict[str, Decimal] = {}

    def read(draft: Draft, cell: str) -> None:
        amount = known.get(cell)
        if amount is None:
            if not cell.strip():
                return
            known[cell] = amount = cells.quantity(name, cell)
        draft.quantities[warehouse] = amount

    return read


def meta_reader(name: str, key: str) -> Read:
    def read(draft: Draft, cell: str) -> None:
        draft.meta[key] = cells.text(name, cell)

    return read


def image_reader(name: str, position: int) -> Read:
    def read(draft: Draft, cell: str) -> None:
        address = cells.text(name, cell.strip(), 2000)
        if address and not address.startswith(("http://", "https://", "/images/")):
            raise Wrong(f'{name} is "{address[:60]}", which is no address.', "It begins with https://.")
        if address:
            draft.images[position] = address

    return read


def option_reader(name: str) -> Read:
    longest = 100 if name.endswith("name") else 200

    def read(draft: Draft, cell: str) -> None:
        draft.options[name] = cells.text(name, cell.strip(), longest)

    return read


def options(given: dict[str, str]) -> tuple[tuple[str, str], ...]:
    pairs = []
    for number in (1, 2, 3):
        name, value = given.get(f"option{number}_name", ""), given.get(f"option{number}_value", "")
        if bool(name) != bool(value):
            raise Wrong(
                f"option{number} has a {'name' if name else 'value'} but no {'value' if name else 'name'}.",
                f"Fill in both option{number}_name and option{number}_value, or neither.",
            )
        if name:
            pairs.append((name, value))
    return tuple(pairs)


def _product_code(draft: Draft, cell: str) -> None:
    draft.product_code = cells.code("source_product_code", cell)


def _variant_code(draft: Draft, cell: str) -> None:
    draft.variant_code = cells.code("source_variant_code", cell)


def _sku(draft: Draft, cell: str) -> None:
    draft.sku = cells.code("sku", cell) or None


def _barcode(draft: Draft, cell: str) -> None:
    draft.barcode = cells.code("barcode", cell)


def _grams(draft: Draft, cell: str) -> None:
    if cell.strip():
        draft.grams = cells.grams("grams", cell)


def _managed(draft: Draft, cell: str) -> None:
    if cell.strip():
        draft.inventory_management = cells.yes_or_no("inventory_management", cell)


def _active(draft: Draft, cell: str) -> None:
    if cell.strip():
        draft.active = cells.yes_or_no("active", cell)


def _meta_delete(draft: Draft, cell: str) -> None:
    draft.meta_delete = tuple(key for part in cell.split(",") if (key := part.strip()))


SIMPLE: dict[str, Read] = {
    "source_product_code": _product_code,
    "source_variant_code": _variant_code,
    "sku": _sku,
    "barcode": _barcode,
    "grams": _grams,
    "inventory_management": _managed,
    "active": _active,
    "delete_meta": _meta_delete,
}
"""Readers of the columns that are always called the same, texts aside."""
