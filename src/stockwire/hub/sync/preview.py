"""What would be sent to a channel now, field by field, without sending it: the same plans as a push makes.

Nothing is written and the channel is not asked. A draft of rules may stand in for the stored ones.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from stockwire.domain.flags import Owner
from stockwire.domain.plan import Difference, Planner, Value
from stockwire.domain.rules import Rule
from stockwire.domain.severity import Severity, severity
from stockwire.errors import Refused
from stockwire.hub.models import Channel
from stockwire.hub.sync.snapshot import Snapshot, planned, planner_for
from stockwire.hub.sync.source_names import named_in, not_sent

EVERY = """
    select p.id from products p where p.source_id = %(source)s and (p.active
        or exists (select 1 from product_links l where l.channel_id = %(channel)s and l.product_id = p.id)
        or exists (select 1 from variants v join links l on l.variant_id = v.id
                   where v.product_id = p.id and l.channel_id = %(channel)s))
    order by p.id
"""
AT_ONCE = 1_000
SHOWN = 50


@dataclass(frozen=True, slots=True)
class FieldShown:
    """One field that would be sent: `sku` is "" for a field of the product as a whole. `owner` is whose value
    it is: the source's own, or made by the system."""

    sku: str
    name: str
    before: Value
    after: Value
    owner: str
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One product that would be sent, or cannot be."""

    code: str
    title: str
    action: str
    reason: str
    severity: Severity
    fields: tuple[FieldShown, ...] = ()
    problem: str = ""
    hint: str = ""


@dataclass(slots=True)
class Preview:
    """`counts` by what would happen to a product (add, update, remove, move, nothing, problem), `grave` by
    what deserves a look, `entries` the worst first, at most as many as asked for, `said` what to know of the
    names in a draft of rules."""

    products: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    grave: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    entries: list[Entry] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


def preview(
    channel_id: int,
    skus: Sequence[str] = (),
    rules: Sequence[Rule] | None = None,
    *,
    shown: int = SHOWN,
) -> Preview:
    """The whole channel, or these SKUs, inside an open scope. Raises Refused for an SKU that is not there."""
    channel = _channel(channel_id)
    planner = planner_for(channel, rules)
    made, worst = Preview(), _Worst(shown)
    for snapshot in _snapshots(channel, planner, skus):
        made.products += 1
        plan = snapshot.plan
        made.counts[plan.action or ("problem" if plan.problem else "nothing")] += 1
        if not plan.action and plan.problem is None and not skus:
            continue
        found = severity(plan)
        if found.word:
            made.grave[found.word] += 1
        for difference in plan.differences:
            made.fields[difference.name] += 1
        for one in plan.variants:
            made.fields.update(difference.name for difference in one.differences)
        worst.offer(found.rank, snapshot)
    if rules:
        made.said = not_sent(channel.source_id, **named_in(one.field for one in rules))
    made.entries = [_entry(snapshot) for snapshot in worst.best()]
    return made


def _channel(channel_id: int) -> Channel:
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is None:
        raise Refused(f"There is no channel {channel_id}.", hint="`stockwire channel list` shows them.")
    return channel


def _snapshots(channel: Channel, planner: Planner, skus: Sequence[str]) -> Iterator[Snapshot]:
    ids = product_ids(channel, skus) if skus else all_product_ids(channel)
    for start in range(0, len(ids), AT_ONCE):
        yield from planned(channel.pk, ids[start : start + AT_ONCE], planner)


def product_ids(channel: Channel, skus: Sequence[str]) -> list[int]:
    """The products of these SKUs or product codes. Raises Refused naming one that does not exist."""
    found: list[int] = []
    with connection.cursor() as cursor:
        for sku in skus:
            cursor.execute(
                "select product_id from variants where source_id = %s and sku_key = upper(trim(%s))"
                " union select id from products where source_id = %s and source_product_code = %s",
                [channel.source_id, sku, channel.source_id, sku.strip()],
            )
            rows = cursor.fetchall()
            if not rows:
                raise Refused(
                    f"There is no SKU {sku} in this channel's source.",
                    hint="Check the stock code; an item set to IGNORE from the start has never come in.",
                )
            found += [row[0] for row in rows if row[0] not in found]
    return found


def all_product_ids(channel: Channel) -> list[int]:
    """Every product that is active, or that the channel may still show."""
    with connection.cursor() as cursor:
        cursor.execute(EVERY, {"source": channel.source_id, "channel": channel.pk})
        return [row[0] for row in cursor.fetchall()]


class _Worst:
    """Keeps the worst few of many, in the order they came where they are equal."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._heap: list[tuple[int, int, Snapshot]] = []
        self._count = 0

    def offer(self, rank: int, snapshot: Snapshot) -> None:
        self._count += 1
        item = (-rank, -self._count, snapshot)
        if len(self._heap) < self._most:
            heapq.heappush(self._heap, item)
        elif self._heap and item > self._heap[0]:
            heapq.heapreplace(self._heap, item)

    def best(self) -> list[Snapshot]:
        return [item[2] for item in sorted(self._heap, reverse=True)]


def _entry(snapshot: Snapshot) -> Entry:
    plan, product = snapshot.plan, snapshot.product
    fields = [_shown("", one) for one in plan.differences]
    for variant in plan.variants:
        fields += [_shown(variant.variant.sku, one) for one in variant.differences]
    return Entry(
        code=product.code,
        title=product.title,
        action=plan.action,
        reason=plan.reason,
        severity=severity(plan),
        fields=tuple(fields),
        problem=plan.problem.message if plan.problem else "",
        hint=plan.problem.hint if plan.problem else "",
    )


def _shown(sku: str, difference: Difference) -> FieldShown:
    computed = difference.name in {"price", "compare_at"} or difference.name.startswith(("quantity", "map."))
    owner = Owner.SYSTEM if computed else Owner.SOURCE
    return FieldShown(
        sku, difference.name, difference.before, difference.after, owner.value, difference.reason
    )


def as_json(made: Preview) -> dict[str, Any]:
    """The preview in plain values, for the API and --json."""
    return {
        "products": made.products,
        "counts": dict(made.counts),
        "grave": dict(made.grave),
        "fields": dict(made.fields),
        "said": made.said,
        "entries": [
            {
                "code": entry.code,
                "title": entry.title,
                "action": entry.action,
                "reason": entry.reason,
                "look_at": entry.severity.said or entry.severity.word,
                "problem": entry.problem,
                "hint": entry.hint,
                "fields": [
                    {
                        "sku": one.sku,
                        "field": one.name,
                        "before": plain(one.before),
                        "after": plain(one.after),
                        "owner": one.owner,
                        "reason": one.reason,
                    }
                    for one in entry.fields
                ],
            }
            for entry in made.entries
        ],
    }


def plain(value: Value) -> Any:
    """A value as JSON has it: money as text, so that no cent is lost."""
    if isinstance(value, tuple):
        return list(value)
    return value if value is None or isinstance(value, bool | int | str) else f"{value:f}"
