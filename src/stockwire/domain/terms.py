"""How a channel takes products: what its own row says, and what the settings of its connector say.

Only values; what follows from them is decided in rules, flags, offer and plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from stockwire.domain.flags import Flags, Owner
from stockwire.domain.rules import Rule

NO_FLAGS = Flags("the channel", Owner.SYSTEM)


class TaxRule(StrEnum):
    """How a price list becomes the channel's price."""

    AS_IS = "as_is"
    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class SettingTerms:
    """What a connector's settings mean for planning, under the names operators know (settings.md).

    `withheld` maps a field (or "images", "quantity", "meta.*") to the plain reason why the settings keep it
    back. `location_map` maps a location of the channel to a template of its quantity; empty: one quantity.
    `compare_at` is a template of the compare-at price. With a `product_map` only the keys it yields are sent;
    `map_prices` and `map_stock` name those of its keys that are prices and stock there. `qty_limit_upper`
    here and on the channel's row: the lower one holds. `delete_enabled`: what leaves is taken away.
    `created_as` is what else is written when a product is made there, `parent_sku` that a product with
    variants is given its code as SKU then: for the preview only. `price_decimals` is how exact prices are
    there, at most to the cent. `unsendable` says of a text of a field why the channel would not take it, ""
    when it does.
    """

    withheld: Mapping[str, str] = field(default_factory=dict)
    location_map: Mapping[str, str] = field(default_factory=dict)
    compare_at: str = ""
    product_map: str = ""
    map_prices: frozenset[str] = frozenset()
    map_stock: frozenset[str] = frozenset()
    qty_limit_upper: int | None = None
    delete_enabled: bool = True
    created_as: Mapping[str, str] = field(default_factory=dict)
    parent_sku: bool = False
    price_decimals: int = 2
    unsendable: Mapping[str, Callable[[str], str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChannelTerms:
    """What the channel's own row says. `price_tier` "" is the retail list; no `warehouses` means all of them,
    several are added up. `stock_floor`: fewer than this are shown as 0. `tax_rate` is a percentage.
    """

    price_tier: str = ""
    compare_at_tier: str = ""
    tax: TaxRule = TaxRule.AS_IS
    tax_rate: Decimal = Decimal(15)
    warehouses: tuple[str, ...] = ()
    stock_buffer: int = 0
    stock_floor: int = 0
    qty_limit_upper: int | None = None


@dataclass(frozen=True, slots=True)
class Takes:
    """What a channel can show at all (ports.Capabilities): content fields by name, and kinds of data."""

    fields: frozenset[str] = frozenset({"title", "body_html", "barcode", "grams"})
    meta: bool = False
    images: bool = False
    variants: bool = False
    locations: bool = False
    compare_at: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that decides what a channel is offered, apart from the product itself."""

    channel: ChannelTerms = ChannelTerms()
    settings: SettingTerms = SettingTerms()
    flags: Flags = NO_FLAGS
    rules: tuple[Rule, ...] = ()
    takes: Takes = Takes()
