"""Wanted against known: what is sent, what is not, and why."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwire.domain.plan import Item, Terms, confirmed, plan
from stockwire.domain.pricing import price_for
from stockwire.domain.stock import sellable

BOLT = Item(
    sku="BOLT-M8",
    active=True,
    title="Hex bolt M8",
    price_tiers={"retail": Decimal("12.5000")},
    available=Decimal(240),
)
TERMS = Terms()

money = st.decimals(min_value="0.0051", max_value="99999", places=4)
items = st.builds(
    Item,
    sku=st.text(min_size=1, max_size=20),
    active=st.booleans(),
    title=st.text(max_size=40),
    price_tiers=st.dictionaries(st.sampled_from(["retail", "trade"]), money, max_size=2),
    available=st.decimals(min_value=0, max_value=10000, places=2),
    held=st.decimals(min_value=0, max_value=100, places=0),
    body_html=st.none() | st.text(max_size=20),
    barcode=st.none() | st.text(max_size=13),
    grams=st.none() | st.integers(0, 100000),
    inventory_management=st.booleans(),
)
terms = st.builds(
    Terms,
    price_tier=st.sampled_from(["", "retail", "trade"]),
    stock_buffer=st.integers(0, 20),
    qty_limit_upper=st.none() | st.integers(0, 50),
)


def sent(item: Item, known: Any = None, given_terms: Terms = TERMS) -> dict[str, Any]:
    return {difference.name: difference.after for difference in plan(item, given_terms, known).differences}


def after_a_push(item: Item, given_terms: Terms = TERMS) -> dict[str, Any]:
    return confirmed(plan(item, given_terms, None), None)


def test_a_product_new_to_the_channel_is_added_with_everything_it_has() -> None:
    made = plan(BOLT, TERMS, None)
    assert made.action == "add"
    assert sent(BOLT) == {
        "title": "Hex bolt M8",
        "price": Decimal("12.50"),
        "inventory_management": True,
        "quantity": 240,
    }


def test_only_the_field_that_differs_is_sent() -> None:
    known = after_a_push(BOLT)
    dearer = replace(BOLT, price_tiers={"retail": Decimal("13.90")})
    made = plan(dearer, TERMS, known)
    assert made.action == "update"
    [difference] = made.differences
    assert (difference.group, difference.before, difference.after) == (
        "price",
        Decimal("12.50"),
        Decimal("13.90"),
    )
    assert difference.reason == "price list retail"


def test_a_field_the_source_does_not_supply_is_left_alone() -> None:
    known = after_a_push(replace(BOLT, barcode="6001234567890"))
    assert sent(replace(BOLT, barcode=None), known) == {}


def test_no_quantity_goes_out_for_a_product_whose_stock_is_not_managed() -> None:
    service = replace(BOLT, inventory_management=False)
    assert sent(service) == {
        "title": "Hex bolt M8",
        "price": Decimal("12.50"),
        "inventory_management": False,
    }
    assert sent(replace(service, available=Decimal(3)), after_a_push(service)) == {}


def test_a_product_whose_stock_is_managed_again_gets_its_quantity_even_when_it_is_the_old_one() -> None:
    known = after_a_push(BOLT)
    unmanaged = plan(replace(BOLT, inventory_management=False), TERMS, known)
    assert {difference.name: difference.after for difference in unmanaged.differences} == {
        "inventory_management": False
    }
    known = {**known, **confirmed(unmanaged, known)}
    assert sent(BOLT, known) == {"inventory_management": True, "quantity": 240}


def test_a_deleted_product_is_removed_where_it_is_linked_and_forgotten_where_it_is_not() -> None:
    gone = replace(BOLT, active=False)
    assert plan(gone, TERMS, after_a_push(BOLT)).action == "remove"
    assert plan(gone, TERMS, None).action == ""


def test_a_product_without_a_price_is_not_created_and_says_what_to_do() -> None:
    made = plan(replace(BOLT, price_tiers={}), TERMS, None)
    assert made.action == ""
    assert made.problem is not None
    assert "BOLT-M8 has no price in the price list 'retail'" in made.problem.message
    assert "selling price in Omni" in made.problem.hint


def test_a_linked_product_that_loses_its_price_still_gets_its_stock() -> None:
    known = after_a_push(BOLT)
    made = plan(replace(BOLT, price_tiers={}, available=Decimal(3)), TERMS, known)
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


@pytest.mark.parametrize(
    ("available", "held", "buffer", "cap", "quantity"),
    [
        ("10", "0", 0, None, 10),
        ("10", "3", 0, None, 7),
        ("10", "3", 2, None, 5),
        ("2", "3", 0, None, 0),
        ("100", "0", 0, 50, 50),
        ("2.9", "0", 0, None, 2),
        ("0", "0", 0, None, 0),
    ],
    ids=[
        "plain",
        "held orders",
        "buffer",
        "never below zero",
        "capped",
        "part units are not sold",
        "nothing",
    ],
)
def test_sellable_stock(available: str, held: str, buffer: int, cap: int | None, quantity: int) -> None:
    assert sellable(Decimal(available), Decimal(held), buffer, cap).quantity == quantity


def test_the_reason_of_a_quantity_shows_the_arithmetic() -> None:
    reason = sellable(Decimal("10.0000"), Decimal(3), 2, 4).reason
    assert reason == "10 available - 3 on orders not yet reserved - 2 kept back, capped at 4"


@given(items, terms)
def test_a_plan_after_its_own_push_is_empty(item: Item, given_terms: Terms) -> None:
    first = plan(item, given_terms, None)
    if first.action != "add":
        return
    assert plan(item, given_terms, confirmed(first, None)).action == ""


@given(items, items, terms)
def test_a_push_of_differences_leads_to_the_same_known_state_as_a_full_one(
    before: Item, after: Item, given_terms: Terms
) -> None:
    first = plan(before, given_terms, None)
    if first.action != "add":
        return
    known = confirmed(first, None)
    change = plan(after, given_terms, known)
    if change.action != "update":
        return
    known = {**known, **confirmed(change, known)}
    assert plan(after, given_terms, known).action == ""


@given(items, terms)
def test_no_plan_ever_holds_a_price_of_nothing_or_a_negative_quantity(item: Item, given_terms: Terms) -> None:
    for difference in plan(item, given_terms, None).differences:
        if difference.name == "price":
            assert isinstance(difference.after, Decimal)
            assert difference.after > 0
        if difference.name == "quantity":
            assert isinstance(difference.after, int)
            assert difference.after >= 0
