"""Rows of a reading against the journal: what is new, changed, unusable or gone becomes batches.

The same for every way of reading. Rows come page by page as bytes and are compared by their hash; they are
never all held in memory, and nothing here waits for the hub.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import msgspec

from stockwire import dying
from stockwire.agent import removals
from stockwire.agent.journal import INTERNAL, Journal
from stockwire.wire import MAX_ROWS, Batch

SEPARATOR = "\x1f"
BATCH_BYTES = 4 * 1024 * 1024
BLANK, DOUBLE = "blank", "double"
_encoder = msgspec.msgpack.Encoder()

Page = tuple[list[bytes], list[str]]
"""Rows as bytes, and their keys: stock code, with the warehouse where rows are per warehouse, or ""."""


@dataclass(slots=True)
class Reading:
    """What a reading did. `mode` is "watermark", "hash" or "report", with " (all rows)" after a full one by
    watermark.

    `why_full` says why all rows were read. `error` and `hint` say what a person must look at although the
    reading went through (removals held back). `opened_s` is the moment of the run (clock.ticks) the snapshot
    opened.
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
    opened_s: float = 0.0

    @property
    def changed_something(self) -> bool:
        return bool(self.rows_sent or self.removed or self.problems)


class Stopped(Exception):
    """The agent was told to stop in the middle of a reading. What was queued stays valid."""


class RowShape(Protocol):
    """How rows as bytes are understood. `origin` is what they were read from, in the operator's words, and
    `text_fix` what to do about a text that cannot be understood."""

    @property
    def columns(self) -> list[str]: ...

    @property
    def has_warehouse(self) -> bool: ...

    @property
    def origin(self) -> str: ...

    @property
    def text_fix(self) -> str: ...

    def digest_of(self, raw: bytes) -> bytes: ...

    def values_of(self, raw: bytes) -> list[str | None]:
        """Raises ValueError saying what is wrong with the row."""
        ...


