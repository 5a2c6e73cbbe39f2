"""Make products the shop does not have: everything in one write each, known by our own code.

productSet with our code as its identifier is an upsert: made twice after a lost answer, it is still one
product. It deletes what its lists leave out, so it is only ever sent for a product that was not there a
moment before, and with all its variants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stockwire.connectors.shopify.collections import collection_of
from stockwire.connectors.shopify.items import IMAGE, Item, Target, gid, number
from stockwire.connectors.shopify.line import Line
from stockwire.connectors.shopify.lookup import CODE_KEY, NAMESPACE, custom_id
from stockwire.connectors.shopify.operations import PRODUCT_SET, PRODUCT_SET_WITH_MEDIA, Write
from stockwire.connectors.shopify.pictures import names_of
from stockwire.connectors.shopify.places import default_location
from stockwire.connectors.shopify.refusals import explain_row, user_errors
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.connectors.shopify.translate import seen_of, sku_key, tags_of, unpriced, untitled
from stockwire.errors import Refused, StockwireError, TryLater

_DEFAULT = ("Title", "Default Title")
MOST_VARIANTS = 2048


def writes_of(line: Line, settings: ShopifySettings, items: Sequence[Item]) -> list[tuple[Item, Write]]:
    """The creations that can be sent; an item that cannot keeps its error. settle_creation takes answers."""
    ready: list[tuple[Item, Write]] = []
    for item in items:
        try:
            open_targets = priced(item)
            _check(item, open_targets)
            given = {"input": _input(line, settings, item, open_targets), "identifier": custom_id(item.code)}
            root = PRODUCT_SET_WITH_MEDIA if "files" in given["input"] else PRODUCT_SET
            ready.append((item, Write(root, given, size=min(250, max(1, len(open_targets))))))
        except StockwireError as error:
            item.fail(error)
    return ready


def priced(item: Item) -> list[Target]:
    """Those of its variants that come with a price; another one fails, and a simple product with it."""
    open_targets = list(item.open_targets())
    without = [target for target in open_targets if "price" not in target.fields]
    if without and len(without) == len(open_targets):
        raise unpriced(item.change.sku)
    for target in without:
        target.error = unpriced(target.sku)
    return [target for target in open_targets if target not in without]


def settle_creation(item: Item, payload: Mapping[str, Any], *, files_were_sent: bool) -> None:
    """Take over what productSet answered."""
    if errors := user_errors(payload):
        item.fail(explain_row(item.change.sku, errors[0]))
        return
    product = payload.get("product")
    if not product:
        item.fail(
            TryLater(
                f"{item.change.sku}: the shop did not say what became of this product.",
                hint="It is tried again by itself.",
                may_have_worked=True,
            )
        )
        return
    item.product, item.is_created = number(product["id"]), True
    item.notes.insert(0, "Created in the shop.")
    media = [number(node["id"]) for node in (product.get("media") or {}).get("nodes") or []]
    if files_were_sent:
        for at, image in enumerate(item.change.images):
            # A bulk operation does not say which pictures it made: then they count as sent, without an id.
            item.memory[IMAGE + image.identity] = media[at] if at < len(media) else ""
    by_sku = {sku_key(str(node.get("sku") or "")): node for node in product["variants"]["nodes"]}
    for target in item.open_targets():
        node = by_sku.get(sku_key(target.sku))
        if node is None:
            continue
        target.variant, target.item = number(node["id"]), number(node["inventoryItem"]["id"])
        target.seen.update(seen_of(node))
        rows = {row.name: row.after for row in target.stock}
        if "quantity" not in rows:
            target.seen.pop("quantity", None)
        target.seen.update(rows)
        target.is_done = True
    if item.is_simple:
        item.targets[0].seen["title"] = str(product.get("title") or "")


def give_options(line: Line, settings: ShopifySettings, item: Item, targets: Sequence[Target]) -> None:
    """The first variants of a product that was made without any: only then is a product of the shop written
    to as a whole, because it has nothing but its nameless default variant."""
    names = item.change.option_names
    product = {
        "status": "ACTIVE",
        "productOptions": _options(names, targets),
        "variants": [_variant(line, settings, target, names) for target in targets],
    }
    given = {"input": product, "identifier": {"id": gid("Product", item.product)}}
    write = Write(PRODUCT_SET, given, size=min(250, len(targets)))

    def settle(_: int, payload: Mapping[str, Any]) -> None:
        notes = list(item.notes)
        settle_creation(item, payload, files_were_sent=False)
        item.is_created, item.notes = False, notes

    line.write("GiveOptions", [write], 1, settle, lambda _, error: item.fail(error))


def _check(item: Item, targets: Sequence[Target]) -> None:
    if "title" not in item.fields:
        raise untitled(item.change.sku)
    if len(targets) > MOST_VARIANTS:
        raise Refused(
            f"{item.change.sku}: it has {len(targets)} variants, and Shopify takes {MOST_VARIANTS}.",
            hint="Split the product in the source.",
        )
    if len(targets) > 250:
        # Ids come back for the first 250; the rest is found by the next push.
        item.notes.append("More than 250 variants: their ids are read with the next push.")


def _input(line: Line, settings: ShopifySettings, item: Item, targets: Sequence[Target]) -> dict[str, Any]:
    wanted = item.wanted
    product = dict(item.fields)
    files = files_of(item, settings)
    metafields = [*(product.get("metafields") or []), *([names_of(_identities(item))] if files else [])]
    if metafields:
        own = {"namespace": NAMESPACE, "key": CODE_KEY, "type": "id", "value": item.code}
        product["metafields"] = [*metafields, own]
    if tags := tags_of(wanted.get("tags")):
        product["tags"] = tags
    if not settings.ignore_category_enabled and str(wanted.get("collection") or "").strip():
        product["collections"] = [gid("Collection", collection_of(line, str(wanted["collection"])))]
    if files:
        product["files"] = files
    if not targets:
        # Shopify gives it a variant of its own that costs nothing: nobody may buy that.
        product["status"] = "DRAFT"
        item.notes.append(
            "It has no variant that can be sent yet, so it is a draft; its options come with the first one."
        )
        return product
    names = item.change.option_names or (_DEFAULT[0],)
    product["productOptions"] = _options(names, targets)
    product["variants"] = [_variant(line, settings, target, names) for target in targets]
    return product


def _options(names: Sequence[str], targets: Sequence[Target]) -> list[dict[str, Any]]:
    return [
        {"name": name, "position": at + 1, "values": [{"name": value} for value in _values(targets, at)]}
        for at, name in enumerate(names)
    ]


def _identities(item: Item) -> list[str]:
    return [image.identity for image in item.change.images]


def files_of(item: Item, settings: ShopifySettings) -> list[dict[str, Any]]:
    """Pictures to be fetched by the shop from their addresses, in order."""
    if settings.block_image_enabled or "images" not in item.wanted:
        return []
    return [{"originalSource": image.src, "contentType": "IMAGE"} for image in item.change.images]


def variant_input(
    target: Target, names: Sequence[str], extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A variant's fields with its option values, as both ways of making one take them."""
    values = target.option_values or (_DEFAULT[1],)
    options = [{"optionName": name, "name": value} for name, value in zip(names, values, strict=True)]
    return {**target.fields, **(extra or {}), "optionValues": options}


def _variant(line: Line, settings: ShopifySettings, target: Target, names: Sequence[str]) -> dict[str, Any]:
    inventory = dict(target.fields.get("inventoryItem") or {})
    if settings.sends_stock and target.speaks_of_stock:
        inventory.setdefault("tracked", target.wanted.get("inventory_management") is not False)
    extra: dict[str, Any] = {"sku": target.sku.strip()}
    if inventory:
        extra["inventoryItem"] = inventory
    if target.stock:
        extra["inventoryQuantities"] = [
            {
                "locationId": gid("Location", row.location or default_location(line, settings)),
                "name": "available",
                "quantity": row.after,
            }
            for row in target.stock
        ]
    return variant_input(target, names, extra)


def _values(targets: Sequence[Target], at: int) -> list[str]:
    found = [(target.option_values or (_DEFAULT[1],))[at] for target in targets]
    return list(dict.fromkeys(found))
