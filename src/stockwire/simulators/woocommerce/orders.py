"""The routes of orders: list, read, create, update, bin, batch, statuses and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockwire.simulators.woocommerce import batches, order_view, order_write, schema
from stockwire.simulators.woocommerce.rest import (
    Answer,
    ApiError,
    Call,
    Json,
    check_paging,
    invalid,
    links,
    moment,
    not_in_enum,
    page_of,
)

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Record, Shop

ORDERBY = ("date", "id", "include", "title", "slug", "modified")
LINK_EXTRA: Json = {"status": ["any"], "dp": 2, "context": "view"}


def statuses(shop: Shop) -> list[str]:
    """What an order may be set to, plugins' statuses included."""
    return ["auto-draft", *order_write.STATUSES, *shop.extra_statuses]


def listing(shop: Shop, call: Call) -> Answer:
    """GET /orders. Status "any" leaves out what lies in the bin; the date filters are strict."""
    check_paging(call)
    wanted = call.values("status") or ["any"]
    allowed = ["any", "trash", *statuses(shop)]
    for at, status in enumerate(wanted):
        if status not in allowed:
            _, message = not_in_enum(f"status[{at}]", allowed)
            raise invalid({"status": ("rest_not_in_enum", message)})
    orderby = call.query.get("orderby", "date")
    if orderby not in ORDERBY:
        raise invalid({"orderby": not_in_enum("orderby", ORDERBY)})
    found = [order for order in shop.orders.values() if _wanted(order, call, wanted)]
    for name, field, later in (
        ("modified_after", "modified", True),
        ("modified_before", "modified", False),
        ("after", "created", True),
        ("before", "created", False),
    ):
        if name in call.query:
            limit = moment(call.query[name], shop.zone, is_gmt=call.flag("dates_are_gmt"), name=name)
            found = [order for order in found if (order[field] > limit if later else order[field] < limit)]
    field = {"modified": "modified", "date": "created"}.get(orderby, "id")
    found.sort(
        key=lambda order: (order[field], order["id"]), reverse=call.query.get("order", "desc") == "desc"
    )
    return page_of(call, found, lambda order: order_view.order(shop, call, order), link_extra=LINK_EXTRA)


def _wanted(order: Record, call: Call, wanted: list[str]) -> bool:
    query = call.query
    if "any" in wanted:
        if order["status"] in ("trash", "auto-draft"):
            return False
    elif order["status"] not in wanted:
        return False
    if "include" in query and str(order["id"]) not in call.values("include"):
        return False
    if "exclude" in query and str(order["id"]) in call.values("exclude"):
        return False
    if "customer" in query and str(order["customer_id"]) != query["customer"]:
        return False
    if "product" in query and not any(str(line["product_id"]) == query["product"] for line in order["lines"]):
        return False
    if "search" in query:
        words = [str(order["id"]), *order["billing"].values(), *order["shipping"].values()]
        return any(str(query["search"]).casefold() in word.casefold() for word in words)
    return True


def read(shop: Shop, call: Call, number: int) -> Answer:
    """GET an order, also when it lies in the bin."""
    return Answer(order_view.order(shop, call, held(shop, number, 404)))


def create(shop: Shop, call: Call) -> Answer:
    """POST an order."""
    _check(shop, call.document())
    order = added(shop, call.document())
    where = {"Location": call.link(f"orders/{order['id']}")}
    return Answer(order_view.order(shop, call, order), 201, where)


def update(shop: Shop, call: Call, number: int) -> Answer:
    """PUT an order. An unknown id is a 400 here, a 404 when reading."""
    order = held(shop, number, 400)
    _check(shop, call.document())
    changed(shop, order, call.document())
    return Answer(order_view.order(shop, call, order))


def delete(shop: Shop, call: Call, number: int) -> Answer:
    """DELETE an order: to the bin, or for good with force=true. Shows it as it was."""
    return Answer(deleted(shop, call, number, force=call.flag("force")))


