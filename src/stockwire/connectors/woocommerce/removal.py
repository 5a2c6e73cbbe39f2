"""Take products away: to the shop's bin or for good, as the settings say. Variants go with their product."""

from __future__ import annotations

from collections.abc import Sequence

from stockwire.connectors.woocommerce import batches, refusals
from stockwire.connectors.woocommerce.items import Item, Kind, Row, Run
from stockwire.connectors.woocommerce.refusals import ShopError, explain_row, read_error
from stockwire.connectors.woocommerce.setting_types import DeleteMode
from stockwire.errors import Refused, StockwireError
from stockwire.ports import Done, Link

KEPT = "The shop keeps the product, because delete_product_enabled is off."


def is_to_be_removed(run: Run, item: Item) -> bool:
    """Give the item its outcome where there is nothing to do, or make it a deletion."""
    if not item.product_id:
        gone(run, item, "It was not linked, so there was nothing to take away.")
    elif not run.settings.delete_product_enabled:
        run.done(item, Done(item.change.link, {}, KEPT))
    else:
        item.kind = Kind.DELETE
        return True
    return False


def remove(run: Run, items: Sequence[Item]) -> None:
    """Take the products of these deletions away now."""
    if run.settings.delete_product_mode is DeleteMode.TRASH:
        _move_to_bin(run, items)
        return
    batches.send(
        run,
        items,
        settle=lambda item, row: settle(run, item, row),
        fail=lambda item, error: _stays(run, item, error),
    )


def settle(run: Run, item: Item, row: Row) -> None:
    """Read the shop's answer to a deletion inside a batch."""
    if "error" in row:
        _settle_error(run, item, read_error(400, row["error"]))
    else:
        run.removed.add(item.product_id)
        gone(run, item, "Deleted from the shop.")


def gone(run: Run, item: Item, note: str, link: Link | None = None) -> None:
    run.done(item, Done(link, {}, " ".join([*item.notes, note])))


def _move_to_bin(run: Run, items: Sequence[Item]) -> None:
    """One call each: a delete inside a batch is for good, whatever one wishes."""
    stopped: StockwireError | None = None
    for item in items:
        if stopped is not None:
            _stays(run, item, stopped)
            continue
        try:
            answer = run.api.call("DELETE", f"/products/{item.product_id}", accept=(400, 404, 410))
            if answer.error is None:
                run.removed.add(item.product_id)
                gone(run, item, "Moved to the shop's bin.")
            else:
                _settle_error(run, item, answer.error)
        except StockwireError as error:
            _stays(run, item, error)
            if not isinstance(error, Refused):
                stopped = batches.unsent(error)


def _settle_error(run: Run, item: Item, error: ShopError) -> None:
    if error.code in {refusals.MISSING_PRODUCT, refusals.ALREADY_BINNED}:
        run.removed.add(item.product_id)
        gone(run, item, "It was already gone from the shop.")
    else:
        _stays(run, item, explain_row(item.change.sku, error))


def _stays(run: Run, item: Item, error: StockwireError) -> None:
    run.staying[item.product_id] = error
    run.fail(item, error)
