"""/api/v1/products, customers and orders: pages of what the caller may see."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Query, Router, Schema

from stockwire.domain.segments import Kind
from stockwire.hub import tenancy
from stockwire.hub.api.public.access import Request
from stockwire.hub.api.public.seeing import of_caller, with_customer
from stockwire.hub.sync import visible

router = Router(tags=["lists"])
MOST = 200


class Wanted(Schema):
    """`after` is the id that the page before ended with."""

    search: str = ""
    after: int = 0
    limit: int = 50


class Products(Wanted):
    """`customer`: as this customer sees them."""

    source: int | None = None
    active: bool | None = None
    modified_since: datetime | None = None
    customer: int | None = None


class Customers(Wanted):
    channel: int | None = None


class Orders(Wanted):
    """`state` is ours, `status` the channel's word."""

    channel: int | None = None
    state: str = ""
    status: str = ""
    customer: int | None = None


@router.get("/products", summary="Products with their variants; as one customer sees them with customer=ID")
def products(request: Request, wanted: Query[Products]) -> dict[str, Any]:
    filters = {
        "source_id": wanted.source,
        "active": wanted.active,
        "modified_at__gte": wanted.modified_since,
        "search": wanted.search,
    }
    with tenancy.scope(request.auth.client_id):
        return _page(Kind.PRODUCTS, with_customer(request, wanted.customer), filters, wanted)


@router.get("/customers", summary="Customers of all channels, or of one")
def customers(request: Request, wanted: Query[Customers]) -> dict[str, Any]:
    filters = {"channel_id": wanted.channel, "search": wanted.search}
    with tenancy.scope(request.auth.client_id):
        return _page(Kind.CUSTOMERS, [of_caller(request)], filters, wanted)


@router.get("/orders", summary="Orders without their lines; as one customer sees them with customer=ID")
def orders(request: Request, wanted: Query[Orders]) -> dict[str, Any]:
    filters = {
        "channel_id": wanted.channel,
        "state": wanted.state,
        "status": wanted.status,
        "search": wanted.search,
    }
    with tenancy.scope(request.auth.client_id):
        return _page(Kind.ORDERS, with_customer(request, wanted.customer), filters, wanted)


def _page(kind: Kind, people: visible.People, filters: dict[str, Any], wanted: Wanted) -> dict[str, Any]:
    limit = max(1, min(wanted.limit, MOST))
    found = visible.page(kind, people, filters, wanted.after, limit)
    return {kind.value: found.items, "after": found.after}
