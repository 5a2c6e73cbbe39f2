"""Which product of the shop a change may touch: found by SKU or by our own code, or a reason why none.

Never guesses: an SKU that the shop has twice, a structure that differs, or options that do not fit are
refused with what was seen. A link that leads nowhere is looked up once more and never answered with a new
product.
"""

from __future__ import annotations

import json
from collections.abc import Container, Sequence

from stockwire.connectors.shopify.items import IMAGE, OPTIONS, Item, Target, fail
from stockwire.connectors.shopify.line import Line
from stockwire.connectors.shopify.lookup import (
    Held,
    Hit,
    ensure_definition,
    find_by_code,
    find_by_sku,
    find_products,
)
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.connectors.shopify.translate import fill, sku_key
from stockwire.errors import Refused, StockwireError
from stockwire.ports import Action


def claim_skus(item: Item, taken: dict[str, str]) -> None:
    """Raises Refused when a SKU is missing or belongs to another product of the same push."""
    for target in item.targets:
        key = sku_key(target.sku)
        if not key:
            raise Refused(
                f"{item.change.sku or 'A product'}: a product without a SKU cannot be linked to the shop.",
                hint="Give it a stock code in the source.",
            )
        if key in taken:
            raise Refused(
                f"{target.sku}: another product has the same SKU; case and outer blanks do not count.",
                hint="Rename one of the two in the source.",
            )
        taken[key] = item.change.key


def link(
    line: Line, settings: ShopifySettings, items: Sequence[Item], leaving: Container[str] = ()
) -> list[Item]:
    """Give unlinked additions their product where the shop has it. Returns those that are to be created.

    `leaving` are the ids of variants that this push takes away: the search may still show them.
    """
    if not items:
        return []
    try:
        hits: dict[str, list[Hit]] = {}
        if settings.auto_sync:
            hits = find_by_sku(line, [target.sku for item in items for target in item.targets])
            hits = {key: [hit for hit in found if hit.variant not in leaving] for key, found in hits.items()}
            for item in items:
                _refuse_simple(item, hits)
        missing = {item for item in items if not any(_hits(hits, target) for target in item.open_targets())}
        made: dict[str, str] = {}
        creating = [item for item in items if item in missing and item.change.action is Action.ADD]
        if creating:
            ensure_definition(line)
            made = find_by_code(line, [item.code for item in creating])
        wanted = [made[item.code] for item in creating if item.code in made]
        wanted += [
            hit.product
            for item in items
            if item not in missing and (not item.is_simple or _wants_images(item, settings))
            for target in item.open_targets()
            for hit in _hits(hits, target)
        ]
        held = find_products(line, wanted) if wanted else {}
    except StockwireError as error:
        for item in items:
            item.fail(error)
        return []
    new: list[Item] = []
    for item in items:
        try:
            if item not in missing:
                _adopt(item, {target.key: _hits(hits, target) for target in item.open_targets()}, held)
                is_ours = any(hit.code == item.code for hit in _all_hits(hits, item))
                if is_ours and item.change.action is Action.ADD:
                    # Made before, and something after that failed: it may not be on sale yet.
                    item.is_found_again = True
                if item.product in held:
                    (_know_pictures if is_ours else _leave_pictures)(item, held[item.product])
            elif item.code in made and made[item.code] in held and item.change.action is Action.ADD:
                _take(item, held[made[item.code]])
                item.notes.append(f"Found again as product {item.product}, which was made for it before.")
                item.is_found_again = True
                _know_pictures(item, held[item.product])
            elif item.change.action is Action.ADD:
                new.append(item)
                continue
            else:
                raise Refused(
                    f"{item.change.sku}: the shop has no product with this SKU to update.",
                    hint="Sync the whole product, so that it is created or linked.",
                )
            fill(item, settings)
        except Refused as error:
            item.fail(error)
    return new


