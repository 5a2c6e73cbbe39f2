"""The main job, end to end, with every claim checked on both outer sides.

Numbers of products and orders are counted in Firebird, in the shop and in Omni; the hub's own figures are
only shown beside them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from stockwire.demo.changes import shop_equals_stock_database, sixty_changes
from stockwire.demo.orders import NOT_RAISED, RAISED, REFUSED, outcome, place_twenty, wait_for
from stockwire.demo.stage import Stage


@dataclass
class Result:
    """What happened. `steps` are (step, what was seen, seconds); `failures` are checks that did not hold."""

    figures: dict[str, Any] = field(default_factory=dict)
    steps: list[tuple[str, str, float]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def check(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.failures.append(otherwise)


def run(stage: Stage, progress: Callable[[str], None], result: Result) -> None:
    """Run the main job on a started stage and write what happened into `result`, as far as it comes.

    Raises TryLater when something never happened.
    """
    begun = time.monotonic()
    for name, step in (
        ("First load and first push", _first_load),
        ("60 changes in Firebird", _changes),
        ("20 orders in the shop", _orders),
        ("Both sides compared", _compare),
    ):
        progress(name)
        step_begun = time.monotonic()
        seen = step(stage, result)
        result.steps.append((name, seen, time.monotonic() - step_begun))
    result.figures["seconds"] = round(time.monotonic() - begun, 1)


def _first_load(stage: Stage, result: Result) -> str:
    active = int(
        stage.read_stock_database("select count(*) from STOCK where upper(trim(EXTRADTLS8)) = 'ACTIVE'")[0][0]
    )
    stage.until(
        lambda: stage.rows("select count(*) from products where active")[0][0] >= active,
        "all products arrive",
    )
    stage.until(lambda: stage.backlog() == 0, "all products are in the shop")
    stage.until(lambda: stage.rows("select read_rows from sources")[0][0], "the first reading ends")
    read = int(stage.rows("select read_rows from sources")[0][0])
    in_stock_database = int(stage.read_stock_database("select count(*) from STOCK")[0][0])
    linked = int(stage.rows("select count(*) from links")[0][0])
    in_shop = len(stage.shop_products())
    writes = stage.shop.calls.counts().get("POST /wp-json/wc/v3/products/batch", 0)
    result.figures |= {"products_read": read, "products_linked": linked, "first_push_write_calls": writes}
    result.check(read == in_stock_database, f"{in_stock_database} rows are in Firebird, {read} were read")
    result.check(linked == active == in_shop, f"{active} are ACTIVE, {in_shop} in the shop, {linked} linked")
    result.failures += shop_equals_stock_database(stage)[:10]
    return f"{read:,} rows read, {linked:,} active products in the shop by {writes} write calls"


def _changes(stage: Stage, result: Result) -> str:
    changes = sixty_changes(stage)
    stage.change_stock_database(*(change.statement for change in changes))

    def missing() -> list[str]:
        shop = stage.shop_products()
        return [f"{change.what} of {change.sku}" for change in changes if not change.arrived(shop)]

    try:
        stage.until(lambda: not missing(), lambda: f"these arrive in the shop: {', '.join(missing())}", 60)
        # The IGNORE row came in the same transaction, so it was read with the others and passed over.
        stage.until(lambda: stage.backlog() == 0, "nothing is left to send", 60)
    finally:
        left = missing()
        result.failures += [f"{change} did not arrive" for change in left]
        result.figures |= {"changes_made": len(changes), "changes_arrived": len(changes) - len(left)}
    return f"{len(changes) - len(left)} of {len(changes)} show in the shop as they should"


def _orders(stage: Stage, result: Result) -> str:
    placed = place_twenty(stage)
    wait_for(stage, placed)
    result.orders = outcome(stage, placed)
    should = [order for order in result.orders if order["expected"] == RAISED]
    raised = [order for order in should if order["state"] == "raised" and order["documents"] >= 1]
    duplicated = [order for order in result.orders if order["documents"] > 1]
    extra = len(stage.documents()) - sum(order["documents"] >= 1 for order in result.orders)
    result.figures |= {
        "orders_placed": len(placed),
        "orders_raised": len(raised),
        "orders_lost": len(should) - len(raised),
        "orders_duplicated": len(duplicated) + max(extra, 0),
    }
    for order in result.orders:
        right = {
            RAISED: order["state"] == "raised" and order["documents"] == 1 and bool(order["number"]),
            REFUSED: order["state"] == "refused" and order["documents"] == 0 and bool(order["reason"]),
            NOT_RAISED: order["state"] in {"saved", "cancelled"} and order["documents"] == 0,
        }[order["expected"]]
        result.check(
            right, f"Order {order['order']} ({order['what']}) should be {order['expected']}: {order}"
        )
    result.check(extra == 0, f"Omni holds {extra} documents that belong to no order")
    struck = stage.omni.faults.struck_so_far().get("answer_late", 0)
    result.check(struck == 1, "Omni's late answer never struck, so nothing was proven about it")
    others = len(placed) - len(should)
    return f"{len(raised)} of {len(should)} paid orders raised, each once; {others} rightly not"


def _compare(stage: Stage, result: Result) -> str:
    """Orders lower the availability in Omni; the shop must follow, and then everything must agree."""
    stage.until(
        lambda: stage.backlog() == 0 and not shop_equals_stock_database(stage), "both sides agree", 60
    )
    different = shop_equals_stock_database(stage)
    result.failures += different[:10]
    result.figures["write_calls"] = stage.shop.calls.writes
    result.figures["needs_you"] = int(
        stage.rows("select count(*) from stale where state = 'needs_you'")[0][0]
    )
    writes = stage.shop.calls.writes
    return f"{len(different)} differences between Firebird and the shop; {writes} write calls in all"
