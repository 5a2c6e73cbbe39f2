"""A Change as Shopify's inputs, and a variant of theirs as our field names. Pure.

Nothing leaves here that was not checked first: a price that is no number, or a missing figure, never reaches
a shop.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from stockwire.amounts import money, number, quantity
from stockwire.connectors.shopify.items import OPTIONS, Item, StockRow, Target
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.errors import Refused
from stockwire.ports import Action, Value

CENTS = 2
MOST_STOCK = 1_000_000_000
_LOCATION = "quantity@"
_META = "meta."


def sku_key(sku: str) -> str:
    """What makes two SKUs the same one: case and outer blanks do not count (the search knows neither)."""
    return sku.strip().casefold()


def fill(item: Item, settings: ShopifySettings) -> None:
    """Put the product's input and those of its variants into the item. Raises Refused for the product; a
    variant that cannot be said keeps its own error."""
    item.fields = product_fields(
        item, settings, creating=item.change.action is Action.ADD and not item.product
    )
    for target in item.targets:
        try:
            _check_options(item, target)
            target.fields = variant_fields(target, settings)
            target.fields |= _changed_options(item, target)
            target.stock = stock_rows(target, settings)
        except Refused as error:
            if not target.key:
                raise
            target.error = error


def _check_options(item: Item, target: Target) -> None:
    names = item.change.option_names
    values = target.option_values
    missing = [name for at, name in enumerate(names) if at >= len(values) or not values[at].strip()]
    if target.key and missing and target.action is not Action.REMOVE:
        raise Refused(
            f"{target.sku}: it has no value for the option {missing[0]}, and its siblings have one.",
            hint=f"Give it a {missing[0]} in the source.",
        )


def _changed_options(item: Item, target: Target) -> dict[str, Any]:
    """Option values, where they are to be sent: they may be the shop's own. What it holds is not read."""
    told = target.memory.get(OPTIONS)
    if target.action is not Action.UPDATE or told is None or "option_values" not in target.wanted:
        return {}
    pairs = zip(item.change.option_names, target.option_values, strict=True)
    return {"optionValues": [{"optionName": name, "name": value} for name, value in pairs]}


def product_fields(item: Item, settings: ShopifySettings, *, creating: bool) -> dict[str, Any]:
    """Scalars of ProductSetInput and ProductUpdateInput. Tags, collections and images are lists and never
    part of it: they are added to and taken from, so that what others put there stays."""
    wanted = item.wanted
    sku = item.change.sku
    fields: dict[str, Any] = {}
    if "title" in wanted:
        fields["title"] = str(wanted["title"] or "").strip()
        if not fields["title"]:
            raise untitled(sku)
    for name, theirs in (
        ("body_html", "descriptionHtml"),
        ("vendor", "vendor"),
        ("product_type", "productType"),
    ):
        if name in wanted:
            fields[theirs] = str(wanted[name] or "")
    if creating:
        fields["status"] = "ACTIVE" if wanted.get("active", True) else "DRAFT"
    elif "active" in wanted and not wanted["active"]:
        fields["status"] = "DRAFT"
    elif wanted.get("active") and item.change.action is Action.UPDATE:
        # A product that was only linked keeps the status its owner gave it.
        fields["status"] = "ACTIVE"
    metafields = [
        {
            "namespace": settings.metafield_namespace,
            "key": name[len(_META) :],
            "type": "multi_line_text_field" if "\n" in str(value) else "single_line_text_field",
            "value": str(value),
        }
        for name, value in wanted.items()
        if name.startswith(_META) and value not in (None, "")
    ]
    if metafields:
        fields["metafields"] = metafields
    return fields


def untitled(sku: str) -> Refused:
    """A product of the shop that is linked may do without a title of ours; a new one may not."""
    return Refused(
        f"{sku}: the product has no title, and Shopify takes none without.",
        hint="Give it a description in the source. If a flag leaves the title to the channel, make the "
        "product there by hand with this SKU.",
    )


def unpriced(sku: str) -> Refused:
    """What is made there without a price costs nothing there, and is bought for it."""
    return Refused(
        f"{sku}: its price is the channel's own, and Shopify would sell a new item without one for nothing.",
        hint="Make the item there by hand with this SKU and a price: it is linked then. Or let the hub send"
        " the price.",
    )


