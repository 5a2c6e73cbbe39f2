"""Refunds of orders. Their errors are HTTP 500 with a bare number as data, as recorded."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stockwire.simulators.woocommerce import catalogue, order_view, order_write, orders, text, totals
from stockwire.simulators.woocommerce.rest import Answer, ApiError, Call, Json, links, page_of
from stockwire.simulators.woocommerce.schema import truth

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Record, Shop

# The recorded answers really carry this unfilled pattern.
UNFILLED = r"orders/(?P<order_id>[\d]+)/refunds/"


def create(shop: Shop, call: Call, order_id: int) -> Answer:
    """POST a refund. Without an amount it is the sum of its lines; a full refund turns the status."""
    order = orders.held(shop, order_id, 404)
    sent = call.document()
    lines = [_line(shop, order, row) for row in sent.get("line_items") or []]
    amount = text.amount(sent["amount"]) if sent.get("amount") is not None else _sum(lines)
    already = sum((shop.refunds[number]["amount"] for number in order["refunds"]), totals.ZERO)
    if amount <= 0 or amount > order["total"] - already:
        raise _failed("Invalid refund amount.")
    if truth(sent.get("api_refund", True)):
        known = order["payment_method"] in shop.gateways
        ability = "does not support automatic refunds." if known else "does not exist."
        raise _failed(f"The payment gateway for this order {ability}")
    refund: Record = {
        "id": shop.next_id("post"),
        "order_id": order_id,
        "created": shop.now(),
        "amount": totals.rounded(amount),
        "reason": text.cleaned(sent.get("reason", "")),
        "lines": lines,
        "tax_lines": _tax_lines(shop, lines),
        "meta_data": shop.meta(sent.get("meta_data") or []),
    }
    shop.refunds[refund["id"]] = refund
    order["refunds"].append(refund["id"])
    if truth(sent.get("api_restock", True)):
        _restock(shop, order, lines)
    if order["total"] == already + amount:
        order_write.set_status(shop, order, "refunded")
    order_write.touch(shop, order)
    shop.deliveries.tell("order.updated", order_id)
    return Answer(view(shop, call, refund), 201, {"Location": call.link(UNFILLED + str(refund["id"]))})


def of_order(shop: Shop, call: Call, order_id: int) -> Answer:
    """GET the refunds of an order, newest first."""
    order = orders.held(shop, order_id, 404)
    found = [shop.refunds[number] for number in reversed(order["refunds"])]
    return page_of(call, found, lambda refund: view(shop, call, refund))


def everything(shop: Shop, call: Call) -> Answer:
    """GET /refunds: those of all orders."""
    found = sorted(shop.refunds.values(), key=lambda refund: -refund["id"])

    def render(refund: Record) -> Json:
        return {"parent_id": refund["order_id"], **view(shop, call, refund)}

    return page_of(call, found, render)


def view(shop: Shop, call: Call, refund: Record) -> Json:
    """A refund as the API shows it: quantities and totals of its lines are negative."""
    home = f"orders/{refund['order_id']}"
    found = links(call, f"{home}/refunds/{refund['id']}", f"{home}/refunds", up=home)
    found["self"][0]["targetHints"] = {"allow": ["GET", "DELETE"]}
    return {
        "id": refund["id"],
        **shop.dates(refund, "created"),
        "amount": text.cents(refund["amount"]),
        "reason": refund["reason"],
        "refunded_by": 1,
        "refunded_payment": False,
        "meta_data": refund["meta_data"],
        "line_items": [order_view.line(shop, line) for line in refund["lines"]],
        "shipping_lines": [],
        "tax_lines": [order_view.tax_line(shop, row) for row in refund["tax_lines"]],
        "fee_lines": [],
        "_links": found,
    }


def _line(shop: Shop, order: Record, row: Json) -> Record:
    line = next((held for held in order["lines"] if held["id"] == row.get("id")), None)
    if line is None:
        raise _failed("Invalid order item.")
    off = text.six(text.amount(row.get("refund_total", 0)))
    taxes: dict[int, tuple[Decimal, Decimal]] = {}
    for tax in row.get("refund_tax") or []:
        part = -text.six(text.amount(tax.get("refund_total", 0)))
        taxes[tax["id"]] = (part, part)
    return {
        **line,
        "id": shop.next_id("item"),
        "of": line,
        "quantity": -int(row.get("quantity", 0)),
        "subtotal": -off,
        "total": -off,
        "taxes": taxes,
        "reduced": 0,
        "meta_data": [{"id": shop.next_id("meta"), "key": "_refunded_item_id", "value": str(line["id"])}],
    }


def _sum(lines: list[Record]) -> Decimal:
    whole = sum((-line["total"] for line in lines), totals.ZERO)
    return whole + sum((-tax for line in lines for tax, _ in line["taxes"].values()), totals.ZERO)


def _tax_lines(shop: Shop, lines: list[Record]) -> list[Record]:
    return [
        {"id": shop.next_id("item"), "rate_id": rate, "tax_total": tax, "shipping_tax_total": totals.ZERO}
        for rate, tax in totals.tax_by_rate(shop, lines).items()
    ]


def _restock(shop: Shop, order: Record, lines: list[Record]) -> None:
    for line in lines:
        product = shop.products.get(line["variation_id"] or line["product_id"])
        back = min(-line["quantity"], line["of"]["reduced"])
        if product is None or not back:
            continue
        change = catalogue.move_stock(shop, product, back)
        if change is not None:
            line["of"]["reduced"] -= back
            order_write.add_note(
                shop, order, f"Item #{product['id']} stock increased from {change[0]} to {change[1]}."
            )


def _failed(message: str) -> ApiError:
    data: Any = 500
    return ApiError(500, "woocommerce_rest_cannot_create_order_refund", message, data)
