"""Many orders raised while everything goes wrong, then calm, then counted in the simulated Omni itself.

The fault tests run it with hundreds of orders, the benchmarks with ten thousand.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

from stockwire.demo.chaos import Chaos
from stockwire.demo.stage import Options, Stage
from stockwire.errors import TryLater

CENT = Decimal("0.01")
PATIENCE_S = 0.4
LATE_S = 0.6
REPOST_AFTER_S = 3.0
"""Well over LATE_S on the busiest machine: what Omni may still have in work must never be posted again."""
AT_ONCE = 8
HANDFUL = 10
IN_FLIGHT = 300
LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Raising:
    """What came of it. `lost` orders have no document, `twice` have more than one or one posted again,
    `strangers` are documents of no order, `wrong` ones come to another amount than their order."""

    orders: int
    lost: int
    twice: int
    strangers: int
    wrong: int
    seconds: float
    told: str


def hasty(**more: Any) -> Options:
    """A stage whose agent soon gives a call up and asks Omni several things at the same time, so that many
    orders meet many faults in little time. All its other rules are the shipped ones."""
    return Options(
        **{
            "items": 300,
            "agent_poll_s": 2.0,
            "post_timeout_s": PATIENCE_S,
            "repost_after_s": REPOST_AFTER_S,
            "settle_s": 0.1,
            "claim_s": 5.0,
            "worker_lost_s": 2.0,
            "poll_orders_s": 2.0,
            "webhooks": False,
            "omni_at_once": AT_ONCE,
            "omni_options": {"one_at_a_time": False, "references_unique": False},
            **more,
        }
    )


def raise_among_faults(stage: Stage, chaos: Chaos, orders: int, calm_within_s: float = 180.0) -> Raising:
    """Place so many orders, a handful at a time and never too many ahead, until all are raised.

    Raises TryLater when they do not become raised although it is calm.
    """
    began = time.monotonic()
    placed: list[str] = []
    place, pause = cast("Any", stage.shop.app).acts["place_order"], threading.Event()
    while len(placed) < orders:
        done = _raised(stage)
        chaos.go_on(done)
        if len(placed) - done >= IN_FLIGHT:
            pause.wait(LOOK_EVERY_S)
            continue
        few = min(HANDFUL, orders - len(placed))
        placed += [str(place({"shape": "guest"})["id"]) for _ in range(few)]
    while (done := _raised(stage)) < orders * 0.98:
        chaos.go_on(done)
        pause.wait(LOOK_EVERY_S)
        _still_moving(began, orders)
    chaos.calm()
    stage.until(
        lambda: _raised(stage) == orders,
        lambda: f"all orders are raised once it is calm: {stage.rows(STATES)}",
        calm_within_s,
    )
    return _counted(stage, placed, time.monotonic() - began, chaos.told())


STATES = "select state, reason, count(*) from orders group by 1, 2 order by 3 desc limit 5"
LONGEST_PER_ORDER_S = 1.0


def _raised(stage: Stage) -> int:
    return int(stage.rows("select count(*) from orders where state = 'raised'")[0][0])


def _still_moving(began: float, orders: int) -> None:
    if time.monotonic() - began > 60.0 + orders * LONGEST_PER_ORDER_S:
        raise TryLater("The orders do not become raised among the faults.")


def _counted(stage: Stage, placed: list[str], seconds: float, told: str) -> Raising:
    orders = {
        reference: (code, excl_tax)
        for reference, code, excl_tax in stage.rows(
            "select reference, channel_order_code, total - total_tax from orders"
        )
    }
    documents: Counter[str] = Counter()
    strangers = wrong = 0
    for document in cast("Any", stage.omni.app).books.documents():
        if document.reference not in orders:
            strangers += 1
            continue
        code, excl_tax = orders[document.reference]
        documents[code] += document.posted
        wrong += _worth(document.lines) != excl_tax
    return Raising(
        orders=len(placed),
        lost=sum(1 for code in placed if documents[code] == 0),
        twice=sum(1 for number in documents.values() if number > 1),
        strangers=strangers,
        wrong=wrong,
        seconds=seconds,
        told=told,
    )


def _worth(lines: list[dict[str, Any]]) -> Decimal:
    """What the lines of a document come to without VAT, each in whole cents as Omni keeps it."""
    each = (line["quantity"] * line["selling_price"] for line in lines)
    return sum((amount.quantize(CENT, ROUND_HALF_UP) for amount in each), Decimal(0))
