"""Rows of the first sheet of a spreadsheet. Its reader holds the sheet whole, so its size is bounded first:
a small archive can unpack to very much.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from stockwire.errors import Refused

LARGEST_UNPACKED = 300 * 1024 * 1024

Cell = int | float | str | bool | time | date | datetime | timedelta


def xlsx_rows(path: Path) -> Iterator[tuple[int, list[str] | str]]:
    """(row number from 1, cells as texts). Raises Refused when it is no spreadsheet or too large."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        raise Refused(f"{path.name} is no spreadsheet.", hint="Save it as XLSX or CSV.") from None
    if unpacked > LARGEST_UNPACKED:
        raise Refused(
            f"{path.name} unpacks to {unpacked // 1024 // 1024} MB, more than"
            f" {LARGEST_UNPACKED // 1024 // 1024} MB.",
            hint="Save it as CSV; there is no such bound there.",
        )
    try:
        with CalamineWorkbook.from_path(str(path)) as workbook:
            sheet = workbook.get_sheet_by_index(0)
            for number, row in enumerate(sheet.iter_rows(), 1):
                yield number, [text_of(cell) for cell in row]
    except (CalamineError, IndexError) as error:
        raise Refused(
            f"{path.name} cannot be read as a spreadsheet.", hint="Save it as XLSX or CSV.", detail=str(error)
        ) from None


def text_of(cell: Cell) -> str:
    """A cell as a person reads it: whole numbers without a point, no exponent, TRUE and FALSE."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        text = repr(round(cell, 12))
        return f"{cell:.12f}".rstrip("0").rstrip(".") if "e" in text else text
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell)
