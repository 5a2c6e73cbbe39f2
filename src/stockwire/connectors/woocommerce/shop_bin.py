"""The shop's bin: take a product out of it, or take a SKU off what lies in it.

A binned product keeps its SKU and takes updates without a word, but nobody can buy it.
"""

from __future__ import annotations

from stockwire.connectors.woocommerce.items import Family, Item, Row, Run
from stockwire.connectors.woocommerce.linking import described
from stockwire.connectors.woocommerce.lookup import find_in_bin, product_at
from stockwire.connectors.woocommerce.refusals import ShopError, explain_row, gone, in_bin
from stockwire.connectors.woocommerce.translate import is_variable

_RESTORED = "Restored from the shop's bin."


def take_out(run: Run, item: Item) -> None:
    """Make the item's next row restore its product. Raises Refused when that is switched off or was tried."""
    if not run.settings.restore_from_bin_enabled or item.was_restored:
        raise in_bin(item.change.sku, item.product_id)
    item.was_restored = item.is_second_try = True
    item.fields["status"] = run.settings.create_product_status.value
    item.note(_RESTORED)


def holder(run: Run, item: Item, error: ShopError) -> Row | None:
    """What lies in the bin under the item's SKU, when it can be restored as the item.

    None when it is of another shape and the SKU was taken off it: a simple product that becomes a variant, or
    the other way round, must get its SKU free. Raises the explained error when neither may be done.
    """
    may_restore = run.settings.restore_from_bin_enabled
    hits = find_in_bin(run.api, item.sku) if may_restore or run.removed else []
    if len(hits) != 1:
        raise explain_row(item.change.sku, error)
    hit = hits[0]
    if hit.get("type") == ("variable" if isinstance(item, Family) else "simple"):
        if not may_restore:
            raise explain_row(item.change.sku, error)
        return hit
    if not may_restore and not run.removed.intersection((hit["id"], hit.get("parent_id"))):
        raise explain_row(item.change.sku, error)
    is_below = hit.get("type") == "variation"
    path = f"/products/{hit['parent_id']}/variations/{hit['id']}" if is_below else f"/products/{hit['id']}"
    run.api.call("PUT", path, {"_fields": "id"}, {"sku": ""})
    item.note(f"Its SKU was taken off {described(hit)} (id {hit['id']}) in the shop's bin.")
    return None


def look_for(run: Run, item: Item) -> None:
    """For a product that no list shows: read it by its id, into `held`. It may lie in the bin, then it is
    taken out. Raises Refused when it is gone."""
    row = product_at(run.api, item.product_id)
    if row is None or row.get("type") == "variation":
        raise gone(item.change.sku, item.product_id)
    item.held = row
    if row.get("status") == "trash":
        take_out(run, item)
    elif not (isinstance(item, Family) and is_variable(row)):
        raise gone(item.change.sku, item.product_id)
