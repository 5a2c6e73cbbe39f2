"""Links and known state: what a channel confirmed, written in bulk after a push."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from stockwire.domain.plan import confirmed
from stockwire.hub.sync.snapshot import Snapshot
from stockwire.ports import Done, Link

SAVE_LINKS = """
    insert into links (client_id, channel_id, variant_id, product_code, variant_code, note)
    select %s, %s, * from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])
    on conflict (channel_id, variant_id) do update
        set product_code = excluded.product_code, variant_code = excluded.variant_code, note = excluded.note,
            linked_at = now()
"""
SAVE_KNOWN = """
    insert into known (client_id, channel_id, variant_id, "group", "values")
    select %s, %s, * from unnest(%s::bigint[], %s::text[], %s::jsonb[])
    on conflict (channel_id, variant_id, "group") do update
        set "values" = excluded."values", confirmed_at = now()
"""
OWNERS = """
    select l.product_code, l.variant_code, l.variant_id, v.sku, v.product_id
    from unnest(%s::text[], %s::text[]) as asked(product_code, variant_code)
    join links l on l.channel_id = %s and l.product_code = asked.product_code
        and l.variant_code = asked.variant_code
    join variants v on v.id = l.variant_id
"""


@dataclass(frozen=True, slots=True)
class Clash:
    """A product of the channel that belongs to another SKU of ours already, so no link was made."""

    snapshot: Snapshot
    link: Link
    owner_sku: str


@dataclass(frozen=True, slots=True)
class Saved:
    """What a push found out about links. `compare_anew` are products whose known state was forgotten."""

    clashes: list[Clash]
    compare_anew: set[int]


def save(client_id: int, channel_id: int, done: Sequence[tuple[Snapshot, Done]]) -> Saved:
    """Write what the channel confirmed: new links, gone links, and the fields of every change.

    Where the channel answers for another product of theirs than the one the change was meant for, only some
    of its fields were sent: nothing is known of that one yet.
    """
    gone = [snapshot.variant_id for snapshot, outcome in done if outcome.link is None]
    with connection.cursor() as cursor:
        _forget(cursor, channel_id, gone, links=True)
        owners = _owners(cursor, channel_id, done)
        clashes, linked, fields, moved = [], [], [], []
        compare_anew: set[int] = set()
        for snapshot, outcome in done:
            link = outcome.link
            if link is None:
                continue
            owner = owners.setdefault(link, (snapshot.variant_id, snapshot.item.sku, snapshot.product_id))
            if owner[0] != snapshot.variant_id:
                clashes.append(Clash(snapshot, link, owner[1]))
                moved.append(owner[0])
                compare_anew.add(owner[2])
                continue
            if link != snapshot.link:
                linked.append((snapshot.variant_id, link.product_code, link.variant_code, outcome.note))
            if snapshot.link is not None and link != snapshot.link:
                moved.append(snapshot.variant_id)
                compare_anew.add(snapshot.product_id)
                continue
            fields += [
                (snapshot.variant_id, group, json.dumps(values, default=_money))
                for group, values in confirmed(snapshot.plan, snapshot.known).items()
            ]
        if linked:
            cursor.execute(SAVE_LINKS, [client_id, channel_id, *_columns(linked)])
        if fields:
            cursor.execute(SAVE_KNOWN, [client_id, channel_id, *_columns(fields)])
        _forget(cursor, channel_id, moved)
    return Saved(clashes, compare_anew)


def _owners(
    cursor: Any, channel_id: int, done: Sequence[tuple[Snapshot, Done]]
) -> dict[Link, tuple[int, str, int]]:
    """(variant id, SKU, product id) of whoever holds a link that this push came back with."""
    links = {outcome.link for _, outcome in done if outcome.link is not None}
    if not links:
        return {}
    codes = _columns([(link.product_code, link.variant_code) for link in links])
    cursor.execute(OWNERS, [*codes, channel_id])
    return {Link(row[0], row[1]): (row[2], row[3], row[4]) for row in cursor.fetchall()}


def _forget(cursor: Any, channel_id: int, variant_ids: Sequence[int], *, links: bool = False) -> None:
    for table in ("links", "known") if links else ("known",):
        if variant_ids:
            cursor.execute(
                f"delete from {table} where channel_id = %s and variant_id = any(%s)",  # noqa: S608
                [channel_id, list(variant_ids)],
            )


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """Rows turned into one array per column."""
    return [list(column) for column in zip(*rows, strict=True)]


def _money(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"cannot keep {value!r} as known state")
