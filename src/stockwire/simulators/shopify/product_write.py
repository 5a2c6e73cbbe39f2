"""productCreate, productUpdate, productDelete, tags: a product without touching its variants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockwire.simulators.shopify import catalogue, collections, given, media
from stockwire.simulators.shopify.fields import field, inputs, not_simulated, plain, user_error

if TYPE_CHECKING:
    from stockwire.simulators.shopify.fields import Call
    from stockwire.simulators.shopify.shop import Record, Shop

SHARED = "title handle descriptionHtml vendor productType status tags templateSuffix category seo metafields"
inputs("ProductCreateInput", f"{SHARED} productOptions collectionsToJoin")
inputs("ProductUpdateInput", f"id {SHARED} collectionsToJoin collectionsToLeave redirectNewHandle")
inputs("ProductUpdateIdentifiers", "id handle")
inputs("ProductDeleteInput", "id")
inputs("ProductInput", f"id {SHARED} productOptions collectionsToJoin collectionsToLeave redirectNewHandle")
plain("ProductDeleteOperation", "id status deletedProductId userErrors")


@field("Mutation.productCreate", takes="product input media")
def create(_: Any, call: Call, sent: Record) -> Record:
    """Make a product with its options and one variant."""
    shop = call.shop
    wanted = sent.get("product") or sent.get("input") or {}
    if wanted.get("id") is not None:
        raise not_simulated("productCreate with an id")
    errors = _errors(shop, None, wanted)
    if not (wanted.get("title") or "").strip():
        errors.insert(0, user_error("Title can't be blank", ["title"]))
    if errors:
        return {"userErrors": errors}
    catalogue.may_make(shop, 1)
    product = catalogue.new_product(shop, wanted["title"], handle=wanted.get("handle"))
    given.write_product(product, wanted)
    options = [
        (option.get("name") or f"Option {at}", [value["name"] for value in option.get("values") or []])
        for at, option in enumerate(wanted.get("productOptions") or [], 1)
    ] or [(catalogue.DEFAULT[0], [catalogue.DEFAULT[1]])]
    catalogue.set_options(shop, product, options)
    catalogue.new_variant(shop, product, {name: values[0] for name, values in options})
    _finish(shop, product, wanted, sent)
    catalogue.changed(shop, product, created=True, variants=product["variants"])
    return {"product": product}


@field("Mutation.productUpdate", takes="product input media identifier")
def update(_: Any, call: Call, sent: Record) -> Record:
    """Change what is given of a product."""
    shop = call.shop
    wanted = sent.get("product") or sent.get("input") or {}
    identifier = sent.get("identifier") or {}
    product = shop.find("Product", wanted.get("id") or identifier.get("id"))
    if product is None and identifier.get("handle"):
        product = catalogue.by_handle(shop, identifier["handle"])
    if product is None:
        return {"userErrors": [user_error("Product does not exist", ["id"])]}
    if wanted.get("productOptions") is not None:
        raise not_simulated("productUpdate with productOptions")
    errors = _errors(shop, product, wanted)
    if "title" in wanted and not (wanted["title"] or "").strip():
        errors.insert(0, user_error("Title can't be blank", ["title"]))
    if errors:
        return {"userErrors": errors}
    if wanted.get("handle"):
        catalogue.rename_handle(shop, product, wanted["handle"])
    given.write_product(product, wanted)
    _finish(shop, product, wanted, sent)
    catalogue.changed(shop, product, variants=product["variants"] if wanted.get("status") else ())
    return {"product": product}


@field("Mutation.productDelete", takes="input synchronous")
def delete(_: Any, call: Call, sent: Record) -> Record:
    """Delete a product. Only the synchronous way is simulated."""
    if sent.get("synchronous") is False:
        raise not_simulated("productDelete with synchronous: false")
    product = call.shop.find("Product", sent["input"]["id"])
    if product is None:
        return {"userErrors": [user_error("Product does not exist", ["id"])]}
    catalogue.removed(call.shop, product)
    return {"deletedProductId": product["id"]}


@field("Mutation.tagsAdd", takes="id tags")
def tags_add(_: Any, call: Call, sent: Record) -> Record:
    return _tags(call.shop, sent, add=True)


@field("Mutation.tagsRemove", takes="id tags")
def tags_remove(_: Any, call: Call, sent: Record) -> Record:
    return _tags(call.shop, sent, add=False)


def _tags(shop: Shop, sent: Record, *, add: bool) -> Record:
    record = shop.anything(sent["id"])
    if record is None or "tags" not in record:
        return {"userErrors": [user_error("Resource does not exist", ["id"])]}
    wanted = {tag.casefold() for tag in given.tags(sent["tags"])}
    if add:
        record["tags"] = given.tags([*record["tags"], *sent["tags"]])
    else:
        record["tags"] = [tag for tag in record["tags"] if tag.casefold() not in wanted]
    if record["__typename"] == "Product":
        catalogue.changed(shop, record)
    return {"node": record}


def _errors(shop: Shop, product: Record | None, wanted: Record) -> list[Record]:
    errors: list[Record] = []
    handle = wanted.get("handle")
    holder = catalogue.by_handle(shop, handle) if handle else None
    if holder is not None and holder is not product:
        message = f"Handle '{handle}' already in use. Please provide a new handle."
        errors.append(user_error(message, ["handle"]))
    errors += given.check_metafields(shop, product, wanted.get("metafields") or [], ["metafields"])
    for name in ("collectionsToJoin", "collectionsToLeave"):
        given.too_many(len(wanted.get(name) or []), 250)
        collections.custom(shop, wanted.get(name) or [], [name], errors)
    return errors


def _finish(shop: Shop, product: Record, wanted: Record, sent: Record) -> None:
    given.write_metafields(shop, product, wanted.get("metafields") or [], whole=False)
    for collection in collections.custom(shop, wanted.get("collectionsToJoin") or [], [], []):
        collections.join(shop, collection, product)
    for collection in collections.custom(shop, wanted.get("collectionsToLeave") or [], [], []):
        collections.leave(shop, collection, product)
    for picture in sent.get("media") or []:
        product["media"].append(media.from_url(shop, picture["originalSource"], picture.get("alt")))
