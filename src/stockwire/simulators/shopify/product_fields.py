"""How products, variants and options are read through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockwire.simulators.shopify import catalogue, metafields, places
from stockwire.simulators.shopify.fields import PAGING, field, inputs, not_simulated, plain
from stockwire.simulators.shopify.pages import Connection, by_number, page

if TYPE_CHECKING:
    from stockwire.simulators.shopify.fields import Call
    from stockwire.simulators.shopify.shop import Record, Shop

LIST = f"{PAGING} query sortKey"
PRODUCT_FILTERS = {
    "id": "id",
    "sku": "word",
    "title": "word",
    "handle": "word",
    "vendor": "word",
    "product_type": "word",
    "status": "word",
    "tag": "word",
    "barcode": "word",
    "created_at": "time",
    "updated_at": "time",
    "inventory_total": "number",
}
VARIANT_FILTERS = {
    "id": "id",
    "sku": "word",
    "barcode": "word",
    "title": "word",
    "product_id": "id",
    "product_status": "word",
    "vendor": "word",
    "updated_at": "time",
}
ITEM_FILTERS = {"id": "id", "sku": "word", "updated_at": "time"}

plain("Product", "id title handle descriptionHtml vendor productType status tags templateSuffix")
plain("Product", "createdAt updatedAt publishedAt isGiftCard")
plain("ProductVariant", "id price compareAtPrice barcode inventoryPolicy taxable position createdAt")
plain("ProductVariant", "updatedAt product")
plain("ProductOption", "id name position")
plain("ProductOptionValue", "id name")
plain("SelectedOption", "name value")
plain("SEO", "title description")
plain("Count", "count precision")
inputs("UniqueMetafieldValueInput", "namespace key value")
inputs("ProductIdentifierInput", "id handle customId")
inputs("ProductVariantIdentifierInput", "id")


def found(shop: Shop, kind: str, given: Record, filters: dict[str, str]) -> list[Record]:
    """The records of a kind that a list's `query` asks for, by number. Raises for what is not simulated."""
    shelf = shop.shelf(kind)
    query = given.get("query")
    if not query or not query.strip():
        return list(shelf.values())
    numbers = shop.index.find(kind, query, filters)
    return [shelf[number] for number in sorted(numbers) if number in shelf]


def counted(rows: int) -> Record:
    """A Count; they stop at 25,001."""
    return {"count": min(rows, 25_001), "precision": "EXACT" if rows <= 25_000 else "AT_LEAST"}


def sorted_page(rows: list[Record], given: Record, keys: dict[str, str], default: str = "ID") -> Connection:
    """A page of rows by `sortKey`. `keys` maps sort keys to fields of the record."""
    wanted = given.get("sortKey") or default
    if wanted == "ID" or (wanted == "RELEVANCE" and not given.get("query")):
        return page(rows, given)
    if wanted not in keys:
        raise not_simulated(f"The sort key {wanted}")
    name = keys[wanted]

    def key(record: Record) -> tuple[Any, ...]:
        return (record[name], record["number"])

    return page(sorted(rows, key=key), given, key)


@field("QueryRoot.product", takes="id")
def product(_: Any, call: Call, given: Record) -> Record | None:
    return call.shop.find("Product", given["id"])


@field("QueryRoot.productVariant", takes="id")
def variant(_: Any, call: Call, given: Record) -> Record | None:
    return call.shop.find("ProductVariant", given["id"])


@field("QueryRoot.productByIdentifier", takes="identifier")
def product_by_identifier(_: Any, call: Call, given: Record) -> Record | None:
    wanted = given["identifier"]
    if wanted.get("id") is not None:
        return call.shop.find("Product", wanted["id"])
    if wanted.get("handle") is not None:
        return catalogue.by_handle(call.shop, wanted["handle"])
    custom = wanted["customId"]
    return metafields.by_custom_id(
        call.shop, custom.get("namespace") or metafields.NAMESPACE, custom["key"], custom["value"]
    )


@field("QueryRoot.productVariantByIdentifier", takes="identifier")
def variant_by_identifier(_: Any, call: Call, given: Record) -> Record | None:
    return call.shop.find("ProductVariant", given["identifier"]["id"])


