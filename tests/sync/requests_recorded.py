"""What reached a simulated shop, read out of the bodies of the requests in the words of a plan."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.sync import shops

Sent = dict[tuple[str, str], Any]
"""By SKU (a product with variants by its code) and field: the value in the plan's words, or "..." where the shop is
told by an id of its own."""


@dataclass
class Recorded:
    """The bodies of everything that wrote to the shop, in order."""

    bodies: list[tuple[str, str, Any]] = field(default_factory=list)


def listen(story: shops.Story) -> Recorded:
    recorded, faulty = Recorded(), story.stand._faulty
    inner = faulty.app

    def app(environ: Any, start_response: Any) -> Any:
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(raw)
        if environ["REQUEST_METHOD"] != "GET":
            body = json.loads(raw) if raw.startswith(b"{") else {}
            recorded.bodies.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], body))
        return inner(environ, start_response)

    faulty.app = app
    return recorded


def woocommerce_sent(recorded: Recorded, names: dict[str, str]) -> tuple[Sent, set[str]]:
    """What was sent by SKU and field, and the SKUs that were taken away. `names` are SKUs by the shop's ids."""
    words = {
        "name": "title",
        "description": "body_html",
        "global_unique_id": "barcode",
        "regular_price": "price",
        "manage_stock": "inventory_management",
        "stock_quantity": "quantity",
        "status": "status",
        "sku": "sku",
    }
    by_id = {"brands": "vendor", "tags": "tags", "categories": "collection", "images": "images"}
    found: Sent = {}
    gone = set()
    for method, path, body in recorded.bodies:
        if method == "DELETE":
            gone.add(names[path.rsplit("/", 1)[1]])
        if not path.endswith(("/products/batch", "/variations/batch")):
            continue
        gone |= {names[str(one)] for one in body.get("delete", ())}
        for row in [*body.get("create", ()), *body.get("update", ())]:
            sku = row.get("sku") or names[str(row["id"])]
            for key, value in row.items():
                if key in words:
                    found[sku, words[key]] = value
                elif key in by_id:
                    found[sku, by_id[key]] = ...
                elif key == "sale_price" and value:
                    # With a sale price the shop's regular one is what is struck through.
                    found[sku, "price"], found[sku, "compare_at"] = value, row["regular_price"]
                elif key == "meta_data":
                    pass  # Which pictures are ours, for the connector itself.
                elif key == "weight":
                    found[sku, "grams"] = int(Decimal(value) * 1000)
                elif key == "attributes" and "variation" in value[0] and "id" in row:
                    pass  # The list of all values on the product itself follows from its variants.
                elif key == "attributes" and "variation" in value[0]:
                    found[sku, "option_names"] = [one["name"] for one in value]
                elif key == "attributes":
                    found[sku, "option_values"] = [one["option"] for one in value]
                else:
                    assert key in {"id", "type"}, key
            # Stock management goes along with every quantity; the shop would not take it otherwise.
            if "id" in row and "stock_quantity" in row:
                del found[sku, "inventory_management"]
    return found, gone


def shopify_sent(recorded: Recorded, names: dict[str, str]) -> tuple[Sent, set[str]]:
    words = {
        "title": "title",
        "descriptionHtml": "body_html",
        "vendor": "vendor",
        "productType": "product_type",
        "status": "status",
        "price": "price",
        "compareAtPrice": "compare_at",
        "barcode": "barcode",
        "sku": "sku",
    }
    found: Sent = {}
    gone = set()

    def fields(sku: str, row: dict[str, Any]) -> None:
        for key, value in row.items():
            if key in words:
                found[sku, words[key]] = value
            elif key == "tags":
                found[sku, "tags"] = ",".join(value)
            elif key == "inventoryItem":
                if "sku" in value:
                    found[sku, "sku"] = value["sku"]
                if "tracked" in value:
                    found[sku, "inventory_management"] = value["tracked"]
                if "measurement" in value:
                    found[sku, "grams"] = int(value["measurement"]["weight"]["value"])
            elif key == "inventoryQuantities":
                for one in value:
                    amount = one.get("quantity", one.get("availableQuantity"))
                    found[sku, f"quantity@{number(one['locationId'])}"] = amount
                    found[sku, "quantity"] = found.get((sku, "quantity"), 0) + amount
            elif key == "productOptions" and value[0]["name"] != "Title":
                found[sku, "option_names"] = [one["name"] for one in value]
            elif key == "optionValues" and value[0]["optionName"] != "Title":
                found[sku, "option_values"] = [one["name"] for one in value]
            elif key == "files":
                found[sku, "images"] = ...
            else:
                assert key in {"id", "productOptions", "optionValues", "variants"}, key

    def of(gid: str) -> str:
        return names["/".join(gid.split("/")[-2:])]

    for _, _, body in recorded.bodies:
        sent = body.get("variables") or {}
        if not body.get("query", "").startswith("mutation"):
            continue
        for name, value in sent.items():
            if name.startswith("identifier"):
                row = sent[f"input{name.removeprefix('identifier')}"]
                made = value["customId"]["value"]
                fields(made, row)
                simple = row["productOptions"][0]["name"] == "Title"
                for variant in row["variants"]:
                    fields(made if simple else variant["sku"], variant)
            elif name.startswith("variantsIds"):
                gone |= {of(gid) for gid in value}
            elif name.startswith("variants"):
                for row in value:
                    fields(of(row["id"]) if "id" in row else row["inventoryItem"]["sku"], row)
            elif name.startswith("product") and isinstance(value, dict):
                fields(of(value["id"]), value)
            elif name.startswith("input") and isinstance(value, list):
                at = of(sent[f"id{name.removeprefix('input')}"])
                found[at, "sales channels"] = ...
            elif name.startswith("input") and "quantities" in value:
                for row in value["quantities"]:
                    found[of(row["inventoryItemId"]), "quantity"] = row["quantity"]
                    found[of(row["inventoryItemId"]), f"quantity@{number(row['locationId'])}"] = row[
                        "quantity"
                    ]
            elif name.startswith("input") and set(value) == {"id"}:
                gone.add(of(value["id"]))
    return found, gone


READ: dict[str, Callable[[Recorded, dict[str, str]], tuple[Sent, set[str]]]] = {
    "woocommerce": woocommerce_sent,
    "shopify": shopify_sent,
}


def number(gid: Any) -> str:
    return str(gid).rsplit("/", 1)[-1]
