"""At the shop: how few calls carry many stock changes, and how soon an order is in Omni.

One rehearsal serves both. Write calls are counted by the simulated shop, documents seen in the simulated
Omni: never what the hub believes.
"""

from __future__ import annotations

import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any, cast

from benchmarks.figures import Figure, Figures, Say, Sizes, Wrong
from benchmarks.machine import peak_memory_mb
from stockwire.demo.stage import Options, Stage

NAMES = (
    "stock_change_writes",
    "second_push_writes",
    "first_push_products_per_s",
    "stock_push_products_per_s",
    "order_to_raised_p95_s",
    "order_burst_p95_s",
    "hub_worker_memory_mb",
    "hub_web_with_shop_memory_mb",
)
BATCH = 100
ORDER_TIMEOUT_S = 60.0


def measure(sizes: Sizes, say: Say) -> Figures:
    with Stage(Options(items=sizes.shop_items), say) as stage:
        found = _products(stage, sizes, say)
        found |= _orders(stage, sizes, say)
        memory = {name: peak_memory_mb(stage.processes.children[name].pid) for name in ("worker", "web")}
    work = f"{sizes.shop_items:,} products pushed, {sizes.stock_changes:,} stock changes and the orders"
    found["hub_worker_memory_mb"] = Figure(
        round(memory["worker"], 1), "MB", f"peak of the worker's process after {work}", limit=200
    )
    found["hub_web_with_shop_memory_mb"] = Figure(
        round(memory["web"], 1), "MB", f"peak of the web process after {work}", limit=200
    )
    return found


def _products(stage: Stage, sizes: Sizes, say: Say) -> Figures:
    say(f"First load and first push of {sizes.shop_items:,} items")
    began = time.perf_counter()
    said_active = "select count(*) from STOCK where upper(trim(EXTRADTLS8)) = 'ACTIVE'"
    active = stage.read_stock_database(said_active)[0][0]
    stage.until(lambda: _linked(stage) == active and not stage.backlog(), "all products are pushed", 600)
    first_s = time.perf_counter() - began
    say(f"{sizes.stock_changes:,} stock changes, pushed")
    stage.shop.calls.clear()
    began = time.perf_counter()
    stage.change_stock_database(
        (
            "update STOCK set STOCKLEVEL = RESERVED + 7777 where upper(trim(EXTRADTLS8)) = 'ACTIVE' rows ?",
            (sizes.stock_changes,),
        )
    )
    stage.until(lambda: _shown(stage) == sizes.stock_changes, "all stock changes are at the shop", 600)
    push_s = time.perf_counter() - began
    stage.until(lambda: not stage.backlog(), "nothing waits any more")
    writes = _product_writes(stage)
    say("A second push with nothing changed")
    stage.shop.calls.clear()
    _push_again(stage)
    again = _product_writes(stage)
    return {
        "stock_change_writes": Figure(
            writes,
            "calls",
            f"write calls on products at the simulated shop for {sizes.stock_changes:,} stock changes"
            f" (batches of {BATCH})",
            limit=math.ceil(sizes.stock_changes / BATCH),
        ),
        "second_push_writes": Figure(
            again, "calls", "write calls when every product is looked at again and nothing changed", limit=0
        ),
        "first_push_products_per_s": Figure(
            round(active / first_s),
            "products/s",
            "first load and first push together, Firebird to the simulated shop, which creates each product",
        ),
        "stock_push_products_per_s": Figure(
            round(sizes.stock_changes / push_s),
            "products/s",
            "stock changes, from commit in Firebird to shown by the simulated shop",
        ),
    }


def _push_again(stage: Stage) -> None:
    """Mark every product as after a changed setting, and let the worker look at all of them."""
    stage.owner.execute(
        "insert into stale (client_id, channel_id, product_id)"
        " select client_id, %s, id from products where active",
        [stage.ids["channel_id"]],
    )
    stage.owner.execute("update lanes set next_at = now() where kind = 'push'")
    if not stage.backlog():
        raise Wrong("no product was marked for the second push")
    stage.until(lambda: not stage.backlog(), "the second push has looked at everything", 300)


def _linked(stage: Stage) -> int:
    return int(stage.rows("select count(*) from links")[0][0])


def _shown(stage: Stage) -> int:
    app: Any = stage.shop.app
    with app.shop.lock:
        products = app.shop.products.values()
        return sum(1 for product in products if product["stock_quantity"] == 7777)


def _product_writes(stage: Stage) -> int:
    """POST, PUT, PATCH and DELETE on products, as the simulated shop counted them."""
    counts = stage.shop.calls.counts()
    return sum(n for route, n in counts.items() if "/products" in route and not route.startswith("GET "))


def _orders(stage: Stage, sizes: Sizes, say: Say) -> Figures:
    say(f"{sizes.orders} orders, one after another")
    single = [_placed_and_raised(stage, 1)[0] for _ in range(sizes.orders)]
    say(f"{sizes.burst} orders at once")
    burst = _placed_and_raised(stage, sizes.burst)
    _check_one_document_each(stage, sizes.orders + sizes.burst)
    path = (
        "webhook, hub, worker reads the order, agent by its long poll, look-up and post in the simulated Omni"
    )
    return {
        "order_to_raised_p95_s": Figure(
            round(_p95(single), 3),
            "s",
            f"{len(single)} orders one after another, placed in the shop to document in Omni ({path});"
            f" median {median(single):.2f} s, longest {max(single):.2f} s",
            limit=2.0,
        ),
        "order_burst_p95_s": Figure(
            round(_p95(burst), 3),
            "s",
            f"the same for {len(burst)} orders placed at once; median {median(burst):.2f} s",
        ),
    }


def _placed_and_raised(stage: Stage, orders: int) -> list[float]:
    """Place so many orders at the same moment; seconds from each placing to its document in Omni."""
    omni, shop = cast("Any", stage.omni.app), cast("Any", stage.shop.app)
    books, pause = omni.books, threading.Event()
    had = {document.reference for document in books.documents()}

    def place(_: int) -> tuple[str, float]:
        began = time.perf_counter()
        return str(shop.acts["place_order"]({"shape": "guest"})["id"]), began

    with ThreadPoolExecutor(orders) as buyers:
        placed = dict(buyers.map(place, range(orders)))
    raised: dict[str, float] = {}
    deadline = time.perf_counter() + ORDER_TIMEOUT_S
    while len(raised) < orders:
        for document in books.documents():
            if document.reference not in had:
                raised.setdefault(document.reference, time.perf_counter())
        if time.perf_counter() > deadline:
            raise Wrong(
                f"{orders - len(raised)} of {orders} orders were not raised in {ORDER_TIMEOUT_S:.0f} s"
            )
        pause.wait(0.005)
    codes = dict(
        stage.rows("select reference, channel_order_code from orders where reference = any(%s)", list(raised))
    )
    return [at - placed[codes[reference]] for reference, at in raised.items()]


def _check_one_document_each(stage: Stage, orders: int) -> None:
    stage.until(
        lambda: stage.rows("select count(*) from orders where state = 'raised'")[0][0] == orders,
        "the hub knows that all orders are raised",
    )
    documents = cast("Any", stage.omni.app).books.documents()
    if len(documents) != orders or any(document.posted != 1 for document in documents):
        raise Wrong(f"{len(documents)} documents for {orders} orders, or one posted twice")


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[math.ceil(0.95 * len(seconds)) - 1]
