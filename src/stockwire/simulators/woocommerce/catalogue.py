"""The shelf of products and variations: adding, finding by SKU, binning, and what follows from a change.

It keeps the indexes right and derives price and stock status; it checks no input and renders nothing.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stockwire.simulators.woocommerce import text
from stockwire.simulators.woocommerce.rest import ApiError

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Record, Shop


def blank(shop: Shop, kind: str, parent_id: int = 0) -> Record:
    """A new product or variation that is not on the shelf yet."""
    now = shop.now()
    return {
        "id": 0,
        "type": kind,
        "parent_id": parent_id,
        "name": "" if kind == "variation" else "Product",
        "slug": "",
        "created": now,
        "modified": now,
        "status": "publish",
        "featured": False,
        "catalog_visibility": "visible",
        "description": "",
        "short_description": "",
        "sku": "",
        "gtin": "",
        "price": "",
        "regular_price": "",
        "sale_price": "",
        "on_sale_from": None,
        "on_sale_to": None,
        "total_sales": 0,
        "virtual": False,
        "downloadable": False,
        "tax_status": "taxable",
        "tax_class": "parent" if kind == "variation" else "",
        "manage_stock": False,
        "stock_quantity": None,
        "stock_status": "instock",
        "backorders": "no",
        "low_stock_amount": None,
        "sold_individually": False,
        "weight": "",
        "dimensions": {"length": "", "width": "", "height": ""},
        "shipping_class": "",
        "reviews_allowed": True,
        "upsell_ids": [],
        "cross_sell_ids": [],
        "purchase_note": "",
        "categories": [] if kind == "variation" else [shop.default_category],
        "brands": [],
        "tags": [],
        "images": [],
        "attributes": [],
        "default_attributes": [],
        "children": [],
        "menu_order": 0,
        "meta_data": [],
    }


def shelve(shop: Shop, product: Record) -> None:
    """Give a new product its id and put it where it is found."""
    product["id"] = shop.next_id("post")
    if product["type"] != "variation" and product["status"] != "draft":
        product["slug"] = free_slug(shop, product["name"])
        shop.slugs.add(product["slug"])
    shop.products[product["id"]] = product
    _index(shop, product)
    if product["parent_id"]:
        shop.products[product["parent_id"]]["children"].append(product["id"])


def free_slug(shop: Shop, name: str) -> str:
    """The slug of a name, with -2, -3... when it is taken."""
    wanted = text.slug(name) or "product"
    found, at = wanted, 2
    while found in shop.slugs:
        found, at = f"{wanted}-{at}", at + 1
    return found


def set_sku(shop: Shop, product: Record, raw: Any) -> None:
    """Give a product its SKU: outer blanks cut, unique without regard to case.

    Raises product_invalid_sku naming the holder, or woocommerce_rest_product_not_created when a new
    product asks for an SKU that lies in the bin. A new variation is not asked that: in the shop's source only
    products take the lock on an SKU (WC_Product_Data_Store_CPT::create).
    """
    sku = text.cleaned(raw)
    wanted = sku.casefold()
    if wanted == product["sku"].casefold():
        product["sku"] = sku
        return
    holder = shop.skus.get(wanted) if sku else None
    if holder is not None and holder != product["id"]:
        at = 1
        while f"{wanted}-{at}" in shop.skus:
            at += 1
        raise ApiError(
            400,
            "product_invalid_sku",
            "Invalid or duplicated SKU.",
            {"resource_id": holder, "unique_sku": f"{sku}-{at}"},
        )
    if sku and not product["id"] and product["type"] != "variation" and wanted in shop.binned_skus:
        message = (
            f"The product with SKU ({sku}) you are trying to insert is already present in the lookup table"
        )
        raise ApiError(400, "woocommerce_rest_product_not_created", message)
    if product["id"]:
        _unindex(shop, product)
    product["sku"] = sku
    if product["id"]:
        _index(shop, product)


def free_gtin(shop: Shop, product: Record, raw: Any) -> str:
    """The GTIN as it will be kept: only digits and hyphens. Raises when another product has it."""
    gtin = "".join(letter for letter in str(raw) if letter.isdigit() or letter == "-")
    holder = shop.gtins.get(gtin) if gtin else None
    if holder is not None and holder != product["id"]:
        raise ApiError(
            400,
            "product_invalid_global_unique_id",
            "Invalid or duplicated GTIN, UPC, EAN or ISBN.",
            {"resource_id": holder},
        )
    return gtin


def set_gtin(shop: Shop, product: Record, gtin: str) -> None:
    """Give a product a GTIN that `free_gtin` has passed."""
    if product["gtin"] and shop.gtins.get(product["gtin"]) == product["id"]:
        del shop.gtins[product["gtin"]]
    product["gtin"] = gtin
    if gtin and product["id"]:
        shop.gtins[gtin] = product["id"]


def _index(shop: Shop, product: Record) -> None:
    if product["sku"]:
        index = shop.binned_skus if product["status"] == "trash" else shop.skus
        index[product["sku"].casefold()] = product["id"]
    if product["gtin"]:
        shop.gtins[product["gtin"]] = product["id"]


def _unindex(shop: Shop, product: Record) -> None:
    for index in (shop.skus, shop.binned_skus):
        if index.get(product["sku"].casefold()) == product["id"]:
            del index[product["sku"].casefold()]


def set_status(shop: Shop, product: Record, status: str) -> None:
    """Publish, draft, bin or bring back.

    Variations go to the bin with their product. They do not come back with it when its status is written over
    the API: the shop listens to "restore" alone (WC_Post_Data::untrash_post).
    """
    if status == "trash" and product["status"] != "trash":
        for child in product["children"]:
            set_status(shop, shop.products[child], "trash")
    _unindex(shop, product)
    product["status"] = status
    _index(shop, product)
    if not product["slug"] and status not in ("draft", "trash") and product["type"] != "variation":
        product["slug"] = free_slug(shop, product["name"])
        shop.slugs.add(product["slug"])


def remove(shop: Shop, product: Record) -> None:
    """Delete for good, variations included."""
    for child in list(product["children"]):
        remove(shop, shop.products[child])
    _unindex(shop, product)
    if product["gtin"] and shop.gtins.get(product["gtin"]) == product["id"]:
        del shop.gtins[product["gtin"]]
    shop.slugs.discard(product["slug"])
    del shop.products[product["id"]]
    parent = shop.products.get(product["parent_id"])
    if parent is not None:
        parent["children"].remove(product["id"])
        settle(shop, parent)


def children_of(shop: Shop, product: Record) -> list[Record]:
    """The variations of a product that are not in the bin."""
    children = (shop.products[child] for child in product["children"])
    return [child for child in children if child["status"] != "trash"]


def set_type(shop: Shop, product: Record, kind: str) -> None:
    """Change the type. A product that is no longer variable loses its variations for good
    (WC_Post_Data::product_type_changed)."""
    if product["type"] == "variable" and kind != "variable":
        for child in list(product["children"]):
            remove(shop, shop.products[child])
    product["type"] = kind


def touch(shop: Shop, product: Record) -> None:
    """Anything written moves date_modified, even when nothing changed."""
    product["modified"] = shop.now()


def settle(shop: Shop, product: Record) -> None:
    """Work out price and stock status after a write; a variation's parent follows."""
    if product["type"] == "variable":
        _settle_variable(shop, product)
    else:
        regular, sale = product["regular_price"], product["sale_price"]
        if sale and (not regular or text.amount(sale) >= text.amount(regular)):
            product["sale_price"] = sale = ""
        product["price"] = sale if is_on_sale(shop, product) else regular
    if product["manage_stock"]:
        product["stock_status"] = _managed_status(product)
    parent = shop.products.get(product["parent_id"]) if product["parent_id"] else None
    if parent is not None:
        touch(shop, parent)
        settle(shop, parent)


