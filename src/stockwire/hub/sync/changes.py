"""From a plan to the changes that a connector carries out. Nothing is decided here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from stockwire.domain.plan import IMAGES, Difference, Place, VariantPlan
from stockwire.hub.sync.snapshot import Snapshot
from stockwire.ports import Action, Change, FieldChange, Group, Link, VariantChange


def changes_of(snapshot: Snapshot) -> list[Change]:
    """The changes of one product: one, or none; or several where variants are taken away from elsewhere."""
    plan = snapshot.plan
    if not plan.action:
        return []
    if plan.action == "move":
        return _moves(snapshot)
    product = snapshot.product
    simple = _simple_sku(snapshot)
    return [
        Change(
            key=str(snapshot.product_id),
            sku=simple or product.code,
            action=Action(plan.action),
            fields=_fields(plan.differences),
            link=_link(snapshot),
            reason=plan.reason,
            code=product.code,
            option_names=product.option_names,
            variants=tuple(_variant(snapshot, one) for one in plan.variants),
            images=product.images if any(one.group == IMAGES for one in plan.differences) else (),
        )
    ]


def _simple_sku(snapshot: Snapshot) -> str:
    """The SKU of a product that is, or is on the channel, a simple one."""
    if snapshot.confirmed.link is not None or snapshot.product.option_names:
        return ""
    variants = snapshot.product.variants
    linked = [one for one in variants if one.code in snapshot.confirmed.links]
    chosen = [one for one in variants if one.active] or linked or variants
    return chosen[0].sku if chosen else ""


def _link(snapshot: Snapshot) -> Link | None:
    """The product's own link; that of its only variant where it is a simple one on the channel."""
    if snapshot.confirmed.link is not None:
        return snapshot.confirmed.link
    return next(iter(snapshot.confirmed.links.values()), None)


def _variant(snapshot: Snapshot, planned: VariantPlan) -> VariantChange:
    code = planned.variant.code
    return VariantChange(
        key=str(snapshot.held.variant_ids[code]),
        sku=planned.variant.sku,
        action=Action(planned.action),
        fields=_fields(planned.differences),
        link=snapshot.confirmed.links.get(code) if planned.place is not None else None,
        option_values=planned.variant.option_values,
        reason=planned.reason,
    )


def _moves(snapshot: Snapshot) -> list[Change]:
    """Variants are taken away where they are: a simple product whole, others from below their product."""
    below: dict[str, list[VariantPlan]] = defaultdict(list)
    made = []
    for planned in snapshot.plan.variants:
        place = planned.place
        assert isinstance(place, Place)
        if place.below:
            below[place.product_code].append(planned)
            continue
        made.append(
            Change(
                key=str(snapshot.held.variant_ids[planned.variant.code]),
                sku=planned.variant.sku,
                action=Action.REMOVE,
                link=snapshot.confirmed.links[planned.variant.code],
                reason=snapshot.plan.reason,
            )
        )
    for product_code, gone in below.items():
        made.append(
            Change(
                key=f"{snapshot.product_id}:{product_code}",
                sku=snapshot.product.code,
                action=Action.UPDATE,
                link=Link(product_code),
                reason=snapshot.plan.reason,
                code=snapshot.product.code,
                variants=tuple(_variant(snapshot, one) for one in gone),
            )
        )
    return made


def _fields(differences: Iterable[Difference]) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(Group(found.group), found.name, found.before, found.after, found.reason)
        for found in differences
    )
