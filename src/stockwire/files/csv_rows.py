"""Rows of a CSV file as spreadsheets, shops and people write them: comma, semicolon, tab or bar; UTF-8,
UTF-16 or Windows-1252; line breaks inside quotes. Read row by row; nothing is guessed about the cells.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from stockwire.errors import Refused

DELIMITERS = (",", ";", "\t", "|")
LONGEST_CELL = 4 * 1024 * 1024
LONGEST_LINE = 16 * 1024 * 1024
"""In bytes; the reader holds a line whole."""
_CHUNK = 1024 * 1024
_NAMED_DELIMITER = re.compile('"?sep=(.)"?[\\r\\n]*', re.IGNORECASE)


def csv_rows(path: Path) -> Iterator[tuple[int, list[str] | str]]:
    """(row number from 1, cells), or (row number, what is wrong with it). Raises Refused."""
    csv.field_size_limit(LONGEST_CELL)
    encoding = encoding_of(path)
    # What Windows-1252 has no sign for is shown as such; the row is looked at all the same.
    errors = "replace" if encoding == "cp1252" else "strict"
    with path.open(encoding=encoding, errors=errors, newline="") as file:
        try:
            yield from _rows(file)
        except UnicodeDecodeError:
            # Windows-1252 and UTF-8 have been looked at, so it is UTF-16 by its mark.
            raise Refused(
                f"{path.name} begins as UTF-16 but goes on as something else.",
                hint="Save it as CSV UTF-8; it may have been cut off.",
            ) from None


def _rows(file: TextIO) -> Iterator[tuple[int, list[str] | str]]:
    reader = csv.reader(file, delimiter=_delimiter(file), strict=True)
    number = 0
    while True:
        number += 1
        line = reader.line_num
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lines = reader.line_num - line
            yield number, str(error) + (f"; {lines:,} lines of the file went into it" if lines > 1 else "")


def encoding_of(path: Path) -> str:
    """UTF-16 and UTF-8 by their mark, UTF-8 when all of the file is valid as such, else Windows-1252. Raises
    Refused when the file has no lines."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding, line = "utf-8-sig", 0
    with path.open("rb") as file:
        chunk = file.read(_CHUNK)
        if chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            encoding = "utf-16"
        while chunk:
            line = _line_so_far(line, chunk, path.name)
            if encoding == "utf-8-sig":
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    encoding = "cp1252"
            chunk = file.read(_CHUNK)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252" if encoding == "utf-8-sig" else encoding
    return encoding


def _line_so_far(before: int, chunk: bytes, name: str) -> int:
    """How much of a line the chunk ends with, given how much came before it."""
    end = b"\n" if b"\n" in chunk else b"\r"
    if before + max(chunk.find(end), 0 if end in chunk else len(chunk)) > LONGEST_LINE:
        raise Refused(
            f"{name} has a line of more than {LONGEST_LINE // 1024 // 1024} MB.",
            hint="It is no CSV file, or its line breaks were lost; save it anew.",
        )
    return len(chunk) - 1 - chunk.rfind(end) if end in chunk else before + len(chunk)


def _delimiter(file: TextIO) -> str:
    """What stands most often between the names of the header, outside of quotes; or what the first line says,
    as spreadsheets write it (sep=;). Leaves the file where its rows begin."""
    line = file.readline()
    named = _NAMED_DELIMITER.fullmatch(line)
    if named:
        return named[1]
    while line and line.isspace():
        line = file.readline()
    file.seek(0)
    plain = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=plain.count)
