"""Every setting of orders does what its name says, or is not offered."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwire.connectors.omni import OmniSettings, connector
from stockwire.connectors.omni.discounts import spread
from stockwire.domain.records import Order, OrderLine, ShippingLine, TaxLine
from stockwire.errors import Refused
from stockwire.ports import Document, OrderContext

VAT = TaxLine("VAT", Decimal("1.00"), Decimal(15))
ZERO = TaxLine("VAT", Decimal(0), Decimal(0), "exempt")


def line(sku: str, before: str, after: str, *taxes: TaxLine, quantity: str = "1") -> OrderLine:
    return OrderLine("1", sku, sku, Decimal(quantity), Decimal(after), Decimal(before), taxes or (VAT,))


def order(*lines: OrderLine, **over: Any) -> Order:
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    values = {"currency": "ZAR", "total": Decimal(0), "total_tax": Decimal(0), **over}
    return Order("1001", "1001", "processing", ordered_at=at, modified_at=at, lines=lines, **values)


def draft(an_order: Order, params: dict[str, str] | None = None, **settings: Any) -> Document:
    context = OrderContext("SW-1", params=params or {})
    typed = OmniSettings(**{"param_default_customer_code": "WEB001", **settings})
    return connector.open(typed).document(an_order, context)


def lines(document: Document) -> list[dict[str, str]]:
    (header,) = document.body.values()
    return list(header[f"{'quote' if document.resource == 'Quote' else 'order'}_lines"])


def totals(*of: OrderLine) -> list[Decimal]:
    return [each.total_excl_tax for each in spread(of)]


def test_a_coupon_on_one_line_is_spread_over_all_in_proportion_with_the_cents_on_the_last() -> None:
    coupon = (line("A", "100", "80"), line("B", "50", "50"), line("C", "30", "30"))
    assert totals(*coupon) == [Decimal("88.89"), Decimal("44.44"), Decimal("26.67")]
    three = (line("A", "10", "0"), line("B", "10", "10"), line("C", "10", "10"))
    assert totals(*three) == [Decimal("6.67"), Decimal("6.67"), Decimal("6.66")]
    document = draft(order(*coupon), param_line_item_discount="1")
    assert [given["selling_price"] for given in lines(document)] == ["88.89", "44.44", "26.67"]
    assert document.total_excl_tax == Decimal(160)


def test_discounts_stay_where_the_shop_put_them_unless_asked_or_when_an_order_says_so() -> None:
    coupon = order(line("A", "100", "80"), line("B", "100", "100"))
    assert [given["selling_price"] for given in lines(draft(coupon))] == ["80", "100"]
    for switch in ({"params": {"line_item_discount": "true"}}, {"param_line_item_discount": True}):
        assert [given["selling_price"] for given in lines(draft(coupon, **switch))] == ["90", "90"]
    off = draft(coupon, {"line_item_discount": "false"}, param_line_item_discount=True)
    assert [given["selling_price"] for given in lines(off)] == ["80", "100"]


def test_a_discount_never_moves_between_lines_of_different_vat() -> None:
    assert totals(line("A", "100", "80"), line("BOOK", "100", "100", ZERO), line("C", "100", "100")) == [
        Decimal(90),
        Decimal(100),
        Decimal(90),
    ]


def test_a_last_line_too_small_for_the_left_over_cents_is_never_made_negative() -> None:
    small = [line(str(number), "0.05", "0.03") for number in range(9)]
    shares = totals(*small, line("LAST", "0.01", "0.01"))
    assert min(shares) >= 0
    assert sum(shares) == Decimal("0.28")


@pytest.mark.parametrize(
    "untouched",
    [
        (line("A", "100", "100"), line("B", "50", "50")),
        (line("A", "100", "110"), line("B", "50", "50")),
        (line("A", "0", "0"), line("B", "0", "0")),
    ],
)
def test_lines_without_a_discount_stay_as_they_are(untouched: tuple[OrderLine, ...]) -> None:
    assert spread(untouched) == list(untouched)


amounts = st.decimals(0, 5_000, places=2)


@given(
    st.lists(st.tuples(amounts, st.integers(0, 100), st.sampled_from([VAT, ZERO])), min_size=1, max_size=12)
)
def test_spreading_keeps_every_tax_total_to_the_cent(drawn: list[tuple[Decimal, int, TaxLine]]) -> None:
    made = [
        line("X", str(before), str((before * percent / 100).quantize(Decimal("0.01"))), tax)
        for before, percent, tax in drawn
    ]
    after = spread(made)
    for tax in (VAT, ZERO):
        was = sum(each.total_excl_tax for each in made if tax in each.tax_lines)
        assert sum(each.total_excl_tax for each in after if tax in each.tax_lines) == was
    assert all(each.total_excl_tax >= 0 for each in after)


def test_lines_name_their_warehouse_only_under_the_key_the_operator_gives() -> None:
    shipped = order(line("A", "10", "10"), shipping_lines=(ShippingLine("Courier", Decimal(60), (VAT,)),))
    both = {"param_shipping_code": "SHIP", "param_warehouse_code": "EDN"}
    assert all("wh" not in given for given in lines(draft(shipped, **both)))
    keyed = {**both, "order_line_warehouse_key": "wh"}
    assert [given.get("wh") for given in lines(draft(shipped, **keyed))] == ["EDN", "EDN"]
    ignoring = draft(shipped, **keyed, param_ignore_shipping_warehouse_code="true")
    assert [given.get("wh") for given in lines(ignoring)] == ["EDN", None]
    for_this_order = draft(shipped, {"ignore_shipping_warehouse_code": "1", "warehouse_code": "CEN"}, **keyed)
    assert [given.get("wh") for given in lines(for_this_order)] == ["CEN", None]


@pytest.mark.parametrize("inclusive", [True, False])
def test_inclusive_and_exclusive_shops_give_the_same_prices_without_vat(inclusive: bool) -> None:
    document = draft(order(line("A", "86.96", "86.96", quantity="3"), prices_include_tax=inclusive))
    assert lines(document)[0]["selling_price"] == "28.987"
    assert document.total_excl_tax == Decimal("86.96")


def test_an_order_without_tax_lines_gets_the_exempt_code_on_every_line() -> None:
    bare = OrderLine("1", "A", "A", Decimal(1), Decimal(10), Decimal(10))
    untaxed = order(bare, shipping_lines=(ShippingLine("Courier", Decimal(60)),))
    codes = {
        "param_default_tax_code": "1",
        "param_default_tax_code_exempt": "2",
        "param_shipping_code": "SHIP",
    }
    assert [given["vat_code"] for given in lines(draft(untaxed, **codes))] == ["2", "2"]
    removed = {**codes, "param_default_tax_code_exempt": None}
    assert all("vat_code" not in given for given in lines(draft(untaxed, **removed)))


def test_a_foreign_currency_is_refused_with_both_currencies_named() -> None:
    with pytest.raises(Refused, match="it is in USD, but Omni keeps its books in ZAR"):
        draft(order(line("A", "10", "10"), currency="USD"))


def test_no_setting_without_effect_is_offered() -> None:
    gone = {
        "get_products_limit",
        "get_images_limit",
        "queue_fetch_images",
        "param_create_customer_enabled",
    }
    assert not gone & set(OmniSettings.model_fields)
    assert OmniSettings.model_validate({"queue_fetch_images": "false", "param_create_customer_enabled": "0"})
