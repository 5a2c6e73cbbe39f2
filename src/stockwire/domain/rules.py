"""Does this product belong on this channel? Conditions over its fields, all of which must hold.

The answer names the condition that kept it out and the value it found, in the operator's words. How values of
several variants, price lists and warehouses count is decided in docs/adr/0016.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import NamedTuple

from stockwire.domain.flags import PARTED
from stockwire.domain.names import folded, value_of, wrong_name
from stockwire.domain.records import Product

Read = Callable[[Product], Sequence[object]]


class Operator(StrEnum):
    EQUAL = "equal"
    NOT_EQUAL = "not equal"
    CONTAINS = "contains"
    NOT_CONTAINS = "not contains"
    GREATER = "greater"
    LESS = "less"
    LOOKUP = "lookup"
    EMPTY = "empty"
    NOT_EMPTY = "not empty"


_WITHOUT_VALUE = (Operator.EMPTY, Operator.NOT_EMPTY)
_NEGATED = {
    Operator.NOT_EQUAL: Operator.EQUAL,
    Operator.NOT_CONTAINS: Operator.CONTAINS,
    Operator.EMPTY: Operator.NOT_EMPTY,
}

_SWITCHES = frozenset({"active", "inventory_management"})
_NUMBERS = frozenset({"images", "grams", "qty", "price"})
_WHOLE = (Operator.EQUAL, Operator.NOT_EQUAL, Operator.LOOKUP)

_PRODUCT: dict[str, Callable[[Product], object]] = {
    "source_product_code": lambda product: product.code,
    "active": lambda product: product.active,
    "title": lambda product: product.title,
    "body_html": lambda product: product.body_html,
    "collection": lambda product: product.collection,
    "product_type": lambda product: product.product_type,
    "vendor": lambda product: product.vendor,
    "images": lambda product: len(product.images),
}
_VARIANT: dict[str, Callable[[Product], Sequence[object]]] = {
    "source_variant_code": lambda product: [variant.code for variant in product.variants],
    "sku": lambda product: [variant.sku for variant in product.variants],
    "barcode": lambda product: [variant.barcode for variant in product.variants],
    "grams": lambda product: [variant.grams for variant in product.variants],
    "inventory_management": lambda product: [variant.inventory_management for variant in product.variants],
    "qty": lambda product: [sum(variant.quantities.values(), Decimal(0)) for variant in product.variants],
    "price": lambda product: [
        price for variant in product.variants for price in variant.price_tiers.values()
    ],
    "option": lambda product: [value for variant in product.variants for value in variant.option_values],
}
FIELDS = (*_PRODUCT, "tags", *_VARIANT)


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition: `field` of FIELDS or meta.<key>, price.<price list>, qty.<warehouse>."""

    field: str
    operator: Operator
    value: str = ""

    def __str__(self) -> str:
        said = f"{self.field} {self.operator.value}"
        return said if self.operator in _WITHOUT_VALUE else f"{said} {self.value}"


class Verdict(NamedTuple):
    """`belongs`, and why: "" when there are no rules at all."""

    belongs: bool
    reason: str


def rule(field: str, operator: str, value: str = "") -> Rule:
    """A rule as an operator writes it. Raises ValueError saying what is wrong with it and what would do."""
    name = _field(field)
    try:
        chosen = Operator(" ".join(operator.strip().lower().replace("_", " ").split()))
    except ValueError:
        known = ", ".join(one.value for one in Operator)
        raise ValueError(
            f"There is no operator {operator.strip()!r} for a rule. Operators: {known}."
        ) from None
    text = value.strip()
    if "\x00" in text:
        raise ValueError(f"The rule {name} {chosen.value} has a NUL character in its value; type it anew.")
    if chosen is Operator.LOOKUP:
        text = ",".join(part for one in text.split(",") if (part := one.strip()))
    if chosen in _WITHOUT_VALUE:
        text = ""
    elif not text:
        raise ValueError(f"The rule {name} {chosen.value} needs a value; empty and not empty need none.")
    _check_value(name, chosen, text)
    return Rule(name, chosen, text)


def _check_value(name: str, chosen: Operator, text: str) -> None:
    """A rule that no product could ever meet, or that every one meets, is a slip of the pen."""
    said, kind = f"The rule {name} {chosen.value}", name.partition(".")[0]
    if kind in _SWITCHES and chosen not in _WITHOUT_VALUE:
        if chosen not in _WHOLE:
            raise ValueError(f"{said} cannot be: {name} is true or false, so use equal.")
        if wrong := [one for one in text.casefold().split(",") if one not in {"true", "false"}]:
            raise ValueError(f"{said} needs true or false, and {wrong[0]!r} is neither.")
    numbers = [text] if chosen in (Operator.GREATER, Operator.LESS) else []
    if kind in _NUMBERS and chosen in _WHOLE:
        numbers = text.split(",") if chosen is Operator.LOOKUP else [text]
    if wrong := [one for one in numbers if _number(one) is None]:
        raise ValueError(
            f"{said} compares numbers, and {wrong[0]!r} is none. Write it with a point and nothing else:"
            " 1234.50."
        )


