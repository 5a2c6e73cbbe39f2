"""A hub with Shopify channels on a simulated shop, and hands for what happens on both sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from stockwire.connectors.shopify.facts import forget
from stockwire.simulators.shopify import simulated_shopify
from stockwire.simulators.stand import Stand

NOTHING: Mapping[str, int] = {}


@dataclass
class Trade:
    """`shop` is the simulated shop, `hub` the test hub with a channel on it."""

    hub: Any
    stand: Stand
    shop: Any

    def channel(self, **settings: Any) -> int:
        known = {
            "channel_domain": self.stand.url,
            "password": self.shop.options.access_token,
            "hmac_shared_secret": self.shop.options.client_secret,
        }
        return int(self.hub.new_channel("shopify", **{**known, **settings}))

    def work(self) -> None:
        """The worker works on the orders lanes, due or not."""
        from stockwire.hub.sync import poll_orders, work

        poll_orders.forget_polls()
        self.hub.owner.execute("update lanes set next_at = now() - interval '1 second', attempts = 0")
        for (lane_id,) in self.hub.rows("select id from lanes where kind = 'orders'"):
            work.lane(self.hub.client_id, lane_id, "test")

    def order(self) -> dict[str, Any]:
        cursor = self.hub.owner.execute("select * from orders")
        (row,) = cursor.fetchall()
        return dict(zip([column.name for column in cursor.description], row, strict=True))

    def known(self, sku: str, price: str, stock: Mapping[str, int] = NOTHING, **given: Any) -> int:
        """A product of the source with this SKU and retail price, marked as after a change; other price lists
        as `prices`, and what else a product has. Returns its id."""
        from stockwire.hub import models
        from stockwire.hub.sync.stale import mark_products

        prices = {"retail": price, **given.pop("prices", {})}
        with self.hub.scope():
            owned = {"client_id": self.hub.client_id}
            source = {**owned, "source_id": self.hub.source_id}
            whole = {"active": True, "title": f"Title of {sku}", **given}
            product, _ = models.Product.objects.update_or_create(
                **source, source_product_code=sku, defaults=whole
            )
            variant, _ = models.Variant.objects.update_or_create(
                **source, source_variant_code=sku, defaults={"product": product, "sku": sku}
            )
            for table in ("price_tiers", "quantities"):
                self.hub.owner.execute(f"delete from {table} where variant_id = %s", [variant.pk])
            for tier, amount in prices.items():
                models.PriceTier.objects.create(**owned, variant=variant, tier=tier, price=amount)
            for warehouse, quantity in stock.items():
                models.Quantity.objects.create(
                    **owned, variant=variant, warehouse=warehouse, quantity=quantity
                )
            mark_products([product.pk], "a test")
        return int(product.pk)

    def push(self) -> None:
        """The worker works on the push lanes until nothing is due; nothing may need a person."""
        self.hub.work("push")
        assert self.hub.rows("select message, hint from stale") == []

    def held(self, sku: str) -> dict[str, Any]:
        """The variant in the shop with this SKU."""
        found: dict[str, Any] = self.shop.variant(sku)
        return found

    def available(self, sku: str) -> dict[str, int]:
        """By location, where it is anything."""
        levels = self.held(sku)["item"]["levels"].values()
        return {
            level["location"]["name"]: level["held"]["available"]
            for level in levels
            if level["held"]["available"]
        }

    def ship(self, *lines: tuple[str, int], **tracking: str) -> None:
        from stockwire.hub.sync import fulfil

        with self.hub.scope():
            fulfil.ship(self.order()["id"], "thandi", lines, **tracking)

    def shipments(self) -> list[tuple[Any, ...]]:
        return list(self.hub.rows("select state, fulfilment_code, message from shipments order by id"))

    def fulfilments(self) -> list[Any]:
        return list(self.shop.shelf("Fulfillment").values())


@pytest.fixture
def trade(hub: Any) -> Iterator[Trade]:
    app = simulated_shopify(search_lag_s=0.0)
    with Stand(app) as stand:
        for sku, price in (("BOLT", "23.00"), ("NUT", "11.50")):
            app.shop.add_product(f"The {sku}", [{"sku": sku, "price": price, "quantity": 50}])
        forget(stand.url)
        yield Trade(hub, stand, app.shop)
        forget(stand.url)
