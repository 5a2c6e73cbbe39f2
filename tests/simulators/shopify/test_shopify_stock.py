"""Stock of the simulated Shopify shop: idempotency keys, compare-and-set, limits, and what is not simulated."""

from __future__ import annotations

from typing import Any


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


def test_what_is_taken_off_an_order_stays_in_its_totals_but_not_in_the_current_ones(caller: Any) -> None:
    caller.shop.add_product("Bolt", [{"sku": "BOLT", "price": "100.00", "quantity": 10}])
    order = caller.shop.place_order(
        lines=[{"sku": "BOLT", "quantity": 2}], taxes_included=False, tax_rate="13", paid=False
    )
    caller.shop.edit_order(order["name"], remove=[{"sku": "BOLT", "quantity": 1}])
    found = caller.data(
        """query($id: ID!) { order(id: $id) { totalPriceSet { shopMoney { amount } }
        currentTotalPriceSet { shopMoney { amount } } totalTaxSet { shopMoney { amount } }
        currentTotalTaxSet { shopMoney { amount } } lineItems(first: 5) { nodes { quantity currentQuantity } } } }""",
        id=order["id"],
    )["order"]
    amounts = [found[name]["shopMoney"]["amount"] for name in list(found)[:4]]
    assert amounts == ["226.0", "113.0", "26.0", "13.0"]
    assert found["lineItems"]["nodes"] == [{"quantity": 2, "currentQuantity": 1}]
    assert caller.available("BOLT") == 9
