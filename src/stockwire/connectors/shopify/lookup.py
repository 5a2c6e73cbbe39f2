"""Find what the shop has: by SKU, by id, and by our own product code. Reads only.

The shop's search lags behind its writes and compares loosely, so every hit is compared here, and what we made
ourselves is looked up by our own code, which no index delays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from stockwire.connectors.shopify.items import gid, number
from stockwire.connectors.shopify.line import Line
from stockwire.connectors.shopify.operations import (
    DEFINE_PRODUCT_CODE,
    MORE_VARIANTS,
    PRODUCTS,
    VARIANTS_BY_SKU,
    Write,
    by_product_code,
    together,
)
from stockwire.connectors.shopify.refusals import user_errors
from stockwire.connectors.shopify.translate import sku_key
from stockwire.errors import NotSetUp

NAMESPACE = "stockwire"
CODE_KEY = "product_code"
_SKUS_AT_ONCE = 100
_LONGEST_QUERY = 3_000  # characters; how much a search takes is not documented
_PRODUCTS_AT_ONCE = 50
_CODES_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Hit:
    """A variant of the shop. `only` says that it is its product's only one, without options; `code` is our
    own code of its product, "" where we did not make it."""

    product: str
    variant: str
    item: str
    sku: str
    only: bool = True
    title: str = ""
    code: str = ""


@dataclass(slots=True)
class Held:
    """A product of the shop with its variants. `values` are each variant's, in the order of `options`."""

    product: str
    title: str
    only_default: bool
    options: tuple[str, ...]
    media: tuple[str, ...] = ()
    variants: list[Hit] = field(default_factory=list)
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)


def find_by_sku(line: Line, skus: Iterable[str]) -> dict[str, list[Hit]]:
    """Variants by `sku_key`; a SKU the shop does not have gives an empty list."""
    wanted = {sku_key(sku): sku.strip() for sku in skus if sku.strip()}
    found: dict[str, list[Hit]] = {key: [] for key in wanted}
    seen: set[str] = set()
    for query in _queries(wanted.values()):
        after = None
        while True:
            page = line.run(VARIANTS_BY_SKU, {"q": query, "after": after}).root("productVariants")
            for node in page["nodes"]:
                key = sku_key(str(node.get("sku") or ""))
                if key in found and node["id"] not in seen:
                    seen.add(node["id"])
                    found[key].append(_hit(node))
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
    return found


def find_products(line: Line, products: Iterable[str]) -> dict[str, Held]:
    """Products by id, with all their variants; ids that lead nowhere are left out."""
    codes = list(dict.fromkeys(products))
    found: dict[str, Held] = {}
    for start in range(0, len(codes), _PRODUCTS_AT_ONCE):
        ids = [gid("Product", code) for code in codes[start : start + _PRODUCTS_AT_ONCE]]
        for node in line.run(PRODUCTS, {"ids": ids}).root("nodes") or []:
            if node and node.get("id"):
                found[number(node["id"])] = _held(line, node)
    return found


def find_by_code(line: Line, codes: Sequence[str]) -> dict[str, str]:
    """Product id by our own code, for those the shop has."""
    found: dict[str, str] = {}
    for start in range(0, len(codes), _CODES_AT_ONCE):
        chunk = codes[start : start + _CODES_AT_ONCE]
        values = {f"c{at}": code for at, code in enumerate(chunk)}
        answer = line.run(by_product_code(len(chunk)), {"namespace": NAMESPACE, "key": CODE_KEY, **values})
        for at, code in enumerate(chunk):
            node = answer.root(f"p{at}")
            if node:
                found[code] = number(node["id"])
    return found


def custom_id(code: str) -> dict[str, Any]:
    """Our own code as Shopify takes it for an identifier."""
    return {"customId": {"namespace": NAMESPACE, "key": CODE_KEY, "value": code}}


def ensure_definition(line: Line) -> None:
    """The shop must know our product code as a unique id before it can be used as one. Asked for once."""
    facts = line.api.facts
    if facts.definition:
        return
    definition = {
        "name": "Stockwire product code",
        "namespace": NAMESPACE,
        "key": CODE_KEY,
        "type": "id",
        "ownerType": "PRODUCT",
        "description": "How Stockwire knows this product again. Do not change it.",
    }
    write = Write(DEFINE_PRODUCT_CODE, {"definition": definition})
    payload = line.run(*together("DefineProductCode", [write])).root("w0")
    errors = [error for error in user_errors(payload) if error.code != "TAKEN"]
    if errors:
        raise NotSetUp(
            f"The shop did not let us define the metafield that products are known by: {errors[0].message}",
            hint="In the shop's admin, Settings > Custom data > Products, free the metafield "
            f"{NAMESPACE}.{CODE_KEY}; its type must be ID.",
        )
    facts.definition = True


def _queries(skus: Iterable[str]) -> Iterator[str]:
    chunk: list[str] = []
    length = 0
    for sku in skus:
        quoted = sku.replace("\\", "\\\\").replace("'", "\\'")
        part = f"sku:'{quoted}'"
        if chunk and (len(chunk) >= _SKUS_AT_ONCE or length + len(part) > _LONGEST_QUERY):
            yield " OR ".join(chunk)
            chunk, length = [], 0
        chunk.append(part)
        length += len(part) + 4
    if chunk:
        yield " OR ".join(chunk)


def _hit(node: dict[str, Any]) -> Hit:
    product = node["product"]
    return Hit(
        product=number(product["id"]),
        variant=number(node["id"]),
        item=number(node["inventoryItem"]["id"]),
        sku=str(node.get("sku") or ""),
        only=bool(product.get("hasOnlyDefaultVariant")),
        title=str(product.get("title") or ""),
        code=str((product.get("metafield") or {}).get("value") or ""),
    )


def _held(line: Line, node: dict[str, Any]) -> Held:
    held = Held(
        number(node["id"]),
        str(node.get("title") or ""),
        bool(node.get("hasOnlyDefaultVariant")),
        tuple(str(option["name"]) for option in node.get("options") or []),
        tuple(number(row["id"]) for row in (node.get("media") or {}).get("nodes") or []),
    )
    page = node["variants"]
    while True:
        for variant in page["nodes"]:
            hit = Hit(
                held.product,
                number(variant["id"]),
                number(variant["inventoryItem"]["id"]),
                str(variant.get("sku") or ""),
                held.only_default,
                held.title,
            )
            held.variants.append(hit)
            values = {row["name"]: row["value"] for row in variant.get("selectedOptions") or []}
            held.values[hit.variant] = tuple(values.get(name, "") for name in held.options)
        if not page["pageInfo"]["hasNextPage"]:
            return held
        given = {"id": node["id"], "after": page["pageInfo"]["endCursor"]}
        page = line.run(MORE_VARIANTS, given).root("product")["variants"]
