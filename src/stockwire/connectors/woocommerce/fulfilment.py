"""Tell the shop what was sent: as a note on its order, to the customer or for the shop's people only.

WooCommerce itself has no shipments. A note carries our reference and the tracking number, and is looked for
before another is written, so telling can be repeated. The order is completed only when a setting says so, and
only once everything on it was told of.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from stockwire.connectors.woocommerce.api import Api, object_of, rows_of
from stockwire.connectors.woocommerce.order_settings import NEVER_RAISED
from stockwire.connectors.woocommerce.refusals import MISSING_ORDER, explain
from stockwire.connectors.woocommerce.settings import WooCommerceSettings
from stockwire.connectors.woocommerce.translate import sku_key
from stockwire.domain.records import Shipment
from stockwire.errors import Refused, StockwireError
from stockwire.ports import Done, Failed, Link, Outcome

_NO_COURIER = {"", "to be determined"}
_SENT = re.compile(r"^(\d+) x (.+)$", re.MULTILINE)
_EVERYTHING = "Everything that was ordered"


def ship(api: Api, settings: WooCommerceSettings, shipment: Shipment) -> Outcome:
    """Done with the id of the note."""
    try:
        return _ship(api, settings, shipment)
    except StockwireError as error:
        return Failed(error)


def _ship(api: Api, settings: WooCommerceSettings, shipment: Shipment) -> Outcome:
    code = shipment.channel_order_code
    if not code.isdecimal():
        raise Refused(
            f"Order {code!r}: this is no WooCommerce order id.", hint="Correct the order of this shipment."
        )
    order = _order(api, code)
    name = f"Order {order.get('number') or code}"
    status = str(order.get("status") or "")
    if status in NEVER_RAISED:
        raise Refused(
            f"{name}: it is {status} in the shop, so its customer is not told of the shipment.",
            hint="Call the goods back, or set the order right in the shop and retry.",
        )
    notes = _notes(api, code)
    note = next((one for one in notes if _is_told(one["note"], shipment)), None)
    done = f"{name}: the shop knew of this shipment already."
    if note is None:
        text = _text(shipment)
        body = {"note": text, "customer_note": shipment.notify_customer}
        note = object_of(api.call("POST", f"/orders/{code}/notes", body=body))
        notes.append({"id": note["id"], "note": text})
        told = "its customer was told" if shipment.notify_customer else "a private note was left"
        done = f"{name}: {told} of the shipment."
    if settings.complete_order_enabled and status != "completed" and _is_all_sent(order, notes):
        api.call("PUT", f"/orders/{code}", {"_fields": "id"}, {"status": "completed"})
        done = f"{done} It is completed."
    return Done(Link(str(note["id"])), note=done)


def _order(api: Api, code: str) -> dict[str, Any]:
    answer = api.get(f"/orders/{code}", {"_fields": "id,number,status,line_items"}, accept=(404,))
    if answer.error is None:
        return object_of(answer)
    if answer.error.code == MISSING_ORDER:
        raise Refused(
            f"Order {code}: the shop no longer has it, so it cannot be told of its shipment.",
            hint="Nothing to do if the order was deleted in the shop.",
        )
    raise explain(answer.error)


def _notes(api: Api, code: str) -> list[dict[str, Any]]:
    """All notes of the order, as plain text: the shop may give letters back escaped, and lines as tags."""
    rows = rows_of(api.get(f"/orders/{code}/notes", {"_fields": "id,note"}))
    return [{"id": row["id"], "note": _plain(str(row.get("note") or ""))} for row in rows]


def _plain(text: str) -> str:
    return html.unescape(re.sub(r"<br\s*/?>|</p>", "\n", text)).replace("\r\n", "\n")


def _text(shipment: Shipment) -> str:
    """One line for each item, one for the courier, one for our reference; `_is_told` reads them again."""
    lines = [f"{line.quantity} x {line.sku}" for line in shipment.lines] or [f"{_EVERYTHING} is on its way."]
    intro = ["On its way:"] if shipment.lines else []
    by = "" if shipment.tracking_company.strip().lower() in _NO_COURIER else shipment.tracking_company.strip()
    courier = " ".join(part for part in (by, shipment.tracking_number.strip()) if part)
    tracking = [part for part in (courier, shipment.tracking_url.strip()) if part]
    return "\n".join([*intro, *lines, *tracking, _reference(shipment)])


def _reference(shipment: Shipment) -> str:
    return f"Reference: {shipment.key}"


def _is_told(note: str, shipment: Shipment) -> bool:
    """Ours, and it names the tracking number; a shipment that gets one later is told of again."""
    lines = [line.strip() for line in note.split("\n")]
    tracking = re.escape(shipment.tracking_number.strip())
    is_tracked = not tracking or re.search(rf"(?<!\S){tracking}(?!\S)", note) is not None
    return _reference(shipment) in lines and is_tracked


def _is_all_sent(order: dict[str, Any], notes: Sequence[dict[str, Any]]) -> bool:
    """Whether the notes of ours name every unit of the order. Each reference counts once."""
    sent: Counter[str] = Counter()
    counted: set[str] = set()
    for note in notes:
        reference = re.search(r"^Reference: (.+)$", note["note"], re.MULTILINE)
        if reference is None or reference[1].strip() in counted:
            continue
        counted.add(reference[1].strip())
        if note["note"].startswith(_EVERYTHING):
            return True
        for count, sku in _SENT.findall(note["note"]):
            sent[sku_key(sku)] += int(count)
    ordered: Counter[str] = Counter()
    for line in order.get("line_items") or []:
        ordered[sku_key(str(line.get("sku") or ""))] += int(line.get("quantity") or 0)
    return bool(ordered) and all(sent[sku] >= count for sku, count in ordered.items())
