"""Stored orders as the domain knows them, for whoever makes a document of one. Only reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Prefetch

from stockwire.domain.records import (
    Address,
    Customer,
    Discount,
    Order,
    OrderLine,
    ShippingLine,
    TaxLine,
)
from stockwire.hub import models


def read_orders(order_ids: Sequence[int]) -> dict[int, Order]:
    """Order id to order, inside an open scope.

    A line whose variant is known carries the source's own code as its `sku`, whatever the channel's
    spelling; a line without one keeps the channel's SKU, trimmed.
    """
    rows = models.Order.objects.filter(pk__in=order_ids).prefetch_related(
        Prefetch("lines", models.OrderLine.objects.select_related("variant").order_by("position")),
        "lines__tax_lines",
        Prefetch("shipping_lines", models.OrderShippingLine.objects.order_by("position")),
        "shipping_lines__tax_lines",
        "discounts",
        "addresses",
        "params",
    )
    return {row.pk: _order(row) for row in rows}


def _order(row: models.Order) -> Order:
    addresses = {found.type: _address(found.fields) for found in row.addresses.all()}
    first_name, _, last_name = row.customer_name.partition(" ")
    return Order(
        channel_order_code=row.channel_order_code,
        number=row.number,
        status=row.status,
        currency=row.currency,
        ordered_at=row.ordered_at,
        modified_at=row.modified_at,
        total=row.total,
        total_tax=row.total_tax,
        lines=tuple(_line(line) for line in row.lines.all()),
        shipping_lines=tuple(
            ShippingLine(line.title, line.total_excl_tax, _taxes(line.tax_lines.all()), line.kind)
            for line in row.shipping_lines.all()
        ),
        discounts=tuple(Discount(found.code, found.amount_excl_tax) for found in row.discounts.all()),
        paid_at=row.paid_at,
        customer=Customer(row.customer_code, row.customer_email, first_name, last_name),
        billing_address=addresses.get("billing", Address()),
        shipping_address=addresses.get("shipping", Address()),
        prices_include_tax=row.prices_include_tax,
        payment_method=row.payment_method,
        notes=row.notes,
        params={param.key: param.value for param in row.params.all()},
    )


def _line(line: models.OrderLine) -> OrderLine:
    return OrderLine(
        channel_line_code=line.channel_line_code,
        sku=line.variant.source_variant_code if line.variant else line.sku.strip(),
        title=line.title,
        quantity=line.quantity,
        total_excl_tax=line.total_excl_tax,
        subtotal_excl_tax=line.subtotal_excl_tax,
        tax_lines=_taxes(line.tax_lines.all()),
        channel_product_code=line.channel_product_code,
        channel_variant_code=line.channel_variant_code,
    )


def _taxes(rows: Iterable[models.OrderTaxLine]) -> tuple[TaxLine, ...]:
    return tuple(
        TaxLine(row.title, row.amount, row.rate, row.code) for row in sorted(rows, key=lambda row: row.pk)
    )


def _address(fields: Mapping[str, str]) -> Address:
    known = Address.__dataclass_fields__
    return Address(**{name: value for name, value in fields.items() if name in known})
