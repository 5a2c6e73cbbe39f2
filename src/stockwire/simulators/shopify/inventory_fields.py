"""How locations, inventory items and levels are read through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockwire.simulators.shopify import places
from stockwire.simulators.shopify.fields import PAGING, field, plain
from stockwire.simulators.shopify.pages import Connection, by_number, page
from stockwire.simulators.shopify.product_fields import ITEM_FILTERS, counted, found

if TYPE_CHECKING:
    from stockwire.simulators.shopify.fields import Call
    from stockwire.simulators.shopify.shop import Record

plain("Location", "id name isActive fulfillsOnlineOrders shipsInventory isPrimary isFulfillmentService")
plain("Location", "createdAt updatedAt")
plain("InventoryItem", "id sku tracked requiresShipping countryCodeOfOrigin harmonizedSystemCode")
plain("InventoryItem", "provinceCodeOfOrigin createdAt updatedAt variant")
plain("InventoryItemMeasurement", "id weight")
plain("Weight", "value unit")
plain("InventoryLevel", "id item location isActive createdAt updatedAt")
plain("InventoryQuantity", "id name quantity updatedAt")
plain("InventoryAdjustmentGroup", "id createdAt reason referenceDocumentUri")
plain("InventoryChange", "name delta item location quantityAfterChange ledgerDocumentUri")


@field("QueryRoot.location", takes="id")
def location(_: Any, call: Call, given: Record) -> Record | None:
    """Without an id, the first location."""
    if given.get("id") is None:
        return places.first_location(call.shop)
    return call.shop.find("Location", given["id"])


@field("QueryRoot.locations", takes=f"{PAGING} includeInactive")
def locations(_: Any, call: Call, given: Record) -> Connection:
    rows = list(call.shop.shelf("Location").values())
    return page([row for row in rows if row["isActive"] or given.get("includeInactive")], given)


@field("QueryRoot.inventoryItem", takes="id")
def item(_: Any, call: Call, given: Record) -> Record | None:
    return call.shop.find("InventoryItem", given["id"])


@field("QueryRoot.inventoryItems", takes=f"{PAGING} query")
def items(_: Any, call: Call, given: Record) -> Connection:
    return page(found(call.shop, "InventoryItem", given, ITEM_FILTERS), given)


@field("QueryRoot.inventoryLevel", takes="id")
def level(_: Any, call: Call, given: Record) -> Record | None:
    return places.level_of(call.shop, given["id"])


@field("Location.legacyResourceId", "InventoryItem.legacyResourceId")
def legacy_id(record: Record, call: Call, given: Record) -> int:
    return int(record["number"])


@field("InventoryItem.measurement")
def measurement(record: Record, call: Call, given: Record) -> Record:
    number = record["number"]
    return {"id": f"gid://shopify/InventoryItemMeasurement/{number}", "weight": record["weight"]}


@field("InventoryItem.unitCost")
def unit_cost(record: Record, call: Call, given: Record) -> Record | None:
    if record["cost"] is None:
        return None
    return {"amount": record["cost"], "currencyCode": call.shop.options.currency}


@field("InventoryItem.duplicateSkuCount")
def duplicate_sku_count(record: Record, call: Call, given: Record) -> int:
    if not record["sku"]:
        return 0
    shelf = call.shop.shelf("InventoryItem").values()
    return sum(1 for other in shelf if other is not record and other["sku"] == record["sku"])


@field("InventoryItem.locationsCount")
def locations_count(record: Record, call: Call, given: Record) -> Record:
    return counted(sum(1 for held in record["levels"].values() if held["isActive"]))


@field("InventoryItem.inventoryLevel", takes="locationId includeInactive")
def level_of_item(record: Record, call: Call, given: Record) -> Record | None:
    place = call.shop.find("Location", given["locationId"])
    held = record["levels"].get(place["number"]) if place else None
    return held if held and (held["isActive"] or given.get("includeInactive")) else None


@field("InventoryItem.inventoryLevels", takes=f"{PAGING} includeInactive")
def levels_of_item(record: Record, call: Call, given: Record) -> Connection:
    rows = [row for row in record["levels"].values() if row["isActive"] or given.get("includeInactive")]
    return page(sorted(rows, key=by_number), given)


@field("Location.inventoryLevels", takes=f"{PAGING} includeInactive")
def levels_at(record: Record, call: Call, given: Record) -> Connection:
    held = [item["levels"].get(record["number"]) for item in call.shop.shelf("InventoryItem").values()]
    rows = [row for row in held if row and (row["isActive"] or given.get("includeInactive"))]
    return page(sorted(rows, key=by_number), given)


@field("Location.inventoryLevel", takes="inventoryItemId includeInactive")
def level_at(record: Record, call: Call, given: Record) -> Record | None:
    held = call.shop.find("InventoryItem", given["inventoryItemId"])
    row = held["levels"].get(record["number"]) if held else None
    return row if row and (row["isActive"] or given.get("includeInactive")) else None


@field("InventoryLevel.quantities", takes="names")
def quantities(record: Record, call: Call, given: Record) -> list[Record]:
    return [
        {
            "id": f"gid://shopify/InventoryQuantity/{record['number']}?name={name}",
            "name": name,
            "quantity": places.quantity(record, name),
            "updatedAt": record["updatedAt"],
        }
        for name in given["names"]
        if name in places.NAMES
    ]


@field("InventoryAdjustmentGroup.changes")
def changes(group: Record, call: Call, given: Record) -> list[Record]:
    return group["changes"]  # type: ignore[no-any-return]
