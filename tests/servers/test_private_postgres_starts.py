"""A server that starts, crashes, starts again or cannot start: data kept, nothing half made, the reason said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from tests.servers.conftest import ask, mode, postmaster

from stockwire.errors import NotSetUp, TryLater
from stockwire.servers.postgres import PrivatePostgres

pytestmark = pytest.mark.slow  # each starts servers of its own


def until(condition: Callable[[], bool], within_s: float = 20) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        threading.Event().wait(0.02)


def test_the_second_start_finds_the_first_ones_data_quickly(folder: Path) -> None:
    first = PrivatePostgres(folder)
    first.start()
    with psycopg.connect(first.admin_dsn(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    first.stop()
    assert not first.running()
    second = PrivatePostgres(folder)
    began = time.monotonic()
    second.start()
    assert time.monotonic() - began < 3
    assert ask(second.admin_dsn(), "SELECT n FROM kept") == 7


def test_two_processes_starting_at_once_make_one_server(folder: Path) -> None:
    start = (
        "import sys; from pathlib import Path; from stockwire.servers.postgres import PrivatePostgres\n"
        f"server = PrivatePostgres(Path({str(folder)!r})); server.start(); dsns = server.ensure_roles_and_database()\n"
        "import psycopg\n"
        "with psycopg.connect(dsns.app) as c: print(c.execute('SELECT pg_postmaster_start_time()').fetchone()[0])"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", start], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert said[0] == said[1] != ""


def test_after_kill_nine_it_starts_again_with_everything_committed(folder: Path) -> None:
    server = PrivatePostgres(folder)
    server.start()
    with psycopg.connect(server.admin_dsn(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
        os.kill(postmaster(server), signal.SIGKILL)  # with a session still open, whose process lingers
        until(lambda: not server.running())
        server.start()
    assert ask(server.admin_dsn(), "SELECT count(*) FROM kept") == 1000


def test_a_server_whose_starter_died_too_early_is_waited_for(folder: Path) -> None:
    server = PrivatePostgres(folder)
    server.start()
    said = folder / "data" / "postmaster.pid"
    ready = said.read_text()
    assert ready.rstrip().endswith("ready")
    said.write_text(ready.replace("ready   ", "starting"))
    waiting = threading.Thread(target=PrivatePostgres(folder).start)
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive(), "it should wait while the server says that it is starting"
    said.write_text(ready)
    waiting.join(20)
    assert not waiting.is_alive()


def test_a_process_that_got_the_dead_servers_number_is_not_taken_for_it(folder: Path) -> None:
    server = PrivatePostgres(folder)
    server.start()
    left_behind = (folder / "data" / "postmaster.pid").read_text().split("\n")
    server.stop()
    left_behind[0] = str(os.getpid())
    (folder / "data" / "postmaster.pid").write_text("\n".join(left_behind))
    assert not server.running()
    server.start()
    assert ask(server.admin_dsn(), "SELECT 1") == 1


def test_a_broken_off_first_start_is_begun_anew(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o711)
    half = folder / "data.half"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    server = PrivatePostgres(folder)
    server.start()
    assert ask(server.admin_dsn(), "SELECT 1") == 1
    assert not half.exists()


def test_data_of_another_version_is_refused_with_the_way_out(folder: Path) -> None:
    server = PrivatePostgres(folder)
    server.start()
    server.stop()
    (folder / "data" / "PG_VERSION").write_text("16\n")
    with pytest.raises(NotSetUp, match="made by PostgreSQL 16; the installed one is 18") as refused:
        server.start()
    assert "pg_dump" in refused.value.hint
    assert not server.running()


def test_a_path_too_long_for_a_socket_gets_a_short_private_one(folder: Path) -> None:
    deep = folder / ("a-very-long-name" * 6)
    server = PrivatePostgres(deep)
    server.start()
    try:
        host = Path(str(conninfo_to_dict(server.admin_dsn())["host"]))
        assert ask(server.admin_dsn(), "SELECT 1") == 1
        assert len(os.fsencode(host / ".s.PGSQL.5432")) <= 107
        assert mode(host) == 0o700
    finally:
        server.stop()
    assert not host.exists()


def test_somebody_elses_socket_folder_is_not_used(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o711)
    (folder / "socket").mkdir()
    (folder / "socket").chmod(0o777)
    with pytest.raises(NotSetUp, match="socket should be a folder that only"):
        PrivatePostgres(folder).start()


def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    server = PrivatePostgres(folder)
    server.start()
    server.stop()
    (folder / "local.conf").write_text("max_connections = many\n")
    (folder / "local.conf").chmod(0o644)
    with pytest.raises(TryLater, match="did not start") as failed:
        server.start()
    assert "FATAL" in failed.value.detail
    assert str(folder) in failed.value.hint


def test_reset_leaves_nothing(folder: Path) -> None:
    server = PrivatePostgres(folder)
    server.start()
    server.reset()
    assert not folder.exists()
    assert not server.running()
