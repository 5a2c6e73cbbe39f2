"""Who owns a field here? Every source and every channel has its own flags (model.md section 6).

A source's flag says whether the source or the hub ("system") has the last word on a field; a channel's flag
whether the hub sends it or the channel keeps its own. The most exact flag wins; without any, the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from stockwire.domain.names import wrong_name
from stockwire.domain.records import Product

T = TypeVar("T")


class Owner(StrEnum):
    SOURCE = "source"
    SYSTEM = "system"
    CHANNEL = "channel"


PLAIN = (
    "title",
    "body_html",
    "collection",
    "product_type",
    "vendor",
    "tags",
    "options",
    "images",
    "sku",
    "barcode",
    "qty",
    "price",
    "grams",
    "inventory_management",
)
"""Fields that stand by themselves; qty and price also stand for each of their parts."""
PARTED = ("meta", "qty", "price")
"""Fields with parts of their own: meta.<key>, qty.<warehouse>, price.<price list>; .* means every part."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`owner` of `field`; `reason` says which flag decided, for the operator."""

    field: str
    owner: Owner
    reason: str


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags of one place. `place` is how the operator calls it; `default` holds where no flag stands."""

    place: str
    default: Owner
    owners: Mapping[str, Owner] = field(default_factory=dict)

    def answer(self, name: str) -> Answer:
        """Who owns this field, and why. Names of parts are compared regardless of case."""
        for stands_for in _from_exact_to_wide(name):
            owner = self.owners.get(stands_for)
            if owner is not None:
                return Answer(name, owner, f"flag {stands_for} of {self.place} is {owner.value}")
        return Answer(name, self.default, f"{self.place} has no flag for {name}, so {self.default.value}")

    def withholds(self, name: str) -> str:
        """Why the hub does not send this field to a channel with these flags, or "" when it does."""
        if not self.owners:
            return ""
        answer = self.answer(name)
        return answer.reason if answer.owner is Owner.CHANNEL else ""

    def withholds_all(self, name: str) -> str:
        """Why nothing of a field with parts (qty, qty.*, meta.*) is sent, or "" when a part of it may be: one
        that a flag of its own leaves to the hub is sent although the whole is the channel's."""
        reason = self.withholds(name)
        head = f"{name.partition('.')[0]}."
        ours = (one for one, owner in self.owners.items() if owner is not Owner.CHANNEL and one != name)
        return "" if reason and any(one.startswith(head) for one in ours) else reason

    def withholds_any(self, head: str) -> str:
        """Why some part of a field is not sent, or "" when each of them is."""
        of_parts = (name for name in self.owners if name.startswith(f"{head}."))
        return next((reason for name in (head, *of_parts) if (reason := self.withholds(name))), "")

    def sends_some(self, head: str, parts: Mapping[str, T]) -> bool:
        """Whether the sum of a field's parts is sent: some part of it is, or where there are no parts at all,
        some part of it would be."""
        return bool(self.sent(head, parts)) if parts else not self.withholds_all(f"{head}.*")

    def sent(self, head: str, parts: Mapping[str, T]) -> Mapping[str, T]:
        """Those of a field's parts (warehouses of qty, price lists of price) that the hub sends. The part ""
        goes by the flag of the field itself."""
        if not any(name.startswith(f"{head}.") for name in self.owners):
            return parts
        return {
            name: value
            for name, value in parts.items()
            if not self.withholds(f"{head}.{name}" if name else head)
        }


def fields_of(product: Product) -> list[str]:
    """Every field of this product that a flag can speak of, with its attributes, warehouses, price lists."""
    parts = {f"meta.{key}" for key in product.meta}
    for variant in product.variants:
        parts |= {f"price.{tier}" for tier in variant.price_tiers}
        parts |= {f"qty.{warehouse}" for warehouse in variant.quantities if warehouse}
    return [*PLAIN, *sorted(parts)]


def source_flags(place: str, owners: Mapping[str, str], *, linked: bool = False) -> Flags:
    """Flags of a source as stored. A primary source owns what no flag speaks of, a linked one nothing: so two
    sources never write over each other. Raises ValueError as `channel_flags`."""
    default = Owner.SYSTEM if linked else Owner.SOURCE
    return Flags(place, default, _read(owners, (Owner.SOURCE, Owner.SYSTEM)))


def channel_flags(place: str, owners: Mapping[str, str]) -> Flags:
    """Flags of a channel as stored; the hub sends what no flag speaks of.

    Raises ValueError naming a field that does not exist or an owner that cannot be.
    """
    return Flags(place, Owner.SYSTEM, _read(owners, (Owner.SYSTEM, Owner.CHANNEL)))


def no_flag_of_a_channel(name: str) -> str:
    """Why this field cannot be flagged at a channel, or "" when it can."""
    if field_name(name) != "sku":
        return ""
    return (
        "The SKU is how an item of the channel is known to be ours: it is written when the item is made there"
        " and never sent again, so a channel has no flag for it."
    )


def field_name(name: str) -> str:
    """The name under which a flag is kept. Raises ValueError, saying which there are, when it is none."""
    head, dot, part = name.strip().partition(".")
    head = head.lower()
    if dot and head in PARTED and (wrong := wrong_name(part)):
        raise ValueError(f"The flag {head}.{part.strip()[:40]} {wrong}.")
    if (dot and part and head in PARTED) or (not dot and head in PLAIN):
        return _key(f"{head}{dot}{part}")
    raise ValueError(
        f"There is no field {name.strip() or '(blank)'} to flag. Fields: {', '.join(PLAIN)},"
        " meta.<key>, qty.<warehouse>, price.<price list>, and meta.*, qty.*, price.* for all of these."
    )


def _read(owners: Mapping[str, str], allowed: tuple[Owner, Owner]) -> dict[str, Owner]:
    read = {}
    for name, text in owners.items():
        owner = next((one for one in allowed if one.value == text.strip().lower()), None)
        if owner is None:
            names = " or ".join(one.value for one in allowed)
            raise ValueError(f"The flag {name} cannot be {text.strip() or 'blank'}: it is {names}.")
        read[field_name(name)] = owner
    return read


def _from_exact_to_wide(name: str) -> tuple[str, ...]:
    """meta.colour, then meta.*; qty.JHB, then qty.*, then qty."""
    key = _key(name)
    head, dot, _ = key.partition(".")
    if not dot:
        return (key,)
    return (key, f"{head}.*", head)


def _key(name: str) -> str:
    """Names of parts are compared without outer blanks and regardless of case, as everywhere (names.py)."""
    head, dot, part = name.partition(".")
    return f"{head}{dot}{part.strip()}".casefold()
