"""A real Firebird server for the session, and a small hub that speaks the wire protocol and keeps lists."""

from __future__ import annotations

import gzip
import itertools
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

from stockwire.agent.config import AgentSettings, DatabaseSettings, HubSettings
from stockwire.agent.delivery import Delivery
from stockwire.agent.journal import Journal
from stockwire.agent.link import MSGPACK, HubLink
from stockwire.agent.reading import Reader, Reading
from stockwire.servers.firebird import FirebirdServer
from stockwire.servers.firebird_versions import programs_of
from stockwire.servers.omni_database import StockDatabase, make_stock_database
from stockwire.wire import (
    MAX_ROWS,
    Batch,
    Confirmed,
    Enrolled,
    Enrolment,
    Raised,
    RaiseOrder,
    ReadingDone,
    Received,
    Settings,
    Work,
)

ITEMS = 2_000
# The engine of 5 comes as a wheel for this one kind of machine.
VERSIONS = ["3.0", "4.0", *(["5.0"] if platform.machine() == "x86_64" else [])]
TOKEN = "the-token-of-this-agent"
CODE = "7KQ2-M4ZD"


@contextmanager
def _firebird(version: str, **how: Any) -> Iterator[FirebirdServer]:
    folder = Path(tempfile.mkdtemp(prefix="stockwire-firebird-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        with FirebirdServer(folder, programs=programs_of(version, folder), **how) as server:
            yield server
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def firebird() -> Iterator[FirebirdServer]:
    with _firebird("3.0") as server:
        yield server


@pytest.fixture(scope="session", params=VERSIONS)
def firebird_of_each_version(request: pytest.FixtureRequest) -> Iterator[FirebirdServer]:
    """What a module makes its `firebird` to have all its tests run on each version."""
    with _firebird(request.param) as server:
        yield server


@pytest.fixture(scope="session")
def firebird_with_old_sign_in() -> Iterator[FirebirdServer]:
    with _firebird("3.0", old_sign_in=True) as server:
        yield server


@pytest.fixture(scope="session")
def items() -> int:
    """Rows of the stock database; a module may want fewer."""
    return ITEMS


def backup_of(server: FirebirdServer, items: int, charset: str = "WIN1252") -> Path:
    """A stock database made once for each server, so that every test gets its own quickly."""
    backup = server.data / f"template-{charset}-{items}.fbk"
    if not backup.exists():
        database = make_stock_database(server, backup.stem, items, charset=charset)
        server.backup(database.path, backup)
    return backup


@pytest.fixture
def make_stock(firebird: FirebirdServer, items: int) -> Iterator[Callable[..., StockDatabase]]:
    made: list[Path] = []

    def make(charset: str = "WIN1252") -> StockDatabase:
        path = firebird.path(f"stock-{len(made)}-{time.monotonic_ns()}")
        firebird.restore(backup_of(firebird, items, charset), path)
        made.append(path)
        return StockDatabase(server=firebird, path=path, items=items, charset=charset)

    yield make
    for path in made:
        path.unlink(missing_ok=True)


@pytest.fixture
def stock(make_stock: Callable[..., StockDatabase]) -> StockDatabase:
    return make_stock()


@pytest.fixture
def until() -> Callable[..., None]:
    def wait(condition: Callable[[], object], timeout_s: float = 30.0, what: str = "") -> None:
        deadline = time.monotonic() + timeout_s
        pause = threading.Event()
        while not condition():
            assert time.monotonic() < deadline, f"not within {timeout_s} s: {what or condition}"
            pause.wait(0.02)

    return wait


@dataclass
class TestHub:
    """The hub's agent API on a loopback port, faithful to wire.py, with switches for trouble.

    `source` is what a real hub would have stored: stock code to row by column name.
    """

    __test__ = False

    port: int = 0
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    codes: set[str] = field(default_factory=lambda: {CODE})
    batches: list[Batch] = field(default_factory=list)
    repeats: list[int] = field(default_factory=list)
    readings: list[ReadingDone] = field(default_factory=list)
    raised: list[Raised] = field(default_factory=list)
    source: dict[str, dict[str, str | None]] = field(default_factory=dict)
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    last_number: dict[str, int] = field(default_factory=dict)
    to_raise: list[RaiseOrder] = field(default_factory=list)
    known_claims: set[int] | None = None
    read_now: bool = False
    full_read: bool = False
    resend_from: int = 0
    fail_batches: int = 0
    lose_answers: int = 0
    date: str = ""
    clock_utc: str = ""
    source_settings: dict[str, Any] = field(default_factory=dict)
    ssl_context: Any = None
    slow_s: float = 0.0
    deaf_to_outcomes: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _server: Any = None
    _thread: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._server = make_server(
            "127.0.0.1",
            self.port,
            self,
            threaded=True,
            request_handler=_Quiet,
            ssl_context=self.ssl_context,
        )
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        try:
            response = self._answer(request)
        except _Error as error:
            response = Response(
                msgspec.json.encode({"message": error.message, "hint": "", **error.more}),
                status=error.status,
                content_type="application/json",
            )
        return response(environ, start_response)

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _answer(self, request: Request) -> Response:
        name = request.path.removeprefix("/api/agent/")
        if name == "enrol":
            asked = msgspec.msgpack.decode(request.get_data(), type=Enrolment)
            if asked.code not in self.codes:
                raise _Error(401, "unknown code")
            self.codes.remove(asked.code)
            return _packed(Enrolled(token=TOKEN, agent_id=1, source="omni"))
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise _Error(401, "unknown token")
        if name == "settings":
            return _packed(
                Settings(
                    source="omni",
                    poll_s=0.05,
                    resend_from=self.resend_from,
                    clock_utc=self.clock_utc,
                    source_settings=self.source_settings,
                )
            )
        if name == "batches":
            return self._batch(request)
        if name == "readings":
            with self._changed:
                self.readings.append(msgspec.msgpack.decode(request.get_data(), type=ReadingDone))
            return Response(status=204)
        if name == "work":
            return self._work(float(request.args["wait"]))
        if name == "raised":
            return self._take_raised(msgspec.msgpack.decode(request.get_data(), type=Raised))
        raise _Error(404, f"no {name}")

    def _batch(self, request: Request) -> Response:
        assert request.headers["Content-Type"] == MSGPACK
        assert request.headers["Content-Encoding"] == "gzip"
        batch = msgspec.msgpack.decode(gzip.decompress(request.get_data()), type=Batch)
        assert len(batch.rows) <= MAX_ROWS
        if self.slow_s:
            threading.Event().wait(self.slow_s)
        with self._changed:
            if self.fail_batches:
                self.fail_batches -= 1
                raise _Error(503, "the hub is busy")
            last = self.last_number.get(batch.stream, 0)
            if batch.number > last + 1:
                raise _Error(409, "a batch is missing", expected=last + 1)
            if batch.number <= last:
                self.repeats.append(batch.number)
                return _packed(Received(number=batch.number, repeated=True))
            self.last_number[batch.stream] = batch.number
            self.batches.append(batch)
            key = [name.upper() for name in batch.columns].index("STOCKCODE")
            for row in batch.rows:
                self.source[str(row[key])] = dict(zip(batch.columns, row, strict=True))
            for code in batch.removed:
                self.source.pop(code, None)
            self.problems = [one for one in self.problems if one[:2] not in batch.settled]
            self.problems += batch.problems
            if self.lose_answers:
                self.lose_answers -= 1
                raise _Error(502, "a proxy lost the answer")
        return _packed(Received(number=batch.number, products=len(batch.rows)))

    def _work(self, wait_s: float) -> Response:
        deadline = time.monotonic() + wait_s
        with self._changed:
            while not (self.to_raise or self.read_now or self.full_read):
                left = deadline - time.monotonic()
                if left <= 0 or self._server is None:
                    break
                self._changed.wait(min(left, 0.1))
            work = Work(raise_orders=self.to_raise, read_now=self.read_now, full_read=self.full_read)
            self.to_raise, self.read_now, self.full_read = [], False, False
        return _packed(work)

    def _take_raised(self, raised: Raised) -> Response:
        if self.deaf_to_outcomes:
            raise _Error(503, "not now")
        with self._changed:
            self.raised.append(raised)
        return _packed(Confirmed(known=self.known_claims is None or raised.claim in self.known_claims))


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: Any, **__: Any) -> None:
        pass

    def date_time_string(self, timestamp: float | None = None) -> str:
        return self.server.app.date or super().date_time_string(timestamp)


class _Error(Exception):
    def __init__(self, status: int, message: str, **more: Any) -> None:
        self.status, self.message, self.more = status, message, more


def _packed(answer: msgspec.Struct) -> Response:
    return Response(msgspec.msgpack.encode(answer), content_type=MSGPACK)


@pytest.fixture
def hub() -> Iterator[TestHub]:
    hub = TestHub()
    hub.start()
    yield hub
    hub.stop()


@pytest.fixture
def log() -> Iterator[list[dict[str, Any]]]:
    """What the agent logged, as dictionaries."""
    lines: list[dict[str, Any]] = []

    def keep(_logger: Any, level: str, event: dict[str, Any]) -> dict[str, Any]:
        lines.append({"level": level, **event})
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[keep], cache_logger_on_first_use=False)
    yield lines
    structlog.configure(**before)


