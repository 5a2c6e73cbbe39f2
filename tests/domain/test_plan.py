"""Wanted against known: what is sent, what is not, and why."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwire.domain.flags import channel_flags
from stockwire.domain.plan import Known, KnownVariant, Place, Plan, Planner, confirmed
from stockwire.domain.pricing import price_for
from stockwire.domain.records import Image, Product, Variant
from stockwire.domain.rules import rule
from stockwire.domain.stock import sellable
from stockwire.domain.terms import ChannelTerms, SettingTerms, Takes, TaxRule, Terms

BOLT = Product(
    code="BOLT-M8",
    active=True,
    title="Hex bolt M8",
    variants=(Variant("BOLT-M8", "BOLT-M8", {"retail": Decimal("12.5000")}, {"": Decimal(240)}),),
)
EVERYTHING = Takes(
    frozenset({"title", "body_html", "barcode", "grams", "collection", "product_type", "vendor", "tags"}),
    meta=True,
    images=True,
    variants=True,
    locations=True,
    compare_at=True,
)
TERMS = Terms()

money = st.decimals(min_value="0.0051", max_value="99999", places=4)


# Written out, so that what is not given below stays as it is by itself and is not made up.
def a_variant(**given: Any) -> Variant:
    return Variant(**given)


def a_product(**given: Any) -> Product:
    return Product(**given)


variants = st.builds(
    a_variant,
    code=st.just("V1"),
    sku=st.text(min_size=1, max_size=20),
    price_tiers=st.dictionaries(st.sampled_from(["retail", "trade"]), money, max_size=2),
    quantities=st.dictionaries(
        st.sampled_from(["", "JHB", "CPT"]), st.decimals(min_value=0, max_value=10000, places=2), max_size=3
    ),
    held=st.decimals(min_value=0, max_value=100, places=0),
    barcode=st.none() | st.text(max_size=13),
    grams=st.none() | st.integers(0, 100000),
    inventory_management=st.booleans(),
)
products = st.builds(
    a_product,
    code=st.text(min_size=1, max_size=20),
    active=st.booleans(),
    title=st.text(max_size=40),
    variants=variants.map(lambda variant: (variant,)),
    body_html=st.none() | st.text(max_size=20),
    vendor=st.none() | st.sampled_from(["Karoo", "Bosveld"]),
    meta=st.dictionaries(st.sampled_from(["colour", "size"]), st.text(max_size=5), max_size=2),
)
terms = st.builds(
    Terms,
    channel=st.builds(
        ChannelTerms,
        price_tier=st.sampled_from(["", "retail", "trade"]),
        compare_at_tier=st.sampled_from(["", "retail"]),
        tax=st.sampled_from(TaxRule),
        warehouses=st.sampled_from([(), ("JHB",), ("JHB", "CPT")]),
        stock_buffer=st.integers(0, 20),
        stock_floor=st.integers(0, 5),
        qty_limit_upper=st.none() | st.integers(0, 50),
    ),
    takes=st.sampled_from([Takes(), EVERYTHING]),
)


def with_variant(product: Product, **changed: Any) -> Product:
    """The product with its only variant changed."""
    return product._replace(variants=(product.variants[0]._replace(**changed),))


def plan(product: Product, known: Known | None = None, given_terms: Terms = TERMS) -> Plan:
    return Planner(given_terms).plan(product, known)


def sent(product: Product, known: Known | None = None, given_terms: Terms = TERMS) -> dict[str, Any]:
    made = plan(product, known, given_terms)
    return {difference.name: difference.after for difference in made.differences}


def pushed(product: Product, made: Plan, known: Known | None) -> Known | None:
    """What is known once the channel has confirmed the whole plan, as the hub keeps it."""
    before = known or Known()
    if made.action == "remove":
        return None
    if made.action == "move":
        gone = {one.variant.code for one in made.variants}
        left = {code: one for code, one in before.variants.items() if code not in gone}
        return before._replace(variants=left) if left or before.code else None
    if not product.option_names:
        code = next(one.code for one in product.variants if one.active)
        at = before.variants.get(code, KnownVariant(Place("101", "")))
        return Known(
            variants={code: at._replace(fields={**at.fields, **confirmed(made.differences, at.fields)})}
        )
    found = dict(before.variants)
    for one in made.variants:
        if one.action == "remove":
            del found[one.variant.code]
            continue
        at = found.get(one.variant.code, KnownVariant(Place("500", f"5{one.variant.code}", below=True)))
        fields = {**at.fields, **confirmed(one.differences, at.fields)}
        found[one.variant.code] = at._replace(fields=fields)
    fields = {**before.fields, **confirmed(made.differences, before.fields)}
    return Known("500", fields, found)


def after_a_push(product: Product, given_terms: Terms = TERMS) -> Known:
    known = pushed(product, plan(product, None, given_terms), None)
    assert known is not None
    return known


def test_a_product_new_to_the_channel_is_added_with_everything_it_has() -> None:
    made = plan(BOLT)
    assert made.action == "add"
    assert sent(BOLT) == {
        "title": "Hex bolt M8",
        "price": Decimal("12.50"),
        "inventory_management": True,
        "quantity": 240,
    }


def test_only_the_field_that_differs_is_sent() -> None:
    known = after_a_push(BOLT)
    dearer = with_variant(BOLT, price_tiers={"retail": Decimal("13.90")})
    made = plan(dearer, known)
    assert made.action == "update"
    [difference] = made.differences
    assert (difference.group, difference.before, difference.after) == (
        "price",
        Decimal("12.50"),
        Decimal("13.90"),
    )
    assert difference.reason == "price list retail"


def test_a_field_the_source_does_not_supply_is_left_alone() -> None:
    known = after_a_push(with_variant(BOLT, barcode="6001234567890"))
    assert sent(with_variant(BOLT, barcode=None), known) == {}


def test_no_quantity_goes_out_for_a_product_whose_stock_is_not_managed() -> None:
    service = with_variant(BOLT, inventory_management=False)
    assert sent(service) == {
        "title": "Hex bolt M8",
        "price": Decimal("12.50"),
        "inventory_management": False,
    }
    assert sent(with_variant(service, quantities={"": Decimal(3)}), after_a_push(service)) == {}


def test_a_product_whose_stock_is_managed_again_gets_its_quantity_even_when_it_is_the_old_one() -> None:
    known = after_a_push(BOLT)
    unmanaged = plan(with_variant(BOLT, inventory_management=False), known)
    assert {difference.name: difference.after for difference in unmanaged.differences} == {
        "inventory_management": False
    }
    known = pushed(BOLT, unmanaged, known)
    assert sent(BOLT, known) == {"inventory_management": True, "quantity": 240}


def test_a_deleted_product_is_removed_where_it_is_linked_and_forgotten_where_it_is_not() -> None:
    gone = BOLT._replace(active=False)
    assert plan(gone, after_a_push(BOLT)).action == "remove"
    assert plan(gone).action == ""


def test_a_product_without_a_price_is_not_created_and_says_what_to_do() -> None:
    made = plan(with_variant(BOLT, price_tiers={}))
    assert made.action == ""
    assert made.problem is not None
    assert "BOLT-M8 has no price in the price list 'retail'" in made.problem.message
    assert "selling price in Omni" in made.problem.hint


def test_a_linked_product_that_loses_its_price_still_gets_its_stock() -> None:
    known = after_a_push(BOLT)
    made = plan(with_variant(BOLT, price_tiers={}, quantities={"": Decimal(3)}), known)
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


@given(products, terms)
def test_a_plan_after_its_own_push_is_empty(product: Product, given_terms: Terms) -> None:
    first = plan(product, None, given_terms)
    if first.action != "add":
        return
    assert plan(product, pushed(product, first, None), given_terms).action == ""


@given(products, products, terms)
def test_a_push_of_differences_leads_to_the_same_known_state_as_a_full_one(
    before: Product, after: Product, given_terms: Terms
) -> None:
    first = plan(before, None, given_terms)
    if first.action != "add":
        return
    known = pushed(before, first, None)
    change = plan(after, known, given_terms)
    if change.action != "update":
        return
    assert plan(after, pushed(after, change, known), given_terms).action == ""


@given(products, terms)
def test_no_plan_ever_holds_a_price_of_nothing_or_a_negative_quantity(
    product: Product, given_terms: Terms
) -> None:
    for difference in plan(product, None, given_terms).differences:
        if difference.name in {"price", "compare_at"}:
            assert isinstance(difference.after, Decimal)
            assert difference.after > 0
        if difference.name == "quantity":
            assert isinstance(difference.after, int)
            assert difference.after >= 0


def test_a_price_of_which_nothing_is_left_without_vat_is_no_price() -> None:
    """R0.0051 is a cent, and without VAT none."""
    product = with_variant(BOLT, price_tiers={"retail": Decimal("0.0051")})
    made = plan(product, None, Terms(channel=ChannelTerms(tax=TaxRule.REMOVE)))
    assert made.action == ""
    assert made.problem is not None
    assert made.problem.message.startswith("BOLT-M8 would cost R0.00 (price list retail, without 15% VAT)")


FLAGGED = [
    "title",
    "body_html",
    "vendor",
    "meta.*",
    "meta.colour",
    "barcode",
    "grams",
    "price",
    "price.trade",
]
FLAGGED += ["qty", "qty.JHB", "inventory_management"]


def names_of(flag: str) -> set[str]:
    return {"qty": {"quantity"}, "price": {"price", "compare_at"}}.get(flag, {flag})


@given(products, terms, st.sets(st.sampled_from(FLAGGED)))
def test_a_flag_set_to_the_channel_never_leaks_that_field(
    product: Product, given_terms: Terms, channels_own: set[str]
) -> None:
    flags = channel_flags("the shop", dict.fromkeys(channels_own, "channel"))
    found = sent(product, None, replace(given_terms, flags=flags))
    for flag in channels_own:
        assert not names_of(flag) & found.keys()
    if "meta.*" in channels_own:
        assert not [name for name in found if name.startswith("meta.")]
    if "price.trade" in channels_own and given_terms.channel.price_tier == "trade":
        assert "price" not in found
    if "qty.JHB" in channels_own and given_terms.channel.warehouses == ("JHB",):
        assert "quantity" not in found


OTHERWISE: dict[str, Any] = {
    "title": "another",
    "body_html": "another",
    "vendor": "another",
    "barcode": "another",
    "grams": 918_273,
    "inventory_management": None,
}


def with_another(product: Product, flag: str) -> Product:
    """The product with another value in the field of this flag, in each that it has one in."""
    head, _, part = flag.partition(".")
    [variant] = product.variants
    if head == "meta":
        wanted = product.meta if part == "*" else [key for key in product.meta if key == part]
        return product._replace(meta={**product.meta, **dict.fromkeys(wanted, "another")})
    if head in {"price", "qty"}:
        name = "price_tiers" if head == "price" else "quantities"
        held = getattr(variant, name)
        other = {key: value + 1000 if part in {"", key} else value for key, value in held.items()}
        return with_variant(product, **{name: other})
    if flag in {"barcode", "grams"}:
        return with_variant(product, **{flag: OTHERWISE[flag]})
    if flag == "inventory_management":
        return product
    return product._replace(**{flag: OTHERWISE[flag]})


@given(products, terms, st.sets(st.sampled_from(FLAGGED), min_size=1))
def test_what_is_sent_is_the_same_whatever_stands_in_a_field_that_is_the_channels(
    product: Product, given_terms: Terms, channels_own: set[str]
) -> None:
    flags = channel_flags("the shop", dict.fromkeys(channels_own, "channel"))
    flagged = replace(given_terms, flags=flags)
    other = product
    for flag in channels_own:
        other = with_another(other, flag)
    assert sent(other, None, flagged) == sent(product, None, flagged)


def test_a_warehouse_that_is_the_channels_is_left_out_of_the_sum_of_all() -> None:
    product = with_variant(BOLT, quantities={"JHB": Decimal(7), "CPT": Decimal(3)})
    flags = channel_flags("the shop", {"qty.jhb": "channel"})
    assert sent(product, None, replace(TERMS, flags=flags))["quantity"] == 3
    only = with_variant(BOLT, quantities={"JHB": Decimal(7)})
    assert "quantity" not in sent(only, None, replace(TERMS, flags=flags))
    maps = replace(TERMS, takes=EVERYTHING, flags=flags, settings=SettingTerms(location_map={"1": "{{qty}}"}))
    assert sent(product, None, maps)["quantity@1"] == 3


@given(products, st.data())
def test_a_field_map_never_leaks_what_a_flag_gives_to_the_channel(
    product: Product, data: st.DataObject
) -> None:
    channels_own = data.draw(st.sets(st.sampled_from(["title", "meta.colour", "price", "qty"]), min_size=1))
    terms = Terms(
        settings=SettingTerms(product_map=MAP, map_prices=frozenset({"regular_price"})),
        flags=channel_flags("the shop", dict.fromkeys(channels_own, "channel")),
        takes=EVERYTHING,
    )
    found = sent(product._replace(active=True), None, terms)
    uses = {
        "title": "map.title",
        "meta.colour": "map.colour",
        "price": "map.regular_price",
        "qty": "map.stock",
    }
    for flag in channels_own:
        assert uses[flag] not in found or _is_without(product, flag)


def _is_without(product: Product, flag: str) -> bool:
    """Whether the product has no value there at all, so that its map cannot show any of it."""
    variant = product.variants[0]
    return (flag == "meta.colour" and "colour" not in product.meta) or (
        flag == "price" and "retail" not in variant.price_tiers
    )


MAP = """{{! escape: json }}
{"title": "{{product.title}}", "colour": "{{meta.colour}}",
 "variations": [{"sku": "{{variant.sku}}", "regular_price": "{{variant.price}}", "stock": {{variant.qty}}}]}
