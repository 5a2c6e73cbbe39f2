"""Collections through the API: reading, making, changing, and putting products in.

Up to 2026-04 a collection is written with CollectionInput; from 2026-07 also with sources. A custom
collection has one source here, which holds its products; conditions of smart collections are not simulated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockwire.simulators.shopify import collections, given
from stockwire.simulators.shopify.fields import PAGING, field, inputs, not_simulated, plain, user_error
from stockwire.simulators.shopify.gids import gid
from stockwire.simulators.shopify.pages import Connection, by_number, page
from stockwire.simulators.shopify.product_fields import counted, found, sorted_page

if TYPE_CHECKING:
    from stockwire.simulators.shopify.fields import Call
    from stockwire.simulators.shopify.shop import Record, Shop

FILTERS = {"id": "id", "title": "word", "handle": "word", "updated_at": "time"}
MOST = 250

plain("Collection", "id title handle descriptionHtml sortOrder updatedAt templateSuffix")
plain("CollectionConditionsSource", "id title description")
inputs("CollectionInput", "id title handle descriptionHtml products redirectNewHandle")
inputs("CollectionCreateInput", "title handle descriptionHtml sources")
inputs("CollectionCreateSourceTargetInput", "source")
inputs("CollectionCreateConditionsSourceInput", "title description inclusion targetType")
inputs("CollectionCreateSourceInclusionInput", "selections conditions")
inputs("CollectionInclusionProductSelectionInput", "productId")
inputs("CollectionUpdateInput", "id title handle descriptionHtml sourcesToUpdate redirectNewHandle")
inputs("CollectionUpdateSourceTargetInput", "condition")
inputs("CollectionUpdateConditionsSourceInput", "id title description inclusion")
inputs("CollectionUpdateSourceInclusionInput", "selectionsToAdd selectionsToRemove")
inputs("CollectionDeleteInput", "id")
inputs("CollectionIdentifierInput", "id handle")


@field("QueryRoot.collection", takes="id")
def collection(_: Any, call: Call, sent: Record) -> Record | None:
    return call.shop.find("Collection", sent["id"])


@field("QueryRoot.collectionByIdentifier", takes="identifier")
def by_identifier(_: Any, call: Call, sent: Record) -> Record | None:
    wanted = sent["identifier"]
    if wanted.get("id") is not None:
        return call.shop.find("Collection", wanted["id"])
    return collections.by_handle(call.shop, wanted["handle"])


@field("QueryRoot.collections", takes=f"{PAGING} query sortKey")
def all_collections(_: Any, call: Call, sent: Record) -> Connection:
    keys = {"TITLE": "title", "UPDATED_AT": "updatedAt"}
    return sorted_page(found(call.shop, "Collection", sent, FILTERS), sent, keys)


@field("Collection.legacyResourceId")
def legacy_id(record: Record, call: Call, sent: Record) -> int:
    return int(record["number"])


@field("Collection.products", takes=PAGING)
def products(record: Record, call: Call, sent: Record) -> Connection:
    return page(sorted(record["products"].values(), key=by_number), sent)


@field("Collection.productsCount")
def products_count(record: Record, call: Call, sent: Record) -> Record:
    return counted(len(record["products"]))


@field("Collection.hasProduct", takes="id")
def has_product(record: Record, call: Call, sent: Record) -> bool:
    product = call.shop.find("Product", sent["id"])
    return product is not None and product["number"] in record["products"]


@field("Collection.ruleSet")
def rule_set(record: Record, call: Call, sent: Record) -> Record | None:
    if record["smart"]:
        raise not_simulated("The rules of a smart collection")
    return None


@field("Collection.sources")
def sources(record: Record, call: Call, sent: Record) -> list[Record]:
    return [] if record["smart"] else [record["source"]]


@field("CollectionConditionsSource.products", takes=PAGING)
def products_of_source(source: Record, call: Call, sent: Record) -> Connection:
    return products(source["collection"], call, sent)  # type: ignore[no-any-return]


@field("Mutation.collectionCreate", takes="input collection")
def create(_: Any, call: Call, sent: Record) -> Record:
    """Make a custom collection, with products in it if any are named."""
    wanted = sent.get("collection") or sent.get("input") or {}
    if not (wanted.get("title") or "").strip():
        return {"userErrors": [user_error("Title can't be blank", ["title"])]}
    if wanted.get("id") is not None:
        return {"userErrors": [user_error("id cannot be specified during creation", ["id"])]}
    errors: list[Record] = []
    members = _products(call.shop, _ids_to_add(wanted), errors)
    if wanted.get("handle") and collections.by_handle(call.shop, wanted["handle"]):
        errors.append(user_error("Handle has already been taken", ["handle"]))
    if errors:
        return {"userErrors": errors}
    made = collections.add(call.shop, wanted["title"], wanted.get("handle"), wanted.get("descriptionHtml"))
    for product in members:
        collections.join(call.shop, made, product)
    return {"collection": made}


@field("Mutation.collectionUpdate", takes="input collection")
def update(_: Any, call: Call, sent: Record) -> Record:
    """Change a collection; from 2026-07 products are put in and taken out through its source."""
    shop = call.shop
    wanted = sent.get("collection") or sent.get("input") or {}
    record = shop.find("Collection", wanted.get("id"))
    if record is None:
        return {"userErrors": [user_error("Collection does not exist", ["id"])]}
    errors: list[Record] = []
    join, leave = _moves(shop, record, wanted, errors)
    if errors:
        return {"userErrors": errors}
    for name in ("title", "descriptionHtml"):
        if wanted.get(name) is not None:
            record[name] = wanted[name]
    if wanted.get("handle"):
        record["handle"] = wanted["handle"]
    for product in join:
        collections.join(shop, record, product)
    for product in leave:
        collections.leave(shop, record, product)
    collections.changed(shop, record)
    return {"collection": record, "job": _job(shop) if join or leave else None}


@field("Mutation.collectionDelete", takes="input")
def delete(_: Any, call: Call, sent: Record) -> Record:
    record = call.shop.find("Collection", sent["input"]["id"])
    if record is None:
        return {"userErrors": [user_error("Collection does not exist", ["id"])]}
    collections.removed(call.shop, record)
    return {"deletedCollectionId": record["id"]}


@field("Mutation.collectionAddProducts", takes="id productIds")
def add_products(_: Any, call: Call, sent: Record) -> Record:
    record, members, errors = _members(call.shop, sent)
    if errors or record is None:
        return {"userErrors": errors}
    for product in members:
        collections.join(call.shop, record, product)
    return {"collection": record}


@field("Mutation.collectionRemoveProducts", takes="id productIds")
def remove_products(_: Any, call: Call, sent: Record) -> Record:
    record, members, errors = _members(call.shop, sent)
    if errors or record is None:
        return {"userErrors": errors}
    for product in members:
        collections.leave(call.shop, record, product)
    return {"job": _job(call.shop)}


def _members(shop: Shop, sent: Record) -> tuple[Record | None, list[Record], list[Record]]:
    given.too_many(len(sent["productIds"]), MOST)
    record = shop.find("Collection", sent["id"])
    if record is None:
        return None, [], [user_error("Collection does not exist", ["id"])]
    if record["smart"]:
        return None, [], [user_error("Can't manually add products to a smart collection", ["id"])]
    errors: list[Record] = []
    return record, _products(shop, sent["productIds"], errors), errors


def _moves(
    shop: Shop, record: Record, wanted: Record, errors: list[Record]
) -> tuple[list[Record], list[Record]]:
    join = _products(shop, wanted.get("products") or [], errors)
    leave: list[Record] = []
    for at, each in enumerate(wanted.get("sourcesToUpdate") or []):
        source = each["condition"]
        if record["smart"] or source["id"] != record["source"]["id"]:
            message = "Source does not belong to the collection"
            errors.append(user_error(message, ["collection", "sourcesToUpdate", str(at), "condition", "id"]))
            continue
        inclusion = source.get("inclusion") or {}
        for name, rows in (("selectionsToAdd", join), ("selectionsToRemove", leave)):
            ids = [row["productId"] for row in inclusion.get(name) or []]
            given.too_many(len(ids), MOST)
            rows += _products(shop, ids, errors)
    return join, leave


def _ids_to_add(wanted: Record) -> list[str]:
    ids = list(wanted.get("products") or [])
    for each in wanted.get("sources") or []:
        inclusion = each["source"].get("inclusion") or {}
        if inclusion.get("conditions"):
            raise not_simulated("Conditions of a collection")
        ids += [row["productId"] for row in inclusion.get("selections") or []]
    given.too_many(len(ids), MOST)
    return ids


def _products(shop: Shop, ids: list[str], errors: list[Record]) -> list[Record]:
    rows = []
    for at, each in enumerate(ids):
        product = shop.find("Product", each)
        if product is None:
            errors.append(user_error("Product does not exist", ["productIds", str(at)]))
        else:
            rows.append(product)
    return rows


def _job(shop: Shop) -> Record:
    return {"id": gid("Job", shop.next_number("Job")), "done": True}