def resolve(
    line: Line, settings: ShopifySettings, items: Sequence[Item], leaving: Container[str] = ()
) -> None:
    """Find variant and inventory ids of linked products that are not known yet; lost ones are marked.

    A new variant whose SKU another product of the shop has is refused: there would be two of it.
    """
    waiting = [
        item for item in items if not item.is_failed and any(_is_incomplete(t) for t in item.open_targets())
    ]
    if not waiting:
        return
    try:
        held = find_products(line, [item.product for item in waiting])
        new = [
            (item, target)
            for item in waiting
            for target in item.open_targets()
            if target.key and target.action is Action.ADD and not item.is_created
        ]
        hits = find_by_sku(line, [target.sku for _, target in new]) if new and settings.auto_sync else {}
        for item, target in new:
            others = {h.product for h in _hits(hits, target) if h.variant not in leaving} - {item.product}
            if others:
                target.error = Refused(
                    f"{target.sku}: the shop has this SKU already, on product {', '.join(sorted(others))}.",
                    hint="Take it off there, or rename one of them.",
                )
    except StockwireError as error:
        for item in waiting:
            item.fail(error)
        return
    for item in waiting:
        if item.product not in held:
            item.is_lost = True
            continue
        try:
            _take(item, held[item.product])
        except Refused as error:
            item.fail(error)


def settle_missing(line: Line, items: Sequence[Item]) -> None:
    """Variants that were not where their link leads: with their product gone all are lost, and looked for
    again together; with the product there, each was deleted by itself."""
    asked = [item for item in items if not item.is_failed and any(t.is_missing for t in item.targets)]
    if not asked:
        return
    try:
        held = find_products(line, [item.product for item in asked])
    except StockwireError as error:
        for item in asked:
            item.fail(error)
        return
    for item in asked:
        if item.product not in held:
            item.is_lost = True
            continue
        for target in item.targets:
            if target.is_missing:
                target.error = Refused(
                    f"{target.sku}: this variant is gone from product {item.product} of the shop.",
                    hint="Remove its link here: it is then added again.",
                )


def found_again(line: Line, settings: ShopifySettings, items: Sequence[Item]) -> list[Item]:
    """Links that lead nowhere: looked up by SKU once, and adopted when the shop has exactly that."""
    lost = [item for item in items if item.is_lost and not item.is_failed]
    if not lost:
        return []
    gone = {item: item.product for item in lost}
    for item in lost:
        item.product, item.is_second_try, item.is_lost = "", True, False
        item.memory.clear()
        for target in item.targets:
            target.variant = target.item = ""
            target.memory.clear()
            target.is_done = target.is_missing = False
    try:
        hits = find_by_sku(line, [target.sku for item in lost for target in item.targets])
        products = [hit.product for item in lost if not item.is_simple for hit in _all_hits(hits, item)]
        held = find_products(line, products) if products else {}
    except StockwireError as error:
        for item in lost:
            item.fail(error)
        return []
    for item in lost:
        try:
            _refuse_simple(item, hits)
            if not _all_hits(hits, item):
                raise Refused(
                    f"{item.change.sku}: product {gone[item]} is gone from the shop, and no other one has "
                    "this SKU.",
                    hint="Restore it in the shop, or remove the link here: it is then created anew.",
                )
            _adopt(item, {target.key: _hits(hits, target) for target in item.open_targets()}, held)
            fill(item, settings)
        except Refused as error:
            item.fail(error)
    return [item for item in lost if not item.is_failed]


def _wants_images(item: Item, settings: ShopifySettings) -> bool:
    return not settings.block_image_enabled and "images" in item.wanted


def _know_pictures(item: Item, held: Held) -> None:
    """Made by us, and the answer was lost: the pictures are ours, in the order they were sent."""
    for image, code in zip(item.change.images, held.media, strict=False):
        item.memory[IMAGE + image.identity] = code


def _leave_pictures(item: Item, held: Held) -> None:
    """Whether the pictures of a product made by hand are the same ones cannot be known; a second set of them
    would be worse than none, so what it has counts as sent."""
    if held.media:
        item.memory.update({IMAGE + image.identity: "" for image in item.change.images})
        item.notes.append(f"Its {len(held.media)} pictures in the shop were left as they are.")


def _all_hits(hits: dict[str, list[Hit]], item: Item) -> list[Hit]:
    return [hit for target in item.open_targets() for hit in _hits(hits, target)]


def _hits(hits: dict[str, list[Hit]], target: Target) -> list[Hit]:
    return hits.get(sku_key(target.sku), [])


def _is_incomplete(target: Target) -> bool:
    if target.action is Action.ADD and target.key:
        return not target.variant
    return (bool(target.fields) and not target.variant) or (bool(target.stock) and not target.item)


