"""Stock through the API: inventorySetQuantities with compare-and-set, inventoryActivate and their like.

A repeat with the same idempotency key is handled where the call is executed. Whether a call with one stale
row still writes the others is not known; assumed is that it writes nothing (`set_quantities_all_or_nothing`).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from stockwire.simulators.shopify import catalogue, given, places
from stockwire.simulators.shopify.fields import field, inputs, not_simulated, refused, user_error

if TYPE_CHECKING:
    from stockwire.simulators.shopify.fields import Call
    from stockwire.simulators.shopify.shop import Record, Shop

MOST_ROWS = 250
MOST = 1_000_000_000
REASONS = frozenset(
    (
        "correction",
        "cycle_count_available",
        "damaged",
        "movement_canceled",
        "movement_created",
        "movement_received",
        "movement_updated",
        "other",
        "promotion",
        "quality_control",
        "received",
        "reservation_created",
        "reservation_deleted",
        "reservation_updated",
        "restock",
        "safety_stock",
        "shrinkage",
    )
)

inputs("InventorySetQuantitiesInput", "name reason referenceDocumentUri quantities ignoreCompareQuantity")
inputs("InventoryQuantityInput", "inventoryItemId locationId quantity changeFromQuantity compareQuantity")
inputs("InventoryAdjustQuantitiesInput", "name reason referenceDocumentUri changes")
inputs("InventoryChangeInput", "delta inventoryItemId locationId changeFromQuantity")


@field("Mutation.inventorySetQuantities", takes="input")
def set_quantities(_: Any, call: Call, sent: Record) -> Record:
    """Set available or on_hand of up to 250 (item, location) pairs, compared with what they were."""
    shop, wanted = call.shop, sent["input"]
    rows = wanted["quantities"]
    given.too_many(len(rows), MOST_ROWS)
    if call.version >= "2026-04" and any("changeFromQuantity" not in row for row in rows):
        raise refused(
            "InventoryQuantityInput must include the following argument: changeFromQuantity.",
            "INVALID_FIELD_ARGUMENTS",
        )
    errors = _heading_errors(wanted)
    if errors:
        return {"userErrors": errors}
    ready, errors = _compared(shop, wanted)
    errors = _with_fault(call, rows, errors)
    if errors and shop.options.set_quantities_all_or_nothing:
        return {"userErrors": errors}
    bad = {error["field"][2] for error in errors}
    changes = []
    for at, level, amount in ready:
        if str(at) in bad:
            continue
        change = places.put(shop, level, wanted["name"], amount)
        changes += _changes(level, change)
    if ready:
        places.told(shop, [level for at, level, _ in ready if str(at) not in bad])
    group = _group(shop, wanted, changes) if changes or not errors else None
    return {"inventoryAdjustmentGroup": group, "userErrors": errors}


@field("Mutation.inventoryAdjustQuantities", takes="input")
def adjust_quantities(_: Any, call: Call, sent: Record) -> Record:
    """Change `available` by differences."""
    shop, wanted = call.shop, sent["input"]
    rows = wanted["changes"]
    given.too_many(len(rows), MOST_ROWS)
    if call.version >= "2026-04" and any("changeFromQuantity" not in row for row in rows):
        raise refused(
            "InventoryChangeInput must include the following argument: changeFromQuantity.",
            "INVALID_FIELD_ARGUMENTS",
        )
    if wanted["name"] != "available":
        raise not_simulated(f"inventoryAdjustQuantities of {wanted['name']!r}")
    errors: list[Record] = []
    if wanted["reason"] not in REASONS:
        errors.append(user_error("The specified reason is invalid.", ["input", "reason"], "INVALID_REASON"))
    ready = []
    for at, row in enumerate(rows):
        level = _level(shop, row, ["input", "changes", str(at)], errors)
        if level is None:
            continue
        expected = row.get("changeFromQuantity")
        if expected is not None and expected != places.quantity(level, "available"):
            message = "The changeFromQuantity value does not match persisted value."
            path = ["input", "changes", str(at), "changeFromQuantity"]
            errors.append(user_error(message, path, "CHANGE_FROM_QUANTITY_STALE"))
        ready.append((level, row["delta"]))
    if errors:
        return {"userErrors": errors}
    changes = []
    for level, delta in ready:
        places.moved(shop, level, {"available": delta})
        changes += _changes(level, delta)
    places.told(shop, [level for level, _ in ready])
    return {"inventoryAdjustmentGroup": _group(shop, wanted, changes)}


@field("Mutation.inventoryActivate", takes="inventoryItemId locationId available onHand")
def activate(_: Any, call: Call, sent: Record) -> Record:
    """Stock an item at a location, with a first quantity if it was not stocked there."""
    shop = call.shop
    item, location = (
        shop.find("InventoryItem", sent["inventoryItemId"]),
        shop.find("Location", sent["locationId"]),
    )
    if item is None:
        message = "The product couldn't be stocked because it wasn't found."
        return {"userErrors": [user_error(message, ["inventoryItemId"])]}
    if location is None:
        message = "The product couldn't be stocked because the location wasn't found."
        return {"userErrors": [user_error(message, ["locationId"])]}
    held = places.level_at(item, location)
    if held is not None and (sent.get("available") is not None or sent.get("onHand") is not None):
        message = "Not allowed to set available quantity when the item is already active at the location."
        return {"inventoryLevel": held, "userErrors": [user_error(message, ["available"])]}
    level = places.stocked(shop, item, location)
    for name, argument in (("available", "available"), ("on_hand", "onHand")):
        if sent.get(argument) is not None:
            places.put(shop, level, name, sent[argument])
    places.told(shop, [level])
    return {"inventoryLevel": level}


@field("Mutation.inventoryItemUpdate", takes="id input")
def update_item(_: Any, call: Call, sent: Record) -> Record:
    """Change SKU, tracking, cost and so on of an inventory item."""
    item = call.shop.find("InventoryItem", sent["id"])
    if item is None:
        return {"userErrors": [user_error("The inventory item couldn't be found.", ["id"])]}
    given.write_item(call.shop, item, sent["input"])
    variant = item["variant"]
    catalogue.changed(call.shop, variant["product"], variants=[variant])
    return {"inventoryItem": item}


def _heading_errors(wanted: Record) -> list[Record]:
    errors = []
    if wanted["name"] not in ("available", "on_hand"):
        message = "The quantity name must be either 'available' or 'on_hand'."
        errors.append(user_error(message, ["input", "name"], "INVALID_NAME"))
    if wanted["reason"] not in REASONS:
        message = "The specified reason is invalid."
        errors.append(user_error(message, ["input", "reason"], "INVALID_REASON"))
    reference = wanted.get("referenceDocumentUri")
    if reference is not None and ":" not in reference:
        message = "The specified reference document is invalid."
        errors.append(user_error(message, ["input", "referenceDocumentUri"], "INVALID_REFERENCE_DOCUMENT"))
    return errors


def _compared(shop: Shop, wanted: Record) -> tuple[list[tuple[int, Record, int]], list[Record]]:
    """Every row with its level, and what is wrong with the rows."""
    rows = wanted["quantities"]
    errors: list[Record] = []
    pairs = Counter((row["inventoryItemId"], row["locationId"]) for row in rows)
    ready = []
    for at, row in enumerate(rows):
        path = ["input", "quantities", str(at)]
        level = _level(shop, row, path, errors)
        if pairs[(row["inventoryItemId"], row["locationId"])] > 1:
            message = "The combination of inventoryItemId and locationId must be unique."
            code = "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
            errors.append(user_error(message, [*path, "locationId"], code))
            continue
        _check_amount(wanted, row, path, errors)
        if level is None:
            continue
        errors += _compare(wanted, row, level, path)
        ready.append((at, level, row["quantity"]))
    return ready, errors


def _check_amount(wanted: Record, row: Record, path: list[str], errors: list[Record]) -> None:
    amount, where = row["quantity"], [*path, "quantity"]
    if amount > MOST:
        message = "The total quantity can't be higher than 1,000,000,000."
        errors.append(user_error(message, where, "INVALID_QUANTITY_TOO_HIGH"))
    elif amount < -MOST:
        message = "The total quantity can't be lower than -1,000,000,000."
        errors.append(user_error(message, where, "INVALID_QUANTITY_TOO_LOW"))
    elif amount < 0 and wanted["name"] == "on_hand":
        errors.append(user_error("The quantity can't be negative.", where, "INVALID_QUANTITY_NEGATIVE"))


def _compare(wanted: Record, row: Record, level: Record, path: list[str]) -> list[Record]:
    """Compare-and-set: by changeFromQuantity (null: not), before 2026-04 also by compareQuantity."""
    held = places.quantity(level, wanted["name"])
    if "changeFromQuantity" in row:
        if row["changeFromQuantity"] in (None, held):
            return []
        message = "The changeFromQuantity value does not match persisted value."
        return [user_error(message, [*path, "changeFromQuantity"], "CHANGE_FROM_QUANTITY_STALE")]
    if wanted.get("ignoreCompareQuantity"):
        return []
    if row.get("compareQuantity") is None:
        message = (
            "The compareQuantity argument must be given to each quantity or ignored using "
            "ignoreCompareQuantity."
        )
        return [user_error(message, ["input", "ignoreCompareQuantity"], "COMPARE_QUANTITY_REQUIRED")]
    if row["compareQuantity"] != held:
        message = "The compareQuantity value does not match persisted value."
        return [user_error(message, [*path, "compareQuantity"], "COMPARE_QUANTITY_STALE")]
    return []


def _level(shop: Shop, row: Record, path: list[str], errors: list[Record]) -> Record | None:
    item = shop.find("InventoryItem", row["inventoryItemId"])
    if item is None:
        message = "The specified inventory item could not be found."
        errors.append(user_error(message, [*path, "inventoryItemId"], "INVALID_INVENTORY_ITEM"))
        return None
    location = shop.find("Location", row["locationId"])
    if location is None or not location["isActive"]:
        message = "The specified location could not be found."
        errors.append(user_error(message, [*path, "locationId"], "INVALID_LOCATION"))
        return None
    level = places.level_at(item, location)
    if level is None and shop.options.unstocked_is_refused:
        message = "The specified inventory item is not stocked at the location."
        errors.append(user_error(message, [*path, "locationId"], "ITEM_NOT_STOCKED_AT_LOCATION"))
        return None
    # Quantities can be set at any location (changelog: removal-of-itemnotstockedatlocation-error); the level
    # stays inactive, so nothing is sold from there.
    return level or places.level_for(shop, item, location)


def _with_fault(call: Call, rows: list[Record], errors: list[Record]) -> list[Record]:
    """The fault "partial": the shop has trouble with the first rows."""
    if not call.fault_items:
        return errors
    message = "Something went wrong, please try again."
    return errors + [
        user_error(message, ["input", "quantities", str(at)])
        for at in range(min(call.fault_items, len(rows)))
    ]


def _changes(level: Record, change: int) -> list[Record]:
    """Recorded: each change shows `available` and, mirrored, `on_hand`; the quantity after it is null."""
    return [
        {
            "name": name,
            "delta": change,
            "item": level["item"],
            "location": level["location"],
            "quantityAfterChange": None,
            "ledgerDocumentUri": None,
        }
        for name in ("available", "on_hand")
    ]


def _group(shop: Shop, wanted: Record, changes: list[Record]) -> Record:
    number = shop.next_number("InventoryAdjustmentGroup")
    return {
        "__typename": "InventoryAdjustmentGroup",
        "id": f"gid://shopify/InventoryAdjustmentGroup/{number}",
        "createdAt": shop.now(),
        "reason": wanted["reason"],
        "referenceDocumentUri": wanted.get("referenceDocumentUri"),
        "changes": changes,
    }
