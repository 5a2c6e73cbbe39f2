"""What leaves for the shop, and what its answers are compared with. Every value that could hurt a shop."""

from __future__ import annotations

from decimal import Decimal

import pytest

from stockwire.connectors.woocommerce.translate import (
    Prices,
    differences,
    is_simple,
    needs_held_prices,
    row_of,
    seen_of,
    sku_key,
)
from stockwire.errors import Refused
from stockwire.ports import Action

WHOLE = {
    "title": "Hex bolt M8 x 50 zinc",
    "price": Decimal("12.50"),
    "quantity": 240,
    "inventory_management": True,
    "active": True,
}


def test_a_new_product_is_sent_whole_with_strings_for_money(settings, change):
    row = row_of(change(fields=WHOLE, action=Action.ADD), settings(), creating=True)
    assert row.fields == {
        "name": "Hex bolt M8 x 50 zinc",
        "type": "simple",
        "status": "publish",
        "regular_price": "12.50",
        "manage_stock": True,
        "stock_quantity": 240,
    }


def test_a_change_of_stock_sends_stock_and_nothing_else(settings, change):
    row = row_of(change(fields={"quantity": 7}), settings())
    assert row.fields == {"manage_stock": True, "stock_quantity": 7}


@pytest.mark.parametrize("price", ["abc", "13,90", "", "12.50", 12.5, True])
def test_a_price_that_is_no_number_never_reaches_the_shop_which_would_wipe_it(settings, change, price):
    with pytest.raises(Refused, match=r"BOLT-M8-50: the price .* is not a number"):
        row_of(change(fields={"price": price}), settings())


