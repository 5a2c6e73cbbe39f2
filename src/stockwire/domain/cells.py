"""Cells of a file to plain values: numbers, yes and no, codes, texts.

Pure. A cell that cannot be used raises `Wrong` in the operator's words, and its row is left out.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

MONEY = Decimal("0.0001")
LIMIT = Decimal(10) ** 11
"""Amounts and quantities from here on are no real ones."""

_PLAIN = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,20})?")
# Two digits or one after a comma are decimals for certain; three could be thousands.
_DECIMAL_COMMA = re.compile(r"-?[0-9]{1,11},[0-9]{1,2}")
_ERRORS = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#CALC!", "#SPILL!", "#GETTING_DATA"}
)
"""What a spreadsheet shows, and writes into a CSV file, where a formula has no result."""
# What a spreadsheet saves of a barcode that is wider than its column.
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]{2}")
_TRUE, _FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})


class Wrong(Exception):
    """A cell or a row cannot be used. `fix` is what the operator does about it."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


def number(column: str, text: str) -> Decimal:
    """A finite number, rounded half up to four decimals. A comma counts if it can only be decimal."""
    shown = text.strip()
    if _DECIMAL_COMMA.fullmatch(shown):
        shown = shown.replace(",", ".")
    if not _PLAIN.fullmatch(shown):
        no_error(column, shown)
        raise Wrong(
            f'{column} is "{shown[:60]}", which is no number.',
            "Write it with a decimal point and nothing else: 1234.50, not R1 234.50 or 1,234.50.",
        )
    value = Decimal(shown)
    if abs(value) >= LIMIT:
        raise Wrong(f"{column} is {shown[:60]}, which is too large.", "Correct the number.")
    return value if len(shown.partition(".")[2]) <= 4 else value.quantize(MONEY, ROUND_HALF_UP)


def price(column: str, text: str) -> Decimal:
    """As `number`, and not below nothing."""
    value = number(column, text)
    if value < 0:
        raise Wrong(f"{column} is {text.strip()}, less than nothing.", "Correct the price.")
    return value


def quantity(column: str, text: str) -> Decimal:
    """As `number`; a negative one is 0 (behaviour A9)."""
    return max(number(column, text), Decimal(0))


def grams(column: str, text: str) -> int:
    """Whole grams."""
    value = number(column, text)
    if value < 0 or value > 2_000_000_000:
        raise Wrong(f"{column} is {text.strip()}, which is no weight.", "Give the weight in grams.")
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def yes_or_no(column: str, text: str) -> bool:
    """TRUE or FALSE, in any case; also 1, 0, yes and no."""
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise Wrong(f'{column} is "{text.strip()[:60]}".', "Write TRUE or FALSE.")


def code(column: str, value: str, longest: int = 100) -> str:
    """A code without outer blanks, "" when there is none."""
    return text(column, value.strip(), longest)


def text(column: str, value: str, longest: int = 0) -> str:
    """The text as it stands. `longest` 0 is any length."""
    if "\x00" in value:
        raise Wrong(
            f"{column} holds a NUL character.", "Take it out; it cannot be seen, so type the text anew."
        )
    if longest and len(value) > longest:
        raise Wrong(f"{column} has {len(value)} characters, more than {longest}.", f"Shorten {column}.")
    return value


def no_error(column: str, value: str) -> None:
    """Raises Wrong for what a spreadsheet shows where a formula has no result."""
    if value.strip() in _ERRORS:
        raise Wrong(
            f"{column} is {value.strip()}, an error of the spreadsheet.",
            "Correct its formula, let the spreadsheet calculate and save it, or put the value itself there.",
        )


def not_shortened(column: str, value: str) -> None:
    """Raises Wrong for a code that a spreadsheet took for a number and shortened: 6.01E+12."""
    if _SHORTENED.fullmatch(value.strip()):
        raise Wrong(
            f"{column} is {value.strip()}: a spreadsheet has shortened the number.",
            f"Show the column {column} as text or as a number without decimals, and save the file anew.",
        )
