"""What belongs to a linked product itself: texts, status, tags, collections, attributes.

Lists are added to and taken from by what we sent before, never replaced: a tag or collection that a person
added stays. Pictures have a stage of their own (pictures.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stockwire.connectors.shopify import bulk
from stockwire.connectors.shopify.collections import collection_of
from stockwire.connectors.shopify.items import Item, gid
from stockwire.connectors.shopify.line import Line
from stockwire.connectors.shopify.operations import (
    METAFIELDS_DELETE,
    PRODUCT_UPDATE,
    PUBLISH,
    TAGS_ADD,
    TAGS_REMOVE,
    Write,
)
from stockwire.connectors.shopify.places import publications
from stockwire.connectors.shopify.refusals import explain_row, user_errors
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.connectors.shopify.translate import emptied_metafields, tags_of
from stockwire.errors import StockwireError
from stockwire.ports import Value

_OTHERS_PER_CALL = 25


def update(line: Line, settings: ShopifySettings, items: Sequence[Item]) -> None:
    """Send what changed of linked products."""
    open_items = [item for item in items if item.product and not item.is_created and not _is_out(item)]
    ready: list[tuple[Item, Write]] = []
    for item in open_items:
        try:
            if (write := _product_write(line, settings, item)) is not None:
                ready.append((item, write))
        except StockwireError as error:
            item.fail(error)

    def settle(at: int, payload: Mapping[str, Any]) -> None:
        item = ready[at][0]
        if errors := user_errors(payload):
            if errors[0].is_gone and not item.is_second_try:
                item.is_lost = True
            else:
                item.fail(explain_row(item.change.sku, errors[0]))
            return
        product = payload.get("product") or {}
        if item.is_simple and product.get("title"):
            item.targets[0].seen["title"] = str(product["title"])

    most = min(settings.products_per_call, settings.batch_size_max)
    bulk.send(
        line,
        settings,
        "UpdateProducts",
        [write for _, write in ready],
        most,
        settle=settle,
        fail=lambda at, error: ready[at][0].fail(error),
    )
    _others(line, settings, [item for item in open_items if not _is_out(item)])


def publish(line: Line, settings: ShopifySettings, items: Sequence[Item]) -> None:
    """Put products we made onto the sales channels; others stay where their owner put them."""
    made = [
        item
        for item in items
        if (item.is_created or item.is_found_again) and not item.is_published and not _is_out(item)
    ]
    if not made or settings.hide_product_enabled:
        return
    try:
        places = [{"publicationId": gid("Publication", code)} for code in publications(line, settings)]
    except StockwireError as error:
        for item in made:
            item.fail(error)
        return
    if not places:
        return

    def settle(at: int, payload: Mapping[str, Any]) -> None:
        if errors := user_errors(payload):
            made[at].fail(explain_row(made[at].change.sku, errors[0]))
        else:
            made[at].is_published = True

    writes = [Write(PUBLISH, {"id": gid("Product", item.product), "input": places}) for item in made]
    bulk.send(
        line,
        settings,
        "Publish",
        writes,
        _OTHERS_PER_CALL,
        settle=settle,
        fail=lambda at, error: made[at].fail(error),
    )


def _is_out(item: Item) -> bool:
    return item.is_failed or item.is_lost


def _product_write(line: Line, settings: ShopifySettings, item: Item) -> Write | None:
    product = dict(item.fields)
    if not settings.ignore_category_enabled:
        product.update(_collections(line, item))
    if not product:
        return None
    return Write(PRODUCT_UPDATE, {"product": {"id": gid("Product", item.product), **product}})


def _collections(line: Line, item: Item) -> dict[str, Any]:
    change = next((found for found in item.change.fields if found.name == "collection"), None)
    if change is None:
        return {}
    before, after = str(change.before or "").strip(), str(change.after or "").strip()
    found: dict[str, Any] = {}
    if after:
        found["collectionsToJoin"] = [gid("Collection", collection_of(line, after))]
    if before and before != after:
        found["collectionsToLeave"] = [gid("Collection", collection_of(line, before))]
    return found


def _others(line: Line, settings: ShopifySettings, items: Sequence[Item]) -> None:
    """Tags and attributes that go or come, each a write of its own."""
    ready: list[tuple[Item, Write]] = []
    for item in items:
        product = gid("Product", item.product)
        added, removed = _tags(item)
        if added:
            ready.append((item, Write(TAGS_ADD, {"id": product, "tags": added})))
        if removed:
            ready.append((item, Write(TAGS_REMOVE, {"id": product, "tags": removed})))
        if keys := emptied_metafields(item):
            rows = [
                {"ownerId": product, "namespace": settings.metafield_namespace, "key": key} for key in keys
            ]
            ready.append((item, Write(METAFIELDS_DELETE, {"metafields": rows})))

    def settle(at: int, payload: Mapping[str, Any]) -> None:
        if errors := user_errors(payload):
            ready[at][0].fail(explain_row(ready[at][0].change.sku, errors[0]))

    line.write(
        "ChangeLists",
        [write for _, write in ready],
        _OTHERS_PER_CALL,
        settle,
        lambda at, error: ready[at][0].fail(error),
    )


def _tags(item: Item) -> tuple[list[str], list[str]]:
    change = next((found for found in item.change.fields if found.name == "tags"), None)
    if change is None:
        return [], []
    before, after = tags_of(_tag_value(change.before)), tags_of(_tag_value(change.after))
    kept = {tag.casefold() for tag in after}
    held = {tag.casefold() for tag in before}
    return [tag for tag in after if tag.casefold() not in held], [
        tag for tag in before if tag.casefold() not in kept
    ]


def _tag_value(value: Value) -> Value:
    return value if isinstance(value, tuple) else str(value or "")
