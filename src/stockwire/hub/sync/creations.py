"""Creations on a channel whose end nobody knows: a worker died in the call, or the answer never came.

Normally the next push finds the product by its SKU and goes on. But when it is not wanted any more by then,
there would be nothing to do, for there is no link, and what the channel did make would stay on sale for ever.
So the intent is written down before the call, and the channel is asked before such a product is forgotten.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from stockwire.domain.plan import Planner
from stockwire.errors import StockwireError, TryLater
from stockwire.hub.models import Channel
from stockwire.hub.sync import lanes
from stockwire.hub.sync.snapshot import Snapshot, planner_for
from stockwire.ports import Channel as Port

# A channel may carry a call out some time after its caller has gone.
MAY_BE_UNDER_WAY = timedelta(seconds=60)
# In the order in which products are marked, as everywhere (sync/push).
BEGIN = """
    with marks as (
        select product_id from stale where channel_id = %s and product_id = any(%s)
        order by product_id for update)
    update stale s set creating_since = now() from marks
    where s.channel_id = %s and s.product_id = marks.product_id
"""
END = """
    update stale set creating_since = null
    where channel_id = %s and product_id = any(%s) and creating_since is not null
"""


def begin(held: lanes.Claim, snapshots: Sequence[Snapshot]) -> None:
    """Write down which products are about to be created."""
    products = [snapshot.product_id for snapshot in snapshots if creates(snapshot)]
    if products:
        with lanes.writing(held), connection.cursor() as cursor:
            cursor.execute(BEGIN, [held.channel_id, products, held.channel_id])


def end(
    channel_id: int,
    snapshots: Sequence[Snapshot],
    begun: Collection[int],
    errors: Mapping[int, Sequence[StockwireError]],
) -> None:
    """In the transaction that writes the outcomes: forget what has ended. What failed without a doubt ends
    only a creation that was not in doubt before (`begun`)."""
    ended = [
        snapshot.product_id
        for snapshot in snapshots
        if creates(snapshot)
        and _has_ended(errors.get(snapshot.product_id, ()), was_begun=snapshot.product_id in begun)
    ]
    if ended:
        with connection.cursor() as cursor:
            cursor.execute(END, [channel_id, ended])


def creates(snapshot: Snapshot) -> bool:
    """Whether its plan makes anything on the channel that was not there."""
    plan = snapshot.plan
    return plan.action == "add" or any(one.action == "add" for one in plan.variants)


@dataclass(frozen=True, slots=True)
class Settled:
    """What to send instead. `adopted` are products to look at again once they are linked, `early` those that
    the channel may still be making, each with the reason to wait."""

    snapshots: list[Snapshot]
    adopted: set[int] = field(default_factory=set)
    early: dict[int, TryLater] = field(default_factory=dict)


def settle(
    held: lanes.Claim, channel: Port, begun: Mapping[int, datetime], snapshots: list[Snapshot]
) -> Settled:
    """Ask the channel for what may have been created and is not wanted any more.

    What it has is planned as if it were wanted, so that the connector links it by its own rules; once that is
    confirmed it is taken away like anything else. What it lacks is forgotten once no call can be under way.
    Raises what the channel says.
    """
    asked = {
        snapshot.product_id: skus
        for snapshot in snapshots
        if snapshot.product_id in begun and (skus := _unwanted(snapshot))
    }
    if not asked:
        return Settled(snapshots)
    found = channel.look_up(sorted({sku for skus in asked.values() for sku in skus}))
    with lanes.writing(held):
        planner = planner_for(Channel.objects.get(pk=held.channel_id))
    settled = Settled([])
    for snapshot in snapshots:
        there = {sku for sku in asked.get(snapshot.product_id, ()) if found.get(sku)}
        wanted = _as_if_wanted(planner, snapshot, there) if there else snapshot
        if wanted.plan.problem is not None or creates(wanted):
            settled.snapshots.append(wanted)
            settled.adopted.add(snapshot.product_id)
            continue
        settled.snapshots.append(snapshot)
        if snapshot.product_id in asked:
            left = begun[snapshot.product_id] + MAY_BE_UNDER_WAY - timezone.now()
            if left > timedelta(0):
                settled.early[snapshot.product_id] = _asked_again(snapshot, left)
    return settled


def _unwanted(snapshot: Snapshot) -> list[str]:
    """SKUs of what its plan leaves alone although it has no link: the product goes, or single variants do."""
    plan, product = snapshot.plan, snapshot.product
    if plan.problem is not None or plan.action not in ("", "update"):
        return []
    unlinked = [one for one in product.variants if one.code not in snapshot.confirmed.links]
    if _is_unknown(snapshot):
        # Its own SKU may be all there is yet of a product with variants.
        own = [product.code] if product.option_names else []
        return own + [one.sku for one in unlinked]
    return [one.sku for one in unlinked if not one.active]


def _is_unknown(snapshot: Snapshot) -> bool:
    return snapshot.confirmed.known is None and not snapshot.plan.action


def _as_if_wanted(planner: Planner, snapshot: Snapshot, skus: set[str]) -> Snapshot:
    """All of a product, or the variants with these SKUs of one that stays."""
    whole = _is_unknown(snapshot)
    variants = tuple(
        one._replace(active=True) if whole or one.sku in skus else one for one in snapshot.product.variants
    )
    product = snapshot.product._replace(active=True, variants=variants)
    plan = planner.plan_wanted(product, snapshot.confirmed.known)
    return Snapshot(snapshot.held._replace(product=product), snapshot.confirmed, plan)


def _asked_again(snapshot: Snapshot, left: timedelta) -> TryLater:
    return TryLater(
        f"{snapshot.product.code}: the call that was to create it on the channel was cut off, so it is "
        "looked for once more before it is forgotten.",
        hint="Nothing has to be done.",
        after_s=left.total_seconds(),
    )


def _has_ended(errors: Sequence[StockwireError], *, was_begun: bool) -> bool:
    if not errors:
        return True
    in_doubt = any(isinstance(error, TryLater) and error.may_have_worked for error in errors)
    return not in_doubt and not was_begun
