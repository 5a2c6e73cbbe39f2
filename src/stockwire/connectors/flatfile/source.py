"""A file as a source: fetched, and its rows handed over under our columns. It takes no order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from stockwire.connectors.flatfile.settings import FlatfileSettings
from stockwire.domain.records import RowProblem
from stockwire.errors import NotSetUp, Refused
from stockwire.file_port import Fetched, FetchedRows, Fetching
from stockwire.files.addresses import shown
from stockwire.files.download import Bounds, Login, Marks, download
from stockwire.files.table import Unreadable, open_table
from stockwire.files.xml_rows import xml_rows

_PAGE = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script")


class FlatfileSource:
    """One file. Nothing is open between calls."""

    def __init__(self, settings: FlatfileSettings) -> None:
        self._settings = settings

    def fetch(self, how: Fetching) -> Fetched:
        """Raises TryLater, Refused or NotSetUp, each naming the address or the file."""
        location = self._settings.location
        if "://" not in location:
            return Fetched(_inside(how.folder, location))
        login = (
            Login(self._settings.username, self._settings.password.get_secret_value())
            if self._settings.username
            else None
        )
        bounds = Bounds(
            self._settings.largest_mb * 1024 * 1024,
            allowed=how.allowed,
            smaller="Ask for a smaller file, or raise largest_mb in the settings of this linked source.",
        )
        got = download(location, how.target, bounds, marks=Marks(*how.marks), login=login)
        if got.changed and _is_page(how.target):
            raise Refused(
                f"{shown(location)} shows a web page, not a file.",
                hint="Give the address of the file itself. A Google Sheet: File > Share > Publish to web >"
                " Comma-separated values.",
            )
        return Fetched(how.target if got.changed else None, (got.marks.etag, got.marks.last_modified))

    @contextmanager
    def rows(self, file: Path) -> Iterator[FetchedRows]:
        """Raises Refused when the file cannot be read, NotSetUp when it lacks a column of the mapping."""
        ours = list(self._settings.columns)
        if self._settings.format == "xml":
            theirs = list(self._settings.columns.values())
            yield FetchedRows(ours, xml_rows(file, self._settings.record_path, theirs))
            return
        with open_table(file) as table:
            if not ours:
                yield FetchedRows(list(table.header), _plain(table.rows, None))
                return
            places = [_place(table.header, name) for name in self._settings.columns.values()]
            yield FetchedRows(ours, _plain(table.rows, places))


def _inside(folder: Path, name: str) -> Path:
    """A file of the client's own folder, and of nowhere else, whatever the name says."""
    file = (folder / name).resolve()
    if not file.is_relative_to(folder.resolve()) or not file.is_file():
        raise NotSetUp(
            f"There is no uploaded file {name[:100]}.", hint="Upload it: stockwire source upload --help"
        )
    return file


def _is_page(file: Path) -> bool:
    with file.open("rb") as opened:
        start = opened.read(512).lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    return start.startswith(_PAGE)


def _place(header: Sequence[str], name: str) -> int:
    names = [cell.strip() for cell in header]
    if name in names:
        return names.index(name)
    folded = [cell.casefold() for cell in names]
    if folded.count(name.casefold()) == 1:
        return folded.index(name.casefold())
    raise NotSetUp(
        f"The file has no column {name}.", hint=f"It has: {', '.join(names)[:300]}. Correct the mapping."
    )


def _plain(
    rows: Iterator[tuple[int, Sequence[str] | Unreadable]], places: list[int] | None
) -> Iterator[tuple[int, Sequence[str] | RowProblem]]:
    for number, row in rows:
        if isinstance(row, Unreadable):
            yield number, RowProblem("", row.message, row.fix)
        elif places is None:
            yield number, row
        else:
            yield number, [row[place] if place < len(row) else "" for place in places]
