"""The demo's 20 orders of different shapes, and what must become of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2

from stockwire.demo.stage import Stage

# What becomes of an order: a document in Omni, turned down by Omni with a reason, or never raised.
RAISED, REFUSED, NOT_RAISED = "raised", "refused", "not raised"
SHAPES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("guest", RAISED, {"shape": "guest"}),
    ("guest with a note", RAISED, {"shape": "guest", "note": "Leave at the gate, please"}),
    ("known customer", RAISED, {"shape": "customer"}),
    ("coupon of 10 %", RAISED, {"shape": "coupon"}),
    ("coupon and two lines", RAISED, {"shape": "two_lines", "coupon": "karoo10"}),
    ("zero tax", RAISED, {"shape": "zero_tax"}),
    ("paid shipping", RAISED, {"shape": "shipping"}),
    ("paid shipping and coupon", RAISED, {"shape": "shipping", "coupon": "karoo10"}),
    ("two lines", RAISED, {"shape": "two_lines"}),
    ("two lines with shipping", RAISED, {"shape": "two_lines", "shipping": "86.09"}),
    ("a buyer abroad", RAISED, {"shape": "foreign"}),
    ("an SKU that Omni does not know", REFUSED, {"shape": "unknown_sku"}),
    ("cancelled before payment", NOT_RAISED, {"shape": "guest", "status": "pending"}),
    ("not yet paid", NOT_RAISED, {"shape": "guest", "status": "pending"}),
    ("paid after placing", RAISED, {"shape": "guest", "status": "pending"}),
    ("guest", RAISED, {"shape": "guest"}),
    ("two lines", RAISED, {"shape": "two_lines"}),
    ("known customer with coupon", RAISED, {"shape": "customer", "coupon": "karoo10"}),
    ("guest", RAISED, {"shape": "guest"}),
    ("Omni answers too late", RAISED, {"shape": "guest"}),
)


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """`code` is the shop's order id; `expected` what must become of it."""

    what: str
    code: str
    total: str
    expected: str


def place_twenty(stage: Stage) -> list[PlacedOrder]:
    """Buyers place 20 orders. The last one is raised while Omni answers only after the agent gave up."""
    placed = [_place(stage, *shape) for shape in SHAPES[:-1]]
    _act(stage, "cancel_order", {"id": int(placed[12].code)})
    _act(stage, "pay_order", {"id": int(placed[14].code)})
    wait_for(stage, placed)
    late = stage.options.post_timeout_s + 2
    answer = httpx2.post(
        f"{stage.omni.control_url}/faults",
        json={"kind": "answer_late", "times": 1, "method": "POST", "path": "/Sales Order/", "delay_s": late},
    )
    answer.raise_for_status()
    return [*placed, _place(stage, *SHAPES[-1])]


def wait_for(stage: Stage, placed: list[PlacedOrder]) -> None:
    """Until every order is where it must end; the checks say later whether it is right there."""
    wanted = {order.code: order.expected for order in placed}

    def settled() -> bool:
        states = dict(stage.rows("select channel_order_code, state from orders"))
        return all(_settled(states.get(code), expected) for code, expected in wanted.items())

    stage.until(settled, "all orders are stored, and the paid ones raised in Omni", 60)


def outcome(stage: Stage, placed: list[PlacedOrder]) -> list[dict[str, Any]]:
    """What became of each: state, Omni number, reason, and how many documents Omni really holds for it.

    The documents are counted in the simulated Omni itself, by posting, not by what the hub believes.
    """
    stored = {
        row[0]: row[1:]
        for row in stage.rows(
            "select channel_order_code, state, reference, document_number, reason from orders"
        )
    }
    posted: dict[str, int] = {}
    for document in stage.documents():
        posted[document["reference"]] = posted.get(document["reference"], 0) + int(document["posted"])
    found = []
    for order in placed:
        state, reference, number, reason = stored.get(order.code, ("lost", "", "", "not stored"))
        found.append(
            {
                "what": order.what,
                "order": order.code,
                "total": order.total,
                "expected": order.expected,
                "state": state,
                "number": number,
                "reason": reason,
                "documents": posted.get(reference, 0),
            }
        )
    return found


def _place(stage: Stage, what: str, expected: str, asked: dict[str, Any]) -> PlacedOrder:
    answer = _act(stage, "place_order", asked)
    return PlacedOrder(what, str(answer["id"]), str(answer["total"]), expected)


def _act(stage: Stage, name: str, asked: dict[str, Any]) -> dict[str, Any]:
    answer = httpx2.post(f"{stage.shop.control_url}/do/{name}", json=asked, timeout=30)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()["done"]
    return found


def _settled(state: str | None, expected: str) -> bool:
    if state is None:
        return False
    if expected == RAISED:
        return state in {"raised", "held", "refused", "in_doubt", "cancelled"}
    return state not in {"ready", "raising"}
