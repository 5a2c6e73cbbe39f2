"""Writing the fields of a product or variation, the way the shop takes them: forgiving where it forgives.

Checked fields have passed `schema`; rows of a batch come in unchecked and are bent into shape here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from stockwire.simulators.woocommerce import catalogue, media, text
from stockwire.simulators.woocommerce.rest import Json
from stockwire.simulators.woocommerce.schema import PRODUCT_STATUSES, truth

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Record, Shop

PLAIN_TEXTS = ("description", "short_description", "purchase_note")
CLEAN_TEXTS = ("weight", "shipping_class", "catalog_visibility", "tax_status")
FLAGS = ("featured", "virtual", "downloadable", "sold_individually", "reviews_allowed")
LISTS = ("upsell_ids", "cross_sell_ids", "default_attributes")
FAMILIES = ("categories", "brands", "tags")
BACKORDERS = ("no", "notify", "yes")
STOCK_STATUSES = ("instock", "outofstock", "onbackorder")


def write(shop: Shop, product: Record, sent: Json) -> None:
    """Apply what was sent. Raises ApiError for a taken SKU or GTIN or a bad image, then nothing is applied.

    Afterwards `catalogue.settle` must run.
    """
    media.check(
        shop, _images_sent(product, sent), "variation" if product["type"] == "variation" else "product"
    )
    gtin = sent.get("global_unique_id")
    if gtin is not None:
        gtin = catalogue.free_gtin(shop, product, gtin)
    if sent.get("sku") is not None:
        catalogue.set_sku(shop, product, sent["sku"])
    if gtin is not None:
        catalogue.set_gtin(shop, product, gtin)
    _write_images(shop, product, sent)
    _write_texts(shop, product, sent)
    _write_prices(shop, product, sent)
    _write_stock(product, sent)
    for family in FAMILIES:
        if isinstance(sent.get(family), list):
            product[family] = _known_terms(shop, family, sent[family])
    if isinstance(sent.get("attributes"), list):
        if product["type"] == "variation":
            product["options"] = _options(shop, product, sent["attributes"])
        else:
            product["attributes"] = _attributes(shop, sent["attributes"])
    if isinstance(sent.get("meta_data"), list):
        shop.merge_meta(product["meta_data"], sent["meta_data"])


def _write_texts(shop: Shop, product: Record, sent: Json) -> None:
    if sent.get("type") in ("simple", "variable", "grouped", "external") and product["type"] != "variation":
        catalogue.set_type(shop, product, sent["type"])
    if sent.get("name") is not None and product["type"] != "variation":
        product["name"] = text.escaped(text.cleaned(sent["name"])) or "Product"
    for name in PLAIN_TEXTS:
        if sent.get(name) is not None:
            product[name] = str(sent[name])
    for name in CLEAN_TEXTS:
        if sent.get(name) is not None:
            product[name] = text.cleaned(sent[name])
    for name in FLAGS:
        if sent.get(name) is not None:
            product[name] = truth(sent[name])
    for name in LISTS:
        if isinstance(sent.get(name), list):
            product[name] = sent[name]
    if isinstance(sent.get("dimensions"), dict):
        product["dimensions"] = product["dimensions"] | {
            side: text.cleaned(size)
            for side, size in sent["dimensions"].items()
            if side in product["dimensions"]
        }
    if sent.get("menu_order") is not None:
        product["menu_order"] = _whole(sent["menu_order"])
    if sent.get("tax_class") is not None:
        product["tax_class"] = _tax_class(shop, product, str(sent["tax_class"]))
    if sent.get("slug"):
        product["slug"] = text.slug(sent["slug"])
    if sent.get("status") in PRODUCT_STATUSES:
        if product["id"]:
            catalogue.set_status(shop, product, sent["status"])
        else:
            product["status"] = sent["status"]


def _write_prices(shop: Shop, product: Record, sent: Json) -> None:
    for name in ("regular_price", "sale_price"):
        if sent.get(name) is not None:
            product[name] = text.decimal_text(sent[name])
    for end in ("from", "to"):
        if sent.get(f"date_on_sale_{end}") is not None:
            product[f"on_sale_{end}"] = _stamp(sent[f"date_on_sale_{end}"], shop.zone)
        if sent.get(f"date_on_sale_{end}_gmt") is not None:
            product[f"on_sale_{end}"] = _stamp(sent[f"date_on_sale_{end}_gmt"], UTC)


def _stamp(raw: str, zone: Any) -> datetime | None:
    if not raw:
        return None
    stamp = datetime.fromisoformat(raw)
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=zone)).astimezone(UTC)


def _write_stock(product: Record, sent: Json) -> None:
    if sent.get("backorders") in BACKORDERS:
        product["backorders"] = sent["backorders"]
    if sent.get("manage_stock") is not None:
        product["manage_stock"] = sent["manage_stock"] != "parent" and truth(sent["manage_stock"])
    if not product["manage_stock"]:
        product["stock_quantity"], product["backorders"], product["low_stock_amount"] = None, "no", None
        if sent.get("stock_status") in STOCK_STATUSES and product["type"] != "variable":
            product["stock_status"] = sent["stock_status"]
        return
    if "low_stock_amount" in sent:
        amount = sent["low_stock_amount"]
        product["low_stock_amount"] = None if amount in (None, "") else _whole(amount)
    if "stock_quantity" in sent:
        product["stock_quantity"] = _whole(sent["stock_quantity"])
    elif sent.get("inventory_delta") is not None:
        product["stock_quantity"] = (product["stock_quantity"] or 0) + _whole(sent["inventory_delta"])
    elif product["stock_quantity"] is None:
        product["stock_quantity"] = 0


def _whole(value: Any) -> int:
    """PHP's intval: fractions are cut, text that is no number is 0."""
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return 0


