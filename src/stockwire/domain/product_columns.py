"""The columns of a product file (formats.md 1.1): what each is called, and how its cells are read.

Pure. Columns are found by name, in any order. What a blank cell means stands at ProductRow.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from stockwire.domain import cells
from stockwire.domain.cells import Wrong
from stockwire.domain.flags import PLAIN
from stockwire.domain.pricing import RETAIL
from stockwire.domain.product_cells import (
    SIMPLE,
    Draft,
    Read,
    image_reader,
    meta_reader,
    option_reader,
    options,
    price_reader,
    quantity_reader,
    text_reader,
)
from stockwire.domain.product_rows import PRODUCT_TEXTS, ProductRow

PRODUCT_CODE, VARIANT_CODE = "source_product_code", "source_variant_code"
META_DELETE = "delete_meta"
IN_EXPORTS_ONLY = frozenset({"product_id", "variant_id", "channel_product_code", "variant_image"})
"""Columns that an export may hold and an import passes over without a word."""
OPTIONS = tuple(f"option{n}_{part}" for n in (1, 2, 3) for part in ("name", "value"))
CODE_COLUMNS = (PRODUCT_CODE, VARIANT_CODE, "sku", "barcode")
VARIANT_COLUMNS = ("sku", "barcode", "price", "qty", "grams", "inventory_management")
_SURPLUS_OPTION = re.compile("option(?:[4-9]|[1-9][0-9]+)_(?:name|value)")
_IMAGE = re.compile(r"image([1-9][0-9]{0,2})")


@dataclass(frozen=True, slots=True)
class Names:
    """Price lists, warehouses and attributes that the source has already: a column means the one spelt the
    same, or else the only one spelt the same but for upper and lower case."""

    price_tiers: Collection[str] = ()
    warehouses: Collection[str] = ()
    meta_keys: Collection[str] = ()


def price_column(tier: str) -> str:
    """The column of a price list; the retail list is the plain price."""
    return "price" if tier == RETAIL else f"price_{tier}"


def quantity_column(warehouse: str) -> str:
    """The column of a warehouse; "" is the source's only or summed one."""
    return f"qty_{warehouse}" if warehouse else "qty"


