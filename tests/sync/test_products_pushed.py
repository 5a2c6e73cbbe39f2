"""Products reach a shop: only what differs, once, with what our rules make of it. Against the simulated shop."""

from __future__ import annotations

from typing import Any

import pytest
from tests.sync.conftest import mark_of, shop


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


@pytest.mark.slow
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
