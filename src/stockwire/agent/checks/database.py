"""The Firebird database of the Omni company: is it there, may this user in, and may it write.

What the user may do is read from the granted rights, never found out by writing.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator

from stockwire.agent.checks.check import Check, Message, failed, passed, some, unknown, warning
from stockwire.agent.config import DatabaseSettings
from stockwire.agent.firebird import Snapshot, engine_version, first_row, open_database
from stockwire.errors import StockwireError
from stockwire.ports import Finding

ANSWERS_WITHIN_S = 10.0
SPEAKS_WITHIN_S = 30.0

NOT_USED = passed("Products come from saved reports; the database is not read.")


def _check(code: str, title: str, messages: dict[str, Message]) -> Check:
    return Check(code, title, {**messages, "not_used": NOT_USED})


SERVER = _check(
    "database_server",
    "the database server",
    {
        "answers": passed("The database server answers at {host}, port {port}."),
        "silent": failed(
            "Nobody answers at {host}, port {port}, where the database should be: {why}.",
            "Open services.msc on the Omni server and start the Firebird service; check database.host and "
            "database.port in agent.toml.",
        ),
    },
)
NAME = _check(
    "database_name",
    "the database's name",
    {
        "there": passed("The database {path} opens; Firebird {version}."),
        "missing": failed(
            "The database {path} does not exist on {host}, or the server may not open it.",
            "Set database.path in agent.toml to the file (as seen on the server) or alias that Omni itself "
            "uses for this company.",
        ),
        "hangs": failed(
            "Something listens at {host}, port {port}, but does not speak as a database within {seconds} s.",
            "Check database.port in agent.toml; if it is right, restart the Firebird service on the Omni "
            "server.",
        ),
        "odd": failed(
            "The database {path} cannot be opened: {why}.",
            "Check database.path in agent.toml, and that Omni itself can open this company.",
        ),
    },
)
USER = _check(
    "database_user",
    "the database user and password",
    {
        "accepted": passed("The database accepts the user {user} and its password."),
        "refused": failed(
            "The database refuses the user {user} or its password.",
            "Correct database.user and database.password in agent.toml (or STOCKWIRE_DATABASE_PASSWORD); "
            "they are the database's own, not an Omni log-in.",
        ),
        "no_password": failed(
            "agent.toml gives no password for the database user {user}.",
            "Fill in database.password in agent.toml, or STOCKWIRE_DATABASE_PASSWORD in the environment.",
        ),
    },
)
_OWN_USER = (
    "The agent itself never writes. Still, make a user for it that cannot: CREATE USER STOCKWIRE_READER "
    "PASSWORD '...'; GRANT SELECT ON each table of the product query TO STOCKWIRE_READER; then name it in "
    "database.user of agent.toml."
)
READ_ONLY = _check(
    "database_read_only",
    "the rights of the database user",
    {
        "reads": passed("The user {user} may only read."),
        "administrator": warning(
            "{user} is the administrator of the database: it may change all of it.", _OWN_USER
        ),
        "admin_role": warning(
            "{user} has been given the role RDB$ADMIN: it may change everything in the database.", _OWN_USER
        ),
        "owner": warning("{user} owns {what}: it may change them.", _OWN_USER),
        "granted": warning("{user} may also write: {what}.", _OWN_USER),
        "hidden": unknown("The rights of {user} cannot be read: {why}."),
    },
)
CHECKS = (SERVER, NAME, USER, READ_ONLY)

_LETTERS = {
    "I": "insert into",
    "U": "update",
    "D": "delete from",
    "A": "do anything with",
    "C": "create",
    "L": "alter",
    "O": "drop",
}
_GRANTS = """
SELECT DISTINCT TRIM(p.RDB$PRIVILEGE), TRIM(p.RDB$RELATION_NAME), TRIM(p.RDB$USER)
FROM RDB$USER_PRIVILEGES p
LEFT JOIN RDB$RELATIONS r ON r.RDB$RELATION_NAME = p.RDB$RELATION_NAME AND p.RDB$OBJECT_TYPE IN (0, 1)
WHERE p.RDB$PRIVILEGE IN ('I', 'U', 'D', 'A', 'C', 'L', 'O') AND COALESCE(r.RDB$SYSTEM_FLAG, 0) = 0
  AND (p.RDB$USER = CURRENT_USER OR p.RDB$USER = 'PUBLIC' OR p.RDB$USER IN (
    SELECT m.RDB$RELATION_NAME FROM RDB$USER_PRIVILEGES m
    WHERE m.RDB$PRIVILEGE = 'M' AND m.RDB$USER IN (CURRENT_USER, 'PUBLIC')))
