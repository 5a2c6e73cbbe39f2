"""Find products of the shop by SKU or id, as many per call as an address can hold. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from stockwire.connectors.woocommerce.api import PAGE, Api
from stockwire.connectors.woocommerce.translate import sku_key
from stockwire.ports import Link

_FIELDS = "id,sku,name,type,status,parent_id"
_LONGEST_LIST = 4_000  # characters once encoded; common servers refuse addresses above 8,000


def find_by_sku(api: Api, skus: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """Products and variations of the shop by `sku_key`; a SKU the shop does not have gives an empty list.

    Drafts are found, binned products are not. A SKU that contains a comma is asked for by itself.
    """
    wanted = {sku_key(sku): sku.strip() for sku in skus if sku.strip()}
    found: dict[str, list[dict[str, Any]]] = {key: [] for key in wanted}
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


def _collect(api: Api, query: dict[str, str], keys: set[str], found: dict[str, list[dict[str, Any]]]) -> None:
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


def held_prices(api: Api, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Regular and sale price by product id, for the ids the shop still has."""
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(ids), PAGE):
        include = ",".join(str(number) for number in ids[start : start + PAGE])
        query = {"include": include, "_fields": "id,regular_price,sale_price"}
        for rows in api.pages("/products", query):
            found.update({row["id"]: row for row in rows})
    return found


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
