"""Publications: on which sales channels a product or a collection is to be seen.

A product also has to be ACTIVE to be seen there. Publishing at a later date is not simulated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockwire.simulators.shopify import catalogue, given, hooks
from stockwire.simulators.shopify.fields import PAGING, field, inputs, not_simulated, plain, user_error
from stockwire.simulators.shopify.pages import Connection, page
from stockwire.simulators.shopify.product_fields import counted

if TYPE_CHECKING:
    from stockwire.simulators.shopify.fields import Call
    from stockwire.simulators.shopify.shop import Record, Shop

inputs("PublicationInput", "publicationId publishDate")
for _kind in ("ResourcePublication", "ResourcePublicationV2"):
    plain(_kind, "isPublished publication publishDate publishable")


@field("Mutation.publishablePublish", takes="id input")
def publish(_: Any, call: Call, sent: Record) -> Record:
    """Show a product or collection on publications."""
    return _changed(call, sent, show=True)


@field("Mutation.publishableUnpublish", takes="id input")
def unpublish(_: Any, call: Call, sent: Record) -> Record:
    """Take a product or collection off publications."""
    return _changed(call, sent, show=False)


def _changed(call: Call, sent: Record, *, show: bool) -> Record:
    shop = call.shop
    given.too_many(len(sent["input"]), 250)
    record = shop.anything(sent["id"])
    if record is None or "publications" not in record:
        return {"userErrors": [user_error("Resource does not exist", ["id"])]}
    errors: list[Record] = []
    found: list[Record] = []
    for at, row in enumerate(sent["input"]):
        if row.get("publishDate") is not None:
            raise not_simulated("Publishing at a date")
        publication = shop.find("Publication", row.get("publicationId"))
        if publication is None:
            message = "Publication does not exist or is not publishable"
            errors.append(user_error(message, ["input", str(at), "publicationId"]))
        else:
            found.append(publication)
    if errors:
        return {"userErrors": errors}
    for publication in found:
        if show:
            record["publications"].setdefault(publication["number"], shop.now())
        else:
            record["publications"].pop(publication["number"], None)
    _settle(shop, record)
    return {"publishable": record}


def _settle(shop: Shop, record: Record) -> None:
    if record["__typename"] == "Product":
        online = next(iter(shop.shelf("Publication")))
        record["publishedAt"] = record["publications"].get(online)
        catalogue.changed(shop, record)
    else:
        record["updatedAt"] = shop.now()
        hooks.tell(shop, "COLLECTIONS_UPDATE", record)


def _rows(record: Record, shop: Shop) -> list[Record]:
    shelf = shop.shelf("Publication")
    return [
        {
            "isPublished": True,
            "publication": shelf[number],
            "publishDate": since,
            "publishable": record,
            "number": number,
        }
        for number, since in sorted(record["publications"].items())
        if number in shelf
    ]


@field("Product.resourcePublications", "Collection.resourcePublications", takes=f"{PAGING} onlyPublished")
def publications_of(record: Record, call: Call, sent: Record) -> Connection:
    return page(_rows(record, call.shop), sent)


@field("Product.resourcePublicationsV2", "Collection.resourcePublicationsV2", takes=f"{PAGING} onlyPublished")
def publications_of_v2(record: Record, call: Call, sent: Record) -> Connection:
    return page(_rows(record, call.shop), sent)


@field("Product.resourcePublicationsCount", "Collection.resourcePublicationsCount", takes="onlyPublished")
def publications_count(record: Record, call: Call, sent: Record) -> Record:
    return counted(len(_rows(record, call.shop)))


@field("Product.publishedOnPublication", "Collection.publishedOnPublication", takes="publicationId")
def published_on(record: Record, call: Call, sent: Record) -> bool:
    publication = call.shop.find("Publication", sent["publicationId"])
    return publication is not None and publication["number"] in record["publications"]


@field("Product.unpublishedPublications", "Collection.unpublishedPublications", takes=PAGING)
def unpublished(record: Record, call: Call, sent: Record) -> Connection:
    shelf = call.shop.shelf("Publication").values()
    return page([each for each in shelf if each["number"] not in record["publications"]], sent)