ORDER BY 2, 1
"""
_ADMIN_ROLE = (
    "SELECT COUNT(*) FROM RDB$USER_PRIVILEGES WHERE RDB$PRIVILEGE = 'M' "
    "AND RDB$RELATION_NAME = 'RDB$ADMIN' AND RDB$USER IN (CURRENT_USER, 'PUBLIC')"
)
_OWNED = (
    "SELECT TRIM(RDB$RELATION_NAME) FROM RDB$RELATIONS "
    "WHERE COALESCE(RDB$SYSTEM_FLAG, 0) = 0 AND RDB$OWNER_NAME = CURRENT_USER ORDER BY 1"
)


class DatabaseCheck:
    """Iterate `look`; afterwards `version` is the server's, "" when nothing can be read."""

    def __init__(self, settings: DatabaseSettings, within_s: float = SPEAKS_WITHIN_S) -> None:
        self._settings = settings
        self._within_s = within_s
        self._entered: tuple[str, Finding] | Exception | None = None
        self.version = ""
        self.in_the_way = SERVER

    def look(self) -> Iterator[Finding]:
        settings = self._settings
        host, port, path = settings.parts
        try:
            socket.create_connection((host, port), ANSWERS_WITHIN_S).close()
        except OSError as error:
            yield SERVER.says("silent", host=host, port=port, why=error.strerror or "no answer in time")
            yield from (check.waits_for(SERVER) for check in (NAME, USER, READ_ONLY))
            return
        yield SERVER.says("answers", host=host, port=port)
        if not settings.password:
            self.in_the_way = USER
            yield NAME.waits_for(USER)
            yield USER.says("no_password", user=settings.user)
            yield READ_ONLY.waits_for(USER)
            return
        # In a thread of its own: neither driver gives up on a server that takes the call and says nothing.
        entering = threading.Thread(target=self._enter, name="enter", daemon=True)
        entering.start()
        entering.join(self._within_s)
        if isinstance(self._entered, StockwireError):
            yield from self._no_way_in(self._entered)
            return
        if isinstance(self._entered, Exception):
            raise self._entered
        if self._entered is None:
            self.in_the_way = NAME
            yield NAME.says("hangs", host=host, port=port, seconds=f"{self._within_s:.0f}")
            yield USER.waits_for(NAME)
            yield READ_ONLY.waits_for(NAME)
            return
        version, rights = self._entered
        self.version = version
        yield NAME.says("there", path=path, version=version)
        yield USER.says("accepted", user=settings.user)
        yield rights

    def _enter(self) -> None:
        try:
            with open_database(self._settings) as database, database.snapshot() as snapshot:
                entered = engine_version(snapshot), self._rights(snapshot)
        except Exception as error:  # noqa: BLE001 - handed to the thread that waits for it
            self._entered = error
        else:
            self._entered = entered

    def _no_way_in(self, error: StockwireError) -> Iterator[Finding]:
        settings = self._settings
        host, _, path = settings.parts
        if "refuses the user" in error.message:
            self.in_the_way = USER
            yield NAME.waits_for(USER)
            yield USER.says("refused", user=settings.user)
            yield READ_ONLY.waits_for(USER)
            return
        self.in_the_way = NAME
        if "does not exist" in error.message:
            yield NAME.says("missing", path=path, host=host)
        else:
            yield NAME.says("odd", path=path, why=error.detail or error.message)
        yield USER.waits_for(NAME)
        yield READ_ONLY.waits_for(NAME)

    def _rights(self, snapshot: Snapshot) -> Finding:
        user = text(first_row(snapshot, "SELECT TRIM(CURRENT_USER) FROM RDB$DATABASE")[0])
        if user.upper() == "SYSDBA":
            return READ_ONLY.says("administrator", user=user)
        try:
            if first_row(snapshot, _ADMIN_ROLE)[0]:
                return READ_ONLY.says("admin_role", user=user)
            owned = [text(row[0]) for page in snapshot.pages(_OWNED) for row in page]
            granted = [[text(value) for value in row] for page in snapshot.pages(_GRANTS) for row in page]
        except Exception as error:  # noqa: BLE001 - a driver's own exception; without rights nothing is known
            return READ_ONLY.says("hidden", user=user, why=" ".join(str(error).split()))
        if owned:
            return READ_ONLY.says("owner", user=user, what=some(owned))
        writes = [_in_words(user, *grant) for grant in granted]
        if writes:
            return READ_ONLY.says("granted", user=user, what=some(writes))
        return READ_ONLY.says("reads", user=user)


def major(version: str) -> int:
    found = re.match(r"\d+", version)
    return int(found.group()) if found else 0


def text(value: object) -> str:
    return (value.decode("latin-1") if isinstance(value, bytes) else str(value or "")).strip()


def _in_words(user: str, letter: str, relation: str, by: str) -> str:
    through = "" if by == user else f" (as {by})"
    return f"{_LETTERS[letter]} {relation}{through}"
