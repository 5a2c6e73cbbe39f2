"""Products and variants as the shop keeps them: making, changing, removing, and what searches see of them.

Mutations of the API come here after their checks; so do staff, who need none.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stockwire.simulators.shopify import hooks, media, metafields, places
from stockwire.simulators.shopify.fields import refused
from stockwire.simulators.shopify.gids import gid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stockwire.simulators.shopify.shop import Record, Shop

MOST_VARIANTS = 2048
MOST_OPTIONS = 3
DEFAULT = ("Title", "Default Title")
PLAIN = ("title", "descriptionHtml", "vendor", "productType", "status", "templateSuffix", "category")


def new_product(shop: Shop, title: str, **fields: Any) -> Record:
    """A product without variants. `fields` as the API names them."""
    now = shop.now()
    product = shop.new(
        "Product",
        title=title,
        handle="",
        descriptionHtml=fields.get("descriptionHtml") or "",
        vendor=fields.get("vendor") or shop.options.name,
        productType=fields.get("productType") or "",
        status=fields.get("status") or "ACTIVE",
        tags=sorted(set(fields.get("tags") or ()), key=str.casefold),
        templateSuffix=fields.get("templateSuffix"),
        category=fields.get("category"),
        seo=dict(fields.get("seo") or {}),
        isGiftCard=False,
        options=[],
        variants=[],
        media=[],
        metafields={},
        publications={},
        collections={},
        publishedAt=None,
        createdAt=now,
        updatedAt=now,
    )
    rename_handle(shop, product, fields.get("handle") or free_handle(shop, title))
    return product


def free_handle(shop: Shop, title: str) -> str:
    """The handle a title gives, with a number behind it while it is taken."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    base = re.sub(r"[^a-z0-9]+", "-", plain.casefold()).strip("-") or "product"
    handle, at = base, 0
    while handle in shop.handles:
        at += 1
        handle = f"{base}-{at}"
    return handle


def rename_handle(shop: Shop, product: Record, handle: str) -> None:
    shop.handles.pop(product["handle"], None)
    product["handle"] = handle
    shop.handles[handle] = product["number"]


def by_handle(shop: Shop, handle: str) -> Record | None:
    number = shop.handles.get(handle)
    return shop.shelf("Product").get(number) if number is not None else None


def set_options(shop: Shop, product: Record, wanted: list[tuple[str, list[str]]]) -> None:
    """Options by name, in order, with their values; what stays keeps its id."""
    old = {option["name"]: option for option in product["options"]}
    product["options"] = []
    for position, (name, values) in enumerate(wanted, 1):
        held = old.get(name)
        option: Record = held or {
            "__typename": "ProductOption",
            "id": gid("ProductOption", shop.next_number("ProductOption")),
            "name": name,
            "rows": [],
        }
        rows = {row["name"]: row for row in option["rows"]}
        option["position"] = position
        option["rows"] = [rows.get(value) or new_value(shop, value) for value in dict.fromkeys(values)]
        product["options"].append(option)


def new_value(shop: Shop, name: str) -> Record:
    number = shop.next_number("ProductOptionValue")
    return {"__typename": "ProductOptionValue", "id": gid("ProductOptionValue", number), "name": name}


def add_option_values(shop: Shop, product: Record, chosen: dict[str, str]) -> None:
    """Values that a new variant brings along."""
    for option in product["options"]:
        value = chosen.get(option["name"])
        if value is not None and all(row["name"] != value for row in option["rows"]):
            option["rows"].append(new_value(shop, value))


def new_variant(shop: Shop, product: Record, chosen: dict[str, str], **fields: Any) -> Record:
    """A variant with its inventory item. `chosen` is its value of each option."""
    now = shop.now()
    item = places.new_item(
        shop,
        sku=fields.get("sku"),
        tracked=bool(fields.get("tracked")),
        requires_shipping=fields.get("requiresShipping", True),
        cost=fields.get("cost"),
    )
    variant = shop.new(
        "ProductVariant",
        product=product,
        item=item,
        chosen=chosen,
        price=fields.get("price") or Decimal("0.00"),
        compareAtPrice=fields.get("compareAtPrice"),
        barcode=fields.get("barcode"),
        inventoryPolicy=fields.get("inventoryPolicy") or "DENY",
        taxable=fields.get("taxable", True),
        position=len(product["variants"]) + 1,
        media=None,
        metafields={},
        createdAt=now,
        updatedAt=now,
    )
    item["variant"] = variant
    product["variants"].append(variant)
    return variant


