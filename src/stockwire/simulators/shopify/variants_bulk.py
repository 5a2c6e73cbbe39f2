"""Variants of one product, many in a call: productVariantsBulkCreate, -Update and -Delete.

An update changes nothing when one row is wrong, unless partial updates are allowed; stock is set elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockwire.simulators.shopify import catalogue, given, media, places
from stockwire.simulators.shopify.fields import field, inputs, user_error

if TYPE_CHECKING:
    from stockwire.simulators.shopify.fields import Call
    from stockwire.simulators.shopify.shop import Record, Shop

MOST_STOCK_ROWS = 50_000
CREATE_CODES = dict.fromkeys(("option", "value", "missing"), "NEED_TO_ADD_OPTION_VALUES")
UPDATE_CODES = {
    "option": "OPTION_DOES_NOT_EXIST",
    "value": "OPTION_VALUE_DOES_NOT_EXIST",
    "missing": "NEED_TO_ADD_OPTION_VALUES",
}

inputs(
    "ProductVariantsBulkInput",
    "id price compareAtPrice barcode inventoryPolicy taxable optionValues inventoryItem "
    "inventoryQuantities quantityAdjustments metafields mediaSrc mediaId",
)
inputs("InventoryLevelInput", "locationId availableQuantity")
inputs("InventoryAdjustmentInput", "locationId adjustment changeFromQuantity")


@field("Mutation.productVariantsBulkUpdate", takes="productId variants allowPartialUpdates media")
def update(_: Any, call: Call, sent: Record) -> Record:
    """Change prices, barcodes, SKUs and so on of variants of one product."""
    shop, rows = call.shop, sent["variants"]
    given.too_many(len(rows), catalogue.MOST_VARIANTS)
    product = shop.find("Product", sent["productId"])
    if product is None:
        message = "Product does not exist"
        return {"userErrors": [user_error(message, ["productId"], "PRODUCT_DOES_NOT_EXIST")]}
    errors: list[Record] = []
    ready: list[tuple[Record, Record, Record]] = []
    asked: list[Record] = []
    for at, row in enumerate(rows):
        path, before = ["variants", str(at)], len(errors)
        variant = _held(shop, product, row, path, errors)
        if variant is None:
            continue
        asked.append(variant)
        amounts = given.prices(row, path, errors)
        _check_update(product, variant, row, path, errors)
        if at < call.fault_items:
            errors.append(user_error("Something went wrong, please try again.", path, "INVALID_INPUT"))
        if len(errors) == before:
            ready.append((variant, row, amounts))
    partial = bool(sent.get("allowPartialUpdates"))
    if errors and not partial:
        return {"product": product, "productVariants": None, "userErrors": errors}
    for variant, row, amounts in ready:
        variant.update(amounts)
        _write(shop, product, variant, row)
    for picture in sent.get("media") or []:
        product["media"].append(media.from_url(shop, picture["originalSource"], picture.get("alt")))
    if ready:
        catalogue.changed(shop, product, variants=[variant for variant, _, _ in ready])
    return {"product": product, "productVariants": asked, "userErrors": errors}


@field("Mutation.productVariantsBulkCreate", takes="productId variants strategy media")
def create(_: Any, call: Call, sent: Record) -> Record:
    """Add variants to a product; the default variant makes room unless the strategy says otherwise."""
    shop, rows = call.shop, sent["variants"]
    given.too_many(len(rows), catalogue.MOST_VARIANTS)
    product = shop.find("Product", sent["productId"])
    if product is None:
        message = "Product does not exist"
        return {"userErrors": [user_error(message, ["productId"], "PRODUCT_DOES_NOT_EXIST")]}
    standalone = product["variants"][0] if catalogue.only_default(product) else None
    removes = standalone is not None and sent.get("strategy") != "PRESERVE_STANDALONE_VARIANT"
    errors: list[Record] = []
    ready = _new_rows(shop, product, rows, removes, errors)
    if len(product["variants"]) - removes + len(ready) > catalogue.MOST_VARIANTS:
        message = f"A product can't have more than {catalogue.MOST_VARIANTS} variants."
        errors.append(user_error(message, ["variants"], "INVALID_INPUT"))
    if sum(len(row.get("inventoryQuantities") or []) for row in rows) > MOST_STOCK_ROWS:
        message = f"Inventory quantity input exceeds the limit of {MOST_STOCK_ROWS}."
        errors.append(user_error(message, ["variants"], "INVENTORY_QUANTITIES_LIMIT_EXCEEDED"))
    if errors:
        return {"product": product, "productVariants": None, "userErrors": errors}
    catalogue.may_make(shop, len(ready))
    made = []
    for chosen, row, amounts in ready:
        catalogue.add_option_values(shop, product, chosen)
        variant = catalogue.new_variant(shop, product, chosen)
        variant.update(amounts)
        _write(shop, product, variant, row)
        _stock(shop, variant, row)
        made.append(variant)
    if removes and standalone is not None and made:
        catalogue.remove_variant(shop, standalone)
    for picture in sent.get("media") or []:
        product["media"].append(media.from_url(shop, picture["originalSource"], picture.get("alt")))
    catalogue.changed(shop, product, variants=made)
    return {"product": product, "productVariants": made}


@field("Mutation.productVariantsBulkDelete", takes="productId variantsIds")
def delete(_: Any, call: Call, sent: Record) -> Record:
    """Remove variants of one product, all but the last."""
    shop = call.shop
    given.too_many(len(sent["variantsIds"]), catalogue.MOST_VARIANTS)
    product = shop.find("Product", sent["productId"])
    if product is None:
        message = "Product does not exist"
        return {"userErrors": [user_error(message, ["productId"], "PRODUCT_DOES_NOT_EXIST")]}
    errors: list[Record] = []
    found: dict[int, Record] = {}
    for at, each in enumerate(sent["variantsIds"]):
        variant = shop.find("ProductVariant", each)
        if variant is None or variant["product"] is not product:
            message = "At least one variant does not belong to the product"
            code = "AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT"
            errors.append(user_error(message, ["variantsIds", str(at)], code))
        else:
            found[variant["number"]] = variant
    if not errors and len(found) == len(product["variants"]):
        message = "Cannot delete the last variant of a product"
        errors.append(user_error(message, ["variantsIds"], "CANNOT_DELETE_LAST_VARIANT"))
    if errors:
        return {"product": product, "userErrors": errors}
    for variant in found.values():
        catalogue.remove_variant(shop, variant)
    catalogue.changed(shop, product)
    return {"product": product}


def _held(shop: Shop, product: Record, row: Record, path: list[str], errors: list[Record]) -> Record | None:
    if row.get("id") is None:
        message = "Product variant is missing ID attribute"
        errors.append(user_error(message, [*path, "id"], "PRODUCT_VARIANT_ID_MISSING"))
        return None
    variant = shop.find("ProductVariant", row["id"])
    if variant is None or variant["product"] is not product:
        message = "Product variant does not exist"
        errors.append(user_error(message, [*path, "id"], "PRODUCT_VARIANT_DOES_NOT_EXIST"))
        return None
    return variant


def _check_update(
    product: Record, variant: Record, row: Record, path: list[str], errors: list[Record]
) -> None:
    if row.get("inventoryQuantities"):
        message = "Inventory quantities can only be provided during create."
        code = "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE"
        errors.append(user_error(message, [*path, "inventoryQuantities"], code))
    if row.get("optionValues"):
        names = list(variant["chosen"])
        chosen = given.chosen_options(product, row, names, path, errors, codes=UPDATE_CODES)
        if chosen is None:
            return
        others = [each["chosen"] for each in product["variants"] if each is not variant]
        if chosen in others:
            message = f"The variant '{' / '.join(chosen.values())}' already exists."
            errors.append(user_error(message, path, "VARIANT_ALREADY_EXISTS"))
        row["chosen"] = chosen


def _new_rows(
    shop: Shop, product: Record, rows: list[Record], removes: bool, errors: list[Record]
) -> list[tuple[dict[str, str], Record, Record]]:
    names = [option["name"] for option in product["options"]]
    taken = set() if removes else {tuple(each["chosen"].values()) for each in product["variants"]}
    ready = []
    for at, row in enumerate(rows):
        path = ["variants", str(at)]
        chosen = given.chosen_options(product, row, names, path, errors, codes=CREATE_CODES)
        amounts = given.prices(row, path, errors)
        if chosen is None:
            continue
        if tuple(chosen.values()) in taken:
            message = f"The variant '{' / '.join(chosen.values())}' already exists."
            errors.append(user_error(message, path, "VARIANT_ALREADY_EXISTS"))
            continue
        for where, stock in enumerate(row.get("inventoryQuantities") or []):
            if shop.find("Location", stock["locationId"]) is None:
                message = "Quantity for the variant could not be set: the location was not found."
                spot = [*path, "inventoryQuantities", str(where)]
                errors.append(user_error(message, spot, "TRACKED_VARIANT_LOCATION_NOT_FOUND"))
        taken.add(tuple(chosen.values()))
        ready.append((chosen, row, amounts))
    return ready


def _write(shop: Shop, product: Record, variant: Record, row: Record) -> None:
    for name in ("inventoryPolicy", "taxable"):
        if row.get(name) is not None:
            variant[name] = row[name]
    if "barcode" in row:
        variant["barcode"] = row["barcode"]
    if row.get("chosen"):
        catalogue.add_option_values(shop, product, row["chosen"])
        variant["chosen"] = row["chosen"]
    given.write_item(shop, variant["item"], row.get("inventoryItem") or {})
    given.write_metafields(shop, variant, row.get("metafields") or [], whole=False)
    for url in row.get("mediaSrc") or []:
        variant["media"] = media.from_url(shop, url)
        product["media"].append(variant["media"])
    if row.get("mediaId") is not None:
        variant["media"] = shop.find("MediaImage", row["mediaId"])
    levels = []
    for change in row.get("quantityAdjustments") or []:
        location = shop.find("Location", change["locationId"])
        level = places.level_at(variant["item"], location) if location else None
        if level is not None:
            places.moved(shop, level, {"available": change.get("adjustment") or 0})
            levels.append(level)
    if levels:
        places.told(shop, levels)


def _stock(shop: Shop, variant: Record, row: Record) -> None:
    levels = []
    for stock in row.get("inventoryQuantities") or []:
        location = shop.find("Location", stock["locationId"])
        assert location is not None
        level = places.stocked(shop, variant["item"], location)
        places.put(shop, level, "available", stock["availableQuantity"])
        levels.append(level)
    if levels:
        places.told(shop, levels)
