"""The folder of our private PostgreSQL: what is in it, whose it is and who may read it.

`data/` and `socket/` belong to the server's user (700). Password files, settings and lock belong to us (600;
644 for the settings, which hold no secret). Nothing that was there before is ever given other permissions.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import AbstractContextManager, suppress
from functools import cached_property
from pathlib import Path

from stockwire.errors import NotSetUp
from stockwire.servers.postgres_binaries import ServerUser, may_enter, server_user
from stockwire.servers.postgres_settings import WHO_MAY_CONNECT, settings_for
from stockwire.servers.private_files import alone, make_folder, write_whole

PORT = 5432
"""Only part of the socket's file name: there is no TCP."""

_LONGEST_SOCKET_PATH = 107  # bytes; sun_path less its closing zero
_BUSY_AT_MOST_S = 120


class PostgresFolder:
    """One server's folder at `path`, an absolute path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = path / "data"

    def prepare(self) -> None:
        """Make the folder and what is missing above it; leave what is there exactly as it is."""
        missing = []
        for path in [self.path, *self.path.parents]:
            if not os.path.lexists(path):
                missing.append(path)
            elif may_enter(self.user, path):
                break
            else:
                raise NotSetUp(
                    f"PostgreSQL runs as the user {self.user.name}, who may not enter {path}.",
                    hint="Choose a folder outside private ones, such as /var/lib/stockwire; "
                    "Stockwire does not change the permissions of your folders.",
                )
        try:
            for path in reversed(missing):
                make_folder(path, 0o711 if self.user.dropped else 0o700)  # the server's user passes through
            found = self.path.stat()
        except OSError as refused:
            raise NotSetUp(
                f"The database folder {self.path} cannot be made: {refused.strerror}.",
                hint="Choose a folder that you may write to.",
            ) from refused
        if found.st_uid != os.geteuid():
            raise NotSetUp(
                f"The database folder {self.path} belongs to user number {found.st_uid}, not to you.",
                hint="Run Stockwire as that user, or choose another folder.",
            )
        if found.st_mode & 0o022:
            raise NotSetUp(
                f"Others may write into the database folder {self.path}.",
                hint="Choose a folder of its own for the database, which Stockwire makes itself.",
            )

    def alone(self) -> AbstractContextManager[None]:
        """So that two processes starting at once make one server."""
        return alone(self.path, within_s=_BUSY_AT_MOST_S)

    def password(self, role: str) -> str:
        """Return the role's password, drawn and kept in a file of mode 600 on first use."""
        path = self.path / f"{role}.password"
        if not path.exists():
            write_whole(path, secrets.token_urlsafe(32))
        return path.read_text()

    def write_settings(self) -> None:
        self.make_private(self.socket)
        write_whole(self.path / "hba.conf", WHO_MAY_CONNECT, mode=0o644)
        settings = settings_for(self.path, self.socket, PORT)
        write_whole(self.path / "postgresql.conf", settings, mode=0o644)

    def make_private(self, path: Path) -> None:
        """Make the folder for the server's user alone; one that is there must already be just that."""
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
            path.chmod(0o700)
            self.give(path)
        found = path.lstat()
        if not path.is_dir() or path.is_symlink() or found.st_uid != self.user.uid or found.st_mode & 0o077:
            raise NotSetUp(
                f"{path} should be a folder that only the user {self.user.name} may enter, and is not.",
                hint="Remove it and start again; Stockwire makes it anew.",
            )

    def give(self, path: Path) -> None:
        if self.user.dropped:
            os.chown(path, self.user.uid, self.user.gid)

    @cached_property
    def user(self) -> ServerUser:
        return server_user()

    @cached_property
    def socket(self) -> Path:
        """`socket/` in our folder; a short private folder when that path is too long for a socket."""
        inside = self.path / "socket"
        if len(os.fsencode(inside / f".s.PGSQL.{PORT}")) <= _LONGEST_SOCKET_PATH:
            return inside
        name = hashlib.blake2b(os.fsencode(self.path), digest_size=6).hexdigest()
        if os.geteuid() == 0:
            return Path("/run") / f"stockwire-{name}"
        return Path("/tmp") / f"stockwire-{os.geteuid()}-{name}"  # noqa: S108 - ownership is checked on use


def default_folder() -> Path:
    """Return /var/lib/stockwire/postgres for root, the user's own data folder for anybody else."""
    if os.geteuid() == 0:
        return Path("/var/lib/stockwire/postgres")
    own = os.environ.get("XDG_DATA_HOME", "")
    data_home = Path(own) if own.startswith("/") else Path.home() / ".local" / "share"
    return data_home / "stockwire" / "postgres"
