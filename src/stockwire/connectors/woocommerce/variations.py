"""The stage of a push that writes variations, each product's below its own route.

One bad variation never fails its siblings. Variations that people made by hand are left alone; they are only
written to where the shop would otherwise forget what they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stockwire.connectors.woocommerce import batches, refusals
from stockwire.connectors.woocommerce.attributes import carried, chosen, has_chosen, same, to_memory
from stockwire.connectors.woocommerce.families import OPTIONS, former_of, has_new_options, renames_of
from stockwire.connectors.woocommerce.items import Child, Family, Kind, Row, Run
from stockwire.connectors.woocommerce.linking import only_variation, variation_ids
from stockwire.connectors.woocommerce.lookup import find_by_sku, held_variations, holder_of, product_at
from stockwire.connectors.woocommerce.refusals import ShopError, explain_row, read_error
from stockwire.connectors.woocommerce.translate import (
    differences,
    needs_held_prices,
    prices_of,
    seen_of,
    sku_key,
    variation_row_of,
)
from stockwire.errors import Refused, StockwireError
from stockwire.ports import Action, Done, Failed, VariantChange

_KEPT = "The shop keeps the variation, because delete_product_enabled is off."
_CREATED = "Created in the shop."


class Variations:
    """Writes the variations of one push. Every child gets its outcome, unless its product is lost."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._families: dict[int, Family] = {}
        self._carried: list[Child] = []
        self._again: list[Child] = []
        self._lost: list[Child] = []

    def remove(self, children: Sequence[Child]) -> None:
        """Take linked variations away now, because their SKUs are wanted elsewhere in this push."""
        for child in children:
            child.parent_id, child.product_id = variation_ids(child.variant)
            child.kind = Kind.DELETE
        batches.send(self._run, children, settle=self._settle, fail=lambda child, error: child.fail(error))
        for child in children:
            if child.outcome is not None and not isinstance(child.outcome, Done):
                self._run.staying[child.product_id] = child.outcome.error

    def write(self, families: Sequence[Family]) -> list[Family]:
        """Write the open children of these products. Gives back the products that are not where their links
        lead; nothing was written to those."""
        self._families = {family.position: family for family in families}
        ready = [child for family in families for child in self._prepared(family)]
        self._send(self._filled(ready))
        again, self._again = self._again, []
        lost = self._found_again()
        self._send([*self._revived(again), *self._filled(self._lost)])
        self._lost = []
        self._tell_of_carried()
        return lost

    def _prepared(self, family: Family) -> list[Child]:
        """Children with their place in the shop, and those that are carried along."""
        ready: list[Child] = []
        try:
            binned = self._in_bin(family) if family.was_restored else {}
        except StockwireError as error:
            for child in family.children:
                child.fail(error)
            return []
        for child in family.children:
            if child.outcome is not None:
                continue
            try:
                self._place(family, child, binned)
                ready += [child] if child.outcome is None else []
            except StockwireError as error:
                child.fail(error)
        taken = {child.product_id for child in family.children}
        extra = [_carried_along(family, row, {"status": "publish"}) for row in binned.values()]
        if renames_of(family):
            extra += [_carried_along(family, row, {}) for row in family.present.values()]
        return [*ready, *self._along(child for child in extra if child.product_id not in taken)]

    def _along(self, children: Iterable[Child]) -> list[Child]:
        along = list(children)
        self._carried += along
        return along

    def _tell_of_carried(self) -> None:
        for child in self._carried:
            if isinstance(child.outcome, Failed):
                self._families[child.position].note(
                    f"Variation {child.product_id} of the shop could not be taken along: "
                    f"{child.outcome.error.message}"
                )
        self._carried = []

    def _place(self, family: Family, child: Child, binned: dict[str, Row]) -> None:
        parent_id, number = variation_ids(child.variant)
        child.parent_id = family.product_id
        child.product_id = number if parent_id == family.product_id else 0
        hits = self._run.found.get(sku_key(child.change.sku), [])
        if child.product_id:
            child.memory = dict(child.variant.link.memory) if child.variant.link else {}
        elif child.is_wanted:
            self._run.check_staying(hits)
            if hits:
                self._adopt(child, only_variation(child.change.sku, hits, family.product_id))
            elif sku_key(child.change.sku) in binned:
                self._adopt(child, binned[sku_key(child.change.sku)])
            else:
                self._prepare_creation(child)
        else:
            below = [hit for hit in hits if hit.get("parent_id") == family.product_id]
            child.product_id = below[0]["id"] if len(below) == 1 else 0
        if child.product_id in {row["id"] for row in binned.values()}:
            child.was_restored = True
        if not child.is_wanted:
            self._prepare_removal(child)

    def _prepare_removal(self, child: Child) -> None:
        if not child.product_id:
            child.outcome = Done(None, {}, "It was not linked, so there was nothing to take away.")
        elif not self._run.settings.delete_product_enabled:
            child.outcome = Done(child.variant.link, {}, _KEPT)
        else:
            child.kind = Kind.DELETE

    def _prepare_creation(self, child: Child) -> None:
        sku = child.change.sku
        if child.change.action is not Action.ADD:
            raise Refused(
                f"{sku}: the shop has no variation with this SKU to update.",
                hint="Sync the whole product, so that it is created or linked.",
            )
        if not self._run.settings.create_product_enabled:
            raise Refused(
                f"{sku}: the shop has no variation with this SKU, and creating products is switched off.",
                hint="Create it in the shop with exactly this SKU, or switch on create_product_enabled.",
            )
        child.kind, child.sku = Kind.CREATE, sku.strip()
        child.note(_CREATED)

    def _adopt(self, child: Child, row: Row) -> None:
        child.kind, child.product_id, child.held, child.is_adopted = Kind.UPDATE, row["id"], row, True
        child.notes = [note for note in child.notes if note != _CREATED]
        child.memory = {}
        child.note(f"Linked to variation {row['id']} of product {child.parent_id}, which has this SKU.")

    def _filled(self, children: Sequence[Child]) -> list[Child]:
        """Children with their fields; those with nothing to send are done."""
        waiting = [child for child in children if child.held is None and _needs_held_prices(child)]
        if waiting:
            self._read_prices(waiting)
        ready = []
        for child in children:
            if child.outcome is not None:
                continue
            try:
                if child.kind is not Kind.DELETE and child.variant.key:
                    self._fill(child)
            except StockwireError as error:
                child.fail(error)
                continue
            if child.kind is Kind.UPDATE and not child.fields:
                child.outcome = child.done()
            else:
                ready.append(child)
        return ready

    def _read_prices(self, children: Sequence[Child]) -> None:
        """Variations are found by SKU, many in one call; by id they would take one call per product."""
        try:
            found = find_by_sku(self._run.api, [child.change.sku for child in children])
        except StockwireError as error:
            for child in children:
                child.fail(error)
            return
        for child in children:
            hits = found.get(sku_key(child.change.sku), [])
            child.held = next((hit for hit in hits if hit["id"] == child.product_id), None)
            if child.held is None and not child.is_second_try:
                self._lost.append(child)
                child.is_second_try = True

    def _fill(self, child: Child) -> None:
        family = self._families[child.position]
        held = prices_of(child.held or {}) if _needs_held_prices(child) else None
        row = variation_row_of(child.variant, self._run.settings, held=held)
        child.fields = dict(row.fields)
        if family.attributes is not None and self._chooses_anew(family, child):
            ours = {same(name) for name in former_of(family)}
            present = (family.present.get(child.product_id) or child.held or {}).get("attributes") or []
            child.fields["attributes"] = chosen(
                family.attributes,
                family.product.option_names,
                child.variant.option_values,
                [one for one in present if same(one["name"]) not in ours],
            )
        if child.was_restored:
            child.fields["status"] = "publish"
        child.note(*row.notes)

    def _chooses_anew(self, family: Family, child: Child) -> bool:
        if child.is_adopted and child.held is not None:
            names, values = family.product.option_names, child.variant.option_values
            return not has_chosen(child.held.get("attributes") or [], names, values)
        return child.kind is Kind.CREATE or bool(renames_of(family)) or has_new_options(family, child)

    def _send(self, children: Sequence[Child]) -> None:
        batches.send(self._run, children, settle=self._settle, fail=lambda child, error: child.fail(error))

    def _settle(self, child: Child, row: Row) -> None:
        sku = child.change.sku
        if "error" in row:
            self._settle_error(child, read_error(400, row["error"]))
        elif child.kind is Kind.DELETE:
            self._run.removed.add(child.product_id)
            child.outcome = Done(None, {}, "Deleted from the shop.")
        elif not isinstance(row.get("id"), int) or row["id"] <= 0:
            child.fail(refusals.not_json(200, wrote=True))
        elif row.get("status") == "trash":
            self._settle_binned(child)
        elif wrong := differences(child.fields, row):
            child.fail(refusals.taken_differently(sku, wrong))
        else:
            child.product_id = row["id"]
            if "attributes" in child.fields or OPTIONS not in child.memory:
                child.memory[OPTIONS] = to_memory(child.variant.option_values)
            if sku_key(str(row.get("sku") or "")) != sku_key(sku):
                child.note(f"The shop's SKU of variation {row['id']} is now {row.get('sku') or 'empty'}.")
            if "regular_price" in child.fields and "sale_price" not in child.fields and row.get("sale_price"):
                child.note(f"The shop has a sale price of {row['sale_price']} for it, which is left alone.")
            child.outcome = child.done(seen_of({**row, "type": "variation"}, self._run.settings))

    def _settle_binned(self, child: Child) -> None:
        if not self._run.settings.restore_from_bin_enabled or child.was_restored:
            child.fail(refusals.in_bin(child.change.sku, child.parent_id))
            return
        child.was_restored = child.is_second_try = True
        self._again.append(child)

    def _settle_error(self, child: Child, error: ShopError) -> None:
        is_missing = error.code == refusals.MISSING_VARIATION
        if child.kind is Kind.DELETE and is_missing:
            child.outcome = Done(None, {}, "It was already gone from the shop.")
        elif child.kind is Kind.UPDATE and is_missing and not child.is_second_try and child.variant.key:
            child.is_second_try = True
            self._lost.append(child)
        elif child.kind is Kind.CREATE and error.code == refusals.DUPLICATE_SKU and error.resource_id:
            self._take_over_duplicate(child, error.resource_id)
        else:
            child.fail(explain_row(child.change.sku, error))

    def _take_over_duplicate(self, child: Child, resource_id: int) -> None:
        sku = child.change.sku
        try:
            product = holder_of(self._run.api, sku, resource_id)
            self._adopt(child, only_variation(sku, [product], child.parent_id))
            child.is_second_try = True
            self._again += self._filled([child])
        except StockwireError as error:
            child.fail(error)

    def _found_again(self) -> list[Family]:
        """Lost children get their new place; the rest are refused, or their whole product is lost."""
        lost, self._lost = self._lost, []
        if not lost:
            return []
        lost_families: dict[int, Family] = {}
        try:
            self._run.found |= find_by_sku(self._run.api, [child.change.sku for child in lost])
        except StockwireError as error:
            for child in lost:
                child.fail(error)
            return []
        for child in lost:
            family = self._families[child.position]
            hits = self._run.found.get(sku_key(child.change.sku), [])
            below = [hit for hit in hits if hit.get("parent_id") == child.parent_id]
            if len(below) == 1:
                self._adopt(child, below[0])
                self._lost.append(child)
            elif family.answer is None and not family.is_second_try:
                lost_families[family.position] = family
            else:
                child.fail(refusals.gone(child.change.sku, child.product_id, what="variation"))
        return list(lost_families.values())

    def _revived(self, children: Sequence[Child]) -> list[Child]:
        """Children that were found in the bin, once their products are out of it, and all that lies in there
        with them."""
        ready = [child for child in children if not child.was_restored]
        binned = [child for child in children if child.was_restored]
        for position in dict.fromkeys(child.position for child in binned):
            family = self._families[position]
            ours = [child for child in binned if child.position == position]
            try:
                if (product_at(self._run.api, family.product_id) or {}).get("status") == "trash":
                    status = {"status": self._run.settings.create_product_status.value}
                    self._run.api.call("PUT", f"/products/{family.product_id}", {"_fields": "id"}, status)
                    family.note("Restored from the shop's bin.")
                rows = self._in_bin(family).values()
            except StockwireError as error:
                for child in ours:
                    child.fail(error)
                continue
            taken = {child.product_id for child in ours}
            for child in ours:
                child.fields["status"] = "publish"
            ready += ours
            ready += self._along(
                _carried_along(family, row, {"status": "publish"}) for row in rows if row["id"] not in taken
            )
        return ready

    def _in_bin(self, family: Family) -> dict[str, Row]:
        rows = held_variations(self._run.api, family.product_id, in_bin=True)
        return {sku_key(str(row.get("sku") or "")) or f" {row['id']}": row for row in rows}


def _needs_held_prices(child: Child) -> bool:
    return child.kind is Kind.UPDATE and bool(child.variant.key) and needs_held_prices(child.change)


def _carried_along(family: Family, row: Row, fields: dict[str, object]) -> Child:
    """A variation nobody asked for: it comes out of the bin with its product, or takes its values along when
    an option is renamed."""
    change = VariantChange("", str(row.get("sku") or f"variation {row['id']}"), Action.UPDATE)
    child = Child(family.position, change, product_id=row["id"], parent_id=family.product_id)
    child.fields = dict(fields)
    if renames_of(family):
        names = family.product.option_names
        child.fields["attributes"] = carried(row.get("attributes") or [], former_of(family), names)
    return child