class Rules:
    """Conditions made ready to be asked of many products."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._checks = [(one, _read(one.field), _test(one)) for one in rules]
        said = "; ".join(str(one) for one in self.rules)
        self._met = Verdict(True, f"meets every rule: {said}" if said else "")

    def verdict(self, product: Product) -> Verdict:
        """Whether all conditions hold. The first that does not is named with what was found instead."""
        if self._checks:
            product = _on_sale(product)
        for one, read, holds in self._checks:
            values = read(product)
            if not holds(values):
                return Verdict(False, f"rule: {one}; it is {_shown(values)}")
        return self._met

    def failing(self, product: Product) -> list[Rule]:
        """Every condition that does not hold, for live counts."""
        product = _on_sale(product)
        return [one for one, read, holds in self._checks if not holds(read(product))]


def _on_sale(product: Product) -> Product:
    """The product with its active variants alone: one that is not offered cannot bring it onto a channel."""
    active = tuple(one for one in product.variants if one.active)
    return product if len(active) in {0, len(product.variants)} else product._replace(variants=active)


def _field(field: str) -> str:
    head, dot, part = field.strip().partition(".")
    head = head.lower()
    if not dot and head in FIELDS:
        return head
    if dot and part.strip() and head in PARTED:
        if wrong := wrong_name(part):
            raise ValueError(f"The rule over {head}.{part.strip()[:40]} {wrong}.")
        return f"{head}.{part.strip()}"
    raise ValueError(
        f"There is no field {field.strip() or '(blank)'} for a rule. Fields: {', '.join(FIELDS)}, meta.<key>,"
        " price.<price list>, qty.<warehouse>."
    )


def _read(field: str) -> Read:
    """How to read the values of a field: one of the product, or one per variant."""
    head, _, part = field.partition(".")
    if head == "meta":
        wanted = folded(part)
        return lambda product: [v for k, v in product.meta.items() if folded(k) == wanted]
    if head == "price" and part:
        return lambda product: [
            price
            for variant in product.variants
            if (price := value_of(variant.price_tiers, part)) is not None
        ]
    if head == "qty" and part:
        return lambda product: [
            quantity
            for variant in product.variants
            if (quantity := value_of(variant.quantities, part)) is not None
        ]
    if head == "tags":
        return lambda product: [tag.strip() for tag in (product.tags or "").split(",") if tag.strip()]
    if head in _VARIANT:
        return _VARIANT[head]
    one = _PRODUCT[head]
    return lambda product: [one(product)]


def _test(one: Rule) -> Callable[[Sequence[object]], bool]:
    """A condition holds when one of the values meets it; a negated one when none meets its opposite."""
    if one.field == "images" and one.operator in _WITHOUT_VALUE:
        some = Rule(one.field, Operator.GREATER, "0")
        return _test(some) if one.operator is Operator.NOT_EMPTY else lambda values: not _test(some)(values)
    if one.operator in _NEGATED:
        meets = _meets(_NEGATED[one.operator], one.value)
        return lambda values: not any(map(meets, values))
    meets = _meets(one.operator, one.value)
    return lambda values: any(map(meets, values))


def _meets(operator: Operator, text: str) -> Callable[[object], bool]:
    number, part = _number(text), text.casefold()
    if operator is Operator.NOT_EMPTY:
        return lambda value: _text(value) != ""
    if operator is Operator.GREATER or operator is Operator.LESS:
        assert number is not None
        bound, greater = number, operator is Operator.GREATER

        def beyond(value: object) -> bool:
            found = value if type(value) is Decimal and value.is_finite() else _number(_text(value))
            return found is not None and (found > bound if greater else found < bound)

        return beyond
    if operator is Operator.CONTAINS:
        return lambda value: part in _text(value)
    parts = text.split(",") if operator is Operator.LOOKUP else [part]
    listed = {one.strip().casefold() for one in parts} - {""}
    numbers = {found for one in listed if (found := _number(one)) is not None}

    def equal(value: object) -> bool:
        if isinstance(value, str):
            return value.strip().casefold() in listed
        if isinstance(value, Decimal | int) and not isinstance(value, bool):
            return Decimal(value) in numbers
        return _text(value) in listed

    return equal


def _text(value: object) -> str:
    """As rules compare it: without outer blanks and regardless of case."""
    if isinstance(value, str):
        return value.strip().casefold()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and "_" not in text else None


def _shown(values: Sequence[object]) -> str:
    found = [
        _plain(value) if isinstance(value, Decimal) else str(value) for value in values if value is not None
    ]
    found = [text if len(text) <= 40 else text[:37] + "..." for text in found if text.strip()]
    if not found:
        return "empty"
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return ", ".join(found[:3]) + more


def _plain(value: Decimal) -> str:
    """As people write it: 101.9, not 101.9000."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
