"""An order of theirs as a domain Order. Pure: every amount is taken as the shop states it.

Amounts are in the shop's own currency. A line that was shortened by an edit or a refund counts with what is
left of it, and its discount and tax with it; the proof of the hub says whether that adds up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from stockwire.connectors.shopify.items import number
from stockwire.connectors.shopify.order_params import params_of
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.domain.order_lines import grouped
from stockwire.domain.records import (
    Address,
    Customer,
    Discount,
    Order,
    OrderLine,
    ShippingLine,
    TaxLine,
)
from stockwire.domain.totals import money
from stockwire.errors import Refused

TEST = "test"
CENT = Decimal("0.01")
_FINE = Decimal("0.0001")
_NO_TAX = TaxLine("No tax", Decimal(0), Decimal(0), "exempt")


def order_of(body: Mapping[str, Any], settings: ShopifySettings) -> Order:
    """The order as the shop states it now. Raises Refused naming the order when it cannot be read."""
    name = str(body.get("name") or body.get("legacyResourceId") or "without a number")
    try:
        return _order_of(body, settings)
    except (KeyError, TypeError, ValueError, InvalidOperation, AttributeError) as error:
        raise Refused(
            f"Order {name}: the shop's answer cannot be read.",
            hint="Open the order in the shop's admin. If it looks right there, send us the log.",
            detail=f"{type(error).__name__}: {error}",
        ) from None


def stamp(text: object) -> datetime | None:
    """One of the shop's times; None where it is empty."""
    if not text:
        return None
    return datetime.fromisoformat(str(text).replace("Z", "+00:00")).astimezone(UTC)


def status_of(body: Mapping[str, Any]) -> str:
    """cancelled, or the financial status in small letters: paid, pending, authorized, refunded ..."""
    if body.get("cancelledAt"):
        return "cancelled"
    return str(body.get("displayFinancialStatus") or "pending").lower()


def _order_of(body: Mapping[str, Any], settings: ShopifySettings) -> Order:
    ordered_at = stamp(body.get("processedAt")) or stamp(body["createdAt"])
    modified_at = stamp(body["updatedAt"])
    if ordered_at is None or modified_at is None:
        raise ValueError("no date")
    included = bool(body.get("taxesIncluded"))
    currency = str(body["currencyCode"])
    warnings: list[str] = []
    nodes = body["lineItems"]["nodes"]
    # An order of which nothing is left is told by its status; its lines stay as they were ordered.
    something_left = any(int(node["currentQuantity"]) > 0 for node in nodes)
    shortened = something_left and any(node["currentQuantity"] != node["quantity"] for node in nodes)
    lines = [
        line
        for node in nodes
        if (line := _line(node, currency, warnings, included=included, current=something_left)) is not None
    ]
    shipping, less_shipping = _shipping(body, included=included, current=something_left)
    as_is_now = shortened or less_shipping
    total = _shop(body["currentTotalPriceSet" if as_is_now else "totalPriceSet"])
    tax_set = body["currentTotalTaxSet" if as_is_now else "totalTaxSet"]
    warnings += _notes(body, currency, settings)
    if settings.group_duplicate_order_items:
        lines = grouped(lines)
    customer = body.get("customer") or {}
    email = (customer.get("defaultEmailAddress") or {}).get("emailAddress") or body.get("email")
    return Order(
        channel_order_code=str(body["legacyResourceId"]),
        number=settings.order_code_prefix + str(body["name"]),
        status=status_of(body),
        currency=currency,
        ordered_at=ordered_at,
        modified_at=modified_at,
        paid_at=_paid_at(body),
        total=total,
        total_tax=Decimal(0) if tax_set is None else _shop(tax_set),
        lines=tuple(_bearing(lines) if settings.line_item_discounts else lines),
        shipping_lines=tuple(shipping),
        discounts=() if settings.line_item_discounts else tuple(_discounts(body, lines)),
        customer=Customer(
            channel_customer_code=number(customer.get("id")),
            email=str(email or ""),
            first_name=str(customer.get("firstName") or ""),
            last_name=str(customer.get("lastName") or ""),
        ),
        billing_address=_address(body.get("billingAddress") or {}),
        shipping_address=_address(body.get("shippingAddress") or {}),
        prices_include_tax=included,
        payment_method=", ".join(str(name) for name in body.get("paymentGatewayNames") or []),
        notes=str(body.get("note") or ""),
        params=params_of(body, settings, status_of(body)),
        warnings=tuple(warnings),
    )


