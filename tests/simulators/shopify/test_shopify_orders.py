"""Orders of the simulated Shopify shop: money, discounts, taxes, edits, refunds, fulfilment."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

MONEY = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"


def amount(bag: dict[str, Any]) -> str:
    text: str = bag["shopMoney"]["amount"]
    return text


def read(caller: Any, operations: dict[str, str], order: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = caller.root(operations["order_one"], id=order["id"])
    return found


def bolts(caller: Any, price: str = "100.00") -> None:
    caller.shop.add_product("Bolt", [{"sku": "BOLT", "price": price, "quantity": 50}])
    caller.shop.add_product("Nut", [{"sku": "NUT", "price": "33.33", "quantity": 50}])


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


SHAPES = (
    "guest",
    "customer",
    "two_lines",
    "line_discount",
    "order_discount",
    "shipping",
    "tax_excluded",
    "presentment",
    "test",
    "no_customer_data",
    "pending",
    "unknown_sku",
)


@pytest.mark.parametrize("shape", SHAPES)
def test_lines_less_discounts_with_shipping_and_tax_are_what_was_paid(
    caller: Any, operations: dict[str, str], shape: str
) -> None:
    bolts(caller, "12.34")
    found = read(caller, operations, caller.shop.place_order(shape))
    total = Decimal(0)
    for line in found["lineItems"]["nodes"]:
        total += Decimal(amount(line["originalUnitPriceSet"])) * line["quantity"]
        total -= sum(Decimal(amount(row["allocatedAmountSet"])) for row in line["discountAllocations"])
    assert total == Decimal(amount(found["subtotalPriceSet"]))
    total += Decimal(amount(found["totalShippingPriceSet"]))
    if not found["taxesIncluded"]:
        total += Decimal(amount(found["totalTaxSet"]))
    assert total == Decimal(amount(found["totalPriceSet"]))
    taxes = [
        row
        for line in found["lineItems"]["nodes"] + found["shippingLines"]["nodes"]
        for row in line["taxLines"]
    ]
    assert sum(Decimal(amount(row["priceSet"])) for row in taxes) == Decimal(amount(found["totalTaxSet"]))


def test_a_discount_on_the_order_is_spread_over_its_lines_and_not_in_their_totals(
    caller: Any, operations: dict[str, str]
) -> None:
    bolts(caller)
    lines = [{"sku": "BOLT", "quantity": 1}, {"sku": "NUT", "quantity": 1}]
    order = caller.shop.place_order(lines=lines, order_discount="10", discount_code="TEN")
    found = read(caller, operations, order)
    shares = [
        amount(line["discountAllocations"][0]["allocatedAmountSet"]) for line in found["lineItems"]["nodes"]
    ]
    assert shares == ["7.5", "2.5"]
    assert [amount(line["discountedTotalSet"]) for line in found["lineItems"]["nodes"]] == ["100.0", "33.33"]
    assert found["discountCodes"] == ["TEN"]
    (application,) = found["discountApplications"]["nodes"]
    assert (application["allocationMethod"], application["value"]) == ("ACROSS", {"amount": "10.0"})
    assert amount(found["totalPriceSet"]) == "123.33"


def test_a_discount_on_a_line_is_in_its_total(caller: Any, operations: dict[str, str]) -> None:
    bolts(caller)
    order = caller.shop.place_order(lines=[{"sku": "BOLT", "quantity": 2, "discount": "25%"}])
    (line,) = read(caller, operations, order)["lineItems"]["nodes"]
    assert amount(line["discountedTotalSet"]) == "150.0"
    assert amount(line["originalUnitPriceSet"]) == "100.0"
    assert amount(line["taxLines"][0]["priceSet"]) == "19.57"


def test_a_buyer_abroad_pays_in_his_money_and_the_shop_sees_both(
    caller: Any, operations: dict[str, str]
) -> None:
    bolts(caller)
    order = caller.shop.place_order(lines=[{"sku": "BOLT"}], presentment="USD", rate="0.0541")
    found = read(caller, operations, order)
    assert (found["currencyCode"], found["presentmentCurrencyCode"]) == ("ZAR", "USD")
    assert found["totalPriceSet"] == {
        "shopMoney": {"amount": "100.0", "currencyCode": "ZAR"},
        "presentmentMoney": {"amount": "5.41", "currencyCode": "USD"},
    }


def test_orders_are_polled_by_the_time_of_their_last_change_after_a_lag(
    opened: Any, operations: dict[str, str]
) -> None:
    caller = opened(search_lag_s=20)
    bolts(caller)
    first = caller.shop.place_order(lines=[{"sku": "BOLT"}])
    caller.shop.advance(60)
    second = caller.shop.place_order(lines=[{"sku": "BOLT"}])

    def polled(since: str) -> list[str]:
        rows = caller.root(operations["order_poll"], q=f"updated_at:>='{since}'")["nodes"]
        return [row["id"] for row in rows]

    assert polled("2026-11-24T08:00:00Z") == [first["id"]]
    caller.shop.advance(20)
    assert polled("2026-11-24T08:00:00Z") == [first["id"], second["id"]]
    assert polled("2026-11-24T08:01:00Z") == [second["id"]]
    assert polled("2026-11-24T10:01:00+02:00") == [second["id"]]
    caller.shop.mark_paid(caller.shop.place_order("pending", lines=[{"sku": "BOLT"}])["name"])
    caller.shop.cancel_order(first["name"])
    caller.shop.advance(20)
    assert polled("2026-11-24T08:01:20Z")[0] == first["id"]


def test_refunds_cancellations_and_late_payments_show_in_the_status(
    caller: Any, operations: dict[str, str]
) -> None:
    bolts(caller)
    lines = [{"sku": "BOLT", "quantity": 2}]
    refunded, cancelled, late = (caller.shop.place_order(lines=lines) for _ in range(3))
    pending = caller.shop.place_order("pending", lines=lines)
    assert read(caller, operations, pending)["displayFinancialStatus"] == "PENDING"
    caller.shop.mark_paid(pending["name"])
    assert read(caller, operations, pending)["displayFinancialStatus"] == "PAID"
    caller.shop.refund_order(refunded["name"], [{"sku": "BOLT", "quantity": 1}], note="Damaged")
    found = read(caller, operations, refunded)
    assert found["displayFinancialStatus"] == "PARTIALLY_REFUNDED"
    assert amount(found["totalRefundedSet"]) == "100.0"
    assert found["lineItems"]["nodes"][0]["currentQuantity"] == 1
    caller.shop.cancel_order(cancelled["name"], reason="INVENTORY")
    found = read(caller, operations, cancelled)
    assert (found["displayFinancialStatus"], found["cancelReason"]) == ("REFUNDED", "INVENTORY")
    assert caller.available("BOLT") == 50 - 8 + 1 + 2
    caller.shop.edit_order(late["name"], add=[{"sku": "NUT", "quantity": 1}])
    assert read(caller, operations, late)["displayFinancialStatus"] == "PARTIALLY_PAID"


def test_a_refund_by_an_app_needs_a_key_and_is_made_once(caller: Any) -> None:
    bolts(caller)
    order = caller.shop.place_order(lines=[{"sku": "BOLT", "quantity": 2}])
    query = """mutation($i: RefundInput!) { refundCreate(input: $i) @idempotent(key: "r1") {
      refund { totalRefundedSet { shopMoney { amount } } } userErrors { field message } } }"""
    row = {"lineItemId": order["lines"][0]["id"], "quantity": 1, "restockType": "CANCEL"}
    given = {"orderId": order["id"], "refundLineItems": [row]}
    for _ in range(2):
        assert amount(caller.root(query, i=given)["refund"]["totalRefundedSet"]) == "100.0"
    assert len(order["refunds"]) == 1
    assert "errors" in caller.ask(query.replace('@idempotent(key: "r1")', ""), i=given)


def test_an_order_ships_in_parts_and_no_more_than_is_left(caller: Any, operations: dict[str, str]) -> None:
    bolts(caller)
    order = caller.shop.place_order(lines=[{"sku": "BOLT", "quantity": 3}])

    def left() -> dict[str, Any]:
        (held,) = caller.root(operations["fo"], id=order["id"])["fulfillmentOrders"]["nodes"]
        found: dict[str, Any] = held
        return found

    def ship(quantity: int) -> list[dict[str, Any]]:
        held = left()
        rows = [{"id": held["lineItems"]["nodes"][0]["id"], "quantity": quantity}]
        part = {"fulfillmentOrderId": held["id"], "fulfillmentOrderLineItems": rows}
        given = {"lineItemsByFulfillmentOrder": [part], "trackingInfo": {"company": "Aramex", "number": "A1"}}
        errors: list[dict[str, Any]] = caller.root(operations["fcreate"], f=given)["userErrors"]
        return errors

    assert ship(2) == []
    assert (left()["status"], left()["lineItems"]["nodes"][0]["remainingQuantity"]) == ("IN_PROGRESS", 1)
    assert read(caller, operations, order)["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED"
    assert ship(2)[0]["message"] == "Invalid fulfillment order line item quantity requested."
    assert ship(1) == []
    assert left()["status"] == "CLOSED"
    assert ship(1) != []
    assert read(caller, operations, order)["displayFulfillmentStatus"] == "FULFILLED"
    query = "query($id: ID!) { order(id: $id) { fulfillments { id trackingInfo { company number url } } } }"
    shipped = caller.root(query, id=order["id"])["fulfillments"]
    assert shipped[0]["trackingInfo"][0]["url"].endswith("A1")
    caller.root(
        operations["track"], id=shipped[0]["id"], t={"number": "B2", "url": "https://track.example/B2"}
    )
    again = caller.root(query, id=order["id"])["fulfillments"]
    assert again[0]["trackingInfo"] == [{"company": None, "number": "B2", "url": "https://track.example/B2"}]
    cancel = (
        "mutation($id: ID!) { fulfillmentCancel(id: $id) { fulfillment { status } userErrors { message } } }"
    )
    assert caller.root(cancel, id=shipped[0]["id"])["fulfillment"] == {"status": "CANCELLED"}
    assert read(caller, operations, order)["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED"


def test_a_line_of_a_deleted_product_keeps_its_sku_and_loses_its_variant(
    caller: Any, operations: dict[str, str]
) -> None:
    bolts(caller)
    order = caller.shop.place_order(lines=[{"sku": "BOLT"}])
    caller.shop.delete_product("BOLT")
    (line,) = read(caller, operations, order)["lineItems"]["nodes"]
    assert (line["sku"], line["variant"], line["product"]) == ("BOLT", None, None)
    caller.shop.cancel_order(order["name"])


def test_staff_are_told_what_they_cannot_do(caller: Any) -> None:
    bolts(caller)
    order = caller.shop.place_order(lines=[{"sku": "BOLT"}])
    for act in (
        lambda: caller.shop.place_order("strange"),
        lambda: caller.shop.place_order(colour="red"),
        lambda: caller.shop.mark_paid(order["name"]),
        lambda: caller.shop.edit_order(order["name"], remove=[{"sku": "NUT"}]),
        lambda: caller.shop.refund_order("#9999"),
        lambda: caller.shop.delete_product("NOT-THERE"),
    ):
        with pytest.raises(ValueError):
            act()


@pytest.mark.parametrize(("in_shop_zone", "found"), [(False, 1), (True, 0)])
def test_a_time_without_offset_is_utc_unless_the_shops_zone_is_assumed(
    opened: Any, operations: dict[str, str], in_shop_zone: bool, found: int
) -> None:
    caller = opened(search_times_in_shop_zone=in_shop_zone)
    bolts(caller)
    caller.shop.place_order(lines=[{"sku": "BOLT"}])
    assert (
        len(caller.root(operations["order_poll"], q="updated_at:<='2026-11-24T09:00:00'")["nodes"]) == found
    )
