"""Cells of a file to plain values: what is taken, and in which words the rest is turned down."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from stockwire.domain import cells
from stockwire.domain.cells import Wrong


@pytest.mark.parametrize(
    ("read", "cell", "value"),
    [
        (cells.price, "12.50", Decimal("12.50")),
        (cells.price, " 12,5 ", Decimal("12.5")),
        (cells.price, "0.00005", Decimal("0.0001")),
        (cells.quantity, "-3", Decimal(0)),
        (cells.quantity, "1e3", 'qty is "1e3", which is no number.'),
        (cells.price, "1,234", 'qty is "1,234", which is no number.'),
        (cells.price, "1 234,50", 'qty is "1 234,50", which is no number.'),
        (cells.price, "-0.01", "qty is -0.01, less than nothing."),
        (cells.price, "nan", 'qty is "nan", which is no number.'),
        (cells.price, "#N/A", 'qty is "#N/A", which is no number.'),
        (cells.price, "100000000000", "qty is 100000000000, which is too large."),
        (cells.grams, "-1", "qty is -1, which is no weight."),
        (cells.grams, "2.5", 3),
        (cells.yes_or_no, "Yes", True),
        (cells.yes_or_no, "0", False),
        (cells.yes_or_no, "maybe", 'qty is "maybe".'),
        (cells.text, " as it is ", " as it is "),
        (cells.text, "#1 seller", "#1 seller"),
        (cells.text, "#N/A", "qty is #N/A, an error of the spreadsheet."),
        (cells.code, " #REF! ", "qty is #REF!, an error of the spreadsheet."),
        (cells.text, "a\x00b", "qty holds a NUL character."),
        (cells.code, " A-1 ", "A-1"),
        (cells.code, "x" * 101, "qty has 101 characters, more than 100."),
    ],
)
def test_a_cell_is_a_value_or_says_what_is_wrong_with_it(
    read: Callable[[str, str], Any], cell: str, value: object
) -> None:
    try:
        assert read("qty", cell) == value
    except Wrong as wrong:
        assert (wrong.message, bool(wrong.fix)) == (value, True)
