"""One push: what leaves is taken away first, then products are written, then their variations.

Puts the stages in order and makes an outcome of what they leave behind; each stage is in a file of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from stockwire.connectors.woocommerce import removal
from stockwire.connectors.woocommerce.api import Api
from stockwire.connectors.woocommerce.attributes import check_values
from stockwire.connectors.woocommerce.families import remember_options
from stockwire.connectors.woocommerce.items import Child, Family, Item, Run, nothing_happened
from stockwire.connectors.woocommerce.linking import claim_sku, product_id, variation_ids
from stockwire.connectors.woocommerce.lookup import find_by_sku
from stockwire.connectors.woocommerce.pace import Pace
from stockwire.connectors.woocommerce.pictures import Pictures, speaks_of_pictures
from stockwire.connectors.woocommerce.products import Products
from stockwire.connectors.woocommerce.setting_types import DeleteMode
from stockwire.connectors.woocommerce.settings import WooCommerceSettings
from stockwire.connectors.woocommerce.translate import needs_held_prices, row_of, seen_of, sku_key
from stockwire.connectors.woocommerce.variations import Variations
from stockwire.errors import Refused, StockwireError
from stockwire.ports import Action, Change, Done, Failed, Outcome


def push(api: Api, settings: WooCommerceSettings, pace: Pace, changes: Sequence[Change]) -> Sequence[Outcome]:
    """One outcome per change, in order. Raises TryLater or NotSetUp when nothing could be attempted."""
    run = Run(api, settings, pace)
    removed, written = _sorted(run, changes)
    families = [item for item in written if isinstance(item, Family)]
    products, variations = Products(run), Variations(run)
    along = _remove_first(run, variations, removed, written)
    written = _looked_up(run, written)
    products.write([*written, *along])
    lost = variations.write(_open(run, families))
    if lost:
        products.find_again(lost)
        variations.write(_open(run, lost))
    Pictures(run).write([item for item in written if run.is_open(item) and speaks_of_pictures(item)])
    for item in written:
        if run.is_open(item) and item.is_settled:
            _finish(run, item)
    return run.finished(len(changes))


def _sorted(run: Run, changes: Sequence[Change]) -> tuple[list[Item], list[Item]]:
    """Removals, and all others. What is wrong, or needs no call, gets its outcome here."""
    removed: list[Item] = []
    written: list[Item] = []
    taken: set[str] = set()
    for position, change in enumerate(changes):
        item = _family(position, change) if change.has_variants else Item(position, change)
        try:
            item.product_id = product_id(change)
            item.memory = dict(change.link.memory) if change.link and item.product_id else {}
            if change.action is Action.REMOVE:
                if removal.is_to_be_removed(run, item):
                    removed.append(item)
                continue
            if isinstance(item, Family):
                _check_children(item, taken)
            else:
                _check_simple(run, item, taken)
            written.append(item)
        except Refused as error:
            run.fail(item, error)
    for item in written:
        if isinstance(item, Family):
            # SKUs stand on variations: a code that is the SKU of something cannot be the product's as well.
            item.sku = "" if sku_key(item.code) in taken else item.code
    return removed, written


def _family(position: int, change: Change) -> Family:
    family = Family(position, change)
    family.children = [Child(position, variant) for variant in change.variants]
    return family


def _check_simple(run: Run, item: Item, taken: set[str]) -> None:
    item.sku = item.change.sku.strip()
    if not item.product_id:
        claim_sku(item.sku, taken)
    if not needs_held_prices(item.change):
        row_of(item.change, run.settings)


def _check_children(family: Family, taken: set[str]) -> None:
    claim_sku(family.code, set())
    for child in family.children:
        try:
            parent_id, number = variation_ids(child.variant)
            if not child.is_wanted:
                continue
            check_values(child.change.sku, family.product.option_names, child.variant.option_values)
            claim_sku(child.change.sku, set() if number and parent_id == family.product_id else taken)
        except Refused as error:
            child.fail(error)


def _remove_first(
    run: Run, variations: Variations, removed: Sequence[Item], written: Sequence[Item]
) -> Sequence[Item]:
    """What leaves makes room for what comes: nothing is looked up before it is gone. Gives back the removals
    that may go along with the other rows of the push, because nothing new comes."""
    wanted = {sku_key(sku): item.position for item in written for sku in _new_skus(item)}
    leaving = [
        child
        for item in written
        if isinstance(item, Family)
        for child in item.children
        if not child.is_wanted
        and child.outcome is None
        and variation_ids(child.variant) != (0, 0)
        and wanted.get(sku_key(child.change.sku), item.position) != item.position
    ]
    if leaving and run.settings.delete_product_enabled:
        variations.remove(leaving)
    if removed and (wanted or run.settings.delete_product_mode is DeleteMode.TRASH):
        removal.remove(run, removed)
        return ()
    return removed


def _new_skus(item: Item) -> list[str]:
    """The SKUs that must be looked up before this item can be written."""
    if isinstance(item, Family):
        codes = [] if item.product_id else [item.code]
        return codes + [
            child.change.sku
            for child in item.children
            if child.outcome is None and _place_of(child, item) == (0, 0)
        ]
    return [] if item.product_id else [item.change.sku]


def _place_of(child: Child, family: Family) -> tuple[int, int]:
    parent_id, number = variation_ids(child.variant)
    return (parent_id, number) if number and parent_id == family.product_id else (0, 0)


def _looked_up(run: Run, items: Sequence[Item]) -> list[Item]:
    skus = [sku for item in items for sku in _new_skus(item)]
    if not skus:
        return list(items)
    try:
        run.found = find_by_sku(run.api, skus)
    except StockwireError as error:
        for item in items:
            if isinstance(item, Family) and item.product_id:
                for child in item.children:
                    if child.outcome is None and _place_of(child, item) == (0, 0):
                        child.fail(error)
            elif not item.product_id:
                run.fail(item, error)
    return [item for item in items if run.is_open(item)]


def _open(run: Run, families: Sequence[Family]) -> list[Family]:
    return [family for family in families if run.is_open(family) and family.is_settled]


def _finish(run: Run, item: Item) -> None:
    """The outcome of a product that went through, and of its variants, each by itself."""
    if isinstance(item, Family):
        outcomes = {child.variant.key: child.outcome for child in item.children if child.outcome is not None}
        errors = [outcome.error for outcome in outcomes.values() if isinstance(outcome, Failed)]
        is_untouched = item.answer is None and errors and len(errors) == len(outcomes)
        if is_untouched and all(nothing_happened(error) for error in errors):
            run.fail(item, errors[0])
            return
        remember_options(item)
        seen = seen_of(item.answer, run.settings) if item.answer else {}
        run.done(item, Done(item.link, seen, " ".join(item.notes), outcomes, item.failed))
    else:
        run.done(item, item.done(seen_of(item.answer, run.settings) if item.answer else {}))
