"""The records everything speaks in: what a source says, what a channel shows, what a customer ordered.

Values are frozen and plain: money and quantities are Decimal, times aware UTC, SKUs strings. Nothing here
reads a clock, a database or a setting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

NO_AMOUNTS: Mapping[str, Decimal] = MappingProxyType({})
NO_TEXTS: Mapping[str, str] = MappingProxyType({})


class Active(StrEnum):
    """What the source says should happen to a product (the guide's product_active)."""

    ACTIVE = "ACTIVE"
    DELETE = "DELETE"
    IGNORE = "IGNORE"


class SourceProduct(NamedTuple):
    """One row of a source: one variant, with the product-level fields repeated (model.md section 5).

    A tuple, because a first load makes very many of them and a frozen dataclass takes six times as long.

    `price_tiers` maps tier name to amount as the source holds it; `quantities` maps warehouse name to
    available quantity ("" is the source's only or summed warehouse); `meta` maps attribute key to text.
    Optional fields are None when the source does not supply them at all: absent is not empty.
    A variant of a group has up to three options: `option_names` are the product's, `option_values` its own,
    both () for a product without variants.
    """

    source_product_code: str
    source_variant_code: str
    sku: str
    product_active: Active
    title: str
    price_tiers: Mapping[str, Decimal] = NO_AMOUNTS
    quantities: Mapping[str, Decimal] = NO_AMOUNTS
    meta: Mapping[str, str] = NO_TEXTS
    body_html: str | None = None
    collection: str | None = None
    product_type: str | None = None
    vendor: str | None = None
    tags: str | None = None
    barcode: str | None = None
    grams: int | None = None
    inventory_management: bool = True
    option_names: tuple[str, ...] | None = None
    option_values: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """An image of a product. `content_hash` is "" until it has been read once; then it is its identity."""

    src: str
    content_hash: str = ""

    @property
    def identity(self) -> str:
        return self.content_hash or self.src


class Variant(NamedTuple):
    """One SKU as the hub holds it. `quantities` are what is available by warehouse ("" is its only or
    summed one), `held` is on orders that the source has not reserved yet."""

    code: str
    sku: str
    price_tiers: Mapping[str, Decimal]
    quantities: Mapping[str, Decimal]
    held: Decimal = Decimal(0)
    barcode: str | None = None
    grams: int | None = None
    inventory_management: bool = True
    option_values: tuple[str, ...] = ()
    active: bool = True


class Product(NamedTuple):
    """A product as the hub holds it. A simple one has no option names and one variant, its own. `templates`
    are the names of the attribute templates that were applied to it. `images_awaited`: it has images that no
    channel can be given yet, so none in `images` does not mean that it has none.

    A tuple, as all that a plan is made of: a catalogue of a hundred thousand is planned at once.
    """

    code: str
    active: bool
    title: str
    variants: tuple[Variant, ...]
    body_html: str | None = None
    collection: str | None = None
    product_type: str | None = None
    vendor: str | None = None
    tags: str | None = None
    meta: Mapping[str, str] = NO_TEXTS
    option_names: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    templates: tuple[str, ...] = ()
    images_awaited: bool = False


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with a source row. `code` is its stock code, or "" when it has none.

    `used` is True when the row was used all the same, as the message says (a rounded price, an unknown flag).
    """

    code: str
    message: str
    hint: str
    used: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    address1: str = ""
    address2: str = ""
    city: str = ""
    province: str = ""
    zip: str = ""
    country_code: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """Who ordered. `channel_customer_code` is "" for a guest."""

    channel_customer_code: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""


@dataclass(frozen=True, slots=True)
class TaxLine:
    """Tax on one order line, for the whole line and not per unit.

    `rate` is a percentage (15 is 15 %) or None where the channel does not say it; `code` is "taxed" or
    "exempt" (model.md section 13.2).
    """

    title: str
    amount: Decimal
    rate: Decimal | None = None
    code: str = "taxed"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line as the customer bought it.

    `total_excl_tax` is what was paid for the line after discounts, excluding tax, as the channel states it:
    it is imported, never recomputed. `subtotal_excl_tax` is before discounts.
    """

    channel_line_code: str
    sku: str
    title: str
    quantity: Decimal
    total_excl_tax: Decimal
    subtotal_excl_tax: Decimal
    tax_lines: tuple[TaxLine, ...] = ()
    channel_product_code: str = ""
    channel_variant_code: str = ""

    @property
    def tax(self) -> Decimal:
        return sum((line.amount for line in self.tax_lines), Decimal(0))


@dataclass(frozen=True, slots=True)
class ShippingLine:
    """Delivery, or a fee (`kind` "fee") that the shop added to the order. Amounts are for the whole line."""

    title: str
    total_excl_tax: Decimal
    tax_lines: tuple[TaxLine, ...] = ()
    kind: str = "shipping"

    @property
    def tax(self) -> Decimal:
        return sum((line.amount for line in self.tax_lines), Decimal(0))


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount already contained in the line totals, kept to be shown."""

    code: str
    amount_excl_tax: Decimal


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the channel states it at `modified_at`.

    `channel_order_code` is the stable identity on the channel and never changes; `number` is what people
    see (prefix and number). `total` is what the customer paid or owes, tax included.
    """

    channel_order_code: str
    number: str
    status: str
    currency: str
    ordered_at: datetime
    modified_at: datetime
    total: Decimal
    total_tax: Decimal
    lines: tuple[OrderLine, ...]
    shipping_lines: tuple[ShippingLine, ...] = ()
    discounts: tuple[Discount, ...] = ()
    paid_at: datetime | None = None
    customer: Customer = Customer()
    billing_address: Address = Address()
    shipping_address: Address = Address()
    prices_include_tax: bool = False
    payment_method: str = ""
    notes: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShippedLine:
    """How many units of one order line are on their way. `channel_line_code` is "" where it is not known."""

    sku: str
    quantity: int
    channel_line_code: str = ""


@dataclass(frozen=True, slots=True)
class Shipment:
    """Goods on their way to a customer. `key` is ours and never reused: telling a channel can be repeated.

    No lines means everything that is still to be sent. Tracking fields are "" until a courier has it.
    `others` are the channel's ids for other shipments of the same order: whatever else it holds with these
    lines is this one, told before and its answer lost.
    """

    key: str
    channel_order_code: str
    lines: tuple[ShippedLine, ...] = ()
    tracking_number: str = ""
    tracking_company: str = ""
    tracking_url: str = ""
    notify_customer: bool = False
    others: tuple[str, ...] = ()
