"""Stock of the simulated Shopify shop: idempotency keys, compare-and-set, limits, and what is not simulated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def test_stock_is_set_once_per_key_and_a_stale_row_writes_nothing(caller: Any) -> None:
    caller.shop.add_product("Bolt", [{"sku": "BOLT", "quantity": 4}])
    caller.shop.add_product("Nut", [{"sku": "NUT", "quantity": 9}])
    assert caller.set_stock("one", caller.row("BOLT", 5, 4)) == []
    caller.shop.set_stock("BOLT", 3)
    assert caller.set_stock("one", caller.row("BOLT", 5, 4)) == []
    assert caller.available("BOLT") == 3
    errors = caller.set_stock("two", caller.row("BOLT", 7, 5), caller.row("NUT", 1, 9))
    assert [(error["code"], error["field"]) for error in errors] == [
        ("CHANGE_FROM_QUANTITY_STALE", ["input", "quantities", "0", "changeFromQuantity"])
    ]
    assert (caller.available("BOLT"), caller.available("NUT")) == (3, 9)
    again = caller.set_stock("two", caller.row("BOLT", 7, 5), caller.row("NUT", 1, 9))
    assert again[0]["code"] == "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
    assert (
        caller.set_stock("one", caller.row("BOLT", 8, 3))[0]["code"] == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    )


def test_a_field_that_is_not_simulated_says_so_by_name(caller: Any) -> None:
    body = caller.ask("{ shop { name alerts { description } } }")
    assert body["errors"][0]["extensions"]["code"] == "NOT_SIMULATED"
    assert "Shop.alerts" in body["errors"][0]["message"]
    assert "data" not in body
    left_out = caller.ask("{ giftCards(first: 1) { nodes { id } } }")
    assert "QueryRoot.giftCards" in left_out["errors"][0]["message"]


def test_keys_and_comparisons_are_demanded_from_2026_04(caller: Any, operations: dict[str, str]) -> None:
    caller.shop.add_product("Bolt", [{"sku": "BOLT", "quantity": 4}])
    bare = operations["inv_set"].replace("@idempotent(key:$k)", "").replace(",$k:String!", "")
    sent = {"name": "available", "reason": "correction", "quantities": [caller.row("BOLT", 5, 4)]}
    body = caller.ask(bare, **{"in": sent})
    (error,) = body["errors"]
    assert error["message"] == "The @idempotent directive is required for this mutation but was not provided."
    assert (error["extensions"]["code"], error["path"]) == ("BAD_REQUEST", ["inventorySetQuantities"])
    assert body["data"] == {"inventorySetQuantities": None}
    assert body["extensions"]["cost"]["actualQueryCost"] == 10
    unsure = {**sent, "quantities": [{**caller.row("BOLT", 5, 4)}]}
    del unsure["quantities"][0]["changeFromQuantity"]
    body = caller.ask(operations["inv_set"], **{"in": unsure, "k": "one"})
    assert body["errors"][0]["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"
    assert body["errors"][0]["message"] == (
        "InventoryQuantityInput must include the following argument: changeFromQuantity."
    )
    assert caller.available("BOLT") == 4
    assert caller.root(bare, "2026-01", **{"in": sent})["userErrors"] == []
    assert caller.available("BOLT") == 5


def test_an_idempotency_key_must_not_be_blank_and_is_forgotten_after_a_day(caller: Any) -> None:
    caller.shop.add_product("Bolt", [{"sku": "BOLT", "quantity": 4}])
    sent = {"name": "available", "reason": "correction", "quantities": [caller.row("BOLT", 5, 4)]}
    query = OPERATION.replace("$k", '"  "')
    assert "cannot be an empty string" in caller.ask(query, **{"in": sent})["errors"][0]["message"]
    assert caller.set_stock("one", caller.row("BOLT", 5, None)) == []
    caller.shop.set_stock("BOLT", 1)
    caller.shop.advance(86_400)
    assert caller.set_stock("one", caller.row("BOLT", 5, None)) == []
    assert caller.available("BOLT") == 5


OPERATION = """mutation($in: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $in)
  @idempotent(key: $k) { userErrors { code } } }"""


def test_null_as_the_expected_quantity_opts_out_of_the_comparison(caller: Any) -> None:
    caller.shop.add_product("Bolt", [{"sku": "BOLT", "quantity": 4}])
    assert caller.set_stock("one", caller.row("BOLT", 9, None)) == []
    assert caller.available("BOLT") == 9


def test_a_call_takes_250_rows_and_no_pair_twice(
    opened: Callable[..., Any], operations: dict[str, str]
) -> None:
    caller = opened()
    caller.shop.fill(251, quantity=1)
    skus = [f"SW-{at:05d}-01" for at in range(1, 252)]
    rows = [caller.row(sku, 2, 1) for sku in skus]
    sent = {"name": "available", "reason": "correction", "quantities": rows}
    body = caller.ask(operations["inv_set"], **{"in": sent, "k": "one"})
    assert body["errors"][0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"
    assert caller.set_stock("two", *rows[:250]) == []
    assert [caller.available(sku) for sku in (skus[0], skus[249], skus[250])] == [2, 2, 1]
    twice = caller.set_stock("three", rows[250], rows[250])
    assert [error["code"] for error in twice] == ["NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"] * 2


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"name": "committed"}, "INVALID_NAME", ["input", "name"]),
        ({"reason": "because"}, "INVALID_REASON", ["input", "reason"]),
        ({"quantity": 1_000_000_001}, "INVALID_QUANTITY_TOO_HIGH", ["input", "quantities", "0", "quantity"]),
        (
            {"quantity": -1, "name": "on_hand"},
            "INVALID_QUANTITY_NEGATIVE",
            ["input", "quantities", "0", "quantity"],
        ),
        (
            {"inventoryItemId": "gid://shopify/InventoryItem/1"},
            "INVALID_INVENTORY_ITEM",
            ["input", "quantities", "0", "inventoryItemId"],
        ),
        (
            {"locationId": "gid://shopify/Location/1"},
            "INVALID_LOCATION",
            ["input", "quantities", "0", "locationId"],
        ),
    ],
)
def test_a_row_that_is_wrong_is_named_by_its_index_and_code(
    caller: Any, operations: dict[str, str], change: dict[str, Any], code: str, field: list[str]
) -> None:
    caller.shop.add_product("Bolt", [{"sku": "BOLT", "quantity": 4}])
    row = caller.row("BOLT", 5, None)
    sent: dict[str, Any] = {"name": "available", "reason": "correction", "quantities": [row]}
    for name, value in change.items():
        (row if name in row else sent)[name] = value
    answer = caller.root(operations["inv_set"], **{"in": sent, "k": "one"})
    assert answer["inventoryAdjustmentGroup"] is None
    assert [(error["code"], error["field"]) for error in answer["userErrors"]] == [(code, field)]
    assert caller.available("BOLT") == 4


def test_rows_that_are_right_may_be_written_beside_stale_ones(opened: Callable[..., Any]) -> None:
    caller = opened(set_quantities_all_or_nothing=False)
    caller.shop.fill(2, quantity=4)
    errors = caller.set_stock("one", caller.row("SW-00001-01", 9, 1), caller.row("SW-00002-01", 9, 4))
    assert [error["code"] for error in errors] == ["CHANGE_FROM_QUANTITY_STALE"]
    assert [caller.available("SW-00001-01"), caller.available("SW-00002-01")] == [4, 9]


def test_stock_can_be_set_where_an_item_is_not_stocked_but_is_not_sold_from_there(
    opened: Callable[..., Any],
) -> None:
    caller = opened()
    caller.shop.add_product("Bolt", [{"sku": "BOLT", "quantity": 4}])
    assert caller.set_stock("one", caller.row("BOLT", 7, 0, location=1)) == []
    query = """query($id: ID!) { productVariant(id: $id) { inventoryQuantity inventoryItem {
      inventoryLevels(first: 5, includeInactive: true) { nodes { isActive
      quantities(names: ["available"]) { quantity } } } } } }"""
    number = caller.shop.variant("BOLT")["id"]
    found = caller.root(query, id=number)
    assert found["inventoryQuantity"] == 4
    assert found["inventoryItem"]["inventoryLevels"]["nodes"] == [
        {"isActive": True, "quantities": [{"quantity": 4}]},
        {"isActive": False, "quantities": [{"quantity": 7}]},
    ]
    activate = """mutation($i: ID!, $l: ID!) { inventoryActivate(inventoryItemId: $i, locationId: $l)
      @idempotent(key: "a") { inventoryLevel { isActive } userErrors { message } } }"""
    row = caller.row("BOLT", 0, 0, location=1)
    answer = caller.root(activate, i=row["inventoryItemId"], l=row["locationId"])
    assert answer == {"inventoryLevel": {"isActive": True}, "userErrors": []}
    assert caller.root(query, id=number)["inventoryQuantity"] == 11
    older = opened(unstocked_is_refused=True)
    older.shop.add_product("Bolt", [{"sku": "BOLT", "quantity": 4}])
    sent = {"name": "available", "reason": "correction", "quantities": [older.row("BOLT", 7, 0, location=1)]}
    query = OPERATION.replace("$k", '"one"')
    assert older.codes(query, "2026-07", **{"in": sent}) == ["ITEM_NOT_STOCKED_AT_LOCATION"]


def test_the_total_of_a_product_lags_and_the_stock_of_a_variant_does_not(opened: Callable[..., Any]) -> None:
    caller = opened(search_lag_s=5)
    caller.shop.add_product("Bolt", [{"sku": "BOLT", "quantity": 4}])
    caller.shop.advance(5)
    caller.set_stock("one", caller.row("BOLT", 9, 4))
    query = "query($id: ID!) { productVariant(id: $id) { inventoryQuantity product { totalInventory } } }"
    number = caller.shop.variant("BOLT")["id"]
    assert caller.root(query, id=number) == {"inventoryQuantity": 9, "product": {"totalInventory": 4}}
    caller.shop.advance(5)
    assert caller.root(query, id=number)["product"] == {"totalInventory": 9}


def test_an_order_commits_stock_and_setting_on_hand_leaves_what_is_committed(caller: Any) -> None:
    caller.shop.add_product("Bolt", [{"sku": "BOLT", "quantity": 10}])
    caller.shop.place_order(lines=[{"sku": "BOLT", "quantity": 3}])
    (level,) = caller.shop.variant("BOLT")["item"]["levels"].values()
    assert (level["held"]["available"], level["held"]["committed"]) == (7, 3)
    row = caller.row("BOLT", 20, 10)
    sent = {"name": "on_hand", "reason": "cycle_count_available", "quantities": [row]}
    assert caller.codes(OPERATION.replace("$k", '"one"'), **{"in": sent}) == []
    assert (level["held"]["available"], level["held"]["committed"]) == (17, 3)
    assert caller.set_stock("two", caller.row("BOLT", 5, 10))[0]["code"] == "CHANGE_FROM_QUANTITY_STALE"
