"""One product or variation on its way to the shop, and what one push knows so far.

Holds state for the stages of a push; decides nothing and calls nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from stockwire.connectors.woocommerce.api import Api
from stockwire.connectors.woocommerce.lookup import Found
from stockwire.connectors.woocommerce.pace import Pace
from stockwire.connectors.woocommerce.settings import WooCommerceSettings
from stockwire.errors import Refused, StockwireError, TryLater
from stockwire.ports import Action, Change, Done, Failed, Group, Link, Outcome, Value, VariantChange

Row = dict[str, Any]
"""A product or variation as the shop writes it."""


class Kind(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(slots=True)
class Item:
    """One row of a batch. `position` is the place of its change in the push.

    `sku` is what a creation sends, "" for none. `held` is the shop's own row where it had to be read first,
    `answer` the row the shop answered with. `is_settled` once the shop holds what was wanted, `is_adopted`
    when the link was found in this push, `was_restored` when the product came out of the bin in it. `memory`
    is what goes into the link, `failed` what was turned down while the rest went through.
    """

    position: int
    change: Change | VariantChange
    kind: Kind = Kind.UPDATE
    product_id: int = 0
    sku: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    memory: dict[str, str] = field(default_factory=dict)
    failed: dict[Group, StockwireError] = field(default_factory=dict)
    held: Row | None = None
    answer: Row | None = None
    is_adopted: bool = False
    was_restored: bool = False
    is_second_try: bool = False
    is_settled: bool = False

    @property
    def path(self) -> str:
        return "/products/batch"

    @property
    def link(self) -> Link:
        return Link(str(self.product_id), "", self.memory)

    @property
    def payload(self) -> Any:
        if self.kind is Kind.DELETE:
            return self.product_id
        if self.kind is Kind.CREATE:
            return {**self.fields, "sku": self.sku} if self.sku else dict(self.fields)
        return {"id": self.product_id, **self.fields}

    def note(self, *words: str) -> None:
        """Words for the operator, each once."""
        self.notes += [word for word in words if word not in self.notes]

    def done(self, seen: Mapping[str, Value] | None = None) -> Done:
        return Done(self.link, seen or {}, " ".join(self.notes), failed=self.failed)


@dataclass(slots=True)
class Child(Item):
    """One variation: `product_id` is its own id, `parent_id` its product's.

    `outcome` is None while it is open. Variations that nobody asked for and that are only carried along have
    a change without a key.
    """

    parent_id: int = 0
    outcome: Outcome | None = None

    @property
    def path(self) -> str:
        return f"/products/{self.parent_id}/variations/batch"

    @property
    def link(self) -> Link:
        return Link(str(self.parent_id), str(self.product_id), self.memory)

    @property
    def variant(self) -> VariantChange:
        if not isinstance(self.change, VariantChange):
            raise TypeError("a variation is changed by a VariantChange")
        return self.change

    @property
    def is_wanted(self) -> bool:
        """It is to be in the shop, in contrast to one that is taken away."""
        return self.change.action is not Action.REMOVE

    def fail(self, error: StockwireError) -> None:
        self.outcome = Failed(error)


@dataclass(slots=True)
class Family(Item):
    """A product with variants: the row of the product itself, and its variations.

    `attributes` are the product's whole attribute list as it is to be, None while nobody needs it.
    `present` are the shop's variations by id, where they had to be read.
    """

    children: list[Child] = field(default_factory=list)
    attributes: list[Row] | None = None
    present: dict[int, Row] = field(default_factory=dict)

    @property
    def product(self) -> Change:
        if not isinstance(self.change, Change):
            raise TypeError("a product is changed by a Change")
        return self.change

    @property
    def code(self) -> str:
        """The product code: no SKU of ours, but the SKU its product has in the shop where it can."""
        return (self.product.code or self.product.sku).strip()


@dataclass(slots=True)
class Run:
    """One push: the shop, its settings and pace, what was found by SKU, and the outcomes so far.

    `removed` are the ids that this push took away, `staying` those it could not, with the reason.
    """

    api: Api
    settings: WooCommerceSettings
    pace: Pace
    found: Found = field(default_factory=dict)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    removed: set[int] = field(default_factory=set)
    staying: dict[int, StockwireError] = field(default_factory=dict)

    def done(self, item: Item, outcome: Done) -> None:
        self.outcomes[item.position] = outcome

    def fail(self, item: Item, error: StockwireError) -> None:
        self.outcomes[item.position] = Failed(error)

    def is_open(self, item: Item) -> bool:
        """True while there is no outcome for the product of this item."""
        return item.position not in self.outcomes

    def check_staying(self, hits: Sequence[Row]) -> None:
        """Raises the reason why something is still there that this push wanted to take away first."""
        for hit in hits:
            for number in (hit["id"], hit.get("parent_id")):
                if number in self.staying:
                    raise self.staying[number]

    def finished(self, count: int) -> Sequence[Outcome]:
        """The outcomes in order. Raises TryLater or NotSetUp when nothing at all could be attempted."""
        outcomes = [self.outcomes[position] for position in range(count)]
        errors = [outcome.error for outcome in outcomes if isinstance(outcome, Failed)]
        if outcomes and len(errors) == len(outcomes) and all(nothing_happened(error) for error in errors):
            raise errors[0]
        return outcomes


def nothing_happened(error: StockwireError) -> bool:
    """True for an error that says that the shop was not reached or would not have it, whatever it was."""
    return not isinstance(error, Refused) and not (isinstance(error, TryLater) and error.may_have_worked)
