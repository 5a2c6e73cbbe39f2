"""The header of a product file, and its rows: what each column means, and what cannot be used."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from stockwire.domain.cells import Wrong
from stockwire.domain.product_columns import Names, ProductColumns

CODES = ("source_product_code", "source_variant_code")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (("code", "name"), "The file has neither a column source_product_code nor source_variant_code."),
        (("source_variant_code", "title"), "There is no column source_product_code, which title cannot do"),
        (("source_product_code", "price"), "There is no column source_variant_code, which price cannot do"),
        ((*CODES, "qty", "QTY"), "The columns qty and QTY mean the same."),
        ((*CODES, "price", "Price_retail"), "The columns price and Price_retail mean the same."),
        (
            (*CODES, "option4_name", "option4_value"),
            "There is a column option4_name, and a product has three",
        ),
        ((*CODES, "price_" + "x" * 101), "A price list's name has 101 characters"),
    ],
)
def test_a_header_that_cannot_be_used_is_said_with_its_own_words(
    header: tuple[str, ...], message: str
) -> None:
    with pytest.raises(Wrong) as wrong:
        ProductColumns(header)
    assert wrong.value.message.startswith(message)
    assert wrong.value.fix


def test_columns_that_mean_nothing_are_named_as_they_stand_and_those_of_exports_pass() -> None:
    columns = ProductColumns((*CODES, "Notes ", "", "product_id", "variant_image", "price_", "qty"))
    assert columns.unknown == ["Notes", "price_"]


@pytest.mark.parametrize(
    ("column", "cell", "field", "value"),
    [
        ("\ufeffTitle", " Bolt ", "texts", {"title": " Bolt "}),
        ("title", "  ", "texts", {}),
        ("body_html", "", "texts", {"body_html": ""}),
        ("sku", " A-1 ", "sku", "A-1"),
        ("grams", "1.4", "grams", 1),
        ("price", "12,5", "prices", {"retail": Decimal("12.5")}),
        ("price_TRADE", "9", "prices", {"Trade": Decimal(9)}),
        ("price_New", "9", "prices", {"New": Decimal(9)}),
        ("qty", "-3", "quantities", {"": Decimal(0)}),
        ("QTY_jhb", "3", "quantities", {"JHB": Decimal(3)}),
        ("meta_Colour", "", "meta", {"colour": ""}),
        ("delete_meta", "a, b,,", "meta_delete", ("a", "b")),
        ("image2", " https://cdn.example.co.za/a.jpg ", "images", {2: "https://cdn.example.co.za/a.jpg"}),
        ("active", "", "active", None),
        ("active", "no", "active", False),
        ("inventory_management", "TRUE", "inventory_management", True),
    ],
)
def test_a_cell_goes_where_its_column_says(column: str, cell: str, field: str, value: Any) -> None:
    names = Names(price_tiers=["Trade"], warehouses=["JHB"], meta_keys=["colour"])
    row = ProductColumns((*CODES, column), names).read(2, ("A", "A", cell))
    assert getattr(row, field) == value


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (("", "", "x"), "The row has no code."),
        (("A", "A", "x", "8 mm"), "The row has 4 cells for 3 columns."),
        (("A", "A", "a\x00b"), "The row holds a NUL character."),
        (("A", "A", "t" * 501), "title has 501 characters, more than 500."),
        (("A", "A", "#REF!"), "title is #REF!, an error of the spreadsheet."),
        (("#N/A", "A", "x"), "source_product_code is #N/A, an error of the spreadsheet."),
        (("A", "6.01E+12", "x"), "source_variant_code is 6.01E+12: a spreadsheet has shortened the number."),
        (("A" * 101, "A", "x"), "source_product_code has 101 characters, more than 100."),
    ],
)
def test_a_row_that_cannot_be_used_says_why(cells: tuple[str, ...], message: str) -> None:
    with pytest.raises(Wrong) as wrong:
        ProductColumns((*CODES, "title")).read(2, cells)
    assert (wrong.value.message, bool(wrong.value.fix)) == (message, True)


def test_an_option_has_a_name_and_a_value_or_neither() -> None:
    columns = ProductColumns((*CODES, "option1_name", "option1_value", "option2_name", "option2_value"))
    assert columns.read(2, ("A", "A", "Size", "M", "", "")).options == (("Size", "M"),)
    assert columns.read(2, ("A", "A")).options == ()
    with pytest.raises(Wrong, match="option2 has a value but no name"):
        columns.read(2, ("A", "A", "Size", "M", "", "red"))


def test_a_row_cannot_give_an_attribute_a_value_and_delete_it() -> None:
    columns = ProductColumns((*CODES, "meta_colour", "meta_size", "delete_meta"))
    assert columns.read(2, ("A", "A", "red", "", "size, gone")).meta_delete == ("size", "gone")
    with pytest.raises(Wrong, match="deletes the attribute colour and gives it a value"):
        columns.read(2, ("A", "A", "red", "", "colour"))