def emptied_metafields(item: Item) -> list[str]:
    return [
        name[len(_META) :]
        for name, value in item.wanted.items()
        if name.startswith(_META) and value in (None, "")
    ]


def variant_fields(target: Target, settings: ShopifySettings) -> dict[str, Any]:
    """Fields that ProductVariantsBulkInput and ProductVariantSetInput share."""
    wanted = target.wanted
    fields: dict[str, Any] = {}
    if "price" in wanted:
        fields["price"] = money(target.sku, "price", wanted["price"], CENTS, target.notes)
    if "compare_at" in wanted:
        fields["compareAtPrice"] = _compare_at(target, wanted, fields.get("price"))
    if "barcode" in wanted:
        fields["barcode"] = str(wanted["barcode"] or "").strip()
    inventory: dict[str, Any] = {}
    if wanted.get("grams") is not None:
        grams = number(target.sku, "weight", wanted["grams"])
        inventory["measurement"] = {"weight": {"value": float(grams), "unit": "GRAMS"}}
    if settings.sends_stock and "inventory_management" in wanted:
        inventory["tracked"] = bool(wanted["inventory_management"])
    if inventory:
        fields["inventoryItem"] = inventory
    return fields


def stock_rows(target: Target, settings: ShopifySettings) -> list[StockRow]:
    """Quantities by location, "" for the one quantity of a shop without a location map."""
    if not settings.sends_stock or target.wanted.get("inventory_management") is False:
        return []
    rows = []
    for change in target.changes:
        if change.name == "quantity":
            location = ""
        elif change.name.startswith(_LOCATION):
            location = change.name[len(_LOCATION) :].rpartition("/")[2]
        else:
            continue
        before = (
            change.before if isinstance(change.before, int) and not isinstance(change.before, bool) else None
        )
        after = quantity(target.sku, change.after, MOST_STOCK, target.notes)
        rows.append(StockRow(location, before, after, change.name))
    return rows


def seen_of(variant: Mapping[str, Any]) -> dict[str, Value]:
    """Their variant under our field names."""
    seen: dict[str, Value] = {}
    if variant.get("price") is not None:
        seen["price"] = Decimal(str(variant["price"]))
    if "compareAtPrice" in variant:
        compare_at = variant["compareAtPrice"]
        seen["compare_at"] = None if compare_at is None else Decimal(str(compare_at))
    if "barcode" in variant:
        seen["barcode"] = str(variant["barcode"] or "")
    if isinstance(variant.get("inventoryQuantity"), int):
        seen["quantity"] = variant["inventoryQuantity"]
    return seen


def sent_as_seen(target: Target) -> dict[str, Value]:
    """What was sent and taken without a word, under our names: the shop answers writes with errors only."""
    seen: dict[str, Value] = {}
    if "price" in target.fields:
        seen["price"] = Decimal(str(target.fields["price"]))
    if "compareAtPrice" in target.fields:
        value = target.fields["compareAtPrice"]
        seen["compare_at"] = None if value is None else Decimal(str(value))
    if "barcode" in target.fields:
        seen["barcode"] = target.fields["barcode"]
    return seen


def tags_of(value: Value) -> list[str]:
    """Tags are text with commas, or a tuple; each once, in order."""
    parts = value if isinstance(value, tuple) else str(value or "").split(",")
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def handle_of(title: str) -> str:
    """A handle as Shopify makes it from a title: letters and digits with dashes between."""
    plain = unicodedata.normalize("NFKD", title.lower())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[^\w]+", "-", plain, flags=re.UNICODE).replace("_", "-").strip("-")


def _compare_at(target: Target, wanted: Mapping[str, Value], price: str | None) -> str | None:
    """Only above zero and not below the price; otherwise the shop shows none."""
    value = wanted["compare_at"]
    if value is None:
        return None
    amount = money(target.sku, "compare-at price", value, CENTS, target.notes)
    if Decimal(amount) <= 0 or (price is not None and Decimal(amount) < Decimal(price)):
        return None
    return amount