@dataclass(slots=True)
class Comparison:
    """The work of one reading: rows in, batches out."""

    journal: Journal
    shape: RowShape
    reading: Reading
    queued: Callable[[], None]
    stopped: Callable[[], bool]
    resend: bool
    stream: str = ""
    keys_known: bool = False
    _rows: list[list[str | None]] = field(default_factory=list)
    _digests: list[tuple[str, bytes]] = field(default_factory=list)
    _problems: list[tuple[str, str, str]] = field(default_factory=list)
    _size: int = 0

    def __post_init__(self) -> None:
        self.stream = self.journal.stream

    def all_rows(self, pages: Iterable[Page]) -> None:
        """The whole source: afterwards it is known which keys are gone."""
        self.begin_keys()
        self.reading.rows_seen = 0
        compare = not self.resend and self.journal.known_count() > 0
        for raws, keys in pages:
            self.check_stop()
            self._see(keys)
            self.take(raws, keys, compare=compare, mark_doubles=True)
        self.flush()

    def begin_keys(self) -> None:
        """From here on all keys of the source are met."""
        self.journal.forget_seen()
        self.keys_known = True

    def take(
        self,
        raws: list[bytes],
        keys: list[str],
        *,
        compare: bool = True,
        mark_doubles: bool = False,
    ) -> None:
        """Compare a page with the journal; keep what differs for the next batches."""
        self.reading.rows_seen += len(raws)
        found = [self.shape.digest_of(raw) for raw in raws]
        internal = [place for place, key in enumerate(keys) if not key or key.startswith(INTERNAL)]
        for place in internal:
            begin = keys[place] or f"{INTERNAL}{BLANK}{SEPARATOR}{_beginning(raws[place])}"
            keys[place] = f"{begin}{SEPARATOR}{found[place].hex()}"
        if internal and mark_doubles:
            self.journal.see(list({keys[place] for place in internal}))
        known = self.journal.known(keys) if compare else {}
        for key, digest, raw in zip(keys, found, raws, strict=True):
            if known.get(key) != digest:
                self._keep(key, digest, raw)

    def flush(self) -> None:
        if self._digests:
            self._queue_batch()

    def removals(self, limit: float) -> None:
        """Tell the hub what vanished, unless so much vanished at once that a person should look first."""
        if not self.keys_known:
            return
        error, hint = removals.held_back(self.journal, limit, self.shape.origin)
        if error:
            self.reading.error, self.reading.hint = error, hint
            return
        confirmed = removals.was_confirmed(self.journal)
        while keys := self.journal.vanished(MAX_ROWS):
            parted = [key.split(SEPARATOR, 1) for key in keys if not key.startswith(INTERNAL)]
            codes = {parts[0] for parts in parted}
            elsewhere = set()
            if self.shape.has_warehouse:
                elsewhere = {code for code in codes if self.journal.saw_any(code + SEPARATOR)}
            quantities = sorted((code, place[0]) for code, *place in parted if code in elsewhere)
            over = self._settled([key for key in keys if key.startswith(INTERNAL)])
            if codes or over:
                self.reading.removed += len(codes - elsewhere)
                self._queue_batch(codes - elsewhere, quantities, gone=keys, confirmed=confirmed, settled=over)
            else:
                self.journal.forget(keys)
        removals.settled(self.journal)

    def _settled(self, vanished: Sequence[str]) -> list[tuple[str, str]]:
        """Problems that are over: their row vanished, and no other one makes the hub say the same."""
        if not vanished:
            return []
        left = self.journal.internal_keys("") - set(vanished)
        said, over = ({_problem(key, "")[:2] for key in keys} for keys in (left, vanished))
        return sorted(over - said)

    def check_stop(self) -> None:
        if self.stopped():
            raise Stopped

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

    def _keep(self, key: str, digest: bytes, raw: bytes) -> None:
        self._digests.append((key, digest))
        if key.startswith(INTERNAL):
            self._problems.append(_problem(key, self.shape.origin))
        else:
            try:
                self._rows.append(self.shape.values_of(raw))
            except ValueError as reason:
                code = key.split(SEPARATOR, 1)[0]
                self._problems.append(
                    (
                        code,
                        f"{code}: the row was left out because {reason}.",
                        self.shape.text_fix,
                    )
                )
        self._size += len(raw)
        if len(self._digests) >= MAX_ROWS or self._size >= BATCH_BYTES:
            self.flush()

    def _queue_batch(
        self,
        removed: Iterable[str] = (),
        removed_quantities: Sequence[tuple[str, str]] = (),
        *,
        gone: Sequence[str] = (),
        confirmed: bool = False,
        settled: Sequence[tuple[str, str]] = (),
    ) -> None:
        rows, problems, digests = self._rows, self._problems, self._digests
        self._rows, self._problems, self._digests, self._size = [], [], [], 0

        def payload(stream: str, number: int) -> bytes:
            return _encoder.encode(
                Batch(
                    stream=stream,
                    number=number,
                    read_at=self.reading.read_at.isoformat(),
                    columns=self.shape.columns,
                    rows=rows,
                    removed=sorted(removed),
                    problems=problems,
                    full=bool(self.reading.why_full),
                    removals_confirmed=confirmed,
                    removed_quantities=list(removed_quantities),
                    settled=list(settled),
                )
            )

        dying.step("agent-rows-compared")
        self.journal.queue(payload, digests, gone, stream=self.stream)
        self.reading.rows_sent += len(rows)
        self.reading.problems += len(problems)
        dying.step("agent-batch-noted")
        self.queued()


def _problem(key: str, origin: str) -> tuple[str, str, str]:
    """Code, message and hint of the problem that an internal key stands for."""
    kind, code, *_ = key.removeprefix(INTERNAL).split(SEPARATOR)
    if kind == DOUBLE:
        return (
            code,
            f"{code}: more than one row has this STOCKCODE. The first one was used.",
            f"Rename or remove the other row in Omni, or narrow {origin} so that each STOCKCODE comes once.",
        )
    shown = code
    return (
        "",
        f"A row without STOCKCODE was left out. It begins: {shown!r}.",
        f"Give the item a stock code in Omni, or leave such rows out of {origin}.",
    )


def _beginning(raw: bytes) -> str:
    return raw.replace(b"\x1e", b"").replace(b"\x1f", b" ").decode("latin-1").strip()[:60]
