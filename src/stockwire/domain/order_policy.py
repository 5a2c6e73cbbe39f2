"""What a channel's settings do to an order before it is stored: unknown lines, our own prices, a fixed
delivery. Pure.

The channel's own order is proven before this (totals); what is changed here is changed on purpose, said in a
warning, and the order's totals follow, so that it still adds up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from stockwire.domain.records import Order, OrderLine, ShippingLine, TaxLine
from stockwire.domain.totals import money

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class OrderPolicy:
    """Under the names operators know (settings.md). The default changes nothing.

    `system_price`: lines are raised at our price of `system_price_tier` ("" is the retail list), taxed with
    `system_price_tax` per cent; a known SKU that is not on the list costs 0. `fixed_shipping_price` includes
    `fixed_shipping_tax` per cent, where None is no tax. With `link_items` the hub takes in what it does not
    know (hub/sync/link_items) before anything here is asked.
    """

    require_linked: bool = False
    drop_unlinked: bool = False
    link_items: bool = False
    system_price: bool = False
    system_price_tier: str = ""
    system_price_tax: Decimal = Decimal(15)
    fixed_shipping_price: Decimal | None = None
    fixed_shipping_tax: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Shaped:
    """The order as it is stored. `kept` are the positions of the lines that stay. `problem` and `fix` hold it
    back; "" when nothing does."""

    order: Order
    kept: tuple[int, ...]
    problem: str = ""
    fix: str = ""


def shaped(
    order: Order, policy: OrderPolicy, known: Sequence[bool], prices: Sequence[Decimal | None]
) -> Shaped:
    """`known` says per line whether the hub knows its variant, `prices` what that costs here."""
    kept = tuple(range(len(order.lines)))
    problem = fix = ""
    if policy.drop_unlinked and not all(known):
        order, kept = _dropped(order, known)
        if not kept:
            problem = f"Order {order.number}: none of its lines is known here, so all were left out."
            fix = "Sync the products it names, then reset the order."
    if policy.require_linked and not problem:
        unknown = [order.lines[at] for at, line in enumerate(kept) if not known[line]]
        if unknown:
            names = ", ".join(line.sku or line.title for line in unknown)
            problem = f"Order {order.number}: {names} is not known here (check_order_items_linked)."
            fix = "Sync the product, or give it the same SKU in the shop; then send the order."
    if policy.system_price:
        order = _repriced(order, policy, [(known[line], prices[line]) for line in kept])
    if policy.fixed_shipping_price is not None:
        order = _with_fixed_shipping(order, policy)
    return Shaped(order, kept, problem, fix)


def _dropped(order: Order, known: Sequence[bool]) -> tuple[Order, tuple[int, ...]]:
    kept = tuple(at for at, is_known in enumerate(known) if is_known)
    gone = [line for line, is_known in zip(order.lines, known, strict=True) if not is_known]
    lines = tuple(order.lines[at] for at in kept)
    warnings = tuple(
        f"{line.sku or line.title}: left out, because it is not known here "
        f"({money(order.currency, line.total_excl_tax + line.tax)})."
        for line in gone
    )
    return _with_lines(order, lines, warnings), kept


def _repriced(order: Order, policy: OrderPolicy, found: Sequence[tuple[bool, Decimal | None]]) -> Order:
    lines = []
    warnings = []
    for line, (is_known, price) in zip(order.lines, found, strict=True):
        if not is_known:
            lines.append(line)
            continue
        unit = price if price is not None else Decimal(0)
        if price is None:
            warnings.append(
                f"{line.sku}: it has no price in {policy.system_price_tier or 'the retail list'}."
            )
        lines.append(_at_price(line, unit, policy.system_price_tax))
    return _with_lines(order, tuple(lines), tuple(warnings))


def _at_price(line: OrderLine, unit: Decimal, rate: Decimal) -> OrderLine:
    total = (unit * line.quantity).quantize(CENT, ROUND_HALF_UP)
    tax = (total * rate / 100).quantize(CENT, ROUND_HALF_UP)
    title = line.tax_lines[0].title if line.tax_lines and line.tax_lines[0].rate else "VAT"
    code = "taxed" if rate else "exempt"
    return replace(
        line,
        total_excl_tax=total,
        subtotal_excl_tax=total,
        tax_lines=(TaxLine(title, tax, rate, code),),
    )


def _with_fixed_shipping(order: Order, policy: OrderPolicy) -> Order:
    price = policy.fixed_shipping_price or Decimal(0)
    rate = policy.fixed_shipping_tax or Decimal(0)
    net = (price / (1 + rate / 100)).quantize(CENT, ROUND_HALF_UP)
    own = [line for line in order.shipping_lines if line.kind != "fee"]
    fees = tuple(line for line in order.shipping_lines if line.kind == "fee")
    tax = TaxLine("VAT" if rate else "No tax", price - net, rate, "taxed" if rate else "exempt")
    title = own[0].title if own else "Delivery"
    fixed = ShippingLine(title, net, (tax,))
    was = sum((line.total_excl_tax + line.tax for line in own), Decimal(0))
    was_tax = sum((line.tax for line in own), Decimal(0))
    warnings = order.warnings
    if was != price:
        warnings += (
            f"Delivery is raised at {money(order.currency, price)}, as the settings say; the shop charged "
            f"{money(order.currency, was)}.",
        )
    return replace(
        order,
        shipping_lines=(fixed, *fees),
        total=order.total - was + price,
        total_tax=order.total_tax - was_tax + tax.amount,
        warnings=warnings,
    )


def _with_lines(order: Order, lines: tuple[OrderLine, ...], warnings: tuple[str, ...]) -> Order:
    """The same order with other lines; its totals move by what the lines moved."""
    tax = _tax(lines) - _tax(order.lines)
    moved = _net(lines) - _net(order.lines) + tax
    return replace(
        order,
        lines=lines,
        total=order.total + moved,
        total_tax=order.total_tax + tax,
        discounts=order.discounts if lines else (),
        warnings=order.warnings + warnings,
    )


def _net(lines: Sequence[OrderLine]) -> Decimal:
    return sum((line.total_excl_tax for line in lines), Decimal(0))


def _tax(lines: Sequence[OrderLine]) -> Decimal:
    return sum((line.tax for line in lines), Decimal(0))
