"""The field map of a channel: a template of the settings that decides what is sent of a product.

What a map makes of a field that a flag gives to the channel is held back as well: it is what comes out
differently with that field blotted out (blots.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal

from stockwire.domain.blots import BLOTS, blotted, same_in_all, used
from stockwire.domain.flags import Flags
from stockwire.domain.mapping import render_json
from stockwire.domain.names import ByName
from stockwire.domain.pricing import RETAIL
from stockwire.domain.records import Product, Variant
from stockwire.domain.setting_templates import setting_template
from stockwire.domain.stock import Sellable, spread
from stockwire.domain.templates import TemplateError
from stockwire.domain.terms import Terms

Value = str | int | bool | Decimal | tuple[str, ...] | None
Fields = dict[str, dict[str, Value]]


def product_fields(product: Product) -> dict[str, object]:
    """The product as field maps know it (settings.md section 9.3)."""
    return {
        "source_product_code": product.code,
        "title": product.title,
        "body_html": product.body_html,
        "collection": product.collection,
        "product_type": product.product_type,
        "vendor": product.vendor,
        "tags": product.tags,
        "meta": ByName(product.meta),
        "options": [{"name": name} for name in product.option_names],
        "images": [{"src": image.src} for image in product.images],
    }


def variant_fields(
    product: Product, variant: Variant, price: Decimal | None, qty: int, flags: Flags
) -> dict[str, object]:
    """The variant as field maps know it, every name that users of such hubs write: price_tiers.Retail and
    price_tier_Retail, qty_availability.JHB and qty_availability_JHB, option1 and option1_name. `price` is
    what the channel shows, `qty` what it may sell; what the hub holds is taken off the warehouses too, in the
    order of their names. A warehouse that a flag gives to the channel has no part in that."""
    names = sorted(flags.sent("qty", variant.quantities))
    left = spread(variant.held, [variant.quantities[name] for name in names])
    quantities = dict(variant.quantities)
    quantities |= {name: max(amount, Decimal(0)) for name, amount in zip(names, left, strict=True)}
    fields: dict[str, object] = {
        "source_variant_code": variant.code,
        "sku": variant.sku,
        "barcode": variant.barcode,
        "grams": variant.grams,
        "inventory_management": variant.inventory_management,
        "price": price,
        "qty": qty,
        "price_tiers": ByName(variant.price_tiers),
        "qty_availability": ByName(quantities),
    }
    fields |= {f"price_tier_{tier}": amount for tier, amount in variant.price_tiers.items()}
    fields |= {f"qty_availability_{name}": amount for name, amount in quantities.items()}
    for at, name in enumerate(product.option_names, 1):
        fields[f"option{at}_name"] = name
        fields[f"option{at}"] = variant.option_values[at - 1] if at <= len(variant.option_values) else None
    return ByName(fields, ("price_tier_", "qty_availability_"))


class ProductMap:
    """The field map of a channel: only what it yields is sent, each key as a field map.<key>.

    `price_of` and `sellable_of` say what the channel shows of a variant; None where it has no price, or no
    part of its stock is the hub's to send.
    """

    def __init__(
        self,
        terms: Terms,
        withheld: dict[str, str],
        price_of: Callable[[Variant], Decimal | None],
        sellable_of: Callable[[Variant], Sellable | None],
    ) -> None:
        self._terms = terms
        self._withheld = withheld
        self._price_of = price_of
        self._sellable_of = sellable_of
        self._template = setting_template(terms.settings.product_map, "product_map")
        self._blots = BLOTS if used(self._template, terms.flags) else ()
        self._last: tuple[Product, Variant, dict[str, object]] | None = None

    def of_product(self, product: Product) -> tuple[Fields, dict[str, str]]:
        """The keys beside `variations`. Raises TemplateError naming the product."""
        lead = next((one for one in product.variants if one.active), product.variants[0])
        found = self._rendered(product, lead)
        return self._grouped({key: value for key, value in found.items() if key != "variations"})

    def of_variant(self, product: Product, variant: Variant) -> tuple[Fields, dict[str, str]]:
        """The keys of this variant's entry under `variations`: the one with its SKU, or the only one."""
        entries = self._rendered(product, variant).get("variations", [])
        if not isinstance(entries, list):
            entries = []
        own = [one for one in entries if isinstance(one, dict) and one.get("sku") == variant.sku]
        chosen = own or (entries if len(entries) == 1 else [])
        found = dict(chosen[0]) if chosen and isinstance(chosen[0], dict) else {}
        return self._grouped({key: value for key, value in found.items() if key != "sku"})

    def _rendered(self, product: Product, variant: Variant) -> dict[str, object]:
        """Kept until the next one is asked for: a product asks for its own fields and for its variant's."""
        last = self._last
        if last is None or last[0] is not product or last[1] is not variant:
            self._last = last = (product, variant, self._sent(product, variant))
        return last[2]

    def _sent(self, product: Product, variant: Variant) -> dict[str, object]:
        flags = self._terms.flags
        stock = self._sellable_of(variant)
        own = product_fields(product)
        qty = 0 if stock is None else stock.quantity
        of = variant_fields(product, variant, self._price_of(variant), qty, flags)
        plain = self._made(own, of, variant.sku)
        if not self._blots:
            return plain
        tier = self._terms.channel.price_tier or RETAIL
        others = []
        for blot in self._blots:
            seen = blotted(own, of, flags, blot, price_tier=tier, hides_qty=stock is None)
            others.append(self._made_of_the_rest(*seen, variant.sku))
        return same_in_all(plain, others, self._withheld)

    def _made_of_the_rest(
        self, product: Mapping[str, object], variant: Mapping[str, object], sku: str
    ) -> dict[str, object]:
        """A map that has something to say only with the channel's own fields in it says nothing that can be
        told apart from them."""
        try:
            return self._made(product, variant, sku)
        except TemplateError as error:
            names = used(self._template, self._terms.flags)
            raise TemplateError(
                f"it cannot be told what else depends on {names}, which is the channel's own",
                error.line,
                f"Take {names} out of the map, or let the hub send it again: `stockwire flag set` with the"
                " owner none.",
                name="product_map",
                label=sku,
            ) from None

    def _made(
        self, product: Mapping[str, object], variant: Mapping[str, object], sku: str
    ) -> dict[str, object]:
        # The product's fields also stand at the root, under the three names below.
        context = {**product, "product": product, "variant": variant, "meta": product["meta"]}
        made = render_json(self._template, context, label=sku)
        if not isinstance(made, dict):
            raise TemplateError(
                "the map must give an object, {...}",
                1,
                "Put the fields between { and }.",
                name="product_map",
                label=sku,
            )
        return made

    def _grouped(self, found: Mapping[str, object]) -> tuple[Fields, dict[str, str]]:
        settings = self._terms.settings
        fields: Fields = {}
        for key, value in found.items():
            price, stock = key in settings.map_prices, key in settings.map_stock
            group = "price" if price else "stock" if stock else "content"
            fields.setdefault(group, {})[f"map.{key}"] = json.dumps(value, default=str, ensure_ascii=False)
        return fields, {f"map.{key}": "from the field map" for key in found}
