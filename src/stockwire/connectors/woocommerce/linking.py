"""Which product of the shop a change may touch: exactly one of the right kind, or a reason why none. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stockwire.connectors.woocommerce.items import Family
from stockwire.connectors.woocommerce.lookup import Found
from stockwire.connectors.woocommerce.translate import is_simple, is_variable, is_variation, sku_key
from stockwire.errors import Refused
from stockwire.ports import Change, VariantChange

_NONE = {"", "0"}


def product_id(change: Change) -> int:
    """The linked product's id; 0 when there is no link. Older hubs wrote 0 for "not linked"."""
    if change.link is None or change.link.product_code in _NONE:
        return 0
    if change.link.variant_code not in _NONE:
        raise Refused(
            f"{change.sku}: it is linked to a variation of the shop, and is a product of its own here.",
            hint="Remove the link here and give the SKU to a simple product in the shop.",
        )
    return _number(change.sku, change.link.product_code)


def variation_ids(change: VariantChange) -> tuple[int, int]:
    """The linked product and variation; (0, 0) when there is no link."""
    if change.link is None or change.link.variant_code in _NONE:
        return 0, 0
    return _number(change.sku, change.link.product_code), _number(change.sku, change.link.variant_code)


def claim_sku(sku: str, taken: set[str]) -> None:
    key = sku_key(sku)
    if not key:
        raise Refused(
            "A product without a SKU cannot be linked to the shop.",
            hint="Give it a stock code in the source.",
        )
    if key in taken:
        raise Refused(
            f"{sku}: another product has the same SKU; the shop ignores case and outer blanks.",
            hint="Rename one of the two in the source.",
        )
    taken.add(key)


def only_simple(sku: str, hits: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The one product that can be linked. Raises Refused for several, or for another type."""
    hit = _only(sku, hits)
    if not is_simple(hit):
        raise Refused(
            f"{sku}: in the shop this SKU belongs to {described(hit)} (id {hit['id']}).",
            hint="Here it is a simple product of its own. Change it in the shop, or rename one of the SKUs.",
        )
    return hit


def only_variable(sku: str, hits: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The one product with variations that can be linked. Raises Refused for several, or for another type."""
    hit = _only(sku, hits)
    if not is_variable(hit):
        raise Refused(
            f"{sku}: in the shop this product code is the SKU of {described(hit)} (id {hit['id']}).",
            hint="Here it is a product with variants. Change it in the shop, or delete it there; then retry.",
        )
    return hit


def only_variation(sku: str, hits: Sequence[dict[str, Any]], parent_id: int) -> dict[str, Any]:
    """The one variation that can be linked below this product. Raises Refused for anything else."""
    hit = _only(sku, hits)
    if not is_variation(hit):
        raise Refused(
            f"{sku}: in the shop this SKU belongs to {described(hit)} (id {hit['id']}), and here it is a "
            "variant of a product.",
            hint="Delete that product in the shop, or rename its SKU there; then retry.",
        )
    if hit.get("parent_id") != parent_id:
        raise Refused(
            f"{sku}: in the shop this SKU belongs to {described(hit)} (id {hit['id']}), and here to a "
            "variant of another product.",
            hint="Delete that variation in the shop, or rename its SKU there; then retry.",
        )
    return hit


def parent_of(family: Family, found: Found) -> int:
    """The id of the variable product of the shop that this is: it has the product's code as its SKU, or
    variations with our SKUs. 0 when there is none. Raises Refused when there are several.
    """
    parents: dict[int, str] = {}
    for hit in found.get(sku_key(family.code), []):
        if is_variation(hit):
            parents[hit["parent_id"]] = family.code
        else:
            parents[only_variable(family.code, [hit])["id"]] = family.code
    for child in family.children:
        for hit in found.get(sku_key(child.change.sku), []) if child.is_wanted else []:
            if is_variation(hit):
                parents.setdefault(hit["parent_id"], child.change.sku)
    if len(parents) > 1:
        held = ", ".join(f"{sku} in product {number}" for number, sku in sorted(parents.items()))
        raise Refused(
            f"{family.code}: its variants are spread over {len(parents)} products of the shop ({held}).",
            hint="Keep them in one variable product of the shop, then retry.",
        )
    return next(iter(parents), 0)


def described(hit: dict[str, Any]) -> str:
    """A product of theirs in words."""
    return {
        "simple": "a simple product",
        "variation": f"a variation of product {hit.get('parent_id')}",
        "variable": "a variable product, whose SKUs belong on its variations",
    }.get(str(hit.get("type")), f"a product of type {hit.get('type')} with status {hit.get('status')}")


def _only(sku: str, hits: Sequence[dict[str, Any]]) -> dict[str, Any]:
    if len(hits) > 1:
        ids = ", ".join(str(hit["id"]) for hit in hits)
        raise Refused(
            f"{sku}: the shop has {len(hits)} products with this SKU ({ids}).",
            hint="Keep the SKU on one of them in the shop, then retry.",
        )
    return hits[0]


def _number(sku: str, code: str) -> int:
    if not code.isdecimal():
        raise Refused(
            f"{sku}: its link {code!r} is no WooCommerce product id.",
            hint="Remove the link here; the product is then linked again by its SKU.",
        )
    return int(code)
