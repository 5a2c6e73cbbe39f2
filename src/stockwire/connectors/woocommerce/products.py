"""The stage of a push that writes products, simple ones and those with variants: link, send, compare.

Never creates a second product for a SKU and never repeats a call whose fate is unknown; pushing again is safe
because updates go by id and state whole values, and creations look the SKU up first.
"""

from __future__ import annotations

from collections.abc import Sequence

from stockwire.connectors.woocommerce import batches, refusals, removal, shop_bin
from stockwire.connectors.woocommerce.families import needs_attributes, put_attributes
from stockwire.connectors.woocommerce.items import Family, Item, Kind, Row, Run
from stockwire.connectors.woocommerce.linking import only_simple, only_variable, parent_of
from stockwire.connectors.woocommerce.lookup import (
    find_by_sku,
    find_shells,
    held_products,
    holder_of,
    product_at,
)
from stockwire.connectors.woocommerce.pictures import speaks_of_pictures
from stockwire.connectors.woocommerce.refusals import ShopError, explain_row, read_error
from stockwire.connectors.woocommerce.shop_terms import FIELDS, ShopTerms, speaks_of_terms
from stockwire.connectors.woocommerce.translate import (
    differences,
    family_row_of,
    needs_held_prices,
    prices_of,
    row_of,
    sku_key,
)
from stockwire.errors import Refused, StockwireError
from stockwire.ports import Action

_CREATED = "Created in the shop."


def skus_of(item: Item) -> list[str]:
    """Every SKU by which the product of this item may be found in the shop."""
    if isinstance(item, Family):
        return [item.code, *(child.change.sku for child in item.children if child.is_wanted)]
    return [item.change.sku]