def may_make(shop: Shop, count: int) -> None:
    """Refuse new variants beyond the daily number of a very full shop that is not on Plus."""
    options, made = shop.options, shop.shelf("ProductVariant")
    if options.plan in ("plus", "enterprise") or len(made) + count <= options.variants_without_daily_limit:
        return
    since = shop.now() - timedelta(days=1)
    today = sum(1 for variant in made.values() if variant["createdAt"] > since)
    if today + count > options.new_variants_a_day:
        raise refused(
            "Daily variant creation limit reached. Please try again later.", "VARIANT_THROTTLE_EXCEEDED"
        )


def title_of(variant: Record) -> str:
    return " / ".join(variant["chosen"].values())


def only_default(product: Record) -> bool:
    """Whether the product has no options of its own."""
    return [(o["name"], [row["name"] for row in o["rows"]]) for o in product["options"]] == [
        (DEFAULT[0], [DEFAULT[1]])
    ]


def tracks_inventory(product: Record) -> bool:
    return any(variant["item"]["tracked"] for variant in product["variants"])


def remove_variant(shop: Shop, variant: Record) -> None:
    """A variant goes, with its item and its stock."""
    product = variant["product"]
    product["variants"] = [other for other in product["variants"] if other is not variant]
    for position, other in enumerate(product["variants"], 1):
        other["position"] = position
    metafields.forget(shop, variant)
    for kind, record in (("ProductVariant", variant), ("InventoryItem", variant["item"])):
        del shop.shelf(kind)[record["number"]]
        shop.index.put(kind, record["number"], None, shop.clock.now())


def removed(shop: Shop, product: Record) -> None:
    """A product goes, with everything that is its own."""
    for variant in list(product["variants"]):
        remove_variant(shop, variant)
    for collection in product["collections"].values():
        del collection["products"][product["number"]]
    metafields.forget(shop, product)
    shop.handles.pop(product["handle"], None)
    del shop.shelf("Product")[product["number"]]
    shop.index.put("Product", product["number"], None, shop.clock.now())
    hooks.tell(shop, "PRODUCTS_DELETE", product)


def changed(shop: Shop, product: Record, *, created: bool = False, variants: Iterable[Record] = ()) -> None:
    """A product was written: its time moves, searches and webhooks learn of it."""
    now = shop.now()
    product["updatedAt"] = now
    for variant in variants:
        variant["updatedAt"] = variant["item"]["updatedAt"] = now
        index_variant(shop, variant)
    index_product(shop, product)
    hooks.tell(shop, "PRODUCTS_CREATE" if created else "PRODUCTS_UPDATE", product)


def index_product(shop: Shop, product: Record) -> None:
    """What searches for products see, after the lag."""
    entry = {
        "id": product["number"],
        "title": product["title"],
        "handle": product["handle"],
        "vendor": product["vendor"],
        "product_type": product["productType"],
        "status": product["status"],
        "tag": list(product["tags"]),
        "sku": [variant["item"]["sku"] for variant in product["variants"]],
        "barcode": [variant["barcode"] for variant in product["variants"]],
        "created_at": product["createdAt"],
        "updated_at": product["updatedAt"],
        "inventory_total": inventory_total(product),
    }
    shop.index.put("Product", product["number"], entry, shop.clock.now())


def inventory_total(product: Record) -> int:
    tracked = [variant["item"] for variant in product["variants"] if variant["item"]["tracked"]]
    return sum(places.available(item) for item in tracked)


def index_variant(shop: Shop, variant: Record) -> None:
    """What searches for variants and inventory items see, after the lag."""
    product, item = variant["product"], variant["item"]
    entry = {
        "id": variant["number"],
        "sku": item["sku"],
        "barcode": variant["barcode"],
        "title": title_of(variant),
        "product_id": product["number"],
        "product_status": product["status"],
        "vendor": product["vendor"],
        "updated_at": variant["updatedAt"],
    }
    now = shop.clock.now()
    shop.index.put("ProductVariant", variant["number"], entry, now)
    seen = {"id": item["number"], "sku": item["sku"], "updated_at": item["updatedAt"]}
    shop.index.put("InventoryItem", item["number"], seen, now)


