"""The hub's schema for tests: made by its migrations once, then copied.

Running them costs each test process more than all its other beginnings together. So the data of a stopped server
is kept below the Python environment, under a name drawn from all that decides what is in it: whoever changes a
migration, a model, a setting or a library gets another one, made anew.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from stockwire.servers.postgres import Dsns, PrivatePostgres
from stockwire.servers.private_files import alone

ROOT = Path(__file__).parents[1]
DECIDING = (
    "requirements.lock",
    "src/stockwire/hub/migrations",
    "src/stockwire/hub/models",
    "src/stockwire/hub/settings.py",
    "src/stockwire/hub/database.py",
    "src/stockwire/hub/apps.py",
    "src/stockwire/servers",
    "tests/schema.py",
)
KEPT = Path(sys.prefix) / "stockwire-tests"
COPIED = ("data", "*.password")


def start_with_schema(server: PrivatePostgres) -> Dsns:
    """Start `server`, whose folder is not there yet, with the hub's roles and its migrated, empty database."""
    KEPT.mkdir(exist_ok=True)
    with alone(KEPT, within_s=300):
        made = KEPT / schema_name()
        if not made.exists():
            _migrate(server.ensure_roles_and_database())
            server.stop()
            for older in KEPT.iterdir():
                if older.is_dir():
                    shutil.rmtree(older)
            half = KEPT / "half"
            half.mkdir()
            _copy(server.folder, half)
            half.rename(made)
        else:
            server.folder.mkdir(mode=0o711, exist_ok=True)
            _copy(made, server.folder)
    return server.ensure_roles_and_database()


def schema_name() -> str:
    """Another one for every other schema that could come of the files in DECIDING."""
    said = hashlib.blake2b(sys.version.encode(), digest_size=12)
    for file in deciding_files():
        said.update(f"\0{file.relative_to(ROOT)}\0".encode())
        said.update(file.read_bytes())
    return said.hexdigest()


def deciding_files() -> Iterator[Path]:
    for name in DECIDING:
        there = ROOT / name
        yield from sorted(there.rglob("*.py")) if there.is_dir() else [there]


def _migrate(dsns: Dsns) -> None:
    with psycopg.connect(dsns.admin, autocommit=True) as owner:
        # Nobody needs these rows after the machine went down; after a killed process they are all there.
        for setting in ("fsync", "full_page_writes"):
            owner.execute(f"alter system set {setting} = off")
        owner.execute("select pg_reload_conf()")
    with TemporaryDirectory() as folder:
        environment = {
            "DATABASE_URL": dsns.app,
            "DATABASE_ADMIN_URL": dsns.admin,
            "DJANGO_SETTINGS_MODULE": "stockwire.hub.settings",
            "STOCKWIRE_AS_OWNER": "1",
            "STOCKWIRE_DATA_FOLDER": folder,
        }
        subprocess.run(
            [sys.executable, "-m", "django", "migrate", "-v0"], env={**os.environ, **environment}, check=True
        )


def _copy(there: Path, here: Path) -> None:
    """With owners and modes: as root the data belong to the server's user, and the passwords to root."""
    found = [path for pattern in COPIED for path in there.glob(pattern)]
    subprocess.run(["cp", "-a", *map(str, found), str(here)], check=True)