def _settle_variable(shop: Shop, product: Record) -> None:
    product["regular_price"] = product["sale_price"] = ""
    children = children_of(shop, product)
    prices = [child["price"] for child in children if child["price"] and child["status"] == "publish"]
    if prices:
        product["price"] = min(prices, key=text.amount)
    if product["manage_stock"]:
        return
    statuses = {child["stock_status"] for child in children}
    product["stock_status"] = next((s for s in ("instock", "onbackorder") if s in statuses), "outofstock")


def _managed_status(product: Record) -> str:
    if (product["stock_quantity"] or 0) > 0:
        return "instock"
    return "outofstock" if product["backorders"] == "no" else "onbackorder"


def is_on_sale(shop: Shop, product: Record) -> bool:
    """Whether the sale price counts now."""
    if product["type"] == "variable":
        return any(is_on_sale(shop, child) for child in children_of(shop, product))
    if not product["sale_price"]:
        return False
    now = shop.options.clock()
    starts: datetime | None = product["on_sale_from"]
    ends: datetime | None = product["on_sale_to"]
    return (starts is None or starts <= now) and (ends is None or ends >= now)


def stock_holder(shop: Shop, product: Record) -> Record | None:
    """The record whose quantity counts for a product: itself, its parent, or nobody."""
    if product["manage_stock"]:
        return product
    parent = shop.products.get(product["parent_id"]) if product["parent_id"] else None
    return parent if parent is not None and parent["manage_stock"] else None


