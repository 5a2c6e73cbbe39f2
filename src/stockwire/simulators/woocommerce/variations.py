"""The routes of variations, below their parent. There is no route across parents, as in the real shop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockwire.simulators.woocommerce import catalogue, product_view, product_write, products, schema
from stockwire.simulators.woocommerce.rest import Answer, ApiError, Call, Json, check_paging, page_of

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Record, Shop

# The recorded answers really carry this unfilled pattern.
UNFILLED = r"products/(?P<product_id>[\d]+)/variations/"


def listing(shop: Shop, call: Call, parent_id: int) -> Answer:
    """GET /products/{id}/variations. An unknown parent is an empty list, not an error; those in the bin are
    listed with status=trash only."""
    check_paging(call)
    parent = shop.products.get(parent_id)
    in_bin = call.query.get("status") == "trash"
    children = [shop.products[child] for child in parent["children"]] if parent else []
    children = [child for child in children if (child["status"] == "trash") == in_bin]
    if "include" in call.query:
        children = [child for child in children if str(child["id"]) in call.values("include")]
    children.sort(key=lambda child: (child["menu_order"], -child["id"]))
    return page_of(call, children, lambda child: product_view.variation(shop, call, child))


def read(shop: Shop, call: Call, parent_id: int, number: int) -> Answer:
    """GET one variation."""
    return Answer(product_view.variation(shop, call, held(shop, parent_id, number)))


def create(shop: Shop, call: Call, parent_id: int) -> Answer:
    """POST a variation. The same options twice, and options the parent lacks, are accepted."""
    schema.check(call.document(), schema.VARIATION)
    variation = added(shop, parent_id, call.document())
    where = {"Location": call.link(UNFILLED + str(variation["id"]))}
    return Answer(product_view.variation(shop, call, variation, edit=True), 201, where)


def update(shop: Shop, call: Call, parent_id: int, number: int) -> Answer:
    """PUT a variation."""
    variation = held(shop, parent_id, number)
    schema.check(call.document(), schema.VARIATION)
    changed(shop, variation, call.document())
    return Answer(product_view.variation(shop, call, variation, edit=True))


def delete(shop: Shop, call: Call, parent_id: int, number: int) -> Answer:
    """DELETE a variation for good."""
    return Answer(deleted(shop, call, parent_id, number))


def held(shop: Shop, parent_id: int, number: Any) -> Record:
    """The variation of this parent. Raises woocommerce_rest_product_variation_invalid_id."""
    variation = shop.products.get(number) if isinstance(number, int) else None
    if variation is None or variation["type"] != "variation" or variation["parent_id"] != parent_id:
        raise ApiError(404, "woocommerce_rest_product_variation_invalid_id", "Invalid ID.")
    return variation


def added(shop: Shop, parent_id: int, sent: Json) -> Record:
    """A new variation below its parent."""
    parent = products.held(shop, parent_id, 404)
    variation = catalogue.blank(shop, "variation", parent["id"])
    variation["options"] = {}
    product_write.write(shop, variation, sent)
    catalogue.shelve(shop, variation)
    catalogue.settle(shop, variation)
    shop.deliveries.tell("product.created", variation["id"])
    return variation


def changed(shop: Shop, variation: Record, sent: Json) -> None:
    """Write to a variation; its parent's date moves along."""
    product_write.write(shop, variation, sent)
    catalogue.touch(shop, variation)
    catalogue.settle(shop, variation)
    shop.deliveries.tell("product.updated", variation["id"])


def deleted(shop: Shop, call: Call, parent_id: int, number: Any) -> Json:
    """Delete a variation; returns it as it was before."""
    variation = held(shop, parent_id, number)
    before = product_view.variation(shop, call, variation, exists=False)
    catalogue.remove(shop, variation)
    return before
