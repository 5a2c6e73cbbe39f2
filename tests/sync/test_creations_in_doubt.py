"""A product whose creation was cut off and that is not wanted any more does not stay on sale in the shop."""

from __future__ import annotations

from typing import Any

import pytest

from stockwire.simulators.faults import Fault

BATCH = "/products/batch$"
DONE_AND_LOST = Fault("error_500_after", method="POST", path=BATCH)
NOT_DONE = Fault("error_500", method="POST", path=BATCH)


def in_shop(rehearsal: Any) -> set[str]:
    """SKUs of what the shop shows; without what lies in its bin."""
    return {row["sku"] for row in rehearsal.stand.app.state()["products"] if row["status"] != "trash"}


def creating(rehearsal: Any) -> list[str]:
    return [
        row[0]
        for row in rehearsal.hub.rows(
            "select p.source_product_code from stale s join products p on p.id = s.product_id"
            " where s.creating_since is not null order by 1"
        )
    ]


@pytest.fixture
def cut_off(rehearsal: Any, feed: Any) -> Any:
    """Push these rows with this fault in the way."""

    def run(fault: Fault, *rows: dict[str, str | None]) -> None:
        rehearsal.stand.faults.arm(fault)
        feed.send(*rows)
        rehearsal.hub.work("push")

    return run


@pytest.mark.parametrize("how", ["DELETE", "gone"])
def test_what_the_shop_made_after_all_is_taken_away_again(
    rehearsal: Any, feed: Any, cut_off: Any, how: str
) -> None:
    cut_off(DONE_AND_LOST, feed.row("POT-1"), feed.row("POT-2"))
    assert in_shop(rehearsal) == {"POT-1", "POT-2"}
    assert rehearsal.count("links") == 0
    assert creating(rehearsal) == ["POT-1", "POT-2"]
    if how == "DELETE":
        feed.send(feed.row("POT-1", EXTRADTLS8="DELETE"))
    else:
        feed.send(removed=["POT-1"])
    rehearsal.all_due()
    rehearsal.hub.owner.execute("update stale set next_at = now()")
    rehearsal.hub.work("push")
    assert in_shop(rehearsal) == {"POT-2"}
    assert rehearsal.count("links") == 1
    assert rehearsal.count("stale") == 0


def test_what_the_shop_never_made_is_looked_for_once_more_and_forgotten(
    rehearsal: Any, feed: Any, cut_off: Any
) -> None:
    cut_off(NOT_DONE, feed.row("POT-1"))
    feed.send(feed.row("POT-1", EXTRADTLS8="DELETE"))
    rehearsal.hub.owner.execute("update lanes set next_at = now()")
    rehearsal.hub.work("push")
    [(state, message)] = rehearsal.hub.rows("select state, message from stale")
    assert state == "backing_off"
    assert message == (
        "POT-1: the call that was to create it on the channel was cut off, so it is looked for once more "
        "before it is forgotten."
    )
    rehearsal.hub.owner.execute(
        "update stale set next_at = now(), creating_since = creating_since - interval '61 seconds'"
    )
    rehearsal.hub.owner.execute("update lanes set next_at = now()")
    rehearsal.hub.work("push")
    assert in_shop(rehearsal) == set()
    assert rehearsal.count("stale") == 0


def test_a_creation_that_was_refused_leaves_no_doubt_and_what_people_made_meanwhile_alone(
    rehearsal: Any, feed: Any
) -> None:
    rehearsal.act("add_product", sku="OTHER", name="Other", global_unique_id="6001234567890")
    feed.send(feed.row("POT-1", BARCODE="6001234567890"))
    rehearsal.hub.work("push")
    assert rehearsal.hub.rows("select state from stale") == [("needs_you",)]
    assert creating(rehearsal) == []
    rehearsal.act("add_product", sku="POT-1", name="Made by hand")
    feed.send(feed.row("POT-1", EXTRADTLS8="DELETE"))
    rehearsal.hub.work("push")
    assert in_shop(rehearsal) == {"OTHER", "POT-1"}
    assert rehearsal.count("stale") == 0


def test_a_creation_that_went_well_the_second_time_is_in_doubt_no_more(
    rehearsal: Any, feed: Any, cut_off: Any
) -> None:
    cut_off(DONE_AND_LOST, feed.row("POT-1"))
    rehearsal.all_due()
    rehearsal.hub.owner.execute("update stale set next_at = now()")
    rehearsal.hub.work("push")
    assert in_shop(rehearsal) == {"POT-1"}
    assert (rehearsal.count("links"), rehearsal.count("stale")) == (1, 0)


def test_a_doubt_outlives_an_attempt_that_never_left(rehearsal: Any, feed: Any, cut_off: Any) -> None:
    cut_off(DONE_AND_LOST, feed.row("POT-1"))
    rehearsal.stand.faults.arm(Fault("refuse", times=1))
    rehearsal.all_due()
    rehearsal.hub.owner.execute("update stale set next_at = now()")
    rehearsal.hub.work("push")
    assert creating(rehearsal) == ["POT-1"]
