"""Why a product is on a channel as it is: rule, flags, map, last sent, last error, next action.

One answer for one SKU on one channel, from the same plan that a push makes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from stockwire.domain.flags import Answer, fields_of, no_flag_of_a_channel
from stockwire.domain.plan import Planner, Value, why_off
from stockwire.domain.records import Product
from stockwire.hub.models import Channel, Known, KnownProduct, Lane, LaneKind, Stale, StaleState
from stockwire.hub.sync.preview import FieldShown, plain, preview, product_ids
from stockwire.hub.sync.snapshot import Snapshot, planned, planner_for


@dataclass(frozen=True, slots=True)
class Held:
    """One field that the channel confirmed, and when its group was last confirmed."""

    sku: str
    name: str
    value: Value
    confirmed_at: datetime


@dataclass(frozen=True, slots=True)
class Why:
    """Everything one screen needs. Texts are for the operator; "" where there is nothing to say. `withheld`
    is what flags, settings and the field map keep back, `owners` whose each field is by the flags alone."""

    sku: str
    code: str
    title: str
    channel: str
    offered: str
    rule: str
    link: str
    field_map: str
    withheld: tuple[tuple[str, str], ...]
    owners: tuple[Answer, ...]
    last_sent: tuple[Held, ...]
    last_error: str
    last_hint: str
    next_action: str
    pending: tuple[FieldShown, ...]


def why(channel_id: int, sku: str) -> list[Why]:
    """One answer for each product of the SKU, inside an open scope. Raises Refused when there is no such."""
    made = preview(channel_id, [sku], shown=10)
    channel = Channel.objects.get(pk=channel_id)
    planner = planner_for(channel)
    snapshots = planned(channel_id, product_ids(channel, [sku]), planner)
    entries = {entry.code: entry for entry in made.entries}
    return [
        _why(channel, planner, snapshot, sku, entries[snapshot.product.code].fields) for snapshot in snapshots
    ]


def _why(
    channel: Channel, planner: Planner, snapshot: Snapshot, sku: str, pending: Sequence[FieldShown]
) -> Why:
    product, plan = snapshot.product, snapshot.plan
    mark = Stale.objects.filter(channel=channel, product_id=snapshot.product_id).first()
    verdict = planner.rules.verdict(product)
    mapped = planner.terms.settings.product_map
    error = plan.problem
    return Why(
        sku=sku,
        code=product.code,
        title=product.title,
        channel=channel.description,
        offered=_offered(verdict.belongs, snapshot),
        rule=verdict.reason or "this channel has no rules, so every active product is offered",
        link=_link(snapshot),
        field_map="product_map of the channel's settings decides what is sent" if mapped else "",
        withheld=tuple(sorted(planner.offer.withheld.items())),
        owners=tuple(map(planner.terms.flags.answer, _flagged(product))),
        last_sent=tuple(_confirmed(channel, snapshot)),
        last_error=(mark.message if mark else "") or (error.message if error else ""),
        last_hint=(mark.hint if mark else "") or (error.hint if error else ""),
        next_action=_next(channel, snapshot, mark),
        pending=tuple(pending),
    )


def _flagged(product: Product) -> list[str]:
    """Fields that a channel has a flag for; the SKU is none of them (flags.no_flag_of_a_channel)."""
    return [name for name in fields_of(product) if not no_flag_of_a_channel(name)]


def _offered(belongs: bool, snapshot: Snapshot) -> str:
    if not snapshot.product.active:
        return f"no: it is {why_off(snapshot.product)}"
    if not belongs:
        return "no: a rule of the channel keeps it out"
    if snapshot.plan.problem is not None and not snapshot.plan.action:
        return "no: it cannot be offered as it is"
    return "yes"


def _link(snapshot: Snapshot) -> str:
    parent, links = snapshot.confirmed.link, snapshot.confirmed.links
    if parent is not None:
        return f"product {parent.product_code} of the channel, {len(links)} variants linked"
    if not links:
        return "not linked: the channel has never confirmed it"
    return ", ".join(
        f"product {link.product_code}" + (f", variant {link.variant_code}" if link.variant_code else "")
        for link in links.values()
    )


def _confirmed(channel: Channel, snapshot: Snapshot) -> list[Held]:
    skus = {snapshot.held.variant_ids[one.code]: one.sku for one in snapshot.product.variants}
    held = [
        Held("", name, value, row.confirmed_at)
        for row in KnownProduct.objects.filter(channel=channel, product_id=snapshot.product_id)
        for name, value in row.values.items()
    ]
    held += [
        Held(skus[row.variant_id], name, value, row.confirmed_at)
        for row in Known.objects.filter(channel=channel, variant_id__in=list(skus))
        for name, value in row.values.items()
    ]
    return sorted(held, key=lambda one: (one.sku, one.name))


def _next(channel: Channel, snapshot: Snapshot, mark: Stale | None) -> str:
    """What happens by itself, or what somebody has to do."""
    plan = snapshot.plan
    if not channel.active:
        return "nothing: the channel is switched off"
    if not channel.live:
        return (
            "nothing until the channel goes live: look at `stockwire plan`, then `stockwire channel go-live`"
        )
    lane = Lane.objects.filter(channel=channel, kind=LaneKind.PUSH).first()
    if lane is not None and lane.paused:
        return f"nothing until the channel is resumed: {lane.note or 'it is paused'}"
    if mark is not None and mark.state == StaleState.NEEDS_YOU:
        return "waits for you: do what the fix says, then retry it (a change in Omni retries it too)"
    if mark is not None and mark.state == StaleState.SKIPPED:
        return f"skipped by {mark.skipped_by}: {mark.skip_reason}; its next change offers it again"
    if mark is not None and mark.state == StaleState.BACKING_OFF:
        return f"is tried again by itself at {mark.next_at:%Y-%m-%d %H:%M} UTC"
    if plan.action:
        words = {"add": "link or create it", "update": "send what differs", "remove": "take it away"}
        return f"{words.get(plan.action, 'take it away and make it anew')} with the next push: {plan.reason}"
    if plan.problem is not None:
        return "waits for you: do what the fix says"
    return f"nothing: {plan.reason}"


def as_json(found: Why) -> dict[str, Any]:
    """The answer in plain values, for the API and --json."""
    made = asdict(found)
    made["withheld"] = [{"field": name, "reason": reason} for name, reason in found.withheld]
    made["last_sent"] = [
        {"sku": one.sku, "field": one.name, "value": one.value, "confirmed_at": one.confirmed_at.isoformat()}
        for one in found.last_sent
    ]
    made["pending"] = [
        {**asdict(one), "before": plain(one.before), "after": plain(one.after)} for one in found.pending
    ]
    return made
