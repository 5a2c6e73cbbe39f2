"""What a channel shows against what it confirmed: the fields that somebody changed there. Pure.

Nothing is decided about repairing here, and a field that the hub does not send now is never drift.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import partial

from stockwire.domain.plan import NOTHING, STOCK, Fields, Groups, Known, Planner, Value
from stockwire.domain.records import Product
from stockwire.domain.templates import TemplateError

CHANGED = "changed on the channel"
SOLD_OR_CHANGED = "sold or changed on the channel"
ALREADY_OURS = "changed on the channel to what is wanted now"
BOTH_CHANGED = "changed on the channel, and here since; ours goes out with the next push"
IN_ANY_ORDER = frozenset({"option_values"})
"""A channel that had the product before us may list its options in an order of its own."""
MAPPED = "map."
"""How fields are called that a field map makes (domain/mapped)."""
SKU = "sku"
"""Shown like a field when it differs. No push ever sends it, so a person must put it right."""


class Kind(StrEnum):
    """What can be found: we have a link and the channel nothing behind it; the channel has something that is
    not linked; a field differs; an SKU stands there more than once; buyers do not see what is linked."""

    MISSING = "missing"
    EXTRA = "extra"
    DIFFERENT = "different"
    DUPLICATE = "duplicate"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Differs:
    """One field of `group` that the channel shows otherwise than it confirmed it. `wanted` is what the hub
    wants there now, `said` what that means."""

    group: str
    name: str
    confirmed: Value
    shown: Value
    wanted: Value
    said: str


@dataclass(frozen=True, slots=True)
class LookedAfter:
    """What the hub sends of a product now, by field group: of the product as a whole (for a simple one it is
    with its variant) and of each variant by its code. Nothing for a product that is to leave the channel."""

    own: Groups = field(default_factory=dict)
    variants: Mapping[str, Groups] = field(default_factory=dict)


def looked_after(planner: Planner, product: Product, known: Known) -> LookedAfter:
    """The fields that may drift. What is there in another shape than it is now, or what no field map can be
    made of, is left to the plan."""
    if planner.leaves(product):
        return LookedAfter()
    below = bool(product.option_names)
    try:
        own = planner.offer.product(product).fields
        variants = {
            variant.code: planner.offer.variant(product, variant).fields
            for variant in product.variants
            if variant.active
            and variant.code in known.variants
            and known.variants[variant.code].place.below == below
        }
    except TemplateError:
        return LookedAfter()
    if below:
        return LookedAfter(own, variants)
    return LookedAfter({}, {code: _together(own, fields) for code, fields in variants.items()})


def differing(
    confirmed: Groups,
    shown: Fields,
    wanted: Groups,
    answered: Groups = NOTHING,
    escaped: frozenset[str] = frozenset(),
) -> tuple[Differs, ...]:
    """The fields that were confirmed, are still wanted from us, and are shown otherwise.

    `answered` is what the channel itself answered with where that was not what was sent (a rounded price, a
    barcode it does not take): to show that is no drift. Texts in `escaped` are compared without HTML escapes.
    A quantity says nothing while the channel does not manage the stock.
    """
    counted = (
        shown.get("inventory_management") is not False
        and confirmed.get(STOCK, {}).get("inventory_management") is not False
    )
    found = []
    for group, fields in confirmed.items():
        sent, before = wanted.get(group, {}), answered.get(group, {})
        for name, value in fields.items():
            if name not in shown or name not in sent or (is_quantity(name) and not counted):
                continue
            there, ours = shown[name], sent[name]
            agrees: Callable[[Value, Value], bool] = _mapped_agrees
            if not name.startswith(MAPPED):
                agrees = partial(_agrees, name in IN_ANY_ORDER, name in escaped)
            if agrees(value, there) or (name in before and agrees(before[name], there)):
                continue
            said = _said(name, agrees(ours, value), agrees(ours, there))
            found.append(Differs(group, name, value, there, ours, said))
    return tuple(found)


def differs_in_sku(ours: str, shown: str, withheld: str) -> bool:
    """Whether the channel has another SKU for it, apart from case and outer blanks. `withheld` is the reason
    why SKUs are the channel's own there, or ""."""
    return not withheld and ours.strip().casefold() != shown.strip().casefold()


def same(one: Value, other: Value, escaped: bool = False) -> bool:
    """Numbers by their value, lists by their items, texts as they are; a missing text is an empty one."""
    if _is_number(one) and _is_number(other):
        return Decimal(str(one)) == Decimal(str(other))
    if isinstance(one, tuple | None) and isinstance(other, tuple | None):
        return (one or ()) == (other or ())
    if isinstance(one, str | None) and isinstance(other, str | None):
        first, second = one or "", other or ""
        return first == second or (escaped and html.unescape(first) == html.unescape(second))
    return one is other if isinstance(one, bool) or isinstance(other, bool) else one == other


def is_quantity(name: str) -> bool:
    """Also by the name that field maps give it, the channel's own."""
    return name in {"quantity", "map.stock_quantity"} or name.startswith("quantity@")


def _said(name: str, unchanged_here: bool, already_ours: bool) -> str:
    if unchanged_here:
        return SOLD_OR_CHANGED if is_quantity(name) else CHANGED
    return ALREADY_OURS if already_ours else BOTH_CHANGED


def _agrees(in_any_order: bool, escaped: bool, one: Value, other: Value) -> bool:
    if in_any_order and isinstance(one, tuple) and isinstance(other, tuple):
        return sorted(one) == sorted(other)
    return same(one, other, escaped)


def _mapped_agrees(one: Value, other: Value) -> bool:
    """Values of a field map are JSON: amounts by value, in quotes or not, texts without HTML escapes."""
    first, second = _unquoted(one), _unquoted(other)
    return same(first, second, escaped=True)


def _unquoted(value: Value) -> Value:
    try:
        read = json.loads(value, parse_float=Decimal) if isinstance(value, str) else value
    except ValueError:
        read = value
    if isinstance(read, bool):
        return "true" if read else "false"
    if isinstance(read, str):
        try:
            number = Decimal(read.strip())
        except InvalidOperation:
            return read
        return number if number.is_finite() else read
    return read if isinstance(read, int | Decimal | None) else str(value)


def _is_number(value: Value) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _together(own: Groups, fields: Groups) -> Groups:
    return {group: {**own.get(group, {}), **fields.get(group, {})} for group in {**own, **fields}}
