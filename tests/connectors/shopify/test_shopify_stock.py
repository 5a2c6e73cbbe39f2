"""Stock on a Shopify shop: full calls, never over what the shop sold meanwhile, and one key per attempt."""

from __future__ import annotations

import pytest
from tests.connectors.shopify.conftest import add, done, group, update, variant

from stockwire.errors import Refused, TryLater
from stockwire.ports import Failed


@pytest.fixture
def bolt(desk):
    """A bolt of which both sides know that there are seven."""
    return desk, done(desk.open().push([add("BOLT")])[0]).link


def test_the_figures_of_all_products_go_together_in_full_calls_and_nothing_is_read(desk):
    skus = desk.shop.fill(300)
    desk.settle()
    channel = desk.open()
    links = channel.look_up(skus)
    channel.push([update(skus[0], links[skus[0]][0], quantity=1)])
    desk.documents.clear()
    outcomes = channel.push([update(sku, links[sku][0], quantity=at) for at, sku in enumerate(skus)])
    assert [done(outcome).seen["quantity"] for outcome in outcomes] == list(range(300))
    assert desk.documents == ["SetStock", "SetStock"]
    assert desk.available(skus[299]) == 299


def test_a_figure_the_shop_already_reached_by_its_own_sales_is_right_and_not_written(bolt):
    desk, link = bolt
    desk.shop.set_stock("BOLT", 4)
    channel = desk.open()
    desk.documents.clear()
    outcome = done(channel.push([update("BOLT", link, {"quantity": 7}, quantity=4)])[0])
    assert outcome.seen["quantity"] == 4
    assert desk.documents.count("SetStock") == 1
    assert desk.available("BOLT") == 4


def test_stock_is_not_raised_over_a_sale_whose_order_may_not_be_known_yet(bolt):
    desk, link = bolt
    desk.shop.set_stock("BOLT", 5)
    channel = desk.open()
    change = update("BOLT", link, {"quantity": 7}, quantity=9)
    (outcome,) = channel.push([change])
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, TryLater)
    assert "BOLT" in outcome.error.message
    assert 0 < outcome.error.after_s <= 120
    assert desk.available("BOLT") == 5
    desk.shop.advance(130)
    assert done(channel.push([change])[0]).seen["quantity"] == 9
    assert desk.available("BOLT") == 9


def test_stock_is_lowered_at_once_however_it_moved(bolt):
    desk, link = bolt
    desk.shop.set_stock("BOLT", 20)
    done(desk.open().push([update("BOLT", link, {"quantity": 7}, quantity=3)])[0])
    assert desk.available("BOLT") == 3


def test_a_stale_row_spoils_nothing_for_the_others_of_its_call(bolt):
    desk, link = bolt
    other = done(desk.open().push([add("NUT")])[0]).link
    desk.shop.set_stock("BOLT", 5)
    outcomes = desk.open().push(
        [
            update("BOLT", link, {"quantity": 7}, quantity=9),
            update("NUT", other, {"quantity": 7}, quantity=8),
        ]
    )
    assert isinstance(outcomes[0], Failed)
    assert isinstance(outcomes[0].error, TryLater)
    done(outcomes[1])
    assert (desk.available("BOLT"), desk.available("NUT")) == (5, 8)


def test_a_location_that_is_none_is_named_with_the_sku(bolt):
    desk, link = bolt
    (outcome,) = desk.open().push([update("BOLT", link, **{"quantity@123": 4})])
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Refused)
    assert "BOLT" in outcome.error.message
    assert "location" in outcome.error.message


def test_each_location_gets_its_own_figure(bolt):
    desk, link = bolt
    first, second = (str(number) for number in desk.shop.shelf("Location"))
    change = update("BOLT", link, **{f"quantity@{first}": 2, f"quantity@{second}": 5})
    outcome = done(desk.open().push([change])[0])
    assert outcome.seen[f"quantity@{second}"] == 5
    held = {
        level["location"]["number"]: level["held"]["available"]
        for level in desk.shop.variant("BOLT")["item"]["levels"].values()
    }
    assert (held[int(first)], held[int(second)]) == (2, 5)


def test_an_item_not_kept_at_a_location_is_kept_there_from_now_on(desks):
    desk = desks(unstocked_is_refused=True)
    link = done(desk.open().push([add("BOLT")])[0]).link
    second = str(list(desk.shop.shelf("Location"))[1])
    outcome = done(desk.open().push([update("BOLT", link, **{f"quantity@{second}": 5})])[0])
    assert "from now on" in outcome.note


def test_stock_is_left_alone_where_another_app_manages_it(bolt):
    desk, link = bolt
    done(desk.open(inventory_management="other_app").push([update("BOLT", link, quantity=1)])[0])
    assert desk.available("BOLT") == 7


def test_the_stock_of_variants_goes_in_the_same_call_as_that_of_simple_products(desk):
    channel = desk.open()
    bolt, tee = channel.push(
        [add("BOLT"), group("TEE", ["Size"], [variant("TEE-S", "S"), variant("TEE-M", "M")])]
    )
    links = {key: done(found).link for key, found in done(tee).variants.items()}
    from stockwire.ports import Action

    sizes = [
        variant(sku, size, action=Action.UPDATE, link=links[f"key-{sku}"], quantity=1)
        for sku, size in (("TEE-S", "S"), ("TEE-M", "M"))
    ]
    desk.documents.clear()
    channel.push(
        [
            update("BOLT", done(bolt).link, quantity=2),
            group("TEE", ["Size"], sizes, Action.UPDATE, done(tee).link),
        ]
    )
    assert desk.documents == ["SetStock"]
    assert [desk.available(sku) for sku in ("BOLT", "TEE-S", "TEE-M")] == [2, 1, 1]


def test_each_attempt_has_a_key_of_its_own_and_one_key_covers_all_rows_of_a_call(bolt):
    desk, link = bolt
    other = done(desk.open().push([add("NUT")])[0]).link
    desk.shop.set_stock("BOLT", 20)
    desk.lose("SetStock")
    channel = desk.open()
    both = [
        update("BOLT", link, {"quantity": 7}, quantity=3),
        update("NUT", other, {"quantity": 7}, quantity=4),
    ]
    desk.sent.clear()
    assert all(isinstance(outcome, Failed) for outcome in channel.push(both))
    for outcome in channel.push(both):
        done(outcome)
    keys = [sent["variables"]["key0"] for sent in desk.sent if sent["operationName"] == "SetStock"]
    # Lost; refused for one stale row; the other row again; the stale one from what the shop holds.
    assert len(keys) == len(set(keys)) >= 3
    assert (desk.available("BOLT"), desk.available("NUT")) == (3, 4)
