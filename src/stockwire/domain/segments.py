"""What somebody may see: conditions over products, customers or orders, all of which must hold (model.md 9).

Conditions over a name and its value (price list and price, warehouse and quantity, attribute and value) must
hold for the same one: {price list = Trade, price > 0} is not met by a price in another list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum


class Kind(StrEnum):
    PRODUCTS = "products"
    CUSTOMERS = "customers"
    ORDERS = "orders"


class Operator(StrEnum):
    EQUAL = "equal"
    LESS = "less"
    GREATER = "greater"
    LOOKUP = "lookup"
    CONTAINS = "contains"
    NOT_CONTAINS = "not contains"


PAIRS = {
    "price_tier": ("prices", 0),
    "price": ("prices", 1),
    "warehouse": ("quantities", 0),
    "qty": ("quantities", 1),
    "attribute_key": ("attributes", 0),
    "attribute_value": ("attributes", 1),
}
"""Fields of nested pairs: which list, and name or value of an element of it."""
FIELDS: Mapping[Kind, tuple[str, ...]] = {
    Kind.PRODUCTS: ("product_type", "vendor", "collection", *PAIRS),
    Kind.CUSTOMERS: ("source_customer_code", "email", "attribute_key", "attribute_value"),
    Kind.ORDERS: ("status", "channel", "source_customer_code"),
}


@dataclass(frozen=True, slots=True)
class Segment:
    kind: Kind
    key: str
    operator: Operator
    value: str

    def __str__(self) -> str:
        return f"{self.key} {self.operator.value} {self.value}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What segments look at: plain fields by name, and pairs of a name and a value by list."""

    fields: Mapping[str, str] = field(default_factory=dict)
    pairs: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)


def segment(kind: str, key: str, operator: str, value: str) -> Segment:
    """A segment as an administrator writes it. Raises ValueError saying what would do."""
    try:
        of = Kind(kind.strip().lower())
    except ValueError:
        raise ValueError(f"A segment is of {', '.join(one.value for one in Kind)}.") from None
    name = key.strip().lower()
    if name not in FIELDS[of]:
        raise ValueError(f"There is no field {key.strip()!r} for {of.value}: {', '.join(FIELDS[of])}.")
    try:
        chosen = Operator(" ".join(operator.strip().lower().replace("_", " ").split()))
    except ValueError:
        known = ", ".join(one.value for one in Operator)
        raise ValueError(f"There is no operator {operator.strip()!r}: {known}.") from None
    if not value.strip():
        raise ValueError(f"The segment {name} {chosen.value} needs a value.")
    if chosen in (Operator.LESS, Operator.GREATER) and _number(value) is None:
        raise ValueError(f"{name} {chosen.value} compares numbers, and {value.strip()!r} is none.")
    return Segment(of, name, chosen, value.strip())


def admits(segments: Sequence[Segment], kind: Kind, seen: Seen) -> bool:
    """Whether all segments of this kind hold. Without any, everything may be seen."""
    nested: dict[str, list[tuple[int, Segment]]] = {}
    for one in segments:
        if one.kind is not kind:
            continue
        if one.key in PAIRS:
            listed, place = PAIRS[one.key]
            nested.setdefault(listed, []).append((place, one))
        elif not _holds(one, seen.fields.get(one.key, "")):
            return False
    return all(
        any(
            all(_holds(one, element[place]) for place, one in asked) for element in seen.pairs.get(listed, ())
        )
        for listed, asked in nested.items()
    )


def admitted_by_all(people: Sequence[Sequence[Segment]], kind: Kind, seen: Seen) -> bool:
    """Whether each of several people may see it: a user who looks through the eyes of a customer. The
    conditions of one person on a name and its value are not mixed with those of another."""
    return all(admits(segments, kind, seen) for segments in people)


def _holds(one: Segment, found: str) -> bool:
    text, wanted = found.strip().casefold(), one.value.casefold()
    if one.operator is Operator.CONTAINS:
        return wanted in text
    if one.operator is Operator.NOT_CONTAINS:
        return wanted not in text
    if one.operator is Operator.LOOKUP:
        return any(_same(text, part.strip()) for part in wanted.split(","))
    if one.operator is Operator.EQUAL:
        return _same(text, wanted)
    number, bound = _number(text), _number(wanted)
    if number is None or bound is None:
        return False
    return number > bound if one.operator is Operator.GREATER else number < bound


def _same(text: str, wanted: str) -> bool:
    if text == wanted:
        return True
    number, other = _number(text), _number(wanted)
    return number is not None and number == other


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
