"""What an import keeps in the data folder: the file, encrypted, and the report with a line for every row.

A customer file holds passwords, so none lies there in the clear; the file goes when the import has ended.
"""

from __future__ import annotations

import csv
import io
import os
import secrets
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from stockwire.domain.product_rows import RowResult
from stockwire.errors import Refused
from stockwire.files.formulas import guarded
from stockwire.files.table import open_table
from stockwire.hub import vault

HEADER = ("row", "code", "outcome", "changes", "problem", "fix")
LARGEST = 500 * 1024 * 1024


def keep(client_id: int, file: BinaryIO, shown: str) -> str:
    """Keep an encrypted copy of an open file, called `shown` by people; returns the name it is kept under.
    Raises Refused."""
    if file.seek(0, os.SEEK_END) > LARGEST:
        raise Refused(f"{shown} is larger than {LARGEST // 1024 // 1024} MB.", hint="Split it.")
    file.seek(0)
    name = secrets.token_hex(16)
    vault.seal_file(file, _folder(client_id) / name)
    return name


@contextmanager
def opened(client_id: int, name: str) -> Iterator[Path]:
    """The kept file in the clear, for as long as the context lasts and for nobody else.

    It has no name on the disk, only a link that leads to what this process holds open: however the process
    ends, no password of a customer file stays behind.
    """
    sealed = _folder(client_id) / name
    if not name or not sealed.is_file():
        raise Refused(
            "The file of this import is not here any more.",
            hint="Upload it again. Web and worker processes need the data folder in common.",
        )
    with tempfile.TemporaryDirectory(prefix="stockwire-import-") as folder, tempfile.TemporaryFile() as held:
        plain = Path(folder) / "file"
        plain.symlink_to(f"/proc/self/fd/{held.fileno()}")
        vault.open_file(sealed, plain)
        yield plain


def forget_strays(client_id: int, known: Collection[str], before: datetime) -> int:
    """Let go of kept files from before that moment that no import speaks of: whoever kept them died before it
    could say so. Their number."""
    gone = 0
    for file in _folder(client_id).iterdir():
        kept = file.name not in known and not file.name.endswith(".report.csv")
        if kept and file.stat().st_mtime < before.timestamp():
            file.unlink(missing_ok=True)
            gone += 1
    return gone


def forget(client_id: int, name: str) -> None:
    if name:
        (_folder(client_id) / name).unlink(missing_ok=True)


def forget_report(client_id: int, import_id: int) -> None:
    report_file(client_id, import_id).unlink(missing_ok=True)


def report_file(client_id: int, import_id: int) -> Path:
    return _folder(client_id) / f"{import_id}.report.csv"


def copy_report(client_id: int, import_id: int, size: int, target: Path) -> None:
    """The first `size` bytes of the report, which are the settled rows. Raises Refused when it is gone."""
    file = report_file(client_id, import_id)
    if not file.is_file():
        raise Refused(f"There is no report of import {import_id}.", hint="Reports are kept for 90 days.")
    with file.open("rb") as kept, target.open("wb") as out:
        while size > 0 and (piece := kept.read(min(size, 256 * 1024))):
            out.write(piece)
            size -= len(piece)


def count_rows(file: Path) -> int:
    """Rows below the header, read one by one."""
    with open_table(file) as table:
        return sum(1 for _ in table.rows)


class Report:
    """Lines added batch by batch. What lies behind `size` was written by somebody whose batch was not
    stored, and is cut off."""

    def __init__(self, file: Path, size: int) -> None:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        self._file = os.fdopen(descriptor, "r+b")
        self.size = size
        if not size:
            self._write("\ufeff" + _text([HEADER]))
            self.size = self.end

    def close(self) -> None:
        self._file.close()

    def add(self, results: Iterable[RowResult]) -> None:
        """Add lines behind the settled ones; `settled` says that they count."""
        self._write(_text(map(_line, results)))

    def settled(self, size: int) -> None:
        self.size = size

    @property
    def end(self) -> int:
        return self._file.tell()

    def _write(self, text: str) -> None:
        self._file.seek(self.size)
        self._file.truncate()
        self._file.write(text.encode())
        self._file.flush()
        # The database is told how long it is: a report may not be shorter after a power cut.
        os.fsync(self._file.fileno())


def _text(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([guarded(cell) for cell in row] for row in rows)
    return text.getvalue()


def _line(result: RowResult) -> tuple[str, ...]:
    changes = "; ".join(f"{name}: {_cut(old)} -> {_cut(new)}" for name, (old, new) in result.changes.items())
    return str(result.number), result.code, result.outcome, changes, result.message, result.fix


def _cut(value: str | None) -> str:
    if value is None:
        return "nothing"
    return repr(value if len(value) <= 60 else value[:57] + "...")


def _folder(client_id: int) -> Path:
    folder = Path(settings.CONFIG.data_folder) / "imports" / str(client_id)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
