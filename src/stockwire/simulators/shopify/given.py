"""Reading what a mutation was given: money, options, metafields; with the user errors for what is wrong.

Each function returns what was meant or appends to `errors`; nothing is written here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from stockwire.simulators.shopify import metafields
from stockwire.simulators.shopify.fields import inputs, not_simulated, refused, user_error
from stockwire.simulators.shopify.gids import cents, decimal

if TYPE_CHECKING:
    from stockwire.simulators.shopify.shop import Record, Shop

MOST = Decimal("1000000000000000000")
PRICES = (("compareAtPrice", "Compare at price"), ("price", "Price"))
PRODUCT_FIELDS = ["title", "descriptionHtml", "vendor", "productType", "status", "templateSuffix", "category"]

inputs("MetafieldInput", "id namespace key value type")
inputs("SEOInput", "title description")
inputs("VariantOptionValueInput", "id name optionId optionName")
inputs(
    "InventoryItemInput",
    "sku tracked requiresShipping cost countryCodeOfOrigin harmonizedSystemCode measurement",
)
inputs("InventoryItemMeasurementInput", "weight")
inputs("WeightInput", "value unit")
inputs("OptionSetInput", "id name position values")
inputs("OptionValueSetInput", "id name")
inputs("OptionCreateInput", "name position values")
inputs("OptionValueCreateInput", "name")
inputs("CreateMediaInput", "alt mediaContentType originalSource")
inputs("FileSetInput", "id alt originalSource filename contentType duplicateResolutionMode")


def prices(row: Record, path: list[str], errors: list[Record], code: str | None = None) -> Record:
    """Price and compare-at of a variant, as far as they are given; null takes the compare-at away.

    Recorded: compareAtPrice is complained of before price, with these words. `code` stands for the codes of
    productVariantsBulkUpdate where a mutation has others.
    """
    found: Record = {}
    for name, words in PRICES:
        if name not in row:
            continue
        value = row[name]
        if value is None:
            if name == "compareAtPrice":
                found[name] = None
            continue
        amount = decimal(value)
        assert amount is not None
        if amount < 0:
            message = f"{words} must be greater than or equal to 0"
            errors.append(user_error(message, [*path, name], code or "GREATER_THAN_OR_EQUAL_TO"))
        elif amount >= MOST:
            message = f"must be less than {MOST}"
            errors.append(user_error(message, [*path, name], code or "INVALID_INPUT"))
        else:
            found[name] = cents(amount)
    return found


def chosen_options(
    product: Record | None,
    row: Record,
    names: list[str],
    path: list[str],
    errors: list[Record],
    *,
    codes: Record,
) -> dict[str, str] | None:
    """The value of each option for a variant, in the order of `names`. None when something is wrong."""
    chosen: dict[str, str] = {}
    for at, value in enumerate(row.get("optionValues") or []):
        where = [*path, "optionValues", str(at)]
        name = value.get("optionName")
        if value.get("optionId") is not None and product is not None:
            name = next((o["name"] for o in product["options"] if o["id"] == value["optionId"]), None)
        if name not in names:
            errors.append(user_error("Option does not exist", where, codes["option"]))
            return None
        text = value.get("name")
        if value.get("id") is not None and product is not None:
            rows = [r for o in product["options"] if o["name"] == name for r in o["rows"]]
            text = next((r["name"] for r in rows if r["id"] == value["id"]), None)
        if not text:
            errors.append(user_error("Option value does not exist", where, codes["value"]))
            return None
        chosen[name] = text
    if missing := [name for name in names if name not in chosen]:
        message = f"You need to add option values for {', '.join(missing)}"
        errors.append(user_error(message, path, codes["missing"]))
        return None
    return {name: chosen[name] for name in names}


def check_metafields(shop: Shop, record: Record | None, rows: list[Record], path: list[str]) -> list[Record]:
    """What is wrong with metafields that are to be written: a missing key, a unique value taken already."""
    errors: list[Record] = []
    for at, row in enumerate(rows):
        where = [*path, str(at)]
        if row.get("id") is not None:
            raise not_simulated("A metafield addressed by its id in MetafieldInput")
        if not row.get("key"):
            errors.append(user_error("Key can't be blank", [*where, "key"], "INVALID_METAFIELD"))
            continue
        namespace, key = row.get("namespace") or metafields.NAMESPACE, row["key"]
        found = metafields.definition(shop, "PRODUCT", namespace, key)
        unique = found is not None and found["kind"] == "id"
        if unique and metafields.taken(shop, record, namespace, key, str(row.get("value"))):
            message = "Value has already been taken"
            errors.append(user_error(message, [*where, "value"], "CAPABILITY_VIOLATION"))
    return errors


def write_metafields(shop: Shop, record: Record, rows: list[Record], *, whole: bool) -> None:
    """Write metafields; with `whole`, those that are not among them are deleted."""
    for row in rows:
        metafields.put(shop, record, row)
    if whole:
        kept = {(row.get("namespace") or metafields.NAMESPACE, row["key"]) for row in rows}
        for namespace, key in [each for each in record["metafields"] if each not in kept]:
            metafields.drop(shop, record, namespace, key)


def write_item(shop: Shop, item: Record, row: Record) -> None:
    """Write what an InventoryItemInput gives."""
    for name in ("sku", "countryCodeOfOrigin", "harmonizedSystemCode"):
        if name in row:
            item[name] = row[name]
    for name in ("tracked", "requiresShipping"):
        if row.get(name) is not None:
            item[name] = row[name]
    if "cost" in row:
        item["cost"] = None if row["cost"] is None else cents(Decimal(str(row["cost"])))
    if row.get("measurement") is not None and "weight" in row["measurement"]:
        item["weight"] = row["measurement"]["weight"]
    item["updatedAt"] = shop.now()


def write_product(product: Record, row: Record) -> None:
    """Write the plain fields of a product that are given; the handle is not among them."""
    for name in PRODUCT_FIELDS:
        if row.get(name) is not None:
            product[name] = row[name]
    if row.get("tags") is not None:
        product["tags"] = tags(row["tags"])
    if row.get("seo") is not None:
        product["seo"].update({name: value for name, value in row["seo"].items() if value is not None})


def tags(given: list[str]) -> list[str]:
    """Tags as the shop keeps them: sorted, each once without regard to case, no blanks around."""
    found: dict[str, str] = {}
    for tag in (part.strip() for text in given for part in text.split(",")):
        if tag:
            found.setdefault(tag.casefold(), tag)
    return sorted(found.values(), key=str.casefold)


def too_many(count: int, limit: int) -> None:
    """Refuse a list that is longer than the API takes."""
    if count > limit:
        raise refused(
            f"The input array size of {count} is greater than the maximum allowed of {limit}.",
            "MAX_INPUT_SIZE_EXCEEDED",
        )
