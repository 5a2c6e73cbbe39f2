"""The proof of totals, by examples of real baskets and by property."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwire.domain.records import Discount, Order, OrderLine, ShippingLine, TaxLine
from stockwire.domain.totals import money, prove

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def vat(amount: str) -> tuple[TaxLine, ...]:
    return (TaxLine("VAT", Decimal(amount), Decimal(15)),)


def line(total: str, tax: str, quantity: str = "1") -> OrderLine:
    return OrderLine("1", "BOLT-8", "Bolt", Decimal(quantity), Decimal(total), Decimal(total), vat(tax))


def delivery(total: str, tax: str | None, kind: str = "shipping") -> ShippingLine:
    return ShippingLine("Courier", Decimal(total), vat(tax) if tax is not None else (), kind)


def order(
    total: str,
    total_tax: str,
    *lines: OrderLine,
    shipping: tuple[ShippingLine, ...] = (),
    discounts: tuple[Discount, ...] = (),
) -> Order:
    return Order(
        channel_order_code="41",
        number="#41",
        status="processing",
        currency="ZAR",
        ordered_at=AT,
        modified_at=AT,
        total=Decimal(total),
        total_tax=Decimal(total_tax),
        lines=lines,
        shipping_lines=shipping,
        discounts=discounts,
    )


RECORDED = order(
    "666.54",
    "86.94",
    line("261.08", "39.16", "24"),
    line("232.43", "34.87", "3"),
    shipping=(delivery("86.09", "12.91"),),
    discounts=(Discount("TEN", Decimal("54.84")),),
)


@pytest.mark.parametrize(
    "adds_up",
    [
        pytest.param(RECORDED, id="a coupon, two lines and paid delivery, as a real shop stated them"),
        pytest.param(order("240.00", "0.00", line("240", "0")), id="zero tax"),
        pytest.param(order("0.00", "0.00", line("0", "0")), id="nothing to pay"),
        pytest.param(order("0", "0"), id="no lines at all"),
        pytest.param(
            order("34.50", "4.50", line("10", "1.5"), line("20", "3", "0.5")), id="fractional quantity"
        ),
        pytest.param(
            order("117.30", "15.30", line("100", "15"), shipping=(delivery("2", "0.30", "fee"),)), id="a fee"
        ),
        pytest.param(
            order("95.00", "12.39", line("86.9565", "13.04348"), line("-4.3478", "-0.65217")),
            id="a negative line of a discount app, amounts with many decimals",
        ),
        pytest.param(
            order("20.00", "2.61", line("8.695652", "1.304348"), line("8.695652", "1.304348")),
            id="rounded at the sum only",
        ),
        pytest.param(order("1.16", "0.16", line("1", "0.165")), id="half a cent rounded down by the shop"),
        pytest.param(order("1.17", "0.17", line("1", "0.165")), id="half a cent rounded up by the shop"),
    ],
)
def test_an_order_that_adds_up_is_proven(adds_up: Order) -> None:
    proof = prove(adds_up)
    assert (proof.ok, proof.difference, proof.tax_difference, proof.explanation) == (True, 0, 0, "")


@pytest.mark.parametrize(
    ("wrong", "difference", "cause"),
    [
        (replace(RECORDED, total=Decimal("611.70")), "-54.84", "exactly the discount"),
        (replace(RECORDED, total=Decimal("666.53")), "-0.01", "rounding"),
        (replace(RECORDED, total=Decimal("653.63")), "-12.91", "tax on the delivery"),
        (replace(RECORDED, total=Decimal("580.45")), "-86.09", "delivery without tax"),
        (replace(RECORDED, total=Decimal("567.54")), "-99.00", "exactly the delivery"),
        (replace(RECORDED, total=Decimal("579.60")), "-86.94", "prices include VAT"),
        (
            order("129.90", "16.90", line("100", "15"), shipping=(delivery("13", None),)),
            "1.90",
            "tax of the delivery",
        ),
        (order("118.00", "18.00", line("100", "15")), "3.00", "tax line is missing"),
        (
            order("115.00", "15.00", line("100", "15"), shipping=(delivery("5", "0.75", "fee"),)),
            "-5.75",
            "exactly the fees",
        ),
        (order("120.00", "15.00", line("100", "15")), "5.00", "plugin"),
    ],
)
def test_an_order_that_does_not_add_up_says_by_how_much_and_why(
    wrong: Order, difference: str, cause: str
) -> None:
    proof = prove(wrong)
    assert not proof.ok
    assert proof.difference == Decimal(difference)
    assert cause in proof.explanation
    assert "Order #41" in proof.explanation
    assert proof.parts()["difference"] == difference


def test_a_tax_that_differs_from_its_lines_is_held_although_the_total_fits() -> None:
    proof = prove(order("115.00", "14.00", line("100", "15")))
    assert (proof.ok, proof.difference, proof.tax_difference) == (False, 0, Decimal("-1.00"))
    assert "states a tax of R 14.00" in proof.explanation


def test_a_discount_tax_off_by_a_cent_is_no_difference() -> None:
    assert prove(replace(RECORDED, discounts=(Discount("TEN", Decimal("54.83")),))).ok


def test_money_is_written_as_people_here_write_it() -> None:
    assert money("ZAR", Decimal("45000")) == "R 45 000.00"
    assert money("USD", Decimal("12.5")) == "USD 12.50"


amounts = st.decimals(min_value=-10_000, max_value=1_000_000, places=6, allow_nan=False, allow_infinity=False)
pairs = st.lists(st.tuples(amounts, amounts), max_size=30)


@given(pairs, pairs)
def test_any_order_whose_total_is_the_sum_of_its_parts_is_proven(
    items: list[tuple[Decimal, Decimal]], extras: list[tuple[Decimal, Decimal]]
) -> None:
    lines = tuple(line(str(total), str(tax)) for total, tax in items)
    shipping = tuple(delivery(str(total), str(tax)) for total, tax in extras)
    tax = sum((tax for _, tax in (*items, *extras)), Decimal(0))
    total = sum((amount for amount, _ in (*items, *extras)), tax)
    cents = Decimal("0.01")
    built = order(str(total.quantize(cents)), str(tax.quantize(cents)), *lines, shipping=shipping)
    # Half-even rounding on our side of the test: exactly half a cent may go either way, and both are right.
    proof = prove(built)
    assert proof.ok


@given(pairs, st.integers(min_value=-500, max_value=500).filter(bool))
def test_a_total_that_is_off_by_whole_cents_is_never_proven(
    items: list[tuple[Decimal, Decimal]], cents_off: int
) -> None:
    lines = tuple(line(f"{total:.2f}", f"{tax:.2f}") for total, tax in items)
    tax = sum((part.tax for part in lines), Decimal(0))
    total = sum((part.total_excl_tax for part in lines), tax) + Decimal(cents_off) / 100
    proof = prove(order(str(total), str(tax), *lines))
    assert not proof.ok
    assert proof.difference == Decimal(cents_off) / 100


@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(items: list[tuple[Decimal, Decimal]], dice: object) -> None:
    lines = [line(str(total), str(tax)) for total, tax in items]
    mixed = list(lines)
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    assert prove(order("1", "1", *lines)) == prove(order("1", "1", *mixed))
