"""An order of the domain as rows: its fields, lines, tax, delivery, discounts, addresses and params.

Only writes. Reading them back is orders_read, deciding is order_state.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

import msgspec

from stockwire.domain.records import Address, Order, TaxLine
from stockwire.errors import Refused
from stockwire.hub import models

LARGEST = Decimal(10) ** 12
CHILDREN = (
    models.OrderLine,
    models.OrderShippingLine,
    models.OrderDiscount,
    models.OrderAddress,
    models.OrderParam,
)


def fingerprint(order: Order) -> str:
    """Equal for equal content: everything but the status, the stamps and the warnings."""
    still = replace(order, status="", modified_at=order.ordered_at, paid_at=None, warnings=())
    return hashlib.blake2b(msgspec.json.encode(still), digest_size=16).hexdigest()


def fields_of(order: Order) -> dict[str, Any]:
    """Columns of the order's own row that come from the channel. Raises Refused for an impossible amount."""
    name = f"{order.customer.first_name} {order.customer.last_name}".strip()
    return {
        "number": text(order.number, 100),
        "status": text(order.status, 60),
        "currency": text(order.currency, 10),
        "total": amount(order, order.total),
        "total_tax": amount(order, order.total_tax),
        "prices_include_tax": order.prices_include_tax,
        "ordered_at": order.ordered_at,
        "modified_at": order.modified_at,
        "paid_at": order.paid_at,
        "customer_code": text(order.customer.channel_customer_code, 100),
        "customer_email": text(order.customer.email, 320),
        "customer_name": text(name, 300),
        "payment_method": text(order.payment_method, 200),
        "notes": text(order.notes),
    }


def payload_of(order: Order) -> Any:
    """The whole order as JSON, as the channel stated it, for the history."""
    return _storable(msgspec.to_builtins(order))


def rewrite_children(row: models.Order, order: Order, variants: Sequence[int | None]) -> None:
    """The rows below an order, replacing those that are there, inside an open scope."""
    for child in CHILDREN:
        child.objects.filter(order=row).delete()
    write_children(row, order, variants)


def write_children(row: models.Order, order: Order, variants: Sequence[int | None]) -> None:
    """The rows below an order that has none yet, inside an open scope."""
    _write_lines(row, order, variants)
    _write_shipping(row, order)
    owned = {"client_id": row.client_id, "order": row}
    models.OrderDiscount.objects.bulk_create(
        models.OrderDiscount(
            **owned, code=text(found.code, 200), amount_excl_tax=amount(order, found.amount_excl_tax)
        )
        for found in order.discounts
    )
    models.OrderAddress.objects.bulk_create(
        models.OrderAddress(**owned, type=kind, fields=_fields(address))
        for kind, address in (("billing", order.billing_address), ("shipping", order.shipping_address))
        if address != Address()
    )
    models.OrderParam.objects.bulk_create(
        models.OrderParam(**owned, key=text(key, 100), value=text(value))
        for key, value in order.params.items()
    )


def _write_lines(row: models.Order, order: Order, variants: Sequence[int | None]) -> None:
    lines = models.OrderLine.objects.bulk_create(
        models.OrderLine(
            client_id=row.client_id,
            order=row,
            position=position,
            channel_line_code=text(line.channel_line_code, 100),
            variant_id=variant,
            sku=text(line.sku, 100),
            title=text(line.title, 500),
            quantity=amount(order, line.quantity),
            total_excl_tax=amount(order, line.total_excl_tax),
            subtotal_excl_tax=amount(order, line.subtotal_excl_tax),
            channel_product_code=text(line.channel_product_code, 100),
            channel_variant_code=text(line.channel_variant_code, 100),
        )
        for position, (line, variant) in enumerate(zip(order.lines, variants, strict=True))
    )
    models.OrderTaxLine.objects.bulk_create(
        models.OrderTaxLine(line=written, **_tax(row, order, tax))
        for written, line in zip(lines, order.lines, strict=True)
        for tax in line.tax_lines
    )


def _write_shipping(row: models.Order, order: Order) -> None:
    lines = models.OrderShippingLine.objects.bulk_create(
        models.OrderShippingLine(
            client_id=row.client_id,
            order=row,
            position=position,
            kind=line.kind,
            title=text(line.title, 300),
            total_excl_tax=amount(order, line.total_excl_tax),
        )
        for position, line in enumerate(order.shipping_lines)
    )
    models.OrderTaxLine.objects.bulk_create(
        models.OrderTaxLine(shipping_line=written, **_tax(row, order, tax))
        for written, line in zip(lines, order.shipping_lines, strict=True)
        for tax in line.tax_lines
    )


def _tax(row: models.Order, order: Order, tax: TaxLine) -> dict[str, Any]:
    return {
        "client_id": row.client_id,
        "title": text(tax.title, 100),
        "amount": amount(order, tax.amount),
        "rate": tax.rate,
        "code": tax.code,
    }


def _fields(address: Address) -> Mapping[str, str]:
    return {name: text(value) for name, value in asdict(address).items()}


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {text(key): _storable(inner) for key, inner in value.items()}
    return [_storable(inner) for inner in value] if isinstance(value, list | tuple) else value


def text(value: str, limit: int | None = None) -> str:
    """PostgreSQL keeps no NUL in a text; what is longer than its column is only shown, so it is cut."""
    return value.replace("\x00", "")[:limit]


def amount(order: Order, value: Decimal) -> Decimal:
    """Raises Refused for a number no order has, before the database turns the whole order down."""
    if not value.is_finite() or abs(value) >= LARGEST:
        raise Refused(
            f"Order {order.number} contains the number {value}, which is too large to be true.",
            hint="Correct the order in the shop.",
        )
    return value
