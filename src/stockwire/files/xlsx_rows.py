"""Rows of the first sheet of a spreadsheet, one at a time, each cell as a person reads it.

A formula whose result was not saved is no blank cell: it reads as the error that a spreadsheet would show.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.parsers import expat

from stockwire.errors import Refused
from stockwire.files.xlsx_parts import Attributes, Book, broken, open_archive, open_book, plain, unescaped
from stockwire.files.xml_parse import parse

MOST_COLUMNS = 16_384
LONGEST_ROW = 8 * 1024 * 1024
_PLACE = re.compile("([A-Z]{1,3})([0-9]{1,7})")
_DAYS_FROM = {False: datetime(1899, 12, 30, tzinfo=UTC), True: datetime(1904, 1, 1, tzinfo=UTC)}
_LAST_DAY = 2_958_466
"""The day after 9999-12-31."""
NOT_CALCULATED = "#CALC!"


def xlsx_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(row number as the spreadsheet shows it, cells as texts). Rows without a cell are left out. Raises
    Refused when it is no spreadsheet or too large."""
    with open_archive(path) as archive:
        book = open_book(archive)
        sheet = _Sheet(book, path.name)
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler, parser.EndElementHandler = sheet.start, sheet.end
        parser.CharacterDataHandler = sheet.text
        for _ in parse(parser, archive.chunks(book.sheet), path.name):
            yield from sheet.rows
            sheet.rows.clear()


class _Sheet:
    """Hears the elements of a sheet; `rows` are those that ended since they were last taken away."""

    def __init__(self, book: Book, name: str) -> None:
        self.rows: list[tuple[int, list[str]]] = []
        self._book, self._name = book, name
        self._number = self._column = self._size = 0
        self._cells: list[str] = []
        self._kind = self._style = self._place = ""
        self._pieces: list[str] = []
        self._heard = self._formula = self._reading = False

    def start(self, name: str, attributes: Attributes) -> None:
        kind = plain(name)
        if kind == "c":
            self._start_cell(attributes)
        elif kind == "v" or (kind == "t" and not self._reading):
            self._heard = True
        elif kind == "f":
            self._formula = True
        elif kind == "rPh":
            self._reading = True
        elif kind == "row":
            self._start_row(attributes)

    def text(self, text: str) -> None:
        if self._heard:
            self._pieces.append(text)
            self._grow(len(text))

    def end(self, name: str) -> None:
        kind = plain(name)
        if kind in {"v", "t"}:
            self._heard = False
        elif kind == "c":
            self._end_cell()
        elif kind == "rPh":
            self._reading = False
        elif kind == "row" and self._cells:
            self.rows.append((self._number, self._cells))
            self._cells = []

    def _start_row(self, attributes: Attributes) -> None:
        number = attributes.get("r", "")
        after = int(number) if number.isdecimal() and len(number) < 8 else self._number + 1
        if after <= self._number:
            raise broken(self._name, f"row {after} comes after row {self._number}")
        self._number, self._column, self._size = after, 0, 0

    def _start_cell(self, attributes: Attributes) -> None:
        self._place = attributes.get("r", "")
        found = _PLACE.fullmatch(self._place)
        column = _column(found[1]) if found else self._column + 1
        if column <= self._column or column > MOST_COLUMNS:
            raise broken(self._name, f"cell {self._place[:20]} is not where it can be")
        self._column = column
        self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._pieces.clear()
        self._heard = self._formula = self._reading = False

    def _end_cell(self) -> None:
        text = self._value("".join(self._pieces))
        if text:
            self._cells.extend([""] * (self._column - 1 - len(self._cells)))
            self._cells.append(text)
            self._grow(len(text))

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > LONGEST_ROW:
            raise Refused(
                f"Row {self._number} of {self._name} has over {LONGEST_ROW // 1024 // 1024} MB of texts.",
                hint="Shorten them.",
            )

    def _value(self, text: str) -> str:
        kind = self._kind
        if kind == "s":
            number = int(text) if text.isdecimal() else -1
            if not 0 <= number < len(self._book.texts):
                raise broken(self._name, f"cell {self._place} shares a text that is not there")
            return self._book.texts[number]
        if kind in {"str", "inlineStr"}:
            return unescaped(text)
        if kind == "b":
            return "TRUE" if text.strip() == "1" else "FALSE" if text.strip() else ""
        if kind in {"e", "d"}:
            return text
        return self._number_of(text.strip())

    def _number_of(self, text: str) -> str:
        if not text:
            return NOT_CALCULATED if self._formula else ""
        try:
            value = float(text)
        except ValueError:
            raise broken(self._name, f"cell {self._place} is no number") from None
        place = int(self._style) if self._style.isdecimal() else 0
        shown = self._book.formats[place] if place < len(self._book.formats) else None
        if shown is not None and shown.date and 0 <= value < _LAST_DAY:
            return _moment(value, since_1904=self._book.since_1904)
        if shown is not None and shown.digits and value >= 0 and value.is_integer():
            return str(int(value)).zfill(shown.digits)
        return text_of(value)


def text_of(value: float) -> str:
    """A number as a person reads it: whole ones without a point, none with an exponent, and without the last
    digits, which only tell how it is kept."""
    if value.is_integer():
        return str(int(value))
    text = repr(round(value, 12))
    return f"{value:.12f}".rstrip("0").rstrip(".") if "e" in text else text


def _moment(value: float, *, since_1904: bool) -> str:
    """A day, a time of day or both, as ISO 8601 has them."""
    moment = _DAYS_FROM[since_1904] + timedelta(seconds=round(value * 86_400))
    if value < 1:
        return moment.time().isoformat()
    return moment.date().isoformat() if value.is_integer() else moment.replace(tzinfo=None).isoformat()


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