"""


def test_a_field_map_decides_what_goes_out_and_nothing_else_does() -> None:
    settings = SettingTerms(
        product_map=MAP, map_prices=frozenset({"regular_price"}), map_stock=frozenset({"stock"})
    )
    made = plan(BOLT, None, Terms(settings=settings))
    assert {(one.group, one.name, one.after) for one in made.differences} == {
        ("content", "map.title", '"Hex bolt M8"'),
        ("content", "map.colour", '""'),
        ("price", "map.regular_price", '"12.5000"'),
        ("stock", "map.stock", "240"),
    }


def test_a_broken_field_map_stops_the_product_and_names_it() -> None:
    settings = SettingTerms(product_map='{"title": {{product.title}}}')
    made = plan(BOLT, None, Terms(settings=settings))
    assert made.action == ""
    assert made.problem is not None
    assert "BOLT-M8" in made.problem.message
    assert "product.title" in made.problem.message


def test_a_product_that_meets_no_rule_is_not_offered_and_one_that_stops_meeting_it_is_taken_away() -> None:
    fasteners = Terms(rules=(rule("collection", "equal", "Fasteners"),))
    bolt = BOLT._replace(collection="Fasteners")
    assert plan(bolt, None, fasteners).action == "add"
    assert plan(BOLT, None, fasteners).reason == (
        "not on the channel: rule: collection equal Fasteners; it is empty"
    )
    left = plan(BOLT, after_a_push(bolt, fasteners), fasteners)
    assert (left.action, left.reason) == ("remove", "rule: collection equal Fasteners; it is empty")


def test_what_leaves_stays_where_the_delete_setting_is_off_and_says_so() -> None:
    keeps = Terms(settings=SettingTerms(delete_enabled=False))
    made = plan(BOLT._replace(active=False), after_a_push(BOLT), keeps)
    assert made.action == ""
    assert "delete setting is off" in made.reason


@pytest.mark.parametrize(("tax", "shown"), [("as_is", "100.00"), ("add", "115.00"), ("remove", "86.96")])
def test_a_price_list_is_shown_with_or_without_vat_as_the_channel_says(tax: str, shown: str) -> None:
    bolt = with_variant(BOLT, price_tiers={"retail": Decimal(100)})
    assert sent(bolt, None, Terms(ChannelTerms(tax=TaxRule(tax))))["price"] == Decimal(shown)


def test_a_compare_at_price_is_shown_while_it_is_higher_and_cleared_once_it_is_not() -> None:
    terms = Terms(ChannelTerms(compare_at_tier="was"), takes=EVERYTHING)
    bolt = with_variant(BOLT, price_tiers={"retail": Decimal(80), "was": Decimal(100)})
    assert sent(bolt, None, terms)["compare_at"] == Decimal(100)
    dearer = with_variant(BOLT, price_tiers={"retail": Decimal(100), "was": Decimal(100)})
    assert sent(dearer, after_a_push(bolt, terms), terms) == {"price": Decimal(100), "compare_at": None}
    assert "compare_at" not in sent(dearer, None, terms)


def test_quantities_of_several_warehouses_are_added_up_or_one_is_chosen() -> None:
    bolt = with_variant(
        BOLT, quantities={"JHB": Decimal(5), "CPT": Decimal(7), "DBN": Decimal(9)}, held=Decimal(2)
    )
    assert sent(bolt)["quantity"] == 19
    assert sent(bolt, None, Terms(ChannelTerms(warehouses=("CPT",))))["quantity"] == 5
    assert sent(bolt, None, Terms(ChannelTerms(warehouses=("CPT", "JHB"))))["quantity"] == 10


def test_an_item_without_a_stock_record_in_the_warehouse_is_sold_out_there_and_says_why() -> None:
    bolt = with_variant(BOLT, quantities={"JHB": Decimal(5)})
    [quantity] = [
        one
        for one in plan(bolt, None, Terms(ChannelTerms(warehouses=("CPT",)))).differences
        if one.name == "quantity"
    ]
    assert (quantity.after, quantity.reason) == (0, "0 available (no stock record in CPT)")


def test_each_location_shows_its_own_warehouse_and_what_is_held_is_taken_off_once() -> None:
    settings = SettingTerms(
        location_map={"11": "{{qty_availability.JHB}}", "22": "{{qty_availability.CPT}}"}, qty_limit_upper=50
    )
    bolt = with_variant(BOLT, quantities={"JHB": Decimal(3), "CPT": Decimal(80)}, held=Decimal(5))
    found = sent(bolt, None, Terms(settings=settings, takes=EVERYTHING))
    assert {name: value for name, value in found.items() if name.startswith("quantity")} == {
        "quantity@11": 0,
        "quantity@22": 50,
    }


def test_a_channel_is_never_sent_a_field_that_it_cannot_show() -> None:
    bolt = BOLT._replace(vendor="Karoo", meta={"colour": "grey"})
    assert not {"vendor", "meta.colour"} & sent(bolt).keys()
    assert {"vendor", "meta.colour"} < sent(bolt, None, Terms(takes=EVERYTHING)).keys()


PICTURED = BOLT._replace(images=(Image("https://images.example/a.png", "aa"),))
BARE = BOLT._replace(images=())
PICTURES = Terms(takes=EVERYTHING)
KEPT_FROM_US = {
    "the flag is the channel's": Terms(
        takes=EVERYTHING, flags=channel_flags("the shop", {"images": "channel"})
    ),
    "a setting keeps them back": Terms(
        takes=EVERYTHING, settings=SettingTerms(withheld={"images": "block_image_enabled is on."})
    ),
    "the channel takes none": Terms(takes=Takes()),
}


def test_the_last_image_goes_from_the_channel_when_it_goes_from_the_product() -> None:
    known = after_a_push(PICTURED, PICTURES)
    made = plan(BARE, known, PICTURES)
    assert [(one.name, one.before, one.after, one.reason) for one in made.differences] == [
        ("images", ("aa",), (), "it has no images any more")
    ]
    after = pushed(BARE, made, known)
    assert plan(BARE, after, PICTURES).action == ""
    assert sent(PICTURED, after, PICTURES) == {"images": ("aa",)}


def test_images_of_a_product_that_never_had_any_here_are_never_touched() -> None:
    assert "images" not in sent(BARE, None, PICTURES)
    assert plan(BARE, after_a_push(BARE, PICTURES), PICTURES).action == ""


def test_images_that_are_only_awaited_take_none_away() -> None:
    known = after_a_push(PICTURED, PICTURES)
    assert plan(BARE._replace(images_awaited=True), known, PICTURES).action == ""


@pytest.mark.parametrize("given_terms", KEPT_FROM_US.values(), ids=KEPT_FROM_US)
def test_images_are_left_to_the_channel_where_they_are_not_ours_to_send(given_terms: Terms) -> None:
    assert plan(BARE, after_a_push(PICTURED, PICTURES), given_terms).action == ""


def test_a_compare_at_price_is_taken_off_when_the_channel_has_no_list_for_it_any_more() -> None:
    product = with_variant(BOLT, price_tiers={"retail": Decimal(10), "was": Decimal(12)})
    terms = Terms(takes=EVERYTHING, channel=ChannelTerms(compare_at_tier="was"))
    known = after_a_push(product, terms)
    without = Terms(takes=EVERYTHING)
    made = plan(product, known, without)
    assert [(one.name, one.before, one.after) for one in made.differences] == [
        ("compare_at", Decimal("12.00"), None)
    ]
    assert plan(product, pushed(product, made, known), without).action == ""
    assert sent(product, None, without).keys() & {"compare_at"} == set()
    kept = Terms(
        takes=EVERYTHING,
        channel=ChannelTerms(compare_at_tier="was"),
        flags=channel_flags("the shop", {"price.was": "channel"}),
    )
    assert plan(product, known, kept).action == ""
