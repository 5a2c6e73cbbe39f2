"""Agent, worker and web are killed at every step of raising: each paid order is one document in Omni."""

from __future__ import annotations

from typing import Any

import pytest

from stockwire.simulators.faults import Fault

pytestmark = pytest.mark.slow

STEPS = [
    ("web", "web-webhook-marked", "web dies before the webhook's mark is committed"),
    ("worker", "worker-orders-claimed", "worker dies with the orders lane claimed and nothing begun"),
    ("worker", "worker-orders-polled", "worker dies between the poll's marks and its cursor"),
    ("worker", "worker-mark-read", "worker dies with a mark in hand"),
    ("worker", "worker-order-fetched", "worker dies with the order fetched and not stored"),
    ("worker", "worker-order-stored", "worker dies with the order stored and not committed"),
    ("worker", "worker-order-committed", "worker dies right after the order is committed"),
    ("web", "web-work-claimed", "web dies before the claim is committed"),
    ("web", "web-work-committed", "web dies with the claim committed and not answered"),
    ("agent", "agent-order-received", "agent dies with the claimed order in hand"),
    ("agent", "agent-intent-noted", "agent dies with its intent noted"),
    ("agent", "agent-looked-up", "agent dies after Omni said it has no such order"),
    ("agent", "agent-posting-noted", "agent dies between its note of the post and the post"),
    ("agent", "agent-post-answered", "agent dies with Omni's answer read and not looked at"),
    ("agent", "agent-looked-up-again", "agent dies before the outcome is noted"),
    ("agent", "agent-outcome-noted", "agent dies with the outcome noted and not told"),
    ("web", "web-outcome-received", "web dies with the outcome received and not written"),
    ("web", "web-outcome-written", "web dies with the outcome written and not committed"),
    ("web", "web-outcome-committed", "web dies with the outcome committed and not answered"),
    ("agent", "agent-outcome-told", "agent dies before it notes that the hub knows"),
]


@pytest.mark.parametrize("process, step, _", STEPS, ids=[said for *_, said in STEPS])
def test_every_order_is_raised_once(house: Any, process: str, step: str, _: str) -> None:
    house.die_at_step(step)
    orders = house.place_orders(3)
    house.wait_for_death(process)
    house.start(process)
    house.until(lambda: house.all_raised(orders), f"all are raised after {step}")
    assert set(house.documents_of(orders).values()) == {1}, house.documents_of(orders)
    assert house.documents_without_order() == []


HELD = [
    (
        "worker",
        "shop",
        Fault("slow", method="GET", path=r"/orders/\d+", delay_s=30),
        "worker dies while it fetches an order",
    ),
    (
        "worker",
        "shop",
        Fault("slow", method="GET", path=r"/orders$", delay_s=30),
        "worker dies while it polls",
    ),
    (
        "agent",
        "omni",
        Fault("slow", method="GET", path="/Sales Order/", delay_s=30),
        "agent dies while it looks up",
    ),
    (
        "agent",
        "omni",
        Fault("answer_late", method="POST", path="/Sales Order/", delay_s=30),
        "agent dies with the order posted and no answer read",
    ),
    (
        "agent",
        "omni",
        Fault("work_late", method="POST", path="/Sales Order/", delay_s=1.0),
        "agent dies and Omni makes the document only afterwards",
    ),
]


@pytest.mark.parametrize("process, of, fault, _", HELD, ids=[said for *_, said in HELD])
def test_every_order_is_raised_once_when_killed_in_a_call(
    house: Any, process: str, of: str, fault: Fault, _: str
) -> None:
    held = house.hold(fault, of=of)
    before = house.posts_under_way()
    orders = house.place_orders(3)
    house.until(held, "the call is there")
    if fault.kind == "answer_late":
        house.until(lambda: house.posts_under_way() > before, "the document is in Omni")
    house.kill(process)
    house.start(process)
    house.until(lambda: house.all_raised(orders), "all are raised")
    assert set(house.documents_of(orders).values()) == {1}, house.documents_of(orders)
    assert house.documents_without_order() == []
