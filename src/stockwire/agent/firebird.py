"""The Firebird database of the Omni company, only ever read: short read-only transactions, always closed.

firebird-driver where a client library and Firebird 3 or later are there, else firebirdsql (pure Python).
Everything is fetched as raw bytes, so that one bad byte spoils one row and not the reading. Nothing here
can write: every transaction is opened READ ONLY, whatever the user may do.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from stockwire.agent.config import DatabaseSettings
from stockwire.agent.firebird_client import load_client
from stockwire.errors import NotSetUp, StockwireError, TryLater

FETCH_ROWS = 1_000
TEXT, VARYING, BLOB = 452, 448, 520
BLOB_TEXT = 1
_ENGINE_VERSION = "SELECT RDB$GET_CONTEXT('SYSTEM', 'ENGINE_VERSION') FROM RDB$DATABASE"
OLD_TYPES = "INT128 TO BIGINT; DECFLOAT TO LEGACY; TIME ZONE TO LEGACY"
"""Types that came with Firebird 4 are described in older ones: a client library of 3 refuses them. Values are
not touched by it, since the product query's columns are all fetched as texts that the server made. Older
servers pass over it."""


@dataclass(frozen=True, slots=True)
class Column:
    """An output column of the product query. `codec` is "" for numbers and dates, which are plain ASCII."""

    name: str
    size: int
    codec: str = ""
    padded: bool = False
    blob: bool = False


class Snapshot(Protocol):
    """One read-only transaction: what it reads is one moment."""

    def pages(
        self, sql: str, parameters: tuple[int, ...] = (), *, rows: int = FETCH_ROWS
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Rows in pages of up to `rows`. OCTETS columns come as bytes."""
        ...

    def describe(self, sql: str) -> list[tuple[str, int, int, int, int]]:
        """(name, SQL type, sub type, character set id or -1 when unknown, bytes) of each column."""
        ...


class Database(Protocol):
    """An open connection; close it."""

    def snapshot(self, *, isolated: bool = True) -> Any:
        """Context manager for a Snapshot; `isolated` False reads what is committed at each statement."""
        ...

    def close(self) -> None: ...


@contextmanager
def open_database(settings: DatabaseSettings) -> Iterator[Database]:
    """Connect for one reading. Raises NotSetUp naming what is wrong, TryLater when nobody answers."""
    database = _connect(settings)
    try:
        yield database
    except StockwireError:
        raise
    except Exception as error:
        if not _is_driver_error(error):
            raise
        raise explain(error, settings) from error
    finally:
        database.close()


def first_row(snapshot: Snapshot, sql: str) -> tuple[Any, ...]:
    for page in snapshot.pages(sql):
        return page[0]
    return ()


def engine_version(snapshot: Snapshot) -> str:
    """Like "3.0.11"; Firebird 2.1 and later say it."""
    return _text(first_row(snapshot, _ENGINE_VERSION)[0])


def describe_columns(snapshot: Snapshot, query: str, charset: str) -> list[Column]:
    """The columns of the product query with the way to decode each.

    A column's own character set decides. `charset` from the settings is for columns without one (NONE).
    """
    names = {
        int(row[0]): _text(row[1])
        for page in snapshot.pages(
            "SELECT RDB$CHARACTER_SET_ID, RDB$CHARACTER_SET_NAME FROM RDB$CHARACTER_SETS"
        )
        for row in page
    }
    default = _text(first_row(snapshot, "SELECT RDB$CHARACTER_SET_NAME FROM RDB$DATABASE")[0]) or "NONE"
    columns = []
    for name, kind, subtype, charset_id, size in snapshot.describe(query):
        if kind in (TEXT, VARYING) or (kind == BLOB and subtype == BLOB_TEXT):
            own = names.get(charset_id, default)
            codec = codec_of(charset if own in {"NONE", "OCTETS"} else own)
            columns.append(Column(name, size, codec, padded=kind == TEXT, blob=kind == BLOB))
        elif kind != BLOB:
            columns.append(Column(name, 48))
    return columns


def codec_of(charset: str) -> str:
    """Python's name for a Firebird character set; "NONE" means UTF-8 where it fits, else WIN1252."""
    name = charset.upper()
    if name == "NONE":
        return "NONE"
    if name in {"UTF8", "UTF-8", "UNICODE_FSS"}:
        return "utf-8"
    plain = re.sub(r"^(WIN|DOS)", "cp", name).replace("ISO8859_", "iso8859-").lower()
    try:
        return codecs.lookup(plain).name
    except LookupError:
        raise NotSetUp(
            f"The character set {charset} is not known here.",
            hint="Set database.charset to WIN1252, or to the character set Omni writes in.",
        ) from None


