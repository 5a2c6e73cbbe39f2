"""Price lists, warehouses and attributes mean the same however they are spelt, wherever somebody names one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from stockwire.domain.flags import channel_flags
from stockwire.domain.names import value_of
from stockwire.domain.plan import Planner
from stockwire.domain.records import Product, Variant
from stockwire.domain.rules import rule
from stockwire.domain.terms import ChannelTerms, SettingTerms, Takes, Terms

BOLT = Product(
    code="BOLT",
    active=True,
    title="Hex bolt",
    meta={"Colour": "grey"},
    variants=(
        Variant(
            "BOLT",
            "BOLT",
            {"retail": Decimal("12.50"), "sellingprice2": Decimal("15.00")},
            {"JHB": Decimal(7), "Cape Town": Decimal(3)},
        ),
    ),
)
EVERYTHING = Takes(frozenset({"title"}), meta=True, compare_at=True, locations=True)


def sent(**terms: Any) -> dict[str, Any]:
    plan = Planner(Terms(takes=EVERYTHING, **terms)).plan(BOLT, None)
    assert plan.problem is None, plan.problem
    return {one.name: one.after for one in plan.differences}


def of_channel(name: str, **terms: Any) -> Callable[[], Any]:
    return lambda: sent(channel=ChannelTerms(**terms))[name]


def of_settings(name: str, **settings: Any) -> Callable[[], Any]:
    return lambda: sent(settings=SettingTerms(**settings))[name]


PLACES: list[tuple[str, Callable[[], Any], Any]] = [
    ("the channel's price list", of_channel("price", price_tier="SELLINGPRICE2"), Decimal("15.00")),
    ("the retail list by its name", of_channel("price", price_tier="Retail"), Decimal("12.50")),
    (
        "the compare-at price list",
        of_channel("compare_at", compare_at_tier="SellingPrice2"),
        Decimal("15.00"),
    ),
    ("one warehouse", of_channel("quantity", warehouses=("jhb",)), 7),
    ("several warehouses", of_channel("quantity", warehouses=("jhb", "CAPE TOWN")), 10),
    (
        "the compare-at template",
        of_settings("compare_at", compare_at="{{price_tiers.SELLINGPRICE2.price}}"),
        Decimal("15.00"),
    ),
    (
        "the location map",
        of_settings("quantity@1", location_map={"1": "{{qty_availability.jhb}}"}),
        7,
    ),
    (
        "the field map, by parts",
        of_settings("map.p", product_map='{"p": {{variant.price_tiers.SELLINGPRICE2}}}'),
        '"15.00"',
    ),
    (
        "the field map, by single names",
        of_settings("map.p", product_map='{"p": {{variant.qty_availability_jhb}}}'),
        "7",
    ),
    ("an attribute in the field map", of_settings("map.p", product_map='{"p": "{{meta.colour}}"}'), '"grey"'),
    (
        "an attribute of the product in the field map",
        of_settings("map.p", product_map='{"p": "{{product.meta.COLOUR}}"}'),
        '"grey"',
    ),
]


@pytest.mark.parametrize(
    ("read", "expected"), [case[1:] for case in PLACES], ids=[case[0] for case in PLACES]
)
def test_a_name_is_found_however_it_is_spelt(read: Callable[[], Any], expected: Any) -> None:
    assert read() == expected


@pytest.mark.parametrize("field", ["price.SellingPrice2", "qty.jhb", "meta.COLOUR"])
def test_a_rule_finds_it_however_it_is_spelt(field: str) -> None:
    planner = Planner(Terms(takes=EVERYTHING, rules=(rule(field, "not empty"),)))
    assert planner.leaves(BOLT) == ""


@pytest.mark.parametrize(
    ("flag", "channel", "held_back"),
    [
        ("price.SELLINGPRICE2", ChannelTerms(price_tier="SellingPrice2"), "price"),
        ("qty.jhb", ChannelTerms(warehouses=("JHB",)), "quantity"),
        ("meta.COLOUR", ChannelTerms(), "meta.Colour"),
    ],
)
def test_a_flag_holds_it_back_however_it_is_spelt(flag: str, channel: ChannelTerms, held_back: str) -> None:
    terms = Terms(takes=EVERYTHING, channel=channel)
    assert held_back in {one.name for one in Planner(terms).plan(BOLT, None).differences}
    flagged = replace(terms, flags=channel_flags("the shop", {flag: "channel"}))
    assert held_back not in {one.name for one in Planner(flagged).plan(BOLT, None).differences}


def test_the_very_same_spelling_comes_before_another_one() -> None:
    both = {"jhb": 1, "JHB": 2}
    assert (value_of(both, "JHB"), value_of(both, "jhb"), value_of(both, "Jhb")) == (2, 1, 1)


def test_a_name_that_nothing_has_is_no_value() -> None:
    assert value_of({"retail": 1}, "trade") is None
    [problem] = [Planner(Terms(channel=ChannelTerms(price_tier="trade"))).plan(BOLT, None).problem]
    assert problem is not None
    assert problem.message == "BOLT has no price in the price list 'trade'."