@pytest.mark.parametrize("price", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_a_price_that_is_not_finite_never_reaches_the_shop(settings, change, price):
    with pytest.raises(Refused, match="BOLT-M8-50"):
        row_of(change(fields={"price": Decimal(price)}), settings())


def test_a_negative_price_never_reaches_the_shop_which_would_keep_it(settings, change):
    with pytest.raises(Refused, match=r"BOLT-M8-50: the price -0.01 is negative"):
        row_of(change(fields={"price": Decimal("-0.01")}), settings())


def test_a_missing_price_is_refused_because_the_product_could_not_be_bought(settings, change):
    with pytest.raises(Refused, match="BOLT-M8-50: the product has no price"):
        row_of(change(fields={"price": None}), settings())


@pytest.mark.parametrize(
    "price, sent",
    [
        ("0", "0.00"),
        ("-0", "0.00"),
        ("1E+2", "100.00"),
        ("1390", "1390.00"),
        ("13.9049", "13.90"),
        ("13.905", "13.91"),
        ("0.005", "0.01"),
        ("123456789.99", "123456789.99"),
    ],
)
def test_prices_have_a_dot_and_at_most_the_decimals_of_the_shop(settings, change, price, sent):
    row = row_of(change(fields={"price": Decimal(price)}), settings())
    assert row.fields["regular_price"] == sent


def test_a_rounded_price_is_said_to_be_rounded(settings, change):
    row = row_of(change(fields={"price": Decimal("13.9049")}), settings())
    assert row.notes == ("BOLT-M8-50: price 13.9049 was rounded to 13.90.",)


def test_a_shop_without_decimals_gets_none(settings, change):
    row = row_of(change(fields={"price": Decimal("13.50")}), settings(price_decimals=0))
    assert row.fields["regular_price"] == "14"


def test_an_absurdly_large_price_is_refused(settings, change):
    with pytest.raises(Refused, match="too large"):
        row_of(change(fields={"price": Decimal("1e40")}), settings())


@pytest.mark.parametrize(
    "quantity, sent, words",
    [
        (0, 0, ()),
        (Decimal("7"), 7, ()),
        (Decimal("1.9"), 1, ("rounded down",)),
        (Decimal("-3"), 0, ("sent as 0",)),
        (Decimal("-0.5"), 0, ("rounded down", "sent as 0")),
        (10**12, 2_147_483_647, ("the most the shop takes",)),
    ],
)
def test_stock_is_a_whole_number_of_at_least_0_because_batches_are_not_checked_by_the_shop(
    settings, change, quantity, sent, words
):
    row = row_of(change(fields={"quantity": quantity}), settings())
    assert row.fields["stock_quantity"] == sent
    assert type(row.fields["stock_quantity"]) is int
    assert len(row.notes) == len(words)
    for note, word in zip(row.notes, words, strict=True):
        assert word in note


def test_stock_that_is_missing_is_refused_because_the_shop_would_take_it_for_0(settings, change):
    with pytest.raises(Refused, match="BOLT-M8-50: there is no stock figure"):
        row_of(change(fields={"quantity": None}), settings())


def test_a_quantity_always_switches_stock_management_on_because_it_is_ignored_without(
    settings, change, recorded
):
    ignored = recorded("stock", "stock_unmanaged")
    assert ignored["request"]["body"]["stock_quantity"] == 12
    assert ignored["response"]["body"]["stock_quantity"] is None
    assert row_of(change(fields={"quantity": 12}), settings()).fields["manage_stock"] is True


def test_a_product_without_stock_management_sends_no_quantity(settings, change):
    row = row_of(change(fields={"quantity": 5, "inventory_management": False}), settings())
    assert row.fields == {"manage_stock": False}


def test_stock_stays_untouched_when_the_setting_says_so(settings, change):
    row = row_of(change(fields={**WHOLE}), settings(inventory_management="false"))
    assert "stock_quantity" not in row.fields
    assert "manage_stock" not in row.fields


def test_a_compare_at_price_becomes_the_regular_price_and_ours_the_sale_price(settings, change, recorded):
    row = row_of(change(fields={"price": Decimal("1.95"), "compare_at": Decimal("2.60")}), settings())
    assert row.fields == recorded("prices", "sale_price")["request"]["body"]


@pytest.mark.parametrize("compare_at", [None, Decimal("1.95"), Decimal("1.00")])
def test_a_compare_at_price_that_is_not_higher_never_becomes_a_sale_the_shop_drops_silently(
    settings, change, compare_at
):
    row = row_of(change(fields={"price": Decimal("1.95"), "compare_at": compare_at}), settings())
    assert row.fields == {"regular_price": "1.95", "sale_price": ""}


def test_a_sale_price_the_shop_dropped_without_a_word_is_noticed(recorded):
    answer = recorded("prices", "sale_higher_than_regular")["response"]["body"]
    assert differences({"sale_price": "9.95"}, answer) == [
        "sale price 9.95 was sent and the shop holds nothing"
    ]


def test_a_compare_at_that_changes_alone_is_combined_with_the_price_the_shop_holds(settings, change):
    alone = change(fields={"compare_at": Decimal("3.00")})
    assert needs_held_prices(alone)
    held = Prices(regular=Decimal("2.60"), sale=Decimal("1.95"))
    row = row_of(alone, settings(), held=held)
    assert row.fields == {"regular_price": "3.00", "sale_price": "1.95"}


@pytest.mark.parametrize(
    "step, sent",
    [
        ("update_price_text", {"regular_price": "12.50"}),
        ("update_price_comma", {"regular_price": "13.90"}),
        ("update_stock_null", {"stock_quantity": 5}),
        ("update_stock_negative", {"stock_quantity": 0}),
    ],
)
def test_an_answer_that_holds_another_price_or_stock_is_noticed(recorded, step, sent):
    answer = recorded("products", step)["response"]["body"]
    assert len(differences(sent, answer)) == 1


def test_a_fraction_that_a_batch_cut_off_silently_would_be_noticed(recorded):
    exchange = recorded("batches", "mixed")
    assert exchange["request"]["body"]["update"][2]["stock_quantity"] == 1.5
    row = exchange["response"]["body"]["update"][2]
    assert "error" not in row
    assert row["stock_quantity"] == 1
    assert differences({"stock_quantity": 2}, row) == ["stock 2 was sent and the shop holds 1"]


def test_an_answer_that_says_the_same_in_other_digits_is_no_difference(recorded):
    answer = recorded("products", "update_stock")["response"]["body"]
    assert differences({"regular_price": "13.9", "stock_quantity": answer["stock_quantity"]}, answer) == []


def test_escaped_names_are_read_as_people_wrote_them(settings):
    assert seen_of({"name": "Bolts &amp; nuts"}, settings())["title"] == "Bolts & nuts"


def test_a_recorded_product_is_read_under_our_names(settings, recorded):
    seen = seen_of(recorded("products", "get_one")["response"]["body"], settings())
    assert seen["title"] == "Hex bolt M8 x 50 zinc"
    assert seen["price"] == Decimal("13.90")
    assert seen["compare_at"] is None
    assert seen["grams"] == 30
    assert seen["barcode"] == "6001234567890"
    assert seen["inventory_management"] is True


def test_a_product_without_a_title_is_not_created_because_the_shop_would_call_it_product(settings, change):
    add = change(fields={**WHOLE, "title": "  "}, action=Action.ADD)
    with pytest.raises(Refused, match="BOLT-M8-50: the product has no title"):
        row_of(add, settings(), creating=True)


def test_a_barcode_with_letters_is_left_out_because_the_shop_would_cut_it(settings, change, recorded):
    assert recorded("products", "gtin_letters")["response"]["body"]["global_unique_id"] == "-123"
    row = row_of(change(fields={"barcode": "ABC-123"}), settings())
    assert "global_unique_id" not in row.fields
    assert "ABC-123 was left out" in row.notes[0]


def test_grams_become_the_weight_unit_of_the_shop(settings, change):
    assert row_of(change(fields={"grams": 30}), settings()).fields["weight"] == "0.03"
    assert row_of(change(fields={"grams": 30}), settings(weight_unit="g")).fields["weight"] == "30"


def test_the_status_for_new_products_does_not_touch_a_product_that_is_only_linked(settings, change):
    add = change(fields=WHOLE, action=Action.ADD)
    assert "status" not in row_of(add, settings()).fields
    assert row_of(add, settings(create_product_status="draft"), creating=True).fields["status"] == "draft"
    assert row_of(change(fields={"active": False}), settings()).fields == {"status": "draft"}
    assert row_of(change(fields={"active": True}), settings()).fields == {"status": "publish"}


def test_skus_are_compared_as_the_shop_does_without_case_and_outer_blanks_but_with_leading_zeros():
    assert sku_key(" Bolt-m8-50 ") == sku_key("BOLT-M8-50")
    assert sku_key("815") != sku_key("000815")
    assert sku_key("TUBE 700C") != sku_key("TUBE700C")


@pytest.mark.parametrize(
    "product, answer",
    [
        ({"type": "simple", "status": "publish"}, True),
        ({"type": "simple", "status": "draft"}, True),
        ({"type": "simple", "status": "trash"}, False),
        ({"type": "variation", "status": "publish"}, False),
        ({"type": "variable", "status": "publish"}, False),
        ({"type": "external", "status": "publish"}, False),
    ],
)
def test_only_simple_products_that_are_not_in_the_bin_can_be_linked(product, answer):
    assert is_simple(product) is answer