def decode(raw: bytes, codec: str) -> str:
    """Raises UnicodeDecodeError where the bytes are outside the character set."""
    if raw.isascii():  # every character set of Firebird begins with ASCII
        return raw.decode("ascii")
    if codec != "NONE":
        return raw.decode(codec)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252")


def _text(value: bytes | str | None) -> str:
    return (value.decode("latin-1") if isinstance(value, bytes) else value or "").strip()


def explain(error: Exception, settings: DatabaseSettings) -> StockwireError:
    """What a driver's error means for the person who installed the agent. Never shows the password."""
    text = " ".join(str(error).split())
    low = text.lower()
    where = settings.address
    # The old sign-in says "occurred during login" of a wrong password, and no more.
    if "user name and password" in low or "occurred during login" in low:
        return NotSetUp(
            f"The database refuses the user {settings.user!r} or its password.",
            hint="Check database.user and database.password; ask for a user that may SELECT.",
            detail=text,
        )
    if "no permission" in low:
        return NotSetUp(
            f"The user {settings.user!r} may not read what the product query asks for.",
            hint="GRANT SELECT on the tables of the product query to this user.",
            detail=text,
        )
    refused = ("network request", "connection refused", "connection reset", "unable to complete network")
    if isinstance(error, OSError) or any(words in low for words in refused):
        return TryLater(
            f"Nobody answers for the database at {where}.",
            hint="Is the Firebird service running, and are database.host and database.port right? "
            "It is tried again by itself.",
            detail=text,
        )
    if (
        "shutdown" in low
        or "connection lost" in low
        or "error reading data" in low
        or "error writing data" in low
    ):
        return TryLater(f"The database at {where} ended the connection.", detail=text)
    if (
        "i/o error" in low
        or "no such file" in low
        or "unavailable database" in low
        or "unknown database" in low
    ):
        return NotSetUp(
            f"The database {where} does not exist or cannot be opened.",
            hint="Check database.path: the file on the server, or its alias, as Omni itself uses it.",
            detail=text,
        )
    if "record_version" in low and ("column unknown" in low or "single table" in low):
        return NotSetUp(
            "The database has no RDB$RECORD_VERSION for what the product query reads.",
            hint="Firebird 2.5 has none, and Firebird 3 and later only for tables and views of one table. "
            "Take CHANGEMARK out of database.product_query: all rows are then read and compared each time.",
            detail=text,
        )
    if "dynamic sql error" in low or "sql error code" in low or "invalid command" in low:
        return NotSetUp(
            "The database does not accept the product query.",
            hint="Run database.product_query with isql; every column needs a name of its own (AS ...).",
            detail=text,
        )
    return TryLater(
        f"Reading the database at {where} failed.", hint="It is tried again by itself.", detail=text
    )


def _connect(settings: DatabaseSettings) -> Database:
    if settings.driver != "firebirdsql":
        try:
            database = _Native(settings)
        except _Unsupported as reason:
            if settings.driver == "firebird-driver":
                raise NotSetUp(
                    f"firebird-driver cannot be used: {reason}",
                    hint='Install the Firebird client library, or set database.driver = "firebirdsql".',
                ) from None
        else:
            return database
    try:
        return _PurePython(settings)
    except Exception as error:
        if not _is_driver_error(error):
            raise
        raise explain(error, settings) from error


def _is_driver_error(error: Exception) -> bool:
    return isinstance(error, OSError) or type(error).__module__.startswith(("firebird.", "firebirdsql."))


class _Unsupported(Exception):
    """firebird-driver cannot serve here: no client library, or a server older than 3."""


