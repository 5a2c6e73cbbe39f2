"""Rows of the product query to products: the guide's product table, row by row.

Pure. A row that cannot be used is left out with a RowProblem that names it and the fix; the rest goes on.
Columns are found by name once per call, in any case; their order and further columns do not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from stockwire.connectors.omni.amounts import NONE, SKU_MAX, Amounts, Unusable, check_text
from stockwire.connectors.omni.field_map import RowValues, render
from stockwire.connectors.omni.layout import Layout
from stockwire.connectors.omni.settings import OmniSettings
from stockwire.domain.records import Active, RowProblem, SourceProduct

TITLE_MAX = 500
BARCODE_MAX = 100
TEXT_MAX = 200
WAREHOUSE_MAX = 100
UNBOUND = ("body_html", "tags")
"""Texts of any length."""

_ACTIVE = {active.value: active for active in Active} | {"": Active.IGNORE}

Row = Sequence[str | None]


def translate(
    columns: Sequence[str], rows: Sequence[Row], settings: OmniSettings
) -> tuple[list[SourceProduct], list[RowProblem]]:
    """Products and problems, both in the order of `rows`.

    Rows that share a STOCKCODE become one product with a quantity per WAREHOUSECODE; its other fields are
    those of the first row. Rows that share a group code are variants of one product, each a SourceProduct
    with the product's fields as its own row says them. A product to be IGNOREd carries its codes and title
    only. A problem of a row that was used all the same (a rounded price, an unknown active value) says so and
    what was done with it. Raises NotSetUp naming a missing column and the columns there are.
    """
    return _Batch(Layout(columns, settings)).translate(rows)


class _Batch:
    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._products: list[SourceProduct] = []
        self._problems: list[RowProblem] = []
        self._at: dict[str, int] = {}
        self._titles: dict[str, SourceProduct] = {}
        self._amounts = Amounts(layout.quantity_name, layout.grams_per_unit, self._note)

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
        code, title, quantity = row[layout.code], row[layout.title], self._amounts.plain(row[layout.quantity])
        if not code or not title or quantity is None or "\x00" in "\t".join(filter(None, row)):
            return None
        code, title = code.strip(), title.strip()
        if not 0 < len(code) <= SKU_MAX or not 0 < len(title) <= TITLE_MAX or code in self._at:
            return None
        tiers = {}
        for index, _, tier in layout.prices:
            if text := row[index]:
                price = self._amounts.plain(text)
                if price is None:
                    return None
                tiers[tier] = price
        meta = {}
        for index, key in layout.meta:
            if (text := row[index]) and (text := text.strip()):
                meta[key] = text
        barcode = None if layout.barcode < 0 else (row[layout.barcode] or "").strip()
        collection = None if layout.category < 0 else (row[layout.category] or "").strip()
        warehouse = "" if layout.warehouse < 0 else (row[layout.warehouse] or "").strip()
        if (
            (barcode and len(barcode) > BARCODE_MAX)
            or (collection and len(collection) > TEXT_MAX)
            or len(warehouse) > WAREHOUSE_MAX
        ):
            return None
        try:
            grams = None if layout.weight < 0 else self._amounts.grams(code, row[layout.weight] or "")
        except Unusable:
            return None
        quantities = {warehouse: quantity}
        # By position, as SourceProduct lists them up to `grams`: by name it takes twice as long.
        return SourceProduct(
            *(code, code, code, Active.ACTIVE, title, tiers, quantities, meta, None, collection),
            *(None, None, None, barcode, grams),
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
        if not code:
            title = (row[layout.title] or "").strip()
            self._problem(
                "",
                f'A row has no STOCKCODE (its description: "{title[:60]}"). The row was left out.',
                "Give the stock item a code in Omni, or leave such rows out of the product query.",
            )
            return
        try:
            known = self._at.get(code)
            if known is None:
                product = self._product(code, row)
                self._compare_with_its_group(product)
                self._add(product)
            else:
                self._products[known] = self._with_warehouse(self._products[known], code, row)
        except Unusable as problem:
            self._problem(code[:SKU_MAX], f"{problem.message} The row was left out.", problem.hint)

    def _product(self, code: str, row: Row) -> SourceProduct:
        active = self._active(code, (row[self._layout.active] or "").strip())
        if active is Active.IGNORE:
            return self._bare_product(code, active, row)
        if active is Active.ACTIVE:
            return self._whole_product(code, active, row)
        try:
            return self._whole_product(code, active, row)
        except Unusable as problem:
            # A product that is to go must go, whatever else is wrong with its row; unless it is the code.
            product = self._bare_product(code, active, row)
            self._note(code, f"{problem.message} It is deactivated all the same.", problem.hint)
            return product

    def _bare_product(self, code: str, active: Active, row: Row) -> SourceProduct:
        check_text(code, "STOCKCODE", code, SKU_MAX)
        group = (self._text(row, self._layout.group) or "")[:SKU_MAX]
        title = (self._text(row, self._layout.title) or "")[:TITLE_MAX]
        return SourceProduct(group or code, code, code, active, title)

    def _whole_product(self, code: str, active: Active, row: Row) -> SourceProduct:
        layout = self._layout
        check_text(code, "STOCKCODE", code, SKU_MAX)
        group = self._text(row, layout.group) or ""
        check_text(code, "the group code", group, SKU_MAX)
        values = RowValues(layout.at, row)
        made = {field: render(template, code, values) for field, template in layout.templates.items()}
        names, option_values = self._options(code, row, made, grouped=bool(group))
        made |= {field: self._text(row, index) or "" for field, index, _ in layout.texts}
        return SourceProduct(
            source_product_code=group or code,
            source_variant_code=code,
            sku=code,
            product_active=active,
            title=self._title(code, row, made),
            price_tiers=self._tiers(code, row),
            quantities=self._quantities(code, row),
            meta=self._meta(row, made),
            body_html=self._bound(code, "body_html", made.get("body_html")),
            collection=self._bound(
                code, "collection", made.get("collection", self._text(row, layout.category))
            ),
            product_type=self._bound(code, "product_type", made.get("product_type")),
            vendor=self._bound(code, "vendor", made.get("vendor")),
            tags=self._bound(code, "tags", made.get("tags")),
            barcode=self._bound(code, "barcode", made.get("barcode", self._text(row, layout.barcode))),
            grams=None if layout.weight < 0 else self._amounts.grams(code, row[layout.weight] or ""),
            option_names=names,
            option_values=option_values,
        )

    def _title(self, code: str, row: Row, made: dict[str, str]) -> str:
        if "title" in made:
            check_text(code, self._layout.origin("title"), made["title"], TITLE_MAX)
            if not made["title"]:
                raise Unusable(
                    f"{code}: field_map makes no title of this row.",
                    "Fill in the columns the title is made of in Omni, or change field_map.",
                )
            return made["title"]
        title = (row[self._layout.title] or "").strip()
        check_text(code, "DESCRIPTION", title, TITLE_MAX)
        if not title:
            raise Unusable(f"{code} has no description.", "Fill in the description in Omni.")
        return title

    def _options(
        self, code: str, row: Row, made: dict[str, str], *, grouped: bool
    ) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        """Names and values of the options this row has; none of a row without a group, and None where no
        group code is set up."""
        layout = self._layout
        if layout.group < 0:
            return None, None
        if not grouped:
            return (), ()
        found = [
            (name, made[field] if index < 0 else self._text(row, index) or "")
            for name, field, index in layout.options
        ]
        found = [(name, value) for name, value in found if value]
        for name, value in found:
            check_text(code, f"the option {name}", value, TEXT_MAX)
        return tuple(name for name, _ in found), tuple(value for _, value in found)

    def _tiers(self, code: str, row: Row) -> dict[str, Decimal]:
        tiers: dict[str, Decimal] = {}
        for index, name, tier in self._layout.prices:
            if text := row[index]:
                price = self._amounts.price(code, name, text)
                if price is not NONE:
                    tiers[tier] = price
        return tiers

    def _meta(self, row: Row, made: dict[str, str]) -> dict[str, str]:
        meta = {key: text for index, key in self._layout.meta if (text := self._text(row, index))}
        for field, text in made.items():
            if field.startswith("meta.") and text:
                meta[field.removeprefix("meta.")] = text
        return meta

    def _quantities(self, code: str, row: Row) -> dict[str, Decimal]:
        layout, amounts = self._layout, self._amounts
        if layout.warehouse_columns:
            return {
                warehouse: amounts.quantity(code, row[index] or "")
                for index, warehouse in layout.warehouse_columns
            }
        warehouse = self._text(row, layout.warehouse) or ""
        check_text(code, "WAREHOUSECODE", warehouse, WAREHOUSE_MAX)
        return {warehouse: amounts.quantity(code, row[layout.quantity] or "")}

    def _with_warehouse(self, product: SourceProduct, code: str, row: Row) -> SourceProduct:
        warehouse = self._text(row, self._layout.warehouse)
        if warehouse is None or (product.quantities and warehouse in product.quantities):
            where = f" for warehouse {warehouse}" if warehouse else ""
            raise Unusable(
                f"{code} comes twice{where}.",
                "Let the product query yield one row per STOCKCODE, or one per STOCKCODE and WAREHOUSECODE.",
            )
        if product.product_active is Active.IGNORE:
            return product
        return product._replace(quantities={**product.quantities, **self._quantities(code, row)})

    def _compare_with_its_group(self, product: SourceProduct) -> None:
        """What belongs to the product as a whole comes from the row that came last: rows that disagree make
        it change back and forth."""
        if product.source_product_code == product.sku or product.product_active is not Active.ACTIVE:
            return
        other = self._titles.setdefault(product.source_product_code, product)
        if other.title != product.title:
            self._note(
                product.sku,
                f"{other.sku} and {product.sku} of {product.source_product_code} give it different titles: "
                f'"{other.title[:60]}" and "{product.title[:60]}". The last one read is used.',
                "Make the title in field_map of columns that are the same for the whole group.",
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

    def _bound(self, code: str, field: str, text: str | None) -> str | None:
        """The text, if it fits. Raises Unusable."""
        if text and field not in UNBOUND:
            check_text(
                code, self._layout.origin(field), text, BARCODE_MAX if field == "barcode" else TEXT_MAX
            )
        return text

    def _text(self, row: Row, index: int) -> str | None:
        """A text, trimmed; None when the query does not yield the column."""
        return None if index < 0 else (row[index] or "").strip().replace("\x00", "")

    def _note(self, code: str, message: str, hint: str) -> None:
        """Something to know about a row that is used all the same."""
        self._problem(code, message, hint, used=True)

    def _problem(self, code: str, message: str, hint: str, *, used: bool = False) -> None:
        # No database text holds a NUL, and the message quotes the row.
        self._problems.append(RowProblem(code.replace("\x00", "?"), message.replace("\x00", "?"), hint, used))
