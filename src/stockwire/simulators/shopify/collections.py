"""Collections: those with products put in by hand (custom), and those that fill themselves (smart)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stockwire.simulators.shopify import hooks
from stockwire.simulators.shopify.fields import user_error

if TYPE_CHECKING:
    from stockwire.simulators.shopify.shop import Record, Shop


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
        _changed(shop, collection)


def leave(shop: Shop, collection: Record, product: Record) -> None:
    if collection["products"].pop(product["number"], None) is not None:
        del product["collections"][collection["number"]]
        _changed(shop, collection)


def _changed(shop: Shop, collection: Record) -> None:
    collection["updatedAt"] = shop.now()
    hooks.tell(shop, "COLLECTIONS_UPDATE", collection)
