"""What would be sent to a channel now, field by field, without sending it: the same plans as a push makes.

Nothing is written and the channel is not asked. A draft of rules may stand in for the stored ones. What a
push would pass over (skipped, or waiting for a person) is not said to be sent.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from stockwire.domain.plan import Planner
from stockwire.domain.rules import Rule
from stockwire.domain.severity import STOPPED, Severity, severity
from stockwire.errors import Refused
from stockwire.hub.models import Channel, StaleState
from stockwire.hub.sync.find_products import product_ids
from stockwire.hub.sync.plan_entry import Entry, entry_of, plain
from stockwire.hub.sync.snapshot import Snapshot, planned, planner_for
from stockwire.hub.sync.source_names import named_in, not_sent
from stockwire.hub.sync.waiting import Mark, channel_waits, not_waiting
from stockwire.hub.sync.writable import flags_of

EVERY = """
    select p.id from products p where p.source_id = %(source)s and (p.active
        or exists (select 1 from product_links l where l.channel_id = %(channel)s and l.product_id = p.id)
        or exists (select 1 from variants v join links l on l.variant_id = v.id
                   where v.product_id = p.id and l.channel_id = %(channel)s))
    order by p.id
"""
AT_ONCE = 1_000
SHOWN = 50


@dataclass(slots=True)
class Preview:
    """`counts` by what would happen to a product (add, update, remove, move, nothing, problem, and needs_you
    or skipped for what differs and does not go), `grave` by what deserves a look, `fields` how often each is
    sent, `entries` the worst first, at most as many as asked for, `said` what to know of the names in a draft
    of rules, `waits` why nothing at all goes out now."""

    products: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    grave: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    entries: list[Entry] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    waits: str = ""


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
    made, worst = Preview(waits=channel_waits(channel)), _Worst(shown)
    # To save rules offers everything again, whatever was skipped or refused before.
    marked = rules is None
    for snapshot, mark in _snapshots(channel, planner, skus, marked=marked):
        made.products += 1
        plan = snapshot.plan
        what, goes = _what_happens(snapshot, mark)
        made.counts[what] += 1
        if what == "nothing" and not skus:
            continue
        found = severity(plan) if goes else STOPPED
        if goes and found.word:
            made.grave[found.word] += 1
        if goes:
            made.fields.update(difference.name for difference in plan.differences)
            for one in plan.variants:
                made.fields.update(difference.name for difference in one.differences)
        worst.offer(found, snapshot, mark)
    if rules:
        made.said = not_sent(channel.source_id, **named_in(one.field for one in rules))
    if best := worst.best():
        flags, settings = flags_of(channel.source), planner.terms.settings
        made.entries = [entry_of(*one, flags, settings) for one in best]
    return made


def _what_happens(snapshot: Snapshot, mark: Mark | None) -> tuple[str, bool]:
    """How it is counted, and whether any of it goes out by itself."""
    plan = snapshot.plan
    if not plan.action:
        return ("problem" if plan.problem else "nothing"), False
    if mark is not None and mark.state in (StaleState.NEEDS_YOU, StaleState.SKIPPED):
        return mark.state, False
    return plan.action, True


def _channel(channel_id: int) -> Channel:
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is None:
        raise Refused(f"There is no channel {channel_id}.", hint="`stockwire channel list` shows them.")
    return channel


def _snapshots(
    channel: Channel, planner: Planner, skus: Sequence[str], *, marked: bool
) -> Iterator[tuple[Snapshot, Mark | None]]:
    ids = product_ids(channel, skus) if skus else all_product_ids(channel)
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        marks = not_waiting(channel.pk, some) if marked else {}
        for snapshot in planned(channel.pk, some, planner):
            yield snapshot, marks.get(snapshot.product_id)


def all_product_ids(channel: Channel) -> list[int]:
    """Every product that is active, or that the channel may still show."""
    with connection.cursor() as cursor:
        cursor.execute(EVERY, {"source": channel.source_id, "channel": channel.pk})
        return [row[0] for row in cursor.fetchall()]


Found = tuple[Severity, Snapshot, Mark | None]


class _Worst:
    """Keeps the worst few of many, in the order they came where they are equal."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._heap: list[tuple[int, int, Found]] = []
        self._count = 0

    def offer(self, found: Severity, snapshot: Snapshot, mark: Mark | None) -> None:
        self._count += 1
        item = (-found.rank, -self._count, (found, snapshot, mark))
        if len(self._heap) < self._most:
            heapq.heappush(self._heap, item)
        elif self._heap and item > self._heap[0]:
            heapq.heapreplace(self._heap, item)

    def best(self) -> list[Found]:
        return [item[2] for item in sorted(self._heap, reverse=True)]


def as_json(made: Preview) -> dict[str, Any]:
    """The preview in plain values, for the API and --json."""
    return {
        "products": made.products,
        "counts": dict(made.counts),
        "grave": dict(made.grave),
        "fields": dict(made.fields),
        "said": made.said,
        "waits": made.waits,
        "entries": [
            {
                "code": entry.code,
                "title": entry.title,
                "action": entry.action,
                "reason": entry.reason,
                "look_at": entry.severity.said or entry.severity.word,
                "problem": entry.problem,
                "hint": entry.hint,
                "waits": entry.waits,
                "variants": [
                    {"sku": one.sku, "action": one.action, "reason": one.reason} for one in entry.variants
                ],
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
