"""The field map: only what it gives is sent, and prices and stock are checked as strictly as without it."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from pydantic import ValidationError

from stockwire.connectors.woocommerce import connector
from stockwire.connectors.woocommerce.translate import family_row_of, row_of, variation_row_of
from stockwire.errors import Refused
from stockwire.ports import Action, Done, Failed, FieldChange, Group, VariantChange


@pytest.fixture
def mapped(change):
    """A change whose fields a map gave, as the hub sends them."""

    def make(sku="BOLT", *, action=Action.UPDATE, **given):
        return change(sku, {f"map.{name}": json.dumps(value) for name, value in given.items()}, action=action)

    return make


def test_keys_are_sent_under_the_shop_s_names_and_nothing_else(settings, mapped):
    row = row_of(mapped(title="Bolt", regular_price="12.5", stock_quantity=7, weight=1.25), settings())
    assert row.fields == {
        "name": "Bolt",
        "regular_price": "12.50",
        "stock_quantity": 7,
        "manage_stock": True,
        "weight": "1.25",
    }


def test_a_product_is_created_with_the_title_of_the_map_and_refused_without_one(settings, mapped):
    row = row_of(mapped(title="Bolt", regular_price="1"), settings(), creating=True)
    assert (row.fields["name"], row.fields["type"], row.fields["status"]) == ("Bolt", "simple", "publish")
    with pytest.raises(Refused, match="without its title"):
        row_of(mapped(regular_price="1"), settings(), creating=True)


@pytest.mark.parametrize("price", ["abc", "13,90", "", "1e3", "NaN", "-1", -1, None, True, [1], "1 2"])
def test_a_price_that_would_hurt_never_reaches_the_shop(settings, mapped, price):
    with pytest.raises(Refused, match="BOLT: the"):
        row_of(mapped(regular_price=price), settings())


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_sale_price_takes_the_sale_off(settings, mapped, empty):
    assert row_of(mapped(sale_price=empty), settings()).fields == {"sale_price": ""}


@pytest.mark.parametrize("given, sent", [("4.9", 4), (-3, 0), ("12", 12), (10**12, 2_147_483_647)])
def test_stock_is_whole_and_never_below_0(settings, mapped, given, sent):
    assert row_of(mapped(stock_quantity=given), settings()).fields["stock_quantity"] == sent


@pytest.mark.parametrize("stock", ["many", "", None, "1.5.2", False])
def test_a_stock_that_is_no_number_never_reaches_the_shop(settings, mapped, stock):
    with pytest.raises(Refused, match="stock"):
        row_of(mapped(stock_quantity=stock), settings())


def test_the_older_api_s_stock_switches_are_understood(settings, mapped):
    row = row_of(mapped(managing_stock="false", in_stock=True), settings())
    assert row.fields == {"manage_stock": False, "stock_status": "instock"}
    with pytest.raises(Refused, match="in_stock"):
        row_of(mapped(in_stock="perhaps"), settings())
    with pytest.raises(Refused, match="stock_status"):
        row_of(mapped(stock_status="gone"), settings())


def test_stock_of_the_map_stays_away_when_the_shop_counts_its_own(settings, mapped):
    row = row_of(mapped(stock_quantity=3, regular_price="1"), settings(inventory_management="false"))
    assert row.fields == {"regular_price": "1.00"}


@pytest.mark.parametrize("key", ["stock_quantiy", "id", "type", "variations", "price", "attributes"])
def test_a_key_the_shop_does_not_take_is_named(settings, mapped, key):
    with pytest.raises(Refused, match=f"BOLT: the field map gives {key}, which") as caught:
        row_of(mapped(**{key: 1}), settings())
    assert "product_map" in caught.value.hint


def test_a_variation_takes_less_than_a_product_and_a_family_neither_price_nor_stock(settings, mapped):
    price = FieldChange(Group.PRICE, "map.regular_price", None, '"5"')
    name = FieldChange(Group.CONTENT, "map.name", None, '"S"')
    variant = VariantChange("k", "J-S", Action.UPDATE, (price,), option_values=("S",))
    assert variation_row_of(variant, settings()).fields == {"regular_price": "5.00"}
    with pytest.raises(Refused, match="for a variation"):
        variation_row_of(VariantChange("k", "J-S", Action.UPDATE, (name,)), settings())
    row = family_row_of(mapped(title="Jersey", regular_price="5"), settings())
    assert row.fields == {"name": "Jersey"}
    assert "stands on the variations" in row.notes[0]


def test_a_map_that_cannot_be_read_is_refused_in_the_form(settings):
    with pytest.raises(ValidationError, match="product_map, line 1"):
        settings(product_map='{"title": "{{#product}}"}')


def test_the_hub_is_told_of_the_map_and_which_of_its_keys_are_prices_and_stock(settings):
    terms = connector.terms(settings(product_map='{"title": "{{product.title}}"}'))
    assert terms.product_map == '{"title": "{{product.title}}"}'
    assert {"regular_price", "sale_price"} <= terms.map_prices
    assert "stock_quantity" in terms.map_stock


def test_what_the_map_gives_arrives_in_the_shop(simulated, mapped):
    shop = simulated()
    change = mapped(
        action=Action.ADD,
        title="Bolt",
        regular_price="15.00",
        sale_price="12.50",
        stock_quantity="9",
        meta_data=[{"key": "bin", "value": "A-7"}],
    )
    (outcome,) = shop.channel().push([change])
    assert isinstance(outcome, Done), outcome
    assert (outcome.seen["price"], outcome.seen["compare_at"]) == (Decimal("12.50"), Decimal("15.00"))
    held = shop.app.shop.products[int(outcome.link.product_code)]
    assert [(row["key"], row["value"]) for row in held["meta_data"]] == [("bin", "A-7")]


@pytest.mark.parametrize("name", ["zero-rate", "standard", ""])
def test_a_tax_class_the_shop_has_is_taken(simulated, mapped, name):
    (outcome,) = simulated().channel().push([mapped(action=Action.ADD, title="Bolt", tax_class=name)])
    assert isinstance(outcome, Done), outcome


def test_a_tax_class_the_shop_lacks_is_told_because_it_would_sell_at_the_standard_rate(simulated, mapped):
    (outcome,) = simulated().channel().push([mapped(action=Action.ADD, title="Bolt", tax_class="zero-rated")])
    assert isinstance(outcome, Failed), outcome
    assert "tax class zero-rated was sent and the shop holds standard" in outcome.error.message