def _tax_class(shop: Shop, product: Record, wanted: str) -> str:
    if product["type"] == "variation" and wanted == "parent":
        return wanted
    return wanted if wanted in shop.tax_classes else ""


def _known_terms(shop: Shop, family: str, sent: list[Any]) -> list[int]:
    found = [
        row["id"]
        for row in sent
        if isinstance(row, dict)
        and row.get("id") in shop.terms
        and shop.terms[row["id"]]["taxonomy"] == family
    ]
    return found or ([shop.default_category] if family == "categories" else [])


def _images_sent(product: Record, sent: Json) -> list[Any]:
    images = [sent.get("image")] if product["type"] == "variation" else sent.get("images")
    return images if isinstance(images, list) else []


def _write_images(shop: Shop, product: Record, sent: Json) -> None:
    if product["type"] == "variation":
        if isinstance(sent.get("image"), dict):
            product["images"] = media.gallery(shop, [sent["image"]])
        elif "image" in sent and not sent["image"]:
            product["images"] = []
    elif isinstance(sent.get("images"), list):
        product["images"] = media.gallery(shop, sent["images"])


def _attributes(shop: Shop, sent: list[Any]) -> list[Record]:
    found = []
    for row in sent:
        known = shop.attributes.get(row.get("id") or 0)
        if known is None and not row.get("name"):
            continue
        options = row.get("options", [])
        options = [part.strip() for part in options.split("|")] if isinstance(options, str) else list(options)
        name = known["name"] if known else str(row["name"])
        if known:
            for option in options:
                if catalogue.term_of_attribute(shop, known["id"], option) is None:
                    _add_term(shop, known["id"], option)
        found.append(
            {
                "id": known["id"] if known else 0,
                "name": name,
                "key": known["slug"] if known else text.slug(name),
                "position": _whole(row.get("position", 0)),
                "visible": truth(row.get("visible", False)),
                "variation": truth(row.get("variation", False)),
                "options": options,
            }
        )
    return found


def _add_term(shop: Shop, attribute_id: int, name: str) -> None:
    number = shop.next_id("term")
    shop.terms[number] = {
        "id": number,
        "taxonomy": attribute_id,
        "name": name,
        "slug": text.slug(name),
        "parent": 0,
        "description": "",
        "display": "default",
        "menu_order": 0,
    }


def _options(shop: Shop, variation: Record, sent: list[Any]) -> dict[str, str]:
    """Chosen options by attribute key, in place of all chosen before. What the parent does not have is
    dropped; any option is taken."""
    parent = shop.products[variation["parent_id"]]
    found = {}
    for row in sent:
        for attribute in parent["attributes"]:
            same = attribute["id"] == row.get("id") if row.get("id") else attribute["name"] == row.get("name")
            if same and row.get("option") is not None:
                found[attribute["key"]] = str(row["option"])
    return found
