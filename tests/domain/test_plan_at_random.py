"""Whatever product, terms and flags are put together: a plan after its own push is empty, and nothing leaks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.domain.planning import EVERYTHING, MAP, plan, pushed, sent, with_variant

from stockwire.domain.flags import channel_flags
from stockwire.domain.records import Product, Variant
from stockwire.domain.terms import ChannelTerms, SettingTerms, Takes, TaxRule, Terms

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
    "qty",
    "qty.JHB",
    "inventory_management",
]


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
