"""Blots over what must not be seen of a product: the fields that a flag gives to the channel.

A field map may use a field anywhere, as text, in a calculation, as the condition of a section. So it is made
again with blots in place of such fields, and what comes out differently has used one of them and stays here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from stockwire.domain.flags import Flags
from stockwire.domain.names import ByName
from stockwire.domain.strict_json import NotJSON, loads
from stockwire.domain.templates import Template

TAKEN = "the field map takes it from a field that is the channel's own"
ABSENT = object()
_PLAIN = ("title", "body_html", "collection", "product_type", "vendor", "tags", "options", "images")
_OF_VARIANT = ("barcode", "grams", "inventory_management")
_OPTION = re.compile(r"option[0-9]+(_name)?")


@dataclass(frozen=True, slots=True)
class Blot:
    """What stands for a text, a number, a switch; `there` is whether sections take it for a value."""

    text: str
    number: Decimal
    switch: bool
    there: bool = True

    def over(self, value: object) -> object:
        """In the place of `value`, of the same form, so that the map comes to its end as it would without.

        What is not there, and text that reads as a number or as JSON, may stand outside of quotes: a number
        does well in both places.
        """
        if isinstance(value, bool):
            return self.switch
        if isinstance(value, Decimal | int):
            return self.number if self.there else _NumberNotThere(self.number)
        if isinstance(value, Sequence) and not isinstance(value, str):
            return [{"name": self.text, "src": self.text}] if self.there else []
        text = self.text if isinstance(value, str) and not _stands_alone(value) else f"{self.number:f}"
        return text if self.there else _TextNotThere(text)


BLOTS = (
    Blot("\u2588", Decimal("918273645.5"), True),
    Blot("\u2588\u2588", Decimal("564738291.25"), False, there=False),
)
"""They differ in what they write and in which sections they open: no value gives with both what it gives by
itself."""


class _TextNotThere(str):
    """Written as it is, but no section opens for it."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False


class _NumberNotThere(Decimal):
    __slots__ = ()

    def __bool__(self) -> bool:
        return False


class _Blotted(ByName):
    """Values by name with a blot over the hidden ones, over those that are not there too."""

    def __init__(self, values: Mapping[str, object], hidden: Callable[[str], bool], blot: Blot) -> None:
        prefixes = values.prefixes if isinstance(values, ByName) else ("",)
        super().__init__({n: blot.over(v) if hidden(n) else v for n, v in values.items()}, prefixes)
        self._hidden = hidden
        self._blot = blot

    def __missing__(self, name: str) -> object:
        try:
            return super().__missing__(name)
        except KeyError:
            if self._hidden(name):
                return self._blot.over(None)
            raise


def blotted(
    product: Mapping[str, object],
    variant: Mapping[str, object],
    flags: Flags,
    blot: Blot,
    *,
    price_tier: str,
    hides_qty: bool,
) -> tuple[dict[str, object], dict[str, object]]:
    """The fields of a product and of its variant as a field map sees them, with the blot over the channel's
    own. `price_tier` is the list of the plain price; `hides_qty`: no part of the plain quantity is sent."""

    def part(head: str) -> Callable[[str], bool]:
        return lambda name: bool(flags.withholds(f"{head}.{name}" if name else head))

    def of_variant(name: str) -> bool:
        if name in _OF_VARIANT:
            return bool(flags.withholds(name))
        if name == "price":
            return part("price")(price_tier)
        if name == "qty":
            return hides_qty
        for prefix, head in (("price_tier_", "price"), ("qty_availability_", "qty")):
            if name.lower().startswith(prefix):
                return part(head)(name[len(prefix) :])
        return bool(_OPTION.fullmatch(name) and flags.withholds("options"))

    def group(values: object, head: str) -> _Blotted:
        assert isinstance(values, Mapping)
        return _Blotted(values, part(head), blot)

    seen = {
        name: blot.over(value) if name in _PLAIN and flags.withholds(name) else value
        for name, value in product.items()
    }
    seen["meta"] = group(product["meta"], "meta")
    of = _Blotted(variant, of_variant, blot)
    of["price_tiers"] = group(variant["price_tiers"], "price")
    of["qty_availability"] = group(variant["qty_availability"], "qty")
    return seen, of


def same_in_all(
    plain: Mapping[str, object], others: Sequence[Mapping[str, object]], withheld: dict[str, str]
) -> dict[str, object]:
    """The keys of a map that come out the same under every blot, and of its variations likewise. Any other
    value is kept or held back whole: half of a list would put the half in the place of the channel's own."""
    kept = _same(plain, others, withheld, "", apart="variations")
    entries = plain.get("variations")
    if not isinstance(entries, list):
        return kept
    lists = [one.get("variations") for one in others]
    if not all(isinstance(one, list) and len(one) == len(entries) for one in lists):
        withheld["map.variations"] = TAKEN
        return kept
    kept["variations"] = [
        _same(together[0], together[1:], withheld, "variations.")
        for together in zip(entries, *lists, strict=True)
        if all(isinstance(one, dict) for one in together)
    ]
    return kept


def _same(
    plain: Mapping[str, object],
    others: Sequence[Mapping[str, object]],
    withheld: dict[str, str],
    at: str,
    apart: str = "",
) -> dict[str, object]:
    kept = {}
    for key, value in plain.items():
        if all(other.get(key, ABSENT) == value for other in others):
            kept[key] = value
        elif key != apart:
            withheld[f"map.{at}{key}"] = TAKEN
    return kept


def used(template: Template, flags: Flags) -> str:
    """The channel's own fields that this template may use, for the operator; "" when it uses none."""
    names = [name for name in flags.owners if flags.withholds(name) and speaks_of(template, name)]
    return ", ".join(names)


def speaks_of(template: Template, name: str) -> bool:
    """Whether a template may use the field of this flag; rather once too often than once too little. A price
    or a quantity goes by several names, and inside of a section on a group any name may be a part of it."""
    head, _, part = name.partition(".")
    paths = [path.casefold() for path in template.paths()]
    if head == "meta" and part != "*":
        return any(path.rpartition(".")[2] == head or part in path for path in paths)
    word = head.removesuffix("s")
    return any(word in path for path in paths)


def _stands_alone(text: str) -> bool:
    """Whether it may be meant to stand outside of quotes: blank, a number, or JSON."""
    if not text.strip():
        return True
    try:
        Decimal(text)
    except InvalidOperation:
        try:
            loads(text)
        except NotJSON:
            return False
    return True
