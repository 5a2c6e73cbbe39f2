"""Saved reports instead of the database: the same journal, the same batches, the same care."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from stockwire.agent.config import HubSettings, ReportSettings
from stockwire.agent.delivery import Delivery
from stockwire.agent.journal import Journal
from stockwire.agent.link import HubLink
from stockwire.agent.report_reading import ReportReader
from stockwire.connectors.omni.api import OmniService
from stockwire.errors import NotSetUp, TryLater
from stockwire.simulators.omni import create

COLUMNS = ("stock_code", "stock_description", "selling_price_excl", "available", "bar_code", "web")
CEN, EDN = "ANA_Stock Listing_CEN", "ANA_Stock Listing_EDN"
LIST = {"columns": {"CATEGORY": ""}, "active": "web"}


def row(code: str, level: object = 5, **more: Any) -> dict[str, Any]:
    return {
        "stock_code": code,
        "description": f"Item {code}",
        "level": level,
        "price": "12.50",
        "web": "ACTIVE",
    } | more


@dataclass
class Site:
    """The simulated service over rows a test changes, and the parts of an agent that read its reports."""

    folder: Any
    hub: Any
    rows: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    bodies: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    """Report name to an answer given instead of the simulator's: status, type, body."""

    def open(self, token: str, **settings: Any) -> None:
        reports = dict.fromkeys(("Web Stock", CEN, EDN), COLUMNS)
        app = create(stock=lambda: self.rows, reports=reports, report_warehouses={CEN: "CEN", EDN: "EDN"})

        def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            name = environ["PATH_INFO"].removeprefix("/Report/")
            self.asked.append(environ["QUERY_STRING"])
            if name not in self.bodies:
                return app(environ, start_response)
            status, kind, body = self.bodies[name]
            start_response(f"{status} .", [("Content-Type", kind)])
            return [body]

        self.service = OmniService(
            "http://omni",
            app.options.company,
            app.options.user,
            app.options.password,
            transport=httpx2.WSGITransport(app=answer),
        )
        self.settings = ReportSettings(**{"names": ["Web Stock"], **LIST, **settings})
        self.journal = Journal(self.folder)
        self.link = HubLink(HubSettings(url=self.hub.url), token)
        self.delivery = Delivery(self.journal, self.link)
        self.reader = ReportReader(self.settings, self.service, self.journal)

    def sync(self, **how: Any) -> Any:
        reading = self.reader.read(lambda: datetime.now(UTC), **how)
        self.delivery.step()
        return reading

    def close(self) -> None:
        for part in (self.link, self.journal, self.service):
            part.close()


@pytest.fixture
def make_site(hub, tmp_path, log):
    made, counter = [], itertools.count()

    def make(rows: list[dict[str, Any]], **settings: Any) -> Site:
        site = Site(tmp_path / f"reports-{next(counter)}", hub, rows)
        made.append(site)
        site.open(next(iter(hub.tokens)), **settings)
        return site

    yield make
    for site in made:
        site.close()


def test_a_report_arrives_as_a_product_query_would(make_site, hub):
    site = make_site([row("00123", "2.5", bar_code="6001"), row("B ×2", -3, web="delete")])
    before = datetime.now(UTC)
    reading = site.sync()
    assert (reading.mode, reading.rows_seen, reading.rows_sent) == ("report", 2, 2)
    assert hub.source == {
        "00123": {
            "STOCKCODE": "00123", "DESCRIPTION": "Item 00123", "SELLINGPRICE1": "12.5", "BARCODE": "6001",
            "EXTRADTLS8": "ACTIVE", "OAvailable": "2.5",
        },
        "B ×2": {
            "STOCKCODE": "B ×2", "DESCRIPTION": "Item B ×2", "SELLINGPRICE1": "12.5", "BARCODE": "",
            "EXTRADTLS8": "delete", "OAvailable": "0",
        },
    }  # fmt: skip
    assert before <= datetime.fromisoformat(hub.batches[0].read_at) <= datetime.now(UTC)


def test_only_what_changed_is_sent_and_what_left_the_report_is_removed(make_site, hub):
    site = make_site([row(f"{number:04}") for number in range(2_500)])
    assert site.sync().rows_sent == 2_500
    assert site.sync().changed_something is False
    site.rows[7] = row("0007", 4)
    del site.rows[9]
    site.rows.append(row("NEW"))
    reading = site.sync()
    assert (reading.rows_sent, reading.removed) == (2, 1)
    assert hub.source["0007"]["OAvailable"] == "4"
    assert "0009" not in hub.source
    assert site.sync(resend=True).rows_sent == 2_500


def test_the_reading_moment_is_before_the_first_request(make_site):
    site = make_site([row("A")])
    moments: list[int] = []

    def now() -> datetime:
        moments.append(len(site.asked))
        return datetime.now(UTC) + timedelta(seconds=len(moments))

    site.reader.read(now)
    assert moments == [0]


def test_reports_of_several_warehouses_are_one_row_with_a_quantity_each(make_site, hub):
    site = make_site(
        [row("A", 5, warehouse_code="CEN"), row("A", 2, warehouse_code="EDN"),
         row("B", 1, warehouse_code="CEN"), row("C", 9, warehouse_code="EDN")],
        names=[CEN, EDN],
        warehouses={CEN: "CEN", EDN: "EDN"},
    )  # fmt: skip
    assert site.sync().rows_sent == 3
    quantities = {
        code: (found["OAvailable@CEN"], found["OAvailable@EDN"]) for code, found in hub.source.items()
    }
    assert quantities == {"A": ("5", "2"), "B": ("1", "0"), "C": ("0", "9")}
    assert hub.source["C"]["DESCRIPTION"] == "Item C"
    site.rows[:] = [row("A", 5, warehouse_code="CEN"), *site.rows[2:]]
    assert site.sync().rows_sent == 1
    assert hub.source["A"]["OAvailable@EDN"] == "0", "it left one report and stays in the other"
    assert site.sync().changed_something is False


