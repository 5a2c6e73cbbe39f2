"""Shopify through the hub itself: its planner and known state over a real PostgreSQL, the shop simulated.

The engine's own verb runs in this process, with the shop's clock. What is measured is what reaches the shop
when every product is looked at again and nothing has changed, and when nothing but stock has.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from benchmarks.figures import Figure, Figures, Say, Sizes, Wrong
from benchmarks.hub import Hub
from benchmarks.planning import CATALOGUE
from benchmarks.shopify import AT, PLACE
from stockwire.connectors.shopify import ShopifyChannel, ShopifySettings, connector
from stockwire.connectors.shopify.facts import forget
from stockwire.simulators.shopify import simulated_shopify

NAMES = (
    "shopify_nothing_changed_writes",
    "shopify_nothing_changed_reads",
    "shopify_hub_stock_calls_ratio",
)


@dataclass
class Counted(httpx2.BaseTransport):
    """Every call on its way to the shop, by its kind; files that go up count as writes."""

    inner: httpx2.BaseTransport
    reads: int = 0
    writes: int = 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        content = request.read()
        is_call = request.url.path.endswith("graphql.json")
        text = json.loads(content)["query"] if is_call else ""
        if text.startswith("query") or request.method == "GET":
            self.reads += 1
        else:
            self.writes += 1
        return self.inner.handle_request(request)

    def begin(self) -> None:
        self.reads = self.writes = 0

    def close(self) -> None:
        self.inner.close()


def measure(sizes: Sizes, say: Say) -> Figures:
    items = sizes.stock_changes
    with Hub(say) as hub, _channel(hub) as (channel_id, channel, counted):
        say(f"Shopify through the hub: {items:,} products are made")
        hub.owner.execute(CATALOGUE, {**hub.ids, "items": items})
        hub.owner.execute("analyze")
        _push(hub, channel_id, channel)
        linked = _one(hub, "select count(*) from links where channel_id = %s", channel_id)
        if linked != items:
            raise Wrong(f"{items} products were sent and {linked} are linked")
        say("All of them are looked at again")
        counted.begin()
        _push(hub, channel_id, channel)
        note = f"while the engine planned all of {items:,} products anew against what the shop has confirmed"
        found = {
            "shopify_nothing_changed_writes": Figure(counted.writes, "calls", f"writes {note}", 0),
            "shopify_nothing_changed_reads": Figure(counted.reads, "calls", f"reads {note}", 0),
        }
        say("All of their stock changes")
        hub.owner.execute("update quantities set quantity = quantity + 1 where warehouse = 'JHB'")
        counted.begin()
        _push(hub, channel_id, channel)
        least = math.ceil(items / 250)
        note = (
            f"{counted.writes} writes and {counted.reads} reads for {items:,} figures, planned and sent by "
        )
        note += f"the engine in its own rounds; least {least}"
        calls = counted.reads + counted.writes
        _right(hub, channel)
        found["shopify_hub_stock_calls_ratio"] = Figure(round(calls / least, 3), "x", note, 1.05)
        return found


def _push(hub: Hub, channel_id: int, channel: ShopifyChannel) -> None:
    """Mark every product and let the engine work until nothing is due. Each must have been looked at."""
    from stockwire.hub.sync import lanes
    from stockwire.hub.sync.push import push
    from stockwire.hub.sync.stale import mark_on_channel

    products = [row[0] for row in hub.owner.execute("select id from products order by id")]
    with hub.scope():
        mark_on_channel(products, channel_id)
    marked = _one(hub, "select count(*) from stale where channel_id = %s", channel_id)
    if marked != len(products):
        raise Wrong(f"{len(products)} products were to be looked at and {marked} were marked")
    lane_id = _one(hub, "select id from lanes where kind = 'push' and channel_id = %s", channel_id)
    held = lanes.claim(hub.ids["client"], lane_id, "a benchmark")
    if held is None:
        raise Wrong("the lane is not free")
    push(held, channel, connector.capabilities)
    lanes.release(held, lambda: None)
    if left := _one(hub, "select count(*) from stale where channel_id = %s", channel_id):
        why = hub.owner.execute("select message from stale where message <> '' limit 1").fetchone()
        raise Wrong(f"{left} products were not settled: {why}")


def _right(hub: Hub, channel: ShopifyChannel) -> None:
    """What the shop holds is what the hub has."""
    rows = hub.owner.execute(
        "select v.sku, sum(q.quantity) from variants v join quantities q on q.variant_id = v.id"
        " group by v.sku"
    )
    wanted = {sku: int(quantity) for sku, quantity in rows}
    held = {row.sku: row.fields["quantity"] for row in channel.shelf()}
    if held != wanted:
        raise Wrong(f"{sum(held.get(sku) != count for sku, count in wanted.items())} figures differ")


def _one(hub: Hub, sql: str, *values: Any) -> int:
    row = hub.owner.execute(sql, values).fetchone()
    return int(row[0]) if row else 0


@contextmanager
def _channel(hub: Hub) -> Iterator[tuple[int, ShopifyChannel, Counted]]:
    """A Shopify channel of the hub, and the simulated shop behind it."""
    from stockwire.hub import setting_up

    app = simulated_shopify(stands_at=AT, search_lag_s=0.0)
    forget(PLACE)
    given = {
        "channel_domain": PLACE,
        "password": app.shop.options.access_token,
        "budget_share": "1",
        "qty_limit_upper": "",
    }
    channel_id = setting_up.add_channel(hub.ids["client"], hub.ids["source"], "shopify", "Shopify", given)
    counted = Counted(httpx2.WSGITransport(app=app))
    channel = ShopifyChannel(
        ShopifySettings(**given), transport=counted, now=app.shop.clock.now, sleep=app.shop.advance
    )
    try:
        yield channel_id, channel, counted
    finally:
        channel.close()
        app.close()
        forget(PLACE)
