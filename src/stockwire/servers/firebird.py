"""A private, real Firebird server for rehearsals, tests and benchmarks, beside any other on the machine.

It runs the distribution's own programs, or those of another version that is at hand, with a root folder, a
security database and a loopback port of its own. It never touches the system's Firebird service or its
databases, never listens beyond loopback and never ends a process it did not start.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from stockwire.errors import NotSetUp, TryLater
from stockwire.servers.firebird_programs import PACKAGES, SERVER_PROGRAM, Programs, installed

SERVICE_USER = "firebird"
START_TIMEOUT_S = 30.0
# It takes a tenth of a second. On a busy machine Firebird 3 sometimes (one stop in a hundred) goes on as if
# it had not been told, and no second signal moves it. What was committed is in the files, kill or not.
STOP_TIMEOUT_S = 3.0


class FirebirdServer:
    """One private server with its databases under `folder`; a context manager.

    As root it runs as the unprivileged user `firebird` that the package makes, else as the caller. `port` 0
    chooses a free one. `programs` is the version that is run, the distribution's Firebird 3 when None.
    `old_sign_in` leaves only what Firebird 2.5 had: Legacy_Auth and nothing encrypted on the way.
    Raises NotSetUp naming the missing packages, TryLater when it does not come up.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        sysdba_password: str = "",
        programs: Programs | None = None,
        old_sign_in: bool = False,
    ) -> None:
        self._programs = programs
        self._old_sign_in = old_sign_in
        self.folder = Path(folder).resolve()
        self.root = self.folder / "root"
        self.data = self.folder / "data"
        self.port = port
        self._password_file = self.folder / "sysdba.password"
        self._wanted_password = sysdba_password
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def sysdba_password(self) -> str:
        return self._password_file.read_text(encoding="ascii").strip()

    @property
    def programs(self) -> Programs:
        """The version this server runs."""
        if self._programs is None:
            self._programs = installed()
        return self._programs

    @property
    def process_id(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Prepare the folder on the first start, then bring the server up and wait until it answers."""
        if self._process is not None:
            return
        programs = self.programs
        self._check_way_in()
        self.port = self.port or _free_port()
        self._prepare(programs)
        self._process = subprocess.Popen(
            list(programs.server),
            env=self._environment(),
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **self._as_service_user(),
        )
        try:
            self._wait_until_it_answers(self._process)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server this object started, by its process id. Databases stay on disk."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()

    def __enter__(self) -> FirebirdServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def path(self, name: str) -> Path:
        """Where the database called `name` lies on disk."""
        return self.data / f"{name}.fdb"

    def dsn(self, path: Path | str) -> str:
        """The connection string of a database file (or alias) on this server: host/port:path."""
        return f"127.0.0.1/{self.port}:{path}"

    def create_database(self, name: str, *, charset: str = "WIN1252") -> Path:
        """Make an empty database with this default character set ("NONE" for none) and return its path.

        Forced writes are off: these databases are rehearsals and may be made again.
        """
        from firebird.driver import DbWriteMode, create_database

        path = self.path(name)
        with create_database(self.dsn(path), user="SYSDBA", password=self.sysdba_password, charset=charset):
            pass
        with self._services() as services:
            services.database.set_write_mode(database=str(path), mode=DbWriteMode.ASYNC)
        return path

    def create_reader(self, user: str, password: str, path: Path | str, tables: Sequence[str]) -> None:
        """Make (or repair) a user that may only SELECT from `tables` of one database."""
        with self.connect(path) as connection:
            quoted = password.replace("'", "''")
            connection.execute_immediate(f"CREATE OR ALTER USER {user} PASSWORD '{quoted}'")
            for table in tables:
                connection.execute_immediate(f"GRANT SELECT ON {table} TO USER {user}")
            connection.commit()

    def connect(self, path: Path | str, *, charset: str = "UTF8") -> Any:
        """A firebird-driver connection as SYSDBA; close it (it is a context manager)."""
        from firebird.driver import connect

        return connect(self.dsn(path), user="SYSDBA", password=self.sysdba_password, charset=charset)

    def backup(self, path: Path | str, backup: Path) -> None:
        """gbak backup of a database into a file of the data folder (made by the server itself)."""
        with self._services() as services:
            services.database.backup(database=str(path), backup=str(backup))
            services.wait()

    def restore(self, backup: Path, path: Path | str) -> None:
        """Restore a gbak file over `path`. Record versions and transaction numbers begin again."""
        from firebird.driver import SrvRestoreFlag

        with self._services() as services:
            services.database.restore(backup=str(backup), database=str(path), flags=SrvRestoreFlag.REPLACE)
            services.wait()

    def _services(self) -> Any:
        from firebird.driver import connect_server, driver_config

        # firebird-driver ignores an address given here and would open the engine inside this process (as
        # root, if we are); only a registered name reaches our server.
        name = f"stockwire-{self.port}"
        config = driver_config.get_server(name) or driver_config.register_server(name)
        config.host.value, config.port.value = "127.0.0.1", str(self.port)
        return connect_server(name, user="SYSDBA", password=self.sysdba_password, encoding="utf_8")

    def _check_way_in(self) -> None:
        """As root: the service user must be able to reach the folder; nobody's permissions are changed."""
        if _service_account() is None:
            return
        for parent in self.folder.parents:
            if parent.exists() and not parent.stat().st_mode & 0o001:
                raise NotSetUp(
                    f"The user {SERVICE_USER} cannot enter {parent}; Firebird cannot run in {self.folder}.",
                    hint="Choose a folder below /var/lib or /var/tmp.",
                )

    def _prepare(self, programs: Programs) -> None:
        for folder in (self.folder, self.root, self.root / "intl", self.root / "lock", self.data):
            folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(programs.message_file, self.root / "firebird.msg")
        for file in programs.intl:
            shutil.copyfile(file, self.root / "intl" / file.name)
        shutil.copyfile(programs.plugins_conf, self.root / "plugins.conf")
        # Copied, not linked: Firebird 4 refuses a plugin that it finds under another path than asked for.
        for name, there in (("plugins", programs.plugins), ("tzdata", programs.time_zones)):
            if (self.root / name).is_symlink():
                (self.root / name).unlink()
            if there:
                shutil.copytree(there, self.root / name, dirs_exist_ok=True)
        (self.root / "databases.conf").write_text(
            f"security.db = $(dir_secDb)/{programs.security_database}\n{{\n\tRemoteAccess = false\n}}\n",
            encoding="ascii",
        )
        security = self.root / programs.security_database
        sign_in = "Legacy_Auth", "Legacy_UserManager", "Disabled"
        if not self._old_sign_in:
            sign_in = "Srp", "Srp", "Enabled"
        (self.root / "firebird.conf").write_text(
            f"RemoteServicePort = {self.port}\nRemoteBindAddress = 127.0.0.1\n"
            f"SecurityDatabase = {security}\nDatabaseAccess = Full\nServerMode = Super\n"
            "AuthServer = {}\nUserManager = {}\nWireCrypt = {}\n".format(*sign_in),
            encoding="ascii",
        )
        if not security.exists():
            self._make_security_database(programs, security, sign_in[1])
        self._give_to_service_user()

    def _make_security_database(self, programs: Programs, security: Path, user_manager: str) -> None:
        password = self._wanted_password or secrets.token_urlsafe(12)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(password, encoding="ascii")
        old_users = f"input '{programs.old_users}';\n" if self._old_sign_in else ""
        script = (
            f"create database '{security}';\ncommit;\nconnect '{security}' user sysdba;\n"
            f"{old_users}create or alter user sysdba password '{password}' using plugin {user_manager};\n"
            "commit;\nquit;\n"
        )
        done = subprocess.run(
            [*programs.isql, "-q"],
            input=script.encode("ascii"),
            env=self._environment(),
            cwd=self.root,
            capture_output=True,
            timeout=START_TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0 or not security.exists():
            said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
            security.unlink(missing_ok=True)
            raise TryLater(
                "The security database of the private Firebird server could not be made.",
                hint=f"Look at the folder {self.root}; remove it to begin again.",
                detail=said.replace(password, "***"),
            )

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            with socket.socket() as probe:
                probe.settimeout(1.0)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        log = self.root / "firebird.log"
        raise TryLater(
            f"The private Firebird server did not start on 127.0.0.1:{self.port}.",
            hint=f"Read {log}; is the port taken, or the folder not readable for user {SERVICE_USER}?",
            detail=log.read_text("utf-8", "replace")[-500:] if log.exists() else "",
        )

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
        return {**kept, "FIREBIRD": str(self.root), "FIREBIRD_LOCK": str(self.root / "lock")}

    def _as_service_user(self) -> dict[str, Any]:
        account = _service_account()
        if account is None:
            return {}
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def _give_to_service_user(self) -> None:
        """As root, hand over exactly the folders made here; nothing above them is touched."""
        account = _service_account()
        if account is None:
            return
        os.chown(self.folder, account.pw_uid, account.pw_gid)
        for folder in (self.root, self.data):
            for place, _, files in os.walk(folder):
                os.chown(place, account.pw_uid, account.pw_gid)
                for name in files:
                    os.chown(Path(place) / name, account.pw_uid, account.pw_gid, follow_symlinks=False)


def _service_account() -> pwd.struct_passwd | None:
    """The account to run as when we are root, else None (we run as ourselves)."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SERVICE_USER)
    except KeyError:
        raise NotSetUp(
            f"There is no user {SERVICE_USER} on this machine, and Firebird is not run as root.",
            hint=f"The package makes it: apt-get install {PACKAGES[SERVER_PROGRAM]}",
        ) from None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
