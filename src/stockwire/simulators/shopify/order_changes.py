"""What happens to an order after checkout: paid, edited, cancelled, refunded.

Mutations of the API and staff both come here after their checks.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stockwire.simulators.shopify import fulfilment, hooks, order_totals, orders, places
from stockwire.simulators.shopify.gids import cents

if TYPE_CHECKING:
    from stockwire.simulators.shopify.shop import Record, Shop


def pay(shop: Shop, order: Record, gateway: str = "manual") -> Record:
    """The rest that is outstanding comes in."""
    due = order_totals.outstanding(order)
    if due <= 0:
        raise ValueError(f"The order {order['name']} is paid.")
    orders.transact(shop, order, "SALE", due, gateway)
    orders.changed(shop, order, "ORDERS_PAID")
    return order


def edit(shop: Shop, order: Record, remove: list[Record], add: list[Record]) -> Record:
    """Staff edit an order: take lines off by SKU and quantity (all of it), put others on."""
    if order["cancelledAt"] is not None:
        raise ValueError(f"The order {order['name']} is cancelled.")
    for row in remove:
        line = _line(order, str(row["sku"]))
        gone = int(row.get("quantity") or line["currentQuantity"])
        if not 0 < gone <= line["currentQuantity"] - line["fulfilled"]:
            raise ValueError(f"{gone} of {row['sku']} cannot be taken off the order {order['name']}.")
        take_off(shop, line, gone, restock=True)
    added = [orders.add_line(shop, order, row) for row in add]
    for line in added:
        orders.tax_line(order, line)
    orders.take_stock(shop, order, added)
    fulfilment.arrange(shop, order)
    order["edited"] = True
    orders.changed(shop, order, "ORDERS_EDITED")
    return order


def take_off(shop: Shop, line: Record, gone: int, *, restock: bool) -> None:
    """Units are no longer wanted: what was committed of them is free again, or gone."""
    unfulfilled = max(0, line["currentQuantity"] - line["fulfilled"])
    line["currentQuantity"] -= gone
    item = line["variant"]["item"] if line["variant"] else None
    if item is not None and item["tracked"]:
        level = places.stocked(shop, item, line["location"])
        released = min(gone, unfulfilled)
        changes = {"committed": -released, "available": gone if restock else 0}
        places.moved(shop, level, changes)
        places.told(shop, [level])
    fulfilment.shrink(shop, line, min(gone, unfulfilled))


def cancel(shop: Shop, order: Record, reason: str, *, restock: bool, refund: bool) -> Record:
    """The order is cancelled; with `restock` its stock comes back, with `refund` its money."""
    if order["cancelledAt"] is not None:
        raise ValueError(f"The order {order['name']} is cancelled.")
    order["cancelledAt"] = order["closedAt"] = shop.now()
    order["cancelReason"] = reason
    rows = [(line, line["currentQuantity"]) for line in order["lines"] if line["currentQuantity"]]
    if refund and order_totals.received(order):
        _refund(shop, order, rows, order_totals.shipping(order, current=True), "Cancelled", restock=restock)
    else:
        for line, quantity in rows:
            take_off(shop, line, quantity, restock=restock)
    fulfilment.arrange(shop, order)
    orders.changed(shop, order, "ORDERS_CANCELLED")
    return order


def refund(
    shop: Shop, order: Record, rows: list[tuple[Record, int]], *, shipping: Decimal, note: str, restock: bool
) -> Record:
    """Money goes back for units of lines (and shipping, in the order's way with tax). Returns the refund."""
    for line, quantity in rows:
        if not 0 < quantity <= line["currentQuantity"]:
            raise ValueError(f"{quantity} of {line['sku']} cannot be refunded on {order['name']}.")
    made = _refund(shop, order, rows, shipping, note, restock=restock)
    fulfilment.arrange(shop, order)
    orders.changed(shop, order)
    return made


def _refund(
    shop: Shop,
    order: Record,
    rows: list[tuple[Record, int]],
    shipping: Decimal,
    note: str,
    *,
    restock: bool,
) -> Record:
    now = shop.now()
    lines = []
    for line, quantity in rows:
        part = Decimal(quantity) / line["quantity"]
        lines.append(
            {
                "__typename": "RefundLineItem",
                "lineItem": line,
                "quantity": quantity,
                "restockType": "RETURN" if line["fulfilled"] else "CANCEL" if restock else "NO_RESTOCK",
                "restocked": restock,
                "subtotal": cents(order_totals.paid(line) * part),
                "tax": cents(order_totals.tax(line) * part),
                "number": line["number"],
                "order": order,
            }
        )
        take_off(shop, line, quantity, restock=restock)
    order["shippingRefunded"] += shipping
    amount = sum((row["subtotal"] for row in lines), shipping)
    if not order["taxesIncluded"]:
        amount += sum((row["tax"] for row in lines), Decimal(0))
        if shipping and order_totals.shipping(order):
            amount += cents(order_totals.shipping_tax(order) * shipping / order_totals.shipping(order))
    amount = min(amount, order_totals.received(order) - order_totals.refunded(order))
    transactions = []
    if amount > 0:
        gateway = order["transactions"][0]["gateway"]
        transactions.append(orders.transact(shop, order, "REFUND", amount, gateway))
    made = shop.new(
        "Refund",
        order=order,
        createdAt=now,
        processedAt=now,
        updatedAt=now,
        note=note,
        lines=lines,
        shipping=shipping,
        transactions=transactions,
        total=max(amount, Decimal("0.00")),
    )
    order["refunds"].append(made)
    hooks.tell(shop, "REFUNDS_CREATE", made)
    return made


def by_sku(order: Record, rows: list[dict[str, Any]] | None) -> list[tuple[Record, int]]:
    """Lines and quantities from [{sku, quantity}]; None means everything that is left."""
    if rows is None:
        return [(line, line["currentQuantity"]) for line in order["lines"] if line["currentQuantity"]]
    found = []
    for row in rows:
        line = _line(order, str(row["sku"]))
        found.append((line, int(row.get("quantity") or line["currentQuantity"])))
    return found


def _line(order: Record, sku: str) -> Record:
    for line in order["lines"]:
        if line["sku"] == sku and line["currentQuantity"]:
            return line  # type: ignore[no-any-return]
    raise ValueError(f"The order {order['name']} has no {sku!r} left.")
