"""/api/v1/exports: products, customers and orders as CSV, in the columns of the files that come in."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from django.http import HttpResponseBase
from ninja import Router

from stockwire.domain.segments import Kind
from stockwire.files.csv_writing import write_csv
from stockwire.hub.api.public.access import Request, may_change
from stockwire.hub.api.public.seeing import sees_all
from stockwire.hub.api.public.streaming import csv_answer
from stockwire.hub.sync.export_customers import export_customers
from stockwire.hub.sync.export_orders import export_orders
from stockwire.hub.sync.export_products import Export, export_products

router = Router(tags=["exports"])


@router.get("/products.csv", summary="Products of a source, or those linked to a channel")
def products(
    request: Request, source: int | None = None, channel: int | None = None, columns: str = ""
) -> HttpResponseBase:
    chosen = [part for part in columns.split(",") if part.strip()]
    client_id = request.auth.client_id
    return _answer(
        request,
        Kind.PRODUCTS,
        lambda: export_products(client_id, source_id=source, channel_id=channel, columns=chosen),
    )


@router.get("/customers.csv", summary="Customers of a channel, without passwords")
def customers(request: Request, channel: int, terms: bool = False) -> HttpResponseBase:
    client_id = request.auth.client_id
    return _answer(request, Kind.CUSTOMERS, lambda: export_customers(client_id, channel, terms=terms))


@router.get("/orders.csv", summary="Orders without their lines: all, of a channel, or stored since")
def orders(request: Request, channel: int | None = None, since: datetime | None = None) -> HttpResponseBase:
    if since is not None and since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    client_id = request.auth.client_id
    return _answer(request, Kind.ORDERS, lambda: export_orders(client_id, channel_id=channel, since=since))


def _answer(
    request: Request, kind: Kind, opened: Callable[[], AbstractContextManager[Export]]
) -> HttpResponseBase:
    may_change(request)
    sees_all(request, kind)
    with tempfile.NamedTemporaryFile(prefix="stockwire-export-", delete=False) as made:
        target = Path(made.name)
    try:
        with opened() as export:
            write_csv(target, export.columns, export.rows)
    except BaseException:
        target.unlink()
        raise
    return csv_answer(request, target, f"{kind.value}.csv")
