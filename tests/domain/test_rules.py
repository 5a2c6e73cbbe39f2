"""Which products are offered: every operator over every kind of field, and what is said about the rest."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwire.domain.records import Image, Product, Variant
from stockwire.domain.rules import FIELDS, Operator, Rule, Rules, rule

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


# For each kind of field a value that meets the operator and one that does not; None where nothing can. A field
# that is always there is never empty. Where a kind of field takes an operator in no way, it stands in REFUSED.
BOTH: dict[str, dict[str, tuple[str | None, str | None]]] = {
    "title": {
        "equal": ("COTTON shirt", "cotton"), "not equal": ("wool", "cotton SHIRT "),
        "contains": ("SHIRT", "wool"), "not contains": ("wool", "shirt"),
        "greater": (None, "1"), "less": (None, "1"), "lookup": ("wool, cotton shirt", "wool,cotton"),
        "empty": (None, ""), "not empty": ("", None),
    },
    "vendor": {
        "equal": (None, "Karoo"), "not equal": ("Karoo", None),
        "contains": (None, "Karoo"), "not contains": ("Karoo", None),
        "greater": (None, "1"), "less": (None, "1"), "lookup": (None, "Karoo,Bosveld"),
        "empty": ("", None), "not empty": (None, ""),
    },
    "active": {
        "equal": ("TRUE", "false"), "not equal": ("false", "true"), "lookup": ("true,false", "false"),
        "empty": (None, ""), "not empty": ("", None),
    },
    "images": {
        "equal": ("1", "0"), "not equal": ("0", "1.0"), "contains": ("1", "0"), "not contains": ("0", "1"),
        "greater": ("0", "1"), "less": ("2", "1"), "lookup": ("0,1", "2,3"), "empty": (None, ""), "not empty": ("", None),
    },
    "tags": {
        "equal": ("sale", "summer, Sale"), "not equal": ("winter", "SUMMER"),
        "contains": ("um", "win"), "not contains": ("win", "um"),
        "greater": (None, "1"), "less": (None, "1"), "lookup": ("winter,Sale", "winter,spring"),
        "empty": (None, ""), "not empty": ("", None),
    },
    "sku": {
        "equal": ("s-m", "S"), "not equal": ("S", "s-s"), "contains": ("-m", "x"), "not contains": ("x", "s-"),
        "greater": (None, "1"), "less": (None, "1"), "lookup": ("x,S-S", "x,y"), "empty": (None, ""), "not empty": ("", None),
    },
    "grams": {
        "equal": ("200.0", "201"), "not equal": ("201", "200"), "contains": ("20", "3"), "not contains": ("3", "20"),
        "greater": ("199.9", "200"), "less": ("200.1", "200"), "lookup": ("1,200", "1,2"), "empty": (None, ""), "not empty": ("", None),
    },
    "inventory_management": {
        "equal": ("true", "false"), "not equal": ("false", "true"), "lookup": ("true", "false"),
        "empty": (None, ""), "not empty": ("", None),
    },
    "option": {
        "equal": ("m", "L"), "not equal": ("L", "S"), "contains": ("M", "L"), "not contains": ("L", "s"),
        "greater": (None, "1"), "less": (None, "1"), "lookup": ("L,M", "L,XL"), "empty": (None, ""), "not empty": ("", None),
    },
    "qty": {
        "equal": ("6", "4"), "not equal": ("5", "0"), "contains": ("6", "7"), "not contains": ("7", "6"),
        "greater": ("5.9", "6"), "less": ("0.1", "0"), "lookup": ("5,6", "4,2"), "empty": (None, ""), "not empty": ("", None),
    },
    "price": {
        "equal": ("80.00", "81"), "not equal": ("81", "80"), "contains": ("9.9", "7"), "not contains": ("7", "80"),
        "greater": ("119.89", "119.90"), "less": ("80.01", "80"), "lookup": ("1,99.9", "1,2"), "empty": (None, ""), "not empty": ("", None),
    },
    "meta.FABRIC": {
        "equal": ("cotton", "Cott"), "not equal": ("wool", "COTTON"), "contains": ("ott", "x"), "not contains": ("x", "ott"),
        "greater": (None, "1"), "less": (None, "1"), "lookup": ("wool,cotton", "wool"), "empty": (None, ""), "not empty": ("", None),
    },
    "meta.none": {
        "equal": (None, "x"), "not equal": ("x", None), "contains": (None, "x"), "not contains": ("x", None),
        "greater": (None, "1"), "less": (None, "1"), "lookup": (None, "x,y"), "empty": ("", None), "not empty": (None, ""),
    },
    "meta.width": {
        "equal": ("12.50", "12.5"), "not equal": ("12.5", "12.50"), "contains": (".5", "13"), "not contains": ("13", ".5"),
        "greater": ("12.4", "12.5"), "less": ("12.6", "12.5"), "lookup": ("1,12.50", "12.5"), "empty": (None, ""), "not empty": ("", None),
    },
    "price.TRADE": {
        "equal": ("80", "99.90"), "not equal": ("99.90", "80.0"), "contains": ("8", "9"), "not contains": ("9", "8"),
        "greater": ("79.99", "80"), "less": ("80.01", "80"), "lookup": ("79,80", "79"), "empty": (None, ""), "not empty": ("", None),
    },
    "qty.cpt": {
        "equal": ("2", "4"), "not equal": ("4", "2"), "contains": ("2", "4"), "not contains": ("4", "2"),
        "greater": ("1", "2"), "less": ("3", "2"), "lookup": ("2,4", "4"), "empty": (None, ""), "not empty": ("", None),
    },
    "qty.DBN": {
        "equal": (None, "0"), "not equal": ("0", None), "contains": (None, "0"), "not contains": ("0", None),
        "greater": (None, "-1"), "less": (None, "1"), "lookup": (None, "0"), "empty": ("", None), "not empty": (None, ""),
    },
}  # fmt: skip
REFUSED = [(field, operator) for field in ("active", "inventory_management")
           for operator in ("contains", "not contains", "greater", "less")]  # fmt: skip
KIND_OF = {
    **dict.fromkeys(("title", "body_html", "collection", "product_type", "source_product_code"), "title"),
    **dict.fromkeys(("sku", "barcode", "source_variant_code"), "sku"),
}
WIDE = SHIRT._replace(meta={**SHIRT.meta, "width": "12.50"})
CASES = [
    (field, operator, value, holds)
    for field, operators in BOTH.items()
    for operator, values in operators.items()
    for value, holds in zip(values, (True, False), strict=True)
    if value is not None
]


@pytest.mark.parametrize(("field", "operator", "value", "holds"), CASES)
def test_each_operator_over_each_kind_of_field(field: str, operator: str, value: str, holds: bool) -> None:
    assert Rules([rule(field, operator, value)]).verdict(WIDE).belongs is holds


def test_no_operator_and_no_field_is_without_its_cases() -> None:
    for field, operators in BOTH.items():
        answered = {*operators, *(operator for name, operator in REFUSED if name == field)}
        assert answered == {one.value for one in Operator}, field
    assert {KIND_OF.get(field, field) for field in FIELDS} <= BOTH.keys()


@pytest.mark.parametrize(("field", "operator"), REFUSED)
def test_what_is_true_or_false_is_compared_as_a_whole(field: str, operator: str) -> None:
    with pytest.raises(ValueError, match=f"{field} is true or false, so use equal"):
        rule(field, operator, "1")


def fitting(field: str) -> str:
    return "true" if field in {"active", "inventory_management"} else "1"


@pytest.mark.parametrize("operator", list(Operator))
@pytest.mark.parametrize("field", [*FIELDS, "meta.fabric", "price.trade", "qty.JHB"])
def test_every_operator_answers_over_every_field_of_a_bare_product(field: str, operator: Operator) -> None:
    if (field, operator.value) in REFUSED:
        return
    bare = Product("BARE", True, "Bare", (Variant("BARE", "BARE", {}, {}),))
    found = Rules([rule(field, operator.value, fitting(field))])
    if operator in OPPOSITE:
        other = Rules([rule(field, OPPOSITE[operator].value, fitting(field))])
        assert found.verdict(bare).belongs is not other.verdict(bare).belongs
    elif operator in {Operator.GREATER, Operator.LESS, Operator.LOOKUP}:
        reached = {
            ("active", "lookup"),
            ("inventory_management", "lookup"),
            ("images", "less"),
            ("qty", "less"),
        }
        assert found.verdict(bare).belongs is ((field, operator.value) in reached)


OPPOSITE = {
    Operator.EQUAL: Operator.NOT_EQUAL,
    Operator.CONTAINS: Operator.NOT_CONTAINS,
    Operator.EMPTY: Operator.NOT_EMPTY,
}
words = st.sampled_from(["", " ", "Shoes", "shoes ", "12", "12.0", "ß", "SS", "1_0", "-3", "é", "0"])
decimals = st.decimals(min_value=-10, max_value=10, places=2)
of_any_kind = st.builds(
    lambda texts, numbers, flags: SHIRT._replace(
        title=texts[0], vendor=texts[1], tags=f"{texts[1]},{texts[2]}", meta={"fabric": texts[2]},
        images=SHIRT.images * flags[0],
        variants=tuple(
            one._replace(
                sku=text, barcode=text or None, grams=int(numbers[0]), active=active,
                price_tiers={"trade": numbers[1]}, quantities={"JHB": numbers[2]} if numbers[0] > 0 else {},
            )
            for one, text, active in zip(SHIRT.variants, texts, flags, strict=False)
        ),
    ),
    st.tuples(words, words, words), st.tuples(decimals, decimals, decimals), st.tuples(st.booleans(), st.booleans()),
)  # fmt: skip
ANY_FIELD = [*(one for one in FIELDS if one not in {"active", "inventory_management"}), "meta.fabric", "price.trade", "qty.JHB"]  # fmt: skip


@given(
    of_any_kind,
    st.sampled_from(ANY_FIELD),
    st.sampled_from(list(OPPOSITE)),
    st.sampled_from(["12", "0", "-3"]),
)
def test_a_rule_and_its_negation_never_hold_together_and_never_fail_together(
    product: Product, field: str, operator: Operator, value: str
) -> None:
    one, other = (Rules([rule(field, name.value, value)]) for name in (operator, OPPOSITE[operator]))
    assert one.verdict(product).belongs is not other.verdict(product).belongs


@given(of_any_kind, st.sampled_from(ANY_FIELD), st.lists(st.sampled_from(["12", "0", "-3"]), min_size=1))
def test_a_lookup_holds_where_one_of_its_values_is_equal(
    product: Product, field: str, values: list[str]
) -> None:
    listed = Rules([rule(field, "lookup", " , ".join(values))]).verdict(product).belongs
    assert listed is any(Rules([rule(field, "equal", value)]).verdict(product).belongs for value in values)


@given(
    of_any_kind, st.lists(st.tuples(st.sampled_from(ANY_FIELD), st.sampled_from(list(Operator))), max_size=4)
)
def test_counts_verdict_and_all_rules_say_the_same(
    product: Product, chosen: list[tuple[str, Operator]]
) -> None:
    rules = [rule(field, operator.value, "12") for field, operator in chosen]
    each = [one for one in rules if not Rules([one]).verdict(product).belongs]
    assert Rules(rules).failing(product) == each
    assert Rules(rules).verdict(product).belongs is (not each)


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
