"""fileCreate, fileUpdate, fileDelete, the list of files and the order of a product's. Only pictures are
simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockwire.simulators.shopify import catalogue, given, media
from stockwire.simulators.shopify.fields import PAGING, field, inputs, not_simulated, user_error
from stockwire.simulators.shopify.pages import Connection
from stockwire.simulators.shopify.product_fields import sorted_page

if TYPE_CHECKING:
    from stockwire.simulators.shopify.fields import Call
    from stockwire.simulators.shopify.shop import Record, Shop

MOST = 250
inputs("FileCreateInput", "alt contentType filename originalSource duplicateResolutionMode")
inputs("MoveInput", "id newPosition")
inputs("FileUpdateInput", "id alt referencesToAdd referencesToRemove")


@field("QueryRoot.files", takes=f"{PAGING} sortKey")
def files(_: Any, call: Call, sent: Record) -> Connection:
    keys = {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt", "FILENAME": "filename"}
    return sorted_page(list(call.shop.shelf("MediaImage").values()), sent, keys)


@field("Mutation.fileCreate", takes="files")
def create(_: Any, call: Call, sent: Record) -> Record:
    """Pictures from their addresses; they are ready a little later."""
    given.too_many(len(sent["files"]), MOST)
    errors = []
    for at, row in enumerate(sent["files"]):
        if row.get("contentType") not in (None, "IMAGE"):
            raise not_simulated(f"A file of the type {row['contentType']}")
        if not row["originalSource"].startswith(("http://", "https://")):
            message = "The file URL is invalid."
            errors.append(
                user_error(message, ["files", str(at), "originalSource"], "INVALID_IMAGE_SOURCE_URL")
            )
    if errors:
        return {"userErrors": errors}
    made = [
        media.from_url(call.shop, row["originalSource"], row.get("alt"), row.get("filename"))
        for row in sent["files"]
    ]
    return {"files": made}


@field("Mutation.fileUpdate", takes="files")
def update(_: Any, call: Call, sent: Record) -> Record:
    """Change the alt text, or put pictures on products and take them off."""
    shop = call.shop
    given.too_many(len(sent["files"]), MOST)
    errors: list[Record] = []
    for at, row in enumerate(sent["files"]):
        picture = shop.find("MediaImage", row["id"])
        if picture is None:
            message = f"File id {row['id']} does not exist."
            errors.append(user_error(message, ["files", str(at), "id"], "FILE_DOES_NOT_EXIST"))
        elif picture["fileStatus"] != "READY":
            errors.append(
                user_error("Non-ready files cannot be updated.", ["files", str(at)], "NON_READY_STATE")
            )
        for name in ("referencesToAdd", "referencesToRemove"):
            if any(shop.find("Product", each) is None for each in row.get(name) or []):
                message = "The reference target does not exist"
                errors.append(
                    user_error(message, ["files", str(at), name], "REFERENCE_TARGET_DOES_NOT_EXIST")
                )
    if errors:
        return {"userErrors": errors}
    return {"files": [_updated(shop, row) for row in sent["files"]]}


def _updated(shop: Shop, row: Record) -> Record:
    picture = shop.find("MediaImage", row["id"])
    assert picture is not None
    if row.get("alt") is not None:
        picture["alt"] = row["alt"]
    for each in row.get("referencesToAdd") or []:
        product = shop.find("Product", each)
        assert product is not None
        if all(held is not picture for held in product["media"]):
            product["media"].append(picture)
            catalogue.changed(shop, product)
    for each in row.get("referencesToRemove") or []:
        product = shop.find("Product", each)
        assert product is not None
        product["media"] = [held for held in product["media"] if held is not picture]
        catalogue.changed(shop, product)
    picture["updatedAt"] = shop.now()
    return picture


@field("Mutation.fileDelete", takes="fileIds")
def delete(_: Any, call: Call, sent: Record) -> Record:
    """Pictures go, from their products too."""
    shop = call.shop
    given.too_many(len(sent["fileIds"]), MOST)
    pictures = [shop.find("MediaImage", each) for each in sent["fileIds"]]
    if any(picture is None for picture in pictures):
        message = "File id does not exist."
        return {"userErrors": [user_error(message, ["fileIds"], "FILE_DOES_NOT_EXIST")]}
    gone = {picture["number"] for picture in pictures if picture}
    for product in shop.shelf("Product").values():
        if any(held["number"] in gone for held in product["media"]):
            product["media"] = [held for held in product["media"] if held["number"] not in gone]
            catalogue.changed(shop, product)
    for number in gone:
        del shop.shelf("MediaImage")[number]
    return {"deletedFileIds": sent["fileIds"]}


@field("Mutation.productReorderMedia", takes="id moves")
def reorder(_: Any, call: Call, sent: Record) -> Record:
    """Move pictures of a product to other places, one move after the other; places count from 0. It is done
    at once, where the real shop does it a little later."""
    shop = call.shop
    given.too_many(len(sent["moves"]), MOST)
    product = shop.find("Product", sent["id"])
    if product is None:
        errors = [user_error("Product does not exist", ["id"], "PRODUCT_DOES_NOT_EXIST")]
        return {"mediaUserErrors": errors, "userErrors": errors}
    media = list(product["media"])
    for at, move in enumerate(sent["moves"]):
        picture = next((held for held in media if held["id"] == move["id"]), None)
        if picture is None:
            message, path = "Media does not exist on the given product", ["moves", str(at), "id"]
            errors = [user_error(message, path, "MEDIA_DOES_NOT_EXIST_ON_PRODUCT")]
            return {"mediaUserErrors": errors, "userErrors": errors}
        media.remove(picture)
        media.insert(int(move["newPosition"]), picture)
    product["media"] = media
    catalogue.changed(shop, product)
    number = shop.next_number("Job")
    return {"job": {"id": f"gid://shopify/Job/{number}", "done": True}, "mediaUserErrors": []}
