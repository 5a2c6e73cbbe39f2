"""What a channel is to show of a product: every field it takes, with its reason, and every field held back.

An Offer is made once from a channel's terms and asked about many products. A field whose flag or setting
keeps it back is not even computed, so it cannot leak.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from stockwire.domain.compare_at import compare_at
from stockwire.domain.contracts import is_contract
from stockwire.domain.mapped import ProductMap
from stockwire.domain.names import value_of
from stockwire.domain.pricing import RETAIL, free_of_charge, price_for
from stockwire.domain.records import Product, Variant
from stockwire.domain.setting_templates import LocationMap, compare_at_of
from stockwire.domain.stock import Sellable, available_in, sellable
from stockwire.domain.tax import price_excl, price_incl
from stockwire.domain.templates import TemplateError
from stockwire.domain.terms import TaxRule, Terms

Value = str | int | bool | Decimal | tuple[str, ...] | None
CONTENT, PRICE, STOCK, IMAGES = "content", "price", "stock", "images"
FROM_SOURCE = "from the source"
CONTRACT = "what a customer pays by contract is no shop's business"
_META = "meta."

_PRODUCT: dict[str, Callable[[Product], Value]] = {
    "title": lambda product: product.title,
    "body_html": lambda product: product.body_html,
    "collection": lambda product: product.collection,
    "product_type": lambda product: product.product_type,
    "vendor": lambda product: product.vendor,
    "tags": lambda product: product.tags,
}
_VARIANT: dict[str, Callable[[Variant], Value]] = {
    "barcode": lambda variant: variant.barcode,
    "grams": lambda variant: variant.grams,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a product, or a part of it, cannot go out."""

    message: str
    hint: str


@dataclass(slots=True)
class Wanted:
    """Fields by group, the reason of those that have one of their own, and what cannot be offered."""

    fields: dict[str, dict[str, Value]]
    reasons: dict[str, str]
    problem: Problem | None = None


