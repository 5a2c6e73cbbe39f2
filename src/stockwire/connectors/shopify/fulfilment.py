"""Tell the shop what was sent. Safe to repeat: what is already told is found in the shop and not told again.

The shop has no key for a fulfilment, so what remains to be sent is read before each call, and a shipment is
known again by its tracking number, or by its exact lines where no other shipment has them. Tracking that
comes later is added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stockwire.connectors.shopify.api import Api
from stockwire.connectors.shopify.items import gid, number
from stockwire.connectors.shopify.operations import Root, Write, together
from stockwire.connectors.shopify.order_operations import FULFIL, FULFILMENTS, TRACK
from stockwire.connectors.shopify.refusals import user_errors
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.domain.mapping import escape_of, render_json
from stockwire.domain.records import Shipment
from stockwire.domain.templates import TemplateError, compile  # noqa: A004 - as in re.compile
from stockwire.errors import Refused, StockwireError
from stockwire.ports import Done, Failed, Link, Outcome

_OPEN = frozenset({"OPEN", "IN_PROGRESS"})
_LIVING = frozenset({"SUCCESS", "OPEN", "PENDING"})
_NO_COURIER = frozenset({"", "to be determined"})


def ship(api: Api, settings: ShopifySettings, shipment: Shipment) -> Outcome:
    """Done with the ids of the fulfilments, joined by commas where several locations sent."""
    try:
        return _ship(api, settings, shipment)
    except StockwireError as error:
        return Failed(error)


def _ship(api: Api, settings: ShopifySettings, shipment: Shipment) -> Outcome:
    code = shipment.channel_order_code
    order = api.run(FULFILMENTS, {"id": gid("Order", code)}).root("order")
    if order is None:
        raise Refused(
            f"Order {code}: the shop no longer has it, so it cannot be told of its shipment.",
            hint="Nothing to do if the order was deleted in the shop.",
        )
    name = str(order["name"])
    wanted = _wanted(shipment, order)
    told = _told(shipment, order, wanted)
    if told is not None:
        return _tell_tracking(api, settings, shipment, name, told)
    plan, missing = _plan(order, wanted)
    if not plan:
        if order.get("cancelledAt"):
            raise Refused(
                f"Order {name}: it was cancelled in the shop, so nothing of it can be sent.",
                hint="Call the goods back, or have the order placed again.",
            )
        raise Refused(
            f"Order {name}: nothing of this shipment is left to be sent in the shop.",
            hint="It was fulfilled there by somebody else, or is on hold. Look at it in the shop's admin.",
        )
    made = [_create(api, shipment, settings, name, parts) for parts in plan.values()]
    notes = [f"Order {name} was told that it is on its way."]
    notes += [f"{sku}: {count} of them were not open in the shop." for sku, count in missing.items() if count]
    return Done(Link(",".join(made)), note=" ".join(notes))


def _wanted(shipment: Shipment, order: Mapping[str, Any]) -> dict[str, int] | None:
    """Units by id of the order's line; None for everything that is left."""
    if not shipment.lines:
        return None
    by_sku: dict[str, list[str]] = {}
    for row in _rows(order):
        by_sku.setdefault(str(row.get("sku") or "").strip().casefold(), []).append(
            number(row["lineItem"]["id"])
        )
    wanted: dict[str, int] = {}
    for line in shipment.lines:
        code = line.channel_line_code
        if not code:
            found = list(dict.fromkeys(by_sku.get(line.sku.strip().casefold(), [])))
            if not found:
                raise Refused(
                    f"Order {order['name']}: the shop's order has no line with SKU {line.sku}.",
                    hint="Ship it under the SKU that was ordered.",
                )
            code = found[0]
        wanted[code] = wanted.get(code, 0) + line.quantity
    return wanted


def _told(
    shipment: Shipment, order: Mapping[str, Any], wanted: Mapping[str, int] | None
) -> Mapping[str, Any] | None:
    """The fulfilment in the shop that is this shipment already: with its tracking number, or its exact lines
    and nobody else's. The shop keeps no key of ours that could be asked for."""
    living = [
        row
        for row in order.get("fulfillments") or []
        if row.get("status") in _LIVING and number(row["id"]) not in shipment.others
    ]
    for row in living:
        numbers = {str(info.get("number") or "") for info in row.get("trackingInfo") or []}
        if shipment.tracking_number and shipment.tracking_number in numbers:
            return dict(row)
    open_ones = [row for row in living if not (_tracking_of(row) and shipment.tracking_number)]
    if wanted is None:
        left = sum(int(row["remainingQuantity"]) for row in _rows(order))
        return dict(open_ones[-1]) if open_ones and not left else None
    for row in open_ones:
        sent: dict[str, int] = {}
        for part in (row.get("fulfillmentLineItems") or {}).get("nodes") or []:
            code = number(part["lineItem"]["id"])
            sent[code] = sent.get(code, 0) + int(part["quantity"])
        if sent == dict(wanted):
            return dict(row)
    return None


def _tracking_of(row: Mapping[str, Any]) -> str:
    infos = row.get("trackingInfo") or []
    return next((str(info["number"]) for info in infos if info.get("number")), "")


