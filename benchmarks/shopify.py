"""Shopify against the least possible: calls and points, on the simulated shop and its own clock.

The connector runs in this process; nothing waits for real, because waiting moves the shop's clock. Changes
are handed over in rounds of 500, as the worker does. The least is what the recorded rules of the API allow:
250 stock figures in a call for 10 points, 10 points and 0.2 a variant for the prices of a product.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx2

from benchmarks.figures import Figure, Figures, Say, Sizes, Wrong
from stockwire.connectors.shopify import ShopifyChannel, ShopifySettings, connector
from stockwire.connectors.shopify.facts import forget
from stockwire.ports import Action, Change, Done, FieldChange, Group, Link, VariantChange
from stockwire.simulators.shopify import simulated_shopify

NAMES = (
    "shopify_stock_calls_ratio",
    "shopify_stock_points_ratio",
    "shopify_price_points_ratio",
    "shopify_price_seconds_ratio",
    "shopify_price_bulk_points",
    "shopify_price_bulk_seconds",
    "shopify_first_load_points_ratio",
    "shopify_first_load_seconds_ratio",
    "shopify_first_load_direct_points_ratio",
    "shopify_budget_used",
    "shopify_share_left",
    "shopify_throttled",
)
ROUND = connector.capabilities.push_batch
PER_PRODUCT = 10
AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
PLACE = "http://127.0.0.1:1"


@dataclass
class Shop:
    """The simulated shop with a channel on it. Calls, points and seconds count from `begin`."""

    app: Any
    channel: ShopifyChannel

    def begin(self) -> None:
        """Forget what was used so far; the bucket is full again."""
        self.app.shop.advance(60)
        self.channel.api.calls, self._spent = 0, self.app.shop.bucket.spent
        self._began = self.app.shop.clock.now()

    @property
    def calls(self) -> int:
        return self.channel.api.calls

    @property
    def points(self) -> float:
        return float(self.app.shop.bucket.spent - self._spent)

    @property
    def seconds(self) -> float:
        return float((self.app.shop.clock.now() - self._began).total_seconds())

    def push(self, changes: Sequence[Change]) -> None:
        """As the worker does, a round at a time."""
        for start in range(0, len(changes), ROUND):
            for outcome in self.channel.push(changes[start : start + ROUND]):
                if not isinstance(outcome, Done):
                    raise Wrong(f"A change was not done: {outcome.error!r}")


def measure(sizes: Sizes, say: Say) -> Figures:
    found: Figures = {}
    throttled = 0
    for part in (_stock, _prices, _prices_in_bulk, _first_load, _first_load_direct):
        figures, bumped = part(sizes.stock_changes, say)
        found |= figures
        throttled += bumped
    share, bumped = _share(say)
    found |= share
    found["shopify_throttled"] = Figure(
        throttled + bumped, "answers", "THROTTLED answers of the shop in all of these measurements", 0
    )
    return found


def _stock(items: int, say: Say) -> tuple[Figures, int]:
    say(f"Shopify: {items:,} stock figures")
    with _shop(budget_share="1") as shop:
        skus = shop.app.shop.fill(items)
        links = {row.sku: row.link for row in shop.channel.shelf()}
        shop.begin()
        shop.push(
            [_changed(sku, links[sku], Group.STOCK, "quantity", 7 + at % 9) for at, sku in enumerate(skus)]
        )
        least = math.ceil(items / 250)
        note = f"{shop.calls} calls and {shop.points:.0f} points for {items:,} figures; least {least} and "
        note += f"{least * 10}; {shop.seconds:.0f} s of waiting"
        return {
            "shopify_stock_calls_ratio": Figure(round(shop.calls / least, 3), "x", note, 1.05),
            "shopify_stock_points_ratio": Figure(round(shop.points / (least * 10), 3), "x", note, 1.05),
        }, shop.app.shop.bucket.throttled


def _priced(shop: Shop, items: int) -> tuple[list[Change], int]:
    """A new price for every variant, and the points that takes at least."""
    products = items // PER_PRODUCT
    shop.app.shop.fill(products, PER_PRODUCT)
    below: dict[str, list[VariantChange]] = {}
    for at, row in enumerate(shop.channel.shelf()):
        price = FieldChange(Group.PRICE, "price", None, Decimal(100 + at % 700))
        change = VariantChange(row.sku, row.sku, Action.UPDATE, (price,), row.link, row.option_values)
        below.setdefault(row.link.product_code, []).append(change)
    changes = [
        Change(code, code, Action.UPDATE, (), Link(code), "", code, ("Size",), tuple(variants))
        for code, variants in below.items()
    ]
    return changes, products * (10 + 2)


def _prices(items: int, say: Say) -> tuple[Figures, int]:
    say(f"Shopify: {items:,} prices, call by call")
    with _shop(budget_share="1", bulk_enabled="false") as shop:
        changes, least = _priced(shop, items)
        shop.begin()
        shop.push(changes)
        bucket = shop.app.shop.bucket
        soonest = max(0.0, (least - bucket.maximum) / bucket.restore_rate)
        could = bucket.maximum + shop.seconds * bucket.restore_rate
        note = f"{shop.calls} calls and {shop.points:.0f} points for {items:,} prices in {len(changes):,} "
        note += (
            f"products; least {least} points; {shop.seconds:.0f} s on the smallest plan, least {soonest:.0f}"
        )
        used = f"of the points there were in {shop.seconds:.0f} s; budget_share 1"
        figures = {
            "shopify_price_points_ratio": Figure(round(shop.points / least, 3), "x", note, 1.05),
            "shopify_budget_used": Figure(
                round(min(1.0, shop.points / could), 3), "of 1", used, 0.95, at_most=False
            ),
        }
        if soonest:
            ratio = round(shop.seconds / soonest, 3)
            figures["shopify_price_seconds_ratio"] = Figure(ratio, "x", note, 1.05)
        return figures, bucket.throttled


def _prices_in_bulk(items: int, say: Say) -> tuple[Figures, int]:
    say(f"Shopify: {items:,} prices, as the connector chooses")
    with _shop() as shop:
        changes, least = _priced(shop, items)
        shop.begin()
        shop.push(changes)
        note = (
            f"{shop.calls} calls; {least} points and {max(0, least - 2000) / 100:.0f} s call by call; a bulk "
        )
        note += "operation of the simulated shop does 50 lines a second (an assumption)"
        return {
            "shopify_price_bulk_points": Figure(shop.points, "points", note),
            "shopify_price_bulk_seconds": Figure(round(shop.seconds), "s", note),
        }, shop.app.shop.bucket.throttled


def _first_load(items: int, say: Say) -> tuple[Figures, int]:
    say(f"Shopify: first load of {items:,} products")
    with _shop(budget_share="1") as shop:
        changes = _new(items)
        shop.begin()
        shop.push(changes)
        _all_on_sale(shop, items)
        # Made and published one by one, which is the least without bulk operations.
        least = items * (10 + 10)
        soonest = max(1.0, (least - 2000) / 100)
        note = f"{shop.calls} calls, {shop.points:.0f} points and {shop.seconds:.0f} s, linking by SKU and "
        note += f"publishing included; one by one it is at least {least} points and {soonest:.0f} s"
        return {
            "shopify_first_load_points_ratio": Figure(round(shop.points / least, 3), "x", note, 1.05),
            "shopify_first_load_seconds_ratio": Figure(round(shop.seconds / soonest, 3), "x", note, 1.05),
        }, shop.app.shop.bucket.throttled


def _first_load_direct(items: int, say: Say) -> tuple[Figures, int]:
    """Call by call, as where bulk operations are switched off or all taken; pushes that run out of time leave
    the rest to the next one."""
    items = max(100, items // 10)
    say(f"Shopify: first load of {items:,} products, call by call")
    with _shop(budget_share="1", bulk_enabled="false") as shop:
        waiting = _new(items)
        shop.begin()
        while waiting:
            outcomes = [
                outcome
                for start in range(0, len(waiting), ROUND)
                for outcome in shop.channel.push(waiting[start : start + ROUND])
            ]
            waiting = [
                change
                for change, outcome in zip(waiting, outcomes, strict=True)
                if not isinstance(outcome, Done)
            ]
        _all_on_sale(shop, items)
        # 10 to make it, 4 to be told its ids, 10 to publish it.
        least = items * 24
        note = f"{shop.calls} calls and {shop.points:.0f} points for {items:,} products, linking by SKU and "
        note += f"publishing included; least {least}: 14 to make one and be told its ids, 10 to publish it"
        return {
            "shopify_first_load_direct_points_ratio": Figure(round(shop.points / least, 3), "x", note, 1.05)
        }, shop.app.shop.bucket.throttled


def _new(items: int) -> list[Change]:
    values = {"title": "Hex bolt", "price": Decimal("12.50"), "quantity": 7, "active": True}
    groups = {"price": Group.PRICE, "quantity": Group.STOCK}
    fields = tuple(
        FieldChange(groups.get(name, Group.CONTENT), name, None, value) for name, value in values.items()
    )
    return [Change(f"L{at}", f"L{at}", Action.ADD, fields, code=f"L{at}") for at in range(items)]


def _all_on_sale(shop: Shop, items: int) -> None:
    made = shop.app.shop.shelf("Product").values()
    if len(made) != items or not all(product["publications"] for product in made):
        raise Wrong(f"{len(made)} products were made and published, not {items}")


def _share(say: Say) -> tuple[Figures, int]:
    say("Shopify: what is left to other apps")
    with _shop(budget_share="0.8", bulk_enabled="false") as shop:
        changes, _ = _priced(shop, 5_000)
        shop.begin()
        shop.app.shop.bucket.lowest = shop.app.shop.bucket.maximum
        shop.push(changes)
        bucket = shop.app.shop.bucket
        note = "least that was ever left in the bucket, with budget_share 0.8 and prices call by call"
        left = Figure(round(bucket.lowest / bucket.maximum, 3), "of 1", note, 0.2, at_most=False)
        return {"shopify_share_left": left}, bucket.throttled


def _changed(sku: str, link: Any, group: Group, name: str, value: Any) -> Change:
    return Change(sku, sku, Action.UPDATE, (FieldChange(group, name, None, value),), link)


@contextmanager
def _shop(**settings: str) -> Iterator[Shop]:
    app = simulated_shopify(stands_at=AT, search_lag_s=0.0)
    forget(PLACE)
    given = {"channel_domain": PLACE, "password": app.shop.options.access_token, **settings}
    channel = ShopifyChannel(
        ShopifySettings(**given),
        transport=httpx2.WSGITransport(app=app),
        now=app.shop.clock.now,
        sleep=app.shop.advance,
    )
    try:
        yield Shop(app, channel)
    finally:
        channel.close()
        app.close()
        forget(PLACE)