def by_hand(shop: Shop, title: str, rows: list[Record], fields: dict[str, Any]) -> Record:
    """Staff add a product; see Shop.add_product. It is published everywhere, as the admin offers."""
    rows = rows or [{}]
    names = list(rows[0].get("options") or {DEFAULT[0]: DEFAULT[1]})
    chosen = [dict(row.get("options") or {DEFAULT[0]: DEFAULT[1]}) for row in rows]
    if any(list(each) != names for each in chosen) or len({tuple(e.values()) for e in chosen}) < len(rows):
        raise ValueError("Every variant needs the same options, each with values of its own.")
    product = new_product(shop, title, **{_api(name): value for name, value in fields.items()})
    set_options(shop, product, [(name, [each[name] for each in chosen]) for name in names])
    for row, values in zip(rows, chosen, strict=True):
        _add_by_hand(shop, product, row, values)
    if fields.get("published", True):
        for publication in shop.shelf("Publication").values():
            product["publications"][publication["number"]] = shop.now()
        product["publishedAt"] = shop.now()
    for url in fields.get("images", ()):
        product["media"].append(media.from_url(shop, url))
    changed(shop, product, created=True, variants=product["variants"])
    return product


def _add_by_hand(shop: Shop, product: Record, row: Record, chosen: dict[str, str]) -> None:
    known = {"sku", "price", "compare_at_price", "barcode", "quantity", "tracked", "options", "taxable"}
    if unknown := sorted(set(row) - known):
        raise ValueError(f"A variant has no field {unknown[0]!r}. Fields: {', '.join(sorted(known))}.")
    variant = new_variant(
        shop,
        product,
        chosen,
        sku=row.get("sku"),
        tracked=row.get("tracked", True),
        price=Decimal(str(row.get("price", "0.00"))),
        compareAtPrice=_amount(row.get("compare_at_price")),
        barcode=row.get("barcode"),
        taxable=row.get("taxable", True),
    )
    level = next(iter(variant["item"]["levels"].values()))
    places.put(shop, level, "available", int(row.get("quantity", 0)))


def edited_by_hand(shop: Shop, variant: Record, fields: dict[str, Any]) -> Record:
    """Staff edit a product; see Shop.edit_product."""
    product = variant["product"]
    for name, value in fields.items():
        if name in ("price", "compare_at_price"):
            variant[_api(name)] = _amount(value)
        elif name == "barcode":
            variant["barcode"] = value
        elif name == "new_sku":
            variant["item"]["sku"] = value
        elif name == "tracked":
            variant["item"]["tracked"] = bool(value)
        elif name == "handle":
            rename_handle(shop, product, str(value))
        elif name == "tags":
            product["tags"] = sorted(set(value), key=str.casefold)
        elif name == "add_image":
            product["media"].append(media.from_url(shop, str(value)))
        elif name == "add_variant":
            _another_by_hand(shop, product, value)
        elif _api(name) in PLAIN:
            product[_api(name)] = value
        else:
            raise ValueError(f"Staff cannot edit {name!r} of a product here.")
    changed(shop, product, variants=product["variants"])
    return product  # type: ignore[no-any-return]


def _another_by_hand(shop: Shop, product: Record, row: Record) -> None:
    chosen = dict(row.get("options") or {})
    if set(chosen) != {option["name"] for option in product["options"]}:
        raise ValueError("The new variant needs a value for each option of the product.")
    add_option_values(shop, product, chosen)
    _add_by_hand(shop, product, row, chosen)


def copied_by_hand(shop: Shop, variant: Record, title: str) -> Record:
    """Staff duplicate a product, SKUs and all."""
    product = variant["product"]
    rows = [
        {
            "sku": each["item"]["sku"],
            "price": each["price"],
            "barcode": each["barcode"],
            "options": each["chosen"],
            "tracked": each["item"]["tracked"],
        }
        for each in product["variants"]
    ]
    return by_hand(shop, title or f"Copy of {product['title']}", rows, {"vendor": product["vendor"]})


def _amount(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _api(name: str) -> str:
    """product_type is productType."""
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
