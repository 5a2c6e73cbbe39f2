"""Stock: absolute figures of any products together, 250 in a call, each only where the shop still holds what
we last knew.

A figure that moved meanwhile is read again and judged: it may already be right, it may be lowered (which
never oversells), and it is raised only when the shop's last change is old enough for its order to be known
here. A key is used for one attempt and never again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stockwire.connectors.shopify.items import Item, StockRow, Target, fail, gid, number
from stockwire.connectors.shopify.line import Line
from stockwire.connectors.shopify.operations import ACTIVATE, SET_QUANTITIES, STOCK_NOW, Write
from stockwire.connectors.shopify.places import default_location
from stockwire.connectors.shopify.refusals import UserError, explain_row, user_errors
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.errors import StockwireError, TryLater

STALE = "CHANGE_FROM_QUANTITY_STALE"
UNSTOCKED = "not stocked at the location"  # its code has left the published list
_ROUNDS = 4
_AGAIN_S = 2.0
_ACTIVATIONS_PER_CALL = 25


@dataclass(slots=True, eq=False)
class Row:
    """One figure on its way."""

    item: Item
    target: Target
    stock: StockRow

    def fail(self, error: StockwireError) -> None:
        fail(self.item, self.target, error)

    def done(self) -> None:
        self.target.seen[self.stock.name] = self.stock.after


@dataclass(frozen=True, slots=True)
class Held:
    """What the shop holds: None where the item is not stocked there."""

    quantity: int | None
    changed_at: datetime | None
    tracked: bool


def send(line: Line, settings: ShopifySettings, items: Sequence[Item]) -> None:
    """Set every figure of these items that is not set yet."""
    rows = [
        Row(item, target, stock)
        for item in items
        if not item.is_failed and not item.is_lost
        for target in item.open_targets()
        if target.item and not target.is_done
        for stock in target.stock
    ]
    if not rows:
        return
    try:
        for row in rows:
            row.stock.location = row.stock.location or default_location(line, settings)
    except StockwireError as error:
        for row in rows:
            row.fail(error)
        return
    stale = _set(line, settings, _once_each(rows))
    if stale:
        again = _judged(line, settings, stale)
        for row in _set(line, settings, again):
            row.fail(
                TryLater(
                    f"{row.target.sku}: its stock moved in the shop while it was being set.",
                    hint="It is read again and set by itself.",
                    after_s=_AGAIN_S,
                )
            )


def _once_each(rows: Sequence[Row]) -> list[Row]:
    """The shop takes one row for each item and location: the last one said counts."""
    found: dict[tuple[str, str], Row] = {}
    for row in rows:
        earlier = found.get((row.target.item, row.stock.location))
        if earlier is not None and earlier.target is not row.target:
            row.fail(
                TryLater(
                    f"{row.target.sku}: {earlier.target.sku} is the same item of the shop.", after_s=60.0
                )
            )
            continue
        found[(row.target.item, row.stock.location)] = row
    return list(found.values())


def _set(line: Line, settings: ShopifySettings, rows: Sequence[Row]) -> list[Row]:
    """Set the rows, resending the good ones of a call that bad ones spoiled. Returns the stale ones."""
    stale: list[Row] = []
    unstocked: list[Row] = []
    waiting = list(rows)
    for _ in range(_ROUNDS):
        spoiled: list[Row] = []
        for start in range(0, len(waiting), settings.batch_size_max):
            chunk = waiting[start : start + settings.batch_size_max]
            spoiled += _set_chunk(line, chunk, stale, unstocked)
        waiting = spoiled
        if not waiting:
            break
    for row in waiting:
        row.fail(
            TryLater(f"{row.target.sku}: the shop kept refusing the call its stock was in.", after_s=_AGAIN_S)
        )
    _activate(line, unstocked)
    return stale


def _set_chunk(line: Line, chunk: list[Row], stale: list[Row], unstocked: list[Row]) -> list[Row]:
    key = str(uuid.uuid4())
    given = {
        "input": {
            "name": "available",
            "reason": "correction",
            "referenceDocumentUri": f"gid://stockwire/StockSync/{key}",
            "quantities": [
                {
                    "inventoryItemId": gid("InventoryItem", row.target.item),
                    "locationId": gid("Location", row.stock.location),
                    "quantity": row.stock.after,
                    "changeFromQuantity": row.stock.before,
                }
                for row in chunk
            ],
        },
        "key": key,
    }
    resend: list[Row] = []

    def settle(_: int, payload: Mapping[str, Any]) -> None:
        errors = user_errors(payload)
        if not errors:
            for row in chunk:
                row.done()
            return
        wrong: dict[int, UserError] = {}
        for error in errors:
            if error.index is None or error.index >= len(chunk):
                for row in chunk:
                    row.fail(explain_row(row.target.sku, error))
                return
            wrong.setdefault(error.index, error)
        for at, row in enumerate(chunk):
            if at not in wrong:
                resend.append(row)
            elif wrong[at].code == STALE:
                stale.append(row)
            elif UNSTOCKED in wrong[at].message:
                unstocked.append(row)
            elif wrong[at].is_gone and wrong[at].code != "INVALID_LOCATION" and not row.item.is_second_try:
                _missing(row)
            else:
                row.fail(explain_row(row.target.sku, wrong[at]))

    def failed(_: int, error: StockwireError) -> None:
        for row in chunk:
            row.fail(error)

    line.write("SetStock", [Write(SET_QUANTITIES, given)], 1, settle, failed)
    return resend


def _missing(row: Row) -> None:
    """The item is not there: the product may be another one by now, which is looked into afterwards."""
    if row.item.is_simple:
        row.item.is_lost = True
    else:
        row.target.is_missing = True


def _judged(line: Line, settings: ShopifySettings, rows: Sequence[Row]) -> list[Row]:
    """Read what the shop holds now. Returns the rows to set from there; the others have their outcome."""
    again: list[Row] = []
    for location in dict.fromkeys(row.stock.location for row in rows):
        there = [row for row in rows if row.stock.location == location]
        for start in range(0, len(there), 250):
            chunk = there[start : start + 250]
            try:
                held = _held(line, location, [row.target.item for row in chunk])
            except StockwireError as error:
                for row in chunk:
                    row.fail(error)
                continue
            again += [row for row in chunk if _judge(row, held.get(row.target.item), line.api.now, settings)]
    return again


def _judge(row: Row, held: Held | None, now: Callable[[], datetime], settings: ShopifySettings) -> bool:
    if held is None:
        if not row.item.is_second_try:
            _missing(row)
        else:
            row.fail(explain_row(row.target.sku, UserError("The inventory item does not exist.")))
        return False
    if held.quantity == row.stock.after:
        row.done()
        return False
    if held.quantity is not None and held.quantity < row.stock.after and held.changed_at is not None:
        left_s = settings.stale_wait_s - (now() - held.changed_at).total_seconds()
        if left_s > 0:
            row.fail(
                TryLater(
                    f"{row.target.sku}: the shop sold or changed it a moment ago and shows {held.quantity}; "
                    f"raising it to {row.stock.after} waits until its orders are here.",
                    hint="Nothing to do: it goes on by itself (stale_wait_s).",
                    after_s=left_s,
                )
            )
            return False
    row.stock.before = held.quantity
    return True


def _held(line: Line, location: str, items: Sequence[str]) -> dict[str, Held]:
    given = {"ids": [gid("InventoryItem", code) for code in items], "location": gid("Location", location)}
    found: dict[str, Held] = {}
    for node in line.run(STOCK_NOW, given).root("nodes") or []:
        if not node or not node.get("id"):
            continue
        level = node.get("inventoryLevel") or {}
        rows: list[dict[str, Any]] = level.get("quantities") or []
        available = next((row for row in rows if row["name"] == "available"), {})
        changed = available.get("updatedAt")
        found[number(node["id"])] = Held(
            available.get("quantity"),
            datetime.fromisoformat(str(changed).replace("Z", "+00:00")) if changed else None,
            bool(node.get("tracked")),
        )
    return found


def _activate(line: Line, rows: Sequence[Row]) -> None:
    """Stock an item at a location where it was not kept before."""

    def settle(at: int, payload: Mapping[str, Any]) -> None:
        if errors := user_errors(payload):
            rows[at].fail(explain_row(rows[at].target.sku, errors[0]))
        else:
            rows[at].target.notes.append("Its stock is kept at this location from now on.")
            rows[at].done()

    writes = [
        Write(
            ACTIVATE,
            {
                "inventoryItemId": gid("InventoryItem", row.target.item),
                "locationId": gid("Location", row.stock.location),
                "available": row.stock.after,
                "key": str(uuid.uuid4()),
            },
        )
        for row in rows
    ]
    line.write("ActivateStock", writes, _ACTIVATIONS_PER_CALL, settle, lambda at, error: rows[at].fail(error))
