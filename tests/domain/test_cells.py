"""Cells of a file to plain values: what is taken, and in which words the rest is turned down."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from stockwire.domain import cells
from stockwire.domain.cells import Wrong

Read = Callable[[str, str], Any]


@pytest.mark.parametrize(
    ("read", "cell", "value"),
    [
        (cells.price, "12.50", Decimal("12.50")),
        (cells.price, " 12,5 ", Decimal("12.5")),
        (cells.price, "0.00005", Decimal("0.0001")),
        (cells.quantity, "-3", Decimal(0)),
        (cells.grams, "2.5", 3),
        (cells.yes_or_no, "Yes", True),
        (cells.yes_or_no, "0", False),
        (cells.text, " as it is ", " as it is "),
        (cells.text, "#1 seller", "#1 seller"),
        (cells.code, " A-1 ", "A-1"),
        (cells.not_shortened, "1E+5 A", None),
        (cells.no_error, "#1 seller", None),
    ],
)
def test_a_cell_is_read_as_its_column_means_it(read: Read, cell: str, value: object) -> None:
    assert read("the column", cell) == value


@pytest.mark.parametrize(
    ("read", "cell", "message"),
    [
        (cells.quantity, "1e3", 'the column is "1e3", which is no number.'),
        (cells.price, "1,234", 'the column is "1,234", which is no number.'),
        (cells.price, "1 234,50", 'the column is "1 234,50", which is no number.'),
        (cells.price, "-0.01", "the column is -0.01, less than nothing."),
        (cells.price, "nan", 'the column is "nan", which is no number.'),
        (cells.price, " #N/A ", "the column is #N/A, an error of the spreadsheet."),
        (cells.price, "100000000000", "the column is 100000000000, which is too large."),
        (cells.grams, "-1", "the column is -1, which is no weight."),
        (cells.yes_or_no, "maybe", 'the column is "maybe".'),
        (cells.no_error, "#N/A", "the column is #N/A, an error of the spreadsheet."),
        (cells.no_error, " #REF! ", "the column is #REF!, an error of the spreadsheet."),
        (cells.text, "a\x00b", "the column holds a NUL character."),
        (
            cells.not_shortened,
            "6.00987E+12",
            "the column is 6.00987E+12: a spreadsheet has shortened the number.",
        ),
        (cells.not_shortened, " 6,01E+12", "the column is 6,01E+12: a spreadsheet has shortened the number."),
        (cells.code, "x" * 101, "the column has 101 characters, more than 100."),
    ],
)
def test_a_cell_that_cannot_be_used_says_why_and_what_to_do(read: Read, cell: str, message: str) -> None:
    with pytest.raises(Wrong) as wrong:
        read("the column", cell)
    assert (wrong.value.message, bool(wrong.value.fix)) == (message, True)
