"""orderMarkAsPaid, orderCancel, orderUpdate and refundCreate: what apps may do to orders."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stockwire.simulators.shopify import given, order_changes, order_totals, orders
from stockwire.simulators.shopify.fields import field, inputs, not_simulated, user_error
from stockwire.simulators.shopify.gids import cents

if TYPE_CHECKING:
    from stockwire.simulators.shopify.fields import Call
    from stockwire.simulators.shopify.shop import Record

inputs("OrderMarkAsPaidInput", "id")
inputs("OrderInput", "id note tags poNumber email")
inputs("RefundInput", "orderId note notify refundLineItems shipping")
inputs("RefundLineItemInput", "lineItemId quantity restockType locationId")
inputs("ShippingRefundInput", "amount fullRefund")


@field("Mutation.orderMarkAsPaid", takes="input")
def mark_as_paid(_: Any, call: Call, sent: Record) -> Record:
    order = call.shop.find("Order", sent["input"]["id"])
    if order is None:
        return {"userErrors": [user_error("Order does not exist", ["id"])]}
    if order_totals.outstanding(order) <= 0 or order["cancelledAt"] is not None:
        return {"order": order, "userErrors": [user_error("Order cannot be marked as paid.", ["id"])]}
    return {"order": order_changes.pay(call.shop, order)}


@field("Mutation.orderCancel", takes="orderId reason refund restock notifyCustomer staffNote")
def cancel(_: Any, call: Call, sent: Record) -> Record:
    """Cancels at once; the job that is answered is done already."""
    order = call.shop.find("Order", sent["orderId"])
    if order is None:
        problem = user_error("Order does not exist", ["orderId"], "NOT_FOUND")
        return {"orderCancelUserErrors": [problem], "userErrors": [problem]}
    if order["cancelledAt"] is not None:
        problem = user_error("Order has already been cancelled", ["orderId"], "INVALID")
        return {"orderCancelUserErrors": [problem], "userErrors": [problem]}
    order_changes.cancel(
        call.shop,
        order,
        sent["reason"],
        restock=bool(sent["restock"]),
        refund=bool(sent.get("refund")),
    )
    number = call.shop.next_number("Job")
    return {"job": {"id": f"gid://shopify/Job/{number}", "done": True}, "orderCancelUserErrors": []}


@field("Mutation.orderUpdate", takes="input")
def update(_: Any, call: Call, sent: Record) -> Record:
    wanted = sent["input"]
    order = call.shop.find("Order", wanted["id"])
    if order is None:
        return {"userErrors": [user_error("Order does not exist", ["id"])]}
    for name in ("note", "poNumber", "email"):
        if name in wanted:
            order[name] = wanted[name]
    if wanted.get("tags") is not None:
        order["tags"] = given.tags(wanted["tags"])
    orders.changed(call.shop, order)
    return {"order": order}


@field("Mutation.refundCreate", takes="input")
def refund_create(_: Any, call: Call, sent: Record) -> Record:
    """Refund units of lines and shipping to the means they were paid with."""
    shop, wanted = call.shop, sent["input"]
    order = shop.find("Order", wanted["orderId"])
    if order is None:
        return {"userErrors": [user_error("Order does not exist", ["orderId"])]}
    rows, errors, restock = [], [], False
    for at, row in enumerate(wanted.get("refundLineItems") or []):
        line = shop.find("LineItem", row["lineItemId"])
        if line is None or line["order"] is not order:
            errors.append(user_error("Line item does not exist", ["refundLineItems", str(at), "lineItemId"]))
        elif not 0 < row["quantity"] <= line["currentQuantity"]:
            message = "Quantity cannot refund more items than were purchased"
            errors.append(user_error(message, ["refundLineItems", str(at), "quantity"]))
        else:
            rows.append((line, row["quantity"]))
            restock = restock or row.get("restockType") in ("CANCEL", "RETURN")
    if errors:
        return {"userErrors": errors}
    shipping = _shipping(order, wanted.get("shipping") or {})
    made = order_changes.refund(
        shop, order, rows, shipping=shipping, note=wanted.get("note") or "", restock=restock
    )
    return {"refund": made, "order": order}


def _shipping(order: Record, wanted: Record) -> Decimal:
    left = order_totals.shipping(order, current=True)
    if wanted.get("fullRefund"):
        return left
    asked = cents(Decimal(str(wanted.get("amount") or 0)))
    if asked > left:
        raise not_simulated("A refund of more shipping than was paid")
    return asked
