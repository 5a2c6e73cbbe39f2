"""A saved report of Omni as a product source, in the shape of the product query (ASSUMPTION A3).

The service sends a whole report in one reply (33 MB for 123,869 rows has been seen), so it is read row by
row as it comes. Numbers keep the digits Omni wrote. Nothing here judges a value: `translate.py` does.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from stockwire.connectors.omni.api import OmniService
from stockwire.errors import NotSetUp, TryLater

QUANTITY = "OAvailable"
STOCK_EXPORT_COLUMNS: Mapping[str, str] = {
    "STOCKCODE": "stock_code",
    "DESCRIPTION": "stock_description",
    "SELLINGPRICE1": "selling_price_excl",
    "OAvailable": "available",
    "BARCODE": "bar_code",
    "CATEGORY": "stock_category_description",
}
"""Column of the product query to key of Stock Export. The extra field that says ACTIVE must be added: its
key is the caption the client gave it, in lower case with underscores."""

LONGEST_ROW = 1_000_000
"""Characters; more without the end of a row is no report."""

_decoder = json.JSONDecoder(parse_float=str, parse_int=str)
_BETWEEN_ROWS = " \t\r\n,"


@dataclass(frozen=True, slots=True)
class ReportSource:
    """A report by its exact name, and which of its keys is which column of the product query.

    `filters` are the report's own parameters; Omni ignores those it does not know without a word.
    """

    name: str = "Stock Export"
    column_map: Mapping[str, str] = field(default_factory=lambda: STOCK_EXPORT_COLUMNS)
    filters: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        return list(self.column_map)

    def rows(
        self, service: OmniService, check: Callable[[str, list[str]], None] | None = None
    ) -> Generator[list[str | None]]:
        """The rows in the order of `columns`, as texts or None, while they arrive. Close it if left early.

        `check` is called once with the report's name and the keys of its first row. Raises NotSetUp naming
        a missing report or column, TryLater when the reply breaks off: then what came before is no whole
        reading, and nothing may be taken for deleted.
        """
        with service.report(self.name, self.filters) as pieces:
            for number, row in enumerate(read_rows(self.name, pieces)):
                if number == 0 and check:
                    check(self.name, list(row))
                yield self._texts(row)

    def _texts(self, row: Mapping[str, object]) -> list[str | None]:
        try:
            return [_text(row[key]) for key in self.column_map.values()]
        except KeyError as missing:
            raise NotSetUp(
                f"Report {self.name} has no column {missing.args[0]}. It has: {', '.join(row)}.",
                hint=(
                    "Add the column to the report in Omni, save it and restart OmniWebServiceREST; "
                    "or correct the column map."
                ),
            ) from None


def read_rows(name: str, pieces: Iterable[bytes]) -> Iterator[dict[str, object]]:
    """The objects of {"<key>": [ {...}, {...} ]}, one by one."""
    buffer = ""
    started = False
    for text in _texts_of(pieces):
        buffer += text
        if not started:
            start = buffer.find("[")
            if start < 0:
                continue
            started, buffer = True, buffer[start + 1 :]
        at = 0
        while True:
            while at < len(buffer) and buffer[at] in _BETWEEN_ROWS:
                at += 1
            if buffer.startswith("]", at):
                return
            try:
                row, at = _decoder.raw_decode(buffer, at)
            except ValueError:
                break
            if not isinstance(row, dict):
                raise _unreadable(name)
            yield row
        buffer = buffer[at:]
        if len(buffer) > LONGEST_ROW:
            raise _unreadable(name)
    raise TryLater(f"Report {name} broke off before its end.", hint="It is read again by itself.")


def _texts_of(pieces: Iterable[bytes]) -> Iterator[str]:
    """A27: UTF-8, with or without its mark."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
    for piece in pieces:
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _unreadable(name: str) -> TryLater:
    return TryLater(
        f"Report {name} cannot be read: it is no list of rows.",
        hint="Restart OmniWebServiceREST if it stays so.",
    )
