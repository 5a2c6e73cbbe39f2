"""Small templates of a channel's settings: the quantity of each location, the compare-at price.

A template that names a value which a flag gives to the channel is not asked at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation

from stockwire.domain import templates
from stockwire.domain.mapping import escape_of
from stockwire.domain.names import ByName
from stockwire.domain.records import Variant
from stockwire.domain.stock import Sellable, sellable, spread
from stockwire.domain.templates import Template, TemplateError
from stockwire.domain.terms import SettingTerms, Terms

LIMIT = Decimal(10) ** 11
"""Amounts and quantities from here on are no real ones."""


def setting_template(text: str, setting: str) -> Template:
    """A template of a setting, with the escaping that this setting is known for. Raises TemplateError."""
    return templates.compile(text, name=setting, escape=escape_of(setting))


def names_in(settings: SettingTerms) -> tuple[set[str], set[str]]:
    """Price lists and warehouses that the templates of these settings name."""
    texts = [(settings.product_map, "product_map"), (settings.compare_at, "compare_at_price")]
    texts += [(text, "location_map") for text in settings.location_map.values()]
    paths = {path for text, setting in texts for path in setting_template(text, setting).paths()}
    tiers = _after(paths, ("price_tiers.", "price_tier_"))
    return {name.removesuffix(".price") for name in tiers}, _after(
        paths, ("qty_availability.", "qty_availability_")
    )


def _after(paths: set[str], prefixes: tuple[str, ...]) -> set[str]:
    names = [path.removeprefix("variant.") for path in paths]
    return {name.removeprefix(one) for one in prefixes for name in names if name.startswith(one)}


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
        asked = self._templates
        if not self._flags.sends_some("qty", variant.quantities):
            asked = [one for one in asked if "qty" not in one[1].paths()]
        amounts = [
            _quantity(_rendered(template, context, variant.sku), variant.sku, location, text)
            for location, template, text in asked
        ]
        channel = self._channel
        for (location, _, _), amount, left in zip(asked, amounts, spread(variant.held, amounts), strict=True):
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
    """The compare-at price by the settings' template, {{price_tiers.<price list>.price}}, not yet rounded;
    None when a flag keeps it back. What is empty or zero is no compare-at price. Its function raises
    TemplateError naming the SKU."""
    template = setting_template(terms.settings.compare_at, "compare_at_price")
    reason = _first_withheld(template, terms)
    if reason:
        withheld["compare_at"] = reason
        return None

    def amount(variant: Variant) -> Decimal | None:
        tiers = ByName({tier: {"price": price} for tier, price in variant.price_tiers.items()})
        context = {"price_tiers": tiers, "variant": {"price_tiers": tiers}}
        text = _rendered(template, context, variant.sku).strip()
        found = _number(text or "0")
        if found is None:
            raise TemplateError(
                f"the compare-at price is {text[:40]!r}, which is no believable price",
                1,
                "Correct the template: it gives a number with a point, or nothing at all.",
                name="compare_at_price",
                label=variant.sku,
            )
        return found if found > 0 else None

    return amount


def _rendered(template: Template, context: Mapping[str, object], sku: str) -> str:
    try:
        return template.render(context)
    except TemplateError as error:
        error.label = sku
        raise


def _quantity(text: str, sku: str, location: str, template: str) -> Decimal:
    amount = _number(text.strip() or "0")
    if amount is None:
        raise TemplateError(
            f"the quantity for location {location} is {text.strip()[:40]!r}, which is no believable number",
            1,
            f"Correct the template of location {location} in the location map: {template}",
            name="location_map",
            label=sku,
        )
    return amount


def _number(text: str) -> Decimal | None:
    """A number of a believable size, or None."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and -LIMIT < amount < LIMIT else None


def _first_withheld(template: Template, terms: Terms) -> str:
    """The reason of the first flag that gives a value of this template to the channel. Inside of a section
    nobody can tell which part of a group a name is, so there any flag of the group counts."""
    flags = terms.flags
    for path in template.paths():
        name, _, rest = path.removeprefix("variant.").partition(".")
        part = rest.removesuffix(".price")
        head = {"qty_availability": "qty", "price_tiers": "price"}.get(name, "")
        if name == "qty":
            reason = flags.withholds_all("qty")
        elif head:
            reason = flags.withholds(f"{head}.{part}") if part else flags.withholds_any(head)
        else:
            continue
        if reason:
            return reason
    return ""
