"""Rows of a CSV file as spreadsheets, shops and people write them: comma, semicolon, tab or bar; UTF-8,
UTF-16 or Windows-1252; line breaks inside quotes. Read row by row; nothing is guessed about the cells.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path

DELIMITERS = (",", ";", "\t", "|")
LONGEST_CELL = 4 * 1024 * 1024
_CHUNK = 1024 * 1024


def csv_rows(path: Path) -> Iterator[tuple[int, list[str] | str]]:
    """(row number from 1, cells), or (row number, what is wrong with it as the csv reader says it)."""
    csv.field_size_limit(LONGEST_CELL)
    encoding = encoding_of(path)
    # What Windows-1252 has no sign for is shown as such; the row is looked at all the same.
    errors = "replace" if encoding == "cp1252" else "strict"
    with path.open(encoding=encoding, errors=errors, newline="") as file:
        delimiter = _delimiter(file.readline())
        file.seek(0)
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        number = 0
        while True:
            number += 1
            try:
                yield number, next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield number, str(error)


def encoding_of(path: Path) -> str:
    """UTF-16 and UTF-8 by their mark, UTF-8 when all of the file is valid as such, else Windows-1252."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        start = file.read(_CHUNK)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        chunk = start
        try:
            while chunk:
                decoder.decode(chunk)
                chunk = file.read(_CHUNK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def _delimiter(line: str) -> str:
    """What stands most often between the names of the header, outside of quotes."""
    plain = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=plain.count)
