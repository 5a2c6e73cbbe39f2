"""An order of theirs as a domain Order. Pure: every amount is taken as the shop states it, none recomputed.

Times are read from the `_gmt` fields only; the others are in the shop's own time zone.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from stockwire.connectors.woocommerce.settings import WooCommerceSettings
from stockwire.connectors.woocommerce.translate import sku_key
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
from stockwire.errors import Refused

SHOP_DATE = "shop_date"
REFUNDED = "refunded_total"
_NO_TAX = "No tax"


def order_of(body: Mapping[str, Any], settings: WooCommerceSettings) -> Order:
    """The order as the shop states it now. Raises Refused naming the order when it cannot be read."""
    code = str(body.get("id") or "")
    try:
        return _order_of(body, settings)
    except (KeyError, TypeError, ValueError, InvalidOperation, AttributeError) as error:
        raise Refused(
            f"Order {code or 'without an id'}: the shop's answer cannot be read.",
            hint="A plugin may have changed its fields. Open the order in the shop and save it again.",
            detail=f"{type(error).__name__}: {error}",
        ) from None


def stamp(text: object) -> datetime | None:
    """One of the shop's `_gmt` times, which carry no zone; None where it is empty."""
    if not text:
        return None
    moment = datetime.fromisoformat(str(text))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _order_of(body: Mapping[str, Any], settings: WooCommerceSettings) -> Order:
    code = str(body["id"])
    ordered_at = stamp(body["date_created_gmt"])
    modified_at = stamp(body.get("date_modified_gmt")) or ordered_at
    if ordered_at is None or modified_at is None:
        raise ValueError("no date")
    warnings: list[str] = []
    number = _number(body, settings, warnings)
    rates = {str(tax["rate_id"]): tax for tax in body.get("tax_lines") or []}
    lines = [_line(line, rates, warnings) for line in body["line_items"]]
    lines = [one for line in lines for one in _unbundled(line, settings)]
    if settings.group_duplicate_order_items:
        lines = grouped(lines)
    warnings += _refund_warnings(body)
    billing = body.get("billing") or {}
    return Order(
        channel_order_code=code,
        number=number,
        status=str(body["status"]),
        currency=str(body["currency"]),
        ordered_at=ordered_at,
        modified_at=modified_at,
        paid_at=stamp(body.get("date_paid_gmt")),
        total=_money(body["total"]),
        total_tax=_money(body["total_tax"]),
        lines=tuple(lines),
        shipping_lines=(*_shipping(body, rates, settings), *_fees(body, rates)),
        discounts=tuple(
            Discount(str(coupon["code"]), _money(coupon["discount"]))
            for coupon in body.get("coupon_lines") or []
        ),
        customer=Customer(
            channel_customer_code=str(body.get("customer_id") or ""),
            email=str(billing.get("email") or ""),
            first_name=_text(billing.get("first_name")),
            last_name=_text(billing.get("last_name")),
        ),
        billing_address=_address(billing),
        shipping_address=_address(body.get("shipping") or {}),
        prices_include_tax=bool(body.get("prices_include_tax")),
        payment_method=_text(body.get("payment_method_title") or body.get("payment_method")),
        notes=_text(body.get("customer_note")),
        params=_params(body),
        warnings=tuple(warnings),
    )


def _number(body: Mapping[str, Any], settings: WooCommerceSettings, warnings: list[str]) -> str:
    """`order_number` is the legacy API's name for wc/v3's `number`; sequential-number plugins change it."""
    field = settings.order_code_field or "id"
    if field.startswith("meta:"):
        key = field.removeprefix("meta:")
        value = next((m.get("value") for m in body.get("meta_data") or [] if m.get("key") == key), None)
    else:
        value = body.get("number" if field == "order_number" else field)
    if not isinstance(value, str | int) or not str(value).strip():
        warnings.append(f"Order {body['id']} has no {field}; its id is used as its number.")
        value = body["id"]
    return settings.order_code_prefix + str(value).strip()


def _line(line: Mapping[str, Any], rates: Mapping[str, Any], warnings: list[str]) -> OrderLine:
    sku = str(line.get("sku") or "").strip()
    title = _text(line.get("name"))
    if not sku:
        warnings.append(
            f"Line {title or line['id']!r} has no SKU: its product has none, or was deleted from the shop."
        )
    quantity = Decimal(str(line["quantity"]))
    if not quantity.is_finite():
        raise ValueError("quantity")
    return OrderLine(
        channel_line_code=str(line["id"]),
        sku=sku,
        title=title,
        quantity=quantity,
        total_excl_tax=_money(line["total"]),
        subtotal_excl_tax=_money(line["subtotal"]),
        tax_lines=_tax_lines(line, rates),
        channel_product_code=str(line.get("product_id") or ""),
        channel_variant_code=str(line.get("variation_id") or ""),
    )