class _Native:
    """firebird-driver."""

    def __init__(self, settings: DatabaseSettings) -> None:
        try:
            driver = load_client()
        except Exception as error:  # noqa: BLE001 - the driver raises plain Exception without a library
            raise _Unsupported(str(error)) from None
        self._driver = driver
        driver.driver_config.db_defaults.set_bind.value = OLD_TYPES
        try:
            self._connection = driver.connect(
                settings.address, user=settings.user, password=settings.password, charset="NONE"
            )
        except driver.Error as error:
            if "wire protocol" in str(error).lower() or "incompatible" in str(error).lower():
                raise _Unsupported("the server is older than Firebird 3") from None
            raise explain(error, settings) from error
        if self._connection.info.engine_version < 3:
            self._connection.close()
            raise _Unsupported("the server is older than Firebird 3")

    @contextmanager
    def snapshot(self, *, isolated: bool = True) -> Iterator[Snapshot]:
        driver = self._driver
        kind = driver.Isolation.SNAPSHOT if isolated else driver.Isolation.READ_COMMITTED
        block = driver.tpb(kind, lock_timeout=0, access_mode=driver.TraAccessMode.READ)
        transaction = self._connection.transaction_manager(block)
        transaction.begin()
        try:
            yield _NativeSnapshot(transaction)
        finally:
            transaction.close()

    def close(self) -> None:
        self._connection.close()


class _NativeSnapshot:
    def __init__(self, transaction: Any) -> None:
        self._transaction = transaction

    def pages(
        self, sql: str, parameters: tuple[int, ...] = (), *, rows: int = FETCH_ROWS
    ) -> Iterator[list[tuple[Any, ...]]]:
        with self._transaction.cursor() as cursor:
            cursor.execute(sql, parameters)
            while page := cursor.fetchmany(rows):
                yield page

    def describe(self, sql: str) -> list[tuple[str, int, int, int, int]]:
        with self._transaction.cursor() as cursor, cursor.prepare(sql) as statement:
            # The DB-API description has no character set; the driver's own description of the message has.
            return [
                (item.alias or item.field, int(item.datatype), item.subtype, item.charset, item.length)
                for item in statement._out_desc
            ]


class _PurePython:
    """firebirdsql. Connected as ISO8859_1, which turns bytes into text and back without loss."""

    def __init__(self, settings: DatabaseSettings) -> None:
        import firebirdsql

        host, port, path = settings.parts
        ways = ("Srp256", "Legacy_Auth")
        for sign_in in ways:
            try:
                self._connection = firebirdsql.connect(
                    host=host,
                    port=port,
                    database=path,
                    user=settings.user,
                    password=settings.password,
                    charset="ISO8859_1",
                    auth_plugin_name=sign_in,
                )
            except firebirdsql.OperationalError as error:
                # A server upgraded from 2.5 may know its users by the old sign-in only, and says no more.
                if sign_in == ways[-1] or "user name and password" not in str(error).lower():
                    raise
            else:
                return

    @contextmanager
    def snapshot(self, *, isolated: bool = True) -> Iterator[Snapshot]:
        from firebirdsql import consts
        from firebirdsql.fbcore import Transaction

        mode = (
            [consts.isc_tpb_concurrency]
            if isolated
            else [consts.isc_tpb_read_committed, consts.isc_tpb_rec_version]
        )
        block = bytes([consts.isc_tpb_version3, consts.isc_tpb_read, consts.isc_tpb_nowait, *mode])

        class ReadOnly(Transaction):  # type: ignore[misc, unused-ignore]
            transaction_parameter_block = (block,) * 5

        transaction = ReadOnly(self._connection, isolation_level=0)
        transaction.begin()
        try:
            yield _PurePythonSnapshot(transaction)
        finally:
            transaction.is_dirty = True  # its commit() does nothing on a transaction that only read
            transaction.commit()

    def close(self) -> None:
        self._connection.close()


class _PurePythonSnapshot:
    def __init__(self, transaction: Any) -> None:
        self._transaction = transaction

    def pages(
        self, sql: str, parameters: tuple[int, ...] = (), *, rows: int = FETCH_ROWS
    ) -> Iterator[list[tuple[Any, ...]]]:
        with self._cursor() as cursor:
            cursor.arraysize = rows
            cursor.execute(sql, parameters)
            while page := cursor.fetchmany(rows):
                yield [tuple(v.encode("latin-1") if isinstance(v, str) else v for v in row) for row in page]

    def describe(self, sql: str) -> list[tuple[str, int, int, int, int]]:
        with self._cursor() as cursor:
            statement = cursor.prep(sql)
            try:
                return [
                    (item.aliasname or item.fieldname, item.sqltype, item.sqlsubtype, -1, item.sqllen)
                    for item in statement.stmt.xsqlda
                ]
            finally:
                statement.stmt.drop()  # its own close() closes a cursor that was never opened

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        from firebirdsql.fbcore import Cursor

        cursor = Cursor(self._transaction)
        try:
            yield cursor
        finally:
            cursor.close()
