"""A folder for a private PostgreSQL of its own, and looks at what is in it and runs from it."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from stockwire.servers.postgres import PrivatePostgres

AS_ROOT = os.geteuid() == 0


def new_folder() -> Path:
    """A folder not yet made, in a place everybody may enter (pytest's own temporary folders are private)."""
    return Path(tempfile.gettempdir()) / f"stockwire-{uuid.uuid4().hex[:10]}"


@pytest.fixture
def folder() -> Iterator[Path]:
    path = new_folder()
    yield path
    PrivatePostgres(path).stop()
    shutil.rmtree(path, ignore_errors=True)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def postmaster(server: PrivatePostgres) -> int:
    return int((server.folder / "data" / "postmaster.pid").read_text().split("\n")[0])


def ask(dsn: str, query: str) -> object:
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]
