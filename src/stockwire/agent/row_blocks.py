"""Some rows of a query fetched as one: what a driver spends for each row it then spends for thirty.

The server runs the query in an EXECUTE BLOCK and joins its rows, with their lengths beside them, so that no
byte of a text can be taken for an end of a row. It changes nothing and needs no right but to read.
"""

from __future__ import annotations

from collections.abc import Iterator

from stockwire.agent.firebird import Snapshot

BLOCK_BYTES = 4_000
BLOCKS_AT_ONCE = 25
"""With rows of some 100 bytes a page is then about as many rows as a batch holds."""
LONGEST_LENGTH = 6
"""What one row's length takes at most: five digits and the blank behind."""


def pages(snapshot: Snapshot, row: str, query: str, row_bytes: int) -> Iterator[list[bytes]]:
    """`row` for each row of the query `q`: an expression of type OCTETS, never null and at most `row_bytes`
    long. The order is the server's. A page is some hundred rows, or some thousand very short ones.
    """
    for page in snapshot.pages(_block(row, query, row_bytes), rows=BLOCKS_AT_ONCE):
        yield [raw for rows, lengths in page for raw in _apart(rows, lengths)]


def _apart(rows: bytes, lengths: bytes) -> Iterator[bytes]:
    begin = 0
    for length in map(int, lengths.split()):
        yield rows[begin : begin + length]
        begin += length


def _block(row: str, query: str, row_bytes: int) -> str:
    most = BLOCK_BYTES // 10  # rows in a block, however short they are
    return f"""EXECUTE BLOCK
RETURNS (STOCKWIRE_ROWS VARCHAR({max(BLOCK_BYTES, row_bytes)}) CHARACTER SET OCTETS,
    STOCKWIRE_LENGTHS VARCHAR({most * LONGEST_LENGTH}) CHARACTER SET OCTETS)
AS
DECLARE STOCKWIRE_ROW VARCHAR({row_bytes}) CHARACTER SET OCTETS;
DECLARE STOCKWIRE_COUNT INTEGER = 0;
BEGIN
  STOCKWIRE_ROWS = ''; STOCKWIRE_LENGTHS = '';
  FOR SELECT {row} FROM ({query}) q INTO :STOCKWIRE_ROW DO
  BEGIN
    IF (STOCKWIRE_COUNT = {most} OR
        OCTET_LENGTH(STOCKWIRE_ROWS) + OCTET_LENGTH(STOCKWIRE_ROW) > {BLOCK_BYTES}) THEN
    BEGIN
      IF (STOCKWIRE_COUNT > 0) THEN SUSPEND;
      STOCKWIRE_ROWS = ''; STOCKWIRE_LENGTHS = ''; STOCKWIRE_COUNT = 0;
    END
    STOCKWIRE_ROWS = STOCKWIRE_ROWS || STOCKWIRE_ROW;
    STOCKWIRE_LENGTHS = STOCKWIRE_LENGTHS || OCTET_LENGTH(STOCKWIRE_ROW) || ' ';
    STOCKWIRE_COUNT = STOCKWIRE_COUNT + 1;
  END
  IF (STOCKWIRE_COUNT > 0) THEN SUSPEND;
END"""  # noqa: S608 - the query is the site's own configuration
