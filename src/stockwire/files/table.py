"""A file of rows under a header, whatever its kind: which kind is told by its content, never by its name.

One row is in hand at a time, and of a spreadsheet the texts that its cells share.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stockwire.errors import Refused
from stockwire.files.csv_rows import csv_rows
from stockwire.files.formulas import as_meant
from stockwire.files.xlsx_rows import xlsx_rows

_MARKED_UP = (b"<!", b"<?xml", b"<html", b"<head", b"<body", b"<table")
_OLD_EXCEL = bytes.fromhex("d0cf11e0a1b11ae1")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that is there but cannot be read, and why."""

    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Table:
    """`header` are the cells of the first row that has any. `rows` yields (number, cells) or (number,
    Unreadable), each once; numbers are those a spreadsheet shows. Rows of blank cells only are left out."""

    header: Sequence[str]
    rows: Iterator[tuple[int, Sequence[str] | Unreadable]]


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """The rows of a CSV or XLSX file. Raises Refused when it is neither, or has no header."""
    if not path.is_file():
        raise Refused(f"There is no file {path.name}.", hint="Check the name and the folder.")
    rows = _rows(xlsx_rows(path) if zipfile.is_zipfile(path) else csv_rows(_text_file(path)))
    for _, header in rows:
        if isinstance(header, Unreadable):
            raise Refused(f"The header of {path.name} cannot be read: {header.message}", hint=header.fix)
        if any("\x00" in cell for cell in header):
            raise Refused(
                f"{path.name} holds NUL characters.",
                hint="It is no CSV file, or in UTF-16 without its mark. Save it as CSV UTF-8 or XLSX.",
            )
        yield Table(header, rows)
        return
    raise Refused(
        f"{path.name} is empty.", hint="The first row names the columns, the rows below hold the data."
    )


def _text_file(path: Path) -> Path:
    """The file, unless it is of a kind that people take for a table. Raises Refused."""
    with path.open("rb") as file:
        start = file.read(512)
    if start.startswith(_OLD_EXCEL):
        raise Refused(
            f"{path.name} is an old Excel file (.xls), or one with a password.",
            hint="Save it as XLSX without a password, or as CSV.",
        )
    if start.startswith(b"PK\x03\x04"):
        raise Refused(
            f"{path.name} is a spreadsheet or zip file that was cut off.", hint="Send or save it anew."
        )
    if (
        start.removeprefix(b"\xef\xbb\xbf")
        .lstrip()
        .startswith((b"<!", b"<?xml", b"<html", b"<HTML", b"<table"))
    ):
        raise Refused(
            f"{path.name} is a web page or XML, not a table, whatever its name says.",
            hint="Open it in a spreadsheet and save it as XLSX or CSV.",
        )
    return path


def _rows(
    raw: Iterator[tuple[int, list[str]]] | Iterator[tuple[int, list[str] | str]],
) -> Iterator[tuple[int, Sequence[str] | Unreadable]]:
    for number, cells in raw:
        if isinstance(cells, str):
            yield (
                number,
                Unreadable(
                    f"The row cannot be read: {cells}.",
                    "Look for a quotation mark that is opened and never closed.",
                ),
            )
        elif (whole := "".join(cells)) and not whole.isspace():
            yield number, as_meant(cells) if "'" in whole else cells
