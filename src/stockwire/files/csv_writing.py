"""Rows into a CSV file: comma, UTF-8 with its mark (spreadsheets guess wrongly without), one by one.

The file appears whole or not at all.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from stockwire.files.formulas import guarded

Row = Sequence[str | None]


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Row]) -> int:
    """Write the file and return the number of rows below the header. None is a blank cell."""
    count = 0
    with csv_lines(path, header) as write:
        for row in rows:
            write(row)
            count += 1
    return count


@contextmanager
def csv_lines(path: Path, header: Sequence[str]) -> Iterator[Callable[[Row], None]]:
    """As `write_csv`, one row at a time; the file is there when the context ends well."""
    descriptor, half = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)

            def write(row: Row) -> None:
                writer.writerow([guarded(cell) if cell else "" for cell in row])

            write(header)
            yield write
        os.replace(half, path)
    except BaseException:
        os.unlink(half)
        raise
