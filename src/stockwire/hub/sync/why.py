"""Why a product is on a channel as it is: rule, flags, map, last sent, last error, next action.

One answer for one SKU on one channel, from the same plan that a push makes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from stockwire.domain.flags import Answer, fields_of, no_flag_of_a_channel
from stockwire.domain.plan import Planner, Value, why_off
from stockwire.domain.records import Product
from stockwire.hub import models
from stockwire.hub.models import (
    Channel,
    ChannelLink,
    HeldDeactivation,
    Known,
    KnownProduct,
    ProductLink,
    Quantity,
    Stale,
    StaleState,
)
from stockwire.hub.sync.find_products import product_ids
from stockwire.hub.sync.plan_entry import FieldShown, plain
from stockwire.hub.sync.preview import preview
from stockwire.hub.sync.snapshot import Snapshot, planned, planner_for
from stockwire.hub.sync.waiting import channel_waits, not_waiting


@dataclass(frozen=True, slots=True)
class Held:
    """One field that the channel confirmed, and when its group was last confirmed."""

    sku: str
    group: str
    name: str
    value: Value
    confirmed_at: datetime


@dataclass(frozen=True, slots=True)
class Stocked:
    """A quantity as the source counted it last: since when, and what it was before. `warehouse` is "" for the
    only or summed one; `since` and `before` are None where it has not changed since that is kept."""

    sku: str
    warehouse: str
    quantity: Decimal
    since: datetime | None
    before: Decimal | None


@dataclass(frozen=True, slots=True)
class Why:
    """Everything one screen needs. Texts are for the operator; "" where there is nothing to say. `sku` is as
    it was asked for, `asked` the SKU of ours that this is ("" where a product with variants was named).
    `withheld` is what flags, settings and the field map keep back, `owners` whose each field is by the flags
    alone. `notes` are what the connector said when it was sent last: what was rounded or left out there."""

    sku: str
    asked: str
    code: str
    title: str
    channel: str
    variants: int
    offered: str
    rule: str
    link: str
    field_map: str
    withheld: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    owners: tuple[Answer, ...]
    first_seen: str
    stock: tuple[Stocked, ...]
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
        _why(channel, planner, snapshot, sku, entries[snapshot.product.code].fields)
        for snapshot in snapshots
        if snapshot.product.code in entries
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
        asked=_asked(snapshot, sku),
        code=product.code,
        title=product.title,
        channel=channel.description,
        variants=len(product.variants),
        offered=_offered(verdict.belongs, snapshot),
        rule=verdict.reason or "this channel has no rules, so every active product is offered",
        link=_link(snapshot),
        field_map="product_map of the channel's settings decides what is sent" if mapped else "",
        withheld=(*sorted(planner.offer.withheld.items()), *_unsent(planner, product)),
        notes=tuple(_notes(channel, snapshot)),
        owners=tuple(map(planner.terms.flags.answer, _flagged(product))),
        first_seen=_first_seen(snapshot.product_id),
        stock=tuple(_stock(snapshot)),
        last_sent=tuple(_confirmed(channel, snapshot)),
        last_error=(mark.message if mark else "") or (error.message if error else ""),
        last_hint=(mark.hint if mark else "") or (error.hint if error else ""),
        next_action=_next(channel, snapshot, mark),
        pending=tuple(pending),
    )


def _flagged(product: Product) -> list[str]:
    """Fields that a channel has a flag for; the SKU is none of them (flags.no_flag_of_a_channel)."""
    return [name for name in fields_of(product) if not no_flag_of_a_channel(name)]


def _unsent(planner: Planner, product: Product) -> list[tuple[str, str]]:
    """Values that the channel would not take; with the SKU where a product has several."""
    several = len(product.variants) > 1
    return [
        (f"{name} of {one.sku}" if several else name, reason)
        for one in product.variants
        for name, reason in planner.offer.unsent(one).items()
    ]


def _notes(channel: Channel, snapshot: Snapshot) -> list[str]:
    whole = ProductLink.objects.filter(channel=channel, product_id=snapshot.product_id)
    links = ChannelLink.objects.filter(channel=channel, variant_id__in=list(_skus(snapshot)))
    said = [*whole.values_list("note", flat=True), *links.order_by("pk").values_list("note", flat=True)]
    return list(dict.fromkeys(note for note in said if note))


def _asked(snapshot: Snapshot, said: str) -> str:
    """The SKU that was meant; of a simple product there is but one."""
    variants, key = snapshot.product.variants, said.strip().upper()
    found = [one.sku for one in variants if key in (one.sku.strip().upper(), one.code.upper())]
    return found[0] if found else variants[0].sku if len(variants) == 1 else ""


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
        count = len(snapshot.product.variants)
        return f"product {parent.product_code} of the channel, {len(links)} of {count} variants linked"
    if not links:
        return "not linked: the channel has never confirmed it"
    return ", ".join(
        f"product {link.product_code}" + (f", variant {link.variant_code}" if link.variant_code else "")
        for link in links.values()
    )


def _first_seen(product_id: int) -> str:
    row = models.Product.objects.get(pk=product_id)
    return f"{row.created_at:%Y-%m-%d %H:%M:%S} UTC" + (f", by {row.created_by}" if row.created_by else "")


def _stock(snapshot: Snapshot) -> list[Stocked]:
    skus = _skus(snapshot)
    rows = Quantity.objects.filter(variant_id__in=list(skus)).order_by("variant_id", "warehouse")
    return [
        Stocked(skus[row.variant_id], row.warehouse, row.quantity, row.changed_at, row.changed_from)
        for row in rows
    ]


def _confirmed(channel: Channel, snapshot: Snapshot) -> list[Held]:
    skus = _skus(snapshot)
    held = [
        Held("", row.group, name, value, row.confirmed_at)
        for row in KnownProduct.objects.filter(channel=channel, product_id=snapshot.product_id)
        for name, value in row.values.items()
    ]
    held += [
        Held(skus[row.variant_id], row.group, name, value, row.confirmed_at)
        for row in Known.objects.filter(channel=channel, variant_id__in=list(skus))
        for name, value in row.values.items()
    ]
    return sorted(held, key=lambda one: (one.sku, one.name))


def _skus(snapshot: Snapshot) -> dict[int, str]:
    return {snapshot.held.variant_ids[one.code]: one.sku for one in snapshot.product.variants}


def _next(channel: Channel, snapshot: Snapshot, mark: Stale | None) -> str:
    """What happens by itself, or what somebody has to do."""
    plan = snapshot.plan
    if waits := channel_waits(channel):
        return f"nothing for now: {waits}"
    if mark is not None and mark.state != StaleState.WAITING:
        return not_waiting(channel.pk, [snapshot.product_id])[snapshot.product_id].said
    if mark is not None and mark.creating_since is not None:
        return (
            f"it was being made on the channel at {mark.creating_since:%Y-%m-%d %H:%M} UTC and nobody knows"
            " how that ended: the channel is asked for it before anything else"
        )
    if plan.action:
        words = {"add": "link or create it", "update": "send what differs", "remove": "take it away"}
        return f"{words.get(plan.action, 'take it away and make it anew')} with the next push: {plan.reason}"
    if plan.problem is not None:
        return "waits for you: do what the fix says"
    held = _held_deactivation(channel, snapshot)
    return held or f"nothing: {plan.reason}"


def _held_deactivation(channel: Channel, snapshot: Snapshot) -> str:
    codes = [one.code for one in snapshot.product.variants]
    held = HeldDeactivation.objects.filter(source_id=channel.source_id, source_variant_code__in=codes)
    row = held.first()
    if row is None:
        return ""
    return (
        f"stays on sale until a person confirms that it goes: since {row.since:%Y-%m-%d %H:%M} UTC the source"
        " wants it gone, with too many others at once (`stockwire source confirm-deactivations`)"
    )


def as_json(found: Why) -> dict[str, Any]:
    """The answer in plain values, for the API and --json."""
    made = asdict(found)
    made["withheld"] = [{"field": name, "reason": reason} for name, reason in found.withheld]
    made["last_sent"] = [
        {"sku": one.sku, "field": one.name, "value": one.value, "confirmed_at": one.confirmed_at.isoformat()}
        for one in found.last_sent
    ]
    made["stock"] = [
        {
            "sku": one.sku,
            "warehouse": one.warehouse,
            "quantity": f"{one.quantity:f}",
            "since": one.since.isoformat() if one.since else None,
            "before": None if one.before is None else f"{one.before:f}",
        }
        for one in found.stock
    ]
    made["pending"] = [
        {**asdict(one), "before": plain(one.before), "after": plain(one.after)} for one in found.pending
    ]
    return made
