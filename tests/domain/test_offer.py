"""What a channel is offered, field by field: each flag and each setting keeps exactly its own field back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.domain.planning import EVERYTHING, after_a_push, plan

from stockwire.domain.flags import PLAIN, channel_flags
from stockwire.domain.offer import Offer
from stockwire.domain.plan import Known
from stockwire.domain.records import Image, Product, Variant
from stockwire.domain.terms import ChannelTerms, SettingTerms, Takes, Terms


def variant(code: str, values: tuple[str, ...] = (), mark: str = "") -> Variant:
    return Variant(
        code,
        code,
        {"retail": Decimal(10 + len(mark)), "was": Decimal(20 + len(mark)), "vip": Decimal(5)},
        {"JHB": Decimal(7 + len(mark)), "CPT": Decimal(3)},
        barcode=f"600{mark}",
        grams=100 + len(mark),
        # What was not managed before is from now on, so both of its fields differ.
        inventory_management=not mark,
        option_values=values,
    )


def product(mark: str = "", *, sized: bool = False) -> Product:
    """Every field is there; with a mark every one is another."""
    variants = (
        (variant("S", (f"Small{mark}",), mark), variant("M", (f"Medium{mark}",), mark))
        if sized
        else (variant("SHIRT", (), mark),)
    )
    return Product(
        "SHIRT", True, f"Shirt{mark}", variants, f"<p>Soft{mark}</p>", f"Clothing{mark}", f"Shirts{mark}",
        f"Karoo{mark}", f"summer{mark}", {"colour": f"red{mark}", "size": f"9{mark}"},
        (f"Size{mark}",) if sized else (), (Image(f"https://x.example/{mark}.png", f"hash{mark}"),),
    )  # fmt: skip


TERMS = Terms(ChannelTerms(compare_at_tier="was"), takes=EVERYTHING)
# What each flag keeps back. qty.JHB is no field of the channel: it only makes the sum another one.
KEPT_BACK: dict[str, set[str]] = {
    **{name: {name} for name in ("title", "body_html", "collection", "product_type", "vendor", "tags")},
    **{name: {name} for name in ("images", "barcode", "grams", "inventory_management")},
    "options": {"option_names", "option_values"},
    "price": {"price", "compare_at"},
    "price.*": {"price", "compare_at"},
    "price.retail": {"price", "compare_at"},
    "price.WAS": {"compare_at"},
    "price.vip": set(),
    "qty": {"quantity"},
    "qty.*": {"quantity"},
    "qty.DBN": set(),
    "meta.*": {"meta.colour", "meta.size"},
    "meta.Colour": {"meta.colour"},
    "meta.none": set(),
}


def names_sent(item: Product, known: Known | None, terms: Terms) -> dict[tuple[str, str], Any]:
    """By variant code ("" for the product as a whole) and name."""
    made = plan(item, known, terms)
    assert made.problem is None, made.problem
    found = {("", one.name): one.after for one in made.differences}
    for below in made.variants:
        found |= {(below.variant.code, one.name): one.after for one in below.differences}
    return found


def test_no_field_is_without_its_case() -> None:
    assert {name.partition(".")[0] for name in KEPT_BACK} == {*PLAIN, "meta"} - {"sku"}


@pytest.mark.parametrize("sized", [False, True], ids=["simple", "with variants"])
@pytest.mark.parametrize("known", [False, True], ids=["added", "updated"])
@pytest.mark.parametrize("flag", KEPT_BACK)
def test_a_flag_keeps_exactly_its_field_back(flag: str, known: bool, sized: bool) -> None:
    flagged = replace(TERMS, flags=channel_flags("the shop", {flag: "channel"}))
    before = after_a_push(product("x", sized=sized), TERMS) if known else None
    whole = names_sent(product(sized=sized), before, TERMS)
    assert {name for _, name in whole} >= KEPT_BACK[flag] - (
        {"option_names", "option_values"} if not sized else set()
    )
    if known:
        assert ("", "title") in whole
    left = {place: value for place, value in whole.items() if place[1] not in KEPT_BACK[flag]}
    assert names_sent(product(sized=sized), before, flagged) == left


@pytest.mark.parametrize("sized", [False, True], ids=["simple", "with variants"])
def test_with_every_flag_given_to_the_channel_nothing_is_sent(sized: bool) -> None:
    flags = dict.fromkeys((*PLAIN, "meta.*"), "channel")
    del flags["sku"]
    terms = replace(TERMS, flags=channel_flags("the shop", flags))
    assert names_sent(product(sized=sized), None, terms) == {}
    assert plan(product(sized=sized), after_a_push(product("x", sized=sized), TERMS), terms).action == ""


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("images", {"images"}),
        ("collection", {"collection"}),
        ("meta.*", {"meta.colour", "meta.size"}),
        ("quantity", {"quantity"}),
        ("inventory_management", {"inventory_management"}),
    ],
)
def test_a_setting_keeps_exactly_its_field_back_and_says_why(name: str, kept: set[str]) -> None:
    terms = replace(TERMS, settings=SettingTerms(withheld={name: "a switch is off."}))
    whole = names_sent(product(), None, TERMS)
    left = {place: value for place, value in whole.items() if place[1] not in kept}
    assert names_sent(product(), None, terms) == left
    assert Offer(terms).withheld == {name: "a switch is off."}


@pytest.mark.parametrize(
    ("takes", "never"),
    [
        (replace(EVERYTHING, meta=False), {"meta.colour", "meta.size"}),
        (replace(EVERYTHING, images=False), {"images"}),
        (replace(EVERYTHING, compare_at=False), {"compare_at"}),
        (replace(EVERYTHING, fields=EVERYTHING.fields - {"vendor", "grams"}), {"vendor", "grams"}),
        (Takes(), {"meta.colour", "meta.size", "images", "compare_at", "collection", "product_type", "vendor", "tags"}),
    ],
)  # fmt: skip
def test_a_channel_is_sent_nothing_that_it_cannot_show(takes: Takes, never: set[str]) -> None:
    whole = names_sent(product(), None, TERMS)
    left = {place: value for place, value in whole.items() if place[1] not in never}
    assert names_sent(product(), None, replace(TERMS, takes=takes)) == left


@pytest.mark.parametrize(
    ("flags", "sent"),
    [
        ({"meta.*": "channel", "meta.size": "system"}, {"meta.size"}),
        ({"meta.*": "system", "meta.size": "channel"}, {"meta.colour"}),
        ({"price": "channel", "price.retail": "system"}, {"price"}),
        ({"price": "channel", "price.retail": "system", "price.was": "system"}, {"price", "compare_at"}),
        ({"price.*": "channel", "price.was": "system"}, set()),
    ],
)
def test_the_flag_of_one_part_goes_before_that_of_all(flags: dict[str, str], sent: set[str]) -> None:
    head = next(iter(flags)).partition(".")[0]
    found = names_sent(product(), None, replace(TERMS, flags=channel_flags("the shop", flags)))
    of_head = {"price", "compare_at"} if head == "price" else {"meta.colour", "meta.size"}
    assert {name for _, name in found} & of_head == sent


def test_stock_that_is_not_managed_is_not_sent_and_one_that_is_the_lower_cap_holds() -> None:
    caps = replace(TERMS, channel=ChannelTerms(qty_limit_upper=4), settings=SettingTerms(qty_limit_upper=6))
    assert names_sent(product(), None, caps)["", "quantity"] == 4
    caps = replace(TERMS, channel=ChannelTerms(qty_limit_upper=8), settings=SettingTerms(qty_limit_upper=6))
    assert names_sent(product(), None, caps)["", "quantity"] == 6
    unmanaged = product()._replace(variants=(product().variants[0]._replace(inventory_management=False),))
    found = names_sent(unmanaged, None, TERMS)
    assert found["", "inventory_management"] is False
    assert ("", "quantity") not in found


def test_a_contract_price_that_is_kept_on_a_product_is_never_sent_as_an_attribute() -> None:
    contract = " Order_1|entity_customer|key_source_customer_code|value_ACME|type_fixed"
    item = product()._replace(meta={"order_by": "Friday", "a|b": "c", contract: "64.50"})
    found = names_sent(item, None, TERMS)
    assert {name for _, name in found if name.startswith("meta.")} == {"meta.order_by", "meta.a|b"}
    offer = Offer(TERMS)
    offer.product(item)
    assert offer.withheld == {f"meta.{contract}": "what a customer pays by contract is no shop's business"}
