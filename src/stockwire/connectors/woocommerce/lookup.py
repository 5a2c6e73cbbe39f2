"""Find products of the shop by SKU or id, as many per call as an address can hold. Reads only."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from stockwire.connectors.woocommerce.api import PAGE, Api, object_of
from stockwire.connectors.woocommerce.refusals import MISSING_PRODUCT, explain
from stockwire.connectors.woocommerce.translate import sku_key
from stockwire.errors import Refused
from stockwire.ports import Link

_FIELDS = "id,sku,name,type,status,parent_id,attributes,regular_price,sale_price"
_HELD = "id,sku,name,type,status,regular_price,sale_price,attributes,categories,tags,brands,images,meta_data"
_LONGEST_LIST = 4_000  # characters once encoded; common servers refuse addresses above 8,000

Found = dict[str, list[dict[str, Any]]]
"""Products and variations of the shop by `sku_key`."""


def find_by_sku(api: Api, skus: Iterable[str]) -> Found:
    """Products and variations of the shop by `sku_key`; a SKU the shop does not have gives an empty list.

    Drafts are found, binned products are not. A SKU that contains a comma is asked for by itself.
    """
    wanted = {sku_key(sku): sku.strip() for sku in skus if sku.strip()}
    found: Found = {key: [] for key in wanted}
    for chunk in _lists(sku for sku in wanted.values() if "," not in sku):
        _collect(api, {"sku": ",".join(chunk)}, {sku_key(sku) for sku in chunk}, found)
    for key, sku in wanted.items():
        if "," in sku:
            _collect(api, {"sku": sku}, {key}, found)
            if not found[key]:
                # WooCommerce splits the list at commas and looks for the whole text as well; a shop that does
                # not is asked by its search for a part of a SKU.
                _collect(api, {"search_sku": sku}, {key}, found)
    return found


def _collect(api: Api, query: dict[str, str], keys: set[str], found: Found) -> None:
    seen: set[int] = set()
    for rows in api.pages("/products", {**query, "_fields": _FIELDS}):
        for row in rows:
            key = sku_key(str(row.get("sku") or ""))
            if key in keys and row["id"] not in seen:
                seen.add(row["id"])
                found[key].append(row)


def find_in_bin(api: Api, sku: str) -> list[dict[str, Any]]:
    rows = api.pages("/products", {"sku": sku.strip(), "status": "trash", "_fields": _FIELDS})
    return [row for page in rows for row in page if sku_key(str(row.get("sku") or "")) == sku_key(sku)]


def find_shells(api: Api, title: str) -> list[dict[str, Any]]:
    """Variable products of this name without a SKU and without variations: what an interrupted push leaves
    behind when the product's code could not be its SKU."""
    # The shop may keep & as &amp;, so it is asked for the longest word only.
    word = max(re.findall(r"\w+", title), key=len, default=title)
    query = {"search": word, "type": "variable", "_fields": f"{_FIELDS},variations"}
    return [
        row
        for rows in api.pages("/products", query)
        for row in rows
        if not row.get("sku")
        and row.get("variations") == []
        and html.unescape(str(row.get("name") or "")).strip() == title.strip()
    ]


def held_products(api: Api, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """What must be known of products before they are written to, by id, for the ids the shop still has.

    Variations are not found this way, and neither is what lies in the bin.
    """
    found: dict[int, dict[str, Any]] = {}
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), PAGE):
        include = ",".join(str(number) for number in wanted[start : start + PAGE])
        for rows in api.pages("/products", {"include": include, "_fields": _HELD}):
            found.update({row["id"]: row for row in rows})
    return found


def product_at(api: Api, number: int) -> dict[str, Any] | None:
    """A product by id, in the bin as well; None when the shop has none. A variation is shown too."""
    answer = api.get(f"/products/{number}", {"_fields": f"{_HELD},parent_id"}, accept=(404,))
    if answer.error is not None:
        if answer.error.code == MISSING_PRODUCT:
            return None
        raise explain(answer.error)
    return object_of(answer)


def holder_of(api: Api, sku: str, number: int) -> dict[str, Any]:
    """The product that the shop named as the holder of a SKU. Raises Refused when it is not the same SKU for
    us: the shop may compare more loosely than we do."""
    product = product_at(api, number) or {}
    if sku_key(str(product.get("sku") or "")) != sku_key(sku):
        raise Refused(
            f"{sku}: the shop takes this SKU for the same as {product.get('sku') or 'an empty one'} "
            f"of product {number}.",
            hint="Rename one of the two SKUs.",
        )
    return product


def held_variations(api: Api, parent_id: int, *, in_bin: bool = False) -> list[dict[str, Any]]:
    """The variations of a product, in the bin or out of it."""
    query = {"_fields": "id,sku,status,attributes,regular_price,sale_price"}
    if in_bin:
        query["status"] = "trash"
    return [row for rows in api.pages(f"/products/{parent_id}/variations", query) for row in rows]


def link_of(product: dict[str, Any]) -> Link:
    """A variation is addressed by its parent and itself, every other product by its id alone."""
    if product.get("type") == "variation":
        return Link(str(product["parent_id"]), str(product["id"]))
    return Link(str(product["id"]))


def _lists(skus: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    length = 0
    for sku in skus:
        added = len(quote(sku, safe="")) + 3
        if chunk and (len(chunk) >= PAGE or length + added > _LONGEST_LIST):
            yield chunk
            chunk, length = [], 0
        chunk.append(sku)
        length += added
    if chunk:
        yield chunk
