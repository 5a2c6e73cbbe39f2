"""Wanted against known: what is sent, what is not, and why."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import pytest
from tests.domain.planning import BOLT, EVERYTHING, MAP, TERMS, after_a_push, plan, pushed, sent, with_variant

from stockwire.domain.flags import channel_flags
from stockwire.domain.plan import Planner
from stockwire.domain.pricing import price_for
from stockwire.domain.records import Image
from stockwire.domain.rules import rule
from stockwire.domain.terms import ChannelTerms, SettingTerms, Takes, TaxRule, Terms


def test_a_product_new_to_the_channel_is_added_with_everything_it_has() -> None:
    made = plan(BOLT)
    assert made.action == "add"
    assert sent(BOLT) == {
        "title": "Hex bolt M8",
        "price": Decimal("12.50"),
        "inventory_management": True,
        "quantity": 240,
    }


def test_only_the_field_that_differs_is_sent() -> None:
    known = after_a_push(BOLT)
    dearer = with_variant(BOLT, price_tiers={"retail": Decimal("13.90")})
    made = plan(dearer, known)
    assert made.action == "update"
    [difference] = made.differences
    assert (difference.group, difference.before, difference.after) == (
        "price",
        Decimal("12.50"),
        Decimal("13.90"),
    )
    assert difference.reason == "price list retail"


def test_a_field_the_source_does_not_supply_is_left_alone() -> None:
    known = after_a_push(with_variant(BOLT, barcode="6001234567890"))
    assert sent(with_variant(BOLT, barcode=None), known) == {}


def test_no_quantity_goes_out_for_a_product_whose_stock_is_not_managed() -> None:
    service = with_variant(BOLT, inventory_management=False)
    assert sent(service) == {
        "title": "Hex bolt M8",
        "price": Decimal("12.50"),
        "inventory_management": False,
    }
    assert sent(with_variant(service, quantities={"": Decimal(3)}), after_a_push(service)) == {}


def test_a_product_whose_stock_is_managed_again_gets_its_quantity_even_when_it_is_the_old_one() -> None:
    known = after_a_push(BOLT)
    unmanaged = plan(with_variant(BOLT, inventory_management=False), known)
    assert {difference.name: difference.after for difference in unmanaged.differences} == {
        "inventory_management": False
    }
    known = pushed(BOLT, unmanaged, known)
    assert sent(BOLT, known) == {"inventory_management": True, "quantity": 240}


def test_a_deleted_product_is_removed_where_it_is_linked_and_forgotten_where_it_is_not() -> None:
    gone = BOLT._replace(active=False)
    assert plan(gone, after_a_push(BOLT)).action == "remove"
    assert plan(gone).action == ""


def test_a_product_without_a_price_is_not_created_and_says_what_to_do() -> None:
    made = plan(with_variant(BOLT, price_tiers={}))
    assert made.action == ""
    assert made.problem is not None
    assert "BOLT-M8 has no price in the price list 'retail'" in made.problem.message
    assert "selling price in Omni" in made.problem.hint


def test_a_linked_product_that_loses_its_price_still_gets_its_stock() -> None:
    known = after_a_push(BOLT)
    made = plan(with_variant(BOLT, price_tiers={}, quantities={"": Decimal(3)}), known)
    assert made.action == "update"
    assert [difference.name for difference in made.differences] == ["quantity"]
    assert made.problem is not None


@pytest.mark.parametrize("amount", ["0", "0.0040", "-5"])
def test_a_price_of_nothing_never_goes_out(amount: str) -> None:
    priced = price_for("BOLT-M8", {"retail": Decimal(amount)}, "")
    assert priced.price is None
    assert "not sent" in priced.reason


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("12.5000", "12.50"), ("12.345", "12.35"), ("12.344", "12.34"), ("0.005", "0.01")],
)
def test_prices_are_rounded_half_up_to_the_cent(amount: str, expected: str) -> None:
    assert price_for("X", {"retail": Decimal(amount)}, "").price == Decimal(expected)


def test_the_channels_own_price_list_wins_over_the_retail_one() -> None:
    tiers = {"retail": Decimal(10), "trade": Decimal(8)}
    assert price_for("X", tiers, "trade").price == Decimal(8)
    assert price_for("X", tiers, "").price == Decimal(10)


def test_a_price_of_which_nothing_is_left_without_vat_is_no_price() -> None:
    """R0.0051 is a cent, and without VAT none."""
    product = with_variant(BOLT, price_tiers={"retail": Decimal("0.0051")})
    made = plan(product, None, Terms(channel=ChannelTerms(tax=TaxRule.REMOVE)))
    assert made.action == ""
    assert made.problem is not None
    assert made.problem.message.startswith("BOLT-M8 would cost R0.00 (price list retail, without 15% VAT)")


def test_a_warehouse_that_is_the_channels_is_left_out_of_the_sum_of_all() -> None:
    product = with_variant(BOLT, quantities={"JHB": Decimal(7), "CPT": Decimal(3)})
    flags = channel_flags("the shop", {"qty.jhb": "channel"})
    assert sent(product, None, replace(TERMS, flags=flags))["quantity"] == 3
    only = with_variant(BOLT, quantities={"JHB": Decimal(7)})
    assert "quantity" not in sent(only, None, replace(TERMS, flags=flags))
    maps = replace(TERMS, takes=EVERYTHING, flags=flags, settings=SettingTerms(location_map={"1": "{{qty}}"}))
    assert sent(product, None, maps)["quantity@1"] == 3


def test_a_field_map_decides_what_goes_out_and_nothing_else_does() -> None:
    settings = SettingTerms(
        product_map=MAP, map_prices=frozenset({"regular_price"}), map_stock=frozenset({"stock"})
    )
    made = plan(BOLT, None, Terms(settings=settings))
    assert {(one.group, one.name, one.after) for one in made.differences} == {
        ("content", "map.title", '"Hex bolt M8"'),
        ("content", "map.colour", '""'),
        ("price", "map.regular_price", '"12.5000"'),
        ("stock", "map.stock", "240"),
    }


def test_a_broken_field_map_stops_the_product_and_names_it() -> None:
    settings = SettingTerms(product_map='{"title": {{product.title}}}')
    made = plan(BOLT, None, Terms(settings=settings))
    assert made.action == ""
    assert made.problem is not None
    assert "BOLT-M8" in made.problem.message
    assert "product.title" in made.problem.message


def test_a_product_that_meets_no_rule_is_not_offered_and_one_that_stops_meeting_it_is_taken_away() -> None:
    fasteners = Terms(rules=(rule("collection", "equal", "Fasteners"),))
    bolt = BOLT._replace(collection="Fasteners")
    assert plan(bolt, None, fasteners).action == "add"
    assert plan(BOLT, None, fasteners).reason == (
        "not on the channel: rule: collection equal Fasteners; it is empty"
    )
    left = plan(BOLT, after_a_push(bolt, fasteners), fasteners)
    assert (left.action, left.reason) == ("remove", "rule: collection equal Fasteners; it is empty")


def test_what_leaves_stays_where_the_delete_setting_is_off_and_says_so() -> None:
    keeps = Terms(settings=SettingTerms(delete_enabled=False))
    made = plan(BOLT._replace(active=False), after_a_push(BOLT), keeps)
    assert made.action == ""
    assert "delete setting is off" in made.reason


@pytest.mark.parametrize(("tax", "shown"), [("as_is", "100.00"), ("add", "115.00"), ("remove", "86.96")])
def test_a_price_list_is_shown_with_or_without_vat_as_the_channel_says(tax: str, shown: str) -> None:
    bolt = with_variant(BOLT, price_tiers={"retail": Decimal(100)})
    assert sent(bolt, None, Terms(ChannelTerms(tax=TaxRule(tax))))["price"] == Decimal(shown)


def test_a_compare_at_price_is_shown_while_it_is_higher_and_cleared_once_it_is_not() -> None:
    terms = Terms(ChannelTerms(compare_at_tier="was"), takes=EVERYTHING)
    bolt = with_variant(BOLT, price_tiers={"retail": Decimal(80), "was": Decimal(100)})
    assert sent(bolt, None, terms)["compare_at"] == Decimal(100)
    dearer = with_variant(BOLT, price_tiers={"retail": Decimal(100), "was": Decimal(100)})
    assert sent(dearer, after_a_push(bolt, terms), terms) == {"price": Decimal(100), "compare_at": None}
    assert "compare_at" not in sent(dearer, None, terms)


def test_quantities_of_several_warehouses_are_added_up_or_one_is_chosen() -> None:
    bolt = with_variant(
        BOLT, quantities={"JHB": Decimal(5), "CPT": Decimal(7), "DBN": Decimal(9)}, held=Decimal(2)
    )
    assert sent(bolt)["quantity"] == 19
    assert sent(bolt, None, Terms(ChannelTerms(warehouses=("CPT",))))["quantity"] == 5
    assert sent(bolt, None, Terms(ChannelTerms(warehouses=("CPT", "JHB"))))["quantity"] == 10


def test_an_item_without_a_stock_record_in_the_warehouse_is_sold_out_there_and_says_why() -> None:
    bolt = with_variant(BOLT, quantities={"JHB": Decimal(5)})
    [quantity] = [
        one
        for one in plan(bolt, None, Terms(ChannelTerms(warehouses=("CPT",)))).differences
        if one.name == "quantity"
    ]
    assert (quantity.after, quantity.reason) == (0, "0 available (no stock record in CPT)")


def test_each_location_shows_its_own_warehouse_and_what_is_held_is_taken_off_once() -> None:
    settings = SettingTerms(
        location_map={"11": "{{qty_availability.JHB}}", "22": "{{qty_availability.CPT}}"}, qty_limit_upper=50
    )
    bolt = with_variant(BOLT, quantities={"JHB": Decimal(3), "CPT": Decimal(80)}, held=Decimal(5))
    found = sent(bolt, None, Terms(settings=settings, takes=EVERYTHING))
    assert {name: value for name, value in found.items() if name.startswith("quantity")} == {
        "quantity@11": 0,
        "quantity@22": 50,
    }


def test_a_channel_is_never_sent_a_field_that_it_cannot_show() -> None:
    bolt = BOLT._replace(vendor="Karoo", meta={"colour": "grey"})
    assert not {"vendor", "meta.colour"} & sent(bolt).keys()
    assert {"vendor", "meta.colour"} < sent(bolt, None, Terms(takes=EVERYTHING)).keys()


PICTURED = BOLT._replace(images=(Image("https://images.example/a.png", "aa"),))
BARE = BOLT._replace(images=())
PICTURES = Terms(takes=EVERYTHING)
KEPT_FROM_US = {
    "the flag is the channel's": Terms(
        takes=EVERYTHING, flags=channel_flags("the shop", {"images": "channel"})
    ),
    "a setting keeps them back": Terms(
        takes=EVERYTHING, settings=SettingTerms(withheld={"images": "block_image_enabled is on."})
    ),
    "the channel takes none": Terms(takes=Takes()),
}


def test_the_last_image_goes_from_the_channel_when_it_goes_from_the_product() -> None:
    known = after_a_push(PICTURED, PICTURES)
    made = plan(BARE, known, PICTURES)
    assert [(one.name, one.before, one.after, one.reason) for one in made.differences] == [
        ("images", ("aa",), (), "it has no images any more")
    ]
    after = pushed(BARE, made, known)
    assert plan(BARE, after, PICTURES).action == ""
    assert sent(PICTURED, after, PICTURES) == {"images": ("aa",)}


def test_images_of_a_product_that_never_had_any_here_are_never_touched() -> None:
    assert "images" not in sent(BARE, None, PICTURES)
    assert plan(BARE, after_a_push(BARE, PICTURES), PICTURES).action == ""


def test_images_that_are_only_awaited_take_none_away() -> None:
    known = after_a_push(PICTURED, PICTURES)
    assert plan(BARE._replace(images_awaited=True), known, PICTURES).action == ""


@pytest.mark.parametrize("given_terms", KEPT_FROM_US.values(), ids=KEPT_FROM_US)
def test_images_are_left_to_the_channel_where_they_are_not_ours_to_send(given_terms: Terms) -> None:
    assert plan(BARE, after_a_push(PICTURED, PICTURES), given_terms).action == ""


@pytest.mark.parametrize(
    ("meta", "given_terms", "cleared"),
    [
        ({}, PICTURES, {"meta.colour": None, "meta.Length": None}),
        ({"colour": "grey"}, PICTURES, {"meta.Length": None}),
        ({"colour": "grey", "length": "20 mm"}, PICTURES, {"meta.length": "20 mm"}),
        ({"colour": "", "Length": "20 mm"}, PICTURES, {"meta.colour": ""}),
        ({}, Terms(takes=EVERYTHING, flags=channel_flags("the shop", {"meta.*": "channel"})), {}),
        (
            {},
            Terms(takes=EVERYTHING, flags=channel_flags("the shop", {"meta.colour": "channel"})),
            {"meta.Length": None},
        ),
        ({}, Terms(takes=Takes()), {}),
    ],
)
def test_an_attribute_that_the_product_has_lost_goes_from_the_channel(
    meta: dict[str, str], given_terms: Terms, cleared: dict[str, str | None]
) -> None:
    known = after_a_push(BOLT._replace(meta={"colour": "grey", "Length": "20 mm"}), PICTURES)
    made = plan(BOLT._replace(meta=meta), known, given_terms)
    assert {one.name: one.after for one in made.differences} == cleared
    after = pushed(BOLT._replace(meta=meta), made, known)
    assert plan(BOLT._replace(meta=meta), after, given_terms).action == ""


def test_attributes_that_were_never_sent_are_never_touched() -> None:
    assert plan(BOLT, after_a_push(BOLT, PICTURES), PICTURES).action == ""
    assert sent(BOLT, None, PICTURES).keys().isdisjoint({"meta.colour"})


def test_a_compare_at_price_is_taken_off_when_the_channel_has_no_list_for_it_any_more() -> None:
    product = with_variant(BOLT, price_tiers={"retail": Decimal(10), "was": Decimal(12)})
    terms = Terms(takes=EVERYTHING, channel=ChannelTerms(compare_at_tier="was"))
    known = after_a_push(product, terms)
    without = Terms(takes=EVERYTHING)
    made = plan(product, known, without)
    assert [(one.name, one.before, one.after) for one in made.differences] == [
        ("compare_at", Decimal("12.00"), None)
    ]
    assert plan(product, pushed(product, made, known), without).action == ""
    assert sent(product, None, without).keys() & {"compare_at"} == set()
    kept = Terms(
        takes=EVERYTHING,
        channel=ChannelTerms(compare_at_tier="was"),
        flags=channel_flags("the shop", {"price.was": "channel"}),
    )
    assert plan(product, known, kept).action == ""


@pytest.mark.parametrize(
    ("decimals", "price", "wanted"),
    [
        (2, "115.505", "115.51"),
        (3, "115.505", "115.51"),
        (1, "115.55", "115.6"),
        (0, "115.50", "116"),
        (0, "115.49", "115"),
    ],
)
def test_a_price_is_planned_as_exactly_as_the_channel_keeps_it(
    decimals: int, price: str, wanted: str
) -> None:
    settings = replace(TERMS.settings, price_decimals=decimals)
    terms = replace(TERMS, settings=settings, channel=replace(TERMS.channel, compare_at_tier="rrp"))
    terms = replace(terms, takes=EVERYTHING)
    bolt = with_variant(BOLT, price_tiers={"retail": Decimal(price), "rrp": Decimal("200.555")})
    found = sent(bolt, None, terms)
    assert str(found["price"]) == wanted
    places = Decimal(1).scaleb(-min(decimals, 2))
    assert found["compare_at"] == Decimal("200.56").quantize(places, ROUND_HALF_UP)


def test_a_text_that_the_channel_would_not_take_is_not_planned_and_the_reason_is_said() -> None:
    settings = replace(
        TERMS.settings, unsendable={"barcode": lambda text: "" if text.isdigit() else "digits only"}
    )
    terms = replace(TERMS, settings=settings, takes=EVERYTHING)
    for barcode, is_sent in (("6001", True), ("AB-1", False), (None, False)):
        bolt = with_variant(BOLT, barcode=barcode)
        assert ("barcode" in sent(bolt, None, terms)) is is_sent
        reasons = Planner(terms).offer.unsent(bolt.variants[0])
        assert reasons == ({"barcode": "digits only"} if barcode == "AB-1" else {})
