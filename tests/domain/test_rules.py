"""Which products are offered: every operator over every kind of field, and what is said about the rest."""

from __future__ import annotations

import pytest
from tests.domain.shirts import SHIRT

from stockwire.domain.rules import Operator, Rule, Rules, rule


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


@pytest.mark.parametrize("value", ["Shoes,", ",Shoes", "Shoes,,Hats", " Shoes , "])
def test_a_comma_too_many_in_a_list_does_not_let_in_what_has_no_value(value: str) -> None:
    assert not Rules([rule("vendor", "lookup", value)]).verdict(SHIRT).belongs
    assert Rules([rule("collection", "lookup", value.replace("Shoes", "Clothing"))]).verdict(SHIRT).belongs
    kept_from_before = Rule("vendor", Operator.LOOKUP, value)
    assert not Rules([kept_from_before]).verdict(SHIRT).belongs


@pytest.mark.parametrize(
    ("operator", "value", "pictures", "belongs"),
    [
        ("empty", "", 0, True), ("empty", "", 1, False), ("not empty", "", 0, False), ("not empty", "", 1, True),
        ("equal", "0", 0, True), ("not equal", "0", 0, False), ("less", "1", 0, True), ("less", "1", 1, False),
        ("greater", "0", 0, False), ("lookup", "0,1", 0, True),
    ],
)  # fmt: skip
def test_pictures_are_counted_and_none_is_a_count_too(
    operator: str, value: str, pictures: int, belongs: bool
) -> None:
    product = SHIRT._replace(images=SHIRT.images * pictures)
    assert Rules([rule("images", operator, value)]).verdict(product).belongs is belongs


def test_a_variant_that_is_not_active_brings_its_product_onto_no_channel() -> None:
    small, medium = SHIRT.variants
    product = SHIRT._replace(variants=(small, medium._replace(active=False)))
    assert not Rules([rule("qty", "greater", "0")]).verdict(product).belongs
    assert not Rules([rule("sku", "equal", "S-M")]).verdict(product).belongs
    assert Rules([rule("option", "not equal", "M")]).verdict(product).belongs
    assert [str(one) for one in Rules([rule("qty", "greater", "0")]).failing(product)] == ["qty greater 0"]
    gone = product._replace(variants=(small._replace(active=False), medium._replace(active=False)))
    assert Rules([rule("sku", "equal", "S-M")]).verdict(gone).belongs


def test_all_rules_must_hold_and_the_first_that_does_not_is_named_with_what_was_found() -> None:
    rules = Rules([rule("collection", "equal", "Clothing"), rule("meta.fabric", "lookup", "Wool,Linen")])
    verdict = rules.verdict(SHIRT)
    assert (verdict.belongs, verdict.reason) == (False, "rule: meta.fabric lookup Wool,Linen; it is Cotton")
    assert rules.verdict(SHIRT._replace(meta={"fabric": "linen"})).belongs


def test_without_rules_every_product_belongs() -> None:
    assert Rules([]).verdict(SHIRT) == (True, "")


def test_the_verdict_says_which_rules_are_met_and_shows_what_was_found_in_few_words() -> None:
    met = Rules([rule("title", "contains", "shirt"), rule("vendor", "empty")])
    assert met.verdict(SHIRT) == (True, "meets every rule: title contains shirt; vendor empty")
    long = SHIRT._replace(title="x" * 50, tags="a,b,c,d,e", meta={})
    said = {
        ("title", "equal"): f"rule: title equal 1; it is {'x' * 37}...",
        ("tags", "equal"): "rule: tags equal 1; it is a, b, c and 2 more",
        ("meta.none", "equal"): "rule: meta.none equal 1; it is empty",
        ("price", "equal"): "rule: price equal 1; it is 99.9, 80, 119.9",
        ("qty", "equal"): "rule: qty equal 1; it is 0, 6",
        ("option", "equal"): "rule: option equal 1; it is S, M",
    }
    for (field, operator), reason in said.items():
        assert Rules([rule(field, operator, "1")]).verdict(long) == (False, reason)


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
        ("price", "less", "1_000", "The rule price less compares numbers, and '1_000' is none."),
        ("price.trade", "equal", "R80", "The rule price.trade equal compares numbers, and 'R80' is none."),
        ("qty", "lookup", "1,many", "The rule qty lookup compares numbers, and 'many' is none."),
        ("images", "not equal", "none", "The rule images not equal compares numbers, and 'none' is none."),
        ("active", "equal", "yes", "The rule active equal needs true or false, and 'yes' is neither."),
        (
            "inventory_management",
            "lookup",
            "true,1",
            "The rule inventory_management lookup needs true or false, and '1' is neither.",
        ),
        ("title", "lookup", " , ,", "The rule title lookup needs a value"),
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


BLANKS = SHIRT._replace(
    title="  Cotton shirt ",
    vendor=" ",
    tags=" , summer ,, Sale ",
    meta={" Fabric ": "\tCotton ", "gap": "  "},
)


@pytest.mark.parametrize(
    ("field", "operator", "value", "belongs"),
    [
        (" Title ", "equal", " cotton SHIRT ", True),
        ("title", "lookup", " wool , cotton shirt ", True),
        ("vendor", "empty", "", True),
        ("vendor", "not empty", "", False),
        ("tags", "equal", "summer", True),
        ("tags", "lookup", " winter , sale ", True),
        ("tags", "not equal", "sale", False),
        ("meta. fabric ", "equal", "cotton", True),
        ("meta.FABRIC", "contains", "cotton", True),
        ("meta.gap", "empty", "", True),
        ("price. Trade ", "equal", " 80 ", True),
        ("qty. jhb ", "not empty", "", True),
        ("title", " NOT  equal ", "wool", True),
    ],
)
def test_outer_blanks_never_count(field: str, operator: str, value: str, belongs: bool) -> None:
    assert Rules([rule(field, operator, value)]).verdict(BLANKS).belongs is belongs


def test_a_list_of_tags_with_nothing_in_it_is_empty() -> None:
    assert Rules([rule("tags", "empty")]).verdict(SHIRT._replace(tags=" , ,")).belongs
    assert Rules([rule("tags", "empty")]).verdict(SHIRT._replace(tags=None)).belongs
    assert not Rules([rule("tags", "empty")]).verdict(BLANKS).belongs


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("meta." + "x" * 101, f"The rule over meta.{'x' * 40} has a name of 101 letters, and at most 100 are kept."),
        ("qty.a\x00b", "The rule over qty.a\x00b has a NUL character in its name."),
        (" ", "There is no field (blank) for a rule."),
        (" colour ", "There is no field colour for a rule."),
        ("price. ", "There is no field price. for a rule."),
    ],
)  # fmt: skip
def test_a_name_that_could_not_be_kept_is_refused(name: str, said: str) -> None:
    with pytest.raises(ValueError, match="rule") as refused:
        rule(name, "empty")
    assert str(refused.value).startswith(said)
    assert rule("meta." + "x" * 100, "empty").field == "meta." + "x" * 100
