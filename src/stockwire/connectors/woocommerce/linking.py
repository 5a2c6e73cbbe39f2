"""Which product of the shop a change may touch: exactly one simple product, or a reason why none. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stockwire.connectors.woocommerce.translate import is_simple, sku_key
from stockwire.errors import Refused
from stockwire.ports import Change


def product_id(change: Change) -> int:
    """The linked product's id; 0 when there is no link. Older hubs wrote 0 for "not linked"."""
    if change.link is None or change.link.product_code in {"", "0"}:
        return 0
    if change.link.variant_code not in {"", "0"}:
        raise Refused(
            f"{change.sku}: it is linked to a variation of the shop, and variations are not handled yet.",
            hint="Remove the link here and give the SKU to a simple product in the shop.",
        )
    if not change.link.product_code.isdecimal():
        raise Refused(
            f"{change.sku}: its link {change.link.product_code!r} is no WooCommerce product id.",
            hint="Remove the link here; the product is then linked again by its SKU.",
        )
    return int(change.link.product_code)


def claim_sku(change: Change, taken: set[str]) -> None:
    key = sku_key(change.sku)
    if not key:
        raise Refused(
            "A product without a SKU cannot be linked to the shop.",
            hint="Give it a stock code in the source.",
        )
    if key in taken:
        raise Refused(
            f"{change.sku}: another product has the same SKU; the shop ignores case and outer blanks.",
            hint="Rename one of the two in the source.",
        )
    taken.add(key)


def only_simple(sku: str, hits: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The one product that can be linked. Raises Refused for several, or for another type."""
    if len(hits) > 1:
        ids = ", ".join(str(hit["id"]) for hit in hits)
        raise Refused(
            f"{sku}: the shop has {len(hits)} products with this SKU ({ids}).",
            hint="Keep the SKU on one of them in the shop, then retry.",
        )
    hit = hits[0]
    if not is_simple(hit):
        what = {
            "variation": f"a variation of product {hit.get('parent_id')}",
            "variable": "a variable product, whose SKUs belong on its variations",
        }.get(str(hit.get("type")), f"a product of type {hit.get('type')} with status {hit.get('status')}")
        raise Refused(
            f"{sku}: in the shop this SKU belongs to {what} (id {hit['id']}).",
            hint="Only simple products are handled yet. Change it in the shop, or rename one of the SKUs.",
        )
    return hit
