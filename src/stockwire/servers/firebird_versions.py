"""Which Firebird versions can be run on this machine for tests: 3 of the distribution, 4 and 5 beside it.

4 is Debian 13's server as `scripts/firebird-4` unpacks it. 5 is the engine, the client library and the
plugins of the firebird-embedded wheel, served to the network by the listener of that 4: nobody publishes a
whole server of 5 where the tests can get it. Firebird 2.5 cannot be had at all.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from stockwire.errors import NotSetUp
from stockwire.servers.firebird_programs import Programs, installed, unpacked

FOLDER_VARIABLE = "STOCKWIRE_FIREBIRD_4"


def programs_of(version: str, folder: Path) -> Programs:
    """The programs of "3.0", "4.0" or "5.0". Raises NotSetUp saying what brings them.

    `folder` takes a copy of what the server's user could not reach where it is installed (25 MB for 5.0).
    """
    if version == "3.0":
        return installed()
    if version == "4.0":
        return unpacked(_folder(), "4.0")
    if version == "5.0":
        return _engine_five(folder)
    raise ValueError(f"no Firebird {version} is known here")


def _engine_five(folder: Path) -> Programs:
    found = find_spec("firebird.embedded")
    if found is None or found.origin is None:
        raise NotSetUp("The wheel firebird-embedded is not installed.", hint="Run: make setup")
    runtime = folder / "firebird-5"
    if not runtime.exists():
        shutil.copytree(Path(found.origin).parent / "runtime", runtime)
    return replace(
        unpacked(_folder(), "4.0", libraries=[runtime]),
        version="5.0",
        message_file=runtime / "firebird.msg",
        plugins=runtime / "plugins",
        plugins_conf=runtime / "plugins.conf",
        intl=(runtime / "intl" / "fbintl", runtime / "intl" / "fbintl.conf"),
        time_zones=runtime / "tzdata",
    )


def _folder() -> Path:
    """Where scripts/firebird-4 puts it."""
    if chosen := os.environ.get(FOLDER_VARIABLE):
        return Path(chosen)
    if os.geteuid() == 0:
        return Path("/var/lib/stockwire-firebird-4")
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "stockwire" / "firebird-4"
