"""The site's own SELECT, wrapped so that each row comes as one text and can be asked for by its mark.

The server joins the columns of a row into one OCTETS value, and where all rows are asked for also some rows
into one: the driver's cost is per row and per column (100,000 rows of 11 columns: 2.5 s one by one, 0.7 s
joined by row, 0.4 s joined by some rows), and the hash is taken of the very bytes. The query itself is never
changed, only put into brackets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b

from stockwire.agent import row_blocks
from stockwire.agent.firebird import Column, Snapshot, decode
from stockwire.errors import NotSetUp

# S608 does not apply here: the query is the site's own configuration, and column names are quoted.

SEPARATOR, NULL = "\x1f", "\x1e"
LONGEST_JOINED = 30_000
LONGEST_BLOB = 8_000
KEY, WAREHOUSE, MARK = "STOCKCODE", "WAREHOUSECODE", "CHANGEMARK"


def bracketed(query: str) -> str:
    """All columns of the site's query; anything but one SELECT is refused by the server."""
    return f"SELECT * FROM ({_bare(query)}) q"  # noqa: S608


class ProductQuery:
    """The wrapped query and how its rows are decoded. Raises NotSetUp when STOCKCODE is missing."""

    origin = "the product query"
    text_fix = "Type the text again in Omni, or set database.charset to the character set it was written in."

    def __init__(self, query: str, described: Sequence[Column]) -> None:
        self.query = _bare(query)
        by_name = {column.name.upper(): column for column in described}
        if KEY not in by_name:
            raise NotSetUp(
                "The product query has no column STOCKCODE.",
                hint="Name one with AS STOCKCODE. It has these columns: "
                + (", ".join(column.name for column in described) or "none")
                + ".",
            )
        self.has_mark = MARK in by_name
        self.has_warehouse = WAREHOUSE in by_name
        self._keys = [by_name[KEY], *([by_name[WAREHOUSE]] if self.has_warehouse else [])]
        self._mark = by_name.get(MARK)
        self._columns = self._keys + [c for c in described if c not in self._keys and c is not self._mark]
        self.columns = [column.name for column in self._columns]
        codecs = {column.codec for column in self._columns if column.codec}
        self._codec = codecs.pop() if len(codecs) == 1 else ""
        self._blobs = [n for n, column in enumerate(self._columns) if column.blob]

    def select(self, *, since: bool) -> str:
        """All rows, or with `since` those whose mark is at or above the one parameter."""
        where = f" WHERE q.{_quoted(self._mark)} >= ?" if since and self._mark else ""
        return f"SELECT {', '.join(self._joined(self._columns))} FROM ({self.query}) q{where}"  # noqa: S608

    def every_row(self, snapshot: Snapshot) -> Iterator[list[bytes]]:
        """All rows, in pages of some hundred."""
        return self._pages(snapshot, self._columns)

    def every_key(self, snapshot: Snapshot) -> Iterator[list[bytes]]:
        """The same with nothing but what `key_of` needs."""
        return self._pages(snapshot, self._keys)

    def probe(self) -> str:
        """Count and sum over hashed keys: cheap, and different when the set of keys is."""
        key = _quoted(self._keys[0])
        return f"SELECT COUNT(*), SUM(MOD(HASH(q.{key}), 1000000007)) FROM ({self.query}) q"  # noqa: S608

    def digest_of(self, raw: bytes) -> bytes:
        return blake2b(raw, digest_size=16).digest()

    def key_of(self, raw: bytes) -> str:
        """The key from a row of `every_key` or a whole row; "" when it is blank."""
        if not self.has_warehouse:
            piece = raw.split(b"\x1f", 1)[0]
            return "" if piece == b"\x1e" else _lenient(piece, self._keys[0].codec).strip()
        pieces = raw.split(b"\x1f", len(self._keys))[: len(self._keys)]
        if pieces[0] == b"\x1e":
            return ""
        texts = [
            _lenient(b"" if piece == b"\x1e" else piece, column.codec).strip()
            for piece, column in zip(pieces, self._keys, strict=True)
        ]
        return SEPARATOR.join(texts) if texts[0] else ""

    def values_of(self, raw: bytes) -> list[str | None]:
        """The texts of a row. Raises ValueError saying which column is wrong and why."""
        if self._codec and not self._blobs:
            try:
                pieces: list[str | None] = list(decode(raw, self._codec).split(SEPARATOR))
            except UnicodeDecodeError:
                raise ValueError(self._where_bytes_are_bad(raw)) from None
            if len(pieces) != len(self.columns):
                raise ValueError("a text in it holds the control character 1F")
            if NULL in pieces:
                return [None if piece == NULL else piece for piece in pieces]
            return pieces
        return self._values_one_by_one(raw)

    def _values_one_by_one(self, raw: bytes) -> list[str | None]:
        pieces = raw.split(b"\x1f")
        if len(pieces) != len(self.columns):
            raise ValueError("a text in it holds the control character 1F")
        values: list[str | None] = []
        for piece, column in zip(pieces, self._columns, strict=True):
            if column.blob and len(piece) > LONGEST_BLOB:
                raise ValueError(f"{column.name} is longer than {LONGEST_BLOB:,} bytes")
            try:
                values.append(None if piece == b"\x1e" else decode(piece, column.codec or "ascii"))
            except UnicodeDecodeError:
                raise ValueError(self._where_bytes_are_bad(raw)) from None
        return values

    def _where_bytes_are_bad(self, raw: bytes) -> str:
        for piece, column in zip(raw.split(b"\x1f"), self._columns, strict=False):
            try:
                decode(piece, column.codec or "ascii")
            except UnicodeDecodeError as error:
                bad = piece[error.start : error.start + 1].hex().upper()
                return f"{column.name} holds the byte {bad}, which {column.codec} does not have"
        return "it holds bytes outside its character set"

    def _pages(self, snapshot: Snapshot, columns: Sequence[Column]) -> Iterator[list[bytes]]:
        joined = self._joined(columns)
        if len(joined) == 1:
            size = sum(_size(column) + 1 for column in columns)
            yield from row_blocks.pages(snapshot, joined[0], self.query, size)
            return
        for page in snapshot.pages(f"SELECT {', '.join(joined)} FROM ({self.query}) q"):  # noqa: S608
            yield [b"".join(row) for row in page]

    def _joined(self, columns: Sequence[Column]) -> list[str]:
        """One expression, or several where one would be longer than Firebird's longest text."""
        groups: list[list[str]] = [[]]
        room = LONGEST_JOINED
        for column in columns:
            size = _size(column)
            if size + 1 > room and groups[-1]:
                groups.append([])
                room = LONGEST_JOINED
            room -= size + 1
            groups[-1].append(_as_octets(column, size))
        lead = ["", *["x'1F' || "] * (len(groups) - 1)]
        return [first + " || x'1F' || ".join(group) for first, group in zip(lead, groups, strict=True)]


def _size(column: Column) -> int:
    return LONGEST_BLOB + 1 if column.blob else max(column.size, 1)


def _bare(query: str) -> str:
    return query.strip().rstrip(";").strip()


def _as_octets(column: Column, size: int) -> str:
    value = f"q.{_quoted(column)}"
    if column.blob:
        value = f"SUBSTRING({value} FROM 1 FOR {size})"
    elif column.padded:
        value = f"TRIM(TRAILING FROM {value})"
    return f"COALESCE(CAST({value} AS VARCHAR({size}) CHARACTER SET OCTETS), x'1E')"


def _quoted(column: Column | None) -> str:
    assert column is not None
    return '"' + column.name.replace('"', '""') + '"'


def _lenient(raw: bytes, codec: str) -> str:
    try:
        return decode(raw, codec or "ascii")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
