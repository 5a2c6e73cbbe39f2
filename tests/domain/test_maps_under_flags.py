"""A field map sends nothing that it takes from a field of the channel's own, however it takes it."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.planning import EVERYTHING, plan, sent

from stockwire.domain.blots import speaks_of
from stockwire.domain.flags import channel_flags
from stockwire.domain.offer import Offer
from stockwire.domain.records import Image, Product, Variant
from stockwire.domain.setting_templates import setting_template
from stockwire.domain.terms import ChannelTerms, SettingTerms, Terms

SHIRT = Product(
    code="SHIRT",
    active=True,
    title="Cotton shirt",
    body_html="<p>Soft</p>",
    vendor="Karoo",
    collection=None,
    tags="summer",
    meta={"colour": "red", "pack": "6", "spec": '{"a": 1}', "on": "true", "blank": "", "deep": "[" * 60},
    images=(Image("https://x.example/1.png", "aa"),),
    variants=(
        Variant(
            "SHIRT",
            "SHIRT",
            {"retail": Decimal("12.50"), "trade": Decimal(10)},
            {"JHB": Decimal(7), "CPT": Decimal(3)},
            held=Decimal(2),
            barcode="6001",
            grams=None,
        ),
    ),
)
SIZED = SHIRT._replace(
    option_names=("Size", "Colour"),
    variants=(
        SHIRT.variants[0]._replace(code="S", sku="S", option_values=("Small", "Red")),
        SHIRT.variants[0]._replace(code="M", sku="M", option_values=("Medium", "Red")),
    ),
)


def shown(product: Product, product_map: str, flags: dict[str, str], **channel: Any) -> dict[str, Any]:
    """What the map sends of the product as a whole and of its only variant, as values."""
    terms = terms_of(product_map, flags, **channel)
    made = plan(product, None, terms)
    assert made.problem is None, made.problem
    return {
        one.name.removeprefix("map."): json.loads(str(one.after))
        for one in made.differences
        if one.name.startswith("map.")
    }


def terms_of(product_map: str, flags: dict[str, str], **channel: Any) -> Terms:
    settings = SettingTerms(product_map=product_map, map_prices=frozenset({"regular_price"}))
    given_flags = channel_flags("the shop", flags)
    return Terms(ChannelTerms(**channel), settings, given_flags, takes=EVERYTHING)


# What the map is, which field is the channel's, and which keys it still sends; k never depends on the field.
KEPT: dict[str, tuple[str, str, set[str]]] = {
    "as text": ('"a": "{{title}}"', "title", set()),
    "as a part of a text": ('"a": "x {{vendor}} y"', "vendor", set()),
    "under product.": ('"a": "{{product.title}}"', "title", set()),
    "in a list of texts": ('"a": ["x", "{{title}}"]', "title", set()),
    "in a list in a list": ('"a": [["{{title}}"]]', "title", set()),
    "in a group": ('"a": {"b": {"c": "{{title}}"}}', "title", set()),
    "in a list of groups": ('"a": [{"key": "t", "value": "{{title}}"}]', "title", set()),
    "as a key": ('"{{title}}": 1', "title", set()),
    "as a key of null": ('"{{title}}": null', "title", set()),
    "as a condition": ('"a": "{{#vendor}}yes{{/vendor}}"', "vendor", set()),
    "as a condition the other way round": ('"a": "{{^vendor}}no{{/vendor}}"', "vendor", set()),
    "as a condition of both": ('"a": {{#vendor}}true{{/vendor}}{{^vendor}}false{{/vendor}}', "vendor", set()),
    "as the condition of a whole key": ('{{#vendor}}"a": 1, {{/vendor}}"b": 2', "vendor", {"b"}),
    "that is not there, as a condition": ('"a": "{{^collection}}none{{/collection}}"', "collection", set()),
    "that is not there, as text": ('"a": "{{collection}}"', "collection", set()),
    "a number that is not there": ('"a": "{{variant.grams}}"', "grams", set()),
    "an attribute": ('"a": "{{meta.colour}}"', "meta.colour", set()),
    "an attribute of the product, in another spelling": ('"a": "{{product.meta.COLOUR}}"', "meta.Colour", set()),
    "an attribute by the flag of all": ('"a": "{{meta.colour}}"', "meta.*", set()),
    "an attribute in a section": ('"a": "{{#meta}}{{colour}}{{/meta}}"', "meta.colour", set()),
    "an attribute that is not there": ('"a": "{{^meta.size}}none{{/meta.size}}"', "meta.size", set()),
    "an attribute that is blank": ('"a": "{{^meta.blank}}none{{/meta.blank}}"', "meta.blank", set()),
    "an attribute that is a number, without quotes": ('"a": {{meta.pack}}', "meta.pack", set()),
    "an attribute that is a number, in a calculation": (
        '"a": {{#calculate}}{{variant.price}} / {{meta.pack}}{{/calculate}}', "meta.pack", set(),
    ),
    "an attribute that is JSON, without quotes": ('"a": {{{meta.spec}}}', "meta.spec", set()),
    "an attribute that is JSON, escaped": ('"a": "{{#json_escape}}{{{meta.spec}}}{{/json_escape}}"', "meta.spec", set()),
    "an attribute that is a switch, without quotes": ('"a": {{meta.on}}', "meta.on", set()),
    "an attribute of brackets without end": ('"a": "{{meta.deep}}"', "meta.deep", set()),
    "the price": ('"a": "{{variant.price}}"', "price", set()),
    "the price by its list": ('"a": "{{variant.price}}"', "price.retail", set()),
    "the price by the flag of all lists": ('"a": "{{variant.price}}"', "price.*", set()),
    "the price in a calculation": ('"a": {{#calculate}}round({{variant.price}} * 1.15, 2){{/calculate}}', "price", set()),
    "a list's price": ('"a": "{{variant.price_tiers.Trade}}"', "price.trade", set()),
    "a list's price by its single name": ('"a": "{{variant.price_tier_trade}}"', "price.TRADE", set()),
    "a list's price in sections": ('"a": "{{#variant}}{{#price_tiers}}{{trade}}{{/price_tiers}}{{/variant}}"', "price.trade", set()),
    "another list's price is sent": ('"a": "{{variant.price_tiers.trade}}"', "price.retail", {"a"}),
    "the quantity": ('"a": {{variant.qty}}', "qty", set()),
    "whether there is any": ('"a": {{#variant.qty}}true{{/variant.qty}}{{^variant.qty}}false{{/variant.qty}}', "qty", set()),
    "a warehouse": ('"a": {{variant.qty_availability.JHB}}', "qty.jhb", set()),
    "a warehouse by its single name": ('"a": {{variant.qty_availability_JHB}}', "qty.JHB", set()),
    "a warehouse that has no record": ('"a": "{{variant.qty_availability_DBN}}"', "qty.DBN", set()),
    "another warehouse is sent": ('"a": {{variant.qty_availability.CPT}}', "qty.JHB", {"a"}),
    "the barcode": ('"a": "{{variant.barcode}}"', "barcode", set()),
    "the barcode without quotes": ('"a": {{variant.barcode}}', "barcode", set()),
    "whether stock is managed": ('"a": {{variant.inventory_management}}', "inventory_management", set()),
    "the pictures": ('"a": [{{#images}}{"src": "{{src}}"}{{^last}},{{/last}}{{/images}}]', "images", set()),
    "how many pictures": ('"a": [{{#images}}1{{^last}},{{/last}}{{/images}}]', "images", set()),
    "whether there are options": ('"a": "{{#options}}yes{{/options}}{{^options}}no{{/options}}"', "options", set()),
    "the name of an option": ('"a": "{{variant.option1_name}}"', "options", set()),
    "of a variation": ('"variations": [{"sku": "{{variant.sku}}", "x": 1, "a": "{{variant.barcode}}"}]', "barcode", {"x"}),
    "of a list in a variation": ('"variations": [{"x": 1, "a": ["{{variant.barcode}}"]}]', "barcode", {"x"}),
    "as the condition of a variation": ('"variations": [{{#vendor}}{"x": 1}{{/vendor}}]', "vendor", set()),
    "as the form of a variation": ('"variations": [{{#vendor}}{"x": 1}{{/vendor}}{{^vendor}}0{{/vendor}}]', "vendor", set()),
    "beside one that is ours": ('"a": "{{title}}", "b": "{{vendor}}", "c": "{{#vendor}}yes{{/vendor}}"', "title", {"b", "c"}),
    "an attribute beside one that is ours": ('"a": "{{meta.colour}}", "b": {{meta.pack}}', "meta.colour", {"b"}),
    "a list's price by its single name in another case": ('"a": "{{variant.Price_Tier_TRADE}}"', "price.trade", set()),
    "whether there is a price": ('"a": {{#variant.price}}true{{/variant.price}}{{^variant.price}}false{{/variant.price}}', "price", set()),
    "whether a list has a price": ('"a": "{{#variant.price_tiers.trade}}yes{{/variant.price_tiers.trade}}"', "price.trade", set()),
    "whether it weighs anything": ('"a": "{{^variant.grams}}light{{/variant.grams}}"', "grams", set()),
    "whether an attribute that is a number is there": ('"a": "{{#meta.pack}}packed{{/meta.pack}}"', "meta.pack", set()),
    "whether stock is managed, as a condition": ('"a": "{{#variant.inventory_management}}yes{{/variant.inventory_management}}"', "inventory_management", set()),
    "that is not used": ('"a": "{{vendor}}"', "title", {"a"}),
}  # fmt: skip


@pytest.mark.parametrize("case", KEPT.values(), ids=KEPT)
def test_what_comes_from_a_field_of_the_channels_own_is_not_sent(case: tuple[str, str, set[str]]) -> None:
    text, flag, kept = case
    product_map = "{ " + text + ', "k": "{{variant.sku}}"}'
    assert set(shown(SHIRT, product_map, {})) > kept
    assert set(shown(SHIRT, product_map, {flag: "channel"})) == {"k", *kept}


@pytest.mark.parametrize(
    "text",
    [
        "{{variant.option1}}",
        "{{variant.option1_name}}",
        "{{variant.option2}}",
        "{{variant.option3}}",
        "{{#options}}{{name}},{{/options}}",
    ],
)
def test_options_that_are_the_channels_own_stay_out_of_every_variation(text: str) -> None:
    product_map = '{"variations": [{"sku": "{{variant.sku}}", "k": 1, "a": "' + text + '"}]}'
    planned = plan(SIZED, None, terms_of(product_map, {"options": "channel"})).variants
    assert [[one.name for one in variant.differences] for variant in planned] == [["map.k"], ["map.k"]]


def test_a_flag_of_one_part_goes_before_the_flag_of_all() -> None:
    product_map = '{"a": "{{variant.price_tiers.trade}}", "b": "{{variant.price}}", "c": "{{meta.pack}}"}'
    flags = {"price": "channel", "price.trade": "system", "meta.*": "channel", "meta.pack": "system"}
    assert shown(SHIRT, product_map, flags) == {"a": "10", "c": "6"}
    assert shown(SHIRT, product_map, {"price": "channel", "price.retail": "system"}) == {
        "b": "12.50",
        "c": "6",
    }


def test_what_the_hub_holds_is_taken_off_the_warehouses_that_are_its_own() -> None:
    product_map = '{"a": {{variant.qty_availability.JHB}}, "b": {{variant.qty_availability.CPT}}}'
    assert shown(SHIRT, product_map, {}) == {"a": 7, "b": 1}
    assert shown(SHIRT, product_map, {"qty.CPT": "channel"}) == {"a": 5}


def test_a_map_whose_form_depends_on_a_field_of_the_channels_own_is_refused_and_names_it() -> None:
    product_map = '{"k": 1,\n {{{meta.part}}}}'
    product = SHIRT._replace(meta={"part": '"a": 1'})
    assert shown(product, product_map, {}) == {"k": 1, "a": 1}
    problem = plan(product, None, terms_of(product_map, {"meta.part": "channel"})).problem
    assert problem is not None
    assert problem.message == (
        "SHIRT: product_map, line 2: it cannot be told what else depends on meta.part, which is the channel's own"
    )
    assert problem.hint.startswith("Take meta.part out of the map, or let the hub send it again")


def test_why_says_which_key_is_held_back() -> None:
    offer = Offer(terms_of('{"a": "{{title}}", "variations": [{"b": "{{title}}"}]}', {"title": "channel"}))
    offer.product(SHIRT)
    offer.variant(SHIRT, SHIRT.variants[0])
    taken = "the field map takes it from a field that is the channel's own"
    assert {name: why for name, why in offer.withheld.items() if name.startswith("map.")} == {
        "map.a": taken,
        "map.variations.b": taken,
    }


@pytest.mark.parametrize(
    ("text", "flag", "speaks"),
    [
        ("{{title}}", "title", True),
        ("{{product.title}}", "title", True),
        ("{{#product}}{{title}}{{/product}}", "title", True),
        ("{{vendor}}", "title", False),
        ("{{#images}}{{src}}{{/images}}", "images", True),
        ("{{images.0.src}}", "images", True),
        ("{{variant.option2_name}}", "options", True),
        ("{{#options}}x{{/options}}", "options", True),
        ("{{meta.Colour}}", "meta.colour", True),
        ("{{#meta}}{{COLOUR}}{{/meta}}", "meta.colour", True),
        ("{{#product.meta}}x{{/product.meta}}", "meta.colour", True),
        ("{{^product}}{{#meta}}x{{/meta}}{{/product}}", "meta.colour", True),
        ("{{meta.size}}", "meta.colour", False),
        ("{{meta.size}}", "meta.*", True),
        ("{{meta.a.b}}", "meta.a.b", True),
        ("{{variant.price}}", "price.retail", True),
        ("{{variant.price_tier_Trade}}", "price.*", True),
        ("{{#variant}}{{#price_tiers}}{{Trade}}{{/price_tiers}}{{/variant}}", "price.trade", True),
        ("{{variant.sku}}", "price", False),
        ("{{variant.qty}}", "qty.jhb", True),
        ("{{variant.qty_availability_CPT}}", "qty", True),
        ("{{variant.barcode}}", "qty.*", False),
    ],
)
def test_whether_a_template_may_use_the_field_of_a_flag(text: str, flag: str, speaks: bool) -> None:
    assert speaks_of(setting_template(text, "product_map"), flag) is speaks


def test_each_variant_is_made_of_itself_however_often_and_in_whatever_order_it_is_asked_for() -> None:
    offer = Offer(terms_of('{"variations": [{"sku": "{{variant.sku}}", "b": "{{variant.option1}}"}]}', {}))
    small, medium = SIZED.variants
    asked = [offer.variant(SIZED, one).fields["content"]["map.b"] for one in (small, medium, small, small)]
    assert asked == ['"Small"', '"Medium"', '"Small"', '"Small"']
    other = SIZED._replace(variants=(small._replace(option_values=("Tiny", "Red")), medium))
    assert offer.variant(other, other.variants[0]).fields["content"]["map.b"] == '"Tiny"'
    assert offer.variant(SIZED, small).fields["content"]["map.b"] == '"Small"'


EVERYWHERE = """{{! escape: json }}
{"title": "{{title}}", "body": "{{#body_html}}{{body_html}}{{/body_html}}", "vendor": "{{^vendor}}?{{/vendor}}",
 "texts": ["{{collection}}", "{{product_type}}", "{{tags}}"],
 "colour": {"is": "{{meta.colour}}"}, "size": "{{#meta.size}}sized{{/meta.size}}",
 "pictures": [{{#images}}"{{src}}"{{^last}},{{/last}}{{/images}}],
 "variations": [{"sku": "{{variant.sku}}", "barcode": "{{variant.barcode}}",
   "heavy": "{{#variant.grams}}{{variant.grams}}{{/variant.grams}}",
   "price": "{{variant.price}}", "trade": "{{#variant}}{{price_tier_trade}}{{/variant}}",
   "stock": {{variant.qty}}, "some": {{#variant.qty}}1{{/variant.qty}}{{^variant.qty}}0{{/variant.qty}},
   "jhb": "{{variant.qty_availability.JHB}}", "managed": {{variant.inventory_management}}}]}
"""
FLAGS = (
    *("title", "body_html", "collection", "product_type", "vendor", "tags", "images", "barcode", "grams"),
    *("price", "price.retail", "price.trade", "price.*", "qty", "qty.JHB", "qty.*", "inventory_management"),
    *("meta.colour", "meta.size", "meta.*", "options"),
)
texts = st.none() | st.text(max_size=6) | st.sampled_from(["6", "true", "[1]", '"', "\n", "0"])
amounts = st.decimals(min_value=0, max_value=1000, places=2)


def other_values(product: Product, flags: set[str], data: st.DataObject) -> Product:
    """The product with anything at all in the fields of these flags, nothing too."""
    [variant] = product.variants
    changed: dict[str, Any] = {}
    for name in ("body_html", "collection", "product_type", "vendor", "tags"):
        if name in flags:
            changed[name] = data.draw(texts)
    if "title" in flags:
        changed["title"] = data.draw(texts) or ""
    if "images" in flags:
        changed["images"] = tuple(
            Image(f"https://x.example/{n}.png", str(n)) for n in range(data.draw(st.integers(0, 3)))
        )
    changed["meta"] = _other_parts("meta", product.meta, ("colour", "size"), texts, flags, data)
    of: dict[str, Any] = {
        "price_tiers": _other_parts("price", variant.price_tiers, ("retail", "trade"), amounts, flags, data),
        "quantities": _other_parts("qty", variant.quantities, ("JHB", "CPT"), amounts, flags, data),
    }
    if "barcode" in flags:
        of["barcode"] = data.draw(texts)
    if "grams" in flags:
        of["grams"] = data.draw(st.none() | st.integers(0, 5))
    if "inventory_management" in flags:
        of["inventory_management"] = data.draw(st.booleans())
    return product._replace(**changed, variants=(variant._replace(**of),))


def _other_parts(
    head: str, parts: Any, names: tuple[str, ...], values: Any, flags: set[str], data: st.DataObject
) -> dict[str, Any]:
    found = dict(parts)
    for name in names:
        if flags & {f"{head}.{name}", f"{head}.*", head}:
            value = data.draw(st.none() | values)
            found.pop(name, None)
            if value is not None:
                found[name] = value
    return found


@given(st.sets(st.sampled_from(FLAGS), min_size=1, max_size=4), st.data())
def test_whatever_stands_in_a_field_of_the_channels_own_the_map_sends_the_same(
    flags: set[str], data: st.DataObject
) -> None:
    terms = replace(
        terms_of(EVERYWHERE, dict.fromkeys(flags, "channel")), settings=SettingTerms(product_map=EVERYWHERE)
    )
    one, other = (other_values(SHIRT, flags, data) for _ in range(2))
    assert sent(one, None, terms) == sent(other, None, terms)
    assert plan(one, None, terms).problem is None