def database_settings(stock: StockDatabase, **changes: Any) -> DatabaseSettings:
    values: dict[str, Any] = {
        "dsn": stock.dsn,
        "user": stock.user,
        "password": stock.password,
        "product_query": stock.product_query,
        "removed_every_s": 0.0,
    }
    return DatabaseSettings(**{**values, **changes})


class Bench:
    """Reader, journal, link and delivery joined by hand, so that a test decides what happens when."""

    def __init__(self, stock: StockDatabase, folder: Path, hub: TestHub, **changes: Any) -> None:
        self.stock, self.folder, self.hub = stock, folder, hub
        self.settings = database_settings(stock, **changes)
        self.open()

    def open(self) -> None:
        self.journal = Journal(self.folder)
        self.link = HubLink(HubSettings(url=self.hub.url), TOKEN)
        self.delivery = Delivery(self.journal, self.link)
        self.reader = Reader(self.settings, self.journal)

    def close(self) -> None:
        self.link.close()
        self.journal.close()

    def read(self, **how: Any) -> Reading:
        return self.reader.read(lambda: datetime.now(UTC), **how)

    def sync(self, **how: Any) -> Reading:
        reading = self.read(**how)
        self.delivery.step()
        return reading

    def sql(self, *statements: str) -> None:
        with self.stock.server.connect(self.stock.path, charset="WIN1252") as connection:
            for statement in statements:
                connection.execute_immediate(statement)
            connection.commit()

    def differences(self) -> list[tuple[Any, ...]]:
        """Where the hub's rows differ from what the product query says now, read the plain way."""
        query = self.stock.product_query_without_changemark
        with self.stock.server.connect(self.stock.path, charset="WIN1252") as connection:
            with connection.cursor() as cursor:
                cursor.execute(query)
                names = [column[0] for column in cursor.description]
                rows = cursor.fetchall()
        found: list[tuple[Any, ...]] = []
        codes = {str(row[0]).strip() for row in rows}
        found += [("hub has too much", code) for code in self.hub.source if code not in codes]
        for row in rows:
            hub_row = self.hub.source.get(str(row[0]).strip(), {})
            for name, true in zip(names, row, strict=True):
                said = hub_row.get(name, "is missing")
                if said != true and not (isinstance(true, Decimal) and said and Decimal(said) == true):
                    found.append((row[0], name, said, true))
        return found


