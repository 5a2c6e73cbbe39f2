"""The hub for real use: its private PostgreSQL when none is given, migrations, then web and worker.

Both are processes of their own. When one dies it is started again; when this one is told to stop, both are,
and so is the private PostgreSQL if this one started it. Found running, it is left running: other commands
(`stockwire user add`) start it when they need it, and leave it to whoever comes next.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from stockwire.errors import NotSetUp
from stockwire.hub.config import HubConfig
from stockwire.servers.postgres import PrivatePostgres

log = structlog.get_logger("stockwire.up")
STOP_S = 15.0
RESTART_S = 1.0


@contextmanager
def database(config: HubConfig, config_file: Path | None = None) -> Iterator[dict[str, str]]:
    """`environment` while the hub runs; a private PostgreSQL that had to be started is stopped at the end."""
    postgres = None if config.database_url else PrivatePostgres(config.data_folder / "postgres")
    if postgres is not None and postgres.running():
        postgres = None
    try:
        yield environment(config, config_file)
    finally:
        if postgres is not None:
            postgres.stop()
            log.info("Private PostgreSQL is stopped", folder=str(postgres.folder))


def environment(config: HubConfig, config_file: Path | None = None) -> dict[str, str]:
    """Environment of every hub process. Starts the private PostgreSQL when no database is configured.

    It comes before anything else that makes the data folder: PostgreSQL's own user must be able to pass
    through it, and whatever makes it first under a strict umask would shut that user out.
    """
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "stockwire.hub.settings"}
    env["STOCKWIRE_DATA_FOLDER"] = str(config.data_folder)
    if config_file is not None:
        env["STOCKWIRE_CONFIG"] = str(config_file)
    if not config.database_url:
        postgres = PrivatePostgres(config.data_folder / "postgres")
        postgres.start()
        dsns = postgres.ensure_roles_and_database()
        env["DATABASE_URL"], env["DATABASE_ADMIN_URL"] = dsns.app, dsns.admin
        log.info("Private PostgreSQL is up", folder=str(postgres.folder))
    return env


def migrate(env: Mapping[str, str]) -> None:
    """Bring the tables to this version, as their owner. Raises NotSetUp with what PostgreSQL said."""
    if not (env.get("DATABASE_ADMIN_URL") or env.get("STOCKWIRE_DATABASE_ADMIN_URL")):
        log.info("No DATABASE_ADMIN_URL: the tables are taken as they are")
        return
    done = subprocess.run(
        [sys.executable, "-m", "django", "migrate", "-v0"],
        env={**env, "STOCKWIRE_AS_OWNER": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise NotSetUp(f"The tables could not be brought to this version: {last[0]}", detail=done.stderr)


@dataclass
class Processes:
    """Child processes that are kept alive. `logs` is the folder of their output; None leaves it here."""

    env: Mapping[str, str]
    logs: Path | None = None
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    commands: dict[str, list[str]] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)

    def start(self, name: str, *arguments: str) -> None:
        """Start `stockwire <arguments>` under this name."""
        self.commands[name] = [sys.executable, "-m", "stockwire.cli", *arguments]
        self._spawn(name)

    def watch(self) -> None:
        """Until told to stop: whatever died is started again after a second."""
        while not self.stopping.wait(RESTART_S):
            for name, child in list(self.children.items()):
                if child.poll() is not None and not self.stopping.is_set():
                    log.warning("A process died and is started again", process=name, code=child.returncode)
                    self._spawn(name)

    def stop(self) -> None:
        """Ask every process to end; one that does not within 15 seconds is killed."""
        self.stopping.set()
        for child in self.children.values():
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for child in self.children.values():
            try:
                child.wait(STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def _spawn(self, name: str) -> None:
        if self.logs is None:
            self.children[name] = subprocess.Popen(self.commands[name], env=dict(self.env))
            return
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("ab") as output:
            self.children[name] = subprocess.Popen(
                self.commands[name], env=dict(self.env), stdout=output, stderr=subprocess.STDOUT
            )
