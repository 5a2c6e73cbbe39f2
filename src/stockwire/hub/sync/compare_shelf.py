"""What a channel lists, a page at a time, against our links and the known state. Only reads.

Of the whole list nothing is kept but which of our variants were seen, and where each SKU stood.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from stockwire.domain.drift import SKU, Differs, Kind, LookedAfter, differing, differs_in_sku, looked_after
from stockwire.domain.plan import CONTENT, IMAGES, NOTHING, Groups, Planner
from stockwire.hub.models import DriftItem
from stockwire.hub.sync import answered
from stockwire.hub.sync.plan_entry import plain
from stockwire.hub.sync.read_products import NOTHING as NO_LINK
from stockwire.hub.sync.read_products import Confirmed, Held, read_confirmed
from stockwire.hub.sync.snapshot import held_for
from stockwire.ports import Link, Shelved

LINKED = """
    select l.product_code, l.variant_code, l.variant_id, v.product_id, v.source_variant_code, v.sku
    from unnest(%s::text[], %s::text[]) as listed(product_code, variant_code)
    join links l on l.channel_id = %s and l.product_code = listed.product_code
        and l.variant_code = listed.variant_code
    join variants v on v.id = l.variant_id
"""
HERE = """
    select listed, v.product_id, v.id, v.active and p.active, l.product_code
    from unnest(%s::text[]) as listed
    join variants v on v.sku_key = upper(trim(listed)) and trim(listed) <> ''
        and v.source_id = (select source_id from channels where id = %s)
    join products p on p.id = v.product_id
    left join links l on l.channel_id = %s and l.variant_id = v.id
    order by v.active and p.active, v.id
"""
LINKS = """
    select l.variant_id, l.product_code, l.variant_code, v.product_id, v.sku
    from links l join variants v on v.id = l.variant_id
    where l.channel_id = %s and l.variant_id > %s order by l.variant_id limit %s
