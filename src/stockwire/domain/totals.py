"""Proof that the parts of an order add up to what the customer paid.

An order that does not add up is held and shown, never raised: a document in the books that differs from the
money received is worse than a late one. Nothing is recomputed here, the channel's own amounts are summed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal

from stockwire.domain.records import Order

CENT = Decimal("0.01")
TOLERANCE = Decimal(0)
"""None: a cent is a cent. Line amounts may have more decimals; they are summed as they are and the sums are
compared at the cent."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The parts as the lines state them, to the cent, and how far they are from the order's own totals.

    `difference` is stated total less expected total: above zero the customer paid more than the lines say.
    `tax_difference` is the same for tax. `explanation` is for the operator, "" when the order adds up.
    """

    ok: bool
    difference: Decimal
    tax_difference: Decimal
    items: Decimal
    shipping: Decimal
    fees: Decimal
    tax: Decimal
    expected_total: Decimal
    stated_total: Decimal
    stated_tax: Decimal
    explanation: str = ""

    def parts(self) -> dict[str, str]:
        """What is shown beside the order, amounts as text with two decimals."""
        return {
            "items": str(self.items),
            "shipping": str(self.shipping),
            "fees": str(self.fees),
            "tax": str(self.tax),
            "expected_total": str(self.expected_total),
            "stated_total": str(self.stated_total),
            "stated_tax": str(self.stated_tax),
            "difference": str(self.difference),
            "tax_difference": str(self.tax_difference),
        }


def prove(order: Order) -> Proof:
    """Lines + shipping + fees + tax = total, and the tax of the lines = the order's tax.

    Discounts are not subtracted: line totals already contain them. The tax is that of the lines, so a
    discount_tax that the shop rounded differently (8.23 and 8.22) is no difference.
    """
    items = _sum(line.total_excl_tax for line in order.lines)
    shipping = _sum(line.total_excl_tax for line in order.shipping_lines if line.kind != "fee")
    fees = _sum(line.total_excl_tax for line in order.shipping_lines if line.kind == "fee")
    tax = _tax(order)
    total, stated_tax = _cents(order.total), _cents(order.total_tax)
    expected = _nearest(items + shipping + fees + tax, total)
    difference = total - expected
    tax_difference = stated_tax - _nearest(tax, stated_tax)
    ok = abs(difference) <= TOLERANCE and abs(tax_difference) <= TOLERANCE
    return Proof(
        ok=ok,
        difference=difference,
        tax_difference=tax_difference,
        items=_cents(items),
        shipping=_cents(shipping),
        fees=_cents(fees),
        tax=_nearest(tax, stated_tax),
        expected_total=expected,
        stated_total=total,
        stated_tax=stated_tax,
        explanation="" if ok else _explain(order, difference, tax_difference, expected),
    )


def money(currency: str, amount: Decimal) -> str:
    """An amount as people write it: "R 45 000.00" for ZAR, "USD 12.50" for others."""
    symbol = "R" if currency == "ZAR" else currency
    return f"{symbol} {_cents(amount):,.2f}".replace(",", " ").strip()


def _explain(order: Order, difference: Decimal, tax_difference: Decimal, expected: Decimal) -> str:
    def shown(amount: Decimal) -> str:
        return money(order.currency, abs(amount))

    if difference:
        paid, word = money(order.currency, order.total), "more" if difference > 0 else "less"
        found = (
            f"Order {order.number}: the customer's total is {paid}, but lines, delivery, fees and tax add up"
            f" to {money(order.currency, expected)}. The total is {shown(difference)} {word} than that."
        )
    else:
        stated = money(order.currency, order.total_tax)
        word = "more" if tax_difference > 0 else "less"
        found = (
            f"Order {order.number}: the order states a tax of {stated}, which is {shown(tax_difference)}"
            f" {word} than its lines do."
        )
    return f"{found} {_likely_cause(order, difference, tax_difference)}"


def _likely_cause(order: Order, difference: Decimal, tax_difference: Decimal) -> str:
    """The first known cause whose amount is exactly the difference."""
    away = abs(difference or tax_difference)
    discount = _cents(_sum(discount.amount_excl_tax for discount in order.discounts))
    shipping = [line for line in order.shipping_lines if line.kind != "fee"]
    shipping_tax = _cents(_sum(line.tax for line in shipping))
    shipping_excl = _cents(_sum(line.total_excl_tax for line in shipping))
    fees = _cents(_sum(line.total_excl_tax + line.tax for line in order.shipping_lines if line.kind == "fee"))
    tax = _cents(_tax(order))
    untaxed_delivery = shipping_excl > 0 and shipping_tax == 0
    causes: list[tuple[bool, str]] = [
        (
            discount > 0 and away == discount,
            "That is exactly the discount: it is counted twice, or missing from the lines.",
        ),
        (
            bool(difference) and untaxed_delivery and difference == tax_difference,
            "The tax of the delivery seems to be missing from its line: check the shop's tax on delivery.",
        ),
        (
            bool(difference) and difference == tax_difference,
            "The order's own tax differs by the same amount: a tax line is missing or one too many.",
        ),
        (away > 0 and away == shipping_tax, "That is exactly the tax on the delivery."),
        (away > 0 and away == shipping_excl, "That is exactly the delivery without tax."),
        (
            away > 0 and away == shipping_excl + shipping_tax,
            "That is exactly the delivery: it is counted twice, or missing.",
        ),
        (away > 0 and away == fees, "That is exactly the fees: they are counted twice, or missing."),
        (
            bool(difference) and away == tax,
            "That is exactly the tax: check whether the shop's prices include VAT.",
        ),
        (
            away <= CENT * max(1, len(order.lines) + len(order.shipping_lines)),
            "That is a matter of rounding: the shop, or a plugin, rounds the sum differently from the lines.",
        ),
    ]
    likely = next((text for fits, text in causes if fits), "")
    return likely or "A plugin of the shop may change the total without saying so in a line."


def _tax(order: Order) -> Decimal:
    return _sum(line.tax for line in order.lines) + _sum(line.tax for line in order.shipping_lines)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def _nearest(amount: Decimal, stated: Decimal) -> Decimal:
    """At the cent. Exactly half a cent goes the way the channel went: WooCommerce rounds tax half down where
    prices include it, half up where they do not (wc_get_tax_rounding_mode)."""
    down = amount.quantize(CENT, ROUND_HALF_DOWN)
    return down if down == stated else _cents(amount)
