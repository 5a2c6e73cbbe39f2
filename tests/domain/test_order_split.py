"""An order of several sources: one part for each, and together what the customer paid, to the cent."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwire.domain.order_split import split
from stockwire.domain.records import Discount, Order, OrderLine, ShippingLine, TaxLine

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
HOME, CAPE, DURBAN = 1, 2, 3
DELIVERY = (ShippingLine("Courier", Decimal(50), (TaxLine("VAT", Decimal("7.5")),)),)


def line(total: str, *, tax: str | None = None, before: str | None = None, code: str = "1") -> OrderLine:
    amount = Decimal(total)
    taxes = (TaxLine("VAT", Decimal(tax), Decimal(15)),) if tax else ()
    return OrderLine(code, f"SKU-{code}", "Item", Decimal(1), amount, Decimal(before or total), taxes)


def order_of(*lines: OrderLine, **more: Any) -> Order:
    shipping = more.get("shipping_lines", ())
    tax = sum((one.tax for one in (*lines, *shipping)), Decimal(0)).quantize(Decimal("0.01"))
    net = sum((one.total_excl_tax for one in lines), Decimal(0))
    net += sum((one.total_excl_tax for one in shipping), Decimal(0))
    given_: dict[str, Any] = {
        "channel_order_code": "41",
        "number": "#41",
        "status": "processing",
        "currency": "ZAR",
        "ordered_at": AT,
        "modified_at": AT,
        "total": (net + tax).quantize(Decimal("0.01")),
        "total_tax": tax,
        "lines": lines,
    }
    return Order(**{**given_, **more})


def told(found: Any) -> list[tuple[int, list[str], str, bool]]:
    """(source, totals of its lines, what it comes to, whether it carries delivery) of each part."""
    return [
        (
            part.source,
            [str(one.total_excl_tax) for one in part.order.lines],
            str(part.order.total),
            bool(part.order.shipping_lines),
        )
        for part in found.parts
    ]


TWO = order_of(line("100", tax="15"), line("200", tax="30"), shipping_lines=DELIVERY)


@pytest.mark.parametrize(
    ("order", "sources", "wanted"),
    [
        pytest.param(
            TWO,
            [HOME, CAPE],
            [(HOME, ["100.00"], "172.50", True), (CAPE, ["200.00"], "230.00", False)],
            id="delivery goes with the channel's own source, though the other has more of the money",
        ),
        pytest.param(
            TWO,
            [DURBAN, CAPE],
            [(CAPE, ["200.00"], "287.50", True), (DURBAN, ["100.00"], "115.00", False)],
            id="with nothing of the channel's own source, delivery goes where most of the money does",
        ),
        pytest.param(
            order_of(line("100", tax="15"), line("100", tax="15"), shipping_lines=DELIVERY),
            [DURBAN, CAPE],
            [(CAPE, ["100.00"], "172.50", True), (DURBAN, ["100.00"], "115.00", False)],
            id="of equal money it goes to the source that was set up first",
        ),
        pytest.param(
            order_of(line("10"), line("20"), line("30"), line("40")),
            [CAPE, HOME, CAPE, DURBAN],
            [
                (HOME, ["20.00"], "20.00", False),
                (CAPE, ["10.00", "30.00"], "40.00", False),
                (DURBAN, ["40.00"], "40.00", False),
            ],
            id="three sources, lines in their order",
        ),
        pytest.param(
            order_of(line("0.37", tax="0.0555"), line("0.37", tax="0.0555"), line("0.37", tax="0.0555")),
            [HOME, CAPE, DURBAN],
            [
                (HOME, ["0.37"], "0.42", False),
                (CAPE, ["0.37"], "0.43", False),
                (DURBAN, ["0.37"], "0.43", False),
            ],
            id="a cent of VAT that cannot be divided is the leading part's",
        ),
        pytest.param(
            order_of(line("10.004"), line("10.006"), line("10.004"), line("10.006")),
            [HOME, CAPE, HOME, CAPE],
            [(HOME, ["10.00", "10.00"], "20.00", False), (CAPE, ["10.01", "10.01"], "20.02", False)],
            id="lines of less than a cent are whole cents in the parts, when that does not move their sum",
        ),
    ],
)
def test_an_order_is_divided(order: Order, sources: list[int], wanted: Any) -> None:
    found = split(order, sources, HOME)
    assert told(found) == wanted
    assert sum(part.order.total for part in found.parts) == order.total
    assert found.difference == 0


@pytest.mark.parametrize("source", [HOME, CAPE])
def test_an_order_of_one_source_stays_as_it_is(source: int) -> None:
    order = order_of(line("10.0049", tax="1.5007"), shipping_lines=DELIVERY)
    (part,) = split(order, [source], HOME).parts
    assert (part.source, part.order, part.lines) == (source, order, (0,))


def test_an_order_without_lines_is_the_channels_own() -> None:
    (part,) = split(order_of(), [], HOME).parts
    assert (part.source, part.lines) == (HOME, ())


def test_lines_that_come_to_another_sum_once_they_are_rounded_are_told() -> None:
    found = split(order_of(line("10.004"), line("10.004")), [HOME, CAPE], HOME)
    assert found.difference == Decimal("-0.01")


def test_a_discount_is_shown_with_the_lines_it_came_off() -> None:
    order = order_of(
        line("90", before="100"), line("45", before="50"), discounts=(Discount("TEN", Decimal("15.00")),)
    )
    leading, other = split(order, [HOME, CAPE], HOME).parts
    assert leading.order.discounts == (Discount("TEN", Decimal("10.00")),)
    assert other.order.discounts == (Discount("TEN", Decimal("5.00")),)
    without = order_of(line("90"), line("45"), discounts=(Discount("GIFT", Decimal(5)),))
    leading, other = split(without, [HOME, CAPE], HOME).parts
    assert (len(leading.order.discounts), other.order.discounts) == (1, ())


def test_codes_of_one_company_are_not_taken_to_another() -> None:
    params = {"Warehouse_Code": "CPT", "customer_reference": "PO-7"}
    leading, other = split(
        order_of(line("1"), line("2"), params=params), [HOME, CAPE], HOME, of_home={"warehouse_code"}
    ).parts
    assert leading.order.params == params
    assert other.order.params == {"customer_reference": "PO-7"}
    (alone,) = split(order_of(line("1"), params=params), [CAPE], HOME, of_home={"warehouse_code"}).parts
    assert alone.order.params == {"customer_reference": "PO-7"}


def test_what_carried_delivery_goes_on_carrying_it_even_without_lines() -> None:
    found = split(TWO, [CAPE, CAPE], HOME, leading=HOME)
    assert told(found) == [
        (HOME, [], "57.50", True),
        (CAPE, ["100.00", "200.00"], "345.00", False),
    ]


amounts = st.integers(0, 500_000).map(lambda cents: Decimal(cents).scaleb(-2))
parts_of_cents = st.integers(0, 500_000).map(lambda parts: Decimal(parts).scaleb(-4))


@given(
    st.lists(
        st.tuples(amounts, parts_of_cents, amounts, st.sampled_from([HOME, CAPE, DURBAN])),
        min_size=1,
        max_size=8,
    ),
    amounts,
    amounts,
)
def test_the_parts_are_the_whole_to_the_cent(
    drawn: list[tuple[Decimal, Decimal, Decimal, int]], delivery: Decimal, discount: Decimal
) -> None:
    lines = [
        line(str(total), tax=str(tax), before=str(total + off), code=str(at))
        for at, (total, tax, off, _) in enumerate(drawn)
    ]
    order = order_of(
        *lines,
        shipping_lines=(ShippingLine("Courier", delivery),),
        discounts=(Discount("ANY", discount),),
    )
    sources = [one[-1] for one in drawn]
    found = split(order, sources, HOME)
    parts = [part.order for part in found.parts]
    assert found.difference == 0
    assert sum(part.total for part in parts) == order.total
    assert sum(part.total_tax for part in parts) == order.total_tax
    assert sum(one.amount_excl_tax for part in parts for one in part.discounts) == discount
    assert sorted(at for part in found.parts for at in part.lines) == list(range(len(lines)))
    assert [part.source for part in found.parts][1:] == sorted({*sources} - {found.parts[0].source})
    assert [bool(part.shipping_lines) for part in parts] == [True] + [False] * (len(parts) - 1)
    for part, whose in zip(parts, found.parts, strict=True):
        assert {sources[at] for at in whose.lines} == {whose.source}
        if part is not parts[0]:
            assert part.total == part.total_tax + sum(one.total_excl_tax for one in part.lines)
