"""Wanted state against known state: the changes one product needs on one channel, each with its reason.

Preview shows what this says and push sends it. It knows nothing of how a channel is talked to, and it
never sends what the channel has already confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from stockwire.domain.pricing import price_for
from stockwire.domain.stock import sellable

Value = str | int | bool | Decimal | None
Fields = Mapping[str, Value]

CONTENT, PRICE, STOCK = "content", "price", "stock"
# Kept as text in the known state; everything else is kept as it is.
DECIMAL_FIELDS = frozenset({"price", "compare_at"})


@dataclass(frozen=True, slots=True)
class Item:
    """One variant as the hub holds it. `available` and `held` are quantities; `price_tiers` by list name."""

    sku: str
    active: bool
    title: str
    price_tiers: Mapping[str, Decimal]
    available: Decimal
    held: Decimal = Decimal(0)
    body_html: str | None = None
    barcode: str | None = None
    grams: int | None = None
    inventory_management: bool = True


@dataclass(frozen=True, slots=True)
class Terms:
    """How a channel takes products: price list and warehouse are already chosen into Item."""

    price_tier: str = ""
    stock_buffer: int = 0
    qty_limit_upper: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a product, or a part of it, cannot go out."""

    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A field to send: its group, both values and why the new one is wanted."""

    group: str
    name: str
    before: Value
    after: Value
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`action` is "add", "update", "remove" or "" when there is nothing to send. `problem` may come with
    an action: then the rest is sent and the problem is shown.
    """

    action: str = ""
    differences: tuple[Difference, ...] = ()
    reason: str = ""
    problem: Problem | None = None


def plan(item: Item, terms: Terms, known: Mapping[str, Fields] | None) -> Plan:
    """What to do for this item. `known` is what the channel confirmed by group, None when it has no link."""
    if not item.active:
        if known is None:
            return Plan(reason="not active and not on the channel")
        return Plan("remove", reason="set to DELETE in the source, or gone from it")
    wanted, reasons, problem = _wanted(item, terms)
    if known is None:
        if problem is not None:
            return Plan(problem=problem)
        return Plan("add", _differences(wanted, {}, reasons), "active and not yet on the channel")
    differences = _differences(wanted, known, reasons)
    if not differences:
        return Plan(problem=problem, reason="the channel already shows all of it")
    return Plan("update", differences, "differs from what the channel confirmed", problem)


def confirmed(plan_made: Plan, known: Mapping[str, Fields] | None) -> dict[str, dict[str, Value]]:
    """The known state after the channel confirmed this plan, by group; only groups the plan touched."""
    after: dict[str, dict[str, Value]] = {}
    for difference in plan_made.differences:
        group = after.setdefault(difference.group, dict((known or {}).get(difference.group, {})))
        group[difference.name] = difference.after
    if after.get(STOCK, {}).get("inventory_management") is False:
        # A channel that no longer manages the stock forgets the figure, so it is sent again later.
        after[STOCK].pop("quantity", None)
    return after


def _wanted(
    item: Item, terms: Terms
) -> tuple[dict[str, dict[str, Value]], dict[tuple[str, str], str], Problem | None]:
    content: dict[str, Value] = {"title": item.title}
    optional: dict[str, Value] = {
        "body_html": item.body_html,
        "barcode": item.barcode,
        "grams": item.grams,
    }
    content.update({name: value for name, value in optional.items() if value is not None})
    wanted: dict[str, dict[str, Value]] = {CONTENT: content}
    reasons: dict[tuple[str, str], str] = {}
    problem = None
    priced = price_for(item.sku, item.price_tiers, terms.price_tier)
    if priced.price is None:
        problem = Problem(priced.reason, priced.hint)
    else:
        wanted[PRICE] = {"price": priced.price}
        reasons[PRICE, "price"] = priced.reason
    wanted[STOCK] = {"inventory_management": item.inventory_management}
    if item.inventory_management:
        # A quantity switches a shop's stock management on, so one goes out only where it is wanted on.
        stock = sellable(item.available, item.held, terms.stock_buffer, terms.qty_limit_upper)
        wanted[STOCK]["quantity"] = stock.quantity
        reasons[STOCK, "quantity"] = stock.reason
    return wanted, reasons, problem


def _differences(
    wanted: Mapping[str, Fields], known: Mapping[str, Fields], reasons: Mapping[tuple[str, str], str]
) -> tuple[Difference, ...]:
    found = []
    for group, fields in wanted.items():
        confirmed_fields = known.get(group, {})
        for name, value in fields.items():
            before = confirmed_fields.get(name)
            if name not in confirmed_fields or before != value:
                found.append(
                    Difference(group, name, before, value, reasons.get((group, name), "from the source"))
                )
    return tuple(found)
