"""What the log says of readings: what matters at once, the rest once a minute, and nothing twice."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from stockwire.agent import clock
from stockwire.agent.comparing import Reading
from stockwire.agent.reading_log import EVERY_S, ReadingLog


@pytest.fixture
def ticks(monkeypatch):
    now = [1_000.0]
    monkeypatch.setattr(clock, "ticks", lambda: now[0])
    return now


def reading(mode="watermark", **more):
    return Reading(mode, datetime.now(UTC), **more)


def told(log, *readings):
    with capture_logs() as said:
        for one in readings:
            log.tell(one, "Firebird 3.0.11")
    return said


def test_a_full_reading_is_told_with_its_reason_and_the_ordinary_way_once(ticks):
    log = ReadingLog()
    full = reading("watermark (all rows)", why_full="first reading", rows_seen=9, rows_sent=9)
    said = told(
        log, full, reading(), reading(), reading("watermark (all rows)", why_full="nightly"), reading()
    )
    assert [(line["event"], line.get("why")) for line in said] == [
        ("reading by watermark (all rows)", "first reading"),
        ("read", None),
        ("reading by watermark", "the query has a CHANGEMARK"),
        ("reading by watermark (all rows)", "nightly"),
    ]


@pytest.mark.parametrize("mode", ["hash", "report"])
def test_a_way_that_always_reads_all_rows_is_told_once(ticks, mode):
    log = ReadingLog()
    said = told(log, *[reading(mode, why_full="no CHANGEMARK", rows_sent=1) for _ in range(5)])
    assert [line["event"] for line in said] == [f"reading by {mode}", "read"]


def test_ordinary_changes_are_added_up_for_a_minute_and_never_forgotten(ticks):
    log = ReadingLog()
    told(log, reading(rows_sent=1))
    assert told(log, *[reading(rows_seen=2, rows_sent=2) for _ in range(5)]) == []
    ticks[0] += EVERY_S
    (line,) = told(log, reading())
    assert (line["event"], line["readings"], line["sent"]) == ("read", 5, 10)
    ticks[0] += EVERY_S
    assert told(log, reading(), reading()) == []


def test_removals_and_unusable_rows_are_told_at_once(ticks):
    log = ReadingLog()
    told(log, reading(rows_sent=1))
    assert [line["removed"] for line in told(log, reading(removed=3))] == [3]
    assert [line["problems"] for line in told(log, reading(problems=1))] == [1]


def test_what_is_held_back_is_said_once_and_when_it_is_over(ticks):
    log = ReadingLog()
    told(log, reading())
    held = [reading(error="40 products vanished.", hint="Confirm it.") for _ in range(5)]
    said = told(log, *held, reading(), reading())
    assert [line["event"] for line in said] == ["40 products vanished.", "readings go through again"]
