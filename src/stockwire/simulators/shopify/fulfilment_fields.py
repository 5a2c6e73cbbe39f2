"""Fulfilment orders and fulfilments through the API: reading, fulfillmentCreate, tracking, cancelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockwire.simulators.shopify import fulfilment, given
from stockwire.simulators.shopify.fields import PAGING, field, inputs, plain, user_error
from stockwire.simulators.shopify.pages import Connection, page
from stockwire.simulators.shopify.product_fields import counted

if TYPE_CHECKING:
    from stockwire.simulators.shopify.fields import Call
    from stockwire.simulators.shopify.shop import Record, Shop

MOST_LINES = 512
URLS = {
    "aramex": "https://www.aramex.com/track/results?ShipmentNumber={}",
    "dhl express": "https://www.dhl.com/en/express/tracking.html?AWB={}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={}",
}
"""Carriers the shop knows make their own tracking address."""

plain("FulfillmentOrder", "id status requestStatus order createdAt updatedAt")
plain("FulfillmentOrderLineItem", "id totalQuantity remainingQuantity")
plain("FulfillmentOrderSupportedAction", "action externalUrl")
plain("FulfillmentOrderAssignedLocation", "location name")
plain("Fulfillment", "id name status createdAt updatedAt order location")
plain("FulfillmentTrackingInfo", "company number url")
plain("FulfillmentLineItem", "id quantity lineItem")
for _kind in ("FulfillmentInput", "FulfillmentV2Input"):
    inputs(_kind, "lineItemsByFulfillmentOrder trackingInfo notifyCustomer")
inputs("FulfillmentOrderLineItemsInput", "fulfillmentOrderId fulfillmentOrderLineItems")
inputs("FulfillmentOrderLineItemInput", "id quantity")
inputs("FulfillmentTrackingInput", "company number numbers url urls")


@field("QueryRoot.fulfillmentOrder", takes="id")
def fulfilment_order(_: Any, call: Call, sent: Record) -> Record | None:
    return call.shop.find("FulfillmentOrder", sent["id"])


@field("QueryRoot.fulfillment", takes="id")
def fulfilment_of(_: Any, call: Call, sent: Record) -> Record | None:
    return call.shop.find("Fulfillment", sent["id"])


@field("Order.fulfillmentOrders", takes=f"{PAGING} displayable")
def of_order(order: Record, call: Call, sent: Record) -> Connection:
    return page(fulfilment.of_order(call.shop, order), sent)


@field("Order.fulfillments", takes="first")
def fulfilments(order: Record, call: Call, sent: Record) -> list[Record]:
    return order["fulfilments"][: sent.get("first")]  # type: ignore[no-any-return]


@field("Order.fulfillmentsCount")
def fulfilments_count(order: Record, call: Call, sent: Record) -> Record:
    return counted(len(order["fulfilments"]))


@field("FulfillmentOrder.orderId")
def order_id(held: Record, call: Call, sent: Record) -> str:
    return str(held["order"]["id"])


@field("FulfillmentOrder.orderName")
def order_name(held: Record, call: Call, sent: Record) -> str:
    return str(held["order"]["name"])


@field("FulfillmentOrder.assignedLocation")
def assigned_location(held: Record, call: Call, sent: Record) -> Record:
    return {"location": held["location"], "name": held["location"]["name"]}


@field("FulfillmentOrder.supportedActions")
def actions(held: Record, call: Call, sent: Record) -> list[Record]:
    if held["status"] not in ("OPEN", "IN_PROGRESS"):
        return []
    return [{"action": "CREATE_FULFILLMENT", "externalUrl": None}]


@field("FulfillmentOrder.lineItems", takes=PAGING)
def rows(held: Record, call: Call, sent: Record) -> Connection:
    return page(held["rows"], sent)


@field("FulfillmentOrder.fulfillments", takes=PAGING)
def fulfilments_of(held: Record, call: Call, sent: Record) -> Connection:
    return page(held["fulfilments"], sent)


@field("FulfillmentOrderLineItem.lineItem")
def line_item(row: Record, call: Call, sent: Record) -> Record:
    return row["line"]  # type: ignore[no-any-return]


@field("FulfillmentOrderLineItem.sku")
def sku(row: Record, call: Call, sent: Record) -> str | None:
    return row["line"]["sku"]  # type: ignore[no-any-return]


@field("FulfillmentOrderLineItem.productTitle")
def product_title(row: Record, call: Call, sent: Record) -> str:
    return str(row["line"]["title"])


@field("Fulfillment.legacyResourceId")
def legacy_id(made: Record, call: Call, sent: Record) -> int:
    return int(made["number"])


@field("Fulfillment.totalQuantity")
def total_quantity(made: Record, call: Call, sent: Record) -> int:
    return sum(row["quantity"] for row in made["rows"])


@field("Fulfillment.trackingInfo", takes="first")
def tracking_info(made: Record, call: Call, sent: Record) -> list[Record]:
    found = made["tracking"]
    numbers = found.get("numbers") or ([found["number"]] if found.get("number") else [])
    urls = found.get("urls") or ([found["url"]] if found.get("url") else [])
    company = found.get("company")
    known = URLS.get(str(company or "").casefold())
    shown = []
    for at in range(max(len(numbers), len(urls), 1 if company else 0)):
        number = numbers[at] if at < len(numbers) else None
        url = urls[at] if at < len(urls) else known.format(number) if known and number else None
        shown.append({"company": company, "number": number, "url": url})
    return shown[: sent.get("first")]


@field("Fulfillment.fulfillmentLineItems", takes=PAGING)
def fulfilment_lines(made: Record, call: Call, sent: Record) -> Connection:
    parts = [
        {
            "id": f"gid://shopify/FulfillmentLineItem/{made['number']}{row['number']:03d}",
            "lineItem": row["line"],
            "quantity": row["quantity"],
            "number": row["number"],
        }
        for row in made["rows"]
    ]
    return page(parts, sent)


@field("Mutation.fulfillmentCreate", "Mutation.fulfillmentCreateV2", takes="fulfillment message")
def create(_: Any, call: Call, sent: Record) -> Record:
    """Ship lines of fulfilment orders of one order and one location."""
    wanted = sent["fulfillment"]
    errors: list[Record] = []
    parts = _parts(call.shop, wanted["lineItemsByFulfillmentOrder"], errors)
    if not errors and not parts:
        errors.append(user_error("Nothing is left to fulfill.", ["fulfillment"]))
    if errors:
        return {"userErrors": errors}
    tracking = dict(wanted.get("trackingInfo") or {})
    made = fulfilment.ship(call.shop, parts, tracking, notify=bool(wanted.get("notifyCustomer")))
    return {"fulfillment": made}


def _parts(shop: Shop, groups: list[Record], errors: list[Record]) -> list[tuple[Record, int]]:
    parts: list[tuple[Record, int]] = []
    first: Record | None = None
    for group in groups:
        held = shop.find("FulfillmentOrder", group["fulfillmentOrderId"])
        if held is None:
            errors.append(user_error("Fulfillment order does not exist.", ["fulfillment"]))
            return []
        if held["status"] not in ("OPEN", "IN_PROGRESS"):
            message = (
                f"Fulfillment order {held['number']} has an unfulfillable status= {held['status'].lower()}."
            )
            errors.append(user_error(message, ["fulfillment"]))
            return []
        first = first or held
        if held["order"] is not first["order"] or held["location"] is not first["location"]:
            message = "All fulfillment orders must belong to the same order and location."
            errors.append(user_error(message, ["fulfillment"]))
            return []
        parts += _rows(shop, held, group.get("fulfillmentOrderLineItems"), errors)
    given.too_many(len(parts), MOST_LINES)
    return parts


def _rows(
    shop: Shop, held: Record, wanted: list[Record] | None, errors: list[Record]
) -> list[tuple[Record, int]]:
    """Rows and quantities of one fulfilment order; all that is left when none are named."""
    if not wanted:
        return [(row, row["remainingQuantity"]) for row in held["rows"] if row["remainingQuantity"]]
    found = []
    for each in wanted:
        row = shop.find("FulfillmentOrderLineItem", each["id"])
        if row is None or row["fulfilment_order"] is not held:
            errors.append(user_error("Fulfillment order line item does not exist.", ["fulfillment"]))
        elif not 0 < each["quantity"] <= row["remainingQuantity"]:
            message = "Invalid fulfillment order line item quantity requested."
            errors.append(user_error(message, ["fulfillment"]))
        else:
            found.append((row, each["quantity"]))
    return found


@field(
    "Mutation.fulfillmentTrackingInfoUpdate",
    "Mutation.fulfillmentTrackingInfoUpdateV2",
    takes="fulfillmentId trackingInfoInput notifyCustomer",
)
def track(_: Any, call: Call, sent: Record) -> Record:
    """Put new tracking on a fulfilment."""
    made = call.shop.find("Fulfillment", sent["fulfillmentId"])
    if made is None:
        return {"userErrors": [user_error("Fulfillment does not exist.", ["fulfillmentId"])]}
    if made["status"] == "CANCELLED":
        return {"userErrors": [user_error("Fulfillment is cancelled.", ["fulfillmentId"])]}
    tracking = dict(sent["trackingInfoInput"])
    fulfilment.tracked(call.shop, made, tracking, notify=bool(sent.get("notifyCustomer")))
    return {"fulfillment": made}


@field("Mutation.fulfillmentCancel", takes="id")
def cancel(_: Any, call: Call, sent: Record) -> Record:
    """Take a fulfilment back."""
    made = call.shop.find("Fulfillment", sent["id"])
    if made is None or made["status"] == "CANCELLED":
        return {"userErrors": [user_error("Fulfillment does not exist or is cancelled.", ["id"])]}
    fulfilment.undo(call.shop, made)
    return {"fulfillment": made}
