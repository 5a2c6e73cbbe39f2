"""A simulated Omni with three items, spoken to in this process."""

from __future__ import annotations

from typing import Any

import httpx2

from stockwire.simulators.omni import create

COMPANY = "Example Traders (Pty) Ltd"
BASIC = ("Stockwire", "rehearsal")
STOCK = (
    {
        "stock_code": "00123",
        "description": "Größe ×2",
        "level": "12.50",
        "price": "198.80",
        "bar_code": "6001",
    },
    {"stock_code": "B-2", "description": "Second", "level": -3, "price": "20.00"},
    {"stock_code": "B-2", "warehouse_code": "EDN", "level": 7, "price": "20.00"},
)


def client(**options: Any) -> httpx2.Client:
    app = create(**{"stock": STOCK, **options})
    http = httpx2.Client(
        transport=httpx2.WSGITransport(app=app),
        base_url="http://omni",
        auth=BASIC,
        params={"CompanyName": COMPANY},
    )
    http.app = app  # type: ignore[attr-defined]
    return http


def order(*lines: dict[str, Any], **header: Any) -> dict[str, Any]:
    default = {"stock_code": "B-2", "description": "Second", "quantity": 2, "selling_price": 17.39}
    return {
        "sales_order": {"customer_account_code": "WEB001", **header, "order_lines": list(lines) or [default]}
    }
