"""Orders of a client as one row each, without their lines (formats.md 4), through a database cursor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection

from stockwire.hub import tenancy
from stockwire.hub.sync.export_products import Export

COLUMNS = (
    "created",
    "order_id",
    "channel_order_code",
    "source_order_code",
    "channel_id",
    "source_id",
    "status",
    "total_discount",
    "sub_total",
    "tax",
    "total",
    "customer_first_name",
    "customer_last_name",
    "customer_email",
)
FETCH = 2_000


@contextmanager
def export_orders(
    client_id: int, *, channel_id: int | None = None, since: datetime | None = None
) -> Iterator[Export]:
    """To be read inside the context: all orders, or those of a channel, or stored since an aware moment.

    `sub_total` is the lines before discounts and without tax and shipping; `total` is what the customer
    paid. An order that was fetched by its number has no amounts. Names are those of the billing address.
    """
    with tenancy.scope(client_id), connection.chunked_cursor() as cursor:
        cursor.execute(READ, {"channel": channel_id, "since": since})
        yield Export(list(COLUMNS), _rows(cursor))


def _rows(cursor: Any) -> Iterator[list[str | None]]:
    while rows := cursor.fetchmany(FETCH):
        for row in rows:
            yield [None if value is None else str(value) for value in row]


READ = """
    select to_char(o.ordered_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), o.id,
        nullif(o.channel_order_code, ''), nullif(o.document_number, ''), o.channel_id, o.source_id, o.status,
        case when o.total is not null then (select trim_scale(round(coalesce(sum(d.amount_excl_tax), 0), 2))
            from order_discounts d where d.order_id = o.id) end,
        case when o.total is not null then (select round(coalesce(sum(l.subtotal_excl_tax), 0), 2)
            from order_lines l where l.order_id = o.id) end,
        round(o.total_tax, 2), round(o.total, 2),
        coalesce(nullif(a.first_name, ''), o.customer_name), a.last_name, o.customer_email
    from orders o
    left join lateral (select a.fields ->> 'first_name' as first_name, a.fields ->> 'last_name' as last_name
        from order_addresses a where a.order_id = o.id and a.type = 'billing' limit 1) a on true
    where (%(channel)s::bigint is null or o.channel_id = %(channel)s::bigint)
        and (%(since)s::timestamptz is null or o.stored_at >= %(since)s::timestamptz)
    order by o.id
"""
