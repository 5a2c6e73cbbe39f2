"""An order as the channel's settings want it stored: which lines the hub knows, and at which prices.

Reads the catalogue and nothing else; the rules are domain/order_policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, OuterRef

from stockwire.domain.names import value_of
from stockwire.domain.order_policy import OrderPolicy, shaped
from stockwire.domain.pricing import RETAIL
from stockwire.domain.records import Order
from stockwire.domain.totals import Proof, prove
from stockwire.hub import models
from stockwire.hub.sync.order_match import match_lines


@dataclass(frozen=True, slots=True)
class Taken:
    """`order` is what is stored, `proof` that of the channel's own order, `variants` ours by line of `order`.
    `problem` and `fix` say what holds it back, "" when nothing does."""

    order: Order
    proof: Proof
    variants: list[int | None]
    problem: str = ""
    fix: str = ""


def take(channel_id: int, source_id: int, order: Order, policy: OrderPolicy) -> Taken:
    """Inside an open scope."""
    variants = match_lines(channel_id, source_id, order.lines)
    proof = prove(order)
    if policy == OrderPolicy():
        return Taken(order, proof, variants)
    prices = _prices(variants, policy) if policy.system_price else [None] * len(variants)
    unsent = _unsent(variants)
    known = [variant is not None and variant not in unsent for variant in variants]
    found = shaped(order, policy, known, prices)
    kept = [variants[at] for at in found.kept]
    return Taken(found.order, proof, kept, found.problem, found.fix)


def _unsent(variants: Sequence[int | None]) -> set[int]:
    """Items that only an order told of, and no source yet. They have no price of ours, which is something
    else than to cost nothing."""
    wanted = {variant for variant in variants if variant is not None}
    prices = models.PriceTier.objects.filter(variant_id=OuterRef("pk"))
    rows = models.Variant.objects.filter(~Exists(prices), pk__in=wanted, product__active=False)
    return set(rows.values_list("pk", flat=True))


def _prices(variants: Sequence[int | None], policy: OrderPolicy) -> list[Decimal | None]:
    tier = policy.system_price_tier or RETAIL
    wanted = {variant for variant in variants if variant is not None}
    listed: dict[int, dict[str, Decimal]] = {}
    rows = models.PriceTier.objects.filter(variant_id__in=wanted)
    for variant, name, price in rows.values_list("variant_id", "tier", "price"):
        listed.setdefault(variant, {})[name] = price
    return [None if variant is None else value_of(listed.get(variant, {}), tier) for variant in variants]
