"""A newer agent over an older one's data folder: journal and token stay, what waits is sent, nothing twice."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from stockwire.agent.config import HubSettings
from stockwire.agent.delivery import Delivery
from stockwire.agent.enrolment import TOKEN_FILE, read_token
from stockwire.agent.journal import FILE_NAME, Journal
from stockwire.agent.journal_schema import NEWEST_FORM, STEPS, bring_up_to_date, form_of
from stockwire.agent.link import HubLink
from stockwire.agent.order_journal import OrderJournal
from stockwire.errors import NotSetUp

TOKEN = "the-token-of-this-agent"
FIRST_AGENTS = Path(__file__).parent / "data" / "journal-form-0.sql"


@pytest.fixture
def folder(tmp_path):
    """The data folder of an agent of the first version: a batch waits, one order is in doubt, one untold."""
    folder = tmp_path / "agent"
    folder.mkdir()
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as db:
        db.executescript(FIRST_AGENTS.read_text(encoding="utf-8"))
    (folder / TOKEN_FILE).write_text(TOKEN, encoding="ascii")
    return folder


def form(folder: Path) -> int:
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as db:
        return form_of(db)


def test_an_older_journal_is_taken_over_with_everything_that_waits(folder, hub):
    assert form(folder) == 0
    with Journal(folder) as journal:
        assert journal.began_anew == ""
        assert journal.stream == "75588cd3b002434e81e48aabbf2bd2a9"
        assert journal.get("watermark") == "1042"
        assert journal.known(["PUMP-01", "PUMP-02"]) == {"PUMP-01": b"\1" * 16, "PUMP-02": b"\2" * 16}
        orders = OrderJournal(journal)
        assert [(entry.order_id, entry.state) for entry in orders.unfinished()] == [(7, "posting")]
        assert [(answer.order_id, answer.document_number) for answer in orders.untold()] == [(8, "SO100008")]
        hub.last_number[journal.stream] = 1
        link = HubLink(HubSettings(url=hub.url), read_token(folder))
        Delivery(journal, link).step()
        link.close()
        assert journal.waiting() == 0
    assert hub.source == {
        "PUMP-02": {"STOCKCODE": "PUMP-02", "DESCRIPTION": "Pump", "SELLINGPRICE1": "200.0000"}
    }
    assert form(folder) == NEWEST_FORM


def test_a_journal_of_a_later_form_is_refused_and_left_as_it_is(folder):
    with Journal(folder):
        pass
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as db:
        db.execute(f"PRAGMA user_version = {NEWEST_FORM + 2}")
    before = (folder / FILE_NAME).read_bytes()
    with pytest.raises(NotSetUp) as caught:
        Journal(folder)
    assert f"was written by a newer agent (form {NEWEST_FORM + 2}" in caught.value.message
    assert "Do not delete it" in caught.value.hint
    assert (folder / FILE_NAME).read_bytes() == before


def test_a_step_that_breaks_off_is_not_made_at_all(folder):
    broken = (*STEPS, ("CREATE TABLE half (a)", "INSERT INTO nowhere VALUES (1)"))
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME, isolation_level=None)) as db:
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            bring_up_to_date(db, broken)
        assert form_of(db) == len(STEPS)
        assert db.execute("SELECT COUNT(*) FROM sqlite_master WHERE name = 'half'").fetchone() == (0,)
        assert db.execute("SELECT COUNT(*) FROM outbox").fetchone() == (1,)


def test_a_new_journal_is_of_the_newest_form_at_once(tmp_path):
    with Journal(tmp_path / "new"):
        pass
    assert form(tmp_path / "new") == NEWEST_FORM
