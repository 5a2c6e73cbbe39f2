"""Each setting of the catalogue for a Shopify channel (settings.md section 3) shows in the shop or on the order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

STOCK = {"JHB": 60, "CPT": 20}


@pytest.mark.parametrize(("limit", "shown"), [(None, 50), ("", 80), ("7", 7)])
def test_no_sku_shows_more_than_qty_limit_upper(trade: Any, limit: str | None, shown: int) -> None:
    trade.channel(**({} if limit is None else {"qty_limit_upper": limit}))
    trade.known("SCREW", "10.00", STOCK)
    trade.push()
    assert trade.available("SCREW") == {"Main warehouse": shown}


def test_the_compare_at_price_is_what_its_template_says_and_never_below_the_price(trade: Any) -> None:
    channel = trade.channel()
    trade.known("SCREW", "10.00", STOCK, prices={"Wholesale": "12.00", "RRP": "15.00"})
    trade.known("WASHER", "10.00", STOCK, prices={"Wholesale": "9.00"})
    trade.push()
    assert [trade.held(sku)["compareAtPrice"] for sku in ("SCREW", "WASHER")] == [Decimal("12.00"), None]
    trade.hub.owner.execute("update channels set active = false where id = %s", [channel])
    trade.channel(compare_at_price="{{price_tiers.RRP.price}}", auto_sync="true")
    trade.shop.advance(10)
    trade.known("SCREW", "10.00", STOCK, prices={"Wholesale": "12.00", "RRP": "15.00"})
    trade.push()
    assert trade.held("SCREW")["compareAtPrice"] == Decimal("15.00")


def test_each_location_gets_the_quantity_its_template_says(trade: Any) -> None:
    main, floor = trade.shop.shelf("Location")
    mapped = f'{{"{main}": "{{{{qty_availability.JHB}}}}", "{floor}": "{{{{qty_availability.CPT}}}}"}}'
    trade.channel(location_map=mapped, qty_limit_upper="")
    trade.known("SCREW", "10.00", STOCK)
    trade.push()
    assert trade.available("SCREW") == {"Main warehouse": 60, "Shop floor": 20}


def test_without_the_location_api_one_quantity_goes_to_the_location_that_is_named(trade: Any) -> None:
    main, floor = trade.shop.shelf("Location")
    mapped = f'{{"{main}": "{{{{qty_availability.JHB}}}}"}}'
    trade.channel(location_map=mapped, use_location_api="false", location_id=str(floor), qty_limit_upper="")
    trade.known("SCREW", "10.00", STOCK)
    trade.push()
    assert trade.available("SCREW") == {"Shop floor": 80}


@pytest.mark.parametrize("on", [True, False])
def test_what_the_switches_of_products_hold_back_or_let_through(trade: Any, on: bool) -> None:
    """hide_product_enabled, ignore_category_enabled, inventory_management and delete_product_enabled."""
    trade.channel(
        hide_product_enabled=switch(on),
        ignore_category_enabled=switch(on),
        inventory_management="other_app" if on else "shopify",
        delete_product_enabled=switch(not on),
    )
    trade.known("SCREW", "10.00", STOCK, collection="Fasteners")
    trade.push()
    screw = trade.held("SCREW")
    assert bool(screw["product"]["publications"]) is not on
    assert bool(trade.shop.shelf("Collection")) is not on
    assert screw["item"]["tracked"] is not on
    assert bool(trade.available("SCREW")) is not on
    trade.known("SCREW", "10.00", STOCK, active=False)
    trade.push()
    assert ("SCREW" in skus(trade)) is on


def test_auto_sync_links_what_is_there_and_without_it_a_second_one_is_made(trade: Any) -> None:
    trade.shop.advance(10)
    linking = trade.channel()
    trade.known("BOLT", "10.00", STOCK)
    trade.push()
    assert skus(trade).count("BOLT") == 1
    assert trade.hub.rows("select count(*) from links where channel_id = %s", linking) == [(1,)]
    trade.channel(auto_sync="false")
    trade.known("BOLT", "11.00", STOCK)
    trade.push()
    assert skus(trade).count("BOLT") == 2


def test_our_prices_come_from_the_list_and_with_the_tax_that_the_settings_name(trade: Any) -> None:
    """order_use_system_price, _tier and _tax; a SKU that is not on the list costs nothing."""
    trade.channel(
        order_use_system_price="true", order_use_system_price_tier="Trade", order_use_system_price_tax="14"
    )
    trade.known("BOLT", "30.00", STOCK, prices={"Trade": "25.00"})
    trade.known("NUT", "10.00", STOCK)
    trade.shop.place_order(lines=[{"sku": "BOLT", "quantity": 2}, {"sku": "NUT", "quantity": 1}])
    trade.work()
    order = trade.order()
    assert order["total"] == Decimal("57.00")
    assert order["total_tax"] == Decimal("7.00")
    said = " ".join(text for (text,) in trade.hub.rows("select text from order_history"))
    assert "NUT: it has no price in Trade" in said


def test_params_prefix_merged_lines_and_discounts_stand_on_the_stored_order(trade: Any) -> None:
    """set_param_[x], order_code_prefix, group_duplicate_order_items and line_item_discounts."""
    trade.channel(
        set_param_rep_code="{{tags}}",
        order_code_prefix="KF-",
        group_duplicate_order_items="true",
        line_item_discounts="true",
    )
    trade.shop.place_order(
        "customer",
        lines=[{"sku": "BOLT", "quantity": 1}, {"sku": "BOLT", "quantity": 2}],
        order_discount="10%",
        tags=["REP7"],
    )
    trade.work()
    order = trade.order()
    assert order["number"] == "KF-#1001"
    params = dict(trade.hub.rows("select key, value from order_params"))
    assert params["rep_code"] == "REP7"
    assert trade.hub.rows("select 1 from order_discounts") == []
    assert trade.hub.rows("select sku, quantity from order_lines") == [("BOLT", 3)]


@pytest.mark.parametrize(("every", "state"), [("true", "ready"), ("false", "saved")])
def test_an_order_that_is_not_paid_is_raised_only_with_add_all_orders(
    trade: Any, every: str, state: str
) -> None:
    trade.channel(add_all_orders=every)
    trade.shop.place_order("pending", lines=[{"sku": "BOLT", "quantity": 1}])
    trade.work()
    assert trade.order()["state"] == state


def switch(on: bool) -> str:
    return "true" if on else "false"


def skus(trade: Any) -> list[str]:
    return [found["item"]["sku"] for found in trade.shop.shelf("ProductVariant").values()]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("compare_at_price", "{{price_tiers.RRP.price", "compare_at_price, line 1: the tag that begins"),
        ("location_map", '{"1": "{{#qty}}1"}', "location_map, line 1: "),
        ("location_map", '{"1": "{{> stock}}"}', "partials ({{>name}})"),
        ("location_map", '{"1": "1", "1": "2"}', 'the key "1" comes twice'),
        ("location_map", '{"1": "1", "gid://shopify/Location/1": "2"}', "it names a location twice"),
        ("location_map", '{"main": "1"}', "its names must be location ids"),
        ("location_map", '{"1": true}', "it must be a JSON object such as"),
        ("location_map", '{"1": {{qty}}}', "it must be JSON such as"),
    ],
)
def test_a_template_that_cannot_be_read_is_refused_before_it_is_saved(
    trade: Any, name: str, text: str, said: str
) -> None:
    from stockwire.connectors.shopify.settings import ShopifySettings

    known = {"channel_domain": "x.myshopify.com", "password": "shpat_1"}
    with pytest.raises(ValueError, match=name) as refused:
        ShopifySettings.model_validate({**known, name: text})
    assert said in str(refused.value)
