"""Workers on the lane of a channel: claims, wake-ups, pauses and ends lose no product and repeat none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.sync.conftest import in_the_background, push_lane, shop

from stockwire.registry import channel_connector
from stockwire.simulators.faults import Fault


def in_small_rounds(name: str) -> Any:
    """The connector of this name, as if it liked ten products in one push."""
    connector = channel_connector(name)
    return replace(connector, capabilities=replace(connector.capabilities, push_batch=10))


def test_a_change_that_comes_while_its_product_is_being_sent_is_not_lost(
    rehearsal: Any, feed: Any, push: Any, until: Callable[..., None]
) -> None:
    feed.send(feed.row("BOLT"))
    push()
    feed.send(feed.row("BOLT", SELLINGPRICE1="20.00"))
    rehearsal.stand.faults.arm(Fault("slow", method="POST", delay_s=1.5))
    with in_the_background(push):
        until(lambda: rehearsal.stand.faults.struck_so_far().get("slow"))
        feed.send(feed.row("BOLT", SELLINGPRICE1="30.00"))
    push()
    assert shop(rehearsal)["BOLT"]["regular_price"] == "30.00"
    assert rehearsal.count("stale") == 0


@pytest.mark.slow
def test_a_late_worker_writes_nothing_and_its_successor_makes_no_second_product(
    rehearsal: Any, feed: Any, until: Callable[..., None]
) -> None:
    from stockwire.hub.sync import lanes, work

    lane = push_lane(rehearsal)
    feed.send(feed.row("BOLT"))
    rehearsal.stand.faults.arm(Fault("slow", method="POST", delay_s=1.5))
    with in_the_background(lambda: work.lane(lane["client_id"], lane["id"], "first")):
        until(lambda: rehearsal.stand.faults.struck_so_far().get("slow"))
        assert lanes.claim(lane["client_id"], lane["id"], "second") is None
        rehearsal.hub.owner.execute("update lanes set lease_until = now() - interval '1 s'")
        second = lanes.claim(lane["client_id"], lane["id"], "second")
        assert second is not None
    assert "BOLT" in shop(rehearsal)
    assert [rehearsal.count(table) for table in ("links", "known", "stale")] == [0, 0, 1]
    now = push_lane(rehearsal)
    assert (now["owner"], now["epoch"], now["attempts"]) == ("second", second.epoch, 0)
    lanes.release(second, lambda: None)
    work.lane(lane["client_id"], lane["id"], "second")
    assert len(rehearsal.stand.app.state()["products"]) == 1
    assert [rehearsal.count(table) for table in ("links", "stale")] == [1, 0]


def test_nothing_is_written_under_a_claim_that_was_lost(rehearsal: Any) -> None:
    from stockwire.errors import NotSetUp, TryLater
    from stockwire.hub.sync import lanes

    lane = push_lane(rehearsal)
    first = lanes.claim(lane["client_id"], lane["id"], "first")
    rehearsal.hub.owner.execute("update lanes set lease_until = now() - interval '1 s'")
    second = lanes.claim(lane["client_id"], lane["id"], "second")
    assert first is not None
    assert second is not None
    before = push_lane(rehearsal)
    with pytest.raises(lanes.LostLease), lanes.writing(first):
        pytest.fail("the late one got to write")
    lanes.release(first, lambda: None)
    lanes.back_off(first, TryLater("away"))
    lanes.pause(first, NotSetUp("wrong"))
    assert push_lane(rehearsal) == before
    with lanes.writing(second):
        pass


def test_a_lane_whose_wake_up_was_lost_is_found_by_the_tick(rehearsal: Any, feed: Any) -> None:
    from stockwire.hub import jobs

    feed.send(feed.row("BOLT"))
    rehearsal.hub.owner.execute("delete from procrastinate_jobs")
    jobs.tick(timestamp=0)
    jobs.tick(timestamp=0)
    lane = push_lane(rehearsal)
    woken = rehearsal.hub.rows(
        "select args from procrastinate_jobs where task_name = 'work_lane' and lock = %s",
        f"lane:{lane['id']}",
    )
    assert woken == [({"client_id": lane["client_id"], "lane_id": lane["id"]},)]


@pytest.mark.slow
def test_forty_changes_leave_one_wake_up_waiting(rehearsal: Any, feed: Any) -> None:
    for cents in range(40):
        feed.send(feed.row("BOLT", SELLINGPRICE1=f"20.{cents:02d}"))
    assert rehearsal.hub.rows("select count(*) from procrastinate_jobs where task_name = 'work_lane'") == [
        (1,)
    ]


@pytest.mark.slow
def test_a_channel_that_somebody_pauses_stops_after_the_call_in_hand_and_keeps_the_reason(
    rehearsal: Any, feed: Any, push: Any, until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from stockwire.hub.sync import operator, work

    monkeypatch.setattr(work, "channel_connector", in_small_rounds)
    feed.send(*[feed.row(f"ITEM-{n}") for n in range(25)])
    rehearsal.stand.faults.arm(Fault("slow", method="POST", delay_s=1.5))
    with in_the_background(push):
        until(lambda: rehearsal.stand.faults.struck_so_far().get("slow"))
        with rehearsal.hub.scope():
            operator.pause(rehearsal.channel_id, "thandi", "stock-take")
    assert len(shop(rehearsal)) == 10
    assert rehearsal.count("links") == 10
    lane = push_lane(rehearsal)
    assert (lane["paused"], lane["note"], lane["next_at"]) == (True, "Paused by thandi: stock-take", None)
    with rehearsal.hub.scope():
        operator.resume(rehearsal.channel_id, "thandi")
    push()
    assert len(shop(rehearsal)) == 25


@pytest.mark.slow
def test_a_shop_that_goes_away_while_the_channel_is_paused_stays_paused_with_its_reason(
    rehearsal: Any, feed: Any, push: Any, until: Callable[..., None]
) -> None:
    from stockwire.hub.sync import operator

    feed.send(feed.row("BOLT"))
    rehearsal.stand.faults.arm(Fault("slow", delay_s=1.5))
    rehearsal.stand.faults.arm(Fault("rate_limited", times=None))
    with in_the_background(push):
        until(lambda: rehearsal.stand.faults.struck_so_far().get("slow"))
        with rehearsal.hub.scope():
            operator.pause(rehearsal.channel_id, "thandi", "stock-take")
    lane = push_lane(rehearsal)
    assert (lane["paused"], lane["note"], lane["next_at"]) == (True, "Paused by thandi: stock-take", None)
    assert lane["lease_until"] is None


def test_a_channel_that_was_switched_off_is_left_alone(rehearsal: Any, feed: Any, push: Any) -> None:
    feed.send(feed.row("BOLT"))
    rehearsal.hub.owner.execute("update channels set active = false")
    push()
    assert rehearsal.stand.calls.total == 0


def test_a_whole_push_opens_its_channel_once_however_many_rounds_it_takes(
    rehearsal: Any, feed: Any, push: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stockwire.hub.sync import work

    opened: list[str] = []

    def counted(name: str) -> Any:
        connector = in_small_rounds(name)
        return replace(connector, open=lambda *given: (opened.append(name), connector.open(*given))[1])

    monkeypatch.setattr(work, "channel_connector", counted)
    feed.send(*[feed.row(f"ITEM-{n}") for n in range(40)])
    push()
    assert rehearsal.stand.calls.writes == 4
    assert opened == ["woocommerce"]


@pytest.fixture
def worker(rehearsal: Any) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start a real `stockwire worker`; all of them are gone at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        environment = {**os.environ, **rehearsal.hub.environment, "STOCKWIRE_WORKER_LOST_S": "3"}
        started.append(subprocess.Popen([sys.executable, "-m", "stockwire.cli", "worker"], env=environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_the_worker_process_sends_what_changes_and_ends_when_told(
    rehearsal: Any, feed: Any, worker: Any, until: Callable[..., None]
) -> None:
    running = worker()
    feed.send(feed.row("BOLT"))
    until(lambda: "BOLT" in shop(rehearsal) and rehearsal.count("stale") == 0)
    feed.send(feed.row("BOLT", SELLINGPRICE1="99.00"))
    until(lambda: shop(rehearsal)["BOLT"]["regular_price"] == "99.00")
    running.send_signal(signal.SIGTERM)
    assert running.wait(20) == 0


@pytest.mark.slow
def test_what_a_killed_worker_had_in_hand_is_done_by_the_next_one(
    rehearsal: Any, feed: Any, worker: Any, until: Callable[..., None]
) -> None:
    first = worker()
    rehearsal.stand.faults.arm(Fault("slow", method="POST", path="/products/batch$", delay_s=30))
    feed.send(feed.row("BOLT"))
    until(lambda: rehearsal.stand.faults.struck_so_far().get("slow"))
    first.kill()
    first.wait()
    doing = "select 1 from procrastinate_jobs where status = 'doing' and lock = %s"
    assert rehearsal.hub.rows(doing, f"lane:{push_lane(rehearsal)['id']}")
    worker()
    until(lambda: "BOLT" in shop(rehearsal) and rehearsal.count("stale") == 0, timeout_s=60)
    assert len(rehearsal.stand.app.state()["products"]) == 1
    until(lambda: not rehearsal.hub.rows(doing, f"lane:{push_lane(rehearsal)['id']}"))
