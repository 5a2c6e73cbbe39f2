"""What a channel shows against what it confirmed: what is drift, what is none, and whose doing it was."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwire.domain.drift import (
    ALREADY_OURS,
    BOTH_CHANGED,
    CHANGED,
    SOLD_OR_CHANGED,
    LookedAfter,
    differing,
    differs_in_sku,
    looked_after,
    same,
)
from stockwire.domain.flags import channel_flags
from stockwire.domain.plan import Groups, Known, KnownVariant, Place, Planner, Value, confirmed
from stockwire.domain.records import Product, Variant
from stockwire.domain.rules import rule
from stockwire.domain.terms import SettingTerms, Takes, Terms

TAKES = Takes(frozenset({"title", "body_html", "barcode", "tags"}), meta=True, variants=True, compare_at=True)
TERMS = Terms(takes=TAKES)
BOLT = Product(
    code="BOLT",
    active=True,
    title="Hex bolt",
    variants=(Variant("BOLT", "BOLT", {"retail": Decimal("12.5000")}, {"": Decimal(240)}),),
)
SHIRT = Product(
    code="SHIRT",
    active=True,
    title="Shirt",
    variants=tuple(
        Variant(
            f"SHIRT-{size}", f"SHIRT-{size}", {"retail": Decimal(99)}, {"": Decimal(3)}, option_values=(size,)
        )
        for size in ("S", "M")
    ),
    option_names=("Size",),
)


def after_a_push(product: Product, terms: Terms = TERMS) -> Known:
    """The known state when the channel confirmed everything that is wanted of the product."""
    plan = Planner(terms).plan(product, None)
    assert plan.action == "add"
    if not product.option_names:
        variant = next(one for one in product.variants if one.active)
        fields = confirmed(plan.differences, {})
        return Known(variants={variant.code: KnownVariant(Place("7"), fields)})
    return Known(
        "7",
        confirmed(plan.differences, {}),
        {
            one.variant.code: KnownVariant(Place("7", one.variant.code, True), confirmed(one.differences, {}))
            for one in plan.variants
        },
    )


def flat(groups: Groups) -> dict[str, Value]:
    return {name: value for fields in groups.values() for name, value in fields.items()}


# what was confirmed, what the channel shows, what is wanted now -> what is said of it (None: no drift)
CASES: list[tuple[str, str, Value, Value, Value, str | None]] = [
    ("price", "the same money, written otherwise", Decimal("12.50"), Decimal("12.5"), Decimal("12.50"), None),
    ("price", "another price", Decimal("12.50"), Decimal("9.00"), Decimal("12.50"), CHANGED),
    ("price", "no price any more", Decimal("12.50"), None, Decimal("12.50"), CHANGED),
    ("price", "changed on both sides", Decimal("12.50"), Decimal("9.00"), Decimal("15.00"), BOTH_CHANGED),
    ("price", "changed to what we want", Decimal("12.50"), Decimal("15"), Decimal("15.00"), ALREADY_OURS),
    ("price", "changed here only", Decimal("12.50"), Decimal("12.50"), Decimal("15.00"), None),
    ("compare_at", "a price struck through by hand", None, Decimal("150.00"), None, CHANGED),
    ("compare_at", "none, as confirmed", None, None, None, None),
    ("quantity", "the same figure", 7, Decimal("7.0000"), 7, None),
    ("quantity", "another figure", 7, 5, 7, SOLD_OR_CHANGED),
    ("quantity", "sold, and the order is here", 7, 5, 5, ALREADY_OURS),
    ("quantity@JHB", "another figure in one location", 7, 5, 7, SOLD_OR_CHANGED),
    ("title", "another title", "Bolt", "Bolt!", "Bolt", CHANGED),
    ("title", "another case", "Bolt", "BOLT", "Bolt", CHANGED),
    ("body_html", "empty is none", "", None, "", None),
    ("body_html", "none is empty", None, "", None, None),
    ("body_html", "emptied", "<p>Zinc</p>", "", "<p>Zinc</p>", CHANGED),
    ("inventory_management", "on and on", True, True, True, None),
    ("inventory_management", "switched off", True, False, True, CHANGED),
    ("inventory_management", "1 is not on", True, 1, True, CHANGED),
    ("option_values", "the same list", ("S", "Red"), ("S", "Red"), ("S", "Red"), None),
    ("option_values", "the channel's own order", ("S", "Red"), ("Red", "S"), ("S", "Red"), None),
    ("option_values", "another value", ("S",), ("M",), ("S",), CHANGED),
    ("option_names", "another order", ("Size", "Colour"), ("Colour", "Size"), ("Size", "Colour"), CHANGED),
    ("images", "none left", ("abc",), (), ("abc",), CHANGED),
]


@pytest.mark.parametrize(
    ("name", "_", "before", "shown", "wanted", "said"), CASES, ids=[f"{case[0]}: {case[1]}" for case in CASES]
)
def test_one_field(name: str, _: str, before: Value, shown: Value, wanted: Value, said: str | None) -> None:
    found = differing({"any": {name: before}}, {name: shown}, {"any": {name: wanted}})
    assert [(one.name, one.confirmed, one.shown, one.wanted, one.said) for one in found] == (
        [] if said is None else [(name, before, shown, wanted, said)]
    )


def test_a_field_that_is_not_shown_or_not_sent_any_more_is_no_drift() -> None:
    known = {"content": {"title": "Bolt", "barcode": "6001"}}
    assert differing(known, {"barcode": "6002"}, {"content": {"title": "Bolt"}}) == ()


def test_quantities_say_nothing_while_the_channel_does_not_manage_the_stock() -> None:
    known = {"stock": {"inventory_management": True, "quantity": 7, "quantity@JHB": 7}}
    shown = {"inventory_management": False, "quantity": None, "quantity@JHB": 0}
    assert [one.name for one in differing(known, shown, known)] == ["inventory_management"]
    unmanaged = {"stock": {"inventory_management": False, "quantity": 7}}
    assert differing(unmanaged, {"quantity": 5}, unmanaged) == ()


def test_what_the_channel_itself_answered_is_no_drift_and_anything_else_is() -> None:
    known, answered = {"price": {"price": Decimal("13.905")}}, {"price": {"price": Decimal("13.91")}}
    for shown in ("13.91", "13.905"):
        assert differing(known, {"price": Decimal(shown)}, known, answered) == ()
    [found] = differing(known, {"price": Decimal("13.90")}, known, answered)
    assert (found.confirmed, found.shown) == (Decimal("13.905"), Decimal("13.90"))


def test_html_escapes_count_unless_the_connector_says_that_the_channel_makes_them() -> None:
    known = {"content": {"title": "Bolts & nuts"}}
    shown = {"title": "Bolts &amp; nuts"}
    assert [one.name for one in differing(known, shown, known)] == ["title"]
    assert differing(known, shown, known, escaped=frozenset({"title"})) == ()


@pytest.mark.parametrize(
    ("ours", "shown", "withheld", "differs"),
    [
        ("BOLT-M8", "bolt-m8 ", "", False),
        ("BOLT-M8", "BOLT-M9", "", True),
        ("BOLT-M8", "", "", True),
        ("BOLT-M8", "BOLT-M9", "flag sku of the channel is channel", False),
    ],
)
def test_an_sku_differs(ours: str, shown: str, withheld: str, differs: bool) -> None:
    assert differs_in_sku(ours, shown, withheld) is differs


def test_a_simple_product_is_looked_after_whole_with_its_variant() -> None:
    found = looked_after(Planner(TERMS), BOLT, after_a_push(BOLT))
    assert found.own == {}
    assert flat(found.variants["BOLT"]) == {
        "title": "Hex bolt",
        "price": Decimal("12.50"),
        "inventory_management": True,
        "quantity": 240,
    }


def test_a_product_with_variants_is_looked_after_as_itself_and_by_variant() -> None:
    found = looked_after(Planner(TERMS), SHIRT, after_a_push(SHIRT))
    assert flat(found.own) == {"title": "Shirt", "option_names": ("Size",)}
    assert set(found.variants) == {"SHIRT-S", "SHIRT-M"}
    assert flat(found.variants["SHIRT-S"])["option_values"] == ("S",)


LEFT_ALONE: list[tuple[str, Product, Terms]] = [
    ("set to DELETE", BOLT._replace(active=False), TERMS),
    ("kept out by a rule", BOLT, replace(TERMS, rules=(rule("title", "equal", "Nut"),))),
    (
        "its field map cannot be made",
        BOLT,
        replace(TERMS, settings=SettingTerms(product_map='{"a": {{title}}}')),
    ),
]


@pytest.mark.parametrize(
    ("product", "terms"), [case[1:] for case in LEFT_ALONE], ids=[case[0] for case in LEFT_ALONE]
)
def test_what_the_hub_does_not_send_now_is_left_alone(product: Product, terms: Terms) -> None:
    assert looked_after(Planner(terms), product, after_a_push(BOLT)) == LookedAfter()


def test_what_is_there_in_another_shape_is_left_to_the_plan() -> None:
    simple = Known(variants={"SHIRT-S": KnownVariant(Place("9"), {"content": {"title": "Shirt"}})})
    assert looked_after(Planner(TERMS), SHIRT, simple).variants == {}


def test_a_field_whose_flag_is_the_channels_is_not_looked_after() -> None:
    terms = replace(TERMS, flags=channel_flags("the shop", {"title": "channel", "price": "channel"}))
    assert set(flat(looked_after(Planner(terms), BOLT, after_a_push(BOLT)).variants["BOLT"])) == {
        "inventory_management",
        "quantity",
    }


texts = st.text("aB9é&;< ", max_size=8)
numbers = st.decimals(min_value=0, max_value=9999, places=4)
values = (
    st.none() | st.booleans() | st.integers(0, 999) | numbers | texts | st.lists(texts, max_size=3).map(tuple)
)
fields = st.dictionaries(
    st.sampled_from(
        ["title", "body_html", "price", "compare_at", "quantity", "quantity@JHB", "images", "meta.a"]
    ),
    values,
    max_size=6,
)
groups = st.dictionaries(st.sampled_from(["content", "price", "stock"]), fields, max_size=3)


@given(fields, groups, groups)
def test_a_channel_that_shows_what_it_confirmed_has_no_drift(
    known: dict[str, Value], wanted: Groups, answered: Groups
) -> None:
    assert differing({"content": known}, known, wanted, answered) == ()


@given(fields, fields, st.booleans())
def test_what_differs_was_confirmed_and_shown_and_is_sent(
    known: dict[str, Value], shown: dict[str, Value], escaped: bool
) -> None:
    names = frozenset(known) if escaped else frozenset()
    for one in differing({"content": known}, shown, {"content": known}, escaped=names):
        assert not same(known[one.name], shown[one.name])
        assert one.said in {CHANGED, SOLD_OR_CHANGED}


# Written out, so that what is not given below stays as it is by itself and is not made up.
def a_variant(**given: Any) -> Variant:
    return Variant(**given)


def a_product(**given: Any) -> Product:
    return Product(**given)


products = st.builds(
    a_product,
    code=st.just("P"),
    active=st.just(True),
    title=texts,
    body_html=st.none() | texts,
    meta=st.dictionaries(st.sampled_from(["colour", "size"]), texts, max_size=2),
    variants=st.builds(
        a_variant,
        code=st.just("V"),
        sku=st.just("V"),
        price_tiers=st.fixed_dictionaries({"retail": st.decimals("0.01", "9999", places=4)}),
        quantities=st.fixed_dictionaries({"": numbers}),
        barcode=st.none() | texts,
        inventory_management=st.booleans(),
    ).map(lambda variant: (variant,)),
)


@given(products, st.dictionaries(st.sampled_from(["title", "price", "qty", "meta.*"]), st.just("channel")))
def test_after_a_push_whatever_the_flags_nothing_drifts(product: Product, flags: dict[str, Any]) -> None:
    planner = Planner(replace(TERMS, flags=channel_flags("the shop", flags)))
    known = after_a_push(product, TERMS)
    shown = known.variants["V"].fields
    kept = looked_after(planner, product, known).variants["V"]
    assert differing(shown, flat(shown), kept) == ()
    changed = {name: f"{value}x" for name, value in flat(shown).items() if isinstance(value, str)}
    drifted = {one.name for one in differing(shown, {**flat(shown), **changed}, kept)}
    assert drifted == {name for name in changed if name in flat(kept)}


@pytest.mark.parametrize(
    ("name", "confirmed_value", "shown", "drifts"),
    [
        ("map.regular_price", '"115"', '"115.00"', False),
        ("map.regular_price", "115.00", '"115"', False),
        ("map.regular_price", '"115.00"', '"99.00"', True),
        ("map.sale_price", '""', '""', False),
        ("map.sale_price", '""', '"80.00"', True),
        ("map.manage_stock", "true", "true", False),
        ("map.manage_stock", '"true"', "true", False),
        ("map.manage_stock", "true", "false", True),
        ("map.stock_quantity", "7", "3", True),
        ("map.name", '"Nuts & bolts"', '"Nuts &amp; bolts"', False),
        ("map.name", '"Nuts"', '"Bolts"', True),
        ("map.name", '"007"', '"7"', False),
        ("title", "007", "7", True),
    ],
)
def test_what_a_field_map_made_is_compared_by_what_it_means(
    name: str, confirmed_value: str, shown: str, drifts: bool
) -> None:
    group = "stock" if "stock" in name else "price" if "price" in name else "content"
    sent = {group: {name: confirmed_value}}
    [*found] = differing(sent, {name: shown}, sent)
    assert bool(found) is drifts
    if drifts:
        assert found[0].said == (SOLD_OR_CHANGED if name == "map.stock_quantity" else CHANGED)
