"""Links and known state: what a channel confirmed, written in bulk after a push."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection

from stockwire.domain.plan import NOTHING, Difference, Value, confirmed
from stockwire.errors import Refused, StockwireError
from stockwire.hub.sync import answered
from stockwire.hub.sync.snapshot import Snapshot
from stockwire.ports import Change, Done, Failed, Link

SAVE_LINKS = """
    insert into links (client_id, channel_id, variant_id, product_code, variant_code, below, memory, note)
    select %s, %s, * from unnest(%s::bigint[], %s::text[], %s::text[], %s::boolean[], %s::jsonb[], %s::text[])
    on conflict (channel_id, variant_id) do update
        set product_code = excluded.product_code, variant_code = excluded.variant_code,
            below = excluded.below, memory = excluded.memory, note = excluded.note, linked_at = now(),
            from_order = false
"""
# A link that only an order told of gives way to what a push found out.
GIVE_WAY = """
    delete from links l
    using unnest(%s::bigint[], %s::text[], %s::text[]) as new(variant_id, product_code, variant_code)
    where l.channel_id = %s and l.from_order and l.variant_id <> new.variant_id
        and l.product_code = new.product_code and l.variant_code = new.variant_code
"""
SAVE_KNOWN = """
    insert into known (client_id, channel_id, variant_id, "group", "values")
    select %s, %s, * from unnest(%s::bigint[], %s::text[], %s::jsonb[])
    on conflict (channel_id, variant_id, "group") do update
        set "values" = excluded."values", confirmed_at = now()
"""
SAVE_PRODUCT_LINKS = """
    insert into product_links (client_id, channel_id, product_id, product_code, memory, note)
    select %s, %s, * from unnest(%s::bigint[], %s::text[], %s::jsonb[], %s::text[])
    on conflict (channel_id, product_id) do update
        set product_code = excluded.product_code, memory = excluded.memory, note = excluded.note,
            linked_at = now()
"""
SAVE_KNOWN_PRODUCTS = SAVE_KNOWN.replace("into known", "into known_products").replace(
    "variant_id", "product_id"
)
OWNERS = """
    select l.product_code, l.variant_code, l.variant_id, v.sku, v.product_id
    from unnest(%s::text[], %s::text[]) as asked(product_code, variant_code)
    join links l on l.channel_id = %s and l.product_code = asked.product_code
        and l.variant_code = asked.variant_code and not l.from_order
    join variants v on v.id = l.variant_id
"""
PRODUCT_OWNERS = """
    select l.product_code, l.product_id, p.source_product_code from product_links l
    join products p on p.id = l.product_id where l.channel_id = %s and l.product_code = any(%s)
