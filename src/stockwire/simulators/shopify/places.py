"""Locations and the stock that lies there: items, levels and the quantities under their names.

`on_hand` is everything that lies there, `available` what may be sold; committed is on orders. Nothing here
checks what a call is allowed to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from stockwire.simulators.shopify import hooks
from stockwire.simulators.shopify.gids import gid, parsed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stockwire.simulators.shopify.shop import Record, Shop

PARTS = ("available", "committed", "reserved", "damaged", "safety_stock", "quality_control")
NAMES = (*PARTS, "on_hand", "incoming")


def furnish(shop: Shop) -> None:
    """The locations and publications a shop begins with."""
    for name in shop.options.locations:
        add_location(shop, name)
    for name in shop.options.publications:
        shop.new("Publication", title=name, catalog_id=gid("AppCatalog", shop.next_number("AppCatalog")))


def add_location(shop: Shop, name: str, **fields: Any) -> Record:
    now = shop.now()
    first = not shop.shelf("Location")
    return shop.new(
        "Location",
        name=name,
        isActive=fields.get("active", True),
        fulfillsOnlineOrders=fields.get("fulfils_online_orders", True),
        shipsInventory=fields.get("ships", True),
        isPrimary=first,
        isFulfillmentService=False,
        createdAt=now,
        updatedAt=now,
    )


def first_location(shop: Shop) -> Record:
    return next(iter(shop.shelf("Location").values()))


def location_named(shop: Shop, name: str) -> Record:
    """A location by name or id, the first one for an empty name. Raises ValueError when there is none."""
    if not name:
        return first_location(shop)
    for location in shop.shelf("Location").values():
        if name in (location["name"], location["id"]):
            return location
    raise ValueError(f"The shop has no location {name!r}.")


def new_item(shop: Shop, **fields: Any) -> Record:
    """A new inventory item, stocked with nothing where new items are stocked."""
    now = shop.now()
    item = shop.new(
        "InventoryItem",
        sku=fields.get("sku"),
        tracked=fields.get("tracked", False),
        requiresShipping=fields.get("requires_shipping", True),
        cost=fields.get("cost"),
        countryCodeOfOrigin=None,
        harmonizedSystemCode=None,
        provinceCodeOfOrigin=None,
        weight=None,
        levels={},
        createdAt=now,
        updatedAt=now,
    )
    everywhere = shop.options.stock_new_items_at == "all"
    for location in shop.shelf("Location").values() if everywhere else [first_location(shop)]:
        stocked(shop, item, location)
    return item


def stocked(shop: Shop, item: Record, location: Record) -> Record:
    """The level of an item at a location, made (or made active again) when need be."""
    level = level_for(shop, item, location)
    level["isActive"] = True
    return level


def level_for(shop: Shop, item: Record, location: Record) -> Record:
    """The level of an item at a location, active or not; a new one is not."""
    level = item["levels"].get(location["number"])
    if level is None:
        now = shop.now()
        number = shop.next_number("InventoryLevel")
        level = item["levels"][location["number"]] = {
            "__typename": "InventoryLevel",
            "number": number,
            "id": f"{gid('InventoryLevel', number)}?inventory_item_id={item['number']}",
            "item": item,
            "location": location,
            "isActive": False,
            "held": dict.fromkeys((*PARTS, "incoming"), 0),
            "createdAt": now,
            "updatedAt": now,
        }
    return level  # type: ignore[no-any-return]


def level_at(item: Record, location: Record) -> Record | None:
    """The active level of an item at a location."""
    level = item["levels"].get(location["number"])
    return level if level is not None and level["isActive"] else None


def level_of(shop: Shop, text: str) -> Record | None:
    """A level by its global id."""
    _, number = parsed(text)
    wanted = parse_qs(urlsplit(text).query).get("inventory_item_id", [""])[0]
    item = shop.shelf("InventoryItem").get(int(wanted)) if wanted.isdigit() else None
    for level in item["levels"].values() if item else ():
        if level["number"] == number:
            return level  # type: ignore[no-any-return]
    return None


def quantity(level: Record, name: str) -> int:
    """What a level holds under a name."""
    held: dict[str, int] = level["held"]
    return sum(held[part] for part in PARTS) if name == "on_hand" else held[name]


def put(shop: Shop, level: Record, name: str, amount: int) -> int:
    """Set available or on_hand of a level. Returns the change; setting on_hand moves available."""
    change = amount - quantity(level, name)
    level["held"]["available" if name == "on_hand" else name] += change
    level["updatedAt"] = shop.now()
    return change


def moved(shop: Shop, level: Record, changes: dict[str, int]) -> None:
    """Move quantities of a level: {"available": -1, "committed": 1}."""
    for name, change in changes.items():
        level["held"][name] += change
    level["updatedAt"] = shop.now()


def available(item: Record) -> int:
    """What is available of an item, all locations together."""
    return sum(level["held"]["available"] for level in item["levels"].values() if level["isActive"])


def told(shop: Shop, levels: Iterable[Record]) -> None:
    """Stock changed: searches and webhooks learn of it."""
    from stockwire.simulators.shopify import catalogue

    products: dict[int, Record] = {}
    for level in levels:
        hooks.tell(shop, "INVENTORY_LEVELS_UPDATE", level)
        variant = level["item"].get("variant")
        if variant is not None:
            products[variant["product"]["number"]] = variant["product"]
    for product in products.values():
        catalogue.index_product(shop, product)


def counted(shop: Shop, variant: Record, amount: int, location: str) -> int:
    """Somebody counts. Returns what was available before."""
    level = stocked(shop, variant["item"], location_named(shop, location))
    before = quantity(level, "available")
    put(shop, level, "available", amount)
    told(shop, [level])
    return before
