"""This machine: data folder, journal, disk, and (start_up.py) whether the agent starts with it.

The running agent may hold the journal open meanwhile: it is opened beside it, and nothing in it changes.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stockwire.agent.checks import start_up
from stockwire.agent.checks.check import Check, failed, passed, unknown, warning
from stockwire.agent.checks.start_up import START, START_RIGHT, UNIT_FOLDERS
from stockwire.agent.journal import FILE_NAME
from stockwire.agent.journal_schema import NEWEST_FORM, form_of
from stockwire.agent.service.services import Services, services_of_this_machine
from stockwire.ports import Finding

LEAST_FREE_BYTES = 200 * 1024 * 1024
SOON_FULL = 5
"""Below this many times the least there is a warning."""

FOLDER = Check(
    "data_folder",
    "the data folder",
    {
        "writable": passed("The data folder {folder} can be written."),
        "refused": failed(
            "The data folder {folder} cannot be written: {why}.",
            "Give the user the agent runs as the right to write there, or name another data_folder in "
            "agent.toml.",
        ),
    },
)
JOURNAL = Check(
    "journal",
    "the journal",
    {
        "none": passed("There is no journal yet; the agent makes it at its first start."),
        "writable": passed("The journal can be written; {waiting} batches wait for the hub."),
        "broken": warning(
            "The journal {file} is damaged: {why}.",
            "Restart the agent: it sets the file aside, begins a new one and sends everything again. "
            "If it happens again, check the disk.",
        ),
        "newer": failed(
            "The journal {file} was written by a newer agent (form {form}; this one knows forms up to "
            "{known}).",
            "Install the newer agent again. Do not delete the journal: it also holds the orders under way.",
        ),
        "refused": failed(
            "The journal {file} cannot be written: {why}.",
            "Check the rights of the file, the space on the disk, and that no other program holds it.",
        ),
    },
)
DISK = Check(
    "disk_space",
    "the space on the disk",
    {
        "enough": passed("{free} MB are free where the data folder is."),
        "soon_full": warning(
            "Only {free} MB are free where the data folder is.",
            "Make room on this disk: the journal grows while the hub cannot be reached.",
        ),
        "full": failed(
            "Only {free} MB are free where the data folder is; the agent wants {least} MB.",
            "Make room on this disk, or move data_folder to another one.",
        ),
        "not_there": unknown("The disk of the data folder cannot be looked at: {why}."),
    },
)
CHECKS = (FOLDER, JOURNAL, DISK, START, START_RIGHT)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What of this machine is looked at; the defaults are what people have. `services` opens Windows'
    service manager, None where there is none and systemd's folders are looked at."""

    config: Path = Path("agent.toml")
    unit_folders: Sequence[Path] = UNIT_FOLDERS
    least_free_bytes: int = LEAST_FREE_BYTES
    services: Callable[[], Services] | None = services_of_this_machine if sys.platform == "win32" else None


def look(folder: Path, around: Surroundings) -> Iterator[Finding]:
    yield _folder(folder)
    yield _journal(folder / FILE_NAME)
    yield _disk(folder, around.least_free_bytes)
    yield from start_up.look(folder, around.config, around.unit_folders, around.services)


def last_raised(folder: Path) -> str:
    """When an order was last raised in Omni by this agent (ISO 8601), "" when the journal shows none."""
    file = folder / FILE_NAME
    if not file.is_file():
        return ""
    try:
        with _Beside(file) as db:
            row = db.execute(
                "SELECT MAX(changed_at) FROM orders WHERE state = 'confirmed' AND posted_at <> ''"
            ).fetchone()
    except sqlite3.Error:
        return ""
    return str(row[0] or "")


def _folder(folder: Path) -> Finding:
    nearest = _nearest(folder)
    try:
        # In the folder itself, or where the agent would make it.
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        return FOLDER.says("refused", folder=folder, why=error.strerror or error)
    return FOLDER.says("writable", folder=folder)


def _journal(file: Path) -> Finding:
    try:
        if not file.exists():
            return JOURNAL.says("none")
        with _Beside(file) as db:
            if (damage := db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
                return JOURNAL.says("broken", file=file, why=damage)
            if (form := form_of(db)) > NEWEST_FORM:
                return JOURNAL.says("newer", file=file, form=form, known=NEWEST_FORM)
            db.execute("BEGIN IMMEDIATE")
            try:
                waiting = db.execute("SELECT COUNT(*) FROM outbox").fetchone()[0]
            finally:
                db.rollback()
    except sqlite3.OperationalError as error:
        name = "broken" if "malformed" in str(error) else "refused"
        return JOURNAL.says(name, file=file, why=error)
    except sqlite3.DatabaseError as error:
        return JOURNAL.says("broken", file=file, why=error)
    except OSError as error:
        return JOURNAL.says("refused", file=file, why=error.strerror or error)
    return JOURNAL.says("writable", waiting=waiting)


class _Beside:
    """The journal beside a running agent: opened for writing, never made, always closed."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __enter__(self) -> sqlite3.Connection:
        address = f"{self._file.resolve().as_uri()}?mode=rw"
        self._db = sqlite3.connect(address, uri=True, timeout=10.0, isolation_level=None)
        return self._db

    def __exit__(self, *_: object) -> None:
        self._db.close()


def _disk(folder: Path, least: int) -> Finding:
    try:
        free = shutil.disk_usage(_nearest(folder)).free
    except OSError as error:
        return DISK.says("not_there", why=error.strerror or error)
    shown = {"free": f"{free // 1024**2:,}", "least": f"{least // 1024**2:,}"}
    if free < least:
        return DISK.says("full", **shown)
    return DISK.says("soon_full" if free < SOON_FULL * least else "enough", **shown)


def _nearest(folder: Path) -> Path:
    """The folder, or the first one above it that exists."""
    return next((place for place in (folder, *folder.parents) if place.exists()), folder)