class Products:
    """Writes the product rows of one push; what is done is marked on the items, what failed in the run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._terms = ShopTerms(run)
        self._again: list[Item] = []
        self._lost: list[Item] = []
        self._surely_gone: set[int] = set()

    def write(self, items: Sequence[Item]) -> None:
        """Items without a product id are linked by SKU (from what the run has found) or created."""
        deletions = [item for item in items if item.kind is Kind.DELETE]
        linked = [item for item in items if item.product_id and item.kind is not Kind.DELETE]
        unlinked = [item for item in items if not item.product_id]
        self._terms.prepare([*linked, *unlinked])
        self._send([*self._filled([*linked, *self._linked(unlinked)]), *deletions])
        self._try_again()

    def find_again(self, families: Sequence[Family]) -> None:
        """For products whose variations were not where their links lead: link them anew, by SKU."""
        for family in families:
            family.is_settled = False
        self._lost += families
        self._try_again()

    def _try_again(self) -> None:
        again, self._again = self._again, []
        self._send([*again, *self._found_again()])

    def _linked(self, items: Sequence[Item]) -> list[Item]:
        ready = []
        for item in items:
            try:
                self._link(item)
                ready.append(item)
            except StockwireError as error:
                self._run.fail(item, error)
        return ready

    def _link(self, item: Item) -> None:
        found = self._run.found
        if isinstance(item, Family):
            self._run.check_staying([hit for sku in skus_of(item) for hit in found.get(sku_key(sku), [])])
            number = parent_of(item, found) or self._left_behind(item)
            if number:
                _adopt(item, number, "has its code or SKUs of its variants")
                return
        else:
            hits = found.get(sku_key(item.change.sku), [])
            self._run.check_staying(hits)
            if hits:
                _adopt(item, only_simple(item.change.sku, hits)["id"], "has this SKU")
                return
        self._prepare_creation(item)

    def _left_behind(self, family: Family) -> int:
        """A product without a SKU that a push made and could not fill."""
        title = next((str(one.after or "") for one in family.change.fields if one.name == "title"), "")
        if family.sku or not title.strip() or family.change.action is not Action.ADD:
            return 0
        shells = find_shells(self._run.api, title)
        return int(shells[0]["id"]) if len(shells) == 1 else 0

    def _prepare_creation(self, item: Item) -> None:
        sku = item.change.sku
        if item.change.action is not Action.ADD:
            raise Refused(
                f"{sku}: the shop has no product with this SKU to update.",
                hint="Sync the whole product, so that it is created or linked.",
            )
        if not self._run.settings.create_product_enabled:
            raise Refused(
                f"{sku}: the shop has no product with this SKU, and creating products is switched off.",
                hint="Create it in the shop with exactly this SKU, or switch on create_product_enabled.",
            )
        item.kind = Kind.CREATE
        item.note(_CREATED)

    def _filled(self, items: Sequence[Item]) -> list[Item]:
        """Items with their fields. Where these depend on what the shop holds, one read serves all."""
        waiting = [
            item for item in items if item.kind is Kind.UPDATE and item.held is None and _needs_held(item)
        ]
        if waiting:
            self._read(waiting)
        ready = []
        for item in items:
            if not self._run.is_open(item) or any(item is lost for lost in self._lost):
                continue
            try:
                self._fill(item)
                ready.append(item)
            except StockwireError as error:
                self._run.fail(item, error)
        return ready

    def _read(self, items: Sequence[Item]) -> None:
        try:
            held = held_products(self._run.api, [item.product_id for item in items])
        except StockwireError as error:
            for item in items:
                self._run.fail(item, error)
            return
        for item in items:
            item.held = held.get(item.product_id)
            if item.held is None and item.is_second_try:
                self._run.fail(item, refusals.gone(item.change.sku, item.product_id))
            elif item.held is None:
                self._lost.append(item)

    def _fill(self, item: Item) -> None:
        creating, settings = item.kind is Kind.CREATE, self._run.settings
        if isinstance(item, Family):
            row = family_row_of(item.product, settings, creating=creating)
            item.fields = dict(row.fields)
            if needs_attributes(item):
                put_attributes(self._run, item)
        else:
            held = prices_of(item.held or {}) if needs_held_prices(item.change) else None
            row = row_of(item.change, settings, creating=creating, held=held)
            item.fields = dict(row.fields)
        if speaks_of_terms(item):
            self._terms.put(item)
        if item.was_restored:
            item.fields["status"] = settings.create_product_status.value
        item.note(*row.notes)

    def _send(self, items: Sequence[Item]) -> None:
        rows = [item for item in items if item.fields or item.kind is not Kind.UPDATE]
        batches.send(self._run, rows, settle=self._settle, fail=self._run.fail)
        for item in items:
            if not item.fields and item.kind is Kind.UPDATE:
                item.is_settled = True

    def _settle(self, item: Item, row: Row) -> None:
        if item.kind is Kind.DELETE:
            removal.settle(self._run, item, row)
        elif "error" in row:
            self._settle_error(item, read_error(400, row["error"]))
        elif not isinstance(row.get("id"), int) or row["id"] <= 0:
            self._run.fail(item, refusals.not_json(200, wrote=True))
        elif row.get("status") == "trash":
            self._settle_binned(item)
        elif wrong := differences(item.fields, row):
            self._run.fail(item, refusals.taken_differently(item.change.sku, wrong))
        elif isinstance(item, Family) and row.get("type", "variable") != "variable":
            self._run.fail(item, refusals.no_longer_variable(item.code, item.product_id, row["type"]))
        else:
            item.answer, item.product_id, item.is_settled = row, row["id"], True
            _note_oddities(item, row)

    def _settle_binned(self, item: Item) -> None:
        """The shop writes to a product in its bin without a word; nobody can buy it there."""
        try:
            shop_bin.take_out(self._run, item)
            self._again.append(item)
        except StockwireError as error:
            self._run.fail(item, error)

    def _settle_error(self, item: Item, error: ShopError) -> None:
        if item.is_second_try:
            self._run.fail(item, explain_row(item.change.sku, error))
        elif item.kind is Kind.CREATE and error.code == refusals.DUPLICATE_SKU and error.resource_id:
            self._take_over_duplicate(item, error.resource_id)
        elif item.kind is Kind.CREATE and error.code == refusals.SKU_IN_BIN:
            self._make_way(item, error)
        elif item.kind is Kind.UPDATE and error.code in {refusals.MISSING_PRODUCT, refusals.ALREADY_BINNED}:
            self._surely_gone.add(item.position)
            self._lost.append(item)
        else:
            self._run.fail(item, explain_row(item.change.sku, error))

    def _take_over_duplicate(self, item: Item, resource_id: int) -> None:
        """The shop named the product that has the SKU. It may compare more loosely than we do, so look."""
        only = only_variable if isinstance(item, Family) else only_simple
        try:
            self._take_over(item, only(item.sku, [holder_of(self._run.api, item.sku, resource_id)]))
        except StockwireError as error:
            self._run.fail(item, error)

    def _make_way(self, item: Item, error: ShopError) -> None:
        """The SKU lies in the bin: restore what has it, or take it off there if that is of another shape."""
        try:
            hit = shop_bin.holder(self._run, item, error)
            if hit is None:
                item.is_second_try = True
                self._again.append(item)
            else:
                self._take_over(item, hit, product_at(self._run.api, hit["id"]))
                shop_bin.take_out(self._run, item)
        except StockwireError as failure:
            self._run.fail(item, failure)

    def _take_over(self, item: Item, product: Row, held: Row | None = None) -> None:
        item.notes = [note for note in item.notes if note != _CREATED]
        _adopt(item, product["id"], "has this SKU")
        item.is_second_try, item.held = True, held
        self._again += self._filled([item])

    def _found_again(self) -> list[Item]:
        """Links that lead nowhere are looked up by SKU once more, and never answered with a new product."""
        lost, self._lost = [item for item in self._lost if self._run.is_open(item)], []
        if not lost:
            return []
        try:
            self._run.found |= find_by_sku(self._run.api, [sku for item in lost for sku in skus_of(item)])
        except StockwireError as error:
            for item in lost:
                self._run.fail(item, error)
            return []
        ready = []
        for item in lost:
            item.is_second_try = True
            try:
                self._find(item)
                ready.append(item)
            except StockwireError as error:
                self._run.fail(item, error)
        return self._filled(ready)

    def _find(self, item: Item) -> None:
        found = self._run.found
        if isinstance(item, Family):
            number = parent_of(item, found)
        else:
            hits = found.get(sku_key(item.change.sku), [])
            number = only_simple(item.change.sku, hits)["id"] if hits else 0
        if number and number != item.product_id:
            _adopt(item, number, "has this SKU")
        elif item.position in self._surely_gone:
            raise refusals.gone(item.change.sku, item.product_id)
        else:
            shop_bin.look_for(self._run, item)


def _needs_held(item: Item) -> bool:
    if isinstance(item, Family):
        return needs_attributes(item) or speaks_of_terms(item) or speaks_of_pictures(item)
    return needs_held_prices(item.change) or speaks_of_terms(item) or speaks_of_pictures(item)


def _adopt(item: Item, number: int, why: str) -> None:
    """What was remembered of another product does not hold for this one."""
    item.kind, item.product_id, item.is_adopted = Kind.UPDATE, number, True
    item.memory, item.held = {}, None
    item.note(f"Linked to product {number} of the shop, which {why}.")


def _note_oddities(item: Item, row: Row) -> None:
    for taxonomy in FIELDS.values():
        sent = {term["id"] for term in item.fields.get(taxonomy, [])}
        if sent - {term["id"] for term in row.get(taxonomy) or []}:
            item.note(f"The shop did not take all of its {taxonomy}.")
    if isinstance(item, Family):
        return
    if sku_key(str(row.get("sku") or "")) != sku_key(item.change.sku):
        item.note(f"The shop's SKU of product {row['id']} is now {row.get('sku') or 'empty'}.")
    if "regular_price" in item.fields and "sale_price" not in item.fields and row.get("sale_price"):
        item.note(f"The shop has a sale price of {row['sale_price']} for it, which is left alone.")
