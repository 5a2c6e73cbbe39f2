"""A real Firebird server for the session, databases of stock on it, and agents that read them."""

from __future__ import annotations

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
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog
from tests.agent.bench import Bench, database_settings
from tests.agent.hub_stand_in import TOKEN, TestHub

from stockwire.agent.config import AgentSettings, HubSettings
from stockwire.servers.firebird import FirebirdServer
from stockwire.servers.firebird_versions import programs_of
from stockwire.servers.omni_database import StockDatabase, make_stock_database

ITEMS = 2_000


# The engine of 5 comes as a wheel for this one kind of machine. Of 3 nearly all other tests of the agent speak.
VERSIONS = [
    pytest.param("3.0", marks=pytest.mark.slow),
    pytest.param("4.0", marks=pytest.mark.slow),
    *(["5.0"] if platform.machine() == "x86_64" else []),
]


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


def copy_of_stock(server: FirebirdServer, items: int, name: str, charset: str = "WIN1252") -> StockDatabase:
    """A stock database of one's own: a copy of one that is made once for each server and then left closed.

    That one was backed up and restored, as a site's is now and then: its numbers of transactions begin anew.
    """
    template = server.path(f"template-{charset}-{items}")
    if not template.exists():
        made = make_stock_database(server, f"made-{charset}-{items}", items, charset=charset)
        backup = template.with_suffix(".fbk")
        server.backup(made.path, backup)
        server.restore(backup, template)
    path = server.path(name)
    shutil.copyfile(template, path)
    owner = template.stat()
    os.chown(path, owner.st_uid, owner.st_gid)
    path.chmod(owner.st_mode & 0o777)
    return StockDatabase(server=server, path=path, items=items, charset=charset)


@pytest.fixture
def make_stock(firebird: FirebirdServer, items: int) -> Iterator[Callable[..., StockDatabase]]:
    made: list[Path] = []

    def make(charset: str = "WIN1252") -> StockDatabase:
        copy = copy_of_stock(firebird, items, f"stock-{len(made)}-{time.monotonic_ns()}", charset)
        made.append(copy.path)
        return copy

    yield make
    for path in made:
        path.unlink(missing_ok=True)


@pytest.fixture
def stock(make_stock: Callable[..., StockDatabase]) -> StockDatabase:
    return make_stock()


@pytest.fixture
def until() -> Callable[..., None]:
    def wait(condition: Callable[[], object], timeout_s: float = 60.0, what: str = "") -> None:
        deadline = time.monotonic() + timeout_s
        pause = threading.Event()
        while not condition():
            assert time.monotonic() < deadline, f"not within {timeout_s} s: {what or condition}"
            pause.wait(0.02)

    return wait


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
