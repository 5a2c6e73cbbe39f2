"""Products reach a shop: only what differs, once, and nobody stops anybody else. Against the simulated shop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from stockwire.registry import channel_connector
from stockwire.simulators.faults import Fault
from stockwire.simulators.woocommerce.shop import DEFAULT_KEY


@pytest.fixture
def push(rehearsal: Any) -> Callable[[], None]:
    """The worker works on what is due for the shop."""
    return lambda: rehearsal.hub.work("push")


def shop(rehearsal: Any) -> dict[str, dict[str, Any]]:
    """What the shop holds, by SKU; without what lies in its bin."""
    products = rehearsal.stand.app.state()["products"]
    return {row["sku"]: row for row in products if row["status"] != "trash"}


def mark_of(rehearsal: Any, code: str) -> dict[str, Any]:
    cursor = rehearsal.hub.owner.execute(
        "select s.* from stale s join products p on p.id = s.product_id where p.source_product_code = %s",
        [code],
    )
    rows = cursor.fetchall()
    assert len(rows) == 1, f"{code} has {len(rows)} marks"
    return dict(zip([column.name for column in cursor.description], rows[0], strict=True))


def push_lane(rehearsal: Any) -> dict[str, Any]:
    cursor = rehearsal.hub.owner.execute("select * from lanes where kind = 'push'")
    [row] = cursor.fetchall()
    return dict(zip([column.name for column in cursor.description], row, strict=True))


def time_passes(rehearsal: Any) -> None:
    """Whatever waits for a later moment is due now."""
    for table in ("lanes", "stale"):
        rehearsal.hub.owner.execute(
            f"update {table} set next_at = now() - interval '1 s' where next_at is not null"
        )


def in_small_rounds(name: str) -> Any:
    """The connector of this name, as if it liked ten products in one push."""
    connector = channel_connector(name)
    return replace(connector, capabilities=replace(connector.capabilities, push_batch=10))


@contextmanager
def in_the_background(work: Callable[[], object]) -> Iterator[None]:
    """`work` runs in a thread of its own, with its own database connections, and ends with the block."""
    from django.db import connections

    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - it is raised again where the test sees it
            failed.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join(30)
    assert not thread.is_alive()
    if failed:
        raise failed[0]


def test_a_product_the_shop_lacks_is_created_and_linked(rehearsal: Any, feed: Any, push: Any) -> None:
    feed.send(feed.row("BOLT", DESCRIPTION="Hex bolt", SELLINGPRICE1="13.90", OAvailable="7", BARCODE="6001"))
    push()
    made = shop(rehearsal)["BOLT"]
    assert (
        made["name"],
        made["regular_price"],
        made["manage_stock"],
        made["stock_quantity"],
        made["status"],
    ) == (
        "Hex bolt",
        "13.90",
        True,
        7,
        "publish",
    )
    assert rehearsal.hub.rows("select product_code, note from links") == [
        (str(made["id"]), "Created in the shop.")
    ]
    assert rehearsal.hub.rows('select "group", "values" from known order by 1') == [
        ("content", {"title": "Hex bolt", "barcode": "6001"}),
        ("price", {"price": "13.90"}),
        ("stock", {"quantity": 7, "inventory_management": True}),
    ]
    assert rehearsal.count("stale") == 0


def test_a_product_the_shop_has_is_linked_by_its_sku_in_any_case_and_brought_up_to_date(
    rehearsal: Any, feed: Any, push: Any
) -> None:
    theirs = rehearsal.act("add_product", name="Old name", sku="bolt-m8", regular_price="1.00")
    feed.send(feed.row("BOLT-M8"))
    push()
    assert list(shop(rehearsal)) == ["bolt-m8"]
    linked = shop(rehearsal)["bolt-m8"]
    assert (linked["id"], linked["name"], linked["regular_price"], linked["stock_quantity"]) == (
        theirs["id"],
        "Item BOLT-M8",
        "115.00",
        12,
    )
    [(code, note)] = rehearsal.hub.rows("select product_code, note from links")
    assert (code, note.startswith("Linked to product")) == (str(theirs["id"]), True)


def test_only_the_fields_that_differ_are_sent(rehearsal: Any, feed: Any, push: Any) -> None:
    feed.send(feed.row("BOLT"), feed.row("NUT"))
    push()
    # The shop's staff changes what we are not about to send: it must stay.
    rehearsal.act("edit_product", sku="BOLT", name="A better name", stock_quantity=3)
    rehearsal.stand.calls.clear()
    feed.send(feed.row("BOLT", SELLINGPRICE1="99.00"), feed.row("NUT"))
    push()
    bolt = shop(rehearsal)["BOLT"]
    assert (bolt["regular_price"], bolt["name"], bolt["stock_quantity"]) == ("99.00", "A better name", 3)
    assert rehearsal.stand.calls.counts() == {"POST /wp-json/wc/v3/products/batch": 1}


def test_a_second_push_writes_nothing_and_asks_nothing(rehearsal: Any, feed: Any, push: Any) -> None:
    from stockwire.hub.sync.stale import mark_whole_channel

    feed.send(*[feed.row(f"ITEM-{n}") for n in range(30)])
    push()
    assert len(shop(rehearsal)) == 30
    rehearsal.stand.calls.clear()
    with rehearsal.hub.scope():
        assert mark_whole_channel(rehearsal.channel_id) == 30
    push()
    assert rehearsal.stand.calls.total == 0
    assert rehearsal.count("stale") == 0


def test_a_first_push_of_250_products_takes_as_many_write_calls_as_it_fills(
    rehearsal: Any, feed: Any, push: Any
) -> None:
    feed.send(*[feed.row(f"ITEM-{n:03d}") for n in range(250)])
    push()
    assert len(shop(rehearsal)) == 250
    assert rehearsal.stand.calls.writes == 3


def test_forty_edits_of_one_product_become_one_push_of_the_last(rehearsal: Any, feed: Any, push: Any) -> None:
    feed.send(feed.row("BOLT"))
    push()
    rehearsal.stand.calls.clear()
    for cents in range(40):
        feed.send(feed.row("BOLT", SELLINGPRICE1=f"20.{cents:02d}"))
    assert mark_of(rehearsal, "BOLT")["version"] == 40
    push()
    assert shop(rehearsal)["BOLT"]["regular_price"] == "20.39"
    assert rehearsal.stand.calls.writes == 1


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


def test_a_refused_product_stops_only_itself_and_says_why_and_what_to_do(
    rehearsal: Any, feed: Any, push: Any
) -> None:
    rehearsal.act("add_product", name="Jersey in three sizes", sku="NUT", type="variable")
    feed.send(feed.row("BOLT"), feed.row("NUT"), feed.row("LONG"))
    push()
    assert set(shop(rehearsal)) == {"BOLT", "NUT", "LONG"}
    mark = mark_of(rehearsal, "NUT")
    assert (mark["state"], mark["attempts"]) == ("needs_you", 1)
    assert mark["message"].startswith("NUT: in the shop this SKU belongs to a variable product")
    assert mark["hint"].startswith("Here it is a simple product of its own.")
    assert push_lane(rehearsal)["attempts"] == 0
    rehearsal.stand.calls.clear()
    time_passes(rehearsal)
    push()
    assert rehearsal.stand.calls.total == 0
    rehearsal.act("delete_product", sku="NUT")
    feed.send(feed.row("NUT", OAvailable="3"))
    push()
    assert shop(rehearsal)["NUT"]["stock_quantity"] == 3
    assert rehearsal.count("stale") == 0


def test_a_product_the_shop_fails_on_backs_off_alone_and_comes_back_by_itself(
    rehearsal: Any, feed: Any, push: Any
) -> None:
    feed.send(feed.row("BOLT"), feed.row("NUT"))
    push()
    feed.send(feed.row("BOLT", OAvailable="1"), feed.row("NUT", OAvailable="1"))
    rehearsal.stand.faults.arm(Fault("partial", items=1))
    push()
    failed, fine = ("BOLT", "NUT") if shop(rehearsal)["NUT"]["stock_quantity"] == 1 else ("NUT", "BOLT")
    assert shop(rehearsal)[fine]["stock_quantity"] == 1
    mark = mark_of(rehearsal, failed)
    assert (mark["state"], mark["attempts"]) == ("backing_off", 1), mark
    assert mark["message"].startswith(f"{failed}: ")
    lane = push_lane(rehearsal)
    assert (lane["attempts"], lane["paused"], lane["next_at"]) == (0, False, mark["next_at"])
    push()
    assert mark_of(rehearsal, failed)["attempts"] == 1
    time_passes(rehearsal)
    push()
    assert shop(rehearsal)[failed]["stock_quantity"] == 1
    assert rehearsal.count("stale") == 0


def test_a_channel_that_is_not_set_up_pauses_with_the_reason_and_goes_on_when_resumed(
    rehearsal: Any, feed: Any, push: Any
) -> None:
    from stockwire.hub.models import Channel
    from stockwire.hub.sync import lanes

    def use_secret(secret: str) -> None:
        with rehearsal.hub.scope():
            channel = Channel.objects.get(pk=rehearsal.channel_id)
            settings = channel.read_settings(channel_connector("woocommerce").settings)
            channel.write_settings(
                type(settings).model_validate({**settings.model_dump(), "consumer_secret": secret})
            )
            channel.save()

    use_secret("cs_" + "0" * 40)
    feed.send(feed.row("BOLT"))
    push()
    lane = push_lane(rehearsal)
    assert (lane["paused"], lane["note"], lane["next_at"]) == (True, "The consumer secret is wrong.", None)
    assert "paste both halves here" in lane["hint"]
    assert mark_of(rehearsal, "BOLT")["state"] == "waiting"
    rehearsal.stand.calls.clear()
    feed.send(feed.row("NUT"))
    push()
    assert rehearsal.stand.calls.total == 0
    use_secret(DEFAULT_KEY.consumer_secret)
    lanes.resume(rehearsal.hub.client_id, rehearsal.channel_id)
    push()
    assert set(shop(rehearsal)) == {"BOLT", "NUT"}
    lane = push_lane(rehearsal)
    assert (lane["paused"], lane["note"], lane["hint"]) == (False, "", "")


def test_a_shop_that_refuses_connections_is_left_alone_and_tried_again_by_itself(
    rehearsal: Any, feed: Any, push: Any, until: Callable[..., None]
) -> None:
    rehearsal.stand.refuse()
    feed.send(feed.row("BOLT"))
    push()
    lane = push_lane(rehearsal)
    assert (lane["attempts"], lane["paused"]) == (1, False)
    assert lane["note"]
    assert mark_of(rehearsal, "BOLT")["state"] == "waiting"
    # Another wake-up does not cut the wait short.
    feed.send(feed.row("NUT"))
    assert push_lane(rehearsal)["next_at"] == lane["next_at"]
    rehearsal.stand.accept()
    until(lambda: (push(), set(shop(rehearsal)) == {"BOLT", "NUT"})[1])
    lane = push_lane(rehearsal)
    assert (lane["attempts"], lane["note"], lane["hint"]) == (0, "", "")


def test_each_failure_in_a_row_waits_longer(rehearsal: Any, feed: Any, push: Any) -> None:
    rehearsal.stand.refuse()
    feed.send(feed.row("BOLT"))
    waits = []
    for _ in range(4):
        time_passes(rehearsal)
        push()
        [(wait,)] = rehearsal.hub.rows(
            "select extract(epoch from next_at - last_run_at)::float from lanes where kind = 'push'"
        )
        waits.append(round(wait))
    assert waits == [2, 4, 8, 16]


def test_two_products_whose_skus_differ_in_case_only_are_reported_and_not_guessed(
    rehearsal: Any, feed: Any, push: Any
) -> None:
    feed.send(feed.row("BOLT-M8"), feed.row("bolt-m8"), feed.row("NUT"))
    push()
    assert list(shop(rehearsal)) == ["NUT"]
    for code, other in (("BOLT-M8", "bolt-m8"), ("bolt-m8", "BOLT-M8")):
        mark = mark_of(rehearsal, code)
        assert (mark["state"], mark["message"]) == ("needs_you", f"{code} is also the SKU of {other}.")
        assert "upper and lower case count as the same" in mark["hint"]


def test_when_one_of_two_equal_skus_goes_the_other_one_goes_out(rehearsal: Any, feed: Any, push: Any) -> None:
    feed.send(feed.row("BOLT-M8"), feed.row("bolt-m8"))
    push()
    feed.send(feed.row("bolt-m8", EXTRADTLS8="DELETE"))
    push()
    assert list(shop(rehearsal)) == ["BOLT-M8"]
    assert rehearsal.count("stale") == 0


def test_the_same_sku_in_another_source_of_the_client_is_nobodys_trouble(
    rehearsal: Any, feed: Any, feed_of: Callable[..., Any], push: Any
) -> None:
    hub = rehearsal.hub
    branch = feed_of(hub.client_id, hub.new_source(hub.client_id))
    branch.send(branch.row("BOLT"))
    feed.send(feed.row("BOLT", DESCRIPTION="Ours"))
    push()
    assert shop(rehearsal)["BOLT"]["name"] == "Ours"


def test_a_product_set_to_delete_leaves_the_shop_and_its_link_goes(
    rehearsal: Any, feed: Any, push: Any
) -> None:
    feed.send(*[feed.row(code) for code in ("BOLT", "NUT", "PUMP", "TAP")])
    push()
    feed.send(feed.row("BOLT", EXTRADTLS8="DELETE"))
    feed.send(removed=["NUT"])
    push()
    assert set(shop(rehearsal)) == {"PUMP", "TAP"}
    linked = "select v.sku from links l join variants v on v.id = l.variant_id order by 1"
    assert rehearsal.hub.rows(linked) == [("PUMP",), ("TAP",)]
    assert [rehearsal.count(table) for table in ("known", "stale")] == [6, 0]


def test_a_product_set_to_active_again_comes_back_as_the_same_one_with_its_new_values(
    rehearsal: Any, feed: Any, push: Any
) -> None:
    feed.send(feed.row("BOLT"))
    push()
    before = shop(rehearsal)["BOLT"]["id"]
    feed.send(feed.row("BOLT", EXTRADTLS8="DELETE"))
    push()
    assert shop(rehearsal) == {}
    feed.send(feed.row("BOLT", SELLINGPRICE1="99.00", DESCRIPTION="Back again", OAvailable="2"))
    push()
    back = shop(rehearsal)["BOLT"]
    assert (back["id"], back["status"], back["regular_price"], back["name"], back["stock_quantity"]) == (
        before,
        "publish",
        "99.00",
        "Back again",
        2,
    )
    assert rehearsal.count("stale") == 0


def test_a_product_set_to_ignore_stays_in_the_shop_as_it_is(rehearsal: Any, feed: Any, push: Any) -> None:
    feed.send(feed.row("BOLT"))
    push()
    rehearsal.stand.calls.clear()
    feed.send(feed.row("BOLT", EXTRADTLS8="IGNORE", SELLINGPRICE1="1", OAvailable="0"))
    push()
    assert rehearsal.stand.calls.total == 0
    assert shop(rehearsal)["BOLT"]["regular_price"] == "115.00"


@pytest.mark.parametrize("price", ["0", "", "0.004"], ids=["zero", "missing", "less than a cent"])
def test_a_product_without_a_price_is_not_created_and_needs_you(
    rehearsal: Any, feed: Any, push: Any, price: str
) -> None:
    feed.send(feed.row("BOLT", SELLINGPRICE1=price), feed.row("NUT"))
    push()
    assert list(shop(rehearsal)) == ["NUT"]
    mark = mark_of(rehearsal, "BOLT")
    assert mark["state"] == "needs_you"
    assert "BOLT has" in mark["message"]
    assert "selling price in Omni" in mark["hint"]


def test_a_product_that_loses_its_price_keeps_the_old_one_in_the_shop_and_gets_its_stock(
    rehearsal: Any, feed: Any, push: Any
) -> None:
    feed.send(feed.row("BOLT"))
    push()
    feed.send(feed.row("BOLT", SELLINGPRICE1="0", OAvailable="4"))
    push()
    bolt = shop(rehearsal)["BOLT"]
    assert (bolt["regular_price"], bolt["stock_quantity"]) == ("115.00", 4)
    assert mark_of(rehearsal, "BOLT")["state"] == "needs_you"
    feed.send(feed.row("BOLT", OAvailable="4"))
    push()
    assert rehearsal.count("stale") == 0


def test_the_shop_shows_what_is_left_after_held_orders_the_buffer_and_the_cap(
    rehearsal: Any, feed: Any, push: Any
) -> None:
    from stockwire.hub.sync.stale import mark_whole_channel

    def terms(buffer: int, cap: int | None) -> int:
        rehearsal.hub.owner.execute(
            "update channels set stock_buffer = %s, qty_limit_upper = %s", [buffer, cap]
        )
        with rehearsal.hub.scope():
            mark_whole_channel(rehearsal.channel_id)
        push()
        return int(shop(rehearsal)["BOLT"]["stock_quantity"])

    feed.send(feed.row("BOLT", OAvailable="20"))
    push()
    rehearsal.act("place_order", lines=[{"sku": "BOLT", "quantity": 3}])
    rehearsal.take()
    push()
    assert shop(rehearsal)["BOLT"]["stock_quantity"] == 17
    assert terms(2, None) == 15
    assert terms(2, 10) == 10
    assert terms(50, None) == 0


def test_the_channels_own_warehouse_and_price_list_are_used(rehearsal: Any, feed: Any, push: Any) -> None:
    rehearsal.hub.owner.execute("update channels set warehouses = '{CPT}', price_tier = 'sellingprice2'")
    both = {"SELLINGPRICE1": "100", "SELLINGPRICE2": "80"}
    feed.send(
        feed.row("BOLT", WAREHOUSECODE="CPT", OAvailable="5", **both),
        feed.row("BOLT", WAREHOUSECODE="JHB", OAvailable="7", **both),
    )
    push()
    bolt = shop(rehearsal)["BOLT"]
    assert (bolt["regular_price"], bolt["stock_quantity"]) == ("80.00", 5)


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


def test_forty_changes_leave_one_wake_up_waiting(rehearsal: Any, feed: Any) -> None:
    for cents in range(40):
        feed.send(feed.row("BOLT", SELLINGPRICE1=f"20.{cents:02d}"))
    assert rehearsal.hub.rows("select count(*) from procrastinate_jobs where task_name = 'work_lane'") == [
        (1,)
    ]


def test_a_product_that_was_made_anew_in_the_shop_is_adopted_and_compared_as_a_whole(
    rehearsal: Any, feed: Any, push: Any
) -> None:
    feed.send(feed.row("BOLT", DESCRIPTION="Hex bolt", SELLINGPRICE1="20.00", OAvailable="7"))
    push()
    rehearsal.act("delete_product", sku="BOLT")
    anew = rehearsal.act("add_product", name="Made by hand", sku="BOLT", regular_price="1.00")
    feed.send(feed.row("BOLT", DESCRIPTION="Hex bolt", SELLINGPRICE1="20.00", OAvailable="6"))
    push()
    bolt = shop(rehearsal)["BOLT"]
    assert (bolt["id"], bolt["name"], bolt["regular_price"], bolt["stock_quantity"]) == (
        anew["id"],
        "Hex bolt",
        "20.00",
        6,
    )
    assert rehearsal.hub.rows("select product_code from links") == [(str(anew["id"]),)]
    assert rehearsal.count("stale") == 0
    assert rehearsal.hub.rows("""select "values" from known where "group" = 'price'""") == [
        ({"price": "20.00"},)
    ]


def test_a_product_of_the_shop_is_never_linked_twice_and_the_rest_goes_on(
    rehearsal: Any, feed: Any, push: Any
) -> None:
    feed.send(feed.row("BOLT"))
    push()
    rehearsal.act("edit_product", sku="BOLT", new_sku="SCREW")
    feed.send(feed.row("SCREW"), feed.row("NUT"))
    push()
    taken = shop(rehearsal)["SCREW"]["id"]
    assert "NUT" in shop(rehearsal)
    mark = mark_of(rehearsal, "SCREW")
    assert (mark["state"], mark["message"]) == (
        "needs_you",
        f"SCREW: product {taken} of the channel has this SKU and is linked to BOLT already.",
    )
    assert mark["hint"]
    assert push_lane(rehearsal)["attempts"] == 0
    links = "select v.sku, l.product_code from links l join variants v on v.id = l.variant_id order by 1"
    assert ("BOLT", str(taken)) in rehearsal.hub.rows(links)
    # What was written for the wrong one is put right again.
    assert shop(rehearsal)["SCREW"]["name"] == "Item BOLT"


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