def _line(
    node: Mapping[str, Any], currency: str, warnings: list[str], *, included: bool, current: bool
) -> OrderLine | None:
    ordered, left = int(node["quantity"]), int(node["currentQuantity"])
    sku = str(node.get("sku") or "").strip()
    title = str(node.get("name") or node.get("title") or "")
    name = sku or title
    if not sku:
        warnings.append(f"Line {title!r} has no SKU in the shop.")
    quantity = left if current else ordered
    if current and left < ordered:
        warnings.append(
            f"{name}: {ordered - left} of {ordered} were taken off the order or refunded; {left} are left."
        )
    if quantity == 0:
        return None
    share = Decimal(quantity) / ordered if ordered > quantity else Decimal(1)
    unit = _shop(node["originalUnitPriceSet"])
    gross = unit * quantity
    allocated = [_shop(row["allocatedAmountSet"]) for row in node.get("discountAllocations") or []]
    taxes = _taxes(node, share)
    tax = sum((line.amount for line in taxes), Decimal(0))
    paid = _part(unit * ordered - sum(allocated, Decimal(0)), share)
    net = paid - tax if included else paid
    before = gross if not included else _before_discount(gross, paid, net, taxes)
    return OrderLine(
        channel_line_code=number(node["id"]),
        sku=sku,
        title=title,
        quantity=Decimal(quantity),
        total_excl_tax=net,
        subtotal_excl_tax=before,
        tax_lines=tuple(taxes) or (_NO_TAX,),
        channel_product_code=number((node.get("product") or {}).get("id")),
        channel_variant_code=number((node.get("variant") or {}).get("id")),
    )


def _before_discount(gross: Decimal, paid: Decimal, net: Decimal, taxes: Sequence[TaxLine]) -> Decimal:
    """What the line would have been without discount, excluding tax: only ever shown and shared by, so it
    is worked out from the line's own tax."""
    if gross == paid:
        return net
    if paid > 0:
        return (net * gross / paid).quantize(_FINE, ROUND_HALF_UP)
    rate = sum((line.rate or Decimal(0) for line in taxes), Decimal(0))
    return (gross / (1 + rate / 100)).quantize(_FINE, ROUND_HALF_UP)


def _taxes(node: Mapping[str, Any], share: Decimal) -> list[TaxLine]:
    found = []
    for row in node.get("taxLines") or []:
        rate = None if row.get("rate") is None else (Decimal(str(row["rate"])) * 100).normalize()
        amount = _part(_shop(row["priceSet"]), share)
        exempt = amount == 0 and not rate
        found.append(TaxLine(str(row.get("title") or "Tax"), amount, rate, "exempt" if exempt else "taxed"))
    return found


def _shipping(body: Mapping[str, Any], *, included: bool, current: bool) -> tuple[list[ShippingLine], bool]:
    """Delivery as it stands, and whether some of it was refunded or taken off. What is left is stated for the
    order as a whole, so several lines share it."""
    rows = [
        row
        for row in (body.get("shippingLines") or {}).get("nodes") or []
        if not (current and row.get("isRemoved"))
    ]
    ordered = sum((_shop(row["discountedPriceSet"]) for row in rows), Decimal(0))
    left = _shop(body["currentShippingPriceSet"]) if current else ordered
    share = left / ordered if ordered else Decimal(1)
    found: list[ShippingLine] = []
    for at, row in enumerate(rows):
        amount = _part(_shop(row["discountedPriceSet"]), share)
        if at == len(rows) - 1 and share != 1:
            amount = left - sum((line.total_excl_tax for line in found), Decimal(0))
            amount -= sum((line.tax for line in found), Decimal(0)) if included else Decimal(0)
        taxes = _taxes(row, share)
        tax = sum((line.amount for line in taxes), Decimal(0))
        found.append(
            ShippingLine(
                title=str(row.get("title") or "Delivery"),
                total_excl_tax=amount - tax if included else amount,
                tax_lines=tuple(taxes) or (_NO_TAX,),
            )
        )
    return found, left != ordered


