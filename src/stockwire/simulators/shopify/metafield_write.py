"""metafieldsSet, metafieldsDelete and metafieldDefinitionCreate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockwire.simulators.shopify import catalogue, given, metafields, orders
from stockwire.simulators.shopify.fields import PAGING, field, inputs, plain, user_error
from stockwire.simulators.shopify.pages import Connection, page

if TYPE_CHECKING:
    from stockwire.simulators.shopify.fields import Call
    from stockwire.simulators.shopify.shop import Record, Shop

MOST = 25
inputs("MetafieldsSetInput", "ownerId namespace key type value")
inputs("MetafieldIdentifierInput", "ownerId namespace key")
inputs("MetafieldDefinitionInput", "name namespace key ownerType type description pin")
plain("MetafieldDefinition", "id name namespace key description")
plain("MetafieldDefinitionType", "name")
plain("MetafieldIdentifier", "ownerId namespace key")


@field("Mutation.metafieldsSet", takes="metafields")
def set_many(_: Any, call: Call, sent: Record) -> Record:
    """Write up to 25 metafields of any owners; one that is wrong stops all."""
    shop, rows = call.shop, sent["metafields"]
    given.too_many(len(rows), MOST)
    errors: list[Record] = []
    ready: list[tuple[Record, Record]] = []
    for at, row in enumerate(rows):
        path = ["metafields", str(at)]
        owner = shop.anything(row["ownerId"])
        namespace = row.get("namespace") or metafields.NAMESPACE
        if owner is None or "metafields" not in owner:
            errors.append(user_error("Owner does not exist.", [*path, "ownerId"], "INVALID"))
        elif row.get("type") is None and not _known(shop, owner, namespace, row["key"]):
            errors.append(user_error("Type can't be blank", [*path, "type"], "BLANK"))
        elif metafields.unique(shop, owner, namespace, row["key"]) and metafields.taken(
            shop, owner, namespace, row["key"], row["value"]
        ):
            errors.append(user_error("Value has already been taken", [*path, "value"], "TAKEN"))
        else:
            ready.append((owner, row))
    if errors:
        return {"userErrors": errors}
    written = [metafields.put(shop, owner, row) for owner, row in ready]
    for owner in {owner["id"]: owner for owner, _ in ready}.values():
        _told(shop, owner)
    return {"metafields": written}


@field("Mutation.metafieldsDelete", takes="metafields")
def delete_many(_: Any, call: Call, sent: Record) -> Record:
    gone: list[Record | None] = []
    for row in sent["metafields"]:
        owner = call.shop.anything(row["ownerId"])
        held = metafields.drop(call.shop, owner, row["namespace"], row["key"]) if owner else None
        gone.append(dict(row) if held is not None else None)
        if owner is not None and held is not None:
            _told(call.shop, owner)
    return {"deletedMetafields": gone}


@field("Mutation.metafieldDefinitionCreate", takes="definition")
def define(_: Any, call: Call, sent: Record) -> Record:
    """Define a metafield; of type `id` its values are unique and name their product."""
    shop, wanted = call.shop, sent["definition"]
    namespace = wanted.get("namespace") or metafields.NAMESPACE
    if metafields.definition(shop, wanted["ownerType"], namespace, wanted["key"]):
        message = "Key is in use for Product metafields on the 'custom' namespace."
        message = message.replace("custom", namespace).replace("Product", wanted["ownerType"].title())
        return {"userErrors": [user_error(message, ["definition", "key"], "TAKEN")]}
    made = shop.new(
        "MetafieldDefinition",
        name=wanted["name"],
        namespace=namespace,
        key=wanted["key"],
        owner=wanted["ownerType"],
        kind=wanted["type"],
        description=wanted.get("description"),
    )
    return {"createdDefinition": made}


@field("QueryRoot.metafieldDefinitions", takes=f"{PAGING} ownerType namespace key")
def definitions(_: Any, call: Call, sent: Record) -> Connection:
    rows = [
        row for row in call.shop.shelf("MetafieldDefinition").values() if row["owner"] == sent["ownerType"]
    ]
    for name in ("namespace", "key"):
        if sent.get(name) is not None:
            rows = [row for row in rows if row[name] == sent[name]]
    return page(rows, sent)


@field("MetafieldDefinition.ownerType")
def owner_type(record: Record, call: Call, sent: Record) -> str:
    return str(record["owner"])


@field("MetafieldDefinition.type")
def kind(record: Record, call: Call, sent: Record) -> Record:
    return {"name": record["kind"]}


def _known(shop: Shop, owner: Record, namespace: str, key: str) -> bool:
    held = (namespace, key) in owner["metafields"]
    return held or metafields.definition(shop, owner["__typename"].upper(), namespace, key) is not None


def _told(shop: Shop, owner: Record) -> None:
    if owner["__typename"] == "Product":
        catalogue.changed(shop, owner)
    elif owner["__typename"] == "ProductVariant":
        catalogue.changed(shop, owner["product"], variants=[owner])
    elif owner["__typename"] == "Order":
        orders.changed(shop, owner)
