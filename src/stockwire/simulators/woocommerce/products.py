"""The routes of products: list, look-up by SKU, read, create, update, bin and delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockwire.simulators.woocommerce import catalogue, product_view, product_write, schema, text
from stockwire.simulators.woocommerce.rest import (
    Answer,
    ApiError,
    Call,
    Json,
    check_paging,
    invalid,
    moment,
    not_in_enum,
    page_of,
)

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Record, Shop

ORDERINGS: dict[str, Callable[[Record], Any]] = {
    "date": lambda p: p["created"],
    "id": lambda p: p["id"],
    "include": lambda p: p["id"],
    "title": lambda p: p["name"].casefold(),
    "slug": lambda p: p["slug"],
    "modified": lambda p: (p["modified"], p["id"]),
    "popularity": lambda p: p["total_sales"],
    "rating": lambda p: p["id"],
    "post__in": lambda p: p["id"],
    "price": lambda p: text.amount(p["price"]),
    "sales": lambda p: p["total_sales"],
    "menu_order": lambda p: (p["menu_order"], p["name"].casefold()),
    "random": lambda p: p["id"],
}
ORDERBY = [*ORDERINGS, "popularity", "rating", "menu_order", "price", "popularity", "rating"]
NOT_FOR_VARIATIONS = ApiError(
    404,
    "woocommerce_rest_invalid_product_id",
    "To manipulate product variations you should use the "
    "/products/&lt;product_id&gt;/variations/&lt;id&gt; endpoint.",
)


def listing(shop: Shop, call: Call) -> Answer:
    """GET /products. `sku` is an exact comma list that finds variations as well; drafts are included."""
    check_paging(call)
    orderby = call.query.get("orderby", "date")
    if orderby not in ORDERINGS:
        raise invalid({"orderby": not_in_enum("orderby", ORDERBY)})
    found = [product for product in _candidates(shop, call) if _wanted(product, call)]
    found = _by_dates(shop, call, found)
    # The real shop keeps no order of its own within one second of creation; here the lower id is first.
    found.sort(key=lambda product: product["id"])
    found.sort(key=ORDERINGS[orderby], reverse=call.query.get("order", "desc") == "desc")
    return page_of(call, found, lambda product: product_view.product(shop, call, product))


def _candidates(shop: Shop, call: Call) -> list[Record]:
    if "sku" in call.query:
        indexes = (shop.binned_skus,) if call.query.get("status") == "trash" else (shop.skus,)
        numbers = {
            index[sku.casefold()]
            for sku in call.values("sku")
            for index in indexes
            if sku.casefold() in index
        }
        return [shop.products[number] for number in numbers]
    if "include" in call.query:
        ids = [int(part) for part in call.values("include") if part.isdigit()]
        return [p for p in (shop.products.get(i) for i in ids) if p is not None and p["type"] != "variation"]
    if "search_sku" in call.query:
        part = call.query["search_sku"].casefold()
        return [product for product in shop.products.values() if part in product["sku"].casefold()]
    return [product for product in shop.products.values() if product["type"] != "variation"]


def _wanted(product: Record, call: Call) -> bool:
    query = call.query
    status = query.get("status", "any")
    if product["status"] == "trash" if status == "any" else product["status"] not in call.values("status"):
        return False
    if "exclude" in query and str(product["id"]) in call.values("exclude"):
        return False
    for name, family in (("category", "categories"), ("tag", "tags"), ("brand", "brands")):
        if name in query and not {str(number) for number in product[family]} & set(call.values(name)):
            return False
    for name in ("type", "stock_status", "slug"):
        if name in query and product[name] not in call.values(name):
            return False
    if "search" in query:
        return str(query["search"]).casefold() in f"{product['name']} {product['description']}".casefold()
    return True


def _by_dates(shop: Shop, call: Call, found: list[Record]) -> list[Record]:
    """The date filters are strict, with a resolution of one second."""
    for name, field, later in (
        ("modified_after", "modified", True),
        ("modified_before", "modified", False),
        ("after", "created", True),
        ("before", "created", False),
    ):
        if name in call.query:
            limit = moment(call.query[name], shop.zone, is_gmt=call.flag("dates_are_gmt"), name=name)
            found = [p for p in found if (p[field] > limit if later else p[field] < limit)]
    return found


def read(shop: Shop, call: Call, number: int) -> Answer:
    """GET /products/{id}. A variation is shown too, and so is what lies in the bin."""
    return Answer(product_view.product(shop, call, held(shop, number, 404)))


def create(shop: Shop, call: Call) -> Answer:
    """POST /products."""
    schema.check(call.document(), schema.PRODUCT)
    product = added(shop, call.document())
    where = {"Location": call.link(f"products/{product['id']}")}
    return Answer(product_view.product(shop, call, product, edit=True), 201, where)


def update(shop: Shop, call: Call, number: int) -> Answer:
    """PUT /products/{id}. An unknown id is a 400 here, a 404 when reading."""
    product = held(shop, number, 400)
    schema.check(call.document(), schema.PRODUCT)
    changed(shop, product, call.document())
    return Answer(product_view.product(shop, call, product, edit=True))


def delete(shop: Shop, call: Call, number: int) -> Answer:
    """DELETE /products/{id}: to the bin, or for good with force=true. Shows the product as it was."""
    return Answer(deleted(shop, call, number, force=call.flag("force")))


def held(shop: Shop, number: Any, status: int) -> Record:
    """The product of an id. Raises woocommerce_rest_product_invalid_id with `status`."""
    product = shop.products.get(number) if isinstance(number, int) else None
    if product is None:
        raise ApiError(status, "woocommerce_rest_product_invalid_id", "Invalid ID.")
    return product


def added(shop: Shop, sent: Json) -> Record:
    """A new product on the shelf."""
    product = catalogue.blank(shop, "simple")
    product_write.write(shop, product, sent)
    catalogue.shelve(shop, product)
    catalogue.settle(shop, product)
    shop.deliveries.tell("product.created", product["id"])
    return product


def changed(shop: Shop, product: Record, sent: Json) -> None:
    """Write to a product. Variations have routes of their own."""
    if product["type"] == "variation":
        raise NOT_FOR_VARIATIONS
    product_write.write(shop, product, sent)
    product["categories"] = product["categories"] or [shop.default_category]
    catalogue.touch(shop, product)
    catalogue.settle(shop, product)
    shop.deliveries.tell("product.updated", product["id"])


def deleted(shop: Shop, call: Call, number: Any, *, force: bool) -> Json:
    """Bin or delete a product; returns it as it was before."""
    product = held(shop, number, 404)
    if product["type"] == "variation":
        raise NOT_FOR_VARIATIONS
    if not force and product["status"] == "trash":
        raise ApiError(410, "woocommerce_rest_already_trashed", "The product has already been deleted.")
    before = product_view.product(shop, call, product, edit=True)
    if force:
        catalogue.remove(shop, product)
    else:
        catalogue.set_status(shop, product, "trash")
        catalogue.touch(shop, product)
        # Only the bin is told of: https://github.com/woocommerce/woocommerce/issues/28541
        shop.deliveries.tell("product.deleted", product["id"])
    return before
