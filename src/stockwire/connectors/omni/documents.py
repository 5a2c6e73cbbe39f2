"""An order as Omni wants it: the guide's order table, with prices excluding VAT that add up to the cent.

Pure. What cannot be said exactly is refused with the difference or the fix; nothing is cut short, rounded
away or left out silently. Numbers in the body are plain decimal texts (see body.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from stockwire.connectors.omni.body import plain
from stockwire.connectors.omni.discounts import spread
from stockwire.connectors.omni.replies import envelope_of
from stockwire.connectors.omni.setting_types import ADDRESS_FIELDS, truthy
from stockwire.connectors.omni.settings import OmniSettings
from stockwire.domain.records import Order, OrderLine, ShippingLine, TaxLine
from stockwire.errors import Refused
from stockwire.ports import Document, OrderContext

CENT = Decimal("0.01")
LEAST_DECIMALS = 2
LINES_KEY = {"Sales Order": "order_lines", "Quote": "quote_lines"}
SOUTH_AFRICA = timezone(timedelta(hours=2))
"""No daylight saving since 1944, so a fixed offset says the date an order was placed on."""

_REFERENCE = re.compile(r"[A-Z0-9-]+")  # A11


def document(order: Order, context: OrderContext, settings: OmniSettings) -> Document:
    """The document for one order. Raises Refused naming the order, what is wrong and the fix."""
    return _Drafting(order, context, settings).document()


class _Drafting:
    def __init__(self, order: Order, context: OrderContext, settings: OmniSettings) -> None:
        self._order = order
        self._context = context
        self._settings = settings
        self._name = f"Order {order.number or order.channel_order_code}"
        # What the hub says of this order wins over what the shop sent with it, both over the settings.
        merged = {**order.params, **context.params}
        self._params = {key.strip().lower(): value.strip() for key, value in merged.items()}

    def document(self) -> Document:
        self._check_order()
        resource = self._resource()
        reference = self._reference()
        items = self._order.lines
        if self._is_on("line_item_discount"):
            items = tuple(spread(items))
        lines = [self._line(number, line) for number, line in enumerate(items, 1)]
        lines += [
            self._shipping(line) for line in self._order.shipping_lines if line.total_excl_tax or line.tax
        ]
        total = self._proven_total()
        header: dict[str, Any] = {"customer_account_code": self._customer()}
        if warehouse := self._warehouse():
            header["warehouse_code"] = warehouse  # A21: left out when none is configured
        header.update(self._mapped())
        header[LINES_KEY[resource]] = lines
        envelope = self._settings.document_envelope or envelope_of(resource)  # A8
        return Document(resource, reference, {envelope: header}, total)

    def _check_order(self) -> None:
        settings, order = self._settings, self._order
        if not settings.create_order_enabled:
            raise self._refused("raising orders in Omni is switched off.", "Switch create_order_enabled on.")
        if order.currency and order.currency.upper() != settings.currency.upper():
            raise self._refused(
                f"it is in {order.currency}, but Omni keeps its books in {settings.currency}.",
                f"Capture it in Omni by hand in {settings.currency}, then skip it here.",
            )
        if not order.lines:
            raise self._refused("it has no lines.", "Look at it in the shop; skip it if nothing was bought.")

    def _resource(self) -> str:
        resource = self._param("order_document_type") or self._settings.param_order_document_type
        if resource not in LINES_KEY:  # A22
            raise self._refused(
                f"it asks for a document of type {resource}.", f"Use one of: {', '.join(LINES_KEY)}."
            )
        return resource

    def _reference(self) -> str:
        if self._is_on("use_channel_order_code"):
            reference, fix = self._order.number, "Change the shop's order prefix, or use our own references."
            if self._context.part > 1:
                reference = f"{reference}-{self._context.part}"
        else:
            reference, fix = self._context.reference, "Report this: it is a fault of Stockwire."
        longest = self._settings.param_order_reference_max
        if not _REFERENCE.fullmatch(reference):
            raise self._refused(
                f'its reference "{reference}" may hold only capital letters, digits and hyphens.', fix
            )
        if len(reference) > longest:
            raise self._refused(f'its reference "{reference}" is longer than {longest} characters.', fix)
        return reference

    def _customer(self) -> str:
        code = (
            self._context.source_customer_code.strip()
            or self._param("default_customer_code")
            or self._settings.param_default_customer_code
        )
        if not code:
            raise self._refused(
                "it names no customer account and there is no default one.",
                "Set param_default_customer_code of the Omni source, or give the customer an account code.",
            )
        return code

    def _warehouse(self) -> str:
        return (
            self._context.warehouse_code.strip()
            or self._param("warehouse_code")
            or self._settings.param_warehouse_code
        )

    def _line_warehouse(self) -> dict[str, str]:
        """A line names its warehouse only where the operator knows Omni's key for it: it is not public."""
        key, warehouse = self._settings.order_line_warehouse_key, self._warehouse()
        return {key: warehouse} if key and warehouse else {}

    def _line(self, number: int, line: OrderLine) -> dict[str, str]:
        sku = line.sku.strip()
        if not sku:
            raise self._refused(
                f'line {number} ("{line.title}") has no SKU.',
                "Give the product its Omni stock code as SKU in the shop, or capture the order by hand.",
            )
        if line.quantity <= 0:
            raise self._refused(
                f"line {number} ({sku}) has a quantity of {plain(line.quantity)}.",
                "Correct the order in the shop, or capture it by hand.",
            )
        if line.total_excl_tax < 0:
            raise self._refused(
                f"line {number} ({sku}) comes to {_rand(line.total_excl_tax)}.",
                "Capture it by hand: Omni is not sent negative lines.",
            )
        code = self._tax_code("default_tax_code", line.tax_lines)
        drafted = self._drafted(sku, line.title.strip() or sku, line.quantity, line.total_excl_tax, code)
        return {**drafted, **self._line_warehouse()}

    def _shipping(self, line: ShippingLine) -> dict[str, str]:
        what = "a fee" if line.kind == "fee" else "delivery"
        stock_code = self._param("shipping_code") or self._settings.param_shipping_code
        if line.total_excl_tax < 0:
            raise self._refused(
                f'{what} "{line.title}" comes to {_rand(line.total_excl_tax)}.',
                "Capture it by hand: Omni is not sent negative lines.",
            )
        if not stock_code:
            raise self._refused(
                f"{what} of {_rand(line.total_excl_tax)} was paid, but no stock code carries it.",
                "Create a service item for delivery in Omni and set param_shipping_code to its code.",
            )
        code = self._tax_code("default_tax_code_shipping", line.tax_lines)
        title = line.title.strip() or "Delivery"
        drafted = self._drafted(stock_code, title, Decimal(1), line.total_excl_tax, code)
        if self._is_on("ignore_shipping_warehouse_code"):
            return drafted
        return {**drafted, **self._line_warehouse()}

    def _drafted(
        self, stock_code: str, description: str, quantity: Decimal, total: Decimal, vat_code: str | None
    ) -> dict[str, str]:
        price = self._unit_price(stock_code, quantity, _cents(total))
        drafted = {
            "stock_code": stock_code,
            "description": description,
            "quantity": plain(quantity),
            "selling_price": plain(price),
        }
        return drafted if vat_code is None else {**drafted, "vat_code": vat_code}

    def _unit_price(self, stock_code: str, quantity: Decimal, total: Decimal) -> Decimal:
        """The unit price with the fewest decimals that gives the line's total back to the cent (A14)."""
        most = self._settings.selling_price_decimals
        for decimals in range(LEAST_DECIMALS, most + 1):
            price = (total / quantity).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
            if _cents(quantity * price) == total:
                return price
        off = _cents(quantity * price) - total
        raise self._refused(
            f"{plain(quantity)} of {stock_code} for {_rand(total)} cannot be said as a unit price: "
            f"{plain(price)} each is off by {_rand(off)}.",
            "Capture it by hand, or split the line in the shop.",
        )

    def _proven_total(self) -> Decimal:
        """What the lines come to, each in whole cents; refused when rounding them shifts the sum."""
        exact = [line.total_excl_tax for line in self._order.lines]
        exact += [line.total_excl_tax for line in self._order.shipping_lines]
        total = sum(map(_cents, exact), Decimal(0))
        if total != (whole := _cents(sum(exact, Decimal(0)))):
            raise self._refused(
                f"its lines come to {_rand(whole)}, but rounded to cents one by one to {_rand(total)}, "
                f"a difference of {_rand(total - whole)}.",
                "Let the shop round each line to cents, or capture the order by hand.",
            )
        return total

    def _tax_code(self, taxed: str, tax_lines: Sequence[TaxLine]) -> str | None:
        """The VAT code by the code of the tax lines; None where the operator removed the key.

        A line without tax lines is exempt: no VAT was charged on it.
        """
        is_taxed = any(line.code == "taxed" for line in tax_lines)
        name = taxed if is_taxed else "default_tax_code_exempt"
        if name in self._params:
            return self._params[name] or None
        code: str | None = getattr(self._settings, f"param_{name}")
        return code

    def _mapped(self) -> dict[str, str]:
        """Header keys of order_field_map (A12, A13); a blank value sends no key."""
        values = self._order_fields()
        mapped = {}
        for key, name in self._settings.order_field_map.items():
            value = self._param(name.removeprefix("params.")) if name.startswith("params.") else values[name]
            if value:
                mapped[key] = value
        return mapped

    def _order_fields(self) -> Mapping[str, str]:
        order, address = self._order, self._order.shipping_address
        fields = {
            "number": order.number,
            "channel_order_code": order.channel_order_code,
            "reference": self._context.reference,
            "ordered_date": order.ordered_at.astimezone(SOUTH_AFRICA).date().isoformat(),
            "customer_email": order.customer.email,
            "customer_name": f"{address.first_name} {address.last_name}".strip(),
            "company": address.company,
            "address1": address.address1,
            "address2": address.address2,
            "city": address.city,
            "province": address.province,
            "zip": address.zip,
            "country_code": address.country_code,
            "phone": address.phone,
            "notes": order.notes,
            "payment_method": order.payment_method,
            "rep_code": self._param("rep_code") or self._settings.param_rep_code,
        }
        if self._is_on("use_customer_address"):
            return {name: "" if name in ADDRESS_FIELDS else value for name, value in fields.items()}
        return fields

    def _is_on(self, name: str) -> bool:
        """A switch: the order's own param where it has one, else the source's setting."""
        own = self._params.get(name)
        on: bool = truthy(own) if own else getattr(self._settings, f"param_{name}")
        return on

    def _param(self, name: str) -> str:
        return self._params.get(name.lower(), "")

    def _refused(self, what: str, fix: str) -> Refused:
        return Refused(f"{self._name}: {what}", hint=fix)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def _rand(amount: Decimal) -> str:
    return f"R{amount:.2f}" if amount >= 0 else f"-R{-amount:.2f}"
