"""productSet: a whole product in one call, made or overwritten.

Its lists are the whole truth: variants, files, metafields and collections that are left out of a list that is
given are deleted. Fields that are not given stay as they are.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from stockwire.simulators.shopify import catalogue, collections, given, media, metafields, places
from stockwire.simulators.shopify.fields import field, inputs, plain, user_error

if TYPE_CHECKING:
    from stockwire.simulators.shopify.fields import Call
    from stockwire.simulators.shopify.shop import Record, Shop

MOST_STOCK_ROWS = 50_000
CODES = {
    "option": "OPTION_DOES_NOT_EXIST",
    "value": "OPTION_VALUE_DOES_NOT_EXIST",
    "missing": "OPTION_VALUES_MISSING",
}

inputs(
    "ProductSetInput",
    "id title handle descriptionHtml vendor productType status tags templateSuffix category seo "
    "productOptions variants files metafields collections redirectNewHandle",
)
inputs(
    "ProductVariantSetInput",
    "id sku barcode price compareAtPrice inventoryPolicy taxable position optionValues inventoryItem "
    "inventoryQuantities metafields file",
)
inputs("ProductSetInventoryInput", "locationId name quantity")
inputs("ProductSetIdentifiers", "id handle customId")
plain("ProductSetOperation", "id status product userErrors")


@field("Mutation.productSet", takes="input identifier synchronous")
def product_set(_: Any, call: Call, sent: Record) -> Record:
    """Make or overwrite a product; `synchronous: false` does it a little later."""
    shop, wanted = call.shop, sent["input"]
    _check_sizes(wanted)
    errors: list[Record] = []
    target = _target(shop, sent.get("identifier") or {}, wanted, errors)
    plan = _Plan(shop, target, wanted, sent.get("identifier") or {}, errors)
    if sent.get("synchronous", True) or call.bulk:
        if errors:
            return {"userErrors": errors}
        return {"product": plan.carry_out()}
    operation = shop.new("ProductSetOperation", status="CREATED", product=None, userErrors=[])

    def work() -> None:
        late: list[Record] = []
        held = _target(shop, sent.get("identifier") or {}, wanted, late)
        later = _Plan(shop, held, wanted, sent.get("identifier") or {}, late)
        try:
            operation["product"] = None if late else later.carry_out()
        except GraphQLError as error:
            late.append(user_error(error.message, None, "JOB_ERROR"))
        operation["userErrors"] = late
        operation["status"] = "COMPLETE"

    shop.agenda.at(shop.clock.now() + timedelta(seconds=shop.options.async_product_s), work)
    return {"productSetOperation": operation}


@field("QueryRoot.productOperation", takes="id")
def product_operation(_: Any, call: Call, sent: Record) -> Record | None:
    return call.shop.find("ProductSetOperation", sent["id"])


def _check_sizes(wanted: Record) -> None:
    variants = wanted.get("variants") or []
    given.too_many(len(variants), catalogue.MOST_VARIANTS)
    for row in variants:
        given.too_many(len(row.get("inventoryQuantities") or []), 250)
    for name in ("files", "metafields", "collections", "tags"):
        given.too_many(len(wanted.get(name) or []), 250)


def _target(shop: Shop, identifier: Record, wanted: Record, errors: list[Record]) -> Record | None:
    """The product that is meant; None when one is to be made."""
    number = identifier.get("id") or wanted.get("id")
    if identifier and wanted.get("id") is not None:
        errors.append(
            user_error(
                "The id field is not allowed if identifier is provided.", ["input", "id"], "ID_NOT_ALLOWED"
            )
        )
        return None
    if number is not None:
        found = shop.find("Product", number)
        if found is None:
            errors.append(user_error("Product does not exist", ["input"], "PRODUCT_DOES_NOT_EXIST"))
        return found
    if identifier.get("handle") is not None:
        return catalogue.by_handle(shop, identifier["handle"])
    if identifier.get("customId") is not None:
        return _by_custom_id(shop, identifier["customId"], wanted, errors)
    return None


def _by_custom_id(shop: Shop, custom: Record, wanted: Record, errors: list[Record]) -> Record | None:
    namespace, key = custom.get("namespace") or metafields.NAMESPACE, custom["key"]
    found = metafields.definition(shop, "PRODUCT", namespace, key)
    if shop.options.custom_id_needs_definition and (found is None or found["kind"] != "id"):
        message = f"No metafield definition of type id exists for {namespace}.{key}."
        errors.append(user_error(message, ["identifier", "customId"], "NOT_FOUND"))
        return None
    rows = wanted.get("metafields")
    if rows is not None and not any(
        (row.get("namespace") or metafields.NAMESPACE, row.get("key"), row.get("value"))
        == (namespace, key, custom["value"])
        for row in rows
    ):
        message = "The input argument `metafields` (if present) must contain the `customId` value."
        errors.append(user_error(message, ["input", "metafields"], "METAFIELD_MISMATCH"))
    return metafields.by_custom_id(shop, namespace, key, custom["value"])


class _Plan:
    """What is to be done to a product, checked as a whole before anything is written."""

    def __init__(
        self, shop: Shop, target: Record | None, wanted: Record, identifier: Record, errors: list[Record]
    ) -> None:
        self.shop = shop
        self.target = target
        self.wanted = wanted
        self.identifier = identifier
        self.errors = errors
        self.rows: list[tuple[Record | None, dict[str, str], Record, Record]] = []
        self.options: list[tuple[str, list[str]]] | None = None
        self.collections: list[Record] | None = None
        if not errors:
            self._check()

    def carry_out(self) -> Record:
        """Write it. Returns the product."""
        shop, wanted, made = self.shop, self.wanted, self.target is None
        new = sum(1 for held, _, _, _ in self.rows if held is None)
        catalogue.may_make(shop, new or (1 if made else 0))
        product = self.target
        if product is None:
            handle = wanted.get("handle") or self.identifier.get("handle")
            product = catalogue.new_product(shop, wanted["title"], handle=handle)
        elif wanted.get("handle"):
            catalogue.rename_handle(shop, product, wanted["handle"])
        given.write_product(product, wanted)
        if self.options is not None:
            catalogue.set_options(shop, product, self.options)
        if wanted.get("variants") is not None:
            self._write_variants(product)
        elif made:
            catalogue.set_options(shop, product, [(catalogue.DEFAULT[0], [catalogue.DEFAULT[1]])])
            catalogue.new_variant(shop, product, {catalogue.DEFAULT[0]: catalogue.DEFAULT[1]})
        if wanted.get("metafields") is not None:
            given.write_metafields(shop, product, wanted["metafields"], whole=True)
        self._write_custom_id(product)
        if wanted.get("files") is not None:
            product["media"] = [self._file(product, row) for row in wanted["files"]]
        if self.collections is not None:
            collections.set_membership(shop, product, self.collections)
        catalogue.changed(shop, product, created=made, variants=product["variants"])
        return product

    def _check(self) -> None:
        wanted = self.wanted
        if self.target is None and not (wanted.get("title") or "").strip():
            self.errors.append(user_error("Title can't be blank", ["input", "title"], "INVALID_INPUT"))
        handle = wanted.get("handle")
        holder = catalogue.by_handle(self.shop, handle) if handle else None
        if holder is not None and holder is not self.target:
            self.errors.append(
                user_error(
                    f"Handle '{handle}' already in use. Please provide a new handle.",
                    ["input", "handle"],
                    "HANDLE_NOT_UNIQUE",
                )
            )
        if handle and self.identifier.get("handle") not in (None, handle):
            message = "The identifier value does not match the value of the corresponding field in the input."
            self.errors.append(user_error(message, ["input"], "INPUT_MISMATCH"))
        self._check_options()
        if wanted.get("variants") is not None and not self.errors:
            self._check_variants()
        rows = wanted.get("metafields") or []
        self.errors += given.check_metafields(self.shop, self.target, rows, ["input", "metafields"])
        self._check_files(wanted.get("files") or [])
        if wanted.get("collections") is not None:
            self.collections = collections.custom(
                self.shop, wanted["collections"], ["input", "collections"], self.errors
            )

    def _check_options(self) -> None:
        options, variants = self.wanted.get("productOptions"), self.wanted.get("variants")
        if options is None and variants is None:
            return
        if options is None:
            message = "Product options input is required when updating variants"
            self.errors.append(user_error(message, ["input"], "PRODUCT_OPTIONS_INPUT_MISSING"))
            return
        if not variants:
            message = "Variants input is required when updating product options"
            self.errors.append(user_error(message, ["input", "variants"], "VARIANTS_INPUT_MISSING"))
            return
        if len(options) > catalogue.MOST_OPTIONS:
            message = f"Can only specify a maximum of {catalogue.MOST_OPTIONS} options"
            self.errors.append(user_error(message, ["input", "productOptions"], "OPTIONS_OVER_LIMIT"))
            return
        found: list[tuple[int, str, list[str]]] = []
        for at, option in enumerate(options):
            name = option.get("name") or self._name_of(option.get("id"))
            where = ["input", "productOptions", str(at)]
            if not name:
                self.errors.append(user_error("Option does not exist", where, "OPTION_DOES_NOT_EXIST"))
                return
            if any(name == other for _, other, _ in found):
                message = "Option name must be unique"
                self.errors.append(user_error(message, where, "DUPLICATED_OPTION_NAME"))
                return
            values = [value["name"] for value in option.get("values") or [] if value.get("name")]
            if not values:
                message = "Each option must have at least one option value specified."
                self.errors.append(user_error(message, where, "OPTION_VALUES_MISSING"))
                return
            found.append((option.get("position") or at + 1, name, values))
        self.options = [(name, values) for _, name, values in sorted(found, key=lambda each: each[0])]

    def _name_of(self, number: str | None) -> str | None:
        held = self.target["options"] if self.target else []
        return next((option["name"] for option in held if option["id"] == number), None)

    def _check_variants(self) -> None:
        assert self.options is not None
        names = [name for name, _ in self.options]
        seen: set[tuple[str, ...]] = set()
        total = 0
        for at, row in enumerate(self.wanted["variants"]):
            path = ["input", "variants", str(at)]
            chosen = given.chosen_options(self.target, row, names, path, self.errors, codes=CODES)
            if chosen is None:
                continue
            if any(value not in dict(self.options)[name] for name, value in chosen.items()):
                message = "Option value does not exist"
                self.errors.append(
                    user_error(message, [*path, "optionValues"], "OPTION_VALUE_DOES_NOT_EXIST")
                )
                continue
            if tuple(chosen.values()) in seen:
                message = f"The variant '{' / '.join(chosen.values())}' already exists."
                self.errors.append(user_error(message, path, "INVALID_VARIANT"))
                continue
            seen.add(tuple(chosen.values()))
            held = self._held(row, chosen, path)
            amounts = given.prices(row, path, self.errors, "INVALID_VARIANT")
            total += len(row.get("inventoryQuantities") or [])
            self._check_stock(held, row, path)
            self.rows.append((held, chosen, row, amounts))
        if total > MOST_STOCK_ROWS:
            message = f"Inventory quantity input exceeds the limit of {MOST_STOCK_ROWS}."
            self.errors.append(user_error(message, ["input"], "INVENTORY_QUANTITIES_LIMIT_EXCEEDED"))

    def _held(self, row: Record, chosen: dict[str, str], path: list[str]) -> Record | None:
        """The variant a row means: by id, else (assumed) the one with the same option values."""
        variants = self.target["variants"] if self.target else []
        if row.get("id") is not None:
            found = self.shop.find("ProductVariant", row["id"])
            if found is None or found["product"] is not self.target:
                message = "Product variant does not exist"
                self.errors.append(user_error(message, [*path, "id"], "PRODUCT_VARIANT_DOES_NOT_EXIST"))
                return None
            return found
        if not self.shop.options.product_set_matches_options:
            return None
        taken = {row["id"] for row in self.wanted["variants"] if row.get("id") is not None}
        return next((v for v in variants if v["chosen"] == chosen and v["id"] not in taken), None)

    def _check_stock(self, held: Record | None, row: Record, path: list[str]) -> None:
        for at, stock in enumerate(row.get("inventoryQuantities") or []):
            where = [*path, "inventoryQuantities", str(at)]
            location = self.shop.find("Location", stock["locationId"])
            if location is None:
                self.errors.append(user_error("Location does not exist", where, "INVALID_VARIANT"))
            elif stock["name"] not in ("available", "on_hand"):
                message = "The quantity name must be either 'available' or 'on_hand'."
                self.errors.append(user_error(message, where, "INVALID_VARIANT"))
            elif held is not None and places.level_at(held["item"], location) is None:
                message = "Quantities can only be set at locations where the variant is stocked already."
                self.errors.append(user_error(message, where, "INVALID_VARIANT"))

    def _check_files(self, rows: list[Record]) -> None:
        for at, row in enumerate(rows):
            where = ["input", "files", str(at)]
            if row.get("id") is not None and self.shop.find("MediaImage", row["id"]) is None:
                self.errors.append(user_error("File does not exist", where, "INVALID_INPUT"))
            elif row.get("id") is None and not row.get("originalSource"):
                self.errors.append(user_error("File needs an originalSource", where, "INVALID_INPUT"))

    def _write_variants(self, product: Record) -> None:
        kept = {held["number"] for held, _, _, _ in self.rows if held is not None}
        for variant in [each for each in product["variants"] if each["number"] not in kept]:
            catalogue.remove_variant(self.shop, variant)
        for position, (held, chosen, row, amounts) in enumerate(self.rows, 1):
            variant = held or catalogue.new_variant(self.shop, product, chosen)
            variant["chosen"] = chosen
            variant["position"] = row.get("position") or position
            variant.update(amounts)
            for name in ("barcode", "inventoryPolicy", "taxable"):
                if row.get(name) is not None or (name == "barcode" and name in row):
                    variant[name] = row[name]
            given.write_item(self.shop, variant["item"], row.get("inventoryItem") or {})
            if "sku" in row:
                variant["item"]["sku"] = row["sku"]
            self._write_stock(variant, row)
            if row.get("metafields") is not None:
                given.write_metafields(self.shop, variant, row["metafields"], whole=True)
            if row.get("file") is not None:
                variant["media"] = self._file(product, row["file"])
        product["variants"].sort(key=lambda variant: variant["position"])

    def _write_stock(self, variant: Record, row: Record) -> None:
        levels = []
        for stock in row.get("inventoryQuantities") or []:
            location = self.shop.find("Location", stock["locationId"])
            assert location is not None
            level = places.stocked(self.shop, variant["item"], location)
            places.put(self.shop, level, stock["name"], stock["quantity"])
            levels.append(level)
        if levels:
            places.told(self.shop, levels)

    def _write_custom_id(self, product: Record) -> None:
        custom = self.identifier.get("customId")
        if custom is not None and self.wanted.get("metafields") is None:
            metafields.put(self.shop, product, {**custom, "type": "id"})

    def _file(self, product: Record, row: Record) -> Record:
        """The picture a row means: an existing one by id, else a new one from its address."""
        held = self.shop.find("MediaImage", row.get("id"))
        if held is None:
            return media.from_url(self.shop, row["originalSource"], row.get("alt"), row.get("filename"))
        if row.get("alt") is not None:
            held["alt"] = row["alt"]
        return held
