"""A hot item on three shops at once while Omni's figure lags by minutes: units sold that are not there.

Real: the hub's verbs over a private PostgreSQL (orders taken, held, given to the agent, confirmed; readings
received; products planned and pushed) and three simulated WooCommerce shops over real sockets. Simulated
besides: time, buyers from a seeded random generator, and Omni as a ledger. Each item is one drop of its own.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from benchmarks.figures import Figure, Figures, Say, Sizes, Wrong
from benchmarks.hub import Hub
from stockwire.simulators.stand import Stand
from stockwire.simulators.woocommerce import create
from stockwire.simulators.woocommerce.shop import DEFAULT_KEY
from stockwire.wire import Batch, Raised

NAMES = (
    "oversold_without_guard",
    "oversold_with_guard",
    "oversold_with_guard_and_buffer",
    "oversold_with_guard_slow",
    "oversold_after_one_pass",
)
SEED = 20261124
SHOPS = 3
UNITS = 6
BUYER_EVERY_S = 20.0
"""Of one item, over all shops together: it is sold out within two minutes."""
READ_EVERY_S = 300.0
RAISE_EVERY_S = 150.0
OPENS_WITHIN_S = 60.0
LASTS_S = 600.0
COLUMNS = ["STOCKCODE", "DESCRIPTION", "EXTRADTLS8", "SELLINGPRICE1", "OAvailable"]
Shops = dict[int, Stand]
RUN = "a run of the agent"
START = datetime(2026, 1, 5, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Terms:
    """`pass_s` is from a sale on one shop until all shops show it: hear of it, take the order, push."""

    guard: bool
    pass_s: float
    buffer: int = 0


@dataclass(slots=True)
class Outcome:
    """`oversold` units over all items; `late` of them were sold after the hub's first pass since an item's
    last unit was sold. `waits_s` is how long before the sale of an oversold unit that last unit was sold."""

    sold: int = 0
    oversold: int = 0
    late: int = 0
    waits_s: list[float] = field(default_factory=list)


def measure(sizes: Sizes, say: Say) -> Figures:
    items = max(3, sizes.orders // 8)
    runs = {
        "oversold_without_guard": Terms(guard=False, pass_s=5.0),
        "oversold_with_guard": Terms(guard=True, pass_s=5.0),
        "oversold_with_guard_and_buffer": Terms(guard=True, pass_s=5.0, buffer=1),
        "oversold_with_guard_slow": Terms(guard=True, pass_s=60.0),
    }
    found: dict[str, Outcome] = {}
    with Hub(say) as hub:
        for number, (name, terms) in enumerate(runs.items()):
            say(f"{items} hot items on {SHOPS} shops: {_words(terms)}")
            with _market(hub, items, terms, number) as market:
                found[name] = market.run()
    figures = {name: _figure(found[name], items, runs[name]) for name in runs}
    late, unguarded = (
        sum(found[name].late for name in runs if runs[name].guard is on) for on in (True, False)
    )
    if not unguarded:
        raise Wrong("nothing was oversold without the guard either, so the simulation shows nothing")
    figures["oversold_after_one_pass"] = Figure(
        late,
        "units",
        "with the guard, sold after the hub's first pass since an item's last unit was sold, over the three"
        f" runs with it ({unguarded:,} in the one without): what the guard promises never to happen",
        limit=0,
    )
    return figures


def _words(terms: Terms) -> str:
    guard = "orders held back" if terms.guard else "stock as Omni says it"
    buffer = f", {terms.buffer} kept back" if terms.buffer else ""
    return f"{guard}{buffer}, a sale is on every shop {terms.pass_s:g} s later"


def _figure(outcome: Outcome, items: int, terms: Terms) -> Figure:
    waits = f"; the longest {max(outcome.waits_s):.0f} s after the last unit" if outcome.waits_s else ""
    return Figure(
        outcome.oversold,
        "units",
        f"of {items} x {UNITS} units, {outcome.sold} sold on {SHOPS} shops, a buyer of each item every"
        f" {BUYER_EVERY_S:g} s; Omni read every {READ_EVERY_S / 60:g} minutes, orders raised every"
        f" {RAISE_EVERY_S / 60:g}; {_words(terms)}{waits}",
    )


@contextmanager
def _market(hub: Hub, items: int, terms: Terms, number: int) -> Iterator[_Market]:
    from stockwire.hub import setting_up

    with ExitStack() as opened:
        stands = [opened.enter_context(Stand(create())) for _ in range(SHOPS)]
        client = setting_up.add_client(f"Run {number}")
        settings = {"param_default_customer_code": "WEB001"}
        source = setting_up.add_source(client, "omni", "Omni", settings)
        agent = setting_up.add_agent(client, source).agent_id
        channels = [
            setting_up.add_channel(
                client,
                source,
                "woocommerce",
                f"Shop {at}",
                {
                    "api_url": stand.url,
                    "consumer_key": DEFAULT_KEY.consumer_key,
                    "consumer_secret": DEFAULT_KEY.consumer_secret,
                },
                stock_buffer=terms.buffer,
            )
            for at, stand in enumerate(stands, 1)
        ]
        ids = {"client": client, "source": source, "agent": agent}
        yield _Market(hub, terms, ids, dict(zip(channels, stands, strict=True)), items)


class _Market:
    """One run. `now` is seconds since the shops opened; nothing in it reads a clock."""

    def __init__(self, hub: Hub, terms: Terms, ids: dict[str, int], shops: Shops, items: int) -> None:
        self._terms, self._shops = terms, shops
        self._client, self._source, self._agent = ids["client"], ids["source"], ids["agent"]
        self._skus = [f"HOT-{number}" for number in range(items)]
        # In Omni: what is available once the orders raised so far are reserved.
        self._omni = dict.fromkeys(self._skus, UNITS)
        self._batch = 0
        self._new: dict[int, list[str]] = {channel: [] for channel in shops}
        self._sold: Counter[str] = Counter()
        self._sold_out: dict[str, float] = {}
        self._shown_at: dict[str, float] = {}
        self._outcome = Outcome()
        self._sql = hub.owner.execute
        self._lanes = {
            (kind, channel): lane
            for lane, kind, channel in self._sql(
                "select id, kind, channel_id from lanes where client_id = %s", [self._client]
            ).fetchall()
        }

    def run(self) -> Outcome:
        """Everything that happens, in the order of its moment."""
        self._read(0.0)
        self._push()
        self._check_shown()
        events = self._planned()
        next_pass: float | None = None
        while events or next_pass is not None:
            if next_pass is not None and (not events or next_pass <= events[0][0]):
                self._pass(next_pass)
                next_pass = None
                continue
            now, _, what, sku, channel = heapq.heappop(events)
            if what == "buyer":
                if self._buy(now, sku, channel) and next_pass is None:
                    next_pass = now + self._terms.pass_s
            elif what == "agent":
                self._raise(now)
            else:
                self._read(now)
                self._push()
        return self._outcome

    def _planned(self) -> list[tuple[float, int, str, str, int]]:
        """Buyers as they come, the same for every run of these terms or others; the agent's rounds."""
        chance = random.Random(SEED)
        events = []
        for sku in self._skus:
            now = chance.uniform(0, OPENS_WITHIN_S)
            while (now := now + chance.expovariate(1 / BUYER_EVERY_S)) < LASTS_S:
                events.append((now, "buyer", sku, chance.choice(list(range(SHOPS)))))
        for every_s, what in ((RAISE_EVERY_S, "agent"), (READ_EVERY_S, "reading")):
            # The first comes after half its time: the shops open in the middle between two.
            events += [(every_s * (at + 0.5), what, "", 0) for at in range(int(LASTS_S / every_s))]
        channels = list(self._shops)
        heap = [
            (now, at, what, sku, channels[shop]) for at, (now, what, sku, shop) in enumerate(sorted(events))
        ]
        heapq.heapify(heap)
        return heap

    def _buy(self, now: float, sku: str, channel: int) -> bool:
        """A buyer takes one unit if the shop shows one."""
        app: Any = self._shops[channel].app
        if self._quantity(channel, sku) < 1:
            return False
        order = app.acts["place_order"]({"lines": [{"sku": sku, "quantity": 1}]})
        self._new[channel].append(str(order["id"]))
        outcome = self._outcome
        outcome.sold += 1
        self._sold[sku] += 1
        if self._sold[sku] == UNITS:
            self._sold_out[sku] = now
        elif self._sold[sku] > UNITS:
            outcome.oversold += 1
            outcome.waits_s.append(now - self._sold_out[sku])
            outcome.late += sku in self._shown_at
        return True

    def _pass(self, now: float) -> None:
        """The hub takes what was sold, and every shop hears of it. Without the guard nothing is held."""
        from stockwire.hub.sync import work
        from stockwire.hub.sync.order_marks import mark_orders
        from stockwire.hub.tenancy import scope

        for channel, codes in self._new.items():
            if codes:
                with scope(self._client):
                    mark_orders(self._client, channel, codes)
                work.lane(self._client, self._lanes["orders", channel], "benchmark")
                codes.clear()
        if not self._terms.guard:
            self._sql("update orders set stock_released_at = now() where stock_released_at is null")
        self._push()
        for sku in self._sold_out:
            self._shown_at.setdefault(sku, now)

    def _push(self) -> None:
        from stockwire.hub.sync import work

        for channel in self._shops:
            work.lane(self._client, self._lanes["push", channel], "benchmark")
        left = self._sql("select count(*) from stale where client_id = %s", [self._client]).fetchone()
        if left != (0,):
            raise Wrong(f"{left} products were not pushed")

    def _raise(self, now: float) -> None:
        """The agent raises all orders that wait; from now on Omni has reserved them."""
        from stockwire.hub.sync.raise_orders import claim_work, confirm
        from stockwire.hub.tenancy import scope

        agent = self._agent_row()
        while True:
            with scope(self._client):
                given = claim_work(agent, 100)
                for one in given:
                    [line] = cast("Any", one.body)["sales_order"]["order_lines"]
                    self._omni[line["stock_code"]] -= 1
                    told = Raised(one.order_id, one.claim, "raised", one.reference, run=RUN, run_s=now)
                    if not confirm(agent, told):
                        raise Wrong(f"order {one.number} could not be confirmed")
            if not given:
                return

    def _read(self, now: float) -> None:
        """The agent reads Omni's figures as they are and the hub receives them."""
        from stockwire.hub.sync.held_stock import Read, release_stock
        from stockwire.hub.sync.receive import note_reading, receive
        from stockwire.hub.tenancy import scope

        agent, read_at = self._agent_row(), START + timedelta(seconds=now)
        self._batch += 1
        rows = [[sku, sku, "ACTIVE", "99.00", str(max(left, 0))] for sku, left in self._omni.items()]
        receive(agent, Batch(RUN, self._batch, read_at.isoformat(), COLUMNS, rows))
        with scope(self._client):
            note_reading(agent.source, read_at=read_at, mode="changes", rows=len(rows), seconds=0.1)
            release_stock(agent.source, Read(read_at, self._agent, RUN, now))

    def _agent_row(self) -> Any:
        from stockwire.hub.models import Agent
        from stockwire.hub.tenancy import scope

        with scope(self._client):
            return Agent.objects.select_related("source").get(pk=self._agent)

    def _quantity(self, channel: int, sku: str) -> int:
        shop = cast("Any", self._shops[channel].app).shop
        return int(shop.products[shop.skus[sku.casefold()]]["stock_quantity"] or 0)

    def _check_shown(self) -> None:
        wanted = max(UNITS - self._terms.buffer, 0)
        shown = {self._quantity(channel, sku) for channel in self._shops for sku in self._skus}
        if shown != {wanted}:
            raise Wrong(f"every shop should show {wanted} of each item, and they show {shown}")
