"""One reading of the source: which rows are new, changed or gone since the hub was last told.

Two ways. By watermark: Firebird is asked only for rows whose CHANGEMARK is at or above MON$OLDEST_ACTIVE as
it was before the previous reading; transaction numbers are not in commit order, so "the highest seen" would
lose rows. By hash: all rows are read and compared. Rows are compared page by page against the journal,
never all held in memory, and nothing here waits for the hub while the database's transaction is open.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

import msgspec

from stockwire import dying
from stockwire.agent.config import DatabaseSettings
from stockwire.agent.firebird import Column, Database, Snapshot, describe_columns, first_row, open_database
from stockwire.agent.journal import INTERNAL, Journal
from stockwire.agent.product_query import SEPARATOR, ProductQuery, bracketed
from stockwire.wire import MAX_ROWS, Batch

BATCH_BYTES = 4 * 1024 * 1024
DESCRIBED_FOR_S = 600.0
FEW_ROWS = 20
"""Fewer vanished rows than this are always believed."""

BLANK, DOUBLE = "blank", "double"
_encoder = msgspec.msgpack.Encoder()


@dataclass(slots=True)
class Reading:
    """What a reading did. `mode` is "watermark" or "hash", with " (all rows)" after a full one.

    `why_full` says why all rows were read. `error` and `hint` say what a person must look at although the
    reading went through (removals held back).
    """

    mode: str
    read_at: datetime
    rows_seen: int = 0
    rows_sent: int = 0
    removed: int = 0
    problems: int = 0
    seconds: float = 0.0
    why_full: str = ""
    error: str = ""
    hint: str = ""

    @property
    def changed_something(self) -> bool:
        return bool(self.rows_sent or self.removed or self.problems)


class Stopped(Exception):
    """The agent was told to stop in the middle of a reading. What was queued stays valid."""


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
        self._settings = settings
        self._journal = journal
        self._queued = queued
        self._stopped = stopped
        self._keys_looked_at = -settings.removed_every_s
        self._described: list[Column] | None = None
        self._described_at = 0.0

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
            read_at = now()  # before the snapshot: an order raised after this moment is not in it
            with database.snapshot() as snapshot:
                query = self._query(snapshot)
                self._begin_anew_if_another_source(query)
                why_full = full or self._why_full(query, position)
                reading = Reading("watermark" if query.has_mark else "hash", read_at, why_full=why_full)
                pass_ = _Pass(self._journal, query, reading, self._queued, self._stopped, resend=resend)
                if not why_full:
                    keys_due = time.monotonic() >= self._keys_looked_at + self._settings.removed_every_s
                    why_full = pass_.changed_rows(
                        snapshot, int(self._journal.get("watermark")), look_at_keys=keys_due
                    )
                    reading.why_full = why_full
                if why_full:
                    pass_.all_rows(snapshot)
                pass_.removals(self._settings.removal_limit)
                if pass_.keys_looked_at:
                    held = bool(reading.error)  # then the keys are looked at again each time
                    self._keys_looked_at = -self._settings.removed_every_s if held else time.monotonic()
        finished = {**position, "probe": "" if reading.error else pass_.probed}
        if why_full:
            finished["full_at"] = read_at.isoformat()
            reading.mode += " (all rows)" if query.has_mark else ""
        self._journal.finish_reading(pass_.stream, finished)
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
        return ProductQuery(text, self._described)

    def _begin_anew_if_another_source(self, query: ProductQuery) -> None:
        text = SEPARATOR.join([self._settings.parts[2], query.query, *query.columns])
        source = blake2b(text.encode(), digest_size=16).hexdigest()
        if self._journal.get("source") not in {"", source}:
            self._journal.new_stream()
        if not self._journal.get("source"):
            self._journal.put(source=source)

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


@dataclass(slots=True)
class _Pass:
    """The work of one reading: rows in, batches out."""

    journal: Journal
    query: ProductQuery
    reading: Reading
    queued: Callable[[], None]
    stopped: Callable[[], bool]
    resend: bool
    stream: str = ""
    keys_known: bool = False
    keys_looked_at: bool = False
    probed: str = ""
    rows: list[list[str | None]] = field(default_factory=list)
    digests: list[tuple[str, bytes]] = field(default_factory=list)
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    size: int = 0

    def __post_init__(self) -> None:
        self.stream = self.journal.stream

    def changed_rows(self, snapshot: Snapshot, watermark: int, *, look_at_keys: bool) -> str:
        """Rows at or above the watermark; with `look_at_keys` also which keys are gone, when a probe says
        that the set of keys is another one.

        Returns "" or the reason why all rows have to be read after all.
        """
        doubled = {key.split(SEPARATOR, 1)[1] for key in self.journal.internal_keys(DOUBLE)}
        doubled = {key.rpartition(SEPARATOR)[0] for key in doubled}
        for page in snapshot.pages(self.query.select(since=True), (watermark,)):
            self._check_stop()
            raws = [b"".join(row) for row in page]
            keys = [self.query.key_of(raw) for raw in raws]
            if len(set(filter(None, keys))) != len(list(filter(None, keys))) or doubled.intersection(keys):
                return "rows with the same STOCKCODE changed"
            self._take(raws, keys)
        self._flush()
        before = self.journal.get("probe")
        if not look_at_keys:
            self.probed = before
            return ""
        self.keys_looked_at = True
        self.probed = self._probe(snapshot)
        if self.probed == before:
            return ""
        return self._scan_keys(snapshot, doubled)

    def all_rows(self, snapshot: Snapshot) -> None:
        self.journal.forget_seen()
        self.keys_known = True
        self.reading.rows_seen = 0
        compare = not self.resend and self.journal.known_count() > 0
        for page in snapshot.pages(self.query.select(since=False)):
            self._check_stop()
            raws = [b"".join(row) for row in page]
            keys = [self.query.key_of(raw) for raw in raws]
            self._see(keys)
            self._take(raws, keys, compare=compare, mark_doubles=True)
        self._flush()
        self.keys_looked_at = True
        self.probed = self._probe(snapshot)

    def removals(self, limit: float) -> None:
        """Tell the hub what vanished, unless so much vanished at once that a person should look first."""
        if not self.keys_known:
            return
        gone, known = self.journal.vanished_count(), self.journal.known_count()
        if gone >= FEW_ROWS and gone > limit * known:
            self.reading.error = (
                f"{gone:,} of {known:,} products vanished from the product query at once. "
                "They were not removed."
            )
            self.reading.hint = (
                "Check the product query, the company's database and the reader's rights. If they are really "
                "gone, set database.removal_limit = 1.0 in agent.toml and restart the agent."
            )
            return
        while keys := self.journal.vanished(MAX_ROWS):
            codes = {key.split(SEPARATOR, 1)[0] for key in keys if not key.startswith(INTERNAL)}
            if self.query.has_warehouse:
                codes = {code for code in codes if not self.journal.saw_any(code + SEPARATOR)}
            if codes:
                self.reading.removed += len(codes)
                self._queue_batch(removed=sorted(codes), gone=keys)
            else:
                self.journal.forget(keys)

    def _probe(self, snapshot: Snapshot) -> str:
        return "/".join(str(value) for value in first_row(snapshot, self.query.probe()))

    def _scan_keys(self, snapshot: Snapshot, doubled: set[str]) -> str:
        self.journal.forget_seen()
        self.keys_known = True
        self.journal.see(sorted(self.journal.internal_keys("")))
        found_double: set[str] = set()
        for page in snapshot.pages(self.query.select_keys()):
            self._check_stop()
            keys = [key for key in (self.query.key_of(b"".join(row)) for row in page) if key]
            unique = set(keys)
            if len(unique) != len(keys):
                found_double |= {key for key in unique if keys.count(key) > 1}
            found_double |= self.journal.see(list(unique))
        if found_double != doubled:
            return "the rows that share a STOCKCODE are others than before"
        if self.journal.any_unknown_seen():
            return "there are keys that were never read"
        return ""

    def _see(self, keys: list[str]) -> None:
        """Turn second and further occurrences of a key into internal ones, in place."""
        unique = list(dict.fromkeys(key for key in keys if key))
        met = self.journal.see(unique)
        if not met and len(unique) == sum(1 for key in keys if key):
            return
        for place, key in enumerate(keys):
            if key in met:
                keys[place] = f"{INTERNAL}{DOUBLE}{SEPARATOR}{key}"
            elif key:
                met.add(key)

    def _take(
        self,
        raws: list[bytes],
        keys: list[str],
        *,
        compare: bool = True,
        mark_doubles: bool = False,
    ) -> None:
        """Compare a page with the journal; keep what differs for the next batches."""
        self.reading.rows_seen += len(raws)
        found = [self.query.digest_of(raw) for raw in raws]
        internal = [place for place, key in enumerate(keys) if not key or key.startswith(INTERNAL)]
        for place in internal:
            begin = keys[place] or f"{INTERNAL}{BLANK}"
            keys[place] = f"{begin}{SEPARATOR}{found[place].hex()}"
        if internal and mark_doubles:
            self.journal.see(list({keys[place] for place in internal}))
        known = self.journal.known(keys) if compare else {}
        for key, digest, raw in zip(keys, found, raws, strict=True):
            if known.get(key) != digest:
                self._keep(key, digest, raw)

    def _keep(self, key: str, digest: bytes, raw: bytes) -> None:
        self.digests.append((key, digest))
        if key.startswith(INTERNAL):
            self.problems.append(self._unusable(key, raw))
        else:
            try:
                self.rows.append(self.query.values_of(raw))
            except ValueError as reason:
                code = key.split(SEPARATOR, 1)[0]
                self.problems.append(
                    (
                        code,
                        f"{code}: the row was left out because {reason}.",
                        "Type the text again in Omni, or set database.charset to the character set it was "
                        "written in.",
                    )
                )
        self.size += len(raw)
        if len(self.digests) >= MAX_ROWS or self.size >= BATCH_BYTES:
            self._flush()

    def _unusable(self, key: str, raw: bytes) -> tuple[str, str, str]:
        if key.startswith(INTERNAL + DOUBLE):
            code = key.split(SEPARATOR)[1]
            return (
                code,
                f"{code}: more than one row has this STOCKCODE. The first one was used.",
                "Rename or remove the other row in Omni, or narrow the product query so that each "
                "STOCKCODE comes once.",
            )
        shown = raw.replace(b"\x1e", b"").replace(b"\x1f", b" ").decode("latin-1").strip()[:60]
        return (
            "",
            f"A row without STOCKCODE was left out. It begins: {shown!r}.",
            "Give the item a stock code in Omni, or leave such rows out of the product query.",
        )

    def _flush(self) -> None:
        if self.digests:
            self._queue_batch()

    def _queue_batch(self, removed: Sequence[str] = (), gone: Sequence[str] = ()) -> None:
        rows, problems, digests = self.rows, self.problems, self.digests
        self.rows, self.problems, self.digests, self.size = [], [], [], 0

        def payload(stream: str, number: int) -> bytes:
            return _encoder.encode(
                Batch(
                    stream=stream,
                    number=number,
                    read_at=self.reading.read_at.isoformat(),
                    columns=self.query.columns,
                    rows=rows,
                    removed=list(removed),
                    problems=problems,
                    full=bool(self.reading.why_full),
                )
            )

        self.journal.queue(payload, digests, gone, stream=self.stream)
        self.reading.rows_sent += len(rows)
        self.reading.problems += len(problems)
        dying.step("agent-batch-noted")
        self.queued()

    def _check_stop(self) -> None:
        if self.stopped():
            raise Stopped
