"""Products with variants: what is unsound is refused readably; shapes change without leaving anything behind."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import product as combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwire.domain.plan import Known, KnownVariant, Place, Plan, Planner, confirmed
from stockwire.domain.records import Product, Variant
from stockwire.domain.terms import SettingTerms, Takes, Terms
from stockwire.domain.variants import unsound

TERMS = Terms(takes=Takes(variants=True))


def variant(code: str, *values: str, price: str = "100", quantity: int = 5, active: bool = True) -> Variant:
    prices = {"retail": Decimal(price)} if price else {}
    return Variant(code, code, prices, {"": Decimal(quantity)}, option_values=values, active=active)


def shirt(*variants: Variant, names: tuple[str, ...] = ("Size",)) -> Product:
    return Product("SHIRT", True, "Shirt", variants, option_names=names)


SMALL, LARGE = variant("S-S", "S"), variant("S-L", "L")
SIMPLE = Product("S-S", True, "Shirt", (variant("S-S"),))


def plan(product: Product, known: Known | None = None, terms: Terms = TERMS) -> Plan:
    return Planner(terms).plan(product, known)


def on_channel(product: Product) -> Known:
    """The product as the channel has it after a whole push."""
    made = plan(product)
    if not product.option_names:
        code = product.variants[0].code
        return Known(variants={code: KnownVariant(Place("9"), confirmed(made.differences, {}))})
    found = {
        one.variant.code: KnownVariant(
            Place("500", one.variant.code, below=True), confirmed(one.differences, {})
        )
        for one in made.variants
    }
    return Known("500", confirmed(made.differences, {}), found)


@pytest.mark.parametrize(
    ("product", "said", "fix"),
    [
        (shirt(SMALL, variant("S-2", "s ")), "S-S and S-2 are both s ", "another option value"),
        (shirt(SMALL, variant("S-2")), "variant S-2 has no Size, and its siblings do", "Fill in Size of S-2"),
        (shirt(SMALL, variant("S-2", " ")), "variant S-2 has no Size", "Fill in Size"),
        (
            shirt(variant("A", "1", "2", "3", "4"), names=("a", "b", "c", "d")),
            "has 4 options (a, b, c, d); 3 is the most",
            "Leave out an option column",
        ),
        (shirt(variant("A", "S", "S"), names=("Size", "size")), "has options named 'Size', 'size'", "name of its own"),
        (shirt(variant("A", "S"), names=(" ",)), "has options named ' '", "name of its own"),
        (shirt(variant("A"), variant("B"), names=()), "has 2 variants (A, B) and no options", "Map an option column"),
        (shirt(variant("A", "S"), names=()), "A has option values, and the product has no option names", "Name the"),
    ],
)  # fmt: skip
def test_unsound_variants_are_refused_with_a_readable_reason(product: Product, said: str, fix: str) -> None:
    found = unsound(product)
    assert found is not None
    assert said in found[0]
    assert fix in found[1]
    made = plan(product)
    assert made.action == ""
    assert made.problem is not None
    assert product.code in made.problem.message


def test_up_to_three_options_and_every_combination_once_is_sound() -> None:
    variants = [variant("-".join(values), *values) for values in combinations("SML", "RG", "12")]
    assert unsound(shirt(*variants, names=("Size", "Colour", "Fit"))) is None


def test_a_variant_that_is_not_active_stands_in_nobodys_way() -> None:
    assert unsound(shirt(SMALL, variant("S-2", "S", active=False))) is None


def test_a_product_new_to_the_channel_goes_out_with_all_its_variants() -> None:
    made = plan(shirt(SMALL, LARGE))
    assert made.action == "add"
    assert [(one.name, one.after) for one in made.differences] == [
        ("option_names", ("Size",)),
        ("title", "Shirt"),
    ]
    assert [(one.variant.sku, one.action) for one in made.variants] == [("S-S", "add"), ("S-L", "add")]
    assert {one.name for one in made.variants[0].differences} == {
        "option_values",
        "price",
        "quantity",
        "inventory_management",
    }


def test_only_the_variant_that_differs_is_sent() -> None:
    known = on_channel(shirt(SMALL, LARGE))
    made = plan(shirt(SMALL, variant("S-L", "L", quantity=3)), known)
    assert (made.action, made.differences) == ("update", ())
    [changed] = made.variants
    assert (changed.variant.sku, [one.name for one in changed.differences]) == ("S-L", ["quantity"])


def test_variants_come_and_go_without_touching_their_siblings() -> None:
    known = on_channel(shirt(SMALL, LARGE))
    made = plan(shirt(SMALL, LARGE._replace(active=False), variant("S-M", "M")), known)
    assert [(one.variant.sku, one.action) for one in made.variants] == [("S-L", "remove"), ("S-M", "add")]


def test_a_variant_without_a_price_is_left_out_and_named_while_its_siblings_go() -> None:
    made = plan(shirt(SMALL, variant("S-L", "L", price="")))
    assert [one.variant.sku for one in made.variants] == ["S-S"]
    assert made.problem is not None
    assert "S-L has no price" in made.problem.message


def test_a_product_of_which_no_variant_is_active_is_taken_away_whole() -> None:
    gone = shirt(SMALL._replace(active=False), LARGE._replace(active=False))
    assert plan(gone, on_channel(shirt(SMALL, LARGE))).action == "remove"
    assert plan(gone).action == ""


def test_a_simple_product_that_comes_in_sizes_is_taken_away_first_and_then_made_anew() -> None:
    known = on_channel(SIMPLE)
    first = plan(shirt(SMALL, LARGE), known)
    assert first.action == "move"
    [gone] = first.variants
    assert (gone.action, gone.place) == ("remove", Place("9"))
    assert plan(shirt(SMALL, LARGE), None).action == "add"


def test_a_variant_that_becomes_a_simple_product_leaves_its_old_product_first() -> None:
    below = Known(variants={"S-S": on_channel(shirt(SMALL, LARGE)).variants["S-S"]})
    made = plan(SIMPLE, below)
    assert (made.action, [one.place for one in made.variants]) == ("move", [Place("500", "S-S", below=True)])


def test_a_variant_that_moved_to_another_product_leaves_the_old_one_first() -> None:
    elsewhere = KnownVariant(Place("777", "1", below=True))
    known = on_channel(shirt(SMALL))
    known = known._replace(variants={**known.variants, "S-L": elsewhere})
    made = plan(shirt(SMALL, LARGE), known)
    assert made.action == "move"
    assert [one.variant.sku for one in made.variants] == ["S-L"]


def test_an_empty_product_whose_variants_have_all_moved_away_is_taken_off_the_channel() -> None:
    shell = Product("SHIRT", False, "Shirt", (), option_names=("Size",))
    assert plan(shell, Known("500")).action == "remove"


def test_a_shape_cannot_change_where_nothing_may_be_deleted_and_the_fix_is_said() -> None:
    terms = replace(TERMS, settings=SettingTerms(delete_enabled=False))
    made = plan(shirt(SMALL), on_channel(SIMPLE), terms)
    assert made.action == ""
    assert made.problem is not None
    assert "unlink it here" in made.problem.hint


def test_a_channel_for_simple_products_refuses_one_with_variants() -> None:
    made = plan(shirt(SMALL), None, Terms())
    assert made.problem is not None
    assert "takes simple products only" in made.problem.message


sizes = st.lists(st.sampled_from(["S", "M", "L", "XL"]), unique=True, max_size=4)


@given(st.lists(st.tuples(sizes, st.integers(0, 9)), min_size=2, max_size=4))
def test_whatever_the_sizes_become_the_channel_ends_with_exactly_those(
    stages: list[tuple[list[str], int]],
) -> None:
    known: Known | None = None
    for names, quantity in stages:
        every = [
            variant(f"S-{name}", name, quantity=quantity, active=name in names)
            for name in ["S", "M", "L", "XL"]
        ]
        product = shirt(*every)
        for _ in range(3):
            made = plan(product, known)
            known = _carried_out(made, known)
        assert plan(product, known).action == ""
        assert set(known.variants if known else {}) == {f"S-{name}" for name in names}


def _carried_out(made: Plan, known: Known | None) -> Known | None:
    if made.action == "remove":
        return None
    before = known or Known()
    variants = dict(before.variants)
    for one in made.variants:
        if one.action == "remove":
            del variants[one.variant.code]
        else:
            at = variants.get(one.variant.code, KnownVariant(Place("500", one.variant.code, below=True)))
            variants[one.variant.code] = at._replace(
                fields={**at.fields, **confirmed(one.differences, at.fields)}
            )
    code = "500" if made.action == "add" else before.code
    return (
        Known(code, {**before.fields, **confirmed(made.differences, before.fields)}, variants)
        if code
        else known
    )