def batch(shop: Shop, call: Call) -> Answer:
    """POST rows of orders."""

    def made(row: Any) -> Json:
        return order_view.order(shop, call, added(shop, row))

    def altered(row: Any) -> Json:
        order = held(shop, batches.number_of(row), 400)
        changed(shop, order, row)
        return order_view.order(shop, call, order)

    def gone(number: Any) -> Json:
        return deleted(shop, call, number, force=True)

    return batches.run(shop, call, create=made, update=altered, delete=gone)


def _check(shop: Shop, sent: Json) -> None:
    schema.check(sent, {"status": tuple(statuses(shop)), **schema.ORDER_BASE})


def held(shop: Shop, number: Any, status: int) -> Record:
    """The order of an id. Raises woocommerce_rest_shop_order_invalid_id with `status`."""
    order = shop.orders.get(number) if isinstance(number, int) else None
    if order is None:
        raise ApiError(status, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
    return order


def added(shop: Shop, sent: Json, *, created_via: str = "rest-api") -> Record:
    """A new order. Without a usable coupon it stays behind as pending and the caller gets a 400."""
    order = order_write.blank(shop, created_via)
    try:
        order_write.write(shop, order, sent)
    except ApiError:
        del shop.orders[order["id"]]
        raise
    order_write.apply_coupons(shop, order, sent)
    order_write.advance(shop, order, sent)
    shop.deliveries.tell("order.created", order["id"])
    shop.deliveries.tell("order.updated", order["id"])
    return order


def changed(shop: Shop, order: Record, sent: Json) -> None:
    """Write to an order. Every write moves date_modified, meta alone only with orders in their own tables."""
    order_write.write(shop, order, sent)
    order_write.apply_coupons(shop, order, sent)
    order_write.advance(shop, order, sent)
    if shop.options.order_storage == "hpos" or set(sent) - {"meta_data", "id"}:
        order_write.touch(shop, order)
        shop.deliveries.tell("order.updated", order["id"])


def deleted(shop: Shop, call: Call, number: Any, *, force: bool) -> Json:
    """Bin or delete an order; returns it as it was. Only the bin is told of, and as order.deleted alone."""
    order = held(shop, number, 404)
    if not force and order["status"] == "trash":
        raise ApiError(410, "woocommerce_rest_already_trashed", "The order has already been deleted.")
    before = order_view.order(shop, call, order)
    if force:
        del shop.orders[order["id"]]
        for refund in order["refunds"]:
            del shop.refunds[refund]
    else:
        order["status"] = "trash"
        order_write.count_sales(shop, order, sold=False)
        order_write.touch(shop, order)
        shop.deliveries.tell("order.deleted", order["id"])
    return before


def list_statuses(shop: Shop, call: Call) -> Answer:
    """GET /orders/statuses."""
    named = {**order_write.STATUSES, **shop.extra_statuses}
    return Answer([{"slug": slug, "name": name} for slug, name in named.items()], listing=True)


def notes(shop: Shop, call: Call, number: int) -> Answer:
    """GET the notes of an order, newest second first."""
    order = held(shop, number, 404)
    found = sorted(order["notes"], key=lambda note: note["id"])
    found.sort(key=lambda note: note["created"], reverse=True)
    return Answer([_note(shop, call, order, note) for note in found], listing=True)


def create_note(shop: Shop, call: Call, number: int) -> Answer:
    """POST a note. date_modified does not move and no webhook is sent."""
    order = held(shop, number, 404)
    sent = call.document()
    note = order_write.add_note(
        shop, order, str(sent.get("note", "")), customer_note=schema.truth(sent.get("customer_note"))
    )
    where = {"Location": call.link(f"orders/{number}/notes/{note['id']}")}
    return Answer(_note(shop, call, order, note), 201, where)


def _note(shop: Shop, call: Call, order: Record, note: Record) -> Json:
    home = f"orders/{order['id']}"
    found = links(call, f"{home}/notes/{note['id']}", f"{home}/notes", up=home)
    found["self"][0]["targetHints"] = {"allow": ["GET", "DELETE"]}
    return {
        "id": note["id"],
        "author": note["author"],
        **shop.dates(note, "created"),
        "note": note["note"],
        "customer_note": note["customer_note"],
        "_links": found,
    }
