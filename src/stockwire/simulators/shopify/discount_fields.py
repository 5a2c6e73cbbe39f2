"""How discounts of an order are read: what was applied, to what, and how much each line got of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stockwire.simulators.shopify.fields import PAGING, field
from stockwire.simulators.shopify.pages import Connection, page

if TYPE_CHECKING:
    from stockwire.simulators.shopify.fields import Call
    from stockwire.simulators.shopify.shop import Record

KINDS = ("DiscountCodeApplication", "AutomaticDiscountApplication")


def names(field_name: str) -> list[str]:
    return [f"{kind}.{field_name}" for kind in KINDS]


def shown(application: Record) -> Record:
    """A discount with its type, as the interface wants it."""
    kind = "DiscountCodeApplication" if application["code"] is not None else "AutomaticDiscountApplication"
    return {**application, "__typename": kind}


@field("Order.discountApplications", takes=PAGING)
def applications(record: Record, call: Call, given: Record) -> Connection:
    return page([shown(row) for row in record["discounts"]], given, lambda row: (row["index"],))


@field("Order.discountCodes")
def codes(record: Record, call: Call, given: Record) -> list[str]:
    return [row["code"] for row in record["discounts"] if row["code"] is not None]


@field("Order.discountCode")
def code_of(record: Record, call: Call, given: Record) -> str | None:
    return next(iter(codes(record, call, given)), None)


@field("LineItem.discountAllocations")
def allocations(line: Record, call: Call, given: Record) -> list[Record]:
    return [{**row, "order": line["order"]} for row in line["allocations"]]


@field("DiscountAllocation.discountApplication")
def application(allocation: Record, call: Call, given: Record) -> Record:
    return shown(allocation["application"])


@field(*names("allocationMethod"))
def method(row: Record, call: Call, given: Record) -> str:
    return str(row["method"])


@field(*names("targetSelection"))
def selection(row: Record, call: Call, given: Record) -> str:
    return str(row["target"])


@field(*names("targetType"))
def target_type(row: Record, call: Call, given: Record) -> str:
    return str(row["type"])


@field(*names("index"))
def index(row: Record, call: Call, given: Record) -> int:
    return int(row["index"])


@field("DiscountCodeApplication.code")
def code(row: Record, call: Call, given: Record) -> str:
    return str(row["code"])


@field("AutomaticDiscountApplication.title")
def title(row: Record, call: Call, given: Record) -> str:
    return str(row["title"])


@field(*names("value"))
def value(row: Record, call: Call, given: Record) -> Record:
    if row["percentage"] is not None:
        return {"__typename": "PricingPercentageValue", "percentage": float(row["percentage"])}
    return {"__typename": "MoneyV2", "amount": row["amount"], "currencyCode": row["order"]["currency"]}