def move_stock(shop: Shop, product: Record, by: int) -> tuple[int, int] | None:
    """Add to the quantity; (before, after), or None when nobody counts this product."""
    holder = stock_holder(shop, product)
    if holder is None:
        return None
    before = holder["stock_quantity"] or 0
    holder["stock_quantity"] = before + by
    touch(shop, holder)
    settle(shop, holder)
    return before, before + by


def full_name(shop: Shop, product: Record) -> str:
    """`Karoo cycling jersey - S, Red` for a variation, else the name."""
    if product["type"] != "variation":
        return str(product["name"])
    chosen = ", ".join(option["option"] for option in chosen_options(shop, product))
    name = str(shop.products[product["parent_id"]]["name"])
    return f"{name} - {chosen}" if chosen else name


def chosen_options(shop: Shop, variation: Record) -> list[Record]:
    """The options of a variation, in the order of its parent, leaving out attributes the parent lost."""
    found = []
    for attribute in shop.products[variation["parent_id"]]["attributes"]:
        if not attribute["variation"]:
            continue
        option = variation["options"].get(attribute["key"])
        if option is None:
            continue
        if attribute["id"]:
            term = term_of_attribute(shop, attribute["id"], option)
            shown, key = (term["name"] if term else text.slug(option)), attribute["key"]
            found.append({"id": attribute["id"], "name": attribute["name"], "slug": key, "option": shown})
        else:
            found.append({"id": 0, "name": attribute["name"], "slug": attribute["key"], "option": option})
    return found


def term_of_attribute(shop: Shop, attribute_id: int, option: str) -> Record | None:
    """The term of a global attribute by name or slug, without regard to case."""
    wanted, as_slug = option.casefold(), text.slug(option)
    for term in shop.terms.values():
        if term["taxonomy"] == attribute_id and (
            term["name"].casefold() == wanted or term["slug"] == as_slug
        ):
            return term
    return None


def taxed_class(shop: Shop, product: Record) -> str:
    """The tax class that counts: a variation may follow its parent."""
    if product["tax_class"] == "parent" and product["parent_id"] in shop.products:
        return str(shop.products[product["parent_id"]]["tax_class"])
    return str(product["tax_class"])


def without_tax(shop: Shop, product: Record, shelf_price: Decimal) -> Decimal:
    """A shelf price without the VAT of the shop's own country, when prices include it."""
    if not shop.prices_include_tax or not shop.taxes_on or product["tax_status"] != "taxable":
        return shelf_price
    rate = shop.rate_sum(shop.rates_for(shop.base_country, taxed_class(shop, product)))
    return shelf_price / (1 + rate / 100)
