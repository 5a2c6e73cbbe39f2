"""One product of a plan in the operator's words: what happens to it and its variants, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stockwire.domain.flags import Flags, Owner
from stockwire.domain.offer import FROM_SOURCE
from stockwire.domain.plan import Difference, Value
from stockwire.domain.severity import Severity
from stockwire.domain.terms import SettingTerms
from stockwire.hub.sync.snapshot import Snapshot
from stockwire.hub.sync.waiting import Mark

ONCE = "written once, when it is made"
IF_MADE = "by the settings, if it is made anew"


@dataclass(frozen=True, slots=True)
class FieldShown:
    """One field that would be sent: `sku` is "" for a field of the product as a whole. `owner` is whose value
    it is: the source's own, or the system's (made by it, or kept by a flag of the source)."""

    sku: str
    name: str
    before: Value
    after: Value
    owner: str
    reason: str


@dataclass(frozen=True, slots=True)
class VariantShown:
    """A variant that is put on the channel ("add") or taken away from it ("remove")."""

    sku: str
    action: str
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One product that would be sent, or cannot be. `waits` is why it does not go with the next push, though
    it differs."""

    code: str
    title: str
    action: str
    reason: str
    severity: Severity
    fields: tuple[FieldShown, ...] = ()
    variants: tuple[VariantShown, ...] = ()
    problem: str = ""
    hint: str = ""
    waits: str = ""


def entry_of(
    found: Severity, snapshot: Snapshot, mark: Mark | None, flags: Flags, settings: SettingTerms
) -> Entry:
    """`flags` are the source's, `settings` what the channel's connector makes of its own."""
    plan, product = snapshot.plan, snapshot.product
    return Entry(
        code=product.code,
        title=product.title,
        action=plan.action,
        reason=plan.reason,
        severity=found,
        fields=tuple(_fields(snapshot, flags, settings)),
        variants=tuple(
            VariantShown(one.variant.sku, one.action, one.reason)
            for one in plan.variants
            if one.action != "update"
        ),
        problem=plan.problem.message if plan.problem else "",
        hint=plan.problem.hint if plan.problem else "",
        waits=mark.said if mark is not None and plan.action else "",
    )


def _fields(snapshot: Snapshot, flags: Flags, settings: SettingTerms) -> Iterator[FieldShown]:
    plan, product = snapshot.plan, snapshot.product
    if plan.action == "add":
        if not product.option_names:
            yield from _sku("", next(one.sku for one in product.variants if one.active), flags)
        elif settings.parent_sku:
            yield from _sku("", product.code, flags)
        mapped = {one.name.removeprefix("map.") for one in plan.differences}
        for name, value in settings.created_as.items():
            if name not in mapped:
                yield FieldShown("", name, None, value, Owner.SYSTEM.value, IF_MADE)
    for difference in plan.differences:
        yield _shown("", difference, flags)
    for variant in plan.variants:
        sku = variant.variant.sku
        if variant.action == "add":
            yield from _sku(sku, sku, flags)
        for difference in variant.differences:
            yield _shown(sku, difference, flags)


def _sku(sku: str, value: str, flags: Flags) -> Iterator[FieldShown]:
    yield FieldShown(sku, "sku", None, value, flags.answer("sku").owner.value, ONCE)


def _shown(sku: str, difference: Difference, flags: Flags) -> FieldShown:
    name, reason = difference.name, difference.reason
    if name in {"price", "compare_at"} or name.startswith(("quantity", "map.")):
        owner = Owner.SYSTEM
    else:
        answer = flags.answer("options" if name.startswith("option_") else name)
        owner = answer.owner
        if owner is not Owner.SOURCE and reason == FROM_SOURCE:
            reason = f"the hub's own: {answer.reason}"
    return FieldShown(sku, name, difference.before, difference.after, owner.value, reason)


def plain(value: Value) -> Any:
    """A value as JSON has it: money as text, so that no cent is lost."""
    if isinstance(value, tuple):
        return list(value)
    return value if value is None or isinstance(value, bool | int | str) else f"{value:f}"
