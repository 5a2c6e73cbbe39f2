"""Sellable stock: what is available, less what is held and kept back, within floor and cap, by warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.planning import BOLT, EVERYTHING, after_a_push, plan, pushed, sent, with_variant

from stockwire.domain.flags import channel_flags
from stockwire.domain.records import Product
from stockwire.domain.stock import available_in, sellable, spread
from stockwire.domain.terms import ChannelTerms, SettingTerms, Terms

SELLABLE: dict[str, tuple[str, str, int, int, int | None, int, str]] = {
    "plain": ("10.0000", "0", 0, 0, None, 10, "10 available"),
    "nothing": ("0", "0", 0, 0, None, 0, "0 available"),
    "held orders": ("10", "3", 0, 0, None, 7, "10 available - 3 on orders not yet reserved"),
    "a buffer": ("10", "0", 2, 0, None, 8, "10 available - 2 kept back"),
    "all of it held": ("3", "3", 0, 0, None, 0, "3 available - 3 on orders not yet reserved"),
    "more held than there is": (
        "2", "3", 0, 0, None, 0, "2 available - 3 on orders not yet reserved is below zero, so 0",
    ),
    "a buffer larger than the stock": ("2", "0", 5, 0, None, 0, "2 available - 5 kept back is below zero, so 0"),
    "negative stock": ("-4", "0", 0, 0, None, 0, "-4 available is below zero, so 0"),
    "part units are not sold": ("2.9", "0", 0, 0, None, 2, "2.9 available"),
    "part units held": ("3", "0.5", 0, 0, None, 2, "3 available - 0.5 on orders not yet reserved"),
    "less than one unit": ("0.9", "0", 0, 0, None, 0, "0.9 available"),
    "a little below zero": ("0", "0.5", 0, 0, None, 0, "0 available - 0.5 on orders not yet reserved is below zero, so 0"),
    "at the floor": ("3", "0", 0, 3, None, 3, "3 available"),
    "below the floor": ("2", "0", 0, 3, None, 0, "2 available is fewer than 3, so 0"),
    "below the floor by a part": ("2.9", "0", 0, 3, None, 0, "2.9 available is fewer than 3, so 0"),
    "below the floor after the buffer": ("4", "0", 2, 3, None, 0, "4 available - 2 kept back is fewer than 3, so 0"),
    "none is not fewer than the floor": ("0", "0", 0, 3, None, 0, "0 available"),
    "at the cap": ("50", "0", 0, 0, 50, 50, "50 available"),
    "above the cap": ("51", "0", 0, 0, 50, 50, "51 available, capped at 50"),
    "a cap of none": ("51", "0", 0, 0, 0, 0, "51 available, capped at 0"),
    "a cap below the floor": ("10", "0", 0, 5, 3, 3, "10 available, capped at 3"),
    "everything at once": ("100", "30", 10, 5, 20, 20, "100 available - 30 on orders not yet reserved - 10 kept back, capped at 20"),
    "a very large figure": ("99999999999", "0", 0, 0, None, 99999999999, "99999999999 available"),
}  # fmt: skip


@pytest.mark.parametrize("case", SELLABLE.values(), ids=SELLABLE)
def test_sellable_stock_and_its_arithmetic(case: tuple[str, str, int, int, int | None, int, str]) -> None:
    available, held, buffer, floor, cap, quantity, reason = case
    found = sellable(Decimal(available), Decimal(held), buffer, cap, floor=floor)
    assert (found.quantity, found.reason) == (quantity, reason)


def test_nothing_is_kept_back_or_capped_unless_somebody_says_so() -> None:
    assert sellable(Decimal(1), Decimal(0)) == (1, "1 available")


amounts = st.decimals(min_value=-100, max_value=1000, places=2)
few = st.integers(0, 50)


@given(amounts, st.decimals(min_value=0, max_value=100, places=2), few, few, st.none() | few)
def test_never_negative_never_above_the_cap_never_more_than_is_left_and_never_a_few_below_the_floor(
    available: Decimal, held: Decimal, buffer: int, floor: int, cap: int | None
) -> None:
    found = sellable(available, held, buffer, cap, floor=floor).quantity
    left = available - held - buffer
    assert 0 <= found <= max(left, Decimal(0))
    assert cap is None or found <= cap
    assert found == 0 or left >= floor
    if left >= max(floor, 1) and cap is None:
        assert left - found < 1


@given(amounts, amounts, st.decimals(min_value=0, max_value=100, places=2), few, few, st.none() | few)
def test_more_stock_never_shows_less(
    one: Decimal, other: Decimal, held: Decimal, buffer: int, floor: int, cap: int | None
) -> None:
    less, more = sorted([one, other])
    assert (
        sellable(less, held, buffer, cap, floor=floor).quantity
        <= sellable(more, held, buffer, cap, floor=floor).quantity
    )


STORES = {"JHB": Decimal(7), "Cape Town": Decimal(3), "": Decimal(100)}
AVAILABLE: dict[str, tuple[Mapping[str, Decimal], tuple[str, ...], int, str]] = {
    "all of them where none is named": (STORES, (), 110, ""),
    "one": (STORES, ("JHB",), 7, " in JHB"),
    "several are added up": (STORES, ("JHB", "Cape Town"), 10, " in JHB + Cape Town"),
    "in any spelling": (STORES, (" jhb ", "CAPE TOWN"), 10, " in  jhb  + CAPE TOWN"),
    "one that is named twice counts once": (STORES, ("JHB", "JHB"), 7, " in JHB"),
    "one that is named in two spellings counts once": (STORES, ("JHB", "jhb"), 7, " in JHB"),
    "two that differ in spelling alone are two where both are spelt exactly": (
        {"JHB": Decimal(7), "jhb": Decimal(2)}, ("JHB", "jhb"), 9, " in JHB + jhb",
    ),
    "one without a stock record has none": (STORES, ("DBN",), 0, " (no stock record in DBN)"),
    "several without a stock record": (STORES, ("DBN", "PE"), 0, " (no stock record in DBN, PE)"),
    "one with and one without": (STORES, ("DBN", "JHB"), 7, " in JHB"),
    "an item without any stock record": ({}, (), 0, ""),
    "an item without any stock record in a warehouse": ({}, ("JHB",), 0, " (no stock record in JHB)"),
    "the figure of the whole source is no warehouse": ({"": Decimal(100)}, ("JHB",), 0, " (no stock record in JHB)"),
    "a name with a dot and other signs": ({"St. George's (1)": Decimal(4)}, ("st. george's (1)",), 4, " in st. george's (1)"),
}  # fmt: skip


@pytest.mark.parametrize("case", AVAILABLE.values(), ids=AVAILABLE)
def test_what_is_available_in_which_warehouses(
    case: tuple[Mapping[str, Decimal], tuple[str, ...], int, str],
) -> None:
    quantities, warehouses, amount, where = case
    assert available_in(quantities, warehouses) == (Decimal(amount), where)


@pytest.mark.parametrize(
    ("held", "amounts", "left"),
    [
        (0, [3, 4], [3, 4]),
        (2, [3, 4], [1, 4]),
        (3, [3, 4], [0, 4]),
        (5, [3, 4], [0, 2]),
        (9, [3, 4], [0, -2]),
        (2, [0, 4], [0, 2]),
        (2, [-1, 4], [-1, 2]),
        (2, [4], [2]),
        (2, [], []),
    ],
)
def test_what_is_held_is_taken_off_the_first_places_first(
    held: int, amounts: list[int], left: list[int]
) -> None:
    assert spread(Decimal(held), [Decimal(one) for one in amounts]) == left


@given(st.decimals(min_value=0, max_value=100, places=1), st.lists(amounts, min_size=1, max_size=5))
def test_what_is_held_is_taken_off_once_in_all(held: Decimal, places: list[Decimal]) -> None:
    left = spread(held, places)
    assert sum(left) == sum(places) - held
    assert all(after <= before for before, after in zip(places, left, strict=True))
    assert all(after >= min(before, 0) for before, after in zip(places[:-1], left[:-1], strict=True))


ITEM = with_variant(
    BOLT, quantities={"JHB": Decimal(3), "CPT": Decimal(80), "St. George": Decimal(6)}, held=Decimal(5)
)
ONE_EACH = {"11": "{{qty_availability.JHB}}", "22": "{{qty_availability.CPT}}"}
LOCATIONS: dict[str, tuple[dict[str, str], ChannelTerms, dict[str, str], dict[str, int]]] = {
    "what is held comes off in the order of the map": (ONE_EACH, ChannelTerms(), {}, {"11": 0, "22": 78}),
    "in the other order": (dict(reversed(ONE_EACH.items())), ChannelTerms(), {}, {"22": 75, "11": 3}),
    "buffer at each": (ONE_EACH, ChannelTerms(stock_buffer=2), {}, {"11": 0, "22": 76}),
    "floor at each": ({"11": "{{qty_availability.St. George}}", "22": "4"}, ChannelTerms(stock_floor=5), {}, {"11": 0, "22": 0}),
    "cap at each": (ONE_EACH, ChannelTerms(qty_limit_upper=50), {}, {"11": 0, "22": 50}),
    "the sum of all": ({"1": "{{qty}}"}, ChannelTerms(), {}, {"1": 84}),
    "two warehouses at one location": (
        {"1": "{{#calculate}}{{qty_availability.JHB}} + {{qty_availability.CPT}}{{/calculate}}"}, ChannelTerms(), {}, {"1": 78},
    ),
    "the warehouses of the channel make no difference": (ONE_EACH, ChannelTerms(warehouses=("CPT",)), {}, {"11": 0, "22": 78}),
    "a warehouse in any spelling": ({"1": "{{qty_availability.cpt}}"}, ChannelTerms(), {}, {"1": 75}),
    "a warehouse with a dot in its name": ({"1": "{{qty_availability.st. george}}"}, ChannelTerms(), {}, {"1": 1}),
    "a warehouse that the item has no record in": ({"1": "{{qty_availability.DBN}}", "2": "{{qty_availability.CPT}}"}, ChannelTerms(), {}, {"1": 0, "2": 75}),
    "a number below zero": ({"1": "-3", "2": "99999999999"}, ChannelTerms(), {}, {"1": 0, "2": 99999999994}),
    "a template that comes to nothing but blanks": ({"1": " {{qty_availability.DBN}} ", "2": "7"}, ChannelTerms(), {}, {"1": 0, "2": 2}),
    "a fixed number": ({"1": "7"}, ChannelTerms(), {}, {"1": 2}),
    "a warehouse that is the channel's": (ONE_EACH, ChannelTerms(), {"qty.jhb": "channel"}, {"22": 75}),
    "the same inside of a section": (
        {"1": "{{#qty_availability}}{{JHB}}{{/qty_availability}}", "2": "{{#variant}}{{qty_availability.CPT}}{{/variant}}5"},
        ChannelTerms(), {"qty.JHB": "channel"}, {"2": 0},
    ),
    "the sum without the channel's own": ({"1": "{{qty}}"}, ChannelTerms(), {"qty.CPT": "channel"}, {"1": 4}),
    "a sum of which every part is the channel's": ({"1": "{{qty}}"}, ChannelTerms(), {"qty.*": "channel"}, {}),
    "all stock is the channel's": (ONE_EACH, ChannelTerms(), {"qty": "channel"}, {}),
    "all but one warehouse are the channel's": (ONE_EACH, ChannelTerms(), {"qty": "channel", "qty.CPT": "system"}, {"22": 75}),
}  # fmt: skip


@pytest.mark.parametrize("case", LOCATIONS.values(), ids=LOCATIONS)
def test_what_each_location_shows(
    case: tuple[dict[str, str], ChannelTerms, dict[str, str], dict[str, int]],
) -> None:
    location_map, channel, flags, shown = case
    terms = Terms(
        channel=channel,
        settings=SettingTerms(location_map=location_map),
        flags=channel_flags("the shop", flags),
        takes=EVERYTHING,
    )
    assert quantities_sent(ITEM, terms) == {f"quantity@{place}": number for place, number in shown.items()}


def quantities_sent(product: Product, terms: Terms) -> dict[str, int]:
    return {name: value for name, value in sent(product, None, terms).items() if name.startswith("quantity")}


@pytest.mark.parametrize(
    ("template", "said", "fix"),
    [
        ("many", "the quantity for location 1 is 'many', which is no believable number", "Correct the template of location 1 in the location map: many"),
        ("{{qty_availability}}", "qty_availability is a group of fields and not a value", "Name one of its fields"),
        ("{{#calculate}}{{qty_availability.DBN}} * 2{{/calculate}}", "calculate: a number is missing before '*'", "Check that every field in the calculation has a value."),
        ("{{#calculate}}{{qty}} * 99999999999999999999{{/calculate}}", "which is no believable number", "Correct the template of location 1"),
        ("100000000000", "the quantity for location 1 is '100000000000', which is no believable number", "Correct the template of location 1"),
        ("-100000000000", "which is no believable number", "Correct the template of location 1"),
        ("1e300000", "the quantity for location 1 is '1e300000', which is no believable number", "Correct the template of location 1"),
        ("NaN", "the quantity for location 1 is 'NaN', which is no believable number", "Correct the template of location 1"),
    ],
)  # fmt: skip
def test_a_location_whose_template_makes_no_number_is_a_problem_and_stops_nothing_else(
    template: str, said: str, fix: str
) -> None:
    terms = Terms(settings=SettingTerms(location_map={"1": template}), takes=EVERYTHING)
    dearer = with_variant(ITEM, price_tiers={"retail": Decimal(80)})
    linked = plan(dearer, after_a_push(ITEM), terms)
    assert {one.name: one.after for one in linked.differences} == {"price": Decimal("80.00")}
    made = plan(ITEM, None, terms)
    assert made.action == "", "new on the channel, it waits until this is put right"
    assert linked.problem == made.problem
    known = pushed(dearer, linked, after_a_push(ITEM))
    assert plan(dearer, known, terms).reason == "the channel already shows all of the rest"
    assert made.problem is not None
    assert made.problem.message.startswith("BOLT-M8: location_map, line 1: ")
    assert said in made.problem.message
    assert made.problem.hint.startswith(fix)


QUANTITY: dict[str, tuple[dict[str, int], tuple[str, ...], dict[str, str], int | None]] = {
    "no flag": ({"JHB": 7, "CPT": 3}, (), {}, 10),
    "all stock is the channel's": ({"JHB": 7, "CPT": 3}, (), {"qty": "channel"}, None),
    "one warehouse is the channel's": ({"JHB": 7, "CPT": 3}, (), {"qty.JHB": "channel"}, 3),
    "every warehouse is the channel's": ({"JHB": 7, "CPT": 3}, (), {"qty.*": "channel"}, None),
    "all but one are the channel's": ({"JHB": 7, "CPT": 3}, (), {"qty.*": "channel", "qty.cpt": "system"}, 3),
    "all stock but one warehouse is the channel's": ({"JHB": 7, "CPT": 3}, (), {"qty": "channel", "qty.CPT": "system"}, 3),
    "the whole source's figure goes by qty itself": ({"": 9, "JHB": 7}, (), {"qty": "channel", "qty.JHB": "system"}, 7),
    "the whole source's figure alone": ({"": 9}, (), {"qty": "channel"}, None),
    "the only warehouse of the item is the channel's": ({"JHB": 7}, (), {"qty.JHB": "channel"}, None),
    "no record, and a flag on one warehouse": ({}, (), {"qty.JHB": "channel"}, 0),
    "no record, and every warehouse is the channel's": ({}, (), {"qty.*": "channel"}, None),
    "a named warehouse": ({"JHB": 7, "CPT": 3}, ("JHB",), {}, 7),
    "a named warehouse is the channel's": ({"JHB": 7, "CPT": 3}, ("JHB",), {"qty.JHB": "channel"}, None),
    "one of two named is the channel's": ({"JHB": 7, "CPT": 3}, ("JHB", "CPT"), {"qty.JHB": "channel"}, 3),
    "a named one is ours though the rest is the channel's": ({"JHB": 7, "CPT": 3}, ("JHB",), {"qty": "channel", "qty.JHB": "system"}, 7),
    "no record in the named one, and the other is the channel's": ({"CPT": 3}, ("JHB",), {"qty.CPT": "channel"}, 0),
    "a name with outer blanks, as a source may send it": ({"JHB ": 7, "CPT": 3}, (), {"qty.JHB": "channel"}, 3),
}  # fmt: skip


@pytest.mark.parametrize("by_map", [False, True], ids=["plain", "by a field map"])
@pytest.mark.parametrize("case", QUANTITY.values(), ids=QUANTITY)
def test_which_quantity_goes_out_under_flags(
    case: tuple[dict[str, int], tuple[str, ...], dict[str, str], int | None], by_map: bool
) -> None:
    quantities, warehouses, flags, shown = case
    item = with_variant(BOLT, quantities={name: Decimal(n) for name, n in quantities.items()})
    settings = SettingTerms(product_map='{"q": {{variant.qty}}}') if by_map else SettingTerms()
    terms = Terms(ChannelTerms(warehouses=warehouses), settings, channel_flags("the shop", flags))
    found = sent(item, None, terms)
    expected = {} if shown is None else {"map.q": str(shown)} if by_map else {"quantity": shown}
    assert {name: value for name, value in found.items() if name in {"quantity", "map.q"}} == expected
