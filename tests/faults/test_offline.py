"""Days on which something is away: afterwards both sides agree, and the agent's log tells it in ten lines.

Time passes by moving every moment that hub and journal have stored into the past; the clock of the agent's
machine is set through the agent's own seam (agent/clock.py).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from stockwire.simulators.faults import Fault

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

LINES = 10


@pytest.fixture(scope="module")
def house(build_house: Any) -> Iterator[Any]:
    with build_house(omni_options={}, items=120) as built:
        yield built


class Story:
    """What the agent wrote into its log since this began."""

    def __init__(self, house: Any) -> None:
        self._said: Callable[[], str] = house.log_from_now()

    @property
    def lines(self) -> list[str]:
        return [line for line in self._said().splitlines() if re.match(r"\d{4}-\d\d-\d\d", line)]

    def says(self, words: str) -> bool:
        return any(words in line for line in self.lines)

    def is_told(self, *in_order: str) -> None:
        """In at most ten lines, no trace of a fault, and these words one after another."""
        text = self._said()
        assert len(self.lines) <= LINES, text
        assert "Traceback" not in text, text
        at = 0
        for words in in_order:
            found = text.find(words, at)
            assert found >= 0, f"{words!r} is not told in its place:\n{text}"
            at = found + len(words)


def change_stock(house: Any, level: int, items: int = 40) -> None:
    house.stage.change_stock_database(
        (
            f"update STOCK set STOCKLEVEL = RESERVED + ? where upper(trim(EXTRADTLS8)) = 'ACTIVE' rows {items}",
            (level,),
        )
    )


def agree(house: Any, codes: list[str]) -> None:
    """Every order is raised once, and every stock level of Omni is in the shop."""
    house.until(lambda: house.all_raised(codes), "all orders are raised")
    house.settle()
    assert Counter(house.documents_of(codes).values()) == {1: len(codes)}
    held = "select count(*) from orders where state = 'raised' and stock_released_at is null"
    house.until(lambda: house.stage.rows(held) == [(0,)], "no stock is kept back any more")
    house.settle()


def test_a_hub_that_cannot_be_reached_for_a_day(house: Any) -> None:
    story = Story(house)
    posted = house.hold(Fault("answer_late", times=1, method="POST", delay_s=1.5), of="omni")
    codes = house.place_orders(1)
    house.until(posted, "Omni has the document, and the agent no answer yet")
    house.kill("web")
    house.kill("worker")
    for level in (310, 311, 312):
        change_stock(house, level)
    codes += house.place_orders(1)
    house.until(
        lambda: story.says("send: The hub at") and story.says("work: The hub at"), "the agent is alone"
    )
    house.time_passes(days=1)
    house.start("web")
    house.start("worker")
    agree(house, codes)
    house.until(lambda: story.says("work: works again"), "the log says that it is over")
    story.is_told("cannot be reached", "works again")
    assert sum("order raised" in line for line in story.lines) == 2


def test_omni_closed_over_night(house: Any) -> None:
    story = Story(house)
    house.stage.omni.refuse()
    codes = house.place_orders(2)
    house.until(lambda: story.says("orders wait: OmniWebServiceREST cannot be reached."), "orders wait")
    shown = "select distinct state, reason from orders where channel_order_code = any(%s)"
    house.until(
        lambda: house.stage.rows(shown, codes) == [("ready", "OmniWebServiceREST cannot be reached.")],
        "the hub shows why",
    )
    house.time_passes(hours=10)
    codes += house.place_orders(1)
    change_stock(house, 320)
    shown = "select count(*) from variants v join quantities q on q.variant_id = v.id where q.quantity = 320"
    house.until(lambda: house.stage.rows(shown)[0][0] > 10, "stock goes on being read")
    house.stage.omni.accept()
    agree(house, codes)
    story.is_told("orders wait", "orders go on: Omni answers again")
    assert sum("order raised" in line for line in story.lines) == 3


def test_the_server_rebooted_in_the_middle_of_a_batch(house: Any) -> None:
    posted = house.hold(Fault("answer_late", times=1, method="POST", delay_s=1.0), of="omni")
    codes = house.place_orders(2)
    house.until(posted, "an order is being raised")
    house.die_at_step("agent-batch-noted")
    change_stock(house, 330)
    house.wait_for_death("agent")
    house.stage.server.stop()
    house.stage.omni.refuse()
    story = Story(house)
    house.start("agent")
    house.until(lambda: story.says("read:"), "the agent has come up before the database")
    house.stage.server.start()
    house.until(lambda: story.says("orders wait: OmniWebServiceREST"), "nobody has opened the service yet")
    house.stage.omni.accept()
    agree(house, codes)
    house.until(lambda: story.says("read: works again"), "readings go on")
    story.is_told("agent started", "read: ", "works again")
    assert story.says("orders go on: Omni answers again")


def test_the_journal_of_the_agent_deleted(house: Any) -> None:
    codes = house.place_orders(1)
    agree(house, codes)
    posted = house.hold(Fault("answer_late", times=1, method="POST", delay_s=1.0), of="omni")
    codes += house.place_orders(1)
    house.until(posted, "Omni has a document nobody else knows of")
    house.kill("agent")
    ((numbering,),) = house.stage.rows("select stream from agents")
    for ending in ("", "-wal", "-shm"):
        house.journal.with_name(house.journal.name + ending).unlink(missing_ok=True)
    change_stock(house, 340)
    story = Story(house)
    house.start("agent")
    agree(house, codes)
    story.is_told("agent started", "reading by watermark (all rows)", "first reading")
    assert house.stage.rows("select stream from agents where stream <> %s", numbering), "a journal of its own"
    assert Counter(house.documents_of(codes).values()) == {1: 2}, "also the one only Omni knew of"


@pytest.mark.parametrize("hours", [-7, 9], ids=["set back", "set forward"])
def test_the_clock_of_the_server_set_by_hours(house: Any, hours: float) -> None:
    agree(house, house.place_orders(1))
    story = Story(house)
    posted = house.hold(Fault("answer_late", times=1, method="POST", delay_s=1.0), of="omni")
    codes = house.place_orders(1)
    house.until(posted, "an order is being raised when the clock is set")
    house.set_clock(hours)
    try:
        change_stock(house, 350 + hours)
        agree(house, codes)
        house.until(lambda: story.says("this machine's clock differs from the hub's"), "it is said")
        story.is_told("this machine's clock differs from the hub's")
        assert story.says("why='the clock was set back'") == (hours < 0)
        ((read_at,),) = house.stage.rows("select stock_read_at from sources")
        assert abs((read_at - datetime.now(UTC)).total_seconds()) < 120, "shown by the hub's own clock"
        house.kill("agent")
        house.start("agent")
        codes += house.place_orders(1)
        agree(house, codes)
    finally:
        house.set_clock(0)
    codes += house.place_orders(1)
    change_stock(house, 360 + hours)
    agree(house, codes)
