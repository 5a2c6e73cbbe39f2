"""Finding what changed: the agent's reading by watermark against reading every row.

The agent's own reader and journal run here as they do in its process; there is no hub, because finding is
what is measured. What it finds is compared with what was changed.
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from benchmarks.bare_read import seconds_of_bare_read
from benchmarks.figures import Figure, Figures, Say, Sizes, Wrong
from stockwire.agent.config import DatabaseSettings
from stockwire.agent.journal import Journal
from stockwire.agent.reading import Reader, Reading
from stockwire.servers.firebird import FirebirdServer
from stockwire.servers.omni_database import EXTRAS, PRICES, StockDatabase, make_stock_database
from stockwire.wire import Batch

NAMES = (
    "watermark_read_ratio",
    "watermark_with_keys_ratio",
    "watermark_idle_ratio",
    "agent_full_read_ratio",
)
ROUNDS = 5
COLUMNS = [
    "STOCKCODE",
    "DESCRIPTION",
    *(f"EXTRADTLS{n}" for n in range(1, EXTRAS + 1)),
    *(f"SELLINGPRICE{n}" for n in range(1, PRICES + 1)),
    "BARCODE",
    "CATEGORY",
    "STOCKGROUP",
    "UNIT",
    "WEIGHT",
    "COSTPRICE",
    "STOCKLEVEL",
]
# 40 columns: these 39 and OAvailable. CHANGEMARK is the agent's own need and comes on top.
_SELECTED = (
    f"SELECT {', '.join(f's.{name}' for name in COLUMNS)}, "
    'MAXVALUE(0, s.STOCKLEVEL - s.RESERVED) AS "OAvailable"'
)
PLAIN = f"{_SELECTED} FROM STOCK s"
# As docs and example configuration recommend it.
MARKED = (
    f"{_SELECTED}, k.RDB$RECORD_VERSION AS CHANGEMARK"
    " FROM STOCK k JOIN STOCK s ON s.RDB$DB_KEY = k.RDB$DB_KEY"
)


def measure(sizes: Sizes, say: Say) -> Figures:
    folder = Path(tempfile.mkdtemp(prefix="stockwire-bench-"))
    folder.chmod(0o755)
    try:
        with FirebirdServer(folder / "firebird") as server:
            say(f"Making {sizes.rows:,} rows of {len(COLUMNS) + 1} columns")
            database = make_stock_database(server, "omni", sizes.rows)
            with Journal(folder / "agent") as journal:
                return _Measurement(sizes, say, database, journal).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Measurement:
    def __init__(self, sizes: Sizes, say: Say, database: StockDatabase, journal: Journal) -> None:
        self.sizes, self.say, self.database, self.journal = sizes, say, database, journal
        settings = DatabaseSettings(
            user=database.user, password=database.password, dsn=database.dsn, product_query=MARKED
        )
        self.reader = Reader(settings, journal)
        # The same, looking for removed rows at every reading instead of every half minute.
        self.key_reader = Reader(msgspec.structs.replace(settings, removed_every_s=0.0), journal)

    def run(self) -> Figures:
        self.say("First reading by the agent")
        first = self._read()
        if first.rows_sent != self.sizes.rows:
            raise Wrong(f"the first reading queued {first.rows_sent} rows of {self.sizes.rows}")
        self._found()
        whole, changed, with_keys, idle = [], [], [], []
        for turn in range(ROUNDS):
            self.say(f"Round {turn + 1} of {ROUNDS}: all rows, {self.sizes.changed_rows:,} changed, none")
            whole.append(seconds_of_bare_read(self.database, PLAIN, self.sizes.rows))
            codes = self._change(turn)
            self._read()  # the watermark moves past the changing transaction only with the next reading
            self._expect(codes)
            codes = self._change(turn + ROUNDS)
            changed.append(self._timed(codes))
            codes = self._change(turn + 2 * ROUNDS)
            with_keys.append(self._timed(codes, self.key_reader))
            self._read()
            idle.append(self._timed(set()))
        self.say("A change that was already open during the reading before")
        self._prove_open_change_is_found()
        full = median(whole)
        rows = f"{self.sizes.rows:,} rows of {len(COLUMNS) + 1} columns"
        return {
            "watermark_read_ratio": Figure(
                _rounded(median(changed) / full),
                "of a full read",
                f"{self.sizes.changed_rows:,} changed of {rows}: {median(changed):.3f} s by the agent"
                " (connect, position, select, hash, compare with the journal, queue durably)"
                f" against {full:.2f} s for a bare read of all; medians of {ROUNDS}",
                limit=0.025,
            ),
            "watermark_with_keys_ratio": Figure(
                _rounded(median(with_keys) / full),
                "of a full read",
                "the same in a reading that also looks for removed rows, which is done every half minute:"
                f" {median(with_keys):.3f} s",
            ),
            "watermark_idle_ratio": Figure(
                _rounded(median(idle) / full),
                "of a full read",
                f"the same with nothing changed: {median(idle):.3f} s",
            ),
            "agent_full_read_ratio": Figure(
                _rounded(first.seconds / full),
                "of a full read",
                f"the agent's own first reading of all of them, queued durably: {first.seconds:.2f} s",
            ),
        }

    def _read(self) -> Reading:
        return self.reader.read(lambda: datetime.now(UTC))

    def _timed(self, codes: set[str], reader: Reader | None = None) -> float:
        reading = (reader or self.reader).read(lambda: datetime.now(UTC))
        if reading.why_full:
            raise Wrong(f"the agent read all rows: {reading.why_full}")
        self._expect(codes)
        return reading.seconds

    def _expect(self, codes: set[str]) -> None:
        if (found := self._found()) != codes:
            raise Wrong(f"the agent found {len(found)} changed rows instead of {len(codes)}")

    def _found(self) -> set[str]:
        """Stock codes that were queued for the hub; taken out of the queue as if the hub had them."""
        found: set[str] = set()
        while waiting := self.journal.oldest():
            number, payload = waiting
            batch = msgspec.msgpack.decode(payload, type=Batch)
            at = batch.columns.index("STOCKCODE")
            found |= {str(row[at]) for row in batch.rows}
            self.journal.acknowledged(number)
        return found

    def _change(self, turn: int) -> set[str]:
        """Change every n-th row in one transaction."""
        every = self.sizes.rows // self.sizes.changed_rows
        codes = sorted(self._codes())[turn::every][: self.sizes.changed_rows]
        with self._connected() as connection:
            cursor = connection.cursor()
            cursor.executemany(
                "update STOCK set STOCKLEVEL = STOCKLEVEL + 1000 where STOCKCODE = ?",
                [(code,) for code in codes],
            )
            cursor.close()
            connection.commit()
        return set(codes)

    def _codes(self) -> list[str]:
        with self._connected() as connection:
            cursor = connection.cursor()
            cursor.execute("select STOCKCODE from STOCK")
            codes = [str(row[0]) for row in cursor.fetchall()]
            cursor.close()
            connection.commit()
        return codes

    def _connected(self) -> Any:
        return self.database.server.connect(self.database.path, charset="WIN1252")

    def _prove_open_change_is_found(self) -> None:
        code = min(self._codes())
        with self._connected() as writer:
            cursor = writer.cursor()
            cursor.execute("update STOCK set STOCKLEVEL = 4711 where STOCKCODE = ?", (code,))
            # Somebody else commits after it, so that the highest version seen is beyond the open one.
            later = self._change(3 * ROUNDS) - {code}
            for _ in range(2):
                self._read()
            if not later <= self._found() or code in self._found():
                raise Wrong("the reading beside an open transaction found other rows than were committed")
            cursor.close()
            writer.commit()
        self._read()
        self._expect({code})


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