"""
UNKNOWN_HERE = "no product here has this SKU"
WITHOUT_SKU = "it has no SKU, so nothing here can be linked to it"
NOT_LINKED = "known here and not linked to it"
NOT_ON_SALE = "known here and not on sale (set to DELETE, or gone), so not linked to it"
ANOTHER_SKU = "has another SKU on the channel: no push corrects that, a person does"
GONE = "gone from the channel"
SHOW_AGAIN = "show it there again, or keep it off the channel by a rule"
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Missing:
    """A link of ours that was not listed."""

    variant_id: int
    link: Link
    product_id: int
    sku: str


@dataclass(slots=True)
class Comparison:
    """One reading of one channel. `counts` is kind to items, `listed` how much the channel listed, `linked`
    how many links we have."""

    client_id: int
    channel_id: int
    report_id: int
    planner: Planner
    escaped: frozenset[str] = frozenset()
    counts: Counter[str] = field(default_factory=Counter)
    listed: int = 0
    linked: int = 0
    _seen: set[int] = field(default_factory=set)
    _products: set[int] = field(default_factory=set)
    _hidden: set[int] = field(default_factory=set)
    _skus: dict[str, str] = field(default_factory=dict)
    _unlinked: set[Place] = field(default_factory=set)

    def page(self, listed: Sequence[Shelved]) -> list[DriftItem]:
        """What this part of the list tells, inside an open scope. What is listed twice is looked at once."""
        linked = _linked(self.channel_id, listed)
        ours = _Ours(self.channel_id, self.planner, linked)
        strays = []
        found: list[DriftItem] = []
        for one in listed:
            place = (one.link.product_code, one.link.variant_code)
            at = linked.get(place)
            if place in self._unlinked or (at is not None and at.variant_id in self._seen):
                continue
            self.listed += 1
            found += self._duplicate(one, place)
            if at is None:
                self._unlinked.add(place)
                strays.append(one)
            else:
                self._seen.add(at.variant_id)
                found += self._different(one, at, ours)
                found += self._not_shown(one, at, ours)
        return found + self._extra(strays)

    def not_listed(self, at_once: int) -> Iterator[list[Missing]]:
        """Links of ours that were not on the list, a few at a time; each step needs an open scope."""
        last = 0
        while True:
            with connection.cursor() as cursor:
                cursor.execute(LINKS, [self.channel_id, last, at_once])
                rows = cursor.fetchall()
            if not rows:
                return
            last = rows[-1][0]
            self.linked += len(rows)
            yield [Missing(row[0], Link(*row[1:3]), *row[3:]) for row in rows if row[0] not in self._seen]

    def missing(self, gone: Sequence[Missing], found: Mapping[str, Sequence[Link]]) -> list[DriftItem]:
        """What is missing, `found` being what the channel has under these SKUs now that it is asked for them:
        a list that moves while it is read may have left something out."""
        items = []
        for one in gone:
            there = found.get(one.sku, ())
            if one.link in there:
                continue
            elsewhere = ", ".join(f"product {link.product_code}" for link in there)
            items.append(
                self._item(
                    Kind.MISSING,
                    one.sku,
                    one.link,
                    product_id=one.product_id,
                    variant_id=one.variant_id,
                    said=f"{GONE}; its SKU is at {elsewhere} there" if elsewhere else GONE,
                )
            )
        return items

    def _duplicate(self, one: Shelved, place: Place) -> list[DriftItem]:
        # As one text: a hundred thousand pairs would take a third more memory.
        key, at = one.sku.strip().casefold(), "/".join(place)
        first = self._skus.setdefault(key, at) if key else at
        if first == at:
            return []
        said = f"product {first.partition('/')[0]} of the channel has this SKU too"
        return [self._item(Kind.DUPLICATE, one.sku, one.link, said=said)]

    def _different(self, one: Shelved, at: _At, ours: _Ours) -> list[DriftItem]:
        confirmed, kept = ours.of(at.product_id)
        shown = {**one.fields, "option_values": one.option_values} if one.option_values else one.fields
        known = confirmed.known
        fields = known.variants[at.code].fields if known and at.code in known.variants else NOTHING
        variant = differing(
            fields, shown, kept.variants.get(at.code, NOTHING), ours.answers(at.variant_id), self.escaped
        )
        items = [self._field(difference, at, at.sku, one.link, at.variant_id) for difference in variant]
        if known and kept.own and at.product_id not in self._products:
            self._products.add(at.product_id)
            before = ours.answers_whole(at.product_id)
            # Prices and stock that a field map gives the product as a whole stand on its variants there.
            own = {group: known.fields[group] for group in (CONTENT, IMAGES) if group in known.fields}
            whole = differing(own, shown, kept.own, before, self.escaped)
            code, link = ours.code(at.product_id), Link(one.link.product_code)
            items += [self._field(difference, at, code, link, None) for difference in whole]
        if differs_in_sku(at.sku, one.sku, self.planner.terms.flags.withholds(SKU)):
            other = Differs("", SKU, at.sku, one.sku, at.sku, ANOTHER_SKU)
            items.append(self._field(other, at, at.sku, one.link, at.variant_id))
        return items

    def _not_shown(self, one: Shelved, at: _At, ours: _Ours) -> list[DriftItem]:
        """Once for a product. One that is to leave the channel may be hidden there."""
        _, kept = ours.of(at.product_id)
        if not one.hidden or at.product_id in self._hidden or not (kept.own or kept.variants):
            return []
        self._hidden.add(at.product_id)
        code = ours.code(at.product_id) if one.option_values else at.sku
        link = Link(one.link.product_code)
        said = f"{one.hidden}: {SHOW_AGAIN}"
        return [self._item(Kind.HIDDEN, code, link, product_id=at.product_id, said=said)]

    def _field(self, differs: Differs, at: _At, sku: str, link: Link, variant_id: int | None) -> DriftItem:
        return self._item(
            Kind.DIFFERENT,
            sku,
            link,
            product_id=at.product_id,
            variant_id=variant_id,
            group=differs.group,
            field=differs.name,
            confirmed=plain(differs.confirmed),
            shown=plain(differs.shown),
            wanted=plain(differs.wanted),
            said=differs.said,
        )

    def _extra(self, strays: Sequence[Shelved]) -> list[DriftItem]:
        if not strays:
            return []
        with connection.cursor() as cursor:
            cursor.execute(HERE, [[one.sku for one in strays], self.channel_id, self.channel_id])
            here = {row[0]: row[1:] for row in cursor.fetchall()}
        items = []
        for one in strays:
            known = here.get(one.sku)
            said, ours = UNKNOWN_HERE if one.sku.strip() else WITHOUT_SKU, (None, None)
            if known is not None:
                product_id, variant_id, on_sale, linked_to = known
                ours = product_id, variant_id
                said = NOT_LINKED if on_sale else NOT_ON_SALE
                if linked_to:
                    said = f"known here and linked to product {linked_to} of the channel"
                self.counts["extra_known"] += 1
            items.append(
                self._item(Kind.EXTRA, one.sku, one.link, product_id=ours[0], variant_id=ours[1], said=said)
            )
        return items

    def _item(self, kind: Kind, sku: str, link: Link, **more: Any) -> DriftItem:
        self.counts[kind.value] += 1
        return DriftItem(
            client_id=self.client_id,
            report_id=self.report_id,
            kind=kind.value,
            sku=sku[:500],
            product_code=link.product_code,
            variant_code=link.variant_code,
            **more,
        )


@dataclass(frozen=True, slots=True)
class _At:
    """Which variant of ours a link leads to; `code` is its variant code."""

    variant_id: int
    product_id: int
    code: str
    sku: str


class _Ours:
    """Our side of one page, read at once: what was confirmed, and what the hub looks after."""

    def __init__(self, channel_id: int, planner: Planner, linked: Mapping[Place, _At]) -> None:
        product_ids = sorted({at.product_id for at in linked.values()})
        variant_ids = [at.variant_id for at in linked.values()]
        held = held_for(planner, product_ids)
        confirmed = read_confirmed(channel_id, held)
        self._found = {one.product_id: _kept(planner, one, confirmed) for one in held}
        self._codes = {one.product_id: one.product.code for one in held}
        with connection.cursor() as cursor:
            self._answers = answered.read(cursor, "known", "variant_id", channel_id, variant_ids)
            self._whole = answered.read(cursor, "known_products", "product_id", channel_id, product_ids)

    def of(self, product_id: int) -> tuple[Confirmed, LookedAfter]:
        return self._found.get(product_id, (NO_LINK, LookedAfter()))

    def code(self, product_id: int) -> str:
        """The product's own code, by which a product with variants is called."""
        return self._codes[product_id]

    def answers(self, variant_id: int) -> Groups:
        return self._answers.get(variant_id, NOTHING)

    def answers_whole(self, product_id: int) -> Groups:
        return self._whole.get(product_id, NOTHING)


def _kept(planner: Planner, held: Held, confirmed: Mapping[int, Confirmed]) -> tuple[Confirmed, LookedAfter]:
    found = confirmed.get(held.product_id, NO_LINK)
    kept = looked_after(planner, held.product, found.known) if found.known else LookedAfter()
    return found, kept


def _linked(channel_id: int, listed: Sequence[Shelved]) -> dict[Place, _At]:
    codes = [one.link.product_code for one in listed], [one.link.variant_code for one in listed]
    with connection.cursor() as cursor:
        cursor.execute(LINKED, [*codes, channel_id])
        return {(row[0], row[1]): _At(*row[2:]) for row in cursor.fetchall()}
