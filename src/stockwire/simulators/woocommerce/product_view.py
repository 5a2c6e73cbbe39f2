"""Products and variations as the API shows them. Reads the shop, changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockwire.simulators.woocommerce import catalogue, media, text
from stockwire.simulators.woocommerce.rest import Call, Json, links
from stockwire.simulators.woocommerce.seed import SYMBOLS

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Record, Shop


def product(shop: Shop, call: Call, item: Record, *, edit: bool = False) -> Json:
    """A whole product. `edit` is how answers to writes differ: raw descriptions and three more fields."""
    body = _common(shop, item, edit=edit)
    variation = item["type"] == "variation"
    parent = shop.products.get(item["parent_id"]) if variation else None
    body |= {
        "name": catalogue.full_name(shop, item),
        "slug": item["slug"] if not variation else text.slug(catalogue.full_name(shop, item)),
        "permalink": _variation_link(shop, call, item) if variation else _permalink(call, item),
        "featured": item["featured"],
        "catalog_visibility": item["catalog_visibility"],
        "short_description": _shown(item["short_description"], edit=edit),
        "total_sales": item["total_sales"],
        "external_url": "",
        "button_text": "",
        "sold_individually": item["sold_individually"],
        "shipping_required": not item["virtual"],
        "shipping_taxable": not item["virtual"] and item["tax_status"] == "taxable",
        "reviews_allowed": item["reviews_allowed"],
        "average_rating": "0" if edit else "0.00",
        "rating_count": 0,
        "upsell_ids": item["upsell_ids"],
        "cross_sell_ids": item["cross_sell_ids"],
        "parent_id": item["parent_id"],
        "purchase_note": item["purchase_note"],
        "categories": _terms(shop, (parent or item)["categories"]),
        "brands": _terms(shop, (parent or item)["brands"]),
        "tags": _terms(shop, (parent or item)["tags"]),
        "images": [media.view(shop, image) for image in item["images"]],
        "attributes": catalogue.chosen_options(shop, item) if variation else _attributes(shop, item),
        "default_attributes": item["default_attributes"],
        "variations": [child["id"] for child in catalogue.children_of(shop, item)],
        "grouped_products": [],
        "price_html": price_html(shop, item),
        "related_ids": [],
        "has_options": item["type"] == "variable",
        "post_password": "",
    }
    if edit:
        body["permalink_template"] = f"{call.site}/product/%pagename%/"
        body["generated_slug"] = item["slug"] or text.slug(item["name"])
    body["_links"] = links(call, f"products/{item['id']}", "products")
    if variation:
        body["_links"]["up"] = [{"href": call.link(f"products/{item['parent_id']}")}]
    return body


def variation(shop: Shop, call: Call, item: Record, *, edit: bool = False, exists: bool = True) -> Json:
    """A variation as its own routes show it."""
    options = catalogue.chosen_options(shop, item)
    body = _common(shop, item, edit=edit)
    body |= {
        "permalink": _variation_link(shop, call, item),
        "image": media.view(shop, item["images"][0]) if item["images"] else None,
        "attributes": options,
        "name": ", ".join(option["option"] for option in options),
        "parent_id": item["parent_id"],
    }
    home = f"products/{item['parent_id']}"
    body["_links"] = links(
        call, f"{home}/variations/{item['id']}", f"{home}/variations", exists=exists, up=home
    )
    return body


def _common(shop: Shop, item: Record, *, edit: bool) -> Json:
    holder = catalogue.stock_holder(shop, item)
    backorders = (holder or item)["backorders"]
    return {
        "id": item["id"],
        "type": item["type"],
        **shop.dates(item, "created", "modified", "on_sale_from", "on_sale_to"),
        "status": item["status"],
        "description": _shown(item["description"], edit=edit),
        "sku": item["sku"],
        "global_unique_id": item["gtin"],
        "price": item["price"],
        "regular_price": item["regular_price"],
        "sale_price": item["sale_price"],
        "on_sale": catalogue.is_on_sale(shop, item),
        "purchasable": item["price"] != "",
        "virtual": item["virtual"],
        "downloadable": item["downloadable"],
        "downloads": [],
        "download_limit": -1,
        "download_expiry": -1,
        "tax_status": item["tax_status"],
        "tax_class": item["tax_class"],
        "manage_stock": "parent" if holder is not None and holder is not item else item["manage_stock"],
        "stock_quantity": holder["stock_quantity"] if holder is not None else None,
        "stock_status": item["stock_status"],
        "backorders": backorders,
        "backorders_allowed": backorders != "no",
        "backordered": item["stock_status"] == "onbackorder",
        "low_stock_amount": item["low_stock_amount"],
        "weight": item["weight"],
        "dimensions": item["dimensions"],
        "shipping_class": item["shipping_class"],
        "shipping_class_id": 0,
        "menu_order": item["menu_order"],
        "meta_data": [dict(row) for row in item["meta_data"]],
    }


def _shown(raw: str, *, edit: bool) -> str:
    return raw if edit else text.paragraphs(raw)


def _permalink(call: Call, item: Record) -> str:
    if item["status"] == "draft" or not item["slug"]:
        return f"{call.site}/?post_type=product&p={item['id']}"
    return f"{call.site}/product/{item['slug']}/"


def _variation_link(shop: Shop, call: Call, item: Record) -> str:
    parent = _permalink(call, shop.products[item["parent_id"]])
    chosen = catalogue.chosen_options(shop, item)
    pairs = "&".join(
        f"attribute_{option['slug']}={text.slug(option['option']) if option['id'] else option['option']}"
        for option in chosen
    )
    return f"{parent}{'&' if '?' in parent else '?'}{pairs}" if pairs else parent


def _terms(shop: Shop, ids: list[int]) -> list[Json]:
    found = [shop.terms[number] for number in ids if number in shop.terms]
    found.sort(key=lambda term: term["name"])
    return [{"id": term["id"], "name": term["name"], "slug": term["slug"]} for term in found]


def _attributes(shop: Shop, item: Record) -> list[Json]:
    return [
        {
            "id": attribute["id"],
            "name": attribute["name"],
            "slug": attribute["key"] if attribute["id"] else attribute["name"],
            "position": attribute["position"],
            "visible": attribute["visible"],
            "variation": attribute["variation"],
            "options": sorted(attribute["options"]) if attribute["id"] else attribute["options"],
        }
        for attribute in item["attributes"]
    ]


def price_html(shop: Shop, item: Record) -> str:
    """The price as the shop's pages show it: without VAT, the setting of the recorded shop."""
    if item["type"] == "variable":
        children = catalogue.children_of(shop, item)
        prices = sorted((c for c in children if c["price"]), key=lambda c: text.amount(c["price"]))
        if prices and text.amount(prices[0]["price"]) != text.amount(prices[-1]["price"]):
            return _range_html(shop, prices[0], prices[-1])
        item = prices[0] if prices else item
    if item["price"] == "":
        return ""
    if not catalogue.is_on_sale(shop, item):
        return _amount_html(shop, item, item["price"])
    return (
        f'<del aria-hidden="true">{_amount_html(shop, item, item["regular_price"])}</del> '
        f"<ins>{_amount_html(shop, item, item['price'])}</ins>"
    )


def _range_html(shop: Shop, low: Record, high: Record) -> str:
    hidden = ' aria-hidden="true"'
    least, most = _plain_amount(shop, low), _plain_amount(shop, high)
    return (
        f"{_amount_html(shop, low, low['price'], hidden)} <span{hidden}>&ndash;</span> "
        f"{_amount_html(shop, high, high['price'], hidden)}"
        f'<span class="screen-reader-text">Price range: {least} through {most}</span>'
    )


def _amount_html(shop: Shop, item: Record, price: Any, extra: str = "") -> str:
    shown = text.cents(catalogue.without_tax(shop, item, text.amount(price)))
    return (
        f'<span class="woocommerce-Price-amount amount"{extra}><bdi>'
        f'<span class="woocommerce-Price-currencySymbol">{_symbol(shop)}</span>{shown}</bdi></span>'
    )


def _plain_amount(shop: Shop, item: Record) -> str:
    return _symbol(shop) + text.cents(catalogue.without_tax(shop, item, text.amount(item["price"])))


def _symbol(shop: Shop) -> str:
    return SYMBOLS.get(shop.currency, shop.currency)
