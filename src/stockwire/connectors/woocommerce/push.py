"""One push: every change is checked, linked, sent and compared with what came back.

Never creates a second product for a SKU and never repeats a call whose fate is unknown; pushing again is safe
because updates go by id and state whole values, and creations look the SKU up first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stockwire.connectors.woocommerce import batches, refusals
from stockwire.connectors.woocommerce.api import Api, object_of
from stockwire.connectors.woocommerce.batches import Item, Kind
from stockwire.connectors.woocommerce.linking import claim_sku, only_simple, product_id
from stockwire.connectors.woocommerce.lookup import find_by_sku, find_in_bin, held_prices
from stockwire.connectors.woocommerce.pace import Pace
from stockwire.connectors.woocommerce.refusals import ShopError, explain_row, read_error
from stockwire.connectors.woocommerce.settings import DeleteMode, WooCommerceSettings
from stockwire.connectors.woocommerce.translate import (
    Prices,
    differences,
    needs_held_prices,
    prices_of,
    row_of,
    seen_of,
    sku_key,
)
from stockwire.errors import Refused, StockwireError, TryLater
from stockwire.ports import Action, Change, Done, Failed, Link, Outcome

_CREATED = "Created in the shop."
_RESTORED = "Restored from the shop's bin."


def push(api: Api, settings: WooCommerceSettings, pace: Pace, changes: Sequence[Change]) -> Sequence[Outcome]:
    """One outcome per change, in order. Raises TryLater or NotSetUp when nothing could be attempted."""
    return _Push(api, settings, pace, changes).run()


class _Push:
    """Holds the outcomes found so far and the items that need a second call."""

    def __init__(
        self, api: Api, settings: WooCommerceSettings, pace: Pace, changes: Sequence[Change]
    ) -> None:
        self._api = api
        self._settings = settings
        self._pace = pace
        self._changes = changes
        self._outcomes: dict[int, Outcome] = {}
        self._again: list[Item] = []
        self._lost: list[Item] = []

    def run(self) -> Sequence[Outcome]:
        linked: list[Item] = []
        unlinked: list[Item] = []
        removed: list[Item] = []
        self._sort(linked, unlinked, removed)
        ready = [*self._with_held_prices(linked), *self._linked_by_sku(unlinked)]
        if self._settings.delete_product_mode is DeleteMode.DELETE:
            ready += removed
        else:
            self._move_to_bin(removed)
        self._send(ready)
        self._send([*self._again, *self._found_again()])
        return self._finished()

    def _sort(self, linked: list[Item], unlinked: list[Item], removed: list[Item]) -> None:
        """What needs no call, because it is wrong or there is nothing to do, gets its outcome here."""
        new_skus: set[str] = set()
        for position, change in enumerate(self._changes):
            item = Item(position, change)
            try:
                item.product_id = product_id(change)
                if change.action is Action.REMOVE:
                    if self._is_to_be_removed(item):
                        removed.append(item)
                elif item.product_id:
                    if not needs_held_prices(change):
                        self._fill(item)
                    linked.append(item)
                else:
                    claim_sku(change, new_skus)
                    if not needs_held_prices(change):
                        self._fill(item)
                    unlinked.append(item)
            except Refused as error:
                self._fail(item, error)

    def _is_to_be_removed(self, item: Item) -> bool:
        if not item.product_id:
            self._done(item, None, "It was not linked, so there was nothing to take away.")
        elif not self._settings.delete_product_enabled:
            self._done(
                item, item.change.link, "The shop keeps the product, because delete_product_enabled is off."
            )
        else:
            item.kind = Kind.DELETE
            return True
        return False

    def _fill(self, item: Item, held: Prices | None = None) -> None:
        row = row_of(item.change, self._settings, creating=item.kind is Kind.CREATE, held=held)
        item.fields = dict(row.fields)
        item.notes = [*(note for note in item.notes if note not in row.notes), *row.notes]

    def _with_held_prices(self, items: Sequence[Item]) -> list[Item]:
        """Items whose price field depends on what the shop holds are filled now, with one read for all."""
        waiting = [item for item in items if needs_held_prices(item.change)]
        if not waiting:
            return list(items)
        try:
            held = held_prices(self._api, [item.product_id for item in waiting])
        except StockwireError as error:
            for item in waiting:
                self._fail(item, error)
            held = {}
        for item in waiting:
            if item.position in self._outcomes:
                continue
            if item.product_id not in held and not item.is_second_try:
                self._lost.append(item)
                continue
            try:
                self._fill(item, prices_of(held.get(item.product_id, {})))
            except Refused as error:
                self._fail(item, error)
        lost = {item.position for item in self._lost}
        return [item for item in items if item.position not in self._outcomes and item.position not in lost]

    def _linked_by_sku(self, items: Sequence[Item]) -> list[Item]:
        if not items:
            return []
        try:
            found = find_by_sku(self._api, [item.change.sku for item in items])
        except StockwireError as error:
            for item in items:
                self._fail(item, error)
            return []
        ready = []
        for item in items:
            try:
                hits = found[sku_key(item.change.sku)]
                if hits:
                    self._adopt(item, only_simple(item.change.sku, hits))
                else:
                    self._prepare_creation(item)
                ready.append(item)
            except Refused as error:
                self._fail(item, error)
        return self._with_held_prices(ready)

    def _adopt(self, item: Item, product: dict[str, Any]) -> None:
        item.kind = Kind.UPDATE
        item.product_id = product["id"]
        item.notes.append(f"Linked to product {item.product_id} of the shop, which has this SKU.")
        if not needs_held_prices(item.change):
            self._fill(item)

    def _prepare_creation(self, item: Item) -> None:
        sku = item.change.sku
        if item.change.action is not Action.ADD:
            raise Refused(
                f"{sku}: the shop has no product with this SKU to update.",
                hint="Sync the whole product, so that it is created or linked.",
            )
        if not self._settings.create_product_enabled:
            raise Refused(
                f"{sku}: the shop has no product with this SKU, and creating products is switched off.",
                hint="Create it in the shop with exactly this SKU, or switch on create_product_enabled.",
            )
        item.kind = Kind.CREATE
        self._fill(item)
        item.notes.append(_CREATED)

    def _send(self, items: Sequence[Item]) -> None:
        batches.send(self._api, self._settings, self._pace, items, settle=self._settle, fail=self._fail)

    def _settle(self, item: Item, row: dict[str, Any]) -> None:
        if "error" in row:
            self._settle_error(item, read_error(400, row["error"]))
        elif item.kind is Kind.DELETE:
            self._done(item, None, "Deleted from the shop.")
        elif not isinstance(row.get("id"), int) or row["id"] <= 0:
            self._fail(item, refusals.not_json(200, wrote=True))
        elif row.get("status") == "trash":
            self._settle_binned(item)
        elif wrong := differences(item.fields, row):
            self._fail(
                item,
                Refused(
                    f"{item.change.sku}: {'; '.join(wrong)}.",
                    hint="A plugin of the shop, or a sale at the same moment, may have changed it. Look at "
                    "the product in the shop, then retry.",
                ),
            )
        else:
            if sku_key(str(row.get("sku") or "")) != sku_key(item.change.sku):
                item.notes.append(
                    f"The shop's SKU of product {row['id']} is now {row.get('sku') or 'empty'}."
                )
            if "regular_price" in item.fields and "sale_price" not in item.fields and row.get("sale_price"):
                item.notes.append(
                    f"The shop has a sale price of {row['sale_price']} for it, which is left alone."
                )
            self._outcomes[item.position] = Done(
                Link(str(row["id"])), seen_of(row, self._settings), " ".join(item.notes)
            )

    def _settle_binned(self, item: Item) -> None:
        """The shop writes to a product in its bin without a word; nobody can buy it there."""
        if self._settings.restore_from_bin_enabled and not item.is_second_try:
            item.is_second_try = True
            item.fields["status"] = self._settings.create_product_status.value
            item.notes.append(_RESTORED)
            self._again.append(item)
            return
        self._fail(
            item,
            Refused(
                f"{item.change.sku}: product {item.product_id} lies in the shop's bin.",
                hint="Restore it in the shop under Products > Bin, or delete it permanently and remove the "
                "link here; or switch on restore_from_bin_enabled.",
            ),
        )

    def _settle_error(self, item: Item, error: ShopError) -> None:
        missing = error.code in {refusals.MISSING_PRODUCT, refusals.ALREADY_BINNED}
        if item.kind is Kind.DELETE and missing:
            self._done(item, None, "It was already gone from the shop.")
        elif item.is_second_try:
            self._fail(item, explain_row(item.change.sku, error))
        elif item.kind is Kind.CREATE and error.code == refusals.DUPLICATE_SKU and error.resource_id:
            self._take_over_duplicate(item, error.resource_id)
        elif (
            item.kind is Kind.CREATE
            and error.code == refusals.SKU_IN_BIN
            and self._settings.restore_from_bin_enabled
        ):
            self._restore(item, error)
        elif item.kind is Kind.UPDATE and missing:
            self._lost.append(item)
        else:
            self._fail(item, explain_row(item.change.sku, error))

    def _take_over(self, item: Item, product: dict[str, Any]) -> None:
        item.notes = [note for note in item.notes if note != _CREATED]
        item.is_second_try = True
        self._adopt(item, product)
        self._again.append(item)

    def _take_over_duplicate(self, item: Item, resource_id: int) -> None:
        """The shop named the product that has the SKU. It may compare more loosely than we do, so look."""
        sku = item.change.sku
        try:
            fields = {"_fields": "id,sku,name,type,status,parent_id"}
            product = object_of(self._api.get(f"/products/{resource_id}", fields))
            if sku_key(str(product.get("sku") or "")) != sku_key(sku):
                raise Refused(
                    f"{sku}: the shop takes this SKU for the same as {product.get('sku') or 'an empty one'} "
                    f"of product {resource_id}.",
                    hint="Rename one of the two SKUs.",
                )
            self._take_over(item, only_simple(sku, [product]))
        except StockwireError as error:
            self._fail(item, error)

    def _restore(self, item: Item, error: ShopError) -> None:
        try:
            hits = find_in_bin(self._api, item.change.sku)
            if len(hits) != 1:
                raise explain_row(item.change.sku, error)
            self._take_over(item, {**hits[0], "status": "draft"})
            item.fields["status"] = self._settings.create_product_status.value
            item.notes.append(_RESTORED)
        except StockwireError as failure:
            self._fail(item, failure)

    def _found_again(self) -> list[Item]:
        """Links that lead nowhere are looked up by SKU once more, and never answered with a new product."""
        if not self._lost:
            return []
        lost, self._lost = self._lost, []
        try:
            found = find_by_sku(self._api, [item.change.sku for item in lost])
        except StockwireError as error:
            for item in lost:
                self._fail(item, error)
            return []
        ready = []
        for item in lost:
            sku = item.change.sku
            hits = found.get(sku_key(sku), [])
            try:
                if not hits:
                    raise Refused(
                        f"{sku}: product {item.product_id} is gone from the shop, and no other one has "
                        "this SKU.",
                        hint="Restore it in the shop, or remove the link here: it is then created anew.",
                    )
                item.is_second_try = True
                self._adopt(item, only_simple(sku, hits))
                ready.append(item)
            except Refused as error:
                self._fail(item, error)
        return self._with_held_prices(ready)

    def _move_to_bin(self, items: Sequence[Item]) -> None:
        """One call each: a delete inside a batch is for good, whatever one wishes."""
        stopped: StockwireError | None = None
        for item in items:
            if stopped is not None:
                self._fail(item, stopped)
                continue
            try:
                answer = self._api.call("DELETE", f"/products/{item.product_id}", accept=(400, 404, 410))
                if answer.error is None:
                    self._done(item, None, "Moved to the shop's bin.")
                else:
                    self._settle_error(item, answer.error)
            except StockwireError as error:
                self._fail(item, error)
                if not isinstance(error, Refused):
                    stopped = batches.unsent(error)

    def _done(self, item: Item, link: Link | None, note: str) -> None:
        self._outcomes[item.position] = Done(link, {}, " ".join([*item.notes, note]))

    def _fail(self, item: Item, error: StockwireError) -> None:
        self._outcomes[item.position] = Failed(error)

    def _finished(self) -> Sequence[Outcome]:
        outcomes = [self._outcomes[position] for position in range(len(self._changes))]
        errors = [outcome.error for outcome in outcomes if isinstance(outcome, Failed)]
        if outcomes and len(errors) == len(outcomes) and all(_nothing_happened(error) for error in errors):
            raise errors[0]
        return outcomes


def _nothing_happened(error: StockwireError) -> bool:
    return not isinstance(error, Refused) and not (isinstance(error, TryLater) and error.may_have_worked)
