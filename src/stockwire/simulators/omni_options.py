"""How a simulated OmniWebServiceREST behaves where nobody outside knows: one option per assumption.

"A8" and the like are the numbers of docs/simulators/omni.md. What has no number here is recorded
behaviour of real servers and is no option.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

StockRow = Mapping[str, Any]
StockSource = Sequence[StockRow] | Callable[[], Iterable[StockRow]]
ReservedHook = Callable[[str, Decimal, str], object]

SAMPLE_STOCK: tuple[StockRow, ...] = (
    {"stock_code": "PUMP-01", "description": "Circulation pump 25-60", "level": 12, "price": "1499.00"},
    {"stock_code": "PUMP-02", "description": "Circulation pump 32-80", "level": 3, "price": "2349.50"},
    {"stock_code": "SHIP", "description": "Delivery", "level": 0, "price": "0", "stock_type": "Service"},
    {"stock_code": "VALVE-15", "description": "Ball valve 15 mm", "level": 250, "price": "64.35"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OmniOptions:
    """Everything `create()` takes.

    `stock` is rows with stock_code, description, level, price (excl. VAT) and optionally warehouse_code,
    reserved, bar_code, vat_code, product_group, stock_category, unit_of_measure, stock_type; or a callable
    that reads them afresh. A row that carries `reserved` decides it; else the simulator counts its own.
    `on_reserved(stock_code, quantity, warehouse_code)` is told of every change of a reservation.
    """

    company: str = "Example Traders (Pty) Ltd"
    user: str = "Stockwire"
    password: str = "rehearsal"  # noqa: S105 - the simulator's own, shown in its documentation
    version: str = "7.21.68.3389"
    stock: StockSource = SAMPLE_STOCK
    customers: Sequence[str] = ("WEB001", "CASH01")
    warehouses: Sequence[str] = ("1", "EDN")
    vat_codes: Sequence[str] = ("0", "1", "2")
    on_reserved: ReservedHook | None = None
    reports: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """More saved reports: name to column keys of the stock rows."""
    report_warehouses: Mapping[str, str] = field(default_factory=dict)
    """Saved reports that list one warehouse only: name to warehouse code."""

    envelope_required: bool = True
    """A8: a document without {"sales_order": {...}} around it is turned down."""
    success_reply: Literal["text", "json", "silent"] = "text"
    """A9: a successful POST answers the number as text; as {"reference": ...}; or "Saved." without it."""
    success_status: int = 200
    """A9: status of a successful POST."""
    reference_in_path: bool = True
    """A10: POST /Sales Order/<ref> takes <ref> as the document's reference. False: Omni numbers itself."""
    duplicate_reference_text: str = '{resource} "{reference}" already exists'
    """A10: the words for a reference that is taken."""
    references_unique: bool = True
    """A10: a reference that is taken is turned down. False: each post makes a document (see `posted`)."""
    reference_max: int | None = 15
    """A11: longest reference; None for any length."""
    auth_failure_status: int = 500
    """A16: status of a failed sign-in. The words "Invalid username or password" are recorded."""
    check_codes: bool = True
    """A17: unknown stock, customer, warehouse and VAT codes are turned down, the whole document."""
    numbers_required: bool = True
    """A17: quantity and selling_price must be JSON numbers."""
    missing_document_status: int = 500
    """A18: status for a document that does not exist; 404 is the other guess."""
    missing_document_text: str = '{resource} "{reference}" does not exist'
    """A18: the words for a document that does not exist. It may leave {reference} out."""
    missing_switches: Sequence[str] = ()
    """A19: switches that are off: SF187 all of it, SF109 writing documents, SF083 sales orders."""
    licence_full: bool = False
    """A19: no user licence is free."""
    default_warehouse: str = "1"
    """A21: the warehouse of a document that names none."""
    numbers_in_path: bool = True
    """A29: GET /Sales Order/<number> shows a document that Omni numbered itself. False: it says missing."""
    one_at_a_time: bool = True
    """A26: requests queue, because the service is a desktop program."""
    latency_s: float = 0.0
    """Seconds each request takes, in the queue when one_at_a_time."""
