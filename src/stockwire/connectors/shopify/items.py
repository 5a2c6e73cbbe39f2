"""A push in hand: one item per change, one target per variant of the shop that is written to.

Only values and what has been found out about them. Ids are numbers as text; gids are made where they leave.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stockwire.errors import StockwireError
from stockwire.ports import Action, Change, FieldChange, Group, Link, Value

ITEM = "item"
OPTIONS = "options"
IMAGE = "image:"


@dataclass(slots=True, eq=False)
class StockRow:
    """One quantity at one location ("" until the default one is known)."""

    location: str
    before: int | None
    after: int
    name: str = "quantity"


@dataclass(slots=True, eq=False)
class Target:
    """One variant. `key` is that of its VariantChange, "" for the change of a simple product."""

    key: str
    sku: str
    action: Action
    changes: tuple[FieldChange, ...]
    option_values: tuple[str, ...] = ()
    variant: str = ""
    item: str = ""
    memory: dict[str, str] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    stock: list[StockRow] = field(default_factory=list)
    seen: dict[str, Value] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    error: StockwireError | None = None
    is_done: bool = False
    is_missing: bool = False

    @property
    def wanted(self) -> dict[str, Value]:
        return {found.name: found.after for found in self.changes}

    @property
    def speaks_of_stock(self) -> bool:
        """Whether its stock is ours to send: whether a new item is tracked is left to the shop otherwise."""
        return "inventory_management" in self.wanted or bool(self.stock)

    def link(self, product: str) -> Link:
        memory = {**self.memory, ITEM: self.item} if self.item else dict(self.memory)
        memory[OPTIONS] = json.dumps(self.option_values, ensure_ascii=False)
        return Link(product, self.variant, memory)


@dataclass(slots=True, eq=False)
class Item:
    """One change on its way. `position` is its place in the push; `product` is the shop's id or "".

    `failed` is what was turned down while the rest went through."""

    position: int
    change: Change
    targets: list[Target]
    product: str = ""
    memory: dict[str, str] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    error: StockwireError | None = None
    failed: dict[Group, StockwireError] = field(default_factory=dict)
    is_created: bool = False
    is_found_again: bool = False
    is_published: bool = False
    is_second_try: bool = False
    is_lost: bool = False
    is_gone: bool = False
    is_bare: bool = False
    gone_variants: tuple[str, ...] = ()

    @property
    def is_simple(self) -> bool:
        return not self.change.has_variants

    @property
    def is_failed(self) -> bool:
        return self.error is not None

    @property
    def wanted(self) -> dict[str, Value]:
        return {found.name: found.after for found in self.change.fields}

    @property
    def code(self) -> str:
        """Our own id of the product in the shop."""
        return (self.change.code or self.change.sku).strip()

    def fail(self, error: StockwireError) -> None:
        """The first error stands: it is nearest to the cause."""
        if self.error is None:
            self.error = error

    def open_targets(self) -> Iterable[Target]:
        return (target for target in self.targets if is_open(target))


def is_open(target: Target) -> bool:
    return target.error is None and not target.is_missing


def fail(item: Item, target: Target, error: StockwireError) -> None:
    """A variant fails alone; the only variant of a simple product is the product."""
    if target.key:
        target.error = target.error or error
    else:
        item.fail(error)


def gid(kind: str, code: str) -> str:
    return f"gid://shopify/{kind}/{code}"


def number(text: object) -> str:
    """The number at the end of a gid."""
    return str(text or "").rpartition("/")[2].partition("?")[0]


def images_of(memory: Mapping[str, str]) -> dict[str, str]:
    """Media id by identity of the image, of the images that were put there from here."""
    return {name[len(IMAGE) :]: code for name, code in memory.items() if name.startswith(IMAGE)}
