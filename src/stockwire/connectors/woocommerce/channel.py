"""A WooCommerce shop as a Channel. Holds the HTTP client and ties the parts together; no rules of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import httpx2

from stockwire.connectors.woocommerce import check, push, webhook_health
from stockwire.connectors.woocommerce.api import PAGE, Api, object_of, rows_of
from stockwire.connectors.woocommerce.fulfilment import ship
from stockwire.connectors.woocommerce.lookup import find_by_sku, link_of
from stockwire.connectors.woocommerce.pace import pace_of
from stockwire.connectors.woocommerce.refusals import MISSING_ORDER, explain
from stockwire.connectors.woocommerce.settings import WooCommerceSettings
from stockwire.connectors.woocommerce.shelf import shelf
from stockwire.connectors.woocommerce.translate import sku_key
from stockwire.connectors.woocommerce.translate_orders import order_of, stamp
from stockwire.domain.records import Order, Shipment
from stockwire.errors import Refused
from stockwire.ports import Change, Finding, Link, OrderHint, Outcome, Shelved, WebhookHealth
from stockwire.sharing import Shared

_CARTS = {"checkout-draft", "auto-draft"}
_MOST_PASSES = 5


class WooCommerceChannel:
    """Implements ports.Channel, CanShelve and CanShip. Keep it open for several pushes; close it after.

    `shared` is not used: a shop has no budget of calls to share, and its keys do not renew.
    """

    def __init__(
        self,
        settings: WooCommerceSettings,
        shared: Shared | None = None,
        *,
        transport: httpx2.BaseTransport | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._now = now
        self._api = Api(settings, transport=transport, now=now)

    def check(self) -> Sequence[Finding]:
        return check.findings(self._api, self._settings, self._now)

    def push(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        return push.push(self._api, self._settings, pace_of(self._settings.rest_url), changes)

    def look_up(self, skus: Sequence[str]) -> Mapping[str, Sequence[Link]]:
        found = find_by_sku(self._api, skus)
        return {sku: [link_of(hit) for hit in found.get(sku_key(sku), [])] for sku in skus}

    def orders(self, since: datetime | None) -> Iterator[OrderHint]:
        """Reads on from the last stamp seen instead of by page number: an order that changes meanwhile moves
        to the end, and no other one slips through the gap. Only where a whole page lies within one second are
        pages counted, and then read again until nothing new turns up. Carts are no orders yet and left out.
        """
        known: dict[int, str] = {}
        cursor = self._first_stamp(since)
        page, passes, is_new = 1, 1, False
        while True:
            rows = self._changed_orders(cursor, page)
            for row in rows:
                code, modified = row["id"], str(row.get("date_modified_gmt") or "")
                if known.get(code) == modified:
                    continue
                known[code], is_new = modified, True
                if row.get("status") not in _CARTS:
                    yield OrderHint(str(code), stamp(modified))
            if len(rows) == PAGE:
                following = _just_before(rows[-1], cursor)
                if page == 1 and following > cursor:
                    cursor = following
                else:
                    page += 1
            elif page == 1 or not is_new or passes == _MOST_PASSES:
                return
            else:
                page, passes, is_new = 1, passes + 1, False

    def order(self, channel_order_code: str) -> Order | None:
        if not channel_order_code.isdecimal():
            raise Refused(
                f"Order {channel_order_code!r}: this is no WooCommerce order id.",
                hint="Use the id of the order, which stands in the address of its page in the shop.",
            )
        answer = self._api.get(f"/orders/{channel_order_code}", accept=(404,))
        if answer.error is not None:
            if answer.error.code == MISSING_ORDER:
                return None
            raise explain(answer.error)
        return order_of(object_of(answer), self._settings)

    def repair_webhooks(self, delivery_url: str) -> Sequence[WebhookHealth]:
        return webhook_health.repair(self._api, self._settings, delivery_url)

    def shelf(self) -> Iterator[Shelved]:
        return shelf(self._api, self._settings)

    def ship(self, shipment: Shipment) -> Outcome:
        return ship(self._api, self._settings, shipment)

    def close(self) -> None:
        self._api.close()

    def _first_stamp(self, since: datetime | None) -> datetime:
        """The shop compares "later than" in whole seconds, so the poll reaches back by the overlap."""
        if since is not None:
            overlap = timedelta(seconds=self._settings.order_poll_overlap_s)
            return (since.astimezone(UTC) - overlap).replace(microsecond=0)
        if self._settings.order_from_date is not None:
            midnight = datetime.combine(self._settings.order_from_date, time(), UTC)
            return midnight - timedelta(days=1)
        return datetime(2000, 1, 1, tzinfo=UTC)

    def _changed_orders(self, after: datetime, page: int) -> list[dict[str, Any]]:
        """Without dates_are_gmt the stamp would be read in the shop's own time."""
        return rows_of(
            self._api.get(
                "/orders",
                {
                    "modified_after": after.strftime("%Y-%m-%dT%H:%M:%S"),
                    "dates_are_gmt": "true",
                    "orderby": "modified",
                    "order": "asc",
                    "per_page": str(PAGE),
                    "page": str(page),
                    "_fields": "id,status,date_modified_gmt",
                },
            )
        )


def _just_before(row: Mapping[str, Any], cursor: datetime) -> datetime:
    """One second before the last row's stamp: the rest of that second may be on the next page."""
    last = stamp(row.get("date_modified_gmt"))
    return cursor if last is None else max(cursor, last - timedelta(seconds=1))