def _tell_tracking(
    api: Api, settings: ShopifySettings, shipment: Shipment, name: str, told: Mapping[str, Any]
) -> Done:
    link = Link(number(told["id"]))
    info = _mapped(shipment, settings, name)[0]
    held = (told.get("trackingInfo") or [{}])[0]
    known = {
        "number": str(held.get("number") or ""),
        "company": str(held.get("company") or ""),
        "url": str(held.get("url") or ""),
    }
    if not info or all(known.get(key) == value for key, value in info.items()):
        return Done(link, note=f"Order {name} knew of this shipment already.")
    given = {
        "fulfillmentId": told["id"],
        "trackingInfoInput": info,
        "notifyCustomer": _mapped(shipment, settings, name)[1],
    }
    _call(api, TRACK, given, name)
    return Done(link, note=f"Order {name} got the tracking of this shipment.")


def _plan(
    order: Mapping[str, Any], wanted: Mapping[str, int] | None
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, int]]:
    """Parts of fulfilment orders by location (one fulfilment has one location), and what is not open."""
    left = dict(wanted) if wanted is not None else {}
    names: dict[str, str] = {}
    plan: dict[str, list[dict[str, Any]]] = {}
    for fulfilment_order in (order.get("fulfillmentOrders") or {}).get("nodes") or []:
        actions = {row.get("action") for row in fulfilment_order.get("supportedActions") or []}
        if fulfilment_order.get("status") not in _OPEN or (actions and "CREATE_FULFILLMENT" not in actions):
            continue
        rows = []
        for row in fulfilment_order["lineItems"]["nodes"]:
            code = number(row["lineItem"]["id"])
            names[code] = str(row.get("sku") or code)
            open_now = int(row["remainingQuantity"])
            count = open_now if wanted is None else min(open_now, left.get(code, 0))
            if count > 0:
                rows.append({"id": row["id"], "quantity": count})
                left[code] = left.get(code, 0) - count
        if rows:
            location = str(((fulfilment_order.get("assignedLocation") or {}).get("location") or {}).get("id"))
            plan.setdefault(location, []).append(
                {"fulfillmentOrderId": fulfilment_order["id"], "fulfillmentOrderLineItems": rows}
            )
    missing = {names.get(code, code): count for code, count in left.items() if count > 0}
    return plan, missing if wanted is not None else {}


def _create(
    api: Api, shipment: Shipment, settings: ShopifySettings, name: str, parts: Sequence[dict[str, Any]]
) -> str:
    info, notify = _mapped(shipment, settings, name)
    fulfilment: dict[str, Any] = {"lineItemsByFulfillmentOrder": list(parts), "notifyCustomer": notify}
    if info:
        fulfilment["trackingInfo"] = info
    payload = _call(api, FULFIL, {"fulfillment": fulfilment}, name)
    return number(payload["fulfillment"]["id"])


def tracking(shipment: Shipment) -> dict[str, str]:
    """Nothing until there is a number: couriers are often named before they are chosen."""
    if not shipment.tracking_number:
        return {}
    info = {"number": shipment.tracking_number}
    if shipment.tracking_company.strip().casefold() not in _NO_COURIER:
        info["company"] = shipment.tracking_company
    if shipment.tracking_url:
        info["url"] = shipment.tracking_url
    return info


def _mapped(shipment: Shipment, settings: ShopifySettings, name: str) -> tuple[dict[str, str], bool]:
    """What is told of the courier, and whether the customer is mailed; fulfillment_map may say otherwise.

    Its result is {"fulfillment": {tracking_number, tracking_company, tracking_url, notify_customer}}; it sees
    the shipment under the same names, alone and below `fulfillment` (ASSUMPTION: the guide shows the result
    only). A location_id in it is passed over: the shop says which location a line is sent from.
    """
    notify = settings.notify_customer and shipment.notify_customer
    info = tracking(shipment)
    if not settings.fulfillment_map or not info:
        return info, notify
    known = {
        "tracking_number": shipment.tracking_number,
        "tracking_company": info.get("company", ""),
        "tracking_url": shipment.tracking_url,
        "notify_customer": "true" if notify else "false",
    }
    try:
        template = compile(settings.fulfillment_map, escape=escape_of("fulfillment_map"))
        found = render_json(template, {**known, "fulfillment": known}, label=f"Order {name}")
    except TemplateError as error:
        raise Refused(
            f"Order {name}: fulfillment_map cannot be used: {error}",
            hint="Correct fulfillment_map in the channel's settings, then ship again.",
        ) from None
    told = found.get("fulfillment") if isinstance(found, Mapping) else None
    told = told if isinstance(told, Mapping) else {}
    names = {"number": "tracking_number", "company": "tracking_company", "url": "tracking_url"}
    mapped = {ours: str(told[theirs]) for ours, theirs in names.items() if told.get(theirs)}
    if "notify_customer" in told:
        notify = str(told["notify_customer"]).strip().lower() in {"true", "1"}
    return mapped or info, notify


def _call(api: Api, root: Root, given: dict[str, Any], name: str) -> Mapping[str, Any]:
    payload = api.run(*together("Ship", [Write(root, given)])).root("w0")
    if errors := user_errors(payload):
        raise Refused(
            f"Order {name}: the shop refused the shipment: {errors[0].message}",
            hint="Look at the order in the shop's admin; it may be on hold, moved or fulfilled there.",
            detail=errors[0].detail,
        )
    return dict(payload)


def _rows(order: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        row
        for found in (order.get("fulfillmentOrders") or {}).get("nodes") or []
        for row in found["lineItems"]["nodes"]
    ]
