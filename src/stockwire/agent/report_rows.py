"""Rows of saved reports as the bytes that are compared: one row per stock code, a quantity per warehouse.

A site keeps one saved report per warehouse. They are merged by stock code in a temporary database on the
disk, so that a report of 33 MB is never held in memory; the first report that lists an item says its name
and prices. A single report passes straight through.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from hashlib import blake2b
from itertools import islice

from stockwire.agent.comparing import SEPARATOR, Page

NULL = "\x1e"
PAGE_ROWS = 1_000

Values = Sequence[str | None]


class ReportShape:
    """What a row consists of. STOCKCODE comes first, then WAREHOUSECODE where the report has one."""

    text_fix = "Type the text again in Omni."

    def __init__(self, columns: Sequence[str], origin: str) -> None:
        self.columns = list(columns)
        self.origin = origin
        self.has_warehouse = len(columns) > 1 and columns[1].upper() == "WAREHOUSECODE"

    def digest_of(self, raw: bytes) -> bytes:
        return blake2b(raw, digest_size=16).digest()

    def values_of(self, raw: bytes) -> list[str | None]:
        """Raises ValueError saying what is wrong with the row."""
        pieces = raw.decode().split(SEPARATOR)
        if len(pieces) != len(self.columns):
            raise ValueError("a text in it holds the control character 1F")
        return [None if piece == NULL else piece for piece in pieces]

    def key_of(self, values: Values) -> str:
        """The stock code, with the warehouse where rows are per warehouse; "" when it is blank."""
        code = (values[0] or "").strip()
        return f"{code}{SEPARATOR}{(values[1] or '').strip()}" if code and self.has_warehouse else code

    def pages(self, rows: Iterable[Values]) -> Iterator[Page]:
        """Rows as they come, a page at a time."""
        following = iter(rows)
        while page := list(islice(following, PAGE_ROWS)):
            yield [_raw(values) for values in page], [self.key_of(values) for values in page]


class Merge:
    """Rows of several reports by stock code; the last value of a row is its quantity. Close it."""

    def __init__(self, warehouses: int) -> None:
        self._warehouses = warehouses
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("PRAGMA cache_size = -2000")
        quantities = "".join(f", q{number} TEXT" for number in range(warehouses))
        self._db.execute(f"CREATE TABLE item (code TEXT UNIQUE, fixed TEXT NOT NULL{quantities})")
        self._db.execute("CREATE TABLE odd (code TEXT, row TEXT NOT NULL)")

    def close(self) -> None:
        self._db.close()

    def add(self, number: int, rows: Iterable[Values]) -> int:
        """The rows of report `number`, counted from 0. A stock code that the report has twice, or a blank
        one, is kept aside to be told. Returns how many rows there were."""
        column = f"q{number}"
        # S608: the column's name is made of a number.
        put = (
            f"INSERT INTO item (code, fixed, {column}) VALUES (?, ?, ?) "  # noqa: S608
            f"ON CONFLICT (code) DO UPDATE SET {column} = excluded.{column} WHERE {column} IS NULL"
        )
        count = 0
        self._db.execute("BEGIN")
        for values in rows:
            count += 1
            code = (values[0] or "").strip()
            fixed = _text(values[:-1])
            # No quantity at all is 0: the item is in this report, without stock.
            if not code or self._db.execute(put, (code, fixed, values[-1] or "0")).rowcount == 0:
                self._set_aside(number, code, values)
        self._db.execute("COMMIT")
        return count

    def pages(self) -> Generator[Page]:
        """All items in the order they came. A warehouse whose report does not list an item has none of it."""
        with closing(self._db.execute("SELECT * FROM item ORDER BY rowid")) as cursor:
            while found := cursor.fetchmany(PAGE_ROWS):
                rows = [_with_quantities(fixed, quantities) for _, fixed, *quantities in found]
                yield [row.encode() for row in rows], [row[0] for row in found]
        with closing(self._db.execute("SELECT * FROM odd ORDER BY rowid")) as cursor:
            while found := cursor.fetchmany(PAGE_ROWS):
                yield [row[1].encode() for row in found], [row[0] for row in found]

    def _set_aside(self, number: int, code: str, values: Values) -> None:
        quantities = ["0"] * self._warehouses
        quantities[number] = values[-1] or "0"
        row = _text([*values[:-1], *quantities])
        self._db.execute("INSERT INTO odd VALUES (?, ?)", (code, row))


def _with_quantities(fixed: str, quantities: Sequence[str | None]) -> str:
    return SEPARATOR.join([fixed, *(quantity or "0" for quantity in quantities)])


def _raw(values: Values) -> bytes:
    return _text(values).encode()


def _text(values: Values) -> str:
    return SEPARATOR.join([NULL if value is None else value for value in values])
