"""Variants of linked products: prices and the like in one write per product, new ones added, others removed.

Only the variants that are named are touched, so what a person added to the product stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stockwire.connectors.shopify import bulk
from stockwire.connectors.shopify.create import give_options, variant_input
from stockwire.connectors.shopify.items import Item, Target, fail, gid, number
from stockwire.connectors.shopify.line import Line
from stockwire.connectors.shopify.lookup import find_products
from stockwire.connectors.shopify.operations import (
    VARIANTS_CREATE,
    VARIANTS_DELETE,
    VARIANTS_UPDATE,
    Write,
)
from stockwire.connectors.shopify.places import default_location
from stockwire.connectors.shopify.refusals import UserError, explain_row, user_errors
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.connectors.shopify.translate import seen_of, sent_as_seen, sku_key, unpriced
from stockwire.errors import StockwireError
from stockwire.ports import Action

Rows = tuple[Item, list[Target]]


def update(line: Line, settings: ShopifySettings, items: Sequence[Item]) -> None:
    """Send the fields of every variant that is known to the shop, grouped by product."""
    ready: list[Rows] = []
    for item in items:
        targets = [t for t in item.open_targets() if t.variant and t.fields and not t.is_done]
        if targets and not item.is_failed and not item.is_lost:
            ready.append((item, targets))
    writes = [
        Write(
            VARIANTS_UPDATE,
            {
                "productId": gid("Product", item.product),
                "variants": [{"id": gid("ProductVariant", t.variant), **t.fields} for t in targets],
            },
        )
        for item, targets in ready
    ]

    def settle(at: int, payload: Mapping[str, Any]) -> None:
        item, targets = ready[at]
        wrong = _sorted_out(item, targets, user_errors(payload))
        for target in targets:
            if id(target) not in wrong:
                target.seen.update(sent_as_seen(target))

    most = min(settings.products_per_call, settings.batch_size_max)
    bulk.send(line, settings, "UpdateVariants", writes, most, settle=settle, fail=_failing(ready))


def add(line: Line, settings: ShopifySettings, items: Sequence[Item]) -> None:
    """Add the variants that a linked product lacks in the shop."""
    ready: list[Rows] = []
    writes: list[Write] = []
    for item in items:
        targets = [
            t
            for t in item.open_targets()
            if t.key and t.action is Action.ADD and not t.variant and item.product
        ]
        if not targets or item.is_failed or item.is_lost:
            continue
        try:
            without = [target for target in targets if "price" not in target.fields]
            for target in without:
                fail(item, target, unpriced(target.sku))
            targets = [target for target in targets if target not in without]
            if not targets:
                continue
            rows = [_new_row(line, settings, item, target) for target in targets]
        except StockwireError as error:
            for target in targets:
                fail(item, target, error)
            continue
        if item.is_bare:
            give_options(line, settings, item, targets)
            continue
        ready.append((item, targets))
        writes.append(Write(VARIANTS_CREATE, {"productId": gid("Product", item.product), "variants": rows}))

    def settle(at: int, payload: Mapping[str, Any]) -> None:
        item, targets = ready[at]
        if _sorted_out(item, targets, user_errors(payload)):
            for target in targets:
                # One bad row keeps all of them out; the others say so instead of pretending.
                fail(item, target, explain_row(target.sku, user_errors(payload)[0]))
            return
        made = {sku_key(str(row.get("sku") or "")): row for row in payload.get("productVariants") or []}
        for target in targets:
            row = made.get(sku_key(target.sku))
            if row is not None:
                target.variant, target.item = number(row["id"]), number(row["inventoryItem"]["id"])
                target.seen.update(seen_of(row))
                target.seen.update({each.name: each.after for each in target.stock})
                target.notes.append("Added to the product in the shop.")
                target.is_done = True

    line.write("AddVariants", writes, settings.products_per_call, settle, _failing(ready))


def take_away(line: Line, settings: ShopifySettings, items: Sequence[Item]) -> None:
    """Variants that leave: deleted, or left with a word when the setting says so."""
    ready: list[Rows] = []
    for item in items:
        leaving = [t for t in item.open_targets() if t.key and t.action is Action.REMOVE]
        for target in leaving:
            if not settings.delete_product_enabled:
                target.notes.append("The shop keeps the variant, because delete_product_enabled is off.")
            elif not target.variant:
                target.notes.append("It was not linked, so there was nothing to take away.")
        going = [t for t in leaving if settings.delete_product_enabled and t.variant]
        if going and not item.is_failed and not item.is_lost:
            ready.append((item, going))
    # One that is gone already would keep the others of its call from being deleted, so they are read then.
    spoiled = _delete(line, settings, ready, is_last=False)
    if not spoiled:
        return
    try:
        held = find_products(line, [item.product for item, _ in spoiled])
    except StockwireError as error:
        for item, targets in spoiled:
            for target in targets:
                fail(item, target, error)
        return
    again: list[Rows] = []
    for item, targets in spoiled:
        there = {hit.variant for hit in held[item.product].variants} if item.product in held else set()
        for target in targets:
            if target.variant not in there:
                target.variant = target.item = ""
                target.notes.append("It was already gone from the shop.")
        if left := [target for target in targets if target.variant]:
            again.append((item, left))
    _delete(line, settings, again, is_last=True)


def _delete(line: Line, settings: ShopifySettings, ready: Sequence[Rows], *, is_last: bool) -> list[Rows]:
    """Returns what the shop refused as a whole, unless this is the last try."""
    spoiled: list[Rows] = []
    writes = [
        Write(
            VARIANTS_DELETE,
            {
                "productId": gid("Product", item.product),
                "variantsIds": [gid("ProductVariant", target.variant) for target in targets],
            },
        )
        for item, targets in ready
    ]

    def settle(at: int, payload: Mapping[str, Any]) -> None:
        item, targets = ready[at]
        errors = user_errors(payload)
        if errors and not is_last:
            spoiled.append((item, targets))
            return
        for target in targets:
            if errors:
                fail(item, target, explain_row(target.sku, errors[0]))
            else:
                target.variant = target.item = ""
                target.notes.append("Deleted from the shop.")

    line.write("DeleteVariants", writes, settings.products_per_call, settle, _failing(ready))
    return spoiled


def _new_row(line: Line, settings: ShopifySettings, item: Item, target: Target) -> dict[str, Any]:
    inventory = {**(target.fields.get("inventoryItem") or {}), "sku": target.sku.strip()}
    if settings.sends_stock and target.speaks_of_stock:
        inventory.setdefault("tracked", target.wanted.get("inventory_management") is not False)
    extra: dict[str, Any] = {"inventoryItem": inventory}
    if target.stock:
        extra["inventoryQuantities"] = [
            {
                "locationId": gid("Location", row.location or default_location(line, settings)),
                "availableQuantity": row.after,
            }
            for row in target.stock
        ]
    return variant_input(target, item.change.option_names, extra)


def _sorted_out(item: Item, targets: Sequence[Target], errors: Sequence[UserError]) -> set[int]:
    """Give each error to its variant, or to all of them where it names none. Returns whom it met."""
    met: set[int] = set()
    for error in errors:
        at = error.index
        meant = [targets[at]] if at is not None and at < len(targets) else list(targets)
        for target in meant:
            met.add(id(target))
            if error.is_gone and not item.is_second_try and (item.is_simple or at is None):
                item.is_lost = True
            elif error.is_gone and not item.is_second_try and target.action is Action.UPDATE:
                target.is_missing = True
            else:
                fail(item, target, explain_row(target.sku, error))
    return met


def _failing(ready: Sequence[Rows]) -> bulk.Fail:
    def failed(at: int, error: StockwireError) -> None:
        item, targets = ready[at]
        for target in targets:
            fail(item, target, error)

    return failed
