"""How orders, their lines and their money are read through the API.

Amounts are kept in the shop's currency; the buyer's (presentment) follows from the order's rate.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stockwire.simulators.shopify import order_totals as totals
from stockwire.simulators.shopify.fields import PAGING, field, plain, refused
from stockwire.simulators.shopify.gids import cents
from stockwire.simulators.shopify.pages import Connection, by_number, page
from stockwire.simulators.shopify.product_fields import counted, found, sorted_page

if TYPE_CHECKING:
    from stockwire.simulators.shopify.fields import Call
    from stockwire.simulators.shopify.shop import Record

READABLE_DAYS = 60
FILTERS = {
    "id": "id",
    "name": "word",
    "email": "word",
    "created_at": "time",
    "updated_at": "time",
    "processed_at": "time",
    "status": "word",
    "financial_status": "word",
    "fulfillment_status": "word",
    "tag": "word",
    "sku": "word",
    "test": "flag",
}
SORT_KEYS = {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt", "PROCESSED_AT": "processedAt"}

plain(
    "Order", "id name createdAt processedAt updatedAt cancelledAt cancelReason closedAt test sourceName note"
)
plain("Order", "tags poNumber taxesIncluded edited")
plain("LineItem", "id title name variantTitle sku vendor quantity currentQuantity taxable requiresShipping")
plain("TaxLine", "title rate")
plain("ShippingLine", "id title code source")
plain("OrderTransaction", "id kind status gateway createdAt processedAt test order")
plain("Refund", "id createdAt processedAt updatedAt note order")
plain("RefundLineItem", "lineItem quantity restockType restocked")
plain("PricingPercentageValue", "percentage")
plain("Customer", "id firstName lastName note tags createdAt updatedAt")
plain("CustomerEmailAddress", "emailAddress")
plain("CustomerPhoneNumber", "phoneNumber")
plain("MailingAddress", "firstName lastName company address1 address2 city province provinceCode zip country")
plain("MailingAddress", "countryCodeV2 phone")
plain("Attribute", "key value")


def bag(order: Record, amount: Decimal) -> Record:
    """A MoneyBag: the amount in the shop's currency and in the buyer's."""
    shown = amount if order["presentment"] == order["currency"] else cents(amount * order["rate"])
    return {
        "shopMoney": {"amount": amount, "currencyCode": order["currency"]},
        "presentmentMoney": {"amount": shown, "currencyCode": order["presentment"]},
    }


def _money(name: str, amount: Callable[[Record], Decimal]) -> None:
    kind = name.partition(".")[0]

    def resolver(record: Record, call: Call, given: Record) -> Record:
        return bag(record if kind == "Order" else record["order"], amount(record))

    field(name)(resolver)


_money("Order.totalPriceSet", totals.total)
_money("Order.currentTotalPriceSet", lambda order: totals.total(order, current=True))
_money("Order.originalTotalPriceSet", lambda order: order["originalTotal"])
_money("Order.subtotalPriceSet", totals.subtotal)
_money("Order.currentSubtotalPriceSet", lambda order: totals.subtotal(order, current=True))
_money("Order.totalTaxSet", totals.total_tax)
_money("Order.currentTotalTaxSet", lambda order: totals.total_tax(order, current=True))
_money("Order.totalDiscountsSet", totals.discounts)
_money("Order.currentTotalDiscountsSet", lambda order: totals.discounts(order, current=True))
_money("Order.totalShippingPriceSet", totals.shipping)
_money("Order.currentShippingPriceSet", lambda order: totals.shipping(order, current=True))
_money("Order.totalRefundedSet", totals.refunded)
_money("Order.totalReceivedSet", totals.received)
_money("Order.totalOutstandingSet", totals.outstanding)
_money("Order.netPaymentSet", lambda order: totals.received(order) - totals.refunded(order))
_money("LineItem.originalUnitPriceSet", lambda line: line["unit"])
_money("LineItem.originalTotalSet", totals.original)
_money("LineItem.totalDiscountSet", lambda line: totals.discount(line, on_order=False))
_money("LineItem.discountedUnitPriceAfterAllDiscountsSet", lambda line: _each(line, totals.paid(line)))
_money("LineItem.discountedUnitPriceSet", lambda line: _each(line, _on_line(line, codes=False)))
_money("TaxLine.priceSet", lambda row: row["amount"])
_money("ShippingLine.originalPriceSet", lambda row: row["price"])
_money("ShippingLine.discountedPriceSet", lambda row: row["price"] - row["discount"])
_money("OrderTransaction.amountSet", lambda transaction: transaction["amount"])
_money("Refund.totalRefundedSet", lambda refund: refund["total"])
_money("RefundLineItem.subtotalSet", lambda row: row["subtotal"])
_money("RefundLineItem.totalTaxSet", lambda row: row["tax"])
_money("RefundShippingLine.subtotalAmountSet", lambda row: row["amount"])
_money("DiscountAllocation.allocatedAmountSet", lambda row: row["amount"])


def _each(line: Record, amount: Decimal) -> Decimal:
    return cents(amount / line["quantity"]) if line["quantity"] else Decimal("0.00")


def _on_line(line: Record, *, codes: bool) -> Decimal:
    return totals.original(line) - totals.discount(line, codes=codes, on_order=False)


def readable(call: Call, order: Record | None) -> Record | None:
    """Orders older than 60 days are not shown without read_all_orders."""
    if order is None or "read_all_orders" in call.scopes:
        return order
    return order if order["createdAt"] >= call.now - timedelta(days=READABLE_DAYS) else None


@field("QueryRoot.order", takes="id")
def order(_: Any, call: Call, given: Record) -> Record | None:
    return readable(call, call.shop.find("Order", given["id"]))


@field("QueryRoot.orders", takes=f"{PAGING} query sortKey")
def orders(_: Any, call: Call, given: Record) -> Connection:
    rows = [row for row in found(call.shop, "Order", given, FILTERS) if readable(call, row)]
    return sorted_page(rows, given, SORT_KEYS, "PROCESSED_AT")


@field("QueryRoot.ordersCount", takes="query limit")
def orders_count(_: Any, call: Call, given: Record) -> Record:
    return counted(len([row for row in found(call.shop, "Order", given, FILTERS) if readable(call, row)]))


@field("Order.legacyResourceId", "Customer.legacyResourceId", "Refund.legacyResourceId")
def legacy_id(record: Record, call: Call, given: Record) -> int:
    return int(record["number"])


@field("Order.number")
def number(record: Record, call: Call, given: Record) -> int:
    return int(record["orderNumber"])


@field("Order.closed")
def closed(record: Record, call: Call, given: Record) -> bool:
    return record["closedAt"] is not None


@field("Order.currencyCode")
def currency(record: Record, call: Call, given: Record) -> str:
    return str(record["currency"])


@field("Order.presentmentCurrencyCode")
def presentment(record: Record, call: Call, given: Record) -> str:
    return str(record["presentment"])


@field("Order.displayFinancialStatus")
def financial_status(record: Record, call: Call, given: Record) -> str:
    return totals.financial_status(record)


@field("Order.displayFulfillmentStatus")
def fulfilment_status(record: Record, call: Call, given: Record) -> str:
    return totals.fulfilment_status(record)


@field("Order.fullyPaid")
def fully_paid(record: Record, call: Call, given: Record) -> bool:
    return totals.outstanding(record) <= 0


@field("Order.unpaid")
def unpaid(record: Record, call: Call, given: Record) -> bool:
    return not totals.received(record)


@field("Order.confirmed")
def confirmed(record: Record, call: Call, given: Record) -> bool:
    return True


@field("Order.customAttributes")
def attributes(record: Record, call: Call, given: Record) -> list[Record]:
    return []


@field("Order.paymentGatewayNames")
def gateways(record: Record, call: Call, given: Record) -> list[str]:
    return list(dict.fromkeys(transaction["gateway"] for transaction in record["transactions"]))


def _personal(name: str) -> None:
    def resolver(record: Record, call: Call, given: Record) -> Any:
        """Who ordered: nothing, or an error, for an app that is not approved for customer data."""
        if call.shop.options.customer_data == "denied":
            words = f"This app is not approved to use the {name} field. See"
            link = "https://shopify.dev/docs/apps/launch/protected-customer-data for more details."
            raise refused(f"{words} {link}", "ACCESS_DENIED")
        return record[name] if call.shop.options.customer_data == "full" else None

    field(f"Order.{name}")(resolver)


for _name in ("email", "phone", "customer", "billingAddress", "shippingAddress"):
    _personal(_name)


@field("MailingAddress.name")
def address_name(address: Record, call: Call, given: Record) -> str | None:
    return " ".join(part for part in (address["firstName"], address["lastName"]) if part) or None


@field("Customer.displayName")
def customer_name(record: Record, call: Call, given: Record) -> str:
    names = [part for part in (record["firstName"], record["lastName"]) if part]
    return " ".join(names) or str(record["email"])


@field("Customer.defaultEmailAddress")
def email_address(record: Record, call: Call, given: Record) -> Record:
    return {"emailAddress": record["email"]}


@field("Customer.defaultPhoneNumber")
def phone_number(record: Record, call: Call, given: Record) -> Record | None:
    return {"phoneNumber": record["phone"]} if record["phone"] else None


@field("QueryRoot.customer", takes="id")
def customer(_: Any, call: Call, given: Record) -> Record | None:
    return call.shop.find("Customer", given["id"])


@field("Order.lineItems", takes=PAGING)
def line_items(record: Record, call: Call, given: Record) -> Connection:
    return page(record["lines"], given)


@field("Order.subtotalLineItemsQuantity")
def items_quantity(record: Record, call: Call, given: Record) -> int:
    return sum(line["quantity"] for line in record["lines"])


@field("Order.currentSubtotalLineItemsQuantity")
def current_items_quantity(record: Record, call: Call, given: Record) -> int:
    return sum(line["currentQuantity"] for line in record["lines"])


@field("Order.taxLines")
def tax_lines(record: Record, call: Call, given: Record) -> list[Record]:
    return totals.tax_lines([*record["lines"], *record["shipping"]], record)


@field("Order.currentTaxLines")
def current_tax_lines(record: Record, call: Call, given: Record) -> list[Record]:
    return totals.tax_lines([*record["lines"], *record["shipping"]], record, current=True)


@field("TaxLine.ratePercentage")
def rate_percentage(row: Record, call: Call, given: Record) -> float:
    return float(row["rate"] * 100)


@field("LineItem.taxLines", takes="first")
def line_tax_lines(line: Record, call: Call, given: Record) -> list[Record]:
    return line["taxes"]  # type: ignore[no-any-return]


@field("ShippingLine.taxLines")
def shipping_tax_lines(row: Record, call: Call, given: Record) -> list[Record]:
    return row["taxes"]  # type: ignore[no-any-return]


@field("ShippingLine.discountAllocations")
def shipping_allocations(row: Record, call: Call, given: Record) -> list[Record]:
    return []


@field("ShippingLine.isRemoved")
def is_removed(row: Record, call: Call, given: Record) -> bool:
    return False


@field("Order.shippingLines", takes=f"{PAGING} includeRemovals")
def shipping_lines(record: Record, call: Call, given: Record) -> Connection:
    return page(record["shipping"], given, lambda row: (row["id"],))


@field("Order.shippingLine")
def shipping_line(record: Record, call: Call, given: Record) -> Record | None:
    return record["shipping"][0] if record["shipping"] else None


@field("Order.transactions", takes="first")
def transactions(record: Record, call: Call, given: Record) -> list[Record]:
    return record["transactions"][: given.get("first")]  # type: ignore[no-any-return]


@field("Order.refunds", takes="first")
def refunds(record: Record, call: Call, given: Record) -> list[Record]:
    return record["refunds"][: given.get("first")]  # type: ignore[no-any-return]


@field("Refund.refundLineItems", takes=PAGING)
def refund_lines(refund: Record, call: Call, given: Record) -> Connection:
    return page(sorted(refund["lines"], key=by_number), given)


@field("Refund.transactions", takes=PAGING)
def refund_transactions(refund: Record, call: Call, given: Record) -> Connection:
    return page(refund["transactions"], given)


@field("LineItem.discountedTotalSet", takes="withCodeDiscounts")
def discounted_total(line: Record, call: Call, given: Record) -> Record:
    """Without discounts on the order, and without codes unless they are asked for."""
    return bag(line["order"], _on_line(line, codes=bool(given.get("withCodeDiscounts"))))


@field("LineItem.refundableQuantity")
def refundable(line: Record, call: Call, given: Record) -> int:
    return int(line["currentQuantity"])


@field("LineItem.unfulfilledQuantity")
def unfulfilled(line: Record, call: Call, given: Record) -> int:
    return max(0, int(line["currentQuantity"]) - int(line["fulfilled"]))


@field("LineItem.nonFulfillableQuantity")
def non_fulfillable(line: Record, call: Call, given: Record) -> int:
    return int(line["quantity"]) - int(line["currentQuantity"])


@field("LineItem.isGiftCard")
def is_gift_card(line: Record, call: Call, given: Record) -> bool:
    return False


@field("LineItem.variant")
def variant(line: Record, call: Call, given: Record) -> Record | None:
    """Null once the variant is deleted, and for a line of no product."""
    held = line["variant"]
    return call.shop.shelf("ProductVariant").get(held["number"]) if held else None


@field("LineItem.product")
def product(line: Record, call: Call, given: Record) -> Record | None:
    held = line["variant"]
    return call.shop.shelf("Product").get(held["product"]["number"]) if held else None


@field("LineItem.customAttributes")
def line_attributes(line: Record, call: Call, given: Record) -> list[Record]:
    return [{"key": key, "value": value} for key, value in line["properties"].items()]
