"""The connector's settings and limits against the simulated shop, over real sockets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from tests.connectors.woocommerce.conftest import keys

from stockwire.connectors.woocommerce.pace import pace_of
from stockwire.errors import Refused, TryLater
from stockwire.ports import Action, Done, Failed, Link
from stockwire.simulators.faults import Fault
from stockwire.simulators.woocommerce import Key


def test_with_creation_switched_off_a_missing_product_is_refused_and_never_gets_the_id_0(simulated, add):
    shop = simulated()
    (outcome,) = shop.channel(create_product_enabled="false").push([add("BOLT")])
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Refused)
    assert outcome.error.message.startswith("BOLT: ")
    assert "create_product_enabled" in outcome.error.hint
    assert shop.app.shop.products == {}


def test_with_creation_switched_off_an_existing_product_is_linked(simulated, add):
    shop = simulated()
    shop.channel().push([add("BOLT")])
    (outcome,) = shop.channel(create_product_enabled="false").push([add("BOLT", quantity=9)])
    assert isinstance(outcome, Done)
    assert outcome.seen["quantity"] == 9


def test_a_link_of_0_from_an_older_hub_is_no_link(simulated, change, add):
    shop = simulated()
    (made,) = shop.channel().push([add("BOLT")])
    (outcome,) = shop.channel().push([change("BOLT", {"quantity": 8}, id="0")])
    assert isinstance(outcome, Done)
    assert outcome.link == made.link


def test_new_products_get_the_chosen_status_and_linked_ones_keep_theirs(simulated, add, change):
    shop = simulated()
    channel = shop.channel(create_product_status="draft")
    (made,) = channel.push([add("NEW")])
    assert shop.app.shop.products[int(made.link.product_code)]["status"] == "draft"
    (linked,) = shop.channel().push([add("NEW", active=True)])
    assert linked.link == made.link
    assert shop.app.shop.products[int(made.link.product_code)]["status"] == "draft"


def test_removal_moves_to_the_bin_by_default(simulated, add, change):
    shop = simulated()
    channel = shop.channel()
    (made,) = channel.push([add("BOLT")])
    (gone,) = channel.push([change("BOLT", action=Action.REMOVE, id=made.link.product_code)])
    assert (gone.link, gone.note) == (None, "Moved to the shop's bin.")
    assert shop.app.shop.products[int(made.link.product_code)]["status"] == "trash"
    (again,) = channel.push([change("BOLT", action=Action.REMOVE, id=made.link.product_code)])
    assert (again.link, again.note) == (None, "It was already gone from the shop.")


def test_removal_deletes_for_good_when_the_operator_says_so(simulated, add, change):
    shop = simulated()
    channel = shop.channel(delete_product_mode="delete")
    made = channel.push([add("A"), add("B")])
    shop.stand.calls.clear()
    gone = channel.push(
        [
            change(name, action=Action.REMOVE, id=done.link.product_code)
            for name, done in zip("AB", made, strict=True)
        ]
    )
    assert [outcome.note for outcome in gone] == ["Deleted from the shop."] * 2
    assert shop.app.shop.products == {}
    assert shop.stand.calls.writes == 1
    (again,) = channel.push([change("A", action=Action.REMOVE, id=made[0].link.product_code)])
    assert again.note == "It was already gone from the shop."


def test_with_deletion_switched_off_the_product_and_its_link_stay(simulated, add, change):
    shop = simulated()
    channel = shop.channel(delete_product_enabled="false")
    (made,) = channel.push([add("BOLT")])
    shop.stand.calls.clear()
    (kept,) = channel.push([change("BOLT", action=Action.REMOVE, id=made.link.product_code)])
    assert kept.link == made.link
    assert "delete_product_enabled is off" in kept.note
    assert shop.stand.calls.total == 0


def test_a_sku_that_lies_in_the_bin_is_refused_with_the_way_out_when_restoring_is_off(simulated, add, change):
    shop = simulated()
    channel = shop.channel(restore_from_bin_enabled="false")
    (made,) = channel.push([add("BOLT")])
    channel.push([change("BOLT", action=Action.REMOVE, id=made.link.product_code)])
    (outcome,) = channel.push([add("BOLT")])
    assert isinstance(outcome, Failed)
    assert outcome.error.message == "BOLT: the shop has a product with this SKU in its bin."
    assert "restore_from_bin_enabled" in outcome.error.hint


def test_a_sku_that_lies_in_the_bin_is_restored(simulated, add, change):
    shop = simulated()
    channel = shop.channel()
    (made,) = channel.push([add("BOLT")])
    channel.push([change("BOLT", action=Action.REMOVE, id=made.link.product_code)])
    (outcome,) = channel.push([add("BOLT", price=Decimal("15.00"))])
    assert isinstance(outcome, Done), outcome
    assert outcome.link == made.link
    assert "Restored from the shop's bin." in outcome.note
    product = shop.app.shop.products[int(made.link.product_code)]
    assert (product["status"], product["regular_price"]) == ("publish", "15.00")


def test_a_linked_product_the_owner_binned_is_not_silently_kept_up_to_date_there(simulated, add, change):
    shop = simulated()
    (made,) = shop.channel().push([add("BOLT")])
    shop.owner().call("DELETE", f"/products/{made.link.product_code}")
    stock = change("BOLT", {"quantity": 3}, id=made.link.product_code)
    (outcome,) = shop.channel(restore_from_bin_enabled="false").push([stock])
    assert isinstance(outcome, Failed)
    assert "lies in the shop's bin" in outcome.error.message
    (restored,) = shop.channel().push([stock])
    assert isinstance(restored, Done)
    assert shop.app.shop.products[int(made.link.product_code)]["status"] == "publish"


def test_a_product_linked_to_a_variation_is_refused_readably(simulated, change):
    shop = simulated()
    linked = replace(change("JERSEY-S", {"quantity": 1}), link=Link("27", "28"))
    (outcome,) = shop.channel().push([linked])
    assert isinstance(outcome, Failed)
    assert outcome.error.message.startswith("JERSEY-S: it is linked to a variation")
    assert shop.stand.calls.total == 0


def test_the_shop_s_own_limit_is_learned_from_its_refusal_and_kept(simulated, add, change):
    shop = simulated(batch_limit=30)
    made = shop.channel().push([add(f"P{number}") for number in range(100)])
    assert all(isinstance(outcome, Done) for outcome in made)
    shop.stand.calls.clear()
    done = shop.channel().push(
        [
            change(f"P{number}", {"quantity": 1}, id=outcome.link.product_code)
            for number, outcome in enumerate(made)
        ]
    )
    assert all(isinstance(outcome, Done) for outcome in done)
    assert shop.stand.calls.writes == 4


def test_a_shop_within_its_limit_gets_no_call_too_many(simulated, add, change):
    shop = simulated()
    made = shop.channel().push([add(f"P{number}") for number in range(250)])
    changes = [
        change(f"P{number}", {"quantity": 1}, id=outcome.link.product_code)
        for number, outcome in enumerate(made)
    ]
    shop.stand.calls.clear()
    channel = shop.channel()
    for start in range(0, 250, 100):
        channel.push(changes[start : start + 100])
    assert (shop.stand.calls.writes, shop.stand.calls.total) == (3, 3)


def test_calls_become_smaller_while_the_shop_is_slow(simulated, add, change):
    shop = simulated(item_latency_s=0.002)
    channel = shop.channel(batch_seconds_target="0.1")
    outcomes = channel.push([add(f"P{number}") for number in range(150)])
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert pace_of(shop.settings().rest_url).size(100) < 100
    assert shop.stand.calls.writes > 2


def test_a_gateway_that_gives_up_after_the_work_loses_nothing_and_doubles_nothing(simulated, add):
    shop = simulated(item_latency_s=0.002, gateway_timeout_s=0.1)
    changes = [add(f"P{number}") for number in range(100)]
    first = shop.channel().push(changes)
    assert all(isinstance(outcome, Failed) and outcome.error.may_have_worked for outcome in first)
    outcomes = list(first)
    for _ in range(10):
        waiting = [at for at, outcome in enumerate(outcomes) if isinstance(outcome, Failed)]
        if not waiting:
            break
        for at, outcome in zip(waiting, shop.channel().push([changes[at] for at in waiting]), strict=True):
            outcomes[at] = outcome
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert len(shop.app.shop.products) == 100


def test_several_calls_at_a_time_keep_every_outcome_in_its_place(simulated, add):
    shop = simulated()
    channel = shop.channel(parallel_batches="4", batch_size_max="10")
    outcomes = channel.push([add(f"P{number}", quantity=number) for number in range(95)])
    assert [outcome.seen["quantity"] for outcome in outcomes] == list(range(95))
    assert shop.stand.calls.writes == 10


def test_a_barcode_of_another_product_is_refused_and_that_one_is_never_adopted(simulated, add):
    shop = simulated()
    first, second = shop.channel().push(
        [add("A", barcode="6001234567890"), add("B", barcode="6001234567890")]
    )
    assert isinstance(first, Done)
    assert isinstance(second, Failed)
    assert f"barcode for product {first.link.product_code}" in second.error.message
    assert len(shop.app.shop.products) == 1


def test_stock_management_the_owner_switched_off_is_switched_on_with_the_next_quantity(
    simulated, add, change
):
    shop = simulated()
    (made,) = shop.channel().push([add("BOLT")])
    shop.owner().call("PUT", f"/products/{made.link.product_code}", body={"manage_stock": False})
    (outcome,) = shop.channel().push([change("BOLT", {"quantity": 4}, id=made.link.product_code)])
    assert isinstance(outcome, Done)
    assert outcome.seen["quantity"] == 4


def test_a_compare_at_price_is_set_changed_alone_and_taken_off(simulated, add, change):
    shop = simulated()
    channel = shop.channel()
    (made,) = channel.push([add("BOLT", price=Decimal("80"), compare_at=Decimal("100"))])
    code = made.link.product_code
    held = shop.app.shop.products[int(code)]
    assert (held["regular_price"], held["sale_price"]) == ("100.00", "80.00")
    (alone,) = channel.push([change("BOLT", {"compare_at": Decimal("120")}, id=code)])
    assert (alone.seen["price"], alone.seen["compare_at"]) == (Decimal("80.00"), Decimal("120.00"))
    (off,) = channel.push([change("BOLT", {"price": Decimal("80"), "compare_at": None}, id=code)])
    assert (off.seen["price"], off.seen["compare_at"]) == (Decimal("80.00"), None)


def test_a_compare_at_price_for_a_product_that_is_gone_fails_alone(simulated, add, change):
    shop = simulated()
    channel = shop.channel()
    (made,) = channel.push([add("BOLT")])
    outcomes = channel.push(
        [
            change("LOST", {"compare_at": Decimal("9")}, id="999999"),
            change("BOLT", {"compare_at": Decimal("120")}, id=made.link.product_code),
        ]
    )
    assert [type(outcome) for outcome in outcomes] == [Failed, Done]


def test_carts_that_are_no_orders_yet_are_not_hinted_at(simulated):
    shop = simulated()
    owner = shop.owner()
    made = owner.call("POST", "/orders", body={"status": "checkout-draft"}).body
    real = owner.call("POST", "/orders", body={"status": "pending"}).body
    codes = {hint.channel_order_code for hint in shop.channel().orders(None)}
    assert str(real["id"]) in codes
    assert str(made["id"]) not in codes


def test_a_binned_order_is_read_as_trash_and_never_raised(simulated):
    shop = simulated()
    owner = shop.owner()
    code = owner.call("POST", "/orders", body={"status": "processing"}).body["id"]
    owner.call("DELETE", f"/orders/{code}")
    order = shop.channel().order(str(code))
    assert order is not None
    assert order.status == "trash"


def test_a_poll_in_the_time_zone_of_the_shop_is_not_two_hours_late(simulated):
    shop = simulated(time_zone="Africa/Johannesburg")
    code = shop.owner().call("POST", "/orders", body={"status": "processing"}).body["id"]
    early = shop.channel().orders(datetime.now(UTC) - timedelta(minutes=1))
    late = shop.channel().orders(datetime.now(UTC) + timedelta(minutes=30))
    assert [hint.channel_order_code for hint in early] == [str(code)]
    assert [hint.channel_order_code for hint in late] == []


def test_the_first_poll_starts_at_the_first_day_the_operator_wants(simulated):
    shop = simulated()
    shop.owner().call("POST", "/orders", body={"status": "processing"})
    tomorrow = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    assert list(shop.channel(order_from_date=tomorrow).orders(None)) == []


def test_a_double_webhook_of_ours_is_removed_and_another_hub_s_is_left_alone(simulated):
    other = Key("ck_" + "2" * 40, "cs_" + "2" * 40)
    shop = simulated(keys=[*keys(), other])
    shop.channel(consumer_key=other.consumer_key, consumer_secret=other.consumer_secret).repair_webhooks(
        "http://127.0.0.1:9/other-hub"
    )
    channel = shop.channel()
    channel.repair_webhooks("http://127.0.0.1:9/hook")
    twin = dict(
        next(hook for hook in shop.app.shop.webhooks.values() if hook["delivery_url"].endswith("/hook"))
    )
    shop.owner().call(
        "POST",
        "/webhooks",
        body={name: twin[name] for name in ("name", "topic", "delivery_url", "secret")},
    )
    health = channel.repair_webhooks("http://127.0.0.1:9/hook")
    assert [found.note for found in health if found.topic == twin["topic"]] == ["1 double removed."]
    addresses = [hook["delivery_url"] for hook in shop.app.shop.webhooks.values()]
    assert sorted(addresses) == ["http://127.0.0.1:9/hook"] * 3 + ["http://127.0.0.1:9/other-hub"] * 3


def test_a_time_out_while_reading_is_not_said_to_have_worked(simulated):
    shop = simulated()
    shop.stand.faults.arm(Fault("slow", delay_s=2.0))
    with pytest.raises(TryLater, match="did not answer in time") as caught:
        shop.channel(timeout_s="0.2").order("1")
    assert not caught.value.may_have_worked