class Offer:
    """The terms of one channel, made ready. `withheld` says per field why it is kept back, for `why`."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._channel, self._settings = terms.channel, terms.settings
        self.withheld: dict[str, str] = {}
        takes = terms.takes
        self._product = [
            item for item in _PRODUCT.items() if item[0] in takes.fields and self._sends(item[0])
        ]
        self._variant = [
            item for item in _VARIANT.items() if item[0] in takes.fields and self._sends(item[0])
        ]
        self._options = self._sends("options")
        self._meta = takes.meta and self._sent_unless("meta.*", terms.flags.withholds_all("meta.*"))
        self._images = takes.images and self._sends("images")
        self._meta_sent: dict[str, bool] = {}
        self._unsendable = self._settings.unsendable
        self._tier = self._channel.price_tier or RETAIL
        self._price = self._sends("price", f"price.{self._tier}")
        self._compare_at = self._compare_at_source()
        self._managed = self._sends("inventory_management")
        self._warehouses = self._sold_from()
        self._stock_flag = self._why_no_stock()
        self._quantity = self._sent_unless("quantity", self._stock_flag)
        self._cap = _lower(self._channel.qty_limit_upper, self._settings.qty_limit_upper)
        self._locations = self._location_map() if self._quantity else None
        mapped = self._settings.product_map
        self._map = ProductMap(terms, self.withheld, self._map_price, self._map_stock) if mapped else None

    def product(self, product: Product) -> Wanted:
        """What belongs to the product as a whole: content and images."""
        if self._map is not None:
            mapped = Wanted(*self._map.of_product(product))
            if product.option_names:
                # Prices and stock stand on its variants, whatever the map gives the product itself.
                for group in (PRICE, STOCK):
                    mapped.fields.pop(group, None)
            return mapped
        content: dict[str, Value] = {}
        if product.option_names and self._options:
            content["option_names"] = product.option_names
        for name, read in self._product:
            value = read(product)
            if value is not None:
                content[name] = value
        if self._meta and product.meta:
            for key, text in product.meta.items():
                if self._sends_meta(key):
                    content[_META + key] = text
        fields: dict[str, dict[str, Value]] = {CONTENT: content} if content else {}
        if self._images and product.images:
            fields[IMAGES] = {"images": tuple(image.identity for image in product.images)}
        return Wanted(fields, {})

    def variant(self, product: Product, variant: Variant) -> Wanted:
        """What belongs to one variant: its content, price and stock. A variant without a usable price, or of
        which a template of the settings makes no value, has a problem and the rest of its fields."""
        if self._map is not None:
            return self._mapped(self._map, product, variant)
        wanted = Wanted({}, {})
        content: dict[str, Value] = {}
        unsent = self.unsent(variant) if self._unsendable else {}
        for name, read in self._variant:
            value = read(variant)
            if value is not None and name not in unsent:
                content[name] = value
        if product.option_names and self._options:
            content["option_values"] = variant.option_values
        if content:
            wanted.fields[CONTENT] = content
        if self._price:
            self._put_price(variant, wanted)
        self._put_stock(variant, wanted)
        return wanted

    def unsent(self, variant: Variant) -> dict[str, str]:
        """Fields of this variant whose value the channel would not take, each with the reason."""
        found = {}
        for name, read in self._variant:
            ask = self._unsendable.get(name)
            value = read(variant) if ask is not None else None
            if ask is not None and value is not None and (reason := ask(str(value))):
                found[name] = reason
        return found

    def clear(self, product: Product, wanted: Wanted, known: Mapping[str, Mapping[str, Value]]) -> Wanted:
        """`wanted` with what the channel was given once and is not to show any more: the product has lost an
        attribute or its last image, or the channel its compare-at price list. What was never sent is never
        taken away.
        """
        if self._map is not None:
            return wanted
        for name in self._attributes_lost(product, known.get(CONTENT, {})) if self._meta else ():
            wanted.fields.setdefault(CONTENT, {})[name] = None
            wanted.reasons[name] = "it has no such attribute any more"
        lost = self._images and not product.images and not product.images_awaited
        if lost and known.get(IMAGES, {}).get("images"):
            wanted.fields[IMAGES] = {"images": ()}
            wanted.reasons["images"] = "it has no images any more"
        unlisted = self._compare_at is None and "compare_at" not in self.withheld and PRICE in wanted.fields
        if unlisted and known.get(PRICE, {}).get("compare_at") is not None:
            wanted.fields[PRICE]["compare_at"] = None
            wanted.reasons["compare_at"] = "the channel has no compare-at price list"
        return wanted

    def _attributes_lost(self, product: Product, known: Mapping[str, Value]) -> list[str]:
        shown = [name for name, value in known.items() if name.startswith(_META) and value not in (None, "")]
        if not shown:
            return shown
        # In any case: a key that is only spelt otherwise now is none that was lost.
        there = {key.casefold() for key in product.meta}
        keys = ((name, name.removeprefix(_META)) for name in shown)
        return [name for name, key in keys if key.casefold() not in there and self._sends_meta(key)]

    def _put_price(self, variant: Variant, wanted: Wanted) -> None:
        priced = price_for(variant.sku, variant.price_tiers, self._channel.price_tier)
        if priced.price is None:
            wanted.problem = Problem(priced.reason, priced.hint)
            return
        price, reason = priced.price, priced.reason
        if self._channel.tax is not TaxRule.AS_IS:
            price = self._taxed(priced.listed)
            word = "with" if self._channel.tax is TaxRule.ADD else "without"
            reason = f"{reason}, {word} {self._channel.tax_rate.normalize():f}% VAT"
        price = self._rounded(price)
        if price <= 0:
            wanted.problem = Problem(
                f"{variant.sku} would cost R{price} ({reason}), so its price is not sent.",
                "Give the item a selling price in Omni, or set it to DELETE to take it off the channels.",
            )
            return
        wanted.fields[PRICE] = {"price": price}
        wanted.reasons["price"] = reason
        if self._compare_at is not None:
            try:
                was = self._compare_at(variant)
            except TemplateError as error:
                wanted.problem = Problem(str(error), error.hint)
                return
            struck = compare_at(price, None if was is None else self._rounded(self._taxed(was)))
            wanted.fields[PRICE]["compare_at"] = struck.price
            wanted.reasons["compare_at"] = struck.reason

    def _put_stock(self, variant: Variant, wanted: Wanted) -> None:
        stock: dict[str, Value] = {}
        if self._managed:
            stock["inventory_management"] = variant.inventory_management
        # A quantity switches a shop's stock management on, so one goes out only where it is wanted on.
        if self._quantity and variant.inventory_management:
            if self._locations is not None:
                try:
                    places = list(self._locations.quantities(variant))
                except TemplateError as error:
                    wanted.problem = wanted.problem or Problem(str(error), error.hint)
                    places = []
                for name, found in places:
                    stock[name] = found.quantity
                    wanted.reasons[name] = found.reason
            elif self._has_part(variant):
                found = self._sellable(variant)
                stock["quantity"] = found.quantity
                wanted.reasons["quantity"] = found.reason
        if stock:
            wanted.fields[STOCK] = stock

    def _mapped(self, made: ProductMap, product: Product, variant: Variant) -> Wanted:
        """A map of a variant without a usable price would make one of nothing: its prices stay away. So they
        do where the map itself makes a price of nothing."""
        wanted = Wanted(*made.of_variant(product, variant))
        if PRICE in wanted.fields:
            priced = price_for(variant.sku, variant.price_tiers, self._channel.price_tier)
            if priced.price is None:
                wanted.problem = Problem(priced.reason, priced.hint)
            else:
                wanted.problem = _given_away(variant, wanted.fields[PRICE])
            if wanted.problem is not None:
                del wanted.fields[PRICE]
        return wanted

    def _map_price(self, variant: Variant) -> Decimal | None:
        """The price as the list has it, with or without VAT as the channel says."""
        amount = value_of(variant.price_tiers, self._tier)
        return None if amount is None else self._taxed(amount)

    def _map_stock(self, variant: Variant) -> Sellable | None:
        return None if self._stock_flag or not self._has_part(variant) else self._sellable(variant)

    def _has_part(self, variant: Variant) -> bool:
        """Whether the hub has a part in the stock of this variant, be it that there is none of it."""
        return bool(self._warehouses) or self._terms.flags.sends_some("qty", variant.quantities)

    def _sellable(self, variant: Variant) -> Sellable:
        quantities = self._terms.flags.sent("qty", variant.quantities)
        available, where = available_in(quantities, self._warehouses or ())
        return sellable(
            available,
            variant.held,
            self._channel.stock_buffer,
            self._cap,
            floor=self._channel.stock_floor,
            where=where,
        )

    def _rounded(self, price: Decimal) -> Decimal:
        """As exact as the channel keeps prices."""
        decimals = self._settings.price_decimals
        return price if decimals >= 2 else price.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)

    def _taxed(self, price: Decimal) -> Decimal:
        if self._channel.tax is TaxRule.ADD:
            return price_incl(price, self._channel.tax_rate)
        if self._channel.tax is TaxRule.REMOVE:
            return price_excl(price, self._channel.tax_rate)
        return price

    def _sends(self, name: str, flag: str = "") -> bool:
        """Whether this field goes out, by the settings and its flag."""
        return self._sent_unless(name, self._terms.flags.withholds(flag or name))

    def _sent_unless(self, name: str, flagged: str) -> bool:
        """Whether this field goes out; if not, why is kept in `withheld`."""
        reason = self._settings.withheld.get(name, "") or flagged
        if reason:
            self.withheld[name] = reason
        return not reason

    def _sends_meta(self, key: str) -> bool:
        sent = self._meta_sent.get(key)
        if sent is None:
            name = f"meta.{key}"
            kept = CONTRACT if is_contract(key) else self._terms.flags.withholds(name)
            sent = self._meta_sent[key] = self._sent_unless(name, kept)
        return sent

    def _sold_from(self) -> tuple[str, ...] | None:
        """The warehouses whose figures may go out; None when every one of them is the channel's own."""
        given = self._channel.warehouses
        if not given:
            return ()
        sent = tuple(name for name in given if self._sends(f"qty.{name}"))
        return sent or None

    def _why_no_stock(self) -> str:
        """The flag by which all of the stock is the channel's own, or ""."""
        flags = self._terms.flags
        if self._warehouses is None:
            return flags.withholds(f"qty.{self._channel.warehouses[0]}")
        return "" if self._warehouses else flags.withholds_all("qty")

    def _compare_at_source(self) -> Callable[[Variant], Decimal | None] | None:
        if not self._terms.takes.compare_at or not self._price:
            return None
        tier = self._channel.compare_at_tier
        if tier and self._sends("compare_at", f"price.{tier}"):
            return lambda variant: value_of(variant.price_tiers, tier)
        if not tier and self._settings.compare_at:
            return compare_at_of(self._terms, self.withheld)
        return None

    def _location_map(self) -> LocationMap | None:
        if not self._terms.takes.locations or not self._settings.location_map:
            return None
        return LocationMap(self._terms, self._cap, self.withheld)


def _given_away(variant: Variant, prices: Mapping[str, Value]) -> Problem | None:
    free = free_of_charge({name: json.loads(str(text)) for name, text in prices.items()})
    if not free:
        return None
    key = free.removeprefix("map.")
    return Problem(
        f"{variant.sku} has a {key} of {prices[free]} by the field map, so its prices are not sent.",
        f"Give the item a price in the list that product_map takes {key} from, or let the map write {key}"
        " only where there is one.",
    )


def _lower(first: int | None, second: int | None) -> int | None:
    return min((one for one in (first, second) if one is not None), default=None)
