"""The documents about orders and their fulfilment. Costs as in operations.py."""

from __future__ import annotations

from stockwire.connectors.shopify.operations import PAGE, PLAIN_ERRORS, Operation, Root, page_cost

FULFIL = Root(
    "fulfillmentCreate", {"fulfillment": "FulfillmentInput!"}, "fulfillment{id status} " + PLAIN_ERRORS
)
TRACK = Root(
    "fulfillmentTrackingInfoUpdate",
    {"fulfillmentId": "ID!", "trackingInfoInput": "FulfillmentTrackingInput!", "notifyCustomer": "Boolean"},
    PLAIN_ERRORS,
)

ORDER_POLL = Operation(
    "OrderPoll",
    "query OrderPoll($q:String!,$after:String){orders(first:250,after:$after,query:$q,sortKey:UPDATED_AT){"
    "pageInfo{hasNextPage endCursor} nodes{id updatedAt}}}",
    page_cost(PAGE),
)
_MONEY = "{shopMoney{amount}}"
_TAXES = "taxLines{title rate priceSet" + _MONEY + "}"
_ADDRESS = (
    "{name firstName lastName company address1 address2 city province provinceCode zip countryCodeV2 phone}"
)
_LINE = (
    "{id sku name title quantity currentQuantity requiresShipping taxable variant{id} product{id} "
    "customAttributes{key value} originalUnitPriceSet"
    + _MONEY
    + " "
    + _TAXES
    + " discountAllocations{allocatedAmountSet"
    + _MONEY
    + "}}"
)
_CUSTOMER = (
    " email phone customer{id firstName lastName tags note defaultEmailAddress{emailAddress}} "
    f"billingAddress{_ADDRESS} shippingAddress{_ADDRESS}"
)


def order_query(*, with_customer: bool) -> Operation:
    """One order. An app without access to customer data asks without them."""
    customer = _CUSTOMER if with_customer else ""
    text = (
        "query Order($id:ID!,$after:String){order(id:$id){id legacyResourceId name createdAt processedAt "
        "updatedAt cancelledAt cancelReason closedAt test sourceName note tags poNumber currencyCode "
        "presentmentCurrencyCode taxesIncluded displayFinancialStatus displayFulfillmentStatus "
        "paymentGatewayNames customAttributes{key value}"
        + customer
        + " totalPriceSet{shopMoney{amount} presentmentMoney{amount currencyCode}} totalTaxSet"
        + _MONEY
        + " currentTotalPriceSet"
        + _MONEY
        + " currentTotalTaxSet"
        + _MONEY
        + " currentShippingPriceSet"
        + _MONEY
        + " totalRefundedSet"
        + _MONEY
        + " "
        + _TAXES
        + " discountCodes discountApplications(first:20){nodes{__typename allocationMethod targetType "
        "... on DiscountCodeApplication{code} "
        "... on AutomaticDiscountApplication{title} }} "
        "shippingLines(first:10){nodes{id title code isRemoved originalPriceSet"
        + _MONEY
        + " discountedPriceSet"
        + _MONEY
        + " "
        + _TAXES
        + "}} "
        "lineItems(first:250,after:$after){pageInfo{hasNextPage endCursor} nodes" + _LINE + "} "
        "transactions(first:20){id kind status gateway processedAt amountSet" + _MONEY + "} "
        "refunds(first:20){id createdAt note totalRefundedSet" + _MONEY + "}}}"
    )
    return Operation("Order", text, 100)


FULFILMENTS = Operation(
    "Fulfilments",
    "query Fulfilments($id:ID!){order(id:$id){id name cancelledAt fulfillments(first:50){id status createdAt "
    "trackingInfo{number company url} fulfillmentLineItems(first:50){nodes{quantity lineItem{id}}}} "
    "fulfillmentOrders(first:20){nodes{id status supportedActions{action} assignedLocation{location{id}} "
    "lineItems(first:50){nodes{id remainingQuantity sku lineItem{id}}}}}}}",
    125,
)