def _refuse_simple(item: Item, hits: dict[str, list[Hit]]) -> None:
    """A variant here that is a product without options there: it alone is refused, its siblings go on."""
    if item.is_simple:
        return
    for target in item.open_targets():
        alone = [hit for hit in _hits(hits, target) if hit.only]
        if alone:
            target.error = Refused(
                f"{target.sku}: in the shop this SKU is a simple product ({alone[0].product}, "
                f"{alone[0].title}); here it is a variant of {item.change.sku}.",
                hint="Delete that product in the shop, or take the SKU off it; then retry.",
            )


def _adopt(item: Item, hits: dict[str, list[Hit]], held: dict[str, Held]) -> None:
    for target in item.open_targets():
        if len(found := hits[target.key]) > 1:
            places = ", ".join(f"product {hit.product} ({hit.title})" for hit in found)
            raise Refused(
                f"{target.sku}: the shop has this SKU {len(found)} times: {places}.",
                hint="Keep the SKU on one of them in the shop, then retry.",
            )
    products = list(dict.fromkeys(hit.product for found in hits.values() for hit in found))
    if len(products) > 1:
        raise Refused(
            f"{item.change.sku}: its SKUs belong to {len(products)} products of the shop: "
            f"{', '.join(products)}.",
            hint="Put them together in the shop, or split the product in the source.",
        )
    if item.is_simple:
        hit = hits[item.targets[0].key][0]
        if not hit.only:
            raise Refused(
                f"{item.change.sku}: in the shop this SKU is one variation (variant {hit.variant}) of "
                f"product {hit.product} ({hit.title}), which has options; here it is a product of its own.",
                hint="Make it a product without options in the shop, or give it its options in the source.",
            )
        item.product = hit.product
        item.targets[0].variant, item.targets[0].item = hit.variant, hit.item
    else:
        _take(item, held[products[0]])
    item.notes.append(f"Linked to product {item.product} of the shop, which has this SKU.")


def _take(item: Item, held: Held) -> None:
    """Take over a product of the shop and find each variant in it: by id, by SKU, then by option values."""
    item.product = held.product
    if item.is_simple:
        target = item.targets[0]
        found = _variant_of(target, held) or (held.variants[0] if len(held.variants) == 1 else None)
        if found is None:
            raise Refused(
                f"{item.change.sku}: product {held.product} of the shop has {len(held.variants)} variants, "
                "none of which is it.",
                hint="Make it a product without options in the shop, or remove the link here.",
            )
        target.variant, target.item = found.variant, found.item
        return
    if held.only_default and len(held.variants) == 1 and not held.variants[0].sku.strip():
        # Made without any variant: it gets its options with the first one.
        item.is_bare = True
        return
    _same_options(item, held)
    for target in item.open_targets():
        found = _variant_of(target, held)
        if found is not None:
            target.variant, target.item = found.variant, found.item
            told = list(held.values[found.variant])
            target.memory.setdefault(OPTIONS, json.dumps(told, ensure_ascii=False))
        elif target.action is Action.UPDATE:
            fail(
                item,
                target,
                Refused(
                    f"{target.sku}: product {held.product} of the shop has no variant with this SKU.",
                    hint="Remove its link here; it is then linked again by its SKU or added.",
                ),
            )


def _variant_of(target: Target, held: Held) -> Hit | None:
    by_id = [hit for hit in held.variants if hit.variant == target.variant]
    by_sku = [hit for hit in held.variants if sku_key(hit.sku) == sku_key(target.sku)]
    if by_id:
        return by_id[0]
    if len(by_sku) > 1:
        raise Refused(
            f"{target.sku}: product {held.product} of the shop has {len(by_sku)} variants with this SKU.",
            hint="Keep the SKU on one of them in the shop, then retry.",
        )
    if by_sku:
        return by_sku[0]
    # A variant without a SKU and with just these option values is the same one.
    wanted = tuple(value.casefold() for value in target.option_values)
    blank = [hit for hit in held.variants if not hit.sku.strip() and wanted]
    same = [hit for hit in blank if tuple(v.casefold() for v in held.values[hit.variant]) == wanted]
    return same[0] if len(same) == 1 else None


def _same_options(item: Item, held: Held) -> None:
    ours = tuple(name.casefold() for name in item.change.option_names)
    theirs = tuple(name.casefold() for name in held.options)
    if ours != theirs:
        raise Refused(
            f"{item.change.sku}: its options are {', '.join(item.change.option_names)}, but product "
            f"{held.product} of the shop has {', '.join(held.options) or 'none'}.",
            hint="Give both the same options in the same order, in the shop or in the source.",
        )
