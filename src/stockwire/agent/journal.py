"""What the agent must not forget, in one SQLite file: what the hub has, what waits for it, how far we read.

A batch is durable from the moment it gets its number: its rows' hashes and its bytes are written in one
transaction, and it is sent again with the same number and the same bytes until the hub has it. A lost or
broken journal begins a new stream with a full read; it never loses or doubles anything.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from stockwire.agent.journal_schema import NEWEST_FORM, bring_up_to_date, form_of
from stockwire.errors import NotSetUp

FILE_NAME = "journal.sqlite"
INTERNAL = "\x01"
"""Keys that begin with it stand for rows without a usable stock code and are never told to the hub."""

_SEEN = "CREATE TEMP TABLE seen (key TEXT PRIMARY KEY) WITHOUT ROWID"


class StreamChanged(Exception):
    """A new stream began while a reading was under way; the reading is begun again."""


class Journal:
    """Thread-safe; close it. The folder is made with mode 700, the file with 600."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME
        self.began_anew = ""
        self._lock = threading.RLock()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise NotSetUp(
                f"The data folder {folder} cannot be made or entered.",
                hint="Check data_folder in agent.toml and the rights of the user the agent runs as.",
                detail=str(error),
            ) from None
        try:
            self._db = self._open()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "malformed" not in str(error):
                raise NotSetUp(
                    f"The journal {self.path} cannot be opened.",
                    hint="Check the rights of the data folder, the space on the disk, and that no other "
                    "agent uses it.",
                    detail=str(error),
                ) from None
            self._set_broken_file_aside()
            self._db = self._open()
        if not self.get("stream"):
            self.new_stream()

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # What is known about the source and how far it was read.

    def get(self, name: str) -> str:
        with self._lock:
            row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def put(self, **values: str) -> None:
        """Write several values in one transaction."""
        with self.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))

    def finish_reading(self, stream: str, values: dict[str, str]) -> None:
        """Note how far a reading came. Raises StreamChanged when it was not of the present stream."""
        with self.transaction() as db:
            if self.stream != stream:
                raise StreamChanged
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))

    @property
    def stream(self) -> str:
        return self.get("stream")

    @property
    def next_number(self) -> int:
        return int(self.get("next_number"))

    def new_stream(self) -> None:
        """Forget what the hub has and what waits for it: everything is read and sent again."""
        with self.transaction() as db:
            db.execute("DELETE FROM outbox")
            db.execute("DELETE FROM rows")
            db.execute("DELETE FROM meta")
            db.executemany(
                "INSERT INTO meta VALUES (?, ?)", [("stream", uuid.uuid4().hex), ("next_number", "1")]
            )

    def known(self, keys: Sequence[str]) -> dict[str, bytes]:
        """The hashes of those of these keys that the hub has or that are on their way to it."""
        with self._lock:
            return dict(
                self._db.execute(
                    "SELECT key, digest FROM rows WHERE key IN (SELECT value FROM json_each(?))",
                    (json.dumps(keys),),
                ).fetchall()
            )

    def known_count(self) -> int:
        """Rows with a stock code."""
        with self._lock:
            row = self._db.execute("SELECT COUNT(*) FROM rows WHERE key > ?", (INTERNAL + "\x7f",)).fetchone()
        return int(row[0])

    def internal_keys(self, kind: str) -> set[str]:
        with self._lock:
            rows = self._db.execute(
                "SELECT key FROM rows WHERE key >= ? AND key < ?",
                (INTERNAL + kind, INTERNAL + kind + "\x7f"),
            ).fetchall()
        return {row[0] for row in rows}

    # Which keys a reading has met.

    def forget_seen(self) -> None:
        with self._lock:
            self._db.execute("DELETE FROM seen")

    def see(self, keys: Sequence[str]) -> set[str]:
        """Note keys of a page (no doubles within it); returns those met before in this reading."""
        asked = json.dumps(keys)
        with self._lock:
            self._db.execute("BEGIN")
            met = {
                row[0]
                for row in self._db.execute(
                    "SELECT key FROM seen WHERE key IN (SELECT value FROM json_each(?))", (asked,)
                )
            }
            self._db.execute("INSERT OR IGNORE INTO seen SELECT value FROM json_each(?)", (asked,))
            self._db.execute("COMMIT")
        return met

    def vanished_count(self) -> int:
        """Rows with a stock code that the hub has and this reading did not meet."""
        with self._lock:
            row = self._db.execute(
                "SELECT COUNT(*) FROM rows WHERE key > ? AND key NOT IN (SELECT key FROM seen)",
                (INTERNAL + "\x7f",),
            ).fetchone()
        return int(row[0])

    def vanished(self, limit: int) -> list[str]:
        with self._lock:
            rows = self._db.execute(
                "SELECT key FROM rows WHERE key NOT IN (SELECT key FROM seen) LIMIT ?", (limit,)
            ).fetchall()
        return [row[0] for row in rows]

    def any_unknown_seen(self) -> bool:
        """Whether this reading met a stock code that was never queued."""
        with self._lock:
            row = self._db.execute(
                "SELECT 1 FROM seen WHERE key NOT IN (SELECT key FROM rows) LIMIT 1"
            ).fetchone()
        return row is not None

    def saw_any(self, prefix: str) -> bool:
        """Whether this reading met a key with this beginning (another warehouse of the same stock code)."""
        with self._lock:
            row = self._db.execute(
                "SELECT 1 FROM seen WHERE key >= ? AND key < ? LIMIT 1", (prefix, prefix + "\U0010ffff")
            ).fetchone()
        return row is not None

    # Batches on their way to the hub.

    def queue(
        self,
        make_payload: Callable[[str, int], bytes],
        digests: Iterable[tuple[str, bytes]],
        gone: Iterable[str],
        *,
        stream: str,
    ) -> int:
        """Give a batch its number and keep it until the hub has it. Raises StreamChanged."""
        number = self.next_number
        payload = make_payload(stream, number)
        with self.transaction() as db:
            if self.stream != stream or self.next_number != number:
                raise StreamChanged
            db.execute("INSERT INTO outbox VALUES (?, ?)", (number, payload))
            db.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?)", digests)
            db.executemany("DELETE FROM rows WHERE key = ?", [(key,) for key in gone])
            db.execute("UPDATE meta SET value = ? WHERE name = 'next_number'", (str(number + 1),))
        return number

    def forget(self, keys: Iterable[str]) -> None:
        """Rows that are gone without the hub having to know."""
        with self.transaction() as db:
            db.executemany("DELETE FROM rows WHERE key = ?", [(key,) for key in keys])

    def waiting(self) -> int:
        with self._lock:
            return int(self._db.execute("SELECT COUNT(*) FROM outbox").fetchone()[0])

    def oldest(self, start: int = 0) -> tuple[int, bytes] | None:
        """The first batch at or after number `start` that still waits."""
        with self._lock:
            row = self._db.execute(
                "SELECT number, payload FROM outbox WHERE number >= ? ORDER BY number LIMIT 1", (start,)
            ).fetchone()
        return (row[0], row[1]) if row else None

    def has_batch(self, number: int) -> bool:
        with self._lock:
            return self._db.execute("SELECT 1 FROM outbox WHERE number = ?", (number,)).fetchone() is not None

    def acknowledged(self, number: int) -> None:
        """The hub has this batch and, as it takes them in order, all before it."""
        with self.transaction() as db:
            db.execute("DELETE FROM outbox WHERE number <= ?", (number,))

    @contextmanager
    def transaction(self, *, forced: bool = False) -> Iterator[sqlite3.Connection]:
        """One write, whole or not at all. `forced` waits until it is on the disk.

        Batches are not forced: should the power fail, the last ones may be forgotten, and the hub, which
        has them, then answers "repeated" to a new batch with the same number: a new stream begins.
        """
        with self._lock:
            if forced:
                self._db.execute("PRAGMA synchronous = FULL")
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                except BaseException:
                    self._db.rollback()
                    raise
                self._db.commit()
            finally:
                if forced:
                    self._db.execute("PRAGMA synchronous = NORMAL")

    def _open(self) -> sqlite3.Connection:
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        db = sqlite3.connect(self.path, timeout=10.0, check_same_thread=False, isolation_level=None)
        try:
            if (form := form_of(db)) > NEWEST_FORM:
                raise NotSetUp(
                    f"The journal {self.path} was written by a newer agent (form {form}; this one knows "
                    f"forms up to {NEWEST_FORM}).",
                    hint="Install the newer agent again; the journal was left as it is. Do not delete it: it "
                    "also holds the orders under way.",
                )
            db.execute("PRAGMA temp_store = FILE")
            db.execute("PRAGMA cache_size = -2000")
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("quick_check found damage")
            bring_up_to_date(db)
            db.execute(_SEEN)
        except BaseException:
            db.close()
            raise
        return db

    def _set_broken_file_aside(self) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        self.began_anew = f"{FILE_NAME}.broken-{stamp}"
        self.path.rename(self.path.with_name(self.began_anew))
        for ending in ("-wal", "-shm"):
            self.path.with_name(FILE_NAME + ending).unlink(missing_ok=True)
