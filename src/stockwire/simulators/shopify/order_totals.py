"""What an order and its lines come to: before returns and edits, and now.

Recorded: a line keeps the quantity, tax and discount it was ordered with, and so do the order's totals; only
the `current` amounts follow removals and refunds.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from stockwire.simulators.shopify.gids import cents

if TYPE_CHECKING:
    from stockwire.simulators.shopify.shop import Record

NOTHING = Decimal("0.00")


def tax_of(amount: Decimal, rate: Decimal, *, included: bool) -> Decimal:
    """The tax in an amount (or on top of it), to the cent. `rate` is a share, 0.15."""
    return cents(amount * rate / (1 + rate) if included else amount * rate)


def original(line: Record) -> Decimal:
    """Unit price times what was ordered."""
    return cents(line["unit"] * line["quantity"])


def discount(line: Record, *, on_line: bool = True, codes: bool = True, on_order: bool = True) -> Decimal:
    """What was taken off a line: by discounts on the line itself, by codes, by those on the whole order."""
    total = NOTHING
    for allocation in line["allocations"]:
        application = allocation["application"]
        if application["target"] == "ALL":
            total += allocation["amount"] if on_order else NOTHING
        elif application["code"] is not None:
            total += allocation["amount"] if codes else NOTHING
        elif on_line:
            total += allocation["amount"]
    return total


def paid(line: Record) -> Decimal:
    """What the line came to after all discounts, in the order's way with tax."""
    return original(line) - discount(line)


def tax(line: Record) -> Decimal:
    return sum((row["amount"] for row in line["taxes"]), NOTHING)


def now(line: Record, amount: Decimal) -> Decimal:
    """The share of an amount of a line that is still there after edits and refunds."""
    if not line["quantity"]:
        return NOTHING
    return cents(amount * line["currentQuantity"] / line["quantity"])


def subtotal(order: Record, *, current: bool = False) -> Decimal:
    return sum((now(li, paid(li)) if current else paid(li) for li in order["lines"]), NOTHING)


def shipping(order: Record, *, current: bool = False) -> Decimal:
    lines = order["shipping"]
    total: Decimal = sum((row["price"] - row["discount"] for row in lines), NOTHING)
    return total - (order["shippingRefunded"] if current else NOTHING)


def shipping_tax(order: Record) -> Decimal:
    return sum((row["amount"] for li in order["shipping"] for row in li["taxes"]), NOTHING)


def total_tax(order: Record, *, current: bool = False) -> Decimal:
    lines = sum((now(li, tax(li)) if current else tax(li) for li in order["lines"]), NOTHING)
    carried = shipping_tax(order)
    if current and shipping(order):
        carried = cents(carried * shipping(order, current=True) / shipping(order))
    return lines + carried


def total(order: Record, *, current: bool = False) -> Decimal:
    """Everything the order comes to; tax is added only when prices are without it."""
    amount = subtotal(order, current=current) + shipping(order, current=current)
    return amount if order["taxesIncluded"] else amount + total_tax(order, current=current)


def discounts(order: Record, *, current: bool = False) -> Decimal:
    lines = sum((now(li, discount(li)) if current else discount(li) for li in order["lines"]), NOTHING)
    return lines + sum((row["discount"] for row in order["shipping"]), NOTHING)


def received(order: Record) -> Decimal:
    kinds = ("SALE", "CAPTURE")
    return sum((t["amount"] for t in order["transactions"] if t["kind"] in kinds), NOTHING)


def refunded(order: Record) -> Decimal:
    return sum((t["amount"] for t in order["transactions"] if t["kind"] == "REFUND"), NOTHING)


def outstanding(order: Record) -> Decimal:
    """What is still to be paid; negative when the shop owes."""
    return total(order, current=True) - received(order) + refunded(order)


def financial_status(order: Record) -> str:
    """As the admin shows it."""
    came, went = received(order), refunded(order)
    kinds = {transaction["kind"] for transaction in order["transactions"]}
    if not came and order["transactions"] and not total(order):
        return "PAID"
    if not came:
        if "VOID" in kinds or order["cancelledAt"] is not None:
            return "VOIDED"
        return "AUTHORIZED" if "AUTHORIZATION" in kinds else "PENDING"
    if went >= came:
        return "REFUNDED"
    if went:
        return "PARTIALLY_REFUNDED"
    return "PARTIALLY_PAID" if outstanding(order) > 0 else "PAID"


def fulfilment_status(order: Record) -> str:
    """As the admin shows it."""
    fulfilled = sum(line["fulfilled"] for line in order["lines"])
    open_ = sum(max(0, line["currentQuantity"] - line["fulfilled"]) for line in order["lines"])
    if fulfilled:
        return "PARTIALLY_FULFILLED" if open_ else "FULFILLED"
    return "UNFULFILLED"


def tax_lines(lines: list[Record], order: Record, *, current: bool = False) -> list[Record]:
    """Taxes of lines and shipping, those of the same title and rate together."""
    found: dict[tuple[str, Decimal], Decimal] = {}
    for line in lines:
        for row in line["taxes"]:
            amount = now(line, row["amount"]) if current and "currentQuantity" in line else row["amount"]
            key = (row["title"], row["rate"])
            found[key] = found.get(key, NOTHING) + amount
    return [
        {"title": title, "rate": rate, "amount": amount, "order": order}
        for (title, rate), amount in found.items()
    ]
