"""Collections: those with products put in by hand (custom), and those that fill themselves (smart)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stockwire.simulators.shopify import hooks
from stockwire.simulators.shopify.fields import user_error
from stockwire.simulators.shopify.gids import gid

if TYPE_CHECKING:
    from stockwire.simulators.shopify.shop import Record, Shop


def add(
    shop: Shop, title: str, handle: str | None = None, description: str | None = None, *, smart: bool = False
) -> Record:
    """A new collection with nothing in it, published nowhere."""
    now = shop.now()
    number = shop.next_number("CollectionConditionsSource")
    collection = shop.new(
        "Collection",
        title=title,
        handle=handle or _free_handle(shop, title),
        descriptionHtml=description or "",
        sortOrder="BEST_SELLING",
        templateSuffix=None,
        smart=smart,
        products={},
        publications={},
        metafields={},
        createdAt=now,
        updatedAt=now,
    )
    collection["source"] = {
        "__typename": "CollectionConditionsSource",
        "id": gid("CollectionConditionsSource", number),
        "title": title,
        "description": None,
        "collection": collection,
    }
    changed(shop, collection, "COLLECTIONS_CREATE")
    return collection


def by_handle(shop: Shop, handle: str) -> Record | None:
    for collection in shop.shelf("Collection").values():
        if collection["handle"] == handle:
            return collection
    return None


def _free_handle(shop: Shop, title: str) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-") or "collection"
    handle, at = base, 0
    while by_handle(shop, handle) is not None:
        at += 1
        handle = f"{base}-{at}"
    return handle


def removed(shop: Shop, collection: Record) -> None:
    """A collection goes; its products stay."""
    for product in collection["products"].values():
        del product["collections"][collection["number"]]
    del shop.shelf("Collection")[collection["number"]]
    shop.index.put("Collection", collection["number"], None, shop.clock.now())
    hooks.tell(shop, "COLLECTIONS_DELETE", collection)


def custom(shop: Shop, ids: list[str], path: list[str], errors: list[Record]) -> list[Record]:
    """The custom collections of these ids; an unknown or a smart one is an error."""
    found = []
    for at, each in enumerate(ids):
        collection = shop.find("Collection", each)
        if collection is None:
            errors.append(user_error("Collection does not exist", [*path, str(at)], "INVALID_INPUT"))
        elif collection["smart"]:
            message = "Can't manually add products to a smart collection"
            errors.append(user_error(message, [*path, str(at)], "INVALID_INPUT"))
        else:
            found.append(collection)
    return found


def set_membership(shop: Shop, product: Record, wanted: list[Record]) -> None:
    """The product is in these custom collections and no others. Smart collections are not touched."""
    kept = {collection["number"] for collection in wanted}
    for collection in list(product["collections"].values()):
        if not collection["smart"] and collection["number"] not in kept:
            leave(shop, collection, product)
    for collection in wanted:
        join(shop, collection, product)


def join(shop: Shop, collection: Record, product: Record) -> None:
    if product["number"] not in collection["products"]:
        collection["products"][product["number"]] = product
        product["collections"][collection["number"]] = collection
        changed(shop, collection)


def leave(shop: Shop, collection: Record, product: Record) -> None:
    if collection["products"].pop(product["number"], None) is not None:
        del product["collections"][collection["number"]]
        changed(shop, collection)


def changed(shop: Shop, collection: Record, topic: str = "COLLECTIONS_UPDATE") -> None:
    """A collection was written: its time moves, searches and webhooks learn of it."""
    collection["updatedAt"] = shop.now()
    entry = {
        "id": collection["number"],
        "title": collection["title"],
        "handle": collection["handle"],
        "updated_at": collection["updatedAt"],
    }
    shop.index.put("Collection", collection["number"], entry, shop.clock.now())
    hooks.tell(shop, topic, collection)
