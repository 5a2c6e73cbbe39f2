"""What attribute templates require, and what segments let somebody see."""

from __future__ import annotations

from typing import Any

import pytest

from stockwire.domain.attributes import missing_required, template
from stockwire.domain.segments import Kind, Seen, admits, admitted_by_all, segment

PAINT = template(
    "Paint",
    [
        {"name": "Colour", "required": True},
        {"name": "litres", "type": "number", "required": True},
        {"name": "finish", "type": "dropdown", "choices": ["matt", "gloss"]},
        {"name": "indoor", "type": "true/false", "default": "true"},
    ],
)


@pytest.mark.parametrize(
    ("meta", "lacking"),
    [
        ({"Colour": "red", "litres": "5"}, []),
        ({"colour": "red", "LITRES": "5.5", "finish": "matt", "indoor": "FALSE"}, []),
        ({}, ["attribute Colour is blank", "attribute litres is blank"]),
        ({"Colour": "  ", "litres": "5"}, ["attribute Colour is blank"]),
        ({"Colour": "red", "litres": "five"}, ['attribute litres is "five", which is no number']),
        (
            {"Colour": "red", "litres": "5", "finish": "shiny"},
            ['attribute finish is "shiny", which is none of'],
        ),
        ({"Colour": "red", "litres": "5", "indoor": "perhaps"}, ['attribute indoor is "perhaps", neither']),
    ],
)
def test_what_a_template_requires_is_said_with_the_fix(meta: dict[str, str], lacking: list[str]) -> None:
    found = missing_required(meta, [PAINT])
    assert len(found) == len(lacking)
    for one, begins in zip(found, lacking, strict=True):
        assert one.reason.startswith(begins)
        assert one.fix.startswith("Fill in")


def test_without_a_template_nothing_is_required() -> None:
    assert missing_required({}, []) == []


@pytest.mark.parametrize(
    ("name", "attributes", "message"),
    [
        ("", [{"name": "a"}], "needs a name"),
        ("T", [], "has no attributes"),
        ("T", [{"name": "a"}, {"name": "A"}], "twice"),
        ("T", [{"name": "a", "type": "colour"}], "cannot be of the type colour"),
        ("T", [{"name": "a", "type": "dropdown"}], "a dropdown has choices"),
        ("T", [{"name": "a", "choices": ["x"]}], "a dropdown has choices"),
        ("T", [{"name": "a", "type": "number", "default": "x"}], "The default of a"),
        ("T", [{"name": "a", "size": 3}], "cannot have size"),
    ],
)
def test_a_template_that_cannot_be_is_refused(name: str, attributes: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        template(name, attributes)


BOLT = Seen(
    {"vendor": "Bosch", "product_type": "Shoes"},
    {
        "prices": [("retail", "100.00"), ("Trade", "0")],
        "quantities": [("JHB", "5"), ("CPT", "0")],
        "attributes": [("rep_id", "123"), ("grade", "A")],
    },
)


@pytest.mark.parametrize(
    ("rules", "seen"),
    [
        ([], True),
        ([("vendor", "equal", "bosch")], True),
        ([("vendor", "equal", "Makita")], False),
        ([("vendor", "lookup", "Makita,BOSCH")], True),
        ([("vendor", "contains", "osc")], True),
        ([("vendor", "not contains", "osc")], False),
        ([("price_tier", "equal", "Trade"), ("price", "greater", "0")], False),
        ([("price_tier", "equal", "retail"), ("price", "greater", "0")], True),
        ([("price", "greater", "0")], True),
        ([("warehouse", "equal", "jhb"), ("qty", "greater", "4")], True),
        ([("warehouse", "equal", "CPT"), ("qty", "greater", "0")], False),
        ([("attribute_key", "equal", "rep_id"), ("attribute_value", "equal", "123.0")], True),
        ([("attribute_key", "equal", "grade"), ("attribute_value", "equal", "123")], False),
        ([("vendor", "equal", "Bosch"), ("qty", "less", "0")], False),
        ([("attribute_value", "greater", "100")], True),
    ],
)
def test_all_segments_hold_and_a_name_and_its_value_are_of_the_same_element(rules: Any, seen: bool) -> None:
    made = [segment("products", *rule) for rule in rules]
    assert admits(made, Kind.PRODUCTS, BOLT) is seen


def test_segments_of_another_kind_hide_nothing() -> None:
    made = [segment("customers", "attribute_value", "equal", "999")]
    assert admits(made, Kind.PRODUCTS, BOLT)
    assert not admits(made, Kind.CUSTOMERS, BOLT)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("shops", "vendor", "equal", "x"), "A segment is of"),
        (("products", "email", "equal", "x"), "no field 'email' for products"),
        (("products", "vendor", "like", "x"), "no operator 'like'"),
        (("products", "vendor", "equal", " "), "needs a value"),
        (("products", "qty", "greater", "many"), "compares numbers"),
    ],
)
def test_a_segment_that_cannot_be_is_refused(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        segment(*given)


@pytest.mark.parametrize(
    ("user", "customer", "seen"),
    [
        ([], [], True),
        ([("vendor", "equal", "Bosch")], [], True),
        ([], [("vendor", "equal", "Makita")], False),
        ([("vendor", "equal", "Makita")], [], False),
        # Each has a price list of his own: the two conditions are not about one and the same.
        ([("price_tier", "equal", "retail")], [("price_tier", "equal", "Trade")], True),
        (
            [("price_tier", "equal", "retail")],
            [("price_tier", "equal", "Trade"), ("price", "greater", "0")],
            False,
        ),
    ],
)
def test_a_user_sees_for_a_customer_what_both_may_see(user: Any, customer: Any, seen: bool) -> None:
    people = [[segment("products", *rule) for rule in rules] for rules in (user, customer)]
    assert admitted_by_all(people, Kind.PRODUCTS, BOLT) is seen
