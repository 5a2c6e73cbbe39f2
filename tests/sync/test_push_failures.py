"""What a shop refuses stops that product alone; a shop that is away or not set up stops whole and says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.sync.conftest import mark_of, push_lane, shop, time_passes

from stockwire.registry import channel_connector
from stockwire.simulators.faults import Fault
from stockwire.simulators.woocommerce.shop import DEFAULT_KEY


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


@pytest.mark.slow
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
        waits.append(wait)
    # Counted from the begin of the round, so the round itself comes on top, which takes as long as it takes.
    assert all(2**at <= wait + 0.5 < 2 ** (at + 1) for at, wait in enumerate(waits, 1)), waits


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
