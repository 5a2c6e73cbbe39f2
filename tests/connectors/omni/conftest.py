"""Omni's service over its simulator, by HTTP or in this process, and an order to raise there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from stockwire.connectors.omni.api import OmniService
from stockwire.errors import StockwireError
from stockwire.simulators.omni import OmniSimulator, create
from stockwire.simulators.stand import Stand

COMPANY = "Example  Traders (Pty) Ltd [Demo]"
PASSWORD = "s3cret &?+ word"
ORDER = "Sales Order"


def body(sku: str = "PUMP-01", quantity: str = "1.5", price: str = "149.90", **header: Any) -> dict[str, Any]:
    line = {"stock_code": sku, "description": "Pump", "quantity": quantity, "selling_price": price}
    return {"sales_order": {"customer_account_code": "WEB001", **header, "order_lines": [line]}}


def simulator(**options: Any) -> OmniSimulator:
    return create(**{"company": COMPANY, "password": PASSWORD, **options})


def in_process(app: Any, **over: Any) -> OmniService:
    values = {
        "base_url": "http://omni",
        "company": COMPANY,
        "user": "Stockwire",
        "password": PASSWORD,
        **over,
    }
    return OmniService(**values, transport=httpx2.WSGITransport(app=app))


@pytest.fixture
def stand() -> Iterator[Stand]:
    with Stand(simulator()) as stand:
        yield stand


@pytest.fixture
def service(stand: Stand) -> Iterator[OmniService]:
    with OmniService(stand.url, COMPANY, "Stockwire", PASSWORD, post_timeout_s=1.0) as service:
        yield service


def documents(stand: Stand) -> list[tuple[str, int]]:
    return [(d["reference"], d["posted"]) for d in stand.app.state()["documents"]]


def raised(call: Callable[[], object]) -> StockwireError:
    with pytest.raises(StockwireError) as caught:
        call()
    shown = f"{caught.value} {caught.value.detail} {caught.value.hint}"
    assert PASSWORD not in shown
    return caught.value