class ProductColumns:
    """A header, ready to read rows. Raises Wrong when the header cannot be used at all.

    `unknown` are columns that mean nothing here, `meta_keys` the attributes the file has columns of, `fields`
    what its columns write, as flags call it.
    """

    def __init__(self, header: Sequence[str], names: Names = Names()) -> None:
        self._readers: list[tuple[int, str, Read]] = []
        self.unknown: list[str] = []
        self.meta_keys: list[str] = []
        self.names = [_name(cell) for cell in header]
        seen: dict[str, str] = {}
        for index, name in enumerate(self.names):
            found = self._reader(name, header[index], names)
            if found is None:
                if _SURPLUS_OPTION.fullmatch(name):
                    raise Wrong(
                        f"There is a column {name}, and a product has three options at most.",
                        "Join two of them into one (Size: M / tall), or take the column out.",
                    )
                if name and name not in IN_EXPORTS_ONLY:
                    self.unknown.append(header[index].strip())
                continue
            meaning, read = found
            if meaning in seen:
                raise Wrong(
                    f"The columns {seen[meaning]} and {header[index].strip()} mean the same.",
                    "Take one of them out of the file.",
                )
            seen[meaning] = header[index].strip()
            self._readers.append((index, name, read))
        self._check(set(seen))
        self.fields = list(dict.fromkeys(name for meaning in seen if (name := _field(meaning))))
        self._deletes = META_DELETE in seen
        self._has_options = any(name in seen for name in OPTIONS)
        self._width = len(header)

    def read(self, number: int, row: Sequence[str]) -> ProductRow:
        """The row with this number in the file. Raises Wrong."""
        if len(row) > self._width and any(cell.strip() for cell in row[self._width :]):
            raise Wrong(
                f"The row has {len(row)} cells for {self._width} columns.",
                "Put texts with a comma or a line break into quotes; a spreadsheet does so when it saves.",
            )
        whole = "".join(row)
        if "\x00" in whole:
            raise Wrong("The row holds a NUL character.", "It cannot be seen; type its texts anew.")
        if "#" in whole or "E+" in whole:
            self._untouched(row)
        draft = Draft()
        present = len(row)
        for index, _, read in self._readers:
            # A row may end early: spreadsheets leave blank cells at its end away.
            read(draft, row[index] if index < present else "")
        if self._deletes and (both := [key for key in draft.meta_delete if draft.meta.get(key)]):
            raise Wrong(
                f"The row deletes the attribute {both[0]} and gives it a value.",
                f"Leave meta_{both[0]} blank, or take {both[0]} out of {META_DELETE}.",
            )
        if not draft.product_code and not draft.variant_code:
            raise Wrong("The row has no code.", f"Fill in {PRODUCT_CODE} and {VARIANT_CODE}.")
        product_code, variant_code = draft.product_code, draft.variant_code
        if product_code == variant_code:
            # One text instead of two alike: whoever reads a file remembers the codes of all its rows.
            product_code = variant_code
        return ProductRow(
            number,
            product_code,
            variant_code,
            draft.active,
            draft.texts,
            draft.sku,
            draft.barcode,
            draft.grams,
            draft.inventory_management,
            draft.prices,
            draft.quantities,
            draft.meta,
            draft.meta_delete,
            draft.images,
            options(draft.options) if self._has_options else None,
        )

    def code_of(self, row: Sequence[str]) -> str:
        """The code in a row that could not be read, for the report."""
        for code in (VARIANT_CODE, PRODUCT_CODE):
            index = self.names.index(code) if code in self.names else len(row)
            if index < len(row) and row[index].strip():
                return row[index].strip()[:100]
        return ""

    def _untouched(self, row: Sequence[str]) -> None:
        """Raises Wrong for a cell that shows what a spreadsheet made of its value."""
        for index, name, _ in self._readers:
            if index < len(row):
                cells.no_error(name, row[index])
                if name in CODE_COLUMNS:
                    cells.not_shortened(name, row[index])

    def _reader(self, name: str, cell: str, names: Names) -> tuple[str, Read] | None:
        """What a column means, and how its cells go into the draft; None when it means nothing."""
        if name in SIMPLE:
            return name, SIMPLE[name]
        if name in PRODUCT_TEXTS:
            return name, text_reader(name)
        if name == "price":
            return f"price {RETAIL}", price_reader(name, RETAIL)
        if name == "qty":
            return "qty ", quantity_reader(name, "")
        if name in OPTIONS:
            return name, option_reader(name)
        if image := _IMAGE.fullmatch(name):
            return name, image_reader(name, int(image[1]))
        head, _, part = name.partition("_")
        if not part.strip():
            return None
        if head == "price":
            tier = _known(part, names.price_tiers)
            return f"price {tier}", price_reader(name, cells.code("A price list's name", tier))
        if head == "qty":
            warehouse = _known(part, names.warehouses)
            return f"qty {warehouse}", quantity_reader(name, cells.code("A warehouse's name", warehouse))
        if head == "meta":
            # An attribute's name may end in a blank, as the source wrote it.
            exact = cell.lstrip("\ufeff \t")[len("meta_") :]
            key = exact if exact in names.meta_keys else _known(part, names.meta_keys)
            self.meta_keys.append(cells.text("An attribute's name", key, 100))
            return f"meta {key}", meta_reader(name, key)
        return None

    def _check(self, seen: set[str]) -> None:
        if not seen & {PRODUCT_CODE, VARIANT_CODE}:
            raise Wrong(
                f"The file has neither a column {PRODUCT_CODE} nor {VARIANT_CODE}.",
                "Name the columns in the first row as docs/import-export.md says.",
            )
        for code, about in ((PRODUCT_CODE, _of_product), (VARIANT_CODE, _of_variant)):
            columns = [self.names[index] for index, name, _ in self._readers if about(name)]
            if columns and code not in seen:
                raise Wrong(
                    f"There is no column {code}, which {', '.join(columns)} cannot do without.",
                    f"Add the column {code}, or take the others out.",
                )


def _field(meaning: str) -> str:
    """What a column writes, as flags call it; "" for codes and for what no flag speaks of."""
    if meaning in OPTIONS:
        return "options"
    if _IMAGE.fullmatch(meaning):
        return "images"
    head, part, name = meaning.partition(" ")
    if part:
        return f"{head}.{name}" if name else head
    return meaning if meaning in PLAIN else ""


def _of_product(name: str) -> bool:
    plain = name in PRODUCT_TEXTS or name in OPTIONS or name in ("active", META_DELETE)
    return plain or name.startswith(("meta_", "image"))


def _of_variant(name: str) -> bool:
    return (
        name in VARIANT_COLUMNS or name in OPTIONS or name == "active" or name.startswith(("price_", "qty_"))
    )


def _name(cell: str) -> str:
    """Head in lower case, what it names as it stands: PRICE_Trade is price_Trade."""
    name = cell.replace("\ufeff", "").strip()
    head, line, part = name.partition("_")
    if line and head.lower() in {"price", "qty", "meta"}:
        return f"{head.lower()}_{part}"
    return name.lower()


def _known(part: str, known: Collection[str]) -> str:
    if part in known:
        return part
    alike = [name for name in known if name.casefold() == part.casefold()]
    return alike[0] if len(alike) == 1 else part
