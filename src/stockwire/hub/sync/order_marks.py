"""Order marks: "look at this order". A mark holds no data; what is stored is read from the channel.

Webhooks and polls put marks, take_orders works them off. Nothing here calls another system.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.db import connection

# A mark that waits for a person is offered again: something has happened to the order since.
MARK = """
    insert into order_marks (client_id, channel_id, channel_order_code)
    select %s, %s, code from unnest(%s::text[]) as code order by code
    on conflict (channel_id, channel_order_code) do update set
        version = order_marks.version + 1, attempts = 0, next_at = now(), needs_you = false,
        message = '', hint = ''
"""
MARK_ONCE = """
    insert into order_marks (client_id, channel_id, channel_order_code)
    select %s, %s, code from unnest(%s::text[]) as code order by code
    on conflict (channel_id, channel_order_code) do nothing
"""
RECEIVE = """
    insert into webhook_receipts (client_id, channel_id, dedupe_key)
    select %s, %s, key from unnest(%s::text[]) as key order by key
    on conflict (channel_id, dedupe_key) do nothing
    returning dedupe_key
"""
PRUNE = "delete from webhook_receipts where channel_id = %s and received_at < now() - interval '7 days'"
KEY_LENGTH = 120


def receipt_key(kind: str, said: str) -> str:
    """The key of something a channel said, short enough for its column."""
    key = f"{kind}:{said}"
    if len(key) <= KEY_LENGTH:
        return key
    return f"{kind}:{hashlib.blake2b(said.encode(), digest_size=32).hexdigest()}"


def mark_orders(client_id: int, channel_id: int, codes: Iterable[str]) -> None:
    """Mark these orders of the channel, inside an open scope."""
    wanted = sorted({code for code in codes if code})
    if wanted:
        with connection.cursor() as cursor:
            cursor.execute(MARK, [client_id, channel_id, wanted])


def look_again(client_id: int, channel_id: int, codes: Iterable[str]) -> None:
    """Mark orders of which nothing new is known: one that waits already goes on waiting as it does."""
    wanted = sorted({code for code in codes if code})
    if wanted:
        with connection.cursor() as cursor:
            cursor.execute(MARK_ONCE, [client_id, channel_id, wanted])


def first_time(client_id: int, channel_id: int, keys: Iterable[str]) -> set[str]:
    """Those of these receipt keys never seen on this channel before; they now are."""
    wanted = sorted(set(keys))
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(RECEIVE, [client_id, channel_id, wanted])
        return {row[0] for row in cursor.fetchall()}


def prune_receipts(channel_id: int) -> None:
    """Forget deliveries older than a week: one that comes later only costs one look at the order."""
    with connection.cursor() as cursor:
        cursor.execute(PRUNE, [channel_id])
