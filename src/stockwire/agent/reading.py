"""One reading of the database: which rows are new, changed or gone since the hub was last told.

Two ways. By watermark: Firebird is asked only for rows whose CHANGEMARK is at or above MON$OLDEST_ACTIVE as
it was before the previous reading; transaction numbers are not in commit order, so "the highest seen" would
lose rows. By hash: all rows are read and compared. Rows are compared page by page against the journal,
never all held in memory, and nothing here waits for the hub while the database's transaction is open.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import blake2b
from math import inf

from stockwire import dying
from stockwire.agent import clock
from stockwire.agent.comparing import DOUBLE, Comparison, Page, Reading, Stopped
from stockwire.agent.config import DatabaseSettings
from stockwire.agent.firebird import (
    Column,
    Database,
    Snapshot,
    describe_columns,
    engine_version,
    first_row,
    open_database,
)
from stockwire.agent.journal import Journal
from stockwire.agent.product_query import SEPARATOR, ProductQuery, bracketed

__all__ = ["Reader", "Reading", "Stopped"]

DESCRIBED_FOR_S = 600.0


class Reader:
    """Reads one source into the journal's outbox. Used by one thread."""

    def __init__(
        self,
        settings: DatabaseSettings,
        journal: Journal,
        *,
        queued: Callable[[], None] = lambda: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self.server = ""
        """The database server that was read last, like "Firebird 3.0.11"."""
        self._settings = settings
        self._journal = journal
        self._queued = queued
        self._stopped = stopped
        self._keys_looked_at = -inf
        self._described: list[Column] | None = None
        self._described_at = 0.0
        self._asked = _hashed(settings.parts[2], settings.product_query)
        if journal.waiting() and journal.get("asked") not in {"", self._asked}:
            # What another query read may be the very thing the hub refuses; it would wait for ever.
            journal.new_stream()

    def read(self, now: Callable[[], datetime], *, full: str = "", resend: bool = False) -> Reading:
        """Read once. `full` is the reason for reading all rows, "" for as little as is needed; with
        `resend` rows the hub has are sent again. `now` gives aware times.

        Raises NotSetUp, TryLater, Stopped, StreamChanged. Batches queued before stay valid.
        """
        try:
            return self._read(now, full, resend)
        except BaseException:
            self._described = None
            raise

    def _read(self, now: Callable[[], datetime], full: str, resend: bool) -> Reading:
        began = time.monotonic()
        with open_database(self._settings) as database:
            position = self._position(database)
            opened_s = clock.ticks()
            read_at = now()  # before the snapshot: an order raised after this moment is not in it
            with database.snapshot() as snapshot:
                query = self._query(snapshot)
                self._begin_anew_if_another_source(query)
                why_full = full or self._why_full(query, position)
                mode = "watermark" if query.has_mark else "hash"
                reading = Reading(mode, read_at, why_full=why_full, opened_s=opened_s)
                comparison = Comparison(
                    self._journal, query, reading, self._queued, self._stopped, resend=resend
                )
                pass_ = _Pass(self._journal, query, comparison)
                if not why_full:
                    keys_due = time.monotonic() >= self._keys_looked_at + self._settings.removed_every_s
                    why_full = pass_.changed_rows(
                        snapshot, int(self._journal.get("watermark")), look_at_keys=keys_due
                    )
                    reading.why_full = why_full
                if why_full:
                    pass_.all_rows(snapshot)
                comparison.removals(self._settings.removal_limit)
                if pass_.keys_looked_at:
                    held = bool(reading.error)  # then the keys are looked at again each time
                    self._keys_looked_at = -inf if held else time.monotonic()
        finished = {**position, "probe": "" if reading.error else pass_.probed}
        if why_full:
            finished["full_at"] = read_at.isoformat()
            reading.mode += " (all rows)" if query.has_mark else ""
        if reading.changed_something:
            dying.step("agent-reading-ended")
        self._journal.finish_reading(comparison.stream, finished)
        if reading.changed_something:
            dying.step("agent-watermark-noted")
        reading.seconds = time.monotonic() - began
        return reading

    def _position(self, database: Database) -> dict[str, str]:
        """Where the database stands, in a transaction of its own that ends before the snapshot opens."""
        with database.snapshot(isolated=False) as snapshot:
            active, following, created = first_row(
                snapshot,
                "SELECT MON$OLDEST_ACTIVE, MON$NEXT_TRANSACTION, MON$CREATION_DATE FROM MON$DATABASE",
            )
        return {"watermark": str(active), "next_transaction": str(following), "created": str(created)}

    def _query(self, snapshot: Snapshot) -> ProductQuery:
        """The product query with its columns, described again after a failure and every ten minutes."""
        text = self._settings.product_query
        if self._described is None or time.monotonic() > self._described_at + DESCRIBED_FOR_S:
            self._described = describe_columns(snapshot, bracketed(text), self._settings.charset)
            self._described_at = time.monotonic()
            self.server = f"Firebird {engine_version(snapshot)}"
        return ProductQuery(text, self._described)

    def _begin_anew_if_another_source(self, query: ProductQuery) -> None:
        source = _hashed(self._settings.parts[2], query.query, *query.columns)
        if self._journal.get("source") not in {"", source}:
            self._journal.new_stream()
        if not self._journal.get("source"):
            self._journal.put(source=source, asked=self._asked)

    def _why_full(self, query: ProductQuery, position: dict[str, str]) -> str:
        journal = self._journal
        if not journal.get("full_at"):
            return "first reading"
        if not query.has_mark:
            return "the product query has no CHANGEMARK"
        if journal.get("created") != position["created"]:
            return "the database was restored or replaced"
        if int(position["next_transaction"]) < int(journal.get("next_transaction")):
            return "the database went back in time"
        return ""


class _Pass:
    """The queries of one reading, their rows handed on to be compared."""

    def __init__(self, journal: Journal, query: ProductQuery, comparison: Comparison) -> None:
        self._journal = journal
        self._query = query
        self._comparison = comparison
        self.keys_looked_at = False
        self.probed = ""

    def changed_rows(self, snapshot: Snapshot, watermark: int, *, look_at_keys: bool) -> str:
        """Rows at or above the watermark; with `look_at_keys` also which keys are gone, when a probe says
        that the set of keys is another one.

        Returns "" or the reason why all rows have to be read after all.
        """
        doubled = {key.split(SEPARATOR, 1)[1] for key in self._journal.internal_keys(DOUBLE)}
        doubled = {key.rpartition(SEPARATOR)[0] for key in doubled}
        for page in snapshot.pages(self._query.select(since=True), (watermark,)):
            self._comparison.check_stop()
            raws = [b"".join(row) for row in page]
            keys = [self._query.key_of(raw) for raw in raws]
            if len(set(filter(None, keys))) != len(list(filter(None, keys))) or doubled.intersection(keys):
                return "rows with the same STOCKCODE changed"
            self._comparison.take(raws, keys)
        self._comparison.flush()
        before = self._journal.get("probe")
        if not look_at_keys:
            self.probed = before
            return ""
        self.keys_looked_at = True
        self.probed = self._probe(snapshot)
        if self.probed == before:
            return ""
        return self._scan_keys(snapshot, doubled)

    def all_rows(self, snapshot: Snapshot) -> None:
        self._comparison.all_rows(self._pages(snapshot))
        self.keys_looked_at = True
        self.probed = self._probe(snapshot)

    def _pages(self, snapshot: Snapshot) -> Iterator[Page]:
        for raws in self._query.every_row(snapshot):
            yield raws, [self._query.key_of(raw) for raw in raws]

    def _probe(self, snapshot: Snapshot) -> str:
        return "/".join(str(value) for value in first_row(snapshot, self._query.probe()))

    def _scan_keys(self, snapshot: Snapshot, doubled: set[str]) -> str:
        self._comparison.begin_keys()
        self._journal.see(sorted(self._journal.internal_keys("")))
        found_double: set[str] = set()
        for page in self._query.every_key(snapshot):
            self._comparison.check_stop()
            keys = [key for key in map(self._query.key_of, page) if key]
            unique = set(keys)
            if len(unique) != len(keys):
                found_double |= {key for key in unique if keys.count(key) > 1}
            found_double |= self._journal.see(list(unique))
        if found_double != doubled:
            return "the rows that share a STOCKCODE are others than before"
        if self._journal.any_unknown_seen():
            return "there are keys that were never read"
        return ""


def _hashed(*texts: str) -> str:
    return blake2b(SEPARATOR.join(texts).encode(), digest_size=16).hexdigest()
