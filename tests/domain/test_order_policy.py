"""What settings do to an order before it is stored: it still adds up, and each change is said."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from stockwire.domain.order_policy import OrderPolicy, shaped
from stockwire.domain.records import Order, OrderLine, ShippingLine, TaxLine
from stockwire.domain.totals import prove

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def line(sku: str, net: str, quantity: int = 1) -> OrderLine:
    amount = Decimal(net)
    tax = TaxLine("VAT", (amount * 15 / 100).quantize(Decimal("0.01")), Decimal(15))
    return OrderLine(sku, sku, f"Title of {sku}", Decimal(quantity), amount, amount, (tax,))


LINES = (line("BOLT", "100.00", 2), line("NUT", "33.33"), line("ODD", "10.00"))
DELIVERY = ShippingLine("Courier", Decimal("100.00"), (TaxLine("VAT", Decimal("15.00"), Decimal(15)),))
KNOWN = (True, True, False)
PRICES = (Decimal("60.00"), None, None)


def order() -> Order:
    parts = (*LINES, DELIVERY)
    tax = sum((part.tax for part in parts), Decimal(0))
    total = sum((part.total_excl_tax for part in parts), tax)
    return Order("1", "#1", "paid", "ZAR", AT, AT, total, tax, LINES, (DELIVERY,))


POLICIES = [
    OrderPolicy(),
    OrderPolicy(drop_unlinked=True),
    OrderPolicy(require_linked=True),
    OrderPolicy(system_price=True),
    OrderPolicy(fixed_shipping_price=Decimal("57.50"), fixed_shipping_tax=Decimal(15)),
    OrderPolicy(fixed_shipping_price=Decimal("57.50")),
    OrderPolicy(
        drop_unlinked=True,
        require_linked=True,
        system_price=True,
        system_price_tax=Decimal(14),
        fixed_shipping_price=Decimal(0),
    ),
]


@pytest.mark.parametrize("policy", POLICIES)
def test_whatever_the_settings_change_the_order_still_adds_up(policy):
    found = shaped(order(), policy, KNOWN, PRICES)
    proof = prove(found.order)
    assert proof.ok, proof.explanation
    assert len(found.kept) == len(found.order.lines)


def test_nothing_is_changed_by_default():
    assert shaped(order(), OrderPolicy(), KNOWN, PRICES).order == order()


def test_unknown_lines_are_dropped_and_said():
    found = shaped(order(), OrderPolicy(drop_unlinked=True), KNOWN, PRICES)
    assert [line.sku for line in found.order.lines] == ["BOLT", "NUT"]
    assert found.kept == (0, 1)
    assert found.order.total == order().total - Decimal("11.50")
    assert "ODD" in found.order.warnings[0]
    assert not found.problem


def test_an_order_of_which_nothing_is_known_is_held():
    found = shaped(order(), OrderPolicy(drop_unlinked=True), (False, False, False), PRICES)
    assert found.order.lines == ()
    assert "#1" in found.problem
    assert found.fix


def test_an_unknown_line_holds_the_order_unless_it_is_dropped_before():
    found = shaped(order(), OrderPolicy(require_linked=True), KNOWN, PRICES)
    assert "ODD" in found.problem
    assert shaped(order(), OrderPolicy(require_linked=True, drop_unlinked=True), KNOWN, PRICES).problem == ""


def test_our_own_price_counts_and_one_that_is_missing_is_nought_and_said():
    found = shaped(order(), OrderPolicy(system_price=True), KNOWN, PRICES)
    bolt, nut, odd = found.order.lines
    assert (bolt.total_excl_tax, bolt.tax) == (Decimal("120.00"), Decimal("18.00"))
    assert nut.total_excl_tax == 0
    assert odd == LINES[2]
    assert any("NUT" in warning and "no price" in warning for warning in found.order.warnings)


def test_a_fixed_delivery_includes_its_tax_and_says_what_the_shop_charged():
    policy = OrderPolicy(fixed_shipping_price=Decimal("57.50"), fixed_shipping_tax=Decimal(15))
    (delivery,) = shaped(order(), policy, KNOWN, PRICES).order.shipping_lines
    assert (delivery.title, delivery.total_excl_tax, delivery.tax) == (
        "Courier",
        Decimal("50.00"),
        Decimal("7.50"),
    )
    assert "R 115.00" in shaped(order(), policy, KNOWN, PRICES).order.warnings[0]
