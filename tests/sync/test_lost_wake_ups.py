"""A mark whose wake-up was lost is found by the next tick; two who mark and push never wait for each other."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest


@pytest.fixture
def channel_with_products(hub: Any) -> int:
    """A channel and 40 active products of its source, nothing marked."""
    channel_id = hub.new_channel(
        api_url="https://shop.example", consumer_key="ck_" + "1" * 40, consumer_secret="cs_" + "2" * 40
    )
    hub.owner.execute(
        "insert into products (client_id, source_id, source_product_code, active, title)"
        " select %s, %s, 'P' || n, true, 'Bolt ' || n from generate_series(1, 40) n",
        [hub.client_id, hub.source_id],
    )
    hub.owner.execute("update lanes set next_at = null")
    return int(channel_id)


def due(hub: Any) -> set[str]:
    return {
        kind
        for (kind,) in hub.rows(
            "select l.kind from stockwire_due_lanes(now() + interval '1 second') d join lanes l on l.id = d.lane_id"
        )
    }


def test_a_mark_that_nobody_was_woken_for_makes_its_lane_due(hub: Any, channel_with_products: int) -> None:
    assert due(hub) == set()
    hub.owner.execute(
        "insert into stale (client_id, channel_id, product_id) values (%s, %s, 1)",
        [hub.client_id, channel_with_products],
    )
    assert due(hub) == {"push"}
    hub.owner.execute(
        "insert into order_marks (client_id, channel_id, channel_order_code) values (%s, %s, '17')",
        [hub.client_id, channel_with_products],
    )
    assert due(hub) == {"push", "orders"}


@pytest.mark.parametrize(
    "spoil",
    [
        "update stale set state = 'needs_you'",
        "update stale set next_at = now() + interval '1 hour'",
        "update lanes set paused = true",
        "update lanes set lease_until = now() + interval '1 minute'",
        "update lanes set attempts = 1, next_at = now() + interval '1 minute'",
    ],
    ids=["needs a person", "not yet due", "paused", "being worked on", "backing off"],
)
def test_a_mark_does_not_make_a_lane_due_that_must_wait(
    hub: Any, channel_with_products: int, spoil: str
) -> None:
    hub.owner.execute(
        "insert into stale (client_id, channel_id, product_id) values (%s, %s, 1)",
        [hub.client_id, channel_with_products],
    )
    hub.owner.execute(spoil)
    assert due(hub) == set()


def test_marking_passes_over_a_lane_that_is_being_written_to(
    hub: Any, postgres: Any, channel_with_products: int
) -> None:
    from stockwire.hub.sync.stale import mark_products

    with psycopg.connect(postgres.admin) as pushing:
        pushing.execute("select 1 from lanes where kind = 'push' for update")
        marked: list[int] = []

        def mark() -> None:
            from django.db import connections

            with hub.scope():
                marked.append(mark_products([3, 1, 2], "a test"))
            connections.close_all()

        marking = threading.Thread(target=mark)
        marking.start()
        marking.join(20)
        assert not marking.is_alive(), "marking waits for the lane, and the lane for the marks"
        assert marked == [3]


def test_products_marked_and_pushed_at_once_never_deadlock(hub: Any, channel_with_products: int) -> None:
    from django.db import connections

    from stockwire.hub.sync import lanes, push
    from stockwire.hub.sync.creations import Settled
    from stockwire.hub.sync.push import Taken
    from stockwire.hub.sync.stale import mark_products

    lane_id = hub.rows("select id from lanes where kind = 'push'")[0][0]
    held = lanes.claim(hub.client_id, lane_id, "test")
    assert held is not None
    failures: list[BaseException] = []

    def run(act: Any) -> None:
        try:
            for _ in range(40):
                act()
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)
        finally:
            connections.close_all()

    def mark(product_ids: list[int]) -> None:
        with hub.scope():
            mark_products(product_ids, "a test")

    seen = "select product_id, version, attempts, creating_since from stale"

    def clear() -> None:
        with hub.scope():
            marks = [Taken(*row) for row in hub.rows(seen)]
        with lanes.writing(held):
            push._record(held, marks, Settled([]), [])

    forwards, backwards = list(range(1, 41)), list(range(40, 0, -1))
    acts = [lambda: mark(forwards), lambda: mark(backwards), clear]
    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