def _unbundled(line: OrderLine, settings: WooCommerceSettings) -> list[OrderLine]:
    """A bundle's own line keeps its amounts, so that the order still adds up; its items follow at price 0."""
    items = settings.items_of_bundles.get(sku_key(line.sku), ())
    nothing = tuple(replace(tax, amount=Decimal(0)) for tax in line.tax_lines)
    return [
        line,
        *(
            OrderLine(
                channel_line_code=f"{line.channel_line_code}-{at}",
                sku=sku,
                title=f"{sku} (in {line.sku})",
                quantity=line.quantity * count,
                total_excl_tax=Decimal(0),
                subtotal_excl_tax=Decimal(0),
                tax_lines=nothing,
            )
            for at, (sku, count) in enumerate(Counter(items).items(), 1)
        ),
    ]


def _tax_lines(line: Mapping[str, Any], rates: Mapping[str, Any]) -> tuple[TaxLine, ...]:
    """The taxes of one line. A rate that does not apply to it has an empty total.

    A line at 0 %, or without any rate, is "exempt"; one that costs nothing at 15 % stays "taxed". Where the
    parts do not add up to the line's stated tax, the stated tax is taken as one sum.
    """
    stated = _money(line.get("total_tax") or "0")
    parts = []
    for tax in line.get("taxes") or []:
        if tax.get("total") in {None, ""}:
            continue
        rate = rates.get(str(tax["id"]), {})
        percent = rate.get("rate_percent")
        amount = _money(tax["total"])
        exempt = amount == 0 and not percent
        parts.append(
            TaxLine(
                title=_text(rate.get("label")) or "Tax",
                amount=amount,
                rate=None if percent is None else Decimal(str(percent)),
                code="exempt" if exempt else "taxed",
            )
        )
    if sum((part.amount for part in parts), Decimal(0)) != stated:
        title = " + ".join(part.title for part in parts) or "Tax"
        return (TaxLine(title, stated, parts[0].rate if len(parts) == 1 else None),)
    return tuple(parts) or (TaxLine(_NO_TAX, Decimal(0), Decimal(0), "exempt"),)


def _shipping(
    body: Mapping[str, Any], rates: Mapping[str, Any], settings: WooCommerceSettings
) -> list[ShippingLine]:
    return [
        ShippingLine(
            title=settings.order_shipping_method_name or _text(line.get("method_title")) or "Delivery",
            total_excl_tax=_money(line["total"]),
            tax_lines=_tax_lines(line, rates),
        )
        for line in body.get("shipping_lines") or []
    ]


def _fees(body: Mapping[str, Any], rates: Mapping[str, Any]) -> list[ShippingLine]:
    return [
        ShippingLine(
            title=_text(line.get("name")) or "Fee",
            total_excl_tax=_money(line["total"]),
            tax_lines=_tax_lines(line, rates),
            kind="fee",
        )
        for line in body.get("fee_lines") or []
    ]


def _refund_warnings(body: Mapping[str, Any]) -> list[str]:
    """Refund totals are negative; line quantities and totals of the order stay as they were."""
    currency = str(body["currency"])
    symbol = "R " if currency == "ZAR" else f"{currency} "
    found = []
    for refund in body.get("refunds") or []:
        reason = _text(refund.get("reason"))
        found.append(
            f"The shop refunded {symbol}{abs(_money(refund['total'])):f}"
            f"{f' ({reason})' if reason else ''}. The order's lines do not show it."
        )
    return found


def _params(body: Mapping[str, Any]) -> dict[str, str]:
    """`shop_date` is the day in the shop's own time, `transaction_id` the payment gateway's reference,
    `refunded_total` what was paid back so far (positive, absent when nothing was).
    """
    params = {SHOP_DATE: str(body.get("date_created") or body["date_created_gmt"])[:10]}
    if body.get("transaction_id"):
        params["transaction_id"] = str(body["transaction_id"])
    if body.get("refunds"):
        refunded = sum((abs(_money(refund["total"])) for refund in body["refunds"]), Decimal(0))
        params[REFUNDED] = f"{refunded:f}"
    return params


def _address(parts: Mapping[str, Any]) -> Address:
    return Address(
        first_name=_text(parts.get("first_name")),
        last_name=_text(parts.get("last_name")),
        company=_text(parts.get("company")),
        address1=_text(parts.get("address_1")),
        address2=_text(parts.get("address_2")),
        city=_text(parts.get("city")),
        province=_text(parts.get("state")),
        zip=_text(parts.get("postcode")),
        country_code=_text(parts.get("country")),
        phone=_text(parts.get("phone")),
    )


def _money(text: object) -> Decimal:
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise ValueError(f"amount {text!r}")
    amount = Decimal(str(text))
    if not amount.is_finite():
        raise ValueError(f"amount {text!r}")
    return amount


def _text(value: object) -> str:
    return html.unescape(str(value)).strip() if value else ""