@pytest.fixture
def make_bench(
    stock: StockDatabase, hub: TestHub, tmp_path: Path, log: list[dict[str, Any]]
) -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []
    counter = itertools.count(1)

    def make(of: StockDatabase | None = None, **changes: Any) -> Bench:
        bench = Bench(of or stock, tmp_path / f"agent-{next(counter)}", hub, **changes)
        made.append(bench)
        return bench

    yield make
    for bench in made:
        bench.close()


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench()


@pytest.fixture
def agent_settings(stock: StockDatabase, hub: TestHub, tmp_path: Path) -> AgentSettings:
    return AgentSettings(
        hub=HubSettings(url=hub.url, token=TOKEN),
        database=database_settings(stock),
        data_folder=str(tmp_path / "agent"),
        poll_s=0.05,
    )


@pytest.fixture
def start_agent(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts the real process from settings; whatever still runs at the end is stopped.

    STOCKWIRE_AGENT_PROGRAM names a frozen agent to run instead (make freeze).
    """
    running: list[subprocess.Popen[bytes]] = []

    def start(settings: AgentSettings) -> subprocess.Popen[bytes]:
        config = tmp_path / "agent.toml"
        config.write_text(_toml(msgspec.to_builtins(settings)), encoding="utf-8")
        python = [sys.executable, "-c", "from stockwire.agent.commands import agent; agent()"]
        frozen = os.environ.get("STOCKWIRE_AGENT_PROGRAM")
        with (tmp_path / "agent.log").open("ab") as log_file:
            process = subprocess.Popen(
                [*([frozen, "agent"] if frozen else python), "run", "--config", str(config)],
                stderr=log_file,
                env={**os.environ, "PYTHONWARNINGS": "default", "PYTHONFAULTHANDLER": "1"},
            )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait()


def _toml(value: dict[str, Any], table: str = "") -> str:
    lines = [f"[{table}]"] if table else []
    inner = []
    for key, item in value.items():
        if isinstance(item, dict):
            inner.append(_toml(item, f"{table}.{key}" if table else key))
        elif isinstance(item, str):
            lines.append(f"{key} = {msgspec.json.encode(item).decode()}")
        elif item is not None:
            lines.append(f"{key} = {str(item).lower() if isinstance(item, bool) else item}")
    return "\n".join([*lines, "", *inner])
