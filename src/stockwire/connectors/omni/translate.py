"""Rows of the product query to products: the guide's product table, row by row.

Pure. A row that cannot be used is left out with a RowProblem that names it and the fix; the rest goes on.
Columns are found by name once per call, in any case; their order and further columns do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from stockwire.connectors.omni.layout import Layout
from stockwire.connectors.omni.settings import OmniSettings
from stockwire.domain.records import Active, RowProblem, SourceProduct

SKU_MAX = 100
TITLE_MAX = 500
BARCODE_MAX = 100
MONEY = Decimal("0.0001")
MONEY_LIMIT = Decimal(10) ** 11
"""Amounts and quantities from here on are no real ones."""
DOUBLE_NOISE = Decimal("0.000001")
"""A price kept as a floating point number in the database comes with noise below this; it is rounded off."""

_ACTIVE = {active.value: active for active in Active} | {"": Active.IGNORE}

_PLAIN_NUMBER = re.compile(r"[0-9]{1,11}(?:\.[0-9]{1,4})?")
"""How nearly all amounts, quantities and weights come; nothing has to be said about them."""
_is_plain = _PLAIN_NUMBER.fullmatch

_NONE = Decimal("NaN")
"""Stands for a blank price; only ever compared by identity."""

Row = Sequence[str | None]


def translate(
    columns: Sequence[str], rows: Sequence[Row], settings: OmniSettings
) -> tuple[list[SourceProduct], list[RowProblem]]:
    """Products and problems, both in the order of `rows`.

    Rows that share a STOCKCODE become one product with a quantity per WAREHOUSECODE; its other fields are
    those of the first row. A product to be IGNOREd carries its code and title only. A problem of a row that
    was used all the same (a rounded price, an unknown active value) says so and what was done with it.
    Raises NotSetUp naming a missing column and the columns there are.
    """
    return _Batch(Layout(columns, settings)).translate(rows)


class _Unusable(Exception):
    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class _Batch:
    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._products: list[SourceProduct] = []
        self._problems: list[RowProblem] = []
        self._at: dict[str, int] = {}
        # The same few prices, quantities and weights come again and again: each text is read once.
        self._prices: dict[str, Decimal] = {}
        self._quantities: dict[str, Decimal] = {}
        self._weights: dict[str, int] = {}

    def translate(self, rows: Sequence[Row]) -> tuple[list[SourceProduct], list[RowProblem]]:
        for number, row in enumerate(rows, 1):
            product = self._plain(row)
            if product is None:
                self._row(number, row)
            else:
                self._add(product)
        return self._products, self._problems

    def _plain(self, row: Row) -> SourceProduct | None:
        """The product of a row that needs no second look, as nearly all rows are; None for any other.

        Nothing but a short cut: `_row` makes the same of it, in twice the time.
        """
        layout = self._layout
        if not layout.is_plain or len(row) != layout.width or row[layout.active] != "ACTIVE":
            return None
        code, title, quantity = row[layout.code], row[layout.title], row[layout.quantity]
        if not code or not title or not quantity or not _is_plain(quantity):
            return None
        code, title = code.strip(), title.strip()
        if not 0 < len(code) <= SKU_MAX or not 0 < len(title) <= TITLE_MAX or code in self._at:
            return None
        tiers = {}
        for index, _, tier in layout.prices:
            if text := row[index]:
                if not _is_plain(text):
                    return None
                tiers[tier] = Decimal(text)
        meta = {}
        for index, key in layout.meta:
            if (text := row[index]) and (text := text.strip()):
                meta[key] = text
        barcode, collection = self._text(row, layout.barcode), self._text(row, layout.category)
        if (barcode and len(barcode) > BARCODE_MAX) or any(
            "\x00" in text for text in (code, title, *meta.values())
        ):
            return None
        try:
            grams = None if layout.weight < 0 else self._grams(code, row[layout.weight] or "")
        except _Unusable:
            return None
        quantities = {self._text(row, layout.warehouse) or "": Decimal(quantity)}
        return SourceProduct(
            source_product_code=code,
            source_variant_code=code,
            sku=code,
            product_active=Active.ACTIVE,
            title=title,
            price_tiers=tiers,
            quantities=quantities,
            meta=meta,
            collection=collection,
            barcode=barcode,
            grams=grams,
        )

    def _add(self, product: SourceProduct) -> None:
        self._at[product.sku] = len(self._products)
        self._products.append(product)

    def _row(self, number: int, row: Row) -> None:
        layout = self._layout
        if len(row) != layout.width:
            self._problem(
                "",
                f"Row {number} has {len(row)} values for {layout.width} columns. The row was left out.",
                "Read again; if it stays so, report it.",
            )
            return
        code = (row[layout.code] or "").strip()
        title = (row[layout.title] or "").strip()
        if not code:
            self._problem(
                "",
                f'A row has no STOCKCODE (its description: "{title[:60]}"). The row was left out.',
                "Give the stock item a code in Omni, or leave such rows out of the product query.",
            )
            return
        try:
            known = self._at.get(code)
            if known is None:
                self._add(self._product(code, title, row))
            else:
                self._products[known] = self._with_warehouse(self._products[known], code, row)
        except _Unusable as problem:
            self._problem(code[:SKU_MAX], f"{problem.message} The row was left out.", problem.hint)

    def _product(self, code: str, title: str, row: Row) -> SourceProduct:
        active = self._active(code, (row[self._layout.active] or "").strip())
        if active is Active.IGNORE:
            _check_text(code, "STOCKCODE", code, SKU_MAX)
            return SourceProduct(code, code, code, active, title[:TITLE_MAX].replace("\x00", ""))
        if active is Active.ACTIVE:
            return self._whole_product(code, title, active, row)
        try:
            return self._whole_product(code, title, active, row)
        except _Unusable as problem:
            # A product that is to go must go, whatever else is wrong with its row; unless it is the code.
            _check_text(code, "STOCKCODE", code, SKU_MAX)
            self._note(code, f"{problem.message} It is deactivated all the same.", problem.hint)
            return SourceProduct(code, code, code, active, title[:TITLE_MAX].replace("\x00", ""))

    def _whole_product(self, code: str, title: str, active: Active, row: Row) -> SourceProduct:
        layout = self._layout
        if len(code) > SKU_MAX or len(title) > TITLE_MAX or "\x00" in code or "\x00" in title:
            _check_text(code, "STOCKCODE", code, SKU_MAX)
            _check_text(code, "DESCRIPTION", title, TITLE_MAX)
        if not title:
            raise _Unusable(f"{code} has no description.", "Fill in the description in Omni.")
        prices = self._prices
        tiers: dict[str, Decimal] = {}
        for index, name, tier in layout.prices:
            text = row[index]
            if text:
                price = prices.get(text)
                if price is None:
                    price = self._price(code, name, text)
                if price is not _NONE:
                    tiers[tier] = price
        meta: dict[str, str] = {}
        for index, key in layout.meta:
            text = row[index]
            if text and (text := text.strip()):
                meta[key] = text.replace("\x00", "") if "\x00" in text else text
        barcode = self._text(row, layout.barcode)
        if barcode and len(barcode) > BARCODE_MAX:
            _check_text(code, "BARCODE", barcode, BARCODE_MAX)
        return SourceProduct(
            source_product_code=code,
            source_variant_code=code,
            sku=code,
            product_active=active,
            title=title,
            price_tiers=tiers,
            quantities=self._quantities_of(code, row),
            meta=meta,
            collection=self._text(row, layout.category),
            barcode=barcode,
            grams=None if layout.weight < 0 else self._grams(code, row[layout.weight] or ""),
        )

    def _quantities_of(self, code: str, row: Row) -> dict[str, Decimal]:
        layout = self._layout
        if layout.warehouse_columns:
            return {
                warehouse: self._quantity(code, row[index] or "")
                for index, warehouse in layout.warehouse_columns
            }
        text = row[layout.quantity] or ""
        quantity = self._quantities.get(text)
        if quantity is None:
            quantity = self._quantity(code, text)
        return {self._text(row, layout.warehouse) or "": quantity}

    def _with_warehouse(self, product: SourceProduct, code: str, row: Row) -> SourceProduct:
        warehouse = self._text(row, self._layout.warehouse)
        if warehouse is None or (product.quantities and warehouse in product.quantities):
            where = f" for warehouse {warehouse}" if warehouse else ""
            raise _Unusable(
                f"{code} comes twice{where}.",
                "Let the product query yield one row per STOCKCODE, or one per STOCKCODE and WAREHOUSECODE.",
            )
        if product.product_active is Active.IGNORE:
            return product
        return product._replace(
            quantities={
                **product.quantities,
                warehouse: self._quantity(code, row[self._layout.quantity] or ""),
            },
        )

    def _active(self, code: str, text: str) -> Active:
        active = _ACTIVE.get(text) or _ACTIVE.get(text.upper())
        if active is None:
            name = self._layout.active_name
            self._note(
                code[:SKU_MAX],
                f'{code[:SKU_MAX]}: {name} is "{text[:60]}", which was treated as IGNORE.',
                f"Put ACTIVE, DELETE or IGNORE into {name} of the stock item in Omni.",
            )
            return Active.IGNORE
        return active

    def _price(self, code: str, column: str, text: str) -> Decimal:
        """The price in a text, remembered when there is nothing to say about it; _NONE for a blank one."""
        if _PLAIN_NUMBER.fullmatch(text):
            self._prices[text] = plain = Decimal(text)
            return plain
        shown = text.strip()[:60]
        price = _number(text.strip()) if shown else _NONE
        if price is None:
            raise _Unusable(
                f'{code}: {column} is "{shown}", which is no number.',
                "Correct the selling price in Omni, or let the product query yield it with a decimal point.",
            )
        if price is not _NONE and price < 0:
            raise _Unusable(
                f"{code}: {column} is {shown}, less than nothing.", "Correct the selling price in Omni."
            )
        rounded = price if price is _NONE else price.quantize(MONEY, ROUND_HALF_UP)
        if rounded is _NONE or rounded == price:
            self._prices[text] = price
            return price
        if abs(rounded - price) > DOUBLE_NOISE:
            self._note(
                code,
                f"{code}: {column} is {shown}, more than 4 decimals: {rounded} was used.",
                "Round the selling price in Omni or in the product query.",
            )
        return rounded

    def _quantity(self, code: str, text: str) -> Decimal:
        """Negative is 0; no value at all is 0 too: the item has no stock record."""
        quantity = _number(text.strip()) if text.strip() else Decimal(0)
        if quantity is None:
            raise _Unusable(
                f'{code}: {self._layout.quantity_name} is "{text.strip()[:60]}", which is no number.',
                "Let the product query yield the available quantity as a number with a decimal point.",
            )
        quantity = max(quantity, Decimal(0))
        self._quantities[text] = quantity
        return quantity

    def _grams(self, code: str, text: str) -> int:
        known = self._weights.get(text)
        if known is not None:
            return known
        weight = _number(text.strip() or "0")
        if weight is None or weight < 0:
            raise _Unusable(
                f'{code}: WEIGHT is "{text.strip()[:60]}", which is no weight.',
                "Correct the weight in Omni, or leave WEIGHT out of the product query.",
            )
        grams = int((weight * self._layout.grams_per_unit).quantize(Decimal(1), ROUND_HALF_UP))
        self._weights[text] = grams
        return grams

    def _text(self, row: Row, index: int) -> str | None:
        """A text, trimmed; None when the query does not yield the column."""
        return None if index < 0 else (row[index] or "").strip().replace("\x00", "")

    def _note(self, code: str, message: str, hint: str) -> None:
        """Something to know about a row that is used all the same."""
        self._problem(code, message, hint, used=True)

    def _problem(self, code: str, message: str, hint: str, *, used: bool = False) -> None:
        # No database text holds a NUL, and the message quotes the row.
        self._problems.append(RowProblem(code.replace("\x00", "?"), message.replace("\x00", "?"), hint, used))


def _number(text: str) -> Decimal | None:
    """A finite number of a believable size, or None. Python's own extras (1_000, NaN) are none."""
    if _PLAIN_NUMBER.fullmatch(text):
        return Decimal(text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if "_" in text or not text.isascii() or not number.is_finite() or not -MONEY_LIMIT < number < MONEY_LIMIT:
        return None
    return number


def _check_text(code: str, column: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise _Unusable(
            f"{code[:SKU_MAX]}: {column} has {len(text)} characters, more than {longest}.",
            f"Shorten {column} in Omni.",
        )
    if "\x00" in text:
        raise _Unusable(
            f"{code}: {column} holds a NUL character.",
            f"Type {column} anew in Omni.",
        )
