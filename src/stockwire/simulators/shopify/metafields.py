"""Metafields, and the definitions of type `id` that make one of them a custom id of its product.

Only their text is kept; what a type demands of a value is not checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockwire.simulators.shopify.fields import field, plain
from stockwire.simulators.shopify.gids import gid
from stockwire.simulators.shopify.pages import by_number, page

if TYPE_CHECKING:
    from stockwire.simulators.shopify.fields import Call
    from stockwire.simulators.shopify.pages import Connection
    from stockwire.simulators.shopify.shop import Record, Shop

NAMESPACE = "app--stockwire"
"""What stands for an omitted namespace: the app's own."""


def definition(shop: Shop, owner: str, namespace: str, key: str) -> Record | None:
    """The definition of a metafield of an owner type such as PRODUCT."""
    for held in shop.shelf("MetafieldDefinition").values():
        if (held["owner"], held["namespace"], held["key"]) == (owner, namespace, key):
            return held
    return None


def unique(shop: Shop, record: Record, namespace: str, key: str) -> bool:
    """Whether values of this metafield are unique among products."""
    if record["__typename"] != "Product":
        return False
    if not shop.options.custom_id_needs_definition:
        return True
    found = definition(shop, "PRODUCT", namespace, key)
    return found is not None and found["kind"] == "id"


def by_custom_id(shop: Shop, namespace: str, key: str, value: str) -> Record | None:
    """The product that has this value of a unique metafield."""
    number = shop.custom_ids.get((namespace, key, value))
    return shop.shelf("Product").get(number) if number is not None else None


def taken(shop: Shop, record: Record | None, namespace: str, key: str, value: str) -> bool:
    """Whether another product has this unique value already."""
    held = by_custom_id(shop, namespace, key, value)
    return held is not None and held is not record


def put(shop: Shop, record: Record, given: Record) -> Record:
    """Write one metafield: {namespace, key, value, type}."""
    namespace, key = given.get("namespace") or NAMESPACE, given["key"]
    now = shop.now()
    held = record["metafields"].get((namespace, key))
    if held is None:
        number = shop.next_number("Metafield")
        found = definition(shop, record["__typename"].upper(), namespace, key)
        held = record["metafields"][(namespace, key)] = {
            "__typename": "Metafield",
            "number": number,
            "id": gid("Metafield", number),
            "namespace": namespace,
            "key": key,
            "type": given.get("type") or (found["kind"] if found else "single_line_text_field"),
            "createdAt": now,
            "owner": record,
        }
    elif unique(shop, record, namespace, key):
        shop.custom_ids.pop((namespace, key, held["value"]), None)
    held["value"] = str(given.get("value", ""))
    held["type"] = given.get("type") or held["type"]
    held["updatedAt"] = now
    if unique(shop, record, namespace, key):
        shop.custom_ids[(namespace, key, held["value"])] = record["number"]
    return held  # type: ignore[no-any-return]


def drop(shop: Shop, record: Record, namespace: str, key: str) -> Record | None:
    """Remove one metafield."""
    held: Record | None = record["metafields"].pop((namespace, key), None)
    if held is not None:
        shop.custom_ids.pop((namespace, key, held["value"]), None)
    return held


def forget(shop: Shop, record: Record) -> None:
    """The record goes: its custom ids are free again."""
    for namespace, key in list(record["metafields"]):
        drop(shop, record, namespace, key)


plain("Metafield", "id namespace key type value createdAt updatedAt owner")


@field("Metafield.legacyResourceId")
def number(metafield: Record, call: Call, given: Record) -> int:
    return int(metafield["number"])


@field(
    *(f"{kind}.metafield" for kind in ("Product", "ProductVariant", "Collection", "Order", "Customer")),
    takes="namespace key",
)
def one(record: Record, call: Call, given: Record) -> Any:
    return record.get("metafields", {}).get((given.get("namespace") or NAMESPACE, given["key"]))


@field(
    *(f"{kind}.metafields" for kind in ("Product", "ProductVariant", "Collection", "Order", "Customer")),
    takes="first after last before reverse namespace keys",
)
def many(record: Record, call: Call, given: Record) -> Connection:
    rows = list(record.get("metafields", {}).values())
    if given.get("namespace"):
        rows = [row for row in rows if row["namespace"] == given["namespace"]]
    if given.get("keys") is not None:
        wanted = set(given["keys"])
        rows = [row for row in rows if f"{row['namespace']}.{row['key']}" in wanted or row["key"] in wanted]
    return page(sorted(rows, key=by_number), given)
