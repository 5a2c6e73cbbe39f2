"""Items that only an order knows are taken in where the setting says so (order_link_items_on_sku), and the shop
is not touched on the strength of an order.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from stockwire.domain.records import Order, OrderLine
from stockwire.simulators.woocommerce.shop import DEFAULT_KEY


@pytest.fixture
def taking_in(rehearsal: Any) -> Callable[..., None]:
    """Give the channel these settings, with the one in question switched on."""

    def change(**settings: Any) -> None:
        from stockwire.hub.models import Channel
        from stockwire.registry import channel_connector

        with rehearsal.hub.scope():
            row = Channel.objects.get(pk=rehearsal.channel_id)
            given = {
                "api_url": rehearsal.stand.url,
                "consumer_key": DEFAULT_KEY.consumer_key,
                "consumer_secret": DEFAULT_KEY.consumer_secret,
                "order_link_items_on_sku": "true",
                **settings,
            }
            row.write_settings(channel_connector(row.type).settings.model_validate(given))
            row.save()

    return change


def sold(rehearsal: Any, **more: Any) -> tuple[dict[str, Any], str]:
    """A product that only the shop has, sold in an order; both as the shop states them."""
    product = rehearsal.act(
        "add_product", **{"sku": "SHOP-1", "name": "Koeksister mould", "regular_price": "99.00", **more}
    )
    order = rehearsal.act("place_order", lines=[{"sku": product["sku"], "quantity": 1}])
    rehearsal.take()
    return product, str(order["id"])


def links(rehearsal: Any) -> list[tuple[str, str, bool]]:
    """(SKU, the shop's product, whether only an order told of it)."""
    return list(
        rehearsal.hub.rows(
            "select v.sku, l.product_code, l.from_order from links l join variants v on v.id = l.variant_id"
            " order by 1"
        )
    )


def in_shop(rehearsal: Any, product_id: int) -> tuple[str, str, str]:
    products = {row["id"]: row for row in rehearsal.stand.app.state()["products"]}
    return tuple(products[product_id][name] for name in ("name", "regular_price", "status"))  # type: ignore[return-value]


def test_unless_the_setting_says_so_an_unknown_item_stays_unknown(rehearsal: Any) -> None:
    sold(rehearsal)
    assert rehearsal.count("products") == 0
    assert links(rehearsal) == []


def test_an_unknown_item_is_taken_in_linked_and_told_of_and_its_order_goes_on(
    rehearsal: Any, taking_in: Any
) -> None:
    taking_in()
    product, code = sold(rehearsal)
    assert links(rehearsal) == [("SHOP-1", str(product["id"]), True)]
    assert rehearsal.hub.rows("select title, active from products") == [("Koeksister mould", False)]
    assert rehearsal.hub.rows("select v.sku from order_lines l join variants v on v.id = l.variant_id") == [
        ("SHOP-1",)
    ]
    assert any(
        said
        == f"SHOP-1: no source knows this item, so it was taken into the hub from this order and linked to "
        f"product {product['id']} of the shop. It is not on sale here until its source sends it."
        for said in rehearsal.history(code)
    )
    [given] = rehearsal.claim()
    assert given.body["sales_order"]["order_lines"][0]["stock_code"] == "SHOP-1"


def test_the_same_item_in_many_orders_is_taken_in_once(rehearsal: Any, taking_in: Any) -> None:
    taking_in()
    sold(rehearsal)
    for sku in ("SHOP-1", "shop-1"):
        rehearsal.act("place_order", lines=[{"sku": sku, "quantity": 2}])
    rehearsal.take()
    rehearsal.take()
    assert rehearsal.count("orders") == 3
    assert rehearsal.count("products") == rehearsal.count("variants") == 1


def test_nothing_of_such_an_item_is_sent_to_the_shop(rehearsal: Any, taking_in: Any) -> None:
    taking_in()
    product, _ = sold(rehearsal)
    before = in_shop(rehearsal, product["id"])
    rehearsal.hub.owner.execute(
        "insert into stale (client_id, channel_id, product_id) select client_id, %s, id from products"
        " on conflict do nothing",
        [rehearsal.channel_id],
    )
    rehearsal.hub.work("push")
    assert in_shop(rehearsal, product["id"]) == before
    assert rehearsal.count("stale") == 0
    assert len(links(rehearsal)) == 1


def test_asked_why_such_an_item_is_not_offered_the_hub_speaks_of_the_order(
    rehearsal: Any, taking_in: Any
) -> None:
    from stockwire.hub.sync.why import why

    taking_in()
    sold(rehearsal)
    with rehearsal.hub.scope():
        (told,) = why(rehearsal.channel_id, "SHOP-1")
    assert told.offered == "no: it is known from an order only: its source has never sent it"
    assert told.next_action.endswith("known from an order only: its source has never sent it")


def test_once_its_source_sends_it_the_shops_product_is_kept_up_to_date_and_taken_away(
    rehearsal: Any, taking_in: Any, feed: Any
) -> None:
    taking_in()
    product, _ = sold(rehearsal)
    feed.send(feed.row("SHOP-1", DESCRIPTION="Koeksister mould, brass", SELLINGPRICE1="120.00"))
    rehearsal.hub.work("push")
    assert in_shop(rehearsal, product["id"]) == ("Koeksister mould, brass", "120.00", "publish")
    assert links(rehearsal) == [("SHOP-1", str(product["id"]), False)]
    feed.send(feed.row("SHOP-1", EXTRADTLS8="DELETE"))
    rehearsal.hub.work("push")
    assert in_shop(rehearsal, product["id"])[2] == "trash"
    assert links(rehearsal) == []


def test_an_item_of_an_order_that_goes_at_our_own_prices_keeps_the_shops_price_until_it_has_one(
    rehearsal: Any, taking_in: Any, feed: Any
) -> None:
    taking_in(order_use_system_price="true")
    _, code = sold(rehearsal)
    second = str(rehearsal.act("place_order", lines=[{"sku": "SHOP-1", "quantity": 1}])["id"])
    rehearsal.take()
    assert {rehearsal.order(one)["total"] for one in (code, second)} == {Decimal("99.00")}
    feed.send(feed.row("SHOP-1", SELLINGPRICE1="100.00"))
    third = str(rehearsal.act("place_order", lines=[{"sku": "SHOP-1", "quantity": 1}])["id"])
    rehearsal.take()
    assert rehearsal.order(third)["total"] == Decimal("115.00")


def test_a_cancelled_order_brings_no_item(rehearsal: Any, taking_in: Any) -> None:
    taking_in()
    product = rehearsal.act("add_product", sku="SHOP-1", name="Mould", regular_price="99.00")
    order = rehearsal.act("place_order", lines=[{"sku": product["sku"], "quantity": 1}], status="cancelled")
    rehearsal.take()
    assert rehearsal.order(order["id"])["status"] == "cancelled"
    assert rehearsal.count("products") == 0


def test_an_item_of_another_source_is_not_taken_in_and_its_order_goes_there(
    rehearsal: Any, taking_in: Any
) -> None:
    taking_in()
    other = rehearsal.hub.new_source(rehearsal.hub.client_id)
    rehearsal.hub.owner.execute(
        "with p as (insert into products (client_id, source_id, source_product_code, active, title)"
        " values (%s, %s, 'SHOP-1', true, 'x') returning id)"
        " insert into variants (client_id, source_id, product_id, source_variant_code, sku)"
        " select %s, %s, id, 'SHOP-1', 'SHOP-1' from p",
        [rehearsal.hub.client_id, other] * 2,
    )
    _, code = sold(rehearsal)
    order = rehearsal.order(code)
    assert (order["state"], order["source_id"]) == ("ready", other)
    assert links(rehearsal) == []
    assert rehearsal.count("products") == 1


def test_a_sku_that_fits_several_of_ours_is_not_unknown(rehearsal: Any, taking_in: Any) -> None:
    taking_in()
    for sku in ("Shop-1", "shoP-1"):
        rehearsal.product(sku)
    sold(rehearsal)
    assert rehearsal.count("products") == 2
    assert links(rehearsal) == []


def test_a_link_from_an_order_gives_way_to_what_a_push_finds_out(
    rehearsal: Any, taking_in: Any, feed: Any
) -> None:
    taking_in()
    product, _ = sold(rehearsal)
    rehearsal.act("edit_product", id=product["id"], new_sku="SHOP-2")
    feed.send(feed.row("SHOP-2"))
    rehearsal.hub.work("push")
    assert links(rehearsal) == [("SHOP-2", str(product["id"]), False)]
    assert rehearsal.hub.rows("select state from stale") == []


def test_a_variation_is_taken_in_and_left_for_a_push_to_link_and_a_lost_product_is_left_alone(
    rehearsal: Any,
) -> None:
    from stockwire.hub.models import Channel
    from stockwire.hub.sync.link_items import link_items

    def sold_as(sku: str, product_code: str, variant_code: str = "0") -> OrderLine:
        one = Decimal(1)
        return OrderLine("1", sku, sku, one, one, one, (), product_code, variant_code)

    at = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    lines = (sold_as("SHIRT-M", "27", "28"), sold_as("GONE", "0"), sold_as("  ", "31"))
    order = Order("41", "#41", "processing", "ZAR", at, at, Decimal(3), Decimal(0), lines)
    with rehearsal.hub.scope():
        told = link_items(Channel.objects.get(pk=rehearsal.channel_id), order).warnings
    assert told == (
        "SHIRT-M: no source knows this item, so it was taken into the hub from this order. "
        "It is not on sale here until its source sends it.",
    )
    assert rehearsal.hub.rows("select sku from variants") == [("SHIRT-M",)]
    assert links(rehearsal) == []
