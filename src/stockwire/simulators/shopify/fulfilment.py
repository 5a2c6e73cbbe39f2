"""Fulfilment orders and fulfilments: what is to be shipped from where, and what was.

One fulfilment order per order and location. Holds, requests to services and moves are not simulated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockwire.simulators.shopify import places
from stockwire.simulators.shopify.gids import gid

if TYPE_CHECKING:
    from stockwire.simulators.shopify.shop import Record, Shop

OPEN = ("OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED")


def arrange(shop: Shop, order: Record) -> None:
    """Give every line its fulfilment order, and close or cancel those that have nothing left."""
    for line in order["lines"]:
        covered = sum(row["remainingQuantity"] for row in line["rows"])
        missing = line["currentQuantity"] - line["fulfilled"] - covered
        if line["requiresShipping"] and missing > 0:
            held = _open_at(shop, order, line["location"])
            number = shop.next_number("FulfillmentOrderLineItem")
            row = {
                "__typename": "FulfillmentOrderLineItem",
                "number": number,
                "id": gid("FulfillmentOrderLineItem", number),
                "line": line,
                "fulfilment_order": held,
                "totalQuantity": missing,
                "remainingQuantity": missing,
            }
            shop.shelf("FulfillmentOrderLineItem")[number] = row
            held["rows"].append(row)
            line["rows"].append(row)
    for held in of_order(shop, order):
        settle(shop, held)


def _open_at(shop: Shop, order: Record, location: Record) -> Record:
    for held in of_order(shop, order):
        if held["status"] in OPEN and held["location"] is location:
            return held
    now = shop.now()
    return shop.new(
        "FulfillmentOrder",
        order=order,
        location=location,
        status="OPEN",
        requestStatus="UNSUBMITTED",
        rows=[],
        fulfilments=[],
        createdAt=now,
        updatedAt=now,
    )


def of_order(shop: Shop, order: Record) -> list[Record]:
    shelf = shop.shelf("FulfillmentOrder").values()
    return [held for held in shelf if held["order"] is order]


def settle(shop: Shop, held: Record) -> None:
    """The status that follows from what is left to ship."""
    if held["status"] not in OPEN:
        return
    left = sum(row["remainingQuantity"] for row in held["rows"])
    if left == 0:
        held["status"] = "CLOSED" if held["fulfilments"] else "CANCELLED"
    elif held["fulfilments"]:
        held["status"] = "IN_PROGRESS"
    held["updatedAt"] = shop.now()


def shrink(shop: Shop, line: Record, gone: int) -> None:
    """Units of a line will not be shipped."""
    for row in reversed(line["rows"]):
        part = min(gone, row["remainingQuantity"])
        row["totalQuantity"] -= part
        row["remainingQuantity"] -= part
        gone -= part


def ship(shop: Shop, parts: list[tuple[Record, int]], tracking: Record, *, notify: bool) -> Record:
    """Ship units of rows of fulfilment orders. Returns the fulfilment. The caller has checked everything."""
    now = shop.now()
    first = parts[0][0]["fulfilment_order"]
    order = first["order"]
    number = len(order["fulfilments"]) + 1
    made = shop.new(
        "Fulfillment",
        order=order,
        name=f"{order['name']}-F{number}",
        status="SUCCESS",
        location=first["location"],
        tracking=tracking,
        notified=notify,
        rows=[
            {"line": row["line"], "quantity": quantity, "number": at}
            for at, (row, quantity) in enumerate(parts)
        ],
        fulfilment_orders=[],
        createdAt=now,
        updatedAt=now,
    )
    levels = []
    for row, quantity in parts:
        held, line = row["fulfilment_order"], row["line"]
        row["remainingQuantity"] -= quantity
        line["fulfilled"] += quantity
        if all(held is not other for other in made["fulfilment_orders"]):
            made["fulfilment_orders"].append(held)
            held["fulfilments"].append(made)
        item = line["variant"]["item"] if line["variant"] else None
        if item is not None and item["tracked"]:
            level = places.stocked(shop, item, held["location"])
            places.moved(shop, level, {"committed": -quantity})
            levels.append(level)
    for held in made["fulfilment_orders"]:
        settle(shop, held)
    order["fulfilments"].append(made)
    places.told(shop, levels)
    _told(shop, made, "FULFILLMENTS_CREATE")
    return made


def undo(shop: Shop, made: Record) -> None:
    """A fulfilment is cancelled: its units are to be shipped again."""
    made["status"] = "CANCELLED"
    made["updatedAt"] = shop.now()
    order = made["order"]
    for part in made["rows"]:
        line, quantity = part["line"], part["quantity"]
        line["fulfilled"] -= quantity
        item = line["variant"]["item"] if line["variant"] else None
        if item is not None and item["tracked"]:
            level = places.stocked(shop, item, made["location"])
            places.moved(shop, level, {"committed": quantity})
    arrange(shop, order)
    _told(shop, made, "FULFILLMENTS_UPDATE")


def tracked(shop: Shop, made: Record, tracking: Record, *, notify: bool) -> None:
    """Tracking changes."""
    made["tracking"] = tracking
    made["notified"] = made["notified"] or notify
    made["updatedAt"] = shop.now()
    _told(shop, made, "FULFILLMENTS_UPDATE")


def by_hand(shop: Shop, order: Record, rows: list[dict[str, Any]] | None, tracking: Record) -> Record:
    """Staff fulfil lines of an order, [{sku, quantity}], or everything that is left."""
    held = [row for each in of_order(shop, order) if each["status"] in OPEN for row in each["rows"]]
    if rows is None:
        parts = [(row, row["remainingQuantity"]) for row in held if row["remainingQuantity"]]
    else:
        parts = []
        for wanted in rows:
            row = next(
                (r for r in held if r["line"]["sku"] == wanted["sku"] and r["remainingQuantity"]), None
            )
            if row is None or int(wanted.get("quantity", 1)) > row["remainingQuantity"]:
                raise ValueError(f"So many of {wanted['sku']!r} are not left to ship on {order['name']}.")
            parts.append((row, int(wanted.get("quantity", row["remainingQuantity"]))))
    if not parts:
        raise ValueError(f"Nothing is left to ship on the order {order['name']}.")
    return ship(shop, parts, tracking, notify=False)


def _told(shop: Shop, made: Record, topic: str) -> None:
    from stockwire.simulators.shopify import hooks, order_totals, orders

    order = made["order"]
    status = order_totals.fulfilment_status(order)
    more = {"FULFILLED": "ORDERS_FULFILLED", "PARTIALLY_FULFILLED": "ORDERS_PARTIALLY_FULFILLED"}.get(status)
    hooks.tell(shop, topic, made)
    if topic == "FULFILLMENTS_CREATE" and more:
        orders.changed(shop, order, more)
    else:
        orders.changed(shop, order)
