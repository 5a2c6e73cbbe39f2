"""Marking products stale: they may differ on a channel and are looked at soon.

One statement per change of any size, for all channels at once; the lanes are woken in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.utils import timezone

from stockwire.hub import jobs
from stockwire.hub.models import Channel, Lane, LaneKind, Source

# A product is marked when it is active, or when it is not but the channel still shows it. A mark that
# waits for a person or was skipped is offered again, because the data has changed since.
# The lateral look-ups are fences for the planner, as in store_products.
MARK = """
    with marked as (
        insert into stale (client_id, channel_id, product_id)
        select p.client_id, c.id, p.id
        from unnest(%s::bigint[]) as changed(id)
        cross join lateral (select p.* from products p where p.id = changed.id offset 0) p
        join channels c on c.source_id = p.source_id and c.active{}
        where p.active
            or exists (select 1 from stale s where s.channel_id = c.id and s.product_id = p.id)
            or exists (select 1 from variants v join links l on l.variant_id = v.id
                       where v.product_id = p.id and l.channel_id = c.id)
            or exists (select 1 from product_links l where l.channel_id = c.id and l.product_id = p.id)
        on conflict (channel_id, product_id) do update set
            version = stale.version + 1, state = 'waiting', attempts = 0, next_at = now(),
            message = '', hint = '', detail = '', skipped_by = '', skip_reason = ''
        returning channel_id
    ) select channel_id, count(*) from marked group by channel_id
"""
# Products that this transaction has just made: nobody else can know them, so there is no mark to meet.
MARK_NEW = """
    with marked as (
        insert into stale (client_id, channel_id, product_id)
        select c.client_id, c.id, made.id from channels c cross join unnest(%s::bigint[]) as made(id)
        where c.source_id = %s and c.active
        returning channel_id
    ) select distinct channel_id from marked
"""
# With whether a request for the lane waits already: asking is dearer than looking. Should one that was
# seen be taken up before the caller's transaction ends, `tick` finds its marks.
PUSH_LANES = """
    select l.id, l.client_id, exists (select from procrastinate_jobs j
        where j.queueing_lock = 'lane:' || l.id and j.status = 'todo')
    from lanes l where l.channel_id = any(%s) and l.kind = 'push' and not l.paused order by l.id
"""
# A second net under the job. A lane that is being written to right now is passed over: its worker holds the
# row and wants the stale marks that we hold. One that is backing off keeps its later time.
DUE_NOW = """
    update lanes set next_at = now() where id in (
        select id from lanes where id = any(%s) and attempts = 0 and (next_at is null or next_at > now())
        order by id for update skip locked)
"""
MARK_ALL = MARK.format("")
MARK_ONE = MARK.format(" and c.id = %s")


def mark_products(product_ids: Sequence[int], why: str) -> int:
    """Mark these products for every active channel of their source, inside an open scope. Number of marks.

    `why` is for the log of the caller's transaction; what is sent is decided when it is sent.
    """
    if not product_ids:
        return 0
    with connection.cursor() as cursor:
        # In one order everywhere, so that two who mark the same products never wait for each other in turn.
        cursor.execute(MARK_ALL, [sorted(set(product_ids))])
        marked = dict(cursor.fetchall())
    wake_pushes(set(marked))
    return sum(marked.values())


def mark_new(source: Source, product_ids: Sequence[int]) -> set[int]:
    """Mark products of the source that were made in this very transaction. The channels, not woken yet."""
    if not product_ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(MARK_NEW, [list(product_ids), source.pk])
        return {row[0] for row in cursor.fetchall()}


def mark_whole_channel(channel_id: int) -> int:
    """Mark every product of the channel's source: a first load, or a setting that touches all of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select p.id from products p join channels c on c.source_id = p.source_id where c.id = %s",
            [channel_id],
        )
        product_ids = [row[0] for row in cursor.fetchall()]
    return mark_on_channel(product_ids, channel_id)


def mark_on_channel(product_ids: Sequence[int], channel_id: int) -> int:
    """Mark these products for one channel only, inside an open scope. Number of marks."""
    with connection.cursor() as cursor:
        cursor.execute(MARK_ONE, [list(product_ids), channel_id])
        marked = dict(cursor.fetchall())
    wake_pushes({channel_id})
    return sum(marked.values())


def wake_pushes(channel_ids: set[int]) -> None:
    """Wake the push lanes of these channels, in the transaction of the caller."""
    if not channel_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(PUSH_LANES, [sorted(channel_ids)])
        found = cursor.fetchall()
        for lane_id, client_id, asked_for in found:
            if not asked_for:
                jobs.wake(client_id, lane_id)
        cursor.execute(DUE_NOW, [[lane_id for lane_id, _, _ in found]])


def ensure_lanes(channel: Channel) -> None:
    """Both lanes of a channel exist."""
    for kind in LaneKind.values:
        Lane.objects.get_or_create(
            channel=channel, kind=kind, defaults={"client_id": channel.client_id, "next_at": timezone.now()}
        )
