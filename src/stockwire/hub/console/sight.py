"""What the person who looks at the status page may see of orders and products, by his segments.

Orders are told apart by what segments ask of them: somebody sees those with one of a few keys, so the page
asks its questions in SQL as ever. `domain.segments` decides of each key. Reads only, inside a scope.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Concat

from stockwire.domain.segments import Kind, admits
from stockwire.hub.models import Order, StaleState, User
from stockwire.hub.sync import visible
from stockwire.hub.sync.segments import Person, segments_of

# Orders older than this that are done are not on the page of somebody whose orders are limited.
LOOKED_BACK = timedelta(days=90)
# Products that need somebody, as many as are asked about for somebody whose products are limited.
LOOKED_AT = 2_000
SEPARATOR = "\x1f"
# With the buyer's address only for somebody whose customers are limited: there are as many as buyers.
ORDER_KEY = (
    "concat(status, E'\\x1f', channel_id, E'\\x1f', source_customer_code, E'\\x1f',"
    " case when %(by_email)s then customer_email else '' end)"
)
KEYS = f"""
    select distinct status, channel_id, source_customer_code,
        case when %(by_email)s then customer_email else '' end, {ORDER_KEY} from orders
    where stored_at > %(since)s or state in ('saved', 'ready', 'raising', 'held', 'refused', 'in_doubt')
"""  # noqa: S608 - only a constant of this file is put in
STOPPED = """
    select product_id from stale where state = %s group by product_id order by min(since) desc, product_id
    limit %s
"""


@dataclass(frozen=True, slots=True)
class Sight:
    """`order_keys` and `product_ids` are what may be seen, None for everything; the products only of those
    that need somebody. `said` tells the reader that it is a part, "" when it is all."""

    order_keys: list[str] | None = None
    by_email: bool = False
    product_ids: list[int] | None = None
    said: str = ""

    def asked(self) -> dict[str, Any]:
        """As SQL with ORDER_KEY asks for it."""
        return {
            "order_keys": self.order_keys,
            "by_email": self.by_email,
            "product_ids": self.product_ids,
        }

    def orders(self) -> QuerySet[Order]:
        """The orders that may be seen."""
        if self.order_keys is None:
            return Order.objects.all()
        parts: list[Any] = []
        for name in ("status", "channel_id", "source_customer_code"):
            parts += [F(name), Value(SEPARATOR)]
        parts.append(F("customer_email") if self.by_email else Value(""))
        keyed = Order.objects.annotate(seen_key=Concat(*parts, output_field=CharField()))
        return keyed.filter(seen_key__in=self.order_keys)


EVERYTHING = Sight()


class _Key(NamedTuple):
    status: str
    channel_id: int | None
    source_customer_code: str
    customer_email: str
    key: str


def sight_of(user: User, now: datetime) -> Sight:
    """What this person may see now."""
    segments = segments_of(Person(user=user))
    limited = [kind for kind in (Kind.ORDERS, Kind.PRODUCTS) if visible.limits(segments, kind)]
    if not limited:
        return EVERYTHING
    keys = products = None
    by_email = visible.limits(segments, Kind.CUSTOMERS)
    if Kind.ORDERS in limited:
        with connection.cursor() as cursor:
            cursor.execute(KEYS, {"by_email": by_email, "since": now - LOOKED_BACK})
            rows = [_Key(*row) for row in cursor.fetchall()]
        keys = [
            row.key
            for row, looks in zip(rows, visible.order_looks(rows), strict=True)
            if all(admits(segments, kind, seen) for kind, seen in looks.items())
        ]
    if Kind.PRODUCTS in limited:
        with connection.cursor() as cursor:
            cursor.execute(STOPPED, [StaleState.NEEDS_YOU, LOOKED_AT])
            products = visible.seen_products(segments, [row[0] for row in cursor.fetchall()])
    what = " and ".join(kind.value for kind in limited)
    return Sight(keys, by_email, products, f"You see the {what} that your segments admit, not all of them.")