@field("QueryRoot.products", takes=LIST)
def products(_: Any, call: Call, given: Record) -> Connection:
    keys = {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt", "TITLE": "title", "VENDOR": "vendor"}
    return sorted_page(found(call.shop, "Product", given, PRODUCT_FILTERS), given, keys)


@field("QueryRoot.productVariants", takes=LIST)
def variants(_: Any, call: Call, given: Record) -> Connection:
    return sorted_page(found(call.shop, "ProductVariant", given, VARIANT_FILTERS), given, {})


@field("QueryRoot.productsCount", takes="query limit")
def products_count(_: Any, call: Call, given: Record) -> Record:
    return counted(len(found(call.shop, "Product", given, PRODUCT_FILTERS)))


@field("QueryRoot.productVariantsCount", takes="query limit")
def variants_count(_: Any, call: Call, given: Record) -> Record:
    return counted(len(found(call.shop, "ProductVariant", given, VARIANT_FILTERS)))


@field("Product.legacyResourceId", "ProductVariant.legacyResourceId")
def legacy_id(record: Record, call: Call, given: Record) -> int:
    return int(record["number"])


@field("Product.description")
def description(record: Record, call: Call, given: Record) -> str:
    import re

    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", record["descriptionHtml"])).strip()


@field("Product.seo")
def seo(record: Record, call: Call, given: Record) -> Record:
    return {"title": record["seo"].get("title"), "description": record["seo"].get("description")}


@field("Product.variants", takes=PAGING)
def variants_of(record: Record, call: Call, given: Record) -> Connection:
    return page(record["variants"], given, lambda variant: (variant["position"], variant["number"]))


@field("Product.variantsCount")
def variants_count_of(record: Record, call: Call, given: Record) -> Record:
    return counted(len(record["variants"]))


@field("Product.options", takes="first")
def options(record: Record, call: Call, given: Record) -> list[Record]:
    rows: list[Record] = record["options"]
    for option in rows:
        option["product"] = record
    return rows[: given["first"]] if given.get("first") is not None else rows


@field("ProductOption.optionValues")
def option_values(option: Record, call: Call, given: Record) -> list[Record]:
    return [{**row, "option": option} for row in option["rows"]]


@field("ProductOption.values")
def values(option: Record, call: Call, given: Record) -> list[str]:
    used = _used(option)
    return [row["name"] for row in option["rows"] if row["name"] in used]


@field("ProductOptionValue.hasVariants")
def has_variants(value: Record, call: Call, given: Record) -> bool:
    return value["name"] in _used(value["option"])


def _used(option: Record) -> set[str]:
    return {variant["chosen"].get(option["name"]) for variant in option["product"]["variants"]}


@field("Product.hasOnlyDefaultVariant")
def has_only_default(record: Record, call: Call, given: Record) -> bool:
    return catalogue.only_default(record)


@field("Product.tracksInventory")
def tracks_inventory(record: Record, call: Call, given: Record) -> bool:
    return catalogue.tracks_inventory(record)


@field("Product.totalInventory")
def total_inventory(record: Record, call: Call, given: Record) -> int:
    """Recorded: it stays behind what was written, while a variant's inventoryQuantity does not."""
    if not call.shop.options.total_inventory_lags:
        return catalogue.inventory_total(record)
    seen = call.shop.index.entry("Product", record["number"])
    return int(seen["inventory_total"]) if seen else 0


@field("Product.media", takes=PAGING)
def media_of(record: Record, call: Call, given: Record) -> Connection:
    places_of = {picture["number"]: at for at, picture in enumerate(record["media"])}
    return page(record["media"], given, lambda picture: (places_of.get(picture["number"], -1),))


@field("Product.mediaCount")
def media_count(record: Record, call: Call, given: Record) -> Record:
    return counted(len(record["media"]))


@field("Product.collections", takes=PAGING)
def collections_of(record: Record, call: Call, given: Record) -> Connection:
    return page(sorted(record["collections"].values(), key=by_number), given)


@field("Product.inCollection", takes="id")
def in_collection(record: Record, call: Call, given: Record) -> bool:
    wanted = call.shop.find("Collection", given["id"])
    return wanted is not None and wanted["number"] in record["collections"]


@field("ProductVariant.sku")
def sku(record: Record, call: Call, given: Record) -> str | None:
    return record["item"]["sku"]  # type: ignore[no-any-return]


@field("ProductVariant.title")
def title(record: Record, call: Call, given: Record) -> str:
    return catalogue.title_of(record)


@field("ProductVariant.displayName")
def display_name(record: Record, call: Call, given: Record) -> str:
    return f"{record['product']['title']} - {catalogue.title_of(record)}"


@field("ProductVariant.selectedOptions")
def selected_options(record: Record, call: Call, given: Record) -> list[Record]:
    return [{"name": name, "value": value} for name, value in record["chosen"].items()]


@field("ProductVariant.inventoryItem")
def inventory_item(record: Record, call: Call, given: Record) -> Record:
    return record["item"]  # type: ignore[no-any-return]


@field("ProductVariant.inventoryQuantity", "ProductVariant.sellableOnlineQuantity")
def inventory_quantity(record: Record, call: Call, given: Record) -> int:
    return places.available(record["item"])


@field("ProductVariant.availableForSale")
def available_for_sale(record: Record, call: Call, given: Record) -> bool:
    item = record["item"]
    sells_on = record["inventoryPolicy"] == "CONTINUE" or not item["tracked"]
    return bool(sells_on or places.available(item) > 0)


@field("ProductVariant.media", takes=PAGING)
def variant_media(record: Record, call: Call, given: Record) -> Connection:
    return page([record["media"]] if record["media"] else [], given)
