"""Where the programs and files of a Firebird version lie, so that a private server of it can be started.

The distribution's own Firebird 3, or another version unpacked below a folder of its own together with the
C library it was built for. Nothing here starts or changes anything.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stockwire.errors import NotSetUp

SERVER_PROGRAM = "firebird"
ISQL_PROGRAM = "isql-fb"
PACKAGES = {
    SERVER_PROGRAM: "firebird3.0-server",
    ISQL_PROGRAM: "firebird3.0-utils",
    "firebird.msg": "firebird3.0-server",
    "libfbclient.so.2": "libfbclient2",
}


@dataclass(frozen=True, slots=True)
class Programs:
    """One version: the two commands and what its root folder is filled with. `old_users` is the script that
    makes the tables of users which Legacy_Auth wants."""

    version: str
    server: tuple[str, ...]
    isql: tuple[str, ...]
    message_file: Path
    plugins: Path
    plugins_conf: Path
    intl: tuple[Path, ...]
    old_users: Path
    time_zones: Path | None = None

    @property
    def security_database(self) -> str:
        """The file name of this version's database of users."""
        return f"security{self.version.partition('.')[0]}.fdb"


def missing_packages(system: Path = Path("/")) -> list[str]:
    """Names of the distribution packages (Debian 12) that still have to be installed; empty when ready.

    `system` is where the distribution's files are looked for.
    """
    programs = (SERVER_PROGRAM, ISQL_PROGRAM)
    missing = {PACKAGES[name] for name in programs if _program(system, name) is None}
    if _library_folder(system, "3.0") is None:
        missing.add(PACKAGES["firebird.msg"])
    if not sorted(system.glob("usr/lib/*/libfbclient.so.2")):
        missing.add(PACKAGES["libfbclient.so.2"])
    return sorted(missing)


def installed(system: Path = Path("/")) -> Programs:
    """Firebird 3 as the distribution installs it. Raises NotSetUp naming the missing packages."""
    library = _library_folder(system, "3.0")
    server, isql = _program(system, SERVER_PROGRAM), _program(system, ISQL_PROGRAM)
    if missing_packages(system) or library is None or server is None or isql is None:
        raise NotSetUp(
            "The Firebird server is not installed on this machine.",
            hint=f"Install the packages: apt-get install {' '.join(missing_packages(system))}",
        )
    return Programs(
        version="3.0",
        server=(server,),
        isql=(isql,),
        message_file=library / "firebird.msg",
        plugins=library / "plugins",
        plugins_conf=library / "plugins.conf",
        intl=(library / "intl" / "libfbintl.so", library / "intl" / "fbintl.conf"),
        old_users=system / "usr/share/firebird/3.0/security.sql",
    )


def unpacked(folder: Path, version: str, libraries: Sequence[Path] = ()) -> Programs:
    """A version whose Debian packages were unpacked into `folder`, its C library among them.

    Its programs run through the unpacked loader, so that nothing of the system is mixed in. `libraries` are
    searched first. Raises NotSetUp when files are missing.
    """
    library = _library_folder(folder, version)
    loader = next(iter(sorted(folder.glob("usr/lib*/ld-linux*.so.*"))), None)
    programs = folder / "usr" / "lib" / "firebird" / version / "bin"
    settings = folder / "etc" / "firebird" / version
    if library is None or loader is None or not (programs / SERVER_PROGRAM).exists():
        raise NotSetUp(f"Firebird {version} is not unpacked in {folder}.", hint="Run: scripts/firebird-4")
    searched = ":".join(map(str, [*libraries, library.parent.parent]))
    run = (str(loader), "--library-path", searched)
    return Programs(
        version=version,
        server=(*run, str(programs / SERVER_PROGRAM)),
        isql=(*run, str(programs / ISQL_PROGRAM)),
        message_file=library / "firebird.msg",
        plugins=library / "plugins",
        plugins_conf=settings / "plugins.conf",
        intl=(library / "intl" / "libfbintl.so", settings / "fbintl.conf"),
        old_users=folder / "usr" / "share" / "firebird" / version / "security.sql",
    )


def _program(system: Path, name: str) -> str | None:
    return shutil.which(name, path=f"{system / 'usr/sbin'}:{system / 'usr/bin'}")


def _library_folder(system: Path, version: str) -> Path | None:
    found = sorted(system.glob(f"usr/lib/*/firebird/{version}/firebird.msg"))
    return found[0].parent if found else None
