"""`stockwire up` on a fresh machine: one process that brings everything, and takes everything away again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import psycopg
import pytest

from stockwire.hub.config import HubConfig, secret_keys
from stockwire.servers.postgres import PrivatePostgres

STOCKWIRE = [sys.executable, "-m", "stockwire.cli"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder not yet made, in a place everybody may enter."""
    path = Path(tempfile.gettempdir()) / f"stockwire-up-{uuid.uuid4().hex[:10]}"
    yield path
    PrivatePostgres(path / "postgres").stop()
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def environment(folder: Path, port: int) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if "DATABASE" not in name and "STOCKWIRE" not in name
    }
    return {
        **kept,
        "STOCKWIRE_DATA_FOLDER": str(folder),
        "STOCKWIRE_HOST": "127.0.0.1",
        "STOCKWIRE_PORT": str(port),
    }


def answers(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/healthz", timeout=5, trust_env=False).status_code == 200
    except httpx2.HTTPError:
        return False


def processes_of(folder: Path) -> dict[int, str]:
    """Every process on this machine that was started for this data folder: number and command line."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            started_with = command + (entry / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(folder) in started_with and int(entry.name) != os.getpid():
            found[int(entry.name)] = command
    return found


def named(folder: Path, words: str) -> list[int]:
    return [number for number, command in processes_of(folder).items() if command.endswith(words)]


@pytest.mark.slow
def test_up_brings_the_whole_hub_keeps_it_alive_and_takes_all_of_it_away(
    folder: Path, port: int, environment: dict[str, str], until: Callable[..., None]
) -> None:
    # The strictest umask: what makes the data folder first must not shut PostgreSQL's own user out.
    with subprocess.Popen([*STOCKWIRE, "up"], env=environment, umask=0o077, stderr=subprocess.PIPE) as up:
        try:
            until(lambda: answers(port) or up.poll() is not None, timeout_s=60)
            assert up.poll() is None, up.stderr and up.stderr.read().decode()
            with psycopg.connect(
                PrivatePostgres(folder / "postgres").admin_dsn("stockwire"), autocommit=True
            ) as owner:
                worked = "select 1 from procrastinate_periodic_defers where task_name = 'tick'"
                until(lambda: owner.execute(worked).fetchall(), timeout_s=30)
            [worker] = named(folder, "stockwire.cli worker")
            os.kill(worker, signal.SIGKILL)
            until(lambda: named(folder, "stockwire.cli worker") not in ([], [worker]), timeout_s=30)
            assert (folder / "secret.key").stat().st_mode & 0o777 == 0o600
        finally:
            up.send_signal(signal.SIGTERM)
            said = up.stderr.read().decode() if up.stderr else ""
        assert up.wait(30) == 0, said
    until(lambda: not processes_of(folder))
    assert "Traceback" not in said


@pytest.mark.slow
def test_a_command_starts_the_private_database_and_up_leaves_it_as_it_found_it(
    folder: Path, port: int, environment: dict[str, str], until: Callable[..., None]
) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*STOCKWIRE, *words], env=environment, capture_output=True, text=True, check=False
        )

    early = run("client", "add", "Karoo Fasteners")
    assert early.returncode == 1
    assert early.stderr.splitlines()[-2:] == [
        "Error: The hub's database has no tables yet.",
        "Fix:   Run `stockwire migrate` or `stockwire up` once.",
    ]
    assert run("migrate").returncode == 0
    assert run("client", "add", "Karoo Fasteners").stdout == "Client 1: Karoo Fasteners\n"
    added = run("user", "add", "--client", "1", "--password", "tall grass moves slowly", "thandi")
    assert added.stdout == "thandi may sign in.\n", added.stderr
    assert run("client", "list").stdout == "1: Karoo Fasteners\n"
    postgres = PrivatePostgres(folder / "postgres")
    assert postgres.running()
    with subprocess.Popen([*STOCKWIRE, "up"], env=environment, stderr=subprocess.DEVNULL) as up:
        until(lambda: answers(port) or up.poll() is not None, timeout_s=60)
        up.send_signal(signal.SIGTERM)
        assert up.wait(30) == 0
    assert postgres.running()


def test_web_and_worker_that_start_at_once_on_a_fresh_folder_agree_on_the_key(tmp_path: Path) -> None:
    for attempt in range(20):
        config = HubConfig(data_folder=tmp_path / str(attempt))
        with ThreadPoolExecutor(8) as pool:
            keys = set(pool.map(lambda _, config=config: tuple(secret_keys(config)), range(8)))
        assert len(keys) == 1
        assert len(next(iter(keys))) == 1
        assert [file.name for file in config.data_folder.iterdir()] == ["secret.key"]