def _discounts(body: Mapping[str, Any], lines: Sequence[OrderLine]) -> list[Discount]:
    """One discount for the order, named by its codes: how several share is not said per code."""
    amount = sum((line.subtotal_excl_tax - line.total_excl_tax for line in lines), Decimal(0))
    if amount <= 0:
        return []
    names = [str(code) for code in body.get("discountCodes") or []]
    for row in (body.get("discountApplications") or {}).get("nodes") or []:
        name = row.get("code") or row.get("title")
        if name and name not in names:
            names.append(str(name))
    return [Discount(", ".join(names) or "Discount", amount.quantize(CENT, ROUND_HALF_UP))]


def _bearing(lines: Sequence[OrderLine]) -> list[OrderLine]:
    """Each line bears its own discount for good: nothing is left to be spread anew."""
    return [replace(line, subtotal_excl_tax=line.total_excl_tax) for line in lines]


def _notes(body: Mapping[str, Any], currency: str, settings: ShopifySettings) -> list[str]:
    found = []
    if body.get("test"):
        found.append("This is a test order of the shop: nobody paid for it.")
    paid_in = str(body.get("presentmentCurrencyCode") or currency)
    if paid_in != currency:
        shown = (body["totalPriceSet"].get("presentmentMoney") or {}).get("amount")
        found.append(
            f"The customer saw {money(paid_in, Decimal(str(shown)))}; all amounts here are in {currency}, "
            "the shop's own currency."
        )
    for refund in body.get("refunds") or []:
        amount = _shop(refund["totalRefundedSet"])
        reason = f" ({refund['note']})" if refund.get("note") else ""
        found.append(f"The shop refunded {money(currency, amount)}{reason}.")
    if body.get("cancelledAt"):
        why = str(body.get("cancelReason") or "other").lower()
        found.append(f"The order was cancelled in the shop (reason: {why}).")
    return found


def _paid_at(body: Mapping[str, Any]) -> datetime | None:
    """When the last successful payment was made, for an order that is (or was) paid."""
    if str(body.get("displayFinancialStatus")) not in {"PAID", "PARTIALLY_REFUNDED", "REFUNDED"}:
        return None
    stamps = [
        stamp(row.get("processedAt"))
        for row in body.get("transactions") or []
        if row.get("kind") in {"SALE", "CAPTURE"} and row.get("status") == "SUCCESS"
    ]
    return max((found for found in stamps if found is not None), default=None)


def _address(parts: Mapping[str, Any]) -> Address:
    first, last = str(parts.get("firstName") or ""), str(parts.get("lastName") or "")
    if not (first or last):
        first, _, last = str(parts.get("name") or "").partition(" ")
    return Address(
        first_name=first,
        last_name=last,
        company=str(parts.get("company") or ""),
        address1=str(parts.get("address1") or ""),
        address2=str(parts.get("address2") or ""),
        city=str(parts.get("city") or ""),
        province=str(parts.get("province") or parts.get("provinceCode") or ""),
        zip=str(parts.get("zip") or ""),
        country_code=str(parts.get("countryCodeV2") or ""),
        phone=str(parts.get("phone") or ""),
    )


def _part(amount: Decimal, share: Decimal) -> Decimal:
    return amount if share == 1 else (amount * share).quantize(CENT, ROUND_HALF_UP)


def _shop(bag: Mapping[str, Any]) -> Decimal:
    """The amount in the shop's own currency."""
    amount = Decimal(str(bag["shopMoney"]["amount"]))
    if not amount.is_finite():
        raise ValueError(f"amount {amount}")
    return amount
