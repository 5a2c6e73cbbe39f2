"""Before a channel goes live: what its shop has already. Which products would be linked by their SKU and what
of them overwritten, which would be made, which SKUs stand there twice.

Reads only, on both sides; a channel that is paused or was never live is asked all the same. Nothing is kept
of the shop's list but its SKUs.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.db import connection

from stockwire.domain.drift import same
from stockwire.domain.plan import Difference, Plan, Planner, Value
from stockwire.domain.severity import Severity, severity
from stockwire.errors import Refused
from stockwire.hub import tenancy
from stockwire.hub.models import Channel
from stockwire.hub.sync.preview import preview
from stockwire.hub.sync.snapshot import Snapshot, planned, planner_for
from stockwire.ports import CanShelve, Shelved
from stockwire.ports import Channel as Port

PAGE = 200
OURS = """
    select listed, v.product_id, v.source_variant_code, l.id is not null from unnest(%s::text[]) as listed
    join variants v on v.sku_key = upper(trim(listed)) and trim(listed) <> '' and v.active
        and v.source_id = (select source_id from channels where id = %s)
    join products p on p.id = v.product_id and p.active
    left join links l on l.channel_id = %s and l.variant_id = v.id and not l.from_order
"""


@dataclass(frozen=True, slots=True)
class Overwritten:
    """One field of something in the shop that the first push would change."""

    sku: str
    product_code: str
    name: str
    there: Value
    ours: Value
    look_at: str = ""


@dataclass(slots=True)
class Match:
    """`listed` is what the shop lists (variants each), `linked` of it what is linked already, `found` what
    would be linked, `unknown` what no product here has the SKU of. `products` would go out, `made` of them
    anew. `twice` are SKUs that stand in the shop more than once. `fields` counts what would be overwritten,
    `worst` shows some of it, the worst first."""

    listed: int = 0
    linked: int = 0
    found: int = 0
    unknown: int = 0
    products: int = 0
    made: int = 0
    twice: list[str] = field(default_factory=list)
    fields: Counter[str] = field(default_factory=Counter)
    grave: Counter[str] = field(default_factory=Counter)
    worst: list[Overwritten] = field(default_factory=list)


def match(client_id: int, channel_id: int, port: Port, shown: int = 20) -> Match:
    """Ask the shop for everything it holds, outside transactions. Raises Refused when it cannot list that."""
    if not isinstance(port, CanShelve):
        raise Refused(
            "This channel cannot list what it holds.", hint="`stockwire plan` shows what would go out."
        )
    with tenancy.scope(client_id):
        planner = planner_for(Channel.objects.get(pk=channel_id))
        whole = preview(channel_id, shown=0)
    made = Match(products=whole.counts["add"])
    reading = _Reading(channel_id, planner, shown)
    rows = iter(port.shelf())
    while page := list(islice(rows, PAGE)):
        with tenancy.scope(client_id):
            reading.page(made, page)
    made.made = max(0, made.products - len(reading.products))
    made.worst = reading.best()
    return made


class _Reading:
    def __init__(self, channel_id: int, planner: Planner, shown: int) -> None:
        self._channel_id, self._planner, self._shown = channel_id, planner, shown
        self._skus: set[str] = set()
        self._heap: list[tuple[int, int, Overwritten]] = []
        self._count = 0
        self.products: set[int] = set()

    def page(self, made: Match, page: Sequence[Shelved]) -> None:
        """One part of the list, inside an open scope."""
        with connection.cursor() as cursor:
            skus = [one.sku for one in page]
            cursor.execute(OURS, [skus, self._channel_id, self._channel_id])
            ours = {row[0]: row[1:] for row in cursor.fetchall()}
        wanted = sorted({product_id for product_id, _, linked in ours.values() if not linked})
        snapshots = {one.product_id: one for one in planned(self._channel_id, wanted, self._planner)}
        for one in page:
            made.listed += 1
            key = one.sku.strip().casefold()
            if key and key in self._skus:
                made.twice.append(one.sku)
            self._skus.add(key)
            product_id, code, linked = ours.get(one.sku, (None, "", False))
            if product_id is None:
                made.unknown += 1
            elif linked:
                made.linked += 1
            elif (snapshot := snapshots.get(product_id)) is not None and snapshot.plan.action == "add":
                made.found += 1
                self._compare(made, one, snapshot, code, first=product_id not in self.products)
                self.products.add(product_id)

    def best(self) -> list[Overwritten]:
        return [item[2] for item in sorted(self._heap, reverse=True)]

    def _compare(self, made: Match, one: Shelved, snapshot: Snapshot, code: str, *, first: bool) -> None:
        shown = {**one.fields, "option_values": one.option_values} if one.option_values else one.fields
        for difference in _differences(snapshot, code, first=first):
            name = difference.name
            if name not in shown or same(difference.after, shown[name], escaped=True):
                continue
            would = Plan("update", (difference._replace(before=shown[name]),))
            found = severity(would)
            made.fields[name] += 1
            if found.word:
                made.grave[found.word] += 1
            item = Overwritten(
                one.sku, one.link.product_code, name, shown[name], difference.after, found.said
            )
            self._offer(found, item)

    def _offer(self, found: Severity, item: Overwritten) -> None:
        self._count += 1
        entry = (-found.rank, -self._count, item)
        if len(self._heap) < self._shown:
            heapq.heappush(self._heap, entry)
        elif self._heap and entry > self._heap[0]:
            heapq.heapreplace(self._heap, entry)


def _differences(snapshot: Snapshot, code: str, *, first: bool) -> Iterator[Difference]:
    """What would be sent of this variant, and once of its product."""
    if first:
        yield from snapshot.plan.differences
    for one in snapshot.plan.variants:
        if one.variant.code == code:
            yield from one.differences