"""


@dataclass(frozen=True, slots=True)
class Clash:
    """A product of the channel that belongs to another SKU of ours already, so no link was made."""

    product_id: int
    sku: str
    link: Link
    owner_sku: str


@dataclass(frozen=True, slots=True)
class Saved:
    """What a push found out. `compare_anew` are products whose known state was forgotten, `failed` what the
    channel refused of single variants or groups of fields (product id and reason)."""

    clashes: list[Clash]
    compare_anew: set[int]
    failed: list[tuple[int, StockwireError]]


def save(client_id: int, channel_id: int, done: Sequence[tuple[Snapshot, Change, Done]]) -> Saved:
    """Write what the channel confirmed: new links, gone links, and the fields of every change.

    Where the channel answers for another product of theirs than the one the change was meant for, only some
    of its fields were sent: nothing is known of that one yet.
    """
    facts = _Facts()
    for snapshot, change, outcome in done:
        _read(facts, snapshot, change, outcome)
    with connection.cursor() as cursor:
        _forget(cursor, channel_id, ("links", "known"), "variant_id", facts.gone)
        _forget(cursor, channel_id, ("product_links", "known_products"), "product_id", facts.gone_products)
        _settle_variants(cursor, client_id, channel_id, facts)
        _settle_products(cursor, client_id, channel_id, facts)
        _forget(cursor, channel_id, ("known",), "variant_id", facts.moved)
        _forget(cursor, channel_id, ("known_products",), "product_id", facts.moved_products)
    return Saved(facts.clashes, facts.compare_anew, facts.failed)


@dataclass(frozen=True, slots=True)
class _Linked:
    """A variant, or a product with variants, that the channel answered for."""

    owner: int
    product_id: int
    sku: str
    before: Link | None
    link: Link
    note: str
    below: bool
    differences: tuple[Difference, ...]
    known: Any
    seen: Mapping[str, Value]


@dataclass(slots=True)
class _Facts:
    variants: list[_Linked] = field(default_factory=list)
    products: list[_Linked] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    gone_products: list[int] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)
    moved_products: list[int] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)
    compare_anew: set[int] = field(default_factory=set)
    failed: list[tuple[int, StockwireError]] = field(default_factory=list)


def _read(facts: _Facts, snapshot: Snapshot, change: Change, outcome: Done) -> None:
    """Sort one outcome into facts."""
    plan, ids = snapshot.plan, snapshot.held.variant_ids
    facts.failed += [(snapshot.product_id, error) for error in outcome.failed.values()]
    confirmed_differences = tuple(one for one in plan.differences if one.group not in outcome.failed)
    if plan.action == "move":
        _read_move(facts, snapshot, change, outcome)
    elif plan.action == "remove":
        if outcome.link is None:
            facts.gone += [ids[code] for code in snapshot.confirmed.links]
            facts.gone_products.append(snapshot.product_id)
            # What is gone may have made way for what the product is now.
            if snapshot.product.active:
                facts.compare_anew.add(snapshot.product_id)
    elif change.has_variants:
        if outcome.link is None:
            return
        known = snapshot.confirmed.known
        facts.products.append(
            _Linked(
                snapshot.product_id,
                snapshot.product_id,
                change.sku,
                snapshot.confirmed.link,
                outcome.link,
                outcome.note,
                False,
                confirmed_differences,
                known.fields if known else NOTHING,
                outcome.seen,
            )
        )
        _read_variants(facts, snapshot, change, outcome)
    elif outcome.link is not None:
        variant = next(one for one in snapshot.product.variants if one.active)
        known = snapshot.confirmed.known
        before = known.variants.get(variant.code) if known else None
        facts.variants.append(
            _Linked(
                ids[variant.code],
                snapshot.product_id,
                variant.sku,
                snapshot.confirmed.links.get(variant.code),
                outcome.link,
                outcome.note,
                False,
                confirmed_differences,
                before.fields if before else NOTHING,
                outcome.seen,
            )
        )


def _read_move(facts: _Facts, snapshot: Snapshot, change: Change, outcome: Done) -> None:
    """Taken away where it was in another shape: it is looked at again, to be made anew. What the channel kept
    is not asked for again by itself, or there would be no end to it."""
    answers = {asked.key: outcome.variants[asked.key] for asked in change.variants} or {change.key: outcome}
    for key, answer in answers.items():
        if isinstance(answer, Failed):
            facts.failed.append((snapshot.product_id, answer.error))
        elif answer.link is None:
            facts.gone.append(int(key))
            facts.compare_anew.add(snapshot.product_id)
        else:
            kept = Refused(
                f"{change.sku} is there in another shape than it is now, and the channel keeps it.",
                hint=f"{answer.note} Delete it on the channel yourself, then unlink it here.".strip(),
            )
            facts.failed.append((snapshot.product_id, kept))


def _read_variants(facts: _Facts, snapshot: Snapshot, change: Change, outcome: Done) -> None:
    known = snapshot.confirmed.known
    by_id = {str(snapshot.held.variant_ids[one.variant.code]): one for one in snapshot.plan.variants}
    for asked in change.variants:
        answer, planned = outcome.variants[asked.key], by_id[asked.key]
        if not isinstance(answer, Done):
            facts.failed.append((snapshot.product_id, answer.error))
        elif answer.link is None:
            facts.gone.append(int(asked.key))
        else:
            before = known.variants.get(planned.variant.code) if known else None
            facts.variants.append(
                _Linked(
                    int(asked.key),
                    snapshot.product_id,
                    asked.sku,
                    asked.link,
                    answer.link,
                    answer.note,
                    True,
                    planned.differences,
                    before.fields if before else NOTHING,
                    answer.seen,
                )
            )


def _settle_variants(cursor: Any, client_id: int, channel_id: int, facts: _Facts) -> None:
    owners = _owners(cursor, channel_id, [one.link for one in facts.variants])
    linked, fields, answers = [], [], []
    for one in facts.variants:
        owner = owners.setdefault(one.link, (one.owner, one.sku, one.product_id))
        if owner[0] != one.owner:
            facts.clashes.append(Clash(one.product_id, one.sku, one.link, owner[1]))
            facts.moved.append(owner[0])
            facts.compare_anew.add(owner[2])
            continue
        if one.link != one.before or one.link.memory != one.before.memory:
            linked.append(
                (
                    one.owner,
                    one.link.product_code,
                    one.link.variant_code,
                    one.below,
                    json.dumps(dict(one.link.memory)),
                    one.note,
                )
            )
        if one.before is not None and one.link != one.before:
            facts.moved.append(one.owner)
            facts.compare_anew.add(one.product_id)
            continue
        fields += (known := _fields(one))
        answers += [answered.row_of(*row[:2], one.differences, one.seen) for row in known]
    if linked:
        cursor.execute(GIVE_WAY, [*_columns([row[:3] for row in linked]), channel_id])
        cursor.execute(SAVE_LINKS, [client_id, channel_id, *_columns(linked)])
    if fields:
        cursor.execute(SAVE_KNOWN, [client_id, channel_id, *_columns(fields)])
        answered.remember(cursor, "known", "variant_id", channel_id, answers)


def _settle_products(cursor: Any, client_id: int, channel_id: int, facts: _Facts) -> None:
    if not facts.products:
        return
    cursor.execute(PRODUCT_OWNERS, [channel_id, [one.link.product_code for one in facts.products]])
    owners = {row[0]: (row[1], row[2]) for row in cursor.fetchall()}
    linked, fields, answers = [], [], []
    for one in facts.products:
        owner = owners.setdefault(one.link.product_code, (one.owner, one.sku))
        if owner[0] != one.owner:
            facts.clashes.append(Clash(one.product_id, one.sku, one.link, owner[1]))
            facts.moved_products.append(owner[0])
            facts.compare_anew.add(owner[0])
            continue
        if one.link != one.before or one.link.memory != one.before.memory:
            memory = json.dumps(dict(one.link.memory))
            linked.append((one.owner, one.link.product_code, memory, one.note))
        if one.before is not None and one.link != one.before:
            facts.moved_products.append(one.owner)
            facts.compare_anew.add(one.product_id)
            continue
        fields += (known := _fields(one))
        answers += [answered.row_of(*row[:2], one.differences, one.seen) for row in known]
    if linked:
        cursor.execute(SAVE_PRODUCT_LINKS, [client_id, channel_id, *_columns(linked)])
    if fields:
        cursor.execute(SAVE_KNOWN_PRODUCTS, [client_id, channel_id, *_columns(fields)])
        answered.remember(cursor, "known_products", "product_id", channel_id, answers)


def _fields(one: _Linked) -> list[tuple[int, str, str]]:
    return [
        (one.owner, group, json.dumps(values, default=_money))
        for group, values in confirmed(one.differences, one.known).items()
    ]


def _owners(cursor: Any, channel_id: int, links: Sequence[Link]) -> dict[Link, tuple[int, str, int]]:
    """(variant id, SKU, product id) of whoever holds a link that this push came back with."""
    if not links:
        return {}
    codes = _columns([(link.product_code, link.variant_code) for link in set(links)])
    cursor.execute(OWNERS, [*codes, channel_id])
    return {Link(row[0], row[1]): (row[2], row[3], row[4]) for row in cursor.fetchall()}


def _forget(cursor: Any, channel_id: int, tables: Sequence[str], column: str, ids: Sequence[int]) -> None:
    for table in tables if ids else ():
        cursor.execute(
            f"delete from {table} where channel_id = %s and {column} = any(%s)",  # noqa: S608
            [channel_id, list(ids)],
        )


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """Rows turned into one array per column."""
    return [list(column) for column in zip(*rows, strict=True)]


def _money(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"cannot keep {value!r} as known state")
