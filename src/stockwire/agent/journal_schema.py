"""The form of the agent's journal and the steps from older forms to it, so that an upgrade keeps what waits.

A journal says its form in SQLite's user_version; those of the first agents say 0 and are of form 1. A step
is made whole or not at all. A journal of a later form is never touched: there is no way back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

STEPS = (
    (
        "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        "CREATE TABLE IF NOT EXISTS rows (key TEXT PRIMARY KEY, digest BLOB NOT NULL) WITHOUT ROWID",
        "CREATE TABLE IF NOT EXISTS outbox (number INTEGER PRIMARY KEY, payload BLOB NOT NULL)",
        "CREATE TABLE IF NOT EXISTS orders ("
        "order_id INTEGER PRIMARY KEY, claim INTEGER NOT NULL, resource TEXT NOT NULL, "
        "reference TEXT NOT NULL, state TEXT NOT NULL, posted_at TEXT NOT NULL DEFAULT '', answer BLOB, "
        "changed_at TEXT NOT NULL)",
    ),
)
"""The statements that lead from each form to the next. Add at the end; never change what was released."""

NEWEST_FORM = len(STEPS)


def form_of(db: sqlite3.Connection) -> int:
    """The form this journal is of; 0 for a new file and for those of the first agents."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def bring_up_to_date(db: sqlite3.Connection, steps: Sequence[Sequence[str]] = STEPS) -> None:
    """Make every step that this journal lacks, each in a transaction of its own."""
    while form_of(db) < len(steps):
        db.execute("BEGIN IMMEDIATE")
        try:
            # Asked again: another process may have made the step meanwhile.
            if (form := form_of(db)) < len(steps):
                for statement in steps[form]:
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {form + 1}")
            db.commit()
        except BaseException:
            db.rollback()
            raise
