"""Where templates of the settings decide what a channel shows: field map, location map, compare-at price.

What a map makes of a field that a flag gives to the channel is held back as well: it is what comes out
differently with that field blotted out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation

from stockwire.domain import templates
from stockwire.domain.mapping import escape_of, render_json
from stockwire.domain.names import ByName, value_of
from stockwire.domain.pricing import RETAIL
from stockwire.domain.records import Product, Variant
from stockwire.domain.stock import Sellable, sellable, spread
from stockwire.domain.templates import Template, TemplateError
from stockwire.domain.terms import Terms

Value = str | int | bool | Decimal | tuple[str, ...] | None
Fields = dict[str, dict[str, Value]]
BLOTS: tuple[tuple[str, Decimal, bool], ...] = (
    ("\u2588", Decimal("918273645.5"), True),
    ("\u2588\u2588", Decimal("564738291.25"), False),
)
"""Two sets of values (text, number, switch) that stand for what must not be seen: what comes out differently
with either of them has used it."""


def setting_template(text: str, setting: str) -> Template:
    """A template of a setting, with the escaping that this setting is known for."""
    return templates.compile(text, name=setting, escape=escape_of(setting))


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


def variant_fields(product: Product, variant: Variant, qty: int, price_tier: str = "") -> dict[str, object]:
    """The variant as field maps know it, every name that users of such hubs write: price_tiers.Retail and
    price_tier_Retail, qty_availability.JHB and qty_availability_JHB, option1 and option1_name. `qty` is what
    the channel may sell; what the hub holds is taken off the warehouses too, in the order of their names."""
    price = value_of(variant.price_tiers, price_tier or RETAIL)
    names = sorted(variant.quantities)
    left = spread(variant.held, [variant.quantities[name] for name in names])
    quantities = {name: max(amount, Decimal(0)) for name, amount in zip(names, left, strict=True)}
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
    """The field map of a channel: only what it yields is sent, each key as a field map.<key>."""

    def __init__(
        self, terms: Terms, withheld: dict[str, str], sellable_of: Callable[[Variant], Sellable]
    ) -> None:
        self._terms = terms
        self._withheld = withheld
        self._sellable_of = sellable_of
        self._template = setting_template(terms.settings.product_map, "product_map")

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
        plain = self._render(product, variant, None)
        if not self._terms.flags.owners:
            return plain
        blotted = [self._render(product, variant, blot) for blot in BLOTS]
        return _same_in_all(plain, blotted, self._withheld, "")

    def _render(
        self, product: Product, variant: Variant, blot: tuple[str, Decimal, bool] | None
    ) -> dict[str, object]:
        fields: dict[str, dict[str, object]] = {
            "product": product_fields(product),
            "variant": variant_fields(
                product, variant, self._sellable_of(variant).quantity, self._terms.channel.price_tier
            ),
            "meta": ByName(product.meta),
        }
        if blot is not None:
            _blot(fields, self._terms, blot)
        # The product's fields also stand at the root, under the three names above.
        made = render_json(self._template, {**fields["product"], **fields}, label=variant.sku)
        if not isinstance(made, dict):
            raise TemplateError(
                "the map must give an object, {...}", 1, "Put the fields between { and }.", name="product_map"
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


class LocationMap:
    """Which quantity each location of a channel shows, by a template over the warehouses."""

    def __init__(self, terms: Terms, cap: int | None, withheld: dict[str, str]) -> None:
        self._channel, self._flags = terms.channel, terms.flags
        self._cap = cap
        self._templates = []
        for location, text in terms.settings.location_map.items():
            template = setting_template(text, "location_map")
            reason = _first_withheld(template, terms)
            if reason:
                withheld[f"quantity@{location}"] = reason
            else:
                self._templates.append((location, template, text))

    def quantities(self, variant: Variant) -> Iterator[tuple[str, Sellable]]:
        """(field name, quantity) for each location. What the hub holds is taken off in the map's order; the
        buffer, the floor and the cap hold for each location. Raises TemplateError naming the SKU."""
        sent = self._flags.sent("qty", variant.quantities)
        context = {"qty_availability": ByName(variant.quantities), "qty": sum(sent.values())}
        amounts = [
            _quantity(template.render(context), variant.sku, location, text)
            for location, template, text in self._templates
        ]
        channel = self._channel
        for (location, _, _), amount, left in zip(
            self._templates, amounts, spread(variant.held, amounts), strict=True
        ):
            found = sellable(
                amount,
                amount - left,
                channel.stock_buffer,
                self._cap,
                floor=channel.stock_floor,
                where=f" at {location}",
            )
            yield f"quantity@{location}", found


def compare_at_of(terms: Terms, withheld: dict[str, str]) -> Callable[[Variant], Decimal | None] | None:
    """The compare-at price by the settings' template, {{price_tiers.<price list>.price}}; None when a flag
    keeps it back. What is empty, or no number, or not above zero is no compare-at price."""
    template = setting_template(terms.settings.compare_at, "compare_at_price")
    reason = _first_withheld(template, terms)
    if reason:
        withheld["compare_at"] = reason
        return None

    def amount(variant: Variant) -> Decimal | None:
        tiers = ByName({tier: {"price": price} for tier, price in variant.price_tiers.items()})
        text = template.render({"price_tiers": tiers, "variant": {"price_tiers": tiers}}).strip()
        try:
            found = Decimal(text) if text else Decimal(0)
        except InvalidOperation:
            return None
        return found.quantize(Decimal("0.01")) if found.is_finite() and found > 0 else None

    return amount


def _quantity(text: str, sku: str, location: str, template: str) -> Decimal:
    try:
        amount = Decimal(text.strip() or "0")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise TemplateError(
            f"the quantity for location {location} is {text.strip()[:40]!r}, which is no number",
            1,
            f"Correct the template {template} of this location in the location map.",
            name="location_map",
            label=sku,
        )
    return amount


def _first_withheld(template: Template, terms: Terms) -> str:
    """The reason of the first flag that gives a value of this template to the channel."""
    for path in template.paths():
        name, _, rest = path.removeprefix("variant.").partition(".")
        part = rest.removesuffix(".price")
        field = {"qty_availability": f"qty.{part}", "qty": "qty", "price_tiers": f"price.{part}"}.get(
            name, ""
        )
        reason = terms.flags.withholds(field) if field else ""
        if reason:
            return reason
    return ""


def _blot(context: dict[str, dict[str, object]], terms: Terms, blot: tuple[str, Decimal, bool]) -> None:
    """Put the blot in place of every value whose flag gives it to the channel."""
    flags, (text, number, switch) = terms.flags, blot

    def hide(fields: dict[str, object], name: str, flag: str) -> None:
        value = fields.get(name)
        if value is not None and flags.withholds(flag):
            whole = isinstance(value, Decimal | int)
            fields[name] = switch if isinstance(value, bool) else number if whole else text

    product, variant, meta = context["product"], context["variant"], context["meta"]
    for name in ("title", "body_html", "collection", "product_type", "vendor", "tags", "options", "images"):
        hide(product, name, name)
    for fields in (meta, product["meta"]):
        assert isinstance(fields, dict)
        for key in fields:
            hide(fields, key, f"meta.{key}")
    for name in ("barcode", "grams", "inventory_management", "price", "qty"):
        hide(variant, name, name)
    hide(variant, "price", f"price.{terms.channel.price_tier or RETAIL}")
    for parts, single, flag in (
        ("price_tiers", "price_tier_", "price."),
        ("qty_availability", "qty_availability_", "qty."),
    ):
        values = variant[parts]
        assert isinstance(values, dict)
        for name in values:
            hide(values, name, flag + name)
            hide(variant, single + name, flag + name)
    if flags.withholds("options"):
        for at in (1, 2, 3):
            hide(variant, f"option{at}", "options")


def _same_in_all(
    plain: dict[str, object], blotted: list[dict[str, object]], withheld: dict[str, str], at: str
) -> dict[str, object]:
    """What comes out the same with the channel's own fields blotted out; of lists, entry by entry."""
    kept: dict[str, object] = {}
    for key, value in plain.items():
        others = [one.get(key) for one in blotted]
        if all(other == value for other in others):
            kept[key] = value
        elif isinstance(value, list) and all(
            isinstance(other, list) and len(other) == len(value) for other in others
        ):
            kept[key] = [
                _same_in_all(entry, [other[n] for other in others], withheld, f"{key}.")  # type: ignore[index]
                if isinstance(entry, dict)
                else entry
                for n, entry in enumerate(value)
            ]
        else:
            withheld[f"map.{at}{key}"] = "the field map takes it from a field that is the channel's own"
    return kept
