"""Where a stored order stands, and why: saved, waiting for the source, held or cancelled.

Decides only about orders of which nothing has been raised yet. Touches no table and calls nobody. Lines with
the same SKU stay as the connector gives them (it may merge them by setting): ASSUMPTION, to be settled at the
first client: Omni takes several lines with one stock code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stockwire.domain.records import Order
from stockwire.domain.totals import Proof
from stockwire.hub.models.orders import OrderState
from stockwire.hub.sync.order_reference import Reference

# Words of the channels for "it will never be paid or delivered". "failed" is not one of them: the customer
# may pay after all, and the order then comes again.
OVER = frozenset({"cancelled", "canceled", "refunded", "voided", "trash", "deleted"})
# Words for "not paid, or not any more": they take an order back that was already let through.
UNPAID = frozenset(
    {
        "pending",
        "on-hold",
        "failed",
        "checkout-draft",
        "authorized",
        "expired",
        "partially_paid",
        "pending_payment",
        "payment_review",
        "holded",
        "unpaid",
    }
)
LONGEST_SKU = 100
SWITCHED_OFF = "Raising orders in Omni is switched off for this source."
SWITCH_ON = "Switch create_order_enabled of the source on, then send the order."


@dataclass(frozen=True, slots=True)
class Decision:
    state: OrderState
    reason: str = ""
    hint: str = ""


def decide(
    order: Order,
    gate: tuple[bool, str],
    proof: Proof,
    reference: Reference,
    known: Sequence[bool],
    *,
    problem: tuple[str, str] = ("", ""),
    let_through: bool = False,
    source_takes_orders: bool = True,
) -> Decision:
    """`gate` is the connector's answer (may it be raised, why not); `known` says per line whether its
    variant is known, for then its SKU may be missing; `problem` is what the channel's settings hold it back
    for, and the fix. An order that was `let_through` before is not lost
    because the shop completes it before the source was reachable: only UNPAID and OVER take it back.
    """
    may_be_raised, why_not = gate
    may_be_raised = may_be_raised or (let_through and not is_unpaid(order.status))
    if is_over(order.status):
        return Decision(OrderState.CANCELLED, f"It was {order.status} on the channel before it was raised.")
    if not may_be_raised:
        return Decision(OrderState.SAVED, why_not)
    if not source_takes_orders:
        return Decision(OrderState.SAVED, SWITCHED_OFF, SWITCH_ON)
    if not proof.ok:
        return Decision(
            OrderState.HELD,
            proof.explanation,
            "Compare the order with the shop. Correct it there, or release it if the amounts are right as"
            " they are.",
        )
    if problem[0]:
        return Decision(OrderState.HELD, *problem)
    nameless = _line_without_sku(order, known)
    if nameless is not None:
        return nameless
    if reference.problem:
        return Decision(OrderState.HELD, reference.problem, reference.fix)
    return Decision(OrderState.READY)


def is_over(status: str) -> bool:
    return status.strip().lower() in OVER


def is_unpaid(status: str) -> bool:
    return status.strip().lower() in UNPAID


def _line_without_sku(order: Order, known: Sequence[bool]) -> Decision | None:
    for position, (line, is_known) in enumerate(zip(order.lines, known, strict=True), start=1):
        sku = line.sku.strip()
        if is_known or 0 < len(sku) <= LONGEST_SKU:
            continue
        problem = "has no SKU" if not sku else f"has an SKU of {len(sku)} characters, which none has"
        return Decision(
            OrderState.HELD,
            f"Order {order.number}: line {position}, {line.title or 'without a title'!r}, {problem}, so Omni"
            " cannot know which stock item it is.",
            "Give the product its SKU in the shop and save the order there, or capture the order in Omni by"
            " hand and cancel it here.",
        )
    return None
