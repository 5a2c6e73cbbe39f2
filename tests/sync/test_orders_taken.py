"""Orders come in once each, whatever the shop, its webhooks and the line to it do."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

from stockwire.simulators.faults import Fault


def place(rehearsal: Any, **sent: Any) -> int:
    rehearsal.act("add_product", name="Bolt", sku="BOLT-8", regular_price="115.00")
    return int(rehearsal.act("place_order", **{"lines": [{"sku": "BOLT-8", "quantity": 2}], **sent})["id"])


def again(rehearsal: Any, **sent: Any) -> int:
    return int(rehearsal.act("place_order", **{"lines": [{"sku": "BOLT-8", "quantity": 1}], **sent})["id"])


def test_a_paid_order_found_by_polling_is_stored_whole_and_waits_for_omni(rehearsal: Any) -> None:
    code = place(rehearsal, shape="shipping", note="Ring twice")
    rehearsal.take()
    order = rehearsal.order(code)
    assert (order["state"], order["status"], order["reason"]) == ("ready", "processing", "")
    assert (order["number"], order["notes"], order["customer_name"]) == (
        f"#{code}",
        "Ring twice",
        "Thandi Mokoena",
    )
    assert order["proof"]["difference"] == "0.00"
    assert order["total"] == Decimal(order["proof"]["stated_total"])
    lines = rehearsal.hub.rows("select sku, quantity, total_excl_tax from order_lines")
    assert lines == [("BOLT-8", 2, Decimal("200"))]
    taxes = rehearsal.hub.rows("select line_id is null, amount, rate from order_tax_lines order by 1")
    assert taxes == [(False, Decimal("30"), 15), (True, Decimal("12.91"), 15)]
    assert rehearsal.count("order_addresses") == 2
    assert rehearsal.count("order_marks") == 0
    assert rehearsal.history(code) == [
        f"Stored from Web shop: processing, R {order['total']:.2f}. Waiting for Omni."
    ]


def test_ten_polls_of_an_order_that_does_not_change_read_it_twice_and_store_it_once(rehearsal: Any) -> None:
    code = place(rehearsal)
    for _ in range(10):
        rehearsal.take()
    assert rehearsal.count("orders") == 1
    assert len(rehearsal.history(code)) == 1
    reads = [call for call in rehearsal.stand.calls.listed() if call["path"].endswith(f"/orders/{code}")]
    assert len(reads) == 2


def test_an_order_is_read_once_by_polling_when_the_shops_clock_has_gone_on_since_its_stamp(
    rehearsal: Any,
) -> None:
    early, late = place(rehearsal), again(rehearsal)
    with rehearsal.stand.app.shop.lock:
        rehearsal.stand.app.shop.orders[early]["modified"] -= timedelta(seconds=5)
    for _ in range(3):
        rehearsal.take()
    reads = Counter(call["path"].rsplit("/", 1)[1] for call in rehearsal.stand.calls.listed())
    assert (reads[str(early)], reads[str(late)]) == (1, 2)


def test_the_cursor_stands_on_the_last_order_that_was_marked(rehearsal: Any) -> None:
    code = place(rehearsal)
    rehearsal.take()
    assert rehearsal.channel()["orders_seen_until"] == rehearsal.order(code)["modified_at"]


def test_the_cursor_does_not_move_when_the_poll_breaks_off(rehearsal: Any) -> None:
    place(rehearsal)
    rehearsal.stand.faults.arm(Fault("error_500", times=None, path=r"/orders$"))
    rehearsal.take()
    assert rehearsal.channel()["orders_seen_until"] is None
    assert rehearsal.lane()["attempts"] == 1
    rehearsal.stand.faults.clear()
    rehearsal.take()
    assert rehearsal.count("orders") == 1
    assert rehearsal.lane()["attempts"] == 0


def test_one_order_that_cannot_be_read_waits_alone_and_the_others_go_on(rehearsal: Any) -> None:
    broken = place(rehearsal)
    fine = again(rehearsal)
    rehearsal.stand.faults.arm(Fault("error_500", times=None, path=rf"/orders/{broken}$"))
    rehearsal.take()
    assert rehearsal.order(fine)["state"] == "ready"
    mark = rehearsal.mark_of(broken)
    assert (mark["attempts"], mark["needs_you"]) == (1, False)
    assert mark["message"]
    assert rehearsal.lane()["attempts"] == 0
    for _ in range(5):
        rehearsal.all_due()
        rehearsal.take()
    mark = rehearsal.mark_of(broken)
    assert (mark["attempts"], mark["needs_you"]) == (6, True)
    rehearsal.stand.faults.clear()
    rehearsal.mark(broken)
    rehearsal.take(poll=False)
    assert rehearsal.order(broken)["state"] == "ready"
    assert rehearsal.count("order_marks") == 0


def test_a_shop_that_is_away_backs_off_as_a_whole_and_no_order_pays_for_it(rehearsal: Any) -> None:
    code = place(rehearsal)
    rehearsal.mark(code)
    rehearsal.stand.refuse()
    for _ in range(8):
        rehearsal.all_due()
        rehearsal.take()
    assert rehearsal.lane()["attempts"] == 8
    mark = rehearsal.mark_of(code)
    assert (mark["attempts"], mark["needs_you"]) == (0, False)
    rehearsal.stand.accept()
    rehearsal.take()
    assert rehearsal.order(code)["state"] == "ready"


def test_a_silent_shop_is_not_asked_for_every_order_in_turn(rehearsal: Any) -> None:
    place(rehearsal)
    rehearsal.mark(*range(5000, 5012))
    rehearsal.stand.faults.arm(Fault("error_500", times=None))
    rehearsal.stand.calls.clear()
    rehearsal.take(poll=False)
    asked = [call for call in rehearsal.stand.calls.listed() if "/orders/50" in call["path"]]
    assert len({call["path"] for call in asked}) == 2
    assert rehearsal.hub.rows("select max(attempts) from order_marks") == [(0,)]


def test_an_answer_that_is_no_order_asks_for_a_person_at_once(rehearsal: Any) -> None:
    code = place(rehearsal)
    rehearsal.mark("not-a-number", code)
    rehearsal.take(poll=False)
    mark = rehearsal.mark_of("not-a-number")
    assert mark["needs_you"] is True
    assert "not-a-number" in mark["message"]
    assert mark["hint"]
    assert rehearsal.order(code)["state"] == "ready"


def test_an_order_announced_again_while_it_is_read_keeps_its_mark(rehearsal: Any) -> None:
    from stockwire.hub.sync import lanes, take_orders
    from stockwire.registry import channel_connector

    code = place(rehearsal)
    rehearsal.mark(code)
    connector = channel_connector("woocommerce")
    with rehearsal.hub.scope():
        from stockwire.hub.models import Channel

        row = Channel.objects.get(pk=rehearsal.channel_id)
        channel = connector.open(row.read_settings(connector.settings))

    class AnnouncedMeanwhile:
        """The real channel; while the order is read, the shop announces it once more."""

        def __getattr__(self, name: str) -> Any:
            return getattr(channel, name)

        def order(self, wanted: str) -> Any:
            found = channel.order(wanted)
            rehearsal.mark(wanted)
            return found

    held = lanes.claim(rehearsal.hub.client_id, rehearsal.lane()["id"], "test")
    assert held is not None
    try:
        take_orders.take_orders(held, AnnouncedMeanwhile(), connector)
    finally:
        channel.close()
    assert rehearsal.order(code)["state"] == "ready"
    assert rehearsal.count("order_marks") == 1


def test_a_worker_that_lost_its_lane_writes_nothing(rehearsal: Any) -> None:
    import pytest

    from stockwire.hub.sync import lanes, take_orders
    from stockwire.registry import channel_connector

    code = place(rehearsal)
    rehearsal.mark(code)
    connector = channel_connector("woocommerce")
    held = lanes.claim(rehearsal.hub.client_id, rehearsal.lane()["id"], "slow worker")
    assert held is not None
    rehearsal.hub.owner.execute("update lanes set epoch = epoch + 1")
    with rehearsal.hub.scope():
        from stockwire.hub.models import Channel

        row = Channel.objects.get(pk=rehearsal.channel_id)
        channel = connector.open(row.read_settings(connector.settings))
    try:
        with pytest.raises(lanes.LostLease):
            take_orders.take_orders(held, channel, connector)
    finally:
        channel.close()
    assert rehearsal.count("orders") == 0
    assert rehearsal.count("order_marks") == 1


def test_without_a_public_address_the_operator_is_told_that_polling_is_all_there_is(rehearsal: Any) -> None:
    rehearsal.take()
    channel = rehearsal.channel()
    assert "public_url" in channel["webhooks_note"]
    assert channel["webhooks_checked_at"] is not None


def test_webhooks_are_made_and_a_dead_one_is_revived(rehearsal: Any, settings_of_hub: Any) -> None:
    settings_of_hub(public_url=rehearsal.stand.url)
    rehearsal.take()
    hooks = rehearsal.stand.app.state()["webhooks"]
    assert {hook["delivery_url"] for hook in hooks} == {
        f"{rehearsal.stand.url}/hooks/{rehearsal.channel()['webhook_key']}"
    }
    rehearsal.hub.owner.execute("update channels set webhooks_checked_at = now() - interval '11 minutes'")
    with rehearsal.stand.app.shop.lock:
        next(iter(rehearsal.stand.app.shop.webhooks.values()))["status"] = "disabled"
    missed = place(rehearsal)
    rehearsal.take(poll=False)
    assert all(hook["status"] == "active" for hook in rehearsal.stand.app.state()["webhooks"])
    assert "revived" in rehearsal.channel()["webhooks_note"]
    assert rehearsal.order(missed)["state"] == "ready"


def test_a_cancelled_order_is_stored_as_cancelled_and_never_raised(rehearsal: Any) -> None:
    code = place(rehearsal, status="pending")
    rehearsal.take()
    assert rehearsal.order(code)["state"] == "saved"
    assert "pending" in rehearsal.order(code)["reason"]
    rehearsal.act("cancel_order", id=code)
    rehearsal.mark(code)
    rehearsal.take()
    assert rehearsal.order(code)["state"] == "cancelled"
    assert rehearsal.claim() == []


def test_an_order_paid_later_goes_on_by_itself(rehearsal: Any) -> None:
    code = place(rehearsal, status="pending")
    rehearsal.take()
    rehearsal.act("pay_order", id=code)
    rehearsal.mark(code)
    rehearsal.take()
    assert rehearsal.order(code)["state"] == "ready"
    assert rehearsal.history(code)[-1] == "Status is now processing (it was pending). Waiting for Omni."
