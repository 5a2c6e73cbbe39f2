"""What settings do to an order before it is stored: it still adds up, and each change is said."""

from __future__ import annotations

from dataclasses import replace
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


ALL = (True, True, True)
NONE = (False, False, False)
FIXED = Decimal("57.50")
WHOLE = ["BOLT", "NUT", "ODD"]

TABLE = [
    # settings, known here, lines that are left, total, tax of it, what it is held for
    ({}, KNOWN, WHOLE, "279.83", "36.50", ""),
    ({"drop_unlinked": True}, KNOWN, ["BOLT", "NUT"], "268.33", "35.00", ""),
    ({"drop_unlinked": True}, ALL, WHOLE, "279.83", "36.50", ""),
    ({"drop_unlinked": True}, NONE, [], "115.00", "15.00", "none of its lines"),
    ({"require_linked": True}, ALL, WHOLE, "279.83", "36.50", ""),
    ({"require_linked": True}, KNOWN, WHOLE, "279.83", "36.50", "ODD is not known here"),
    ({"require_linked": True}, NONE, WHOLE, "279.83", "36.50", "BOLT, NUT, ODD is not known here"),
    ({"require_linked": True, "drop_unlinked": True}, KNOWN, ["BOLT", "NUT"], "268.33", "35.00", ""),
    ({"require_linked": True, "drop_unlinked": True}, NONE, [], "115.00", "15.00", "none of its lines"),
    # BOLT costs 60 here, NUT is not on the list, ODD is not known and keeps the shop's price.
    ({"system_price": True}, KNOWN, WHOLE, "264.50", "34.50", ""),
    ({"system_price": True, "system_price_tax": Decimal(14)}, KNOWN, WHOLE, "263.30", "33.30", ""),
    ({"system_price": True, "system_price_tax": Decimal(0)}, KNOWN, WHOLE, "246.50", "16.50", ""),
    ({"system_price": True, "drop_unlinked": True}, KNOWN, ["BOLT", "NUT"], "253.00", "33.00", ""),
    ({"system_price": True, "require_linked": True}, KNOWN, WHOLE, "264.50", "34.50", "ODD is not known"),
    ({"system_price_tier": "Trade", "system_price_tax": Decimal(14)}, KNOWN, WHOLE, "279.83", "36.50", ""),
    ({"fixed_shipping_price": FIXED, "fixed_shipping_tax": Decimal(15)}, ALL, WHOLE, "222.33", "29.00", ""),
    ({"fixed_shipping_price": FIXED}, ALL, WHOLE, "222.33", "21.50", ""),
    ({"fixed_shipping_price": Decimal(0)}, ALL, WHOLE, "164.83", "21.50", ""),
    ({"fixed_shipping_tax": Decimal(15)}, ALL, WHOLE, "279.83", "36.50", ""),
    (
        {"drop_unlinked": True, "system_price": True, "fixed_shipping_price": Decimal(0)},
        KNOWN,
        ["BOLT", "NUT"],
        "138.00",
        "18.00",
        "",
    ),
]


@pytest.mark.parametrize(("settings", "known", "left", "total", "tax", "held"), TABLE)
def test_settings_leave_these_lines_at_this_total_and_the_order_adds_up(
    settings, known, left, total, tax, held
):
    found = shaped(order(), OrderPolicy(**settings), known, PRICES)
    assert [line.sku for line in found.order.lines] == left
    assert (found.order.total, found.order.total_tax) == (Decimal(total), Decimal(tax))
    assert held in found.problem
    assert bool(found.problem) == bool(found.fix) == bool(held)
    assert [WHOLE[at] for at in found.kept] == left
    proof = prove(found.order)
    assert proof.ok, proof.explanation


def test_a_fixed_delivery_that_is_what_the_shop_charged_needs_no_word():
    policy = OrderPolicy(fixed_shipping_price=Decimal("115.00"), fixed_shipping_tax=Decimal(15))
    found = shaped(order(), policy, ALL, PRICES).order
    assert (found.total, found.total_tax, found.warnings) == (Decimal("279.83"), Decimal("36.50"), ())


def test_an_order_without_delivery_gets_the_fixed_one_and_fees_stay():
    fee = ShippingLine(
        "Payment fee", Decimal("10.00"), (TaxLine("VAT", Decimal("1.50"), Decimal(15)),), kind="fee"
    )
    plain = replace(
        order(),
        shipping_lines=(fee,),
        total=order().total - Decimal("103.50"),
        total_tax=order().total_tax - Decimal("13.50"),
    )
    found = shaped(plain, OrderPolicy(fixed_shipping_price=FIXED), ALL, PRICES).order
    assert [line.title for line in found.shipping_lines] == ["Delivery", "Payment fee"]
    assert found.total == plain.total + FIXED
    assert prove(found).ok


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
