"""Lines of a shop's order as the source takes them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from stockwire.domain.records import OrderLine, TaxLine


def grouped(lines: Sequence[OrderLine]) -> list[OrderLine]:
    """Lines of the same SKU and variant as one: quantities, totals and taxes are added up, what else the
    first says stays (behaviour O4)."""
    merged: dict[tuple[str, str, str], OrderLine] = {}
    for line in lines:
        key = (line.sku or line.channel_line_code, line.channel_product_code, line.channel_variant_code)
        first = merged.get(key)
        merged[key] = line if first is None else _added(first, line)
    return list(merged.values())


def _added(first: OrderLine, second: OrderLine) -> OrderLine:
    taxes: dict[tuple[str, Decimal | None, str], Decimal] = {}
    for tax in (*first.tax_lines, *second.tax_lines):
        key = (tax.title, tax.rate, tax.code)
        taxes[key] = taxes.get(key, Decimal(0)) + tax.amount
    return replace(
        first,
        quantity=first.quantity + second.quantity,
        total_excl_tax=first.total_excl_tax + second.total_excl_tax,
        subtotal_excl_tax=first.subtotal_excl_tax + second.subtotal_excl_tax,
        tax_lines=tuple(TaxLine(title, amount, rate, code) for (title, rate, code), amount in taxes.items()),
    )
