"""An order as the channel's settings want it stored: which lines the hub knows, whose they are, and at which
prices.

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
from stockwire.hub.sync.order_match import match_elsewhere, match_lines


@dataclass(frozen=True, slots=True)
class Taken:
    """`order` is what is stored, `proof` that of the channel's own order. By line of `order`: `variants` are
    ours, `sources` whose item it is; the channel's own source for what nobody knows. `problem` and `fix` say
    what holds it back, "" when nothing does."""

    order: Order
    proof: Proof
    variants: list[int | None]
    sources: list[int]
    problem: str = ""
    fix: str = ""


def take(channel: models.Channel, order: Order, policy: OrderPolicy) -> Taken:
    """Inside an open scope."""
    variants = match_lines(channel.pk, channel.source_id, order.lines)
    sources = [channel.source_id] * len(variants)
    several = _look_elsewhere(channel, order, variants, sources)
    proof = prove(order)
    if policy == OrderPolicy():
        return Taken(order, proof, variants, sources, *several)
    prices = _prices(variants, policy) if policy.system_price else [None] * len(variants)
    unsent = _unsent(variants)
    known = [variant is not None and variant not in unsent for variant in variants]
    found = shaped(order, policy, known, prices)
    variants, sources = [variants[at] for at in found.kept], [sources[at] for at in found.kept]
    problem, fix = (found.problem, found.fix) if found.problem else several
    return Taken(found.order, proof, variants, sources, problem, fix)


def _look_elsewhere(
    channel: models.Channel, order: Order, variants: list[int | None], sources: list[int]
) -> tuple[str, str]:
    """Fill in what only another source of the client has. Returns what holds the order back, and the fix."""
    unknown = {
        line.sku.strip() for line, variant in zip(order.lines, variants, strict=True) if variant is None
    }
    found = match_elsewhere(channel.source, unknown)
    for at, line in enumerate(order.lines):
        there = found.get(line.sku.strip()) if variants[at] is None else None
        if there and there.source_id is not None:
            variants[at], sources[at] = there.variant_id, there.source_id
    for sku, there in found.items():
        if there.source_id is None:
            return (
                f"Order {order.number}: {sku} fits more than one item of {' and of '.join(there.sources)}, so"
                " it is not known which of them is sold.",
                "Give the item an SKU of its own in one of them, then save the order in the shop. Or capture"
                " the order by hand and cancel it here.",
            )
    return "", ""


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
