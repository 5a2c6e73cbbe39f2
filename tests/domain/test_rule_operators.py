"""Every operator over every kind of field, and what holds of rules whatever product they are asked of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.shirts import SHIRT

from stockwire.domain.records import Product, Variant
from stockwire.domain.rules import FIELDS, Operator, Rules, rule

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
