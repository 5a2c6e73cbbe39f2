"""One push: every change is checked, linked, and sent in the fewest calls.

Stock goes over all products together and first, prices by product, content by product, pictures last. Never
creates a second product for a SKU and never repeats a call whose fate is unknown; pushing again is safe,
because updates state whole values by id and a creation is known by our own code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stockwire.connectors.shopify import bulk, content, linking, pictures, removal, stock, variants
from stockwire.connectors.shopify.api import Api
from stockwire.connectors.shopify.create import settle_creation, writes_of
from stockwire.connectors.shopify.items import ITEM, Item, Target
from stockwire.connectors.shopify.line import Line, nothing_happened
from stockwire.connectors.shopify.operations import Write
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.connectors.shopify.translate import fill
from stockwire.errors import Refused, StockwireError
from stockwire.ports import Action, Change, Done, Failed, Link, Outcome

_MADE_AT_ONCE = 50


def push(api: Api, settings: ShopifySettings, changes: Sequence[Change]) -> Sequence[Outcome]:
    """One outcome per change, in order. Raises TryLater or NotSetUp when nothing could be attempted."""
    items = [_item(position, change) for position, change in enumerate(changes)]
    line = Line(api)
    linked: list[Item] = []
    unlinked: list[Item] = []
    removed: list[Item] = []
    taken: dict[str, str] = {}
    for item in items:
        try:
            if item.change.action is Action.REMOVE:
                removed.append(item)
            elif item.product:
                fill(item, settings)
                linked.append(item)
            else:
                linking.claim_skus(item, taken)
                fill(item, settings)
                unlinked.append(item)
        except Refused as error:
            item.fail(error)
    # What leaves goes first: its SKU may belong to another product from now on.
    removal.remove(line, settings, removed)
    leaving = _leaving(items)
    linking.resolve(line, settings, linked, leaving)
    new = linking.link(line, settings, [item for item in unlinked if not item.is_failed], leaving)
    _create(line, settings, new)
    _send(line, settings, [item for item in items if item not in removed and item not in new])
    linking.settle_missing(line, items)
    again = linking.found_again(line, settings, items)
    _send(line, settings, again)
    content.publish(line, settings, items)
    pictures.hang(line, settings, items)
    return _outcomes(line, items)


def _leaving(items: Sequence[Item]) -> set[str]:
    """Ids of the variants that are gone or go with this push."""
    return {
        target.variant
        for item in items
        for target in item.targets
        if target.variant
        and (item.is_gone if item.change.action is Action.REMOVE else target.action is Action.REMOVE)
    } | {code for item in items if item.is_gone for code in item.gone_variants}


def _item(position: int, change: Change) -> Item:
    memory = dict(change.link.memory) if change.link else {}
    product = change.link.product_code if change.link else ""
    variant = change.link.variant_code if change.link else ""
    item = Item(position, change, [], product="" if product == "0" else product)
    if change.has_variants:
        item.memory = memory
        item.targets = [
            Target(
                found.key,
                found.sku,
                found.action,
                found.fields,
                found.option_values,
                variant=found.link.variant_code if found.link else "",
                item=found.link.memory.get(ITEM, "") if found.link else "",
                memory={k: v for k, v in found.link.memory.items() if k != ITEM} if found.link else {},
            )
            for found in change.variants
        ]
    else:
        known = memory.pop(ITEM, "")
        item.memory = memory
        item.targets = [
            Target(
                "",
                change.sku,
                change.action,
                change.fields,
                variant="" if variant == "0" else variant,
                item=known,
            )
        ]
    return item


def _create(line: Line, settings: ShopifySettings, items: Sequence[Item]) -> None:
    """Call by call, some are made and put on sale before the next: a push that runs out of time leaves few
    behind that are made and not on sale yet, which the next one has to look at again."""
    ready = writes_of(line, settings, items)
    in_bulk = bulk.goes_in_bulk(line.api, settings, [write for _, write in ready])
    size = len(ready) if in_bulk else _MADE_AT_ONCE
    for start in range(0, len(ready), size):
        part = ready[start : start + size]
        _make(line, settings, part)
        content.publish(line, settings, [item for item, _ in part])


def _make(line: Line, settings: ShopifySettings, ready: Sequence[tuple[Item, Write]]) -> None:

    def settle(at: int, payload: Mapping[str, Any]) -> None:
        item, write = ready[at]
        settle_creation(item, payload, files_were_sent="files" in write.given["input"])

    def failed(at: int, error: StockwireError) -> None:
        ready[at][0].fail(error)

    most = min(settings.products_per_call, settings.batch_size_max)
    bulk.send(
        line, settings, "CreateProducts", [write for _, write in ready], most, settle=settle, fail=failed
    )
    # Products of more than 250 variants answer with the ids of the first ones only.
    large = [item for item, _ in ready if item.is_created and any(not t.variant for t in item.open_targets())]
    linking.resolve(line, settings, large)
    for item in large:
        for target in item.open_targets():
            target.is_done = bool(target.variant)


def _send(line: Line, settings: ShopifySettings, items: Sequence[Item]) -> None:
    ready = [item for item in items if not item.is_failed and not item.is_lost]
    # A quantity counts only while the shop tracks stock, so where that changes it goes first.
    tracked_first = [item for item in ready if any(_changes_tracking(target) for target in item.targets)]
    stock.send(line, settings, [item for item in ready if item not in tracked_first])
    variants.update(line, settings, ready)
    stock.send(line, settings, tracked_first)
    variants.add(line, settings, ready)
    content.update(line, settings, ready)
    variants.take_away(line, settings, ready)


def _changes_tracking(target: Target) -> bool:
    return "tracked" in (target.fields.get("inventoryItem") or {})


def _outcomes(line: Line, items: Sequence[Item]) -> Sequence[Outcome]:
    errors = [error for item in items for error in _errors_of(item)]
    if (
        items
        and not line.was_answered
        and all(error is not None and nothing_happened(error) for error in errors)
    ):
        assert errors[0] is not None
        raise errors[0]
    return [_outcome(item) for item in items]


def _errors_of(item: Item) -> list[StockwireError | None]:
    if item.is_failed or not item.targets:
        return [item.error]
    if item.failed:
        return list(item.failed.values())
    return [target.error for target in item.targets]


def _outcome(item: Item) -> Outcome:
    if item.error is not None:
        return Failed(item.error)
    if item.change.action is Action.REMOVE:
        return Done(None if item.is_gone else item.change.link, {}, " ".join(item.notes))
    if item.is_simple:
        target = item.targets[0]
        memory = {**item.memory, ITEM: target.item} if target.item else dict(item.memory)
        notes = [*item.notes, *target.notes]
        link = Link(item.product, target.variant, memory)
        return Done(link, dict(target.seen), " ".join(notes), failed=item.failed)
    return Done(
        Link(item.product, "", dict(item.memory)),
        {},
        " ".join(item.notes),
        {target.key: _variant_outcome(item, target) for target in item.targets},
        item.failed,
    )


def _variant_outcome(item: Item, target: Target) -> Done | Failed:
    if target.error is not None:
        return Failed(target.error)
    gone = target.action is Action.REMOVE and not target.variant
    return Done(None if gone else target.link(item.product), dict(target.seen), " ".join(target.notes))
