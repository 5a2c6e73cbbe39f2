"""Each of the 19 operations executes, costs what it is known to cost, and is valid in every version it is for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

NEW_IN_2026_07 = {"coll"}
COSTS = {
    "variants_by_sku": 35,
    "variants_state": 35,
    "inv_set": 10,
    "price": 10,
    "pset": 34,
    "pub": 10,
    "bulk": 10,
    "bulkpoll": 1,
    "stage": 11,
    "orders": 380,
    "order_one": 83,
    "order_poll": 13,
    "fo": 83,
    "fcreate": 10,
    "track": 10,
    "hook": 10,
    "pubs": 12,
    "bulkexport": 10,
    "coll": 10,
}


def variables_for(caller: Any) -> dict[str, dict[str, Any]]:
    """Something real for each operation to work on."""
    shop = caller.shop
    shop.fill(3, quantity=9)
    order = shop.place_order(lines=[{"sku": "SW-00001-01", "quantity": 2}])
    shipped = shop.place_order(lines=[{"sku": "SW-00002-01", "quantity": 1}])
    fulfilment = shop.fulfil_by_hand(shipped["name"])
    collection = shop.add_collection("Hardware")
    variant = shop.variant("SW-00001-01")
    publication = next(iter(shop.shelf("Publication").values()))
    held = _open_fulfilment_order(shop, order)
    recent = "updated_at:>='2026-11-24T00:00:00Z'"
    value = {"optionName": "Title", "name": "Default Title"}
    price = {"id": variant["id"], "price": "12.50"}
    line = json.dumps({"p": variant["product"]["id"], "v": [{"id": variant["id"], "price": "13.00"}]})
    return {
        "variants_by_sku": {"q": "sku:'SW-00001-01' OR sku:'SW-00002-01'"},
        "variants_state": {},
        "inv_set": {
            "in": {
                "name": "available",
                "reason": "correction",
                "quantities": [caller.row("SW-00001-01", 5, 7)],
            },
            "k": "key",
        },
        "price": {"p": variant["product"]["id"], "v": [price]},
        "pset": {
            "i": {
                "title": "Hat",
                "productOptions": [{"name": "Title", "values": [{"name": "Default Title"}]}],
                "variants": [{"optionValues": [value], "sku": "HAT", "price": "99.00"}],
            },
            "id": {"handle": "hat"},
            "s": True,
        },
        "pub": {"id": variant["product"]["id"], "in": [{"publicationId": publication["id"]}]},
        "stage": {
            "in": [
                {
                    "resource": "BULK_MUTATION_VARIABLES",
                    "filename": "f.jsonl",
                    "mimeType": "text/jsonl",
                    "httpMethod": "POST",
                }
            ]
        },
        "bulkexport": {},
        "bulk": {"m": PRICE, "p": caller.upload(line)},
        "bulkpoll": {"id": "gid://shopify/BulkOperation/8000000001"},
        "orders": {"q": recent},
        "order_one": {"id": order["id"]},
        "order_poll": {"q": recent},
        "fo": {"id": order["id"]},
        "fcreate": {
            "f": {
                "lineItemsByFulfillmentOrder": [
                    {
                        "fulfillmentOrderId": held["id"],
                        "fulfillmentOrderLineItems": [{"id": held["rows"][0]["id"], "quantity": 1}],
                    }
                ],
                "trackingInfo": {"number": "T1", "company": "Aramex"},
                "notifyCustomer": True,
            }
        },
        "track": {"id": fulfilment["id"], "t": {"number": "T2"}},
        "hook": {"t": "ORDERS_CREATE", "w": {"uri": "https://hub.example/hooks"}},
        "pubs": {},
        "coll": {
            "i": {
                "id": collection["id"],
                "sourcesToUpdate": [
                    {
                        "condition": {
                            "id": collection["source"]["id"],
                            "inclusion": {"selectionsToAdd": [{"productId": variant["product"]["id"]}]},
                        }
                    }
                ],
            }
        },
    }


PRICE = (
    "mutation($p: ID!, $v: [ProductVariantsBulkInput!]!) { productVariantsBulkUpdate(productId: $p, "
    "variants: $v) { userErrors { field message code } } }"
)


def _open_fulfilment_order(shop: Any, order: dict[str, Any]) -> dict[str, Any]:
    return next(held for held in shop.shelf("FulfillmentOrder").values() if held["order"] is order)


def test_all_19_operations_execute_and_cost_what_they_should(caller: Any, operations: dict[str, str]) -> None:
    variables = variables_for(caller)
    assert set(variables) == set(operations) == set(COSTS)
    costs = {}
    for name, given in variables.items():
        body = caller.ask(operations[name], **given)
        assert "errors" not in body, (name, body)
        for root in body["data"].values():
            assert root is not None, name
            assert root.get("userErrors", []) == [], (name, root)
        costs[name] = body["extensions"]["cost"]["requestedQueryCost"]
        caller.shop.advance(60)
    assert costs == COSTS


@pytest.mark.parametrize("version", ["2026-01", "2026-04", "2026-07", "2026-10"])
def test_every_operation_is_valid_in_the_versions_that_have_it(
    caller: Any, operations: dict[str, str], version: str
) -> None:
    executor = caller.shop.executor
    for name, text in operations.items():
        found = executor.check(version, text)
        errors = [error.message for error in found] if isinstance(found, list) else []
        if name in NEW_IN_2026_07 and version < "2026-07":
            assert any("CollectionUpdateInput" in message for message in errors)
        else:
            assert errors == [], name


def test_the_points_of_a_page_follow_the_fitted_model(caller: Any) -> None:
    caller.shop.fill(3)
    query = "query($n: Int!) { products(first: $n) { nodes { id } } }"
    requested = {size: caller.cost(query, n=size)[0] for size in (1, 5, 10, 20, 50, 100, 250)}
    assert requested == {1: 3, 5: 5, 10: 6, 20: 7, 50: 9, 100: 11, 250: 13}


def test_long_inputs_cost_more_as_recorded(opened: Callable[..., Any], operations: dict[str, str]) -> None:
    caller = opened()
    for count, points in ((1, 10), (1499, 310)):
        rows = [{"id": f"gid://shopify/ProductVariant/{at}", "price": "1.00"} for at in range(count)]
        assert caller.cost(operations["price"], p="gid://shopify/Product/1", v=rows)[0] == points


def test_what_a_call_cost_less_than_asked_is_given_back(caller: Any) -> None:
    caller.shop.fill(1)
    query = """query($id: ID!) { inventoryItem(id: $id) { inventoryLevels(first: 5) { nodes { location { id }
      quantities(names: ["available"]) { quantity } } } } }"""
    body = caller.ask(query, id=caller.shop.variant("SW-00001-01")["item"]["id"])
    cost = body["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (12, 6)
    assert cost["throttleStatus"]["currentlyAvailable"] == 1994
