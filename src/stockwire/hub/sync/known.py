"""Links and known state: what a channel confirmed, written in bulk after a push."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

from django.db import connection

from stockwire.domain.plan import confirmed
from stockwire.hub.sync.snapshot import Snapshot
from stockwire.ports import Done

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


def save(client_id: int, channel_id: int, done: Sequence[tuple[Snapshot, Done]]) -> None:
    """Write what the channel confirmed: new links, gone links, and the fields of every change."""
    gone = [snapshot.variant_id for snapshot, outcome in done if outcome.link is None]
    linked = [
        (snapshot.variant_id, outcome.link, outcome.note)
        for snapshot, outcome in done
        if outcome.link is not None and outcome.link != snapshot.link
    ]
    fields = [
        (snapshot.variant_id, group, json.dumps(values, default=_money))
        for snapshot, outcome in done
        if outcome.link is not None
        for group, values in confirmed(snapshot.plan, snapshot.known).items()
    ]
    with connection.cursor() as cursor:
        if gone:
            cursor.execute(
                "delete from links where channel_id = %s and variant_id = any(%s)", [channel_id, gone]
            )
            cursor.execute(
                "delete from known where channel_id = %s and variant_id = any(%s)", [channel_id, gone]
            )
        if linked:
            variants, links, notes = zip(*linked, strict=True)
            cursor.execute(
                SAVE_LINKS,
                [
                    client_id,
                    channel_id,
                    list(variants),
                    [link.product_code for link in links],
                    [link.variant_code for link in links],
                    list(notes),
                ],
            )
        if fields:
            variants, groups, values = zip(*fields, strict=True)
            cursor.execute(SAVE_KNOWN, [client_id, channel_id, list(variants), list(groups), list(values)])


def _money(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"cannot keep {value!r} as known state")
