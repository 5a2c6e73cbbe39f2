"""What an order costs: WooCommerce's own sums with its own rounding, line by line.

Lines are kept to six decimals and taxed one by one; order figures are sums of rounded lines. That is how
the cent arises by which discount_tax of an order and of its coupon line differ.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from stockwire.simulators.woocommerce import catalogue, text

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Record, Shop

CENT = Decimal("0.01")
ZERO = Decimal(0)


def rounded(value: Decimal) -> Decimal:
    """Two decimals, half up."""
    return value.quantize(CENT, ROUND_HALF_UP)


def rounded_tax(shop: Shop, value: Decimal) -> Decimal:
    """Tax goes half down when prices include it."""
    return value.quantize(CENT, ROUND_HALF_DOWN if shop.prices_include_tax else ROUND_HALF_UP)


def line_price(shop: Shop, product: Record, quantity: int) -> Decimal:
    """What a line costs without tax, to six decimals. Taxes of the shop's own country are taken out of an
    inclusive price, wherever the buyer lives.
    """
    shelf = text.amount(product["price"]) * quantity
    return text.six(catalogue.without_tax(shop, product, shelf))


def calculate(shop: Shop, order: Record) -> None:
    """Tax every line for where the order goes, then add up. Coupons must have been applied before."""
    country = order["shipping"]["country"] or order["billing"]["country"] or shop.base_country
    for line in order["lines"]:
        rates = [] if line["tax_status"] == "none" else shop.rates_for(country, line["tax_class"])
        line["taxes"] = {
            rate["id"]: (_tax(line["total"], rate), _tax(line["subtotal"], rate)) for rate in rates
        }
    for fee in order["fees"]:
        rates = shop.rates_for(country, fee["tax_class"]) if fee["tax_status"] == "taxable" else []
        fee["taxes"] = {rate["id"]: (_tax(fee["total"], rate), None) for rate in rates}
    shipping_class = _shipping_class(order)
    for delivery in order["deliveries"]:
        rates = [rate for rate in shop.rates_for(country, shipping_class) if rate["shipping"]]
        delivery["taxes"] = {rate["id"]: (_tax(delivery["total"], rate), None) for rate in rates}
    _add_up(shop, order)


def _tax(amount: Decimal, rate: Record) -> Decimal:
    return text.six(amount * Decimal(rate["rate"]) / 100)


def _shipping_class(order: Record) -> str:
    classes = {line["tax_class"] for line in order["lines"]}
    return "" if "" in classes or not classes else sorted(classes)[0]


def _add_up(shop: Shop, order: Record) -> None:
    lines = order["lines"]
    subtotal = sum((rounded(line["subtotal"]) for line in lines), ZERO)
    total = sum((rounded(line["total"]) for line in lines), ZERO)
    tax_before = sum((before for line in lines for _, before in line["taxes"].values()), ZERO)
    tax_after = sum((after for line in lines for after, _ in line["taxes"].values()), ZERO)
    order["discount_total"] = rounded(subtotal - total)
    order["discount_tax"] = rounded_tax(shop, tax_before - tax_after)
    cart = tax_by_rate(shop, [*lines, *order["fees"]])
    delivery = tax_by_rate(shop, order["deliveries"])
    order["cart_tax"] = sum(cart.values(), ZERO)
    order["shipping_tax"] = sum(delivery.values(), ZERO)
    order["shipping_total"] = sum((rounded(row["total"]) for row in order["deliveries"]), ZERO)
    fees = sum((rounded(row["total"]) for row in order["fees"]), ZERO)
    order["total"] = rounded(
        total + fees + order["shipping_total"] + order["cart_tax"] + order["shipping_tax"]
    )
    known = {row["rate_id"]: row["id"] for row in order["tax_lines"]}
    order["tax_lines"] = [
        {
            "id": known.get(rate_id) or shop.next_id("item"),
            "rate_id": rate_id,
            "tax_total": cart.get(rate_id, ZERO),
            "shipping_tax_total": delivery.get(rate_id, ZERO),
        }
        for rate_id in {**cart, **delivery}
    ]


def tax_by_rate(shop: Shop, rows: list[Record]) -> dict[int, Decimal]:
    """Tax per rate, each row rounded before it is added."""
    found: dict[int, Decimal] = {}
    for row in rows:
        for rate_id, (after, _) in row["taxes"].items():
            found[rate_id] = found.get(rate_id, ZERO) + rounded_tax(shop, after)
    return found


def apply_coupon(shop: Shop, order: Record, coupon: Record) -> Record:
    """Take a coupon off the lines and return its coupon line. Works in cents of the price the buyer sees."""
    exact = order["created_via"] != "rest-api"
    seen = [_seen_cents(shop, line, exact=exact) for line in order["lines"]]
    discounts = _discounts(order, coupon, seen)
    discount = discount_tax = ZERO
    for line, off_cents in zip(order["lines"], discounts, strict=True):
        off = Decimal(off_cents) / 100
        tax = ZERO
        if shop.prices_include_tax:
            rate = shop.rate_sum(_rates(shop, order, line))
            tax = off - off / (1 + rate / 100)
        line["total"] = text.six(max(ZERO, line["total"] - (off - tax)))
        discount_tax += rounded_tax(shop, tax)
        discount += off
    return {
        "id": shop.next_id("item"),
        "code": coupon["code"],
        "coupon_id": coupon["id"],
        "discount": discount - (discount_tax if shop.prices_include_tax else ZERO),
        "discount_tax": discount_tax,
        "discount_type": coupon["discount_type"],
        "amount": coupon["amount"],
        "free_shipping": coupon["free_shipping"],
        "meta_id": shop.next_id("meta"),
    }


def _rates(shop: Shop, order: Record, line: Record) -> list[Record]:
    country = order["shipping"]["country"] or order["billing"]["country"] or shop.base_country
    return [] if line["tax_status"] == "none" else shop.rates_for(country, line["tax_class"])


def _seen_cents(shop: Shop, line: Record, *, exact: bool) -> Decimal:
    total: Decimal = line["total"]
    shelf: Decimal = line["shelf"]
    if exact and total == line["subtotal"]:
        # A checkout works from the shelf price; an order over the API adds rounded tax to the line.
        return shelf * 100
    if not shop.prices_include_tax:
        return total * 100
    tax = sum((tax for tax, _ in line["taxes"].values()), ZERO)
    return (total + rounded_tax(shop, tax)) * 100


def _discounts(order: Record, coupon: Record, seen: list[Decimal]) -> list[int]:
    amount = Decimal(coupon["amount"])
    whole = sum(seen, ZERO)
    if coupon["discount_type"] == "fixed_product":
        quantities = [line["quantity"] for line in order["lines"]]
        return [int(min(cents, amount * 100 * n)) for cents, n in zip(seen, quantities, strict=True)]
    if coupon["discount_type"] == "percent":
        share, wanted = amount / 100, whole * amount / 100
    else:
        wanted = min(amount * 100, whole)
        share = wanted / whole if whole else ZERO
    found = [int((cents * share).to_integral_value(ROUND_FLOOR)) for cents in seen]
    left = int(wanted.to_integral_value(ROUND_HALF_UP)) - sum(found)
    for at, line in enumerate(order["lines"]):
        extra = min(left, line["quantity"], max(0, int(seen[at]) - found[at]))
        found[at] += extra
        left -= extra
    return found
