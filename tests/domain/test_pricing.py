"""Which price a channel shows: price list, rounding, VAT, compare-at, and what is never a price."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.planning import BOLT, EVERYTHING, after_a_push, plan, sent, with_variant

from stockwire.domain.flags import channel_flags
from stockwire.domain.plan import Plan
from stockwire.domain.pricing import free_of_charge, price_for
from stockwire.domain.records import Product
from stockwire.domain.terms import ChannelTerms, SettingTerms, TaxRule, Terms

LISTS = {
    "retail": Decimal("12.5000"),
    "Trade": Decimal("9.995"),
    "free": Decimal(0),
    "dust": Decimal("0.004"),
}
PRICES: dict[str, tuple[str, str | None, str]] = {
    "the retail list where none is named": ("", "12.50", "price list retail"),
    "a list": ("Trade", "10.00", "price list Trade"),
    "a list in any spelling": (" TRADE ", "10.00", "price list  TRADE "),
    "the retail list by its name": ("RETAIL", "12.50", "price list RETAIL"),
    "a list without this item is not replaced by retail": ("vip", None, "BOLT has no price in the price list 'vip'."),
    "a price of nothing": ("free", None, "BOLT has a price of R0.00 in the price list 'free', so its price is not sent."),
    "a price of which nothing is left at the cent": ("dust", None, "BOLT has a price of R0.00 in the price list 'dust', so its price is not sent."),
}  # fmt: skip


@pytest.mark.parametrize("case", PRICES.values(), ids=PRICES)
def test_the_price_in_a_list(case: tuple[str, str | None, str]) -> None:
    tier, price, reason = case
    found = price_for("BOLT", LISTS, tier)
    assert (None if found.price is None else str(found.price), found.reason) == (price, reason)
    assert bool(found.hint) is (price is None)


def test_an_item_without_any_price_has_none() -> None:
    assert price_for("BOLT", {}, "").price is None


@pytest.mark.parametrize("price", ["-1", "-0.01", "0", "0.0049", "0.005", "99999999999.9999"])
def test_the_smallest_and_the_largest_prices(price: str) -> None:
    found = price_for("BOLT", {"retail": Decimal(price)}, "").price
    assert (found is not None) is (Decimal(price) >= Decimal("0.005"))


# The list price is rounded once, at the end: 9.995 with 15 % VAT is 11.49425, and not 10.00 with VAT.
TAXED: dict[str, tuple[str, TaxRule, str, str, str]] = {
    "as it is": ("100", TaxRule.AS_IS, "15", "100.00", "price list retail"),
    "the rate is of no account as it is": ("100", TaxRule.AS_IS, "14", "100.00", "price list retail"),
    "put on": ("100", TaxRule.ADD, "15", "115.00", "price list retail, with 15% VAT"),
    "taken off": ("115", TaxRule.REMOVE, "15", "100.00", "price list retail, without 15% VAT"),
    "put on, rounded once": ("9.995", TaxRule.ADD, "15", "11.49", "price list retail, with 15% VAT"),
    "put on, half a cent goes up": ("12.50", TaxRule.ADD, "15", "14.38", "price list retail, with 15% VAT"),
    "taken off, rounded once": ("0.575", TaxRule.REMOVE, "15", "0.50", "price list retail, without 15% VAT"),
    "taken off, not even": ("100", TaxRule.REMOVE, "15", "86.96", "price list retail, without 15% VAT"),
    "a rate with decimals": ("10", TaxRule.ADD, "7.50", "10.75", "price list retail, with 7.5% VAT"),
    "a rate of none": ("10", TaxRule.ADD, "0", "10.00", "price list retail, with 0% VAT"),
}


@pytest.mark.parametrize("case", TAXED.values(), ids=TAXED)
def test_the_price_with_and_without_vat(case: tuple[str, TaxRule, str, str, str]) -> None:
    listed, tax, rate, shown, reason = case
    item = with_variant(BOLT, price_tiers={"retail": Decimal(listed)})
    made = plan(item, None, Terms(ChannelTerms(tax=tax, tax_rate=Decimal(rate))))
    [price] = [one for one in made.differences if one.name == "price"]
    assert (str(price.after), price.reason) == (shown, reason)


WAS: dict[str, tuple[dict[str, str], dict[str, Any], str, str | None]] = {
    "above the price": ({"retail": "80", "was": "100"}, {"compare_at_tier": "was"}, "", "100.00"),
    "in any spelling": ({"retail": "80", "was": "100"}, {"compare_at_tier": "WAS"}, "", "100.00"),
    "equal to the price": ({"retail": "100", "was": "100"}, {"compare_at_tier": "was"}, "", None),
    "below the price": ({"retail": "100", "was": "80"}, {"compare_at_tier": "was"}, "", None),
    "zero": ({"retail": "100", "was": "0"}, {"compare_at_tier": "was"}, "", None),
    "not there": ({"retail": "100"}, {"compare_at_tier": "was"}, "", None),
    "above by less than a cent": ({"retail": "100", "was": "100.004"}, {"compare_at_tier": "was"}, "", None),
    "above by half a cent": ({"retail": "100", "was": "100.005"}, {"compare_at_tier": "was"}, "", "100.01"),
    "VAT is put on both": ({"retail": "100", "was": "200"}, {"compare_at_tier": "was", "tax": TaxRule.ADD}, "", "230.00"),
    "VAT is taken off both": ({"retail": "100", "was": "230"}, {"compare_at_tier": "was", "tax": TaxRule.REMOVE}, "", "200.00"),
    "no list for it": ({"retail": "80", "was": "100"}, {}, "", None),
    "by the template": ({"retail": "80", "was": "100"}, {}, "{{price_tiers.was.price}}", "100.00"),
    "by the template of the variant": ({"retail": "80", "was": "100"}, {}, "{{variant.price_tiers.Was.price}}", "100.00"),
    "by a calculation, rounded once and half up": ({"retail": "10", "was": "19.985"}, {}, "{{price_tiers.was.price}}", "19.99"),
    "by the template, rounded after the VAT": (
        {"retail": "1", "was": "9.995"}, {"tax": TaxRule.ADD}, "{{price_tiers.was.price}}", "11.49",
    ),
    "by the template, below one rand": ({"retail": "0.10", "was": "0.50"}, {}, "{{price_tiers.was.price}}", "0.50"),
    "by a template that comes to nothing but blanks": ({"retail": "80"}, {}, " {{price_tiers.was.price}} ", None),
    "by a template that comes to nothing": ({"retail": "80"}, {}, "{{price_tiers.was.price}}", None),
    "by a template that comes to zero": ({"retail": "80", "was": "0"}, {}, "{{price_tiers.was.price}}", None),
    "by a template that comes to less than zero": ({"retail": "80"}, {}, "-5", None),
    "the list goes before the template": ({"retail": "80", "was": "100", "rrp": "120"}, {"compare_at_tier": "rrp"}, "{{price_tiers.was.price}}", "120.00"),
    "a list with a dot in its name": ({"retail": "80", "v1.2": "100"}, {}, "{{price_tiers.v1.2.price}}", "100.00"),
}  # fmt: skip


def priced(prices: dict[str, str], channel: dict[str, Any], template: str, flags: Any = None) -> Plan:
    item = with_variant(BOLT, price_tiers={tier: Decimal(amount) for tier, amount in prices.items()})
    given_flags = channel_flags("the shop", flags or {})
    terms = Terms(ChannelTerms(**channel), SettingTerms(compare_at=template), given_flags, takes=EVERYTHING)
    return plan(item, None, terms)


@pytest.mark.parametrize("case", WAS.values(), ids=WAS)
def test_the_compare_at_price(case: tuple[dict[str, str], dict[str, Any], str, str | None]) -> None:
    prices, channel, template, shown = case
    found = {one.name: one.after for one in priced(prices, channel, template).differences}
    assert "price" in found
    assert (str(found["compare_at"]) if "compare_at" in found else None) == shown


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("cheap", "the compare-at price is 'cheap', which is no believable price"),
        ("R100", "the compare-at price is 'R100', which is no believable price"),
        ("100,00", "the compare-at price is '100,00', which is no believable price"),
        ("Infinity", "the compare-at price is 'Infinity', which is no believable price"),
        ("{{#calculate}}{{price_tiers.retail.price}} * 9999999999999999999999999999{{/calculate}}", "no believable price"),
        ("{{price_tiers.retail}}", "price_tiers.retail is a group of fields and not a value"),
        ("{{#calculate}}{{price_tiers.was.price}} * 2{{/calculate}}", "calculate: a number is missing before '*'"),
    ],
)  # fmt: skip
def test_a_compare_at_template_that_makes_no_price_is_a_problem_and_stops_nothing_else(
    template: str, said: str
) -> None:
    made = priced({"retail": "80"}, {}, template)
    assert made.action == "", "new on the channel, it waits until this is put right"
    problem = made.problem
    assert problem is not None
    terms = Terms(ChannelTerms(), SettingTerms(compare_at=template), takes=EVERYTHING)
    linked = plan(with_variant(BOLT, price_tiers={"retail": Decimal(80)}), after_a_push(BOLT), terms)
    assert {one.name: one.after for one in linked.differences} == {"price": Decimal("80.00")}
    assert linked.problem == problem
    assert problem.message.startswith("BOLT-M8: compare_at_price, line 1: ")
    assert said in problem.message
    assert problem.hint


@pytest.mark.parametrize(
    ("flags", "channel", "template", "sent_fields"),
    [
        ({}, {"compare_at_tier": "was"}, "", {"price", "compare_at"}),
        ({"price": "channel"}, {"compare_at_tier": "was"}, "", set()),
        ({"price.*": "channel"}, {"compare_at_tier": "was"}, "", set()),
        ({"price.was": "channel"}, {"compare_at_tier": "was"}, "", {"price"}),
        ({"price.WAS": "channel"}, {}, "{{price_tiers.was.price}}", {"price"}),
        (
            {"price.was": "channel"},
            {},
            "{{#price_tiers}}{{#was}}{{price}}{{/was}}{{/price_tiers}}",
            {"price"},
        ),
        ({"price.was": "channel"}, {}, "{{#price_tiers.was}}{{price}}{{/price_tiers.was}}", {"price"}),
        ({"price.was": "channel"}, {}, "{{#variant}}{{price_tiers.was.price}}{{/variant}}", {"price"}),
        ({"price.retail": "channel"}, {"compare_at_tier": "was"}, "", set()),
        ({"price": "channel", "price.retail": "system"}, {"compare_at_tier": "was"}, "", {"price"}),
        ({"price.trade": "channel"}, {"compare_at_tier": "was"}, "", {"price", "compare_at"}),
        ({"price.was": "channel"}, {"compare_at_tier": "was"}, "{{price_tiers.was.price}}", {"price"}),
        ({"price.rrp": "channel"}, {"compare_at_tier": "rrp"}, "{{price_tiers.was.price}}", {"price"}),
    ],
)
def test_which_prices_go_out_under_flags(
    flags: dict[str, str], channel: dict[str, str], template: str, sent_fields: set[str]
) -> None:
    made = priced({"retail": "80", "was": "100"}, channel, template, flags)
    assert {one.name for one in made.differences} & {"price", "compare_at"} == sent_fields


FREE: list[tuple[object, bool]] = [
    ("0", True),
    ("0.00", True),
    (" 0 ", True),
    ("-1", True),
    (0, True),
    ("0.01", False),
    (12, False),
    ("", False),
    ("call us", False),
    (None, False),
    (False, False),
    ("NaN", False),
]


@pytest.mark.parametrize(("value", "free"), FREE)
def test_what_would_give_an_item_away(value: object, free: bool) -> None:
    assert free_of_charge({"dear": "5", "price": value}) == ("price" if free else "")


def mapped(product_map: str, item: Product = BOLT, **channel: Any) -> Plan:
    settings = SettingTerms(product_map=product_map, map_prices=frozenset({"regular_price", "sale_price"}))
    return plan(item, None, Terms(ChannelTerms(**channel), settings))


WITH_NOTHING = with_variant(BOLT, price_tiers={"retail": Decimal(10), "special": Decimal(0)})


@pytest.mark.parametrize("key", ["regular_price", "sale_price"])
@pytest.mark.parametrize("text", ['"{{variant.price_tiers.special}}"', "0", '"0.00"', "-3"])
def test_a_field_map_never_gives_an_item_away(key: str, text: str) -> None:
    made = mapped(f'{{"title": "t", "variations": [{{"sku": "BOLT-M8", "{key}": {text}}}]}}', WITH_NOTHING)
    assert made.action == ""
    assert made.problem is not None
    assert made.problem.message.startswith(f"BOLT-M8 has a {key} of ")
    assert "by the field map, so its prices are not sent" in made.problem.message
    assert key in made.problem.hint


def test_no_sale_price_is_none_and_not_a_gift() -> None:
    made = mapped('{"variations": [{"regular_price": "10", "sale_price": "{{variant.price_tiers.none}}"}]}')
    assert made.problem is None
    assert {one.name: one.after for one in made.differences} == {
        "map.regular_price": '"10"',
        "map.sale_price": '""',
    }


@pytest.mark.parametrize(
    ("tax", "price"), [(TaxRule.AS_IS, "12.5000"), (TaxRule.ADD, "14.38"), (TaxRule.REMOVE, "10.87")]
)
def test_the_price_in_a_field_map_has_the_vat_that_the_channel_says(tax: TaxRule, price: str) -> None:
    made = mapped('{"variations": [{"regular_price": "{{variant.price}}"}]}', tax=tax)
    assert [one.after for one in made.differences] == [f'"{price}"']


money = st.decimals(min_value="0.0001", max_value="99999999999", places=4)


@given(money, money, st.sampled_from(TaxRule), st.integers(0, 30))
def test_a_price_that_goes_out_is_whole_cents_and_the_compare_at_price_is_above_it(
    listed: Decimal, was: Decimal, tax: TaxRule, rate: int
) -> None:
    item = with_variant(BOLT, price_tiers={"retail": listed, "was": was})
    terms = Terms(ChannelTerms(compare_at_tier="was", tax=tax, tax_rate=Decimal(rate)), takes=EVERYTHING)
    found = sent(item, None, terms)
    shown = [found[name] for name in ("price", "compare_at") if name in found]
    assert all(price == round(price, 2) and price > 0 for price in shown)
    if "compare_at" in found:
        assert found["compare_at"] > found["price"]