def test_one_failing_report_of_several_fails_the_whole_reading_and_removes_nothing(make_site, hub):
    both = [row(code, 5, warehouse_code=where) for code in "ABC" for where in ("CEN", "EDN")]
    site = make_site(both, names=[CEN, EDN], warehouses={CEN: "CEN", EDN: "EDN"})
    site.sync()
    before = dict(hub.source)
    site.rows[0] = row("A", 1, warehouse_code="CEN")
    site.bodies[EDN] = (200, "application/json", b'{\r"k": [ {"stock_code" : "A"')
    with pytest.raises(TryLater, match="broke off"):
        site.sync()
    site.bodies[EDN] = (500, "text/plain", b"Report does not exist")
    with pytest.raises(NotSetUp, match=EDN):
        site.sync()
    assert (hub.source, len(hub.batches)) == (before, 1)
    site.bodies.clear()
    assert site.sync().rows_sent == 1


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ((200, "application/json", b'{\r"web_stock": [ ]}'), NotSetUp, "Report Web Stock has no rows"),
        ((500, "text/plain", b"Report Web Stock does not exist"), NotSetUp, "does not have this report"),
        (
            (200, "text/plain", b"Omni Web Server. Version 7.21.68.3389. Please contact support."),
            NotSetUp,
            "answered with its banner instead of a report",
        ),
        ((500, "text/plain", b"Invalid username or password"), NotSetUp, "Invalid username or password"),
        ((503, "text/html", b"<html>busy</html>"), TryLater, "failed"),
        ((200, "application/json", b'{"web_stock": [ {"stock_code" : "A"'), TryLater, "broke off"),
        ((200, "application/json", b'{"web_stock": [ {"code" : "A"} ]}'), NotSetUp, "no column stock_code"),
    ],
)
def test_a_report_that_cannot_be_had_says_why_and_removes_nothing(make_site, hub, answer, kind, words):
    site = make_site([row(f"{number}") for number in range(15)])
    site.sync()
    site.bodies["Web Stock"] = answer
    with pytest.raises(kind) as caught:
        site.sync()
    assert words in caught.value.message
    assert caught.value.hint
    assert len(hub.source) == 15


def test_which_column_says_active_must_be_said_and_is_never_guessed(make_site, hub):
    site = make_site([row("A")], active="")
    with pytest.raises(NotSetUp) as caught:
        site.sync()
    assert "ACTIVE, DELETE or IGNORE. It has: stock_code, stock_description" in caught.value.message
    assert "report.everything_active = true" in caught.value.hint
    assert hub.batches == []
    everything = make_site([row("A", web="")], active="", everything_active=True)
    everything.sync()
    assert hub.source["A"]["EXTRADTLS8"] == "ACTIVE"


def test_filters_are_sent_with_the_report(make_site, hub):
    site = make_site([row("A", bar_code="1"), row("B", bar_code="2")], filters={"IBarCode": "2"})
    site.sync()
    assert list(hub.source) == ["B"]


@pytest.mark.parametrize("names", [["Web Stock"], [CEN, EDN]])
def test_a_code_that_comes_twice_or_not_at_all_is_told_and_the_rest_arrives(make_site, hub, names):
    body = {"k": [
        {**dict.fromkeys(COLUMNS), "stock_code": code, "stock_description": text, "available": 1, "web": "ACTIVE"}
        for code, text in (("A", "one"), ("A", "two"), (None, "nameless"), ("B", "odd \x1f text"))
    ]}  # fmt: skip
    warehouses = {name: name[-3:] for name in names} if len(names) > 1 else {}
    site = make_site([row("Z", warehouse_code="EDN")], names=names, warehouses=warehouses)
    site.bodies[names[0]] = (200, "application/json", json.dumps(body).encode())
    site.sync()
    assert hub.source["A"]["DESCRIPTION"] == "one"
    assert sorted(code for code, _, _ in hub.problems) == ["", "A", "B"]
    assert site.sync().changed_something is False


def test_a_report_saved_with_another_filter_removes_nothing_until_a_person_confirms(make_site, hub):
    site = make_site([row(f"{number}") for number in range(100)])
    site.sync()
    del site.rows[75:]
    reading = site.sync()
    assert reading.error.startswith("25 of 100 products vanished from report Web Stock at once.")
    assert len(hub.source) == 100
    site.settings.removal_limit = 0.25
    assert site.sync().removed == 25


def test_what_another_set_of_reports_left_waiting_is_read_anew_and_not_sent(make_site, hub):
    """The hub may refuse exactly that; it would wait for ever."""
    site = make_site([row("A")])
    hub.fail_batches = 1
    with pytest.raises(TryLater):
        site.sync()
    assert site.journal.waiting() == 1
    site.settings.columns = {"CATEGORY": "", "BARCODE": ""}
    site.reader = ReportReader(site.settings, site.service, site.journal)
    assert site.journal.waiting() == 0
    site.sync()
    assert "BARCODE" not in hub.source["A"]


def test_another_set_of_reports_or_columns_begins_a_new_stream(make_site, hub):
    site = make_site([row("A")])
    site.sync()
    stream = site.journal.stream
    site.settings.columns = {"CATEGORY": "", "BARCODE": ""}
    site.reader = ReportReader(site.settings, site.service, site.journal)
    site.sync()
    assert site.journal.stream != stream
    assert "BARCODE" not in hub.source["A"]
