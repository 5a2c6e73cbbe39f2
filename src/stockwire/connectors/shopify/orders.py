"""Read orders: which ones changed, and the truth about one. Reads only.

The shop's index of changes lags a little, so each poll reaches back by the overlap; a hint is only a hint.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from stockwire.connectors.shopify.api import Api
from stockwire.connectors.shopify.items import gid, number
from stockwire.connectors.shopify.order_operations import ORDER_POLL, order_query
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.connectors.shopify.translate_orders import order_of, stamp
from stockwire.domain.records import Order
from stockwire.errors import NotSetUp, Refused
from stockwire.ports import OrderHint

_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def changed(api: Api, settings: ShopifySettings, since: datetime | None) -> Iterator[OrderHint]:
    """Orders changed at or after `since` less the overlap, oldest change first, each state once.

    Pages go on from a cursor of the shop, which names a place in the order of changes: an order that changes
    meanwhile moves to the end and comes again there.
    """
    overlap = timedelta(seconds=settings.order_poll_overlap_s)
    start = _BEGINNING if since is None else since.astimezone(UTC) - overlap
    query = f"updated_at:>='{start.strftime('%Y-%m-%dT%H:%M:%SZ')}'"
    after: str | None = None
    known: dict[str, str] = {}
    while True:
        page = api.run(ORDER_POLL, {"q": query, "after": after}).root("orders")
        for node in page["nodes"]:
            code, modified = number(node["id"]), str(node["updatedAt"])
            if known.get(code) != modified:
                known[code] = modified
                yield OrderHint(code, stamp(modified))
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def read(api: Api, settings: ShopifySettings, channel_order_code: str) -> Order | None:
    """The order as it stands; None when the shop no longer has it."""
    if not channel_order_code.isdecimal():
        raise Refused(
            f"Order {channel_order_code!r}: this is no Shopify order id.",
            hint="Use the id of the order, which stands in the address of its page in the shop's admin.",
        )
    body = _body(api, channel_order_code)
    return None if body is None else order_of(body, settings)


def _body(api: Api, code: str) -> dict[str, Any] | None:
    given: dict[str, Any] = {"id": gid("Order", code), "after": None}
    operation = order_query(with_customer=True)
    try:
        body = api.run(operation, given).root("order")
    except NotSetUp as error:
        if "customer" not in f"{error.message} {error.detail}".lower():
            raise
        # An app without access to customer data still gets the order, without its customer.
        operation = order_query(with_customer=False)
        body = api.run(operation, given).root("order")
    if body is None:
        return None
    page = body["lineItems"]
    while page["pageInfo"]["hasNextPage"]:
        more = api.run(operation, {**given, "after": page["pageInfo"]["endCursor"]}).root("order")
        if more is None:
            return None
        page = more["lineItems"]
        body["lineItems"]["nodes"].extend(page["nodes"])
    return dict(body)
