"""Which products are offered: every operator over every kind of field, and what is said about the rest."""

from __future__ import annotations

from decimal import Decimal

import pytest

from stockwire.domain.records import Image, Product, Variant
from stockwire.domain.rules import FIELDS, Operator, Rules, rule

SHIRT = Product(
    code="SHIRT",
    active=True,
    title="Cotton shirt",
    collection="Clothing",
    vendor=None,
    tags="summer, Sale",
    meta={"Fabric": "Cotton", "empty": ""},
    option_names=("Size",),
    images=(Image("https://example.com/1.jpg"),),
    variants=(
        Variant(
            "S-S", "S-S", {"retail": Decimal("99.90"), "trade": Decimal(80)}, {"JHB": Decimal(0)}, grams=200,
            option_values=("S",), barcode="6001",
        ),
        Variant("S-M", "S-M", {"retail": Decimal("119.90")}, {"JHB": Decimal(4), "CPT": Decimal(2)}, option_values=("M",)),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("field", "operator", "value", "belongs"),
    [
        ("collection", "equal", "clothing ", True),
        ("collection", "equal", "Cloth", False),
        ("collection", "not equal", "Shoes", True),
        ("collection", "not equal", "CLOTHING", False),
        ("title", "contains", "cotton", True),
        ("title", "contains", "wool", False),
        ("title", "not contains", "wool", True),
        ("title", "not contains", "SHIRT", False),
        ("collection", "lookup", "Shoes,clothing", True),
        ("collection", "lookup", "Shoes,Hats", False),
        ("vendor", "empty", "", True),
        ("vendor", "not empty", "", False),
        ("vendor", "not equal", "Karoo", True),
        ("source_product_code", "equal", "shirt", True),
        ("active", "equal", "TRUE", True),
        ("tags", "equal", "sale", True),
        ("tags", "equal", "summer, sale", False),
        ("tags", "not equal", "summer", False),
        ("images", "not empty", "", True),
        ("images", "greater", "0", True),
        ("images", "greater", "1", False),
        ("meta.fabric", "equal", "cotton", True),
        ("meta.empty", "empty", "", True),
        ("meta.none", "empty", "", True),
        ("meta.none", "not equal", "x", True),
        ("meta.none", "equal", "x", False),
        ("sku", "equal", "s-m", True),
        ("sku", "not equal", "S-M", False),
        ("barcode", "empty", "", False),
        ("barcode", "not empty", "", True),
        ("option", "equal", "m", True),
        ("grams", "less", "201", True),
        ("grams", "equal", "200.0", True),
        ("qty", "greater", "5", True),
        ("qty", "greater", "6", False),
        ("qty.jhb", "greater", "3", True),
        ("qty.CPT", "less", "3", True),
        ("qty.DBN", "empty", "", True),
        ("qty.DBN", "less", "3", False),
        ("price", "greater", "119", True),
        ("price.trade", "not empty", "", True),
        ("price.trade", "equal", "80.00", True),
        ("price.trade", "greater", "80", False),
        ("price.vip", "empty", "", True),
        ("inventory_management", "equal", "false", False),
    ],
)
def test_an_operator_over_a_field(field: str, operator: str, value: str, belongs: bool) -> None:
    assert Rules([rule(field, operator, value)]).verdict(SHIRT).belongs is belongs


@pytest.mark.parametrize("operator", list(Operator))
@pytest.mark.parametrize("field", [*FIELDS, "meta.fabric", "price.trade", "qty.JHB"])
def test_every_operator_answers_over_every_field_of_a_bare_product(field: str, operator: Operator) -> None:
    bare = Product("BARE", True, "Bare", (Variant("BARE", "BARE", {}, {}),))
    found = Rules([rule(field, operator.value, "1")])
    opposite = {
        Operator.EQUAL: Operator.NOT_EQUAL,
        Operator.CONTAINS: Operator.NOT_CONTAINS,
        Operator.EMPTY: Operator.NOT_EMPTY,
    }
    assert found.verdict(bare).belongs in {True, False}
    if operator in opposite:
        other = Rules([rule(field, opposite[operator].value, "1")])
        assert found.verdict(bare).belongs is not other.verdict(bare).belongs


def test_all_rules_must_hold_and_the_first_that_does_not_is_named_with_what_was_found() -> None:
    rules = Rules([rule("collection", "equal", "Clothing"), rule("meta.fabric", "lookup", "Wool,Linen")])
    verdict = rules.verdict(SHIRT)
    assert (verdict.belongs, verdict.reason) == (False, "rule: meta.fabric lookup Wool,Linen; it is Cotton")
    assert rules.verdict(SHIRT._replace(meta={"fabric": "linen"})).belongs


def test_without_rules_every_product_belongs() -> None:
    assert Rules([]).verdict(SHIRT).belongs


def test_each_condition_that_fails_is_counted() -> None:
    rules = Rules(
        [rule("vendor", "not empty"), rule("collection", "equal", "Clothing"), rule("qty", "less", "0")]
    )
    assert [str(one) for one in rules.failing(SHIRT)] == ["vendor not empty", "qty less 0"]


@pytest.mark.parametrize(
    ("field", "operator", "value", "said"),
    [
        ("colour", "equal", "red", "There is no field colour for a rule."),
        ("meta", "equal", "red", "There is no field meta for a rule."),
        ("title", "like", "red", "There is no operator 'like' for a rule. Operators: equal, not equal,"),
        ("title", "equal", " ", "The rule title equal needs a value"),
        ("price", "greater", "cheap", "The rule price greater compares numbers, and 'cheap' is none."),
        ("price", "less", "NaN", "The rule price less compares numbers"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_what_would(
    field: str, operator: str, value: str, said: str
) -> None:
    with pytest.raises(ValueError, match="rule") as refused:
        rule(field, operator, value)
    assert str(refused.value).startswith(said)


def test_an_operator_is_understood_in_any_case_and_with_underscores() -> None:
    assert rule("Title", "NOT_CONTAINS", "x") == rule("title", "not contains", "x")
