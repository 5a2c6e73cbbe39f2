"""A Shopify shop as a Channel. Holds the HTTP client and ties the parts together; no rules of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import httpx2

from stockwire.connectors.shopify import check, fulfilment, orders, webhook_health
from stockwire.connectors.shopify import push as pushing
from stockwire.connectors.shopify import shelf as shelves
from stockwire.connectors.shopify.api import Api
from stockwire.connectors.shopify.items import ITEM
from stockwire.connectors.shopify.line import Line
from stockwire.connectors.shopify.lookup import find_by_sku
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.connectors.shopify.translate import sku_key
from stockwire.domain.records import Order, Shipment
from stockwire.ports import Change, Finding, Link, OrderHint, Outcome, Shelved, WebhookHealth
from stockwire.sharing import LocalShared, Shared


class ShopifyChannel:
    """Implements ports.Channel, CanShelve and CanShip. Keep it open for several pushes; close it after."""

    def __init__(
        self,
        settings: ShopifySettings,
        shared: Shared | None = None,
        *,
        transport: httpx2.BaseTransport | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        own = LocalShared(lambda: now().timestamp())
        self.api = Api(settings, shared or own, transport=transport, now=now, sleep=sleep)
        self._now = now

    def check(self) -> Sequence[Finding]:
        return check.findings(self.api, self._settings, self._now)

    def push(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        return pushing.push(self.api, self._settings, changes)

    def look_up(self, skus: Sequence[str]) -> Mapping[str, Sequence[Link]]:
        found = find_by_sku(Line(self.api), skus)
        return {
            sku: [Link(hit.product, hit.variant, {ITEM: hit.item}) for hit in found.get(sku_key(sku), [])]
            for sku in skus
        }

    def orders(self, since: datetime | None) -> Iterator[OrderHint]:
        return orders.changed(self.api, self._settings, since)

    def order(self, channel_order_code: str) -> Order | None:
        return orders.read(self.api, self._settings, channel_order_code)

    def repair_webhooks(self, delivery_url: str) -> Sequence[WebhookHealth]:
        return webhook_health.repair(self.api, self._settings, delivery_url)

    def shelf(self) -> Iterator[Shelved]:
        return shelves.shelf(self.api, self._settings)

    def ship(self, shipment: Shipment) -> Outcome:
        return fulfilment.ship(self.api, self._settings, shipment)

    def close(self) -> None:
        self.api.close()
