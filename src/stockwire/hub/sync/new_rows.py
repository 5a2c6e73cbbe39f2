"""Rows of a file that will most likely turn out to be new products: all that can be made of them before the
database is asked, by whoever reads the file while the batch before is being stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from stockwire.domain.product_rows import ProductRow, RowResult
from stockwire.hub.sync.staged_rows import ESCAPED, NULL, text_array

COLUMNS = (
    "product_code, variant_code, sku, title, body_html, collection, product_type, vendor, tags, barcode, "
    "grams, managed, given"
)
"""What a line holds, in its order (store_first)."""


@dataclass(frozen=True, slots=True)
class NewRows:
    """`products` and `variants` are the codes of the rows as array literals, `text` is what COPY takes,
    `results` what is to be said of the rows if all of them are new. `alone`: each is a product of its own."""

    alone: bool
    products: str
    variants: str
    text: str
    results: list[RowResult]


def new_rows(rows: Sequence[ProductRow]) -> NewRows | None:
    """None when a row does not say all that a new product needs."""
    if not rows or not all(map(is_whole, rows)):
        return None
    products = [row.product_code for row in rows]
    return NewRows(
        len(set(products)) == len(products),
        text_array(products),
        text_array([row.variant_code for row in rows]),
        "".join(map(new_line, rows)),
        [RowResult(row.number, row.variant_code, "add", images=len(row.images)) for row in rows],
    )


def is_whole(row: ProductRow) -> bool:
    """Whether the row says all that a new product needs. A title that is there is never blank."""
    return bool(row.active is not False and row.product_code and row.variant_code and row.texts.get("title"))


def new_line(row: ProductRow) -> str:
    """The line of a row whose product is not there yet: nothing can be taken away from it, so blank is
    nothing, and it gets what it cannot be without. Its prices, quantities and attributes stand in `given`.
    """
    product, code, texts = row.product_code, row.variant_code, row.texts
    sku, barcode, given = row.sku or code, row.barcode or "", copied_json(given_of(row))
    words = "".join((product, code, sku, barcode, *texts.values()))
    if "\\" in words or not words.isprintable():
        product, code, sku, barcode = (word.translate(ESCAPED) for word in (product, code, sku, barcode))
        texts = {name: text.translate(ESCAPED) for name, text in texts.items()}
    get = texts.get
    return (
        f"{product}\t{code}\t{sku}\t{get('title') or NULL}\t{get('body_html') or NULL}"
        f"\t{get('collection') or NULL}\t{get('product_type') or NULL}\t{get('vendor') or NULL}"
        f"\t{get('tags') or NULL}\t{barcode or NULL}\t{NULL if row.grams is None else row.grams}"
        f"\t{row.inventory_management is not False}\t{given}\n"
    )


def given_of(row: ProductRow) -> dict[str, Any]:
    """What the row says of a new product, as the audit keeps it: only what the product has."""
    given: dict[str, Any] = {
        "source_variant_code": row.variant_code,
        "sku": row.sku or row.variant_code,
        "inventory_management": row.inventory_management is not False,
    }
    given |= {name: text for name, text in row.texts.items() if text}
    if row.barcode:
        given["barcode"] = row.barcode
    if row.grams is not None:
        given["grams"] = row.grams
    if row.prices:
        given["price_tiers"] = row.prices
    if row.quantities:
        given["qty_availability"] = row.quantities
    if row.meta and (meta := {key: value for key, value in row.meta.items() if value}):
        given["meta"] = meta
    return given


def copied_json(value: dict[str, Any]) -> str:
    """For a line of COPY. JSON has no tabs and no line breaks of its own, so a backslash is all there is to
    escape, and that many times faster than character by character."""
    return msgspec.json.encode(value).decode().replace("\\", "\\\\")
