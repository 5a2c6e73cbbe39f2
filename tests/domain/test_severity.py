"""What of a plan deserves a second look: taken away, prices that fall by more than a fifth, stock to nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.domain.planning import BOLT, TERMS

from stockwire.domain.plan import Difference, Plan, Problem, Value, VariantPlan
from stockwire.domain.severity import severity
from stockwire.domain.terms import Terms

VARIANT = BOLT.variants[0]
D = Decimal


def changed(group: str, name: str, before: Value, after: Value) -> Plan:
    return Plan("update", (Difference(group, name, before, after, "a test"),))


@pytest.mark.parametrize(
    ("plan", "word", "said"),
    [
        (changed("price", "price", D("100.00"), D("79.99")), "price falls", "20%: R100.00 to R79.99"),
        (changed("price", "price", D("100.00"), D("80.00")), "", ""),
        (changed("price", "price", D("100.00"), D("81.00")), "", ""),
        (changed("price", "price", D("100.00"), D("1000.00")), "", ""),
        (changed("price", "price", D("0.00"), D("0.00")), "", ""),
        (changed("price", "price", None, D("1.00")), "", ""),
        (changed("price", "compare_at", D("100.00"), D("10.00")), "", ""),
        (changed("price", "compare_at", D("100.00"), None), "", ""),
        (changed("price", "map.regular_price", '"115.00"', '"11.50"'), "price falls", "90%: R115.00 to R11.50"),
        (changed("price", "map.regular_price", "115.00", "11.50"), "price falls", "90%: R115.00 to R11.50"),
        (changed("price", "map.regular_price", '"on request"', '"11.50"'), "", ""),
        (changed("stock", "quantity", 7, 0), "stock to zero", "from 7 to 0"),
        (changed("stock", "quantity", 7, 1), "", ""),
        (changed("stock", "quantity", 0, 0), "", ""),
        (changed("stock", "quantity@55", 3, 0), "stock to zero", "from 3 to 0"),
        (changed("stock", "map.stock_quantity", "3", "0"), "stock to zero", "from 3 to 0"),
        (changed("stock", "map.stock_quantity", "3", "3"), "", ""),
        (changed("stock", "inventory_management", True, False), "", ""),
        (changed("content", "grams", 900, 0), "", ""),
        (Plan("remove"), "taken away", ""),
        (Plan("move"), "taken away", ""),
        (Plan("add", (Difference("price", "price", None, D(1), ""),)), "", ""),
        (Plan(), "", ""),
        (
            Plan("update", variants=(VariantPlan(VARIANT, "remove"),)),
            "taken away",
            "variant BOLT-M8 is taken away",
        ),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, Plan) else "",
)  # fmt: skip
def test_what_deserves_a_look_is_named(plan: Plan, word: str, said: str) -> None:
    found = severity(plan)
    assert found.word == word
    assert said in found.said


def test_the_gravest_of_several_differences_counts() -> None:
    differences = (
        Difference("stock", "quantity", 5, 0, ""),
        Difference("price", "price", D(100), D(50), ""),
        Difference("content", "title", "a", "b", ""),
    )
    assert severity(Plan("update", differences)).word == "price falls"
    of_a_variant = Plan("update", variants=(VariantPlan(VARIANT, "update", differences),))
    assert severity(of_a_variant).word == "price falls"


def test_what_cannot_go_out_comes_before_what_goes_well_and_after_what_is_grave() -> None:
    wrong = Problem("no price", "give it one")
    ranks = [
        severity(one).rank
        for one in (
            Plan("remove"),
            changed("price", "price", D(100), D(50)),
            changed("stock", "quantity", 5, 0),
            Plan(problem=wrong),
            Plan("add", problem=wrong),
            Plan("add"),
        )
    ]
    assert ranks == [0, 1, 2, 3, 3, 9]


def test_a_price_that_a_field_map_makes_is_known_as_a_price() -> None:
    from tests.domain.planning import MAP, after_a_push, plan, with_variant

    made: dict[str, Any] = {"product_map": MAP, "map_prices": frozenset({"regular_price"})}
    terms: Terms = replace(TERMS, settings=replace(TERMS.settings, **made))
    dear = with_variant(BOLT, price_tiers={"retail": D("115.00")})
    cheap = with_variant(BOLT, price_tiers={"retail": D("11.50")})
    found = severity(plan(cheap, after_a_push(dear, terms), terms))
    assert found.word == "price falls"
