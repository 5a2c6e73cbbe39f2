"""The books of a simulated Omni company: stock, customers and documents, and what posting does to them.

Thread-safe by one lock. It knows nothing of HTTP; a turned-down document is a Rejected with the words the
service would answer, and leaves nothing behind. The words are ours (ASSUMPTION A17).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from stockwire.simulators.omni_options import OmniOptions

LINES_KEY = {"Sales Order": "order_lines", "Quote": "quote_lines"}
NUMBER_PREFIX = {"Sales Order": "SO", "Quote": "Q"}


class Rejected(Exception):
    """The service turns a request down with these words and saves nothing."""

    def __init__(self, text: str, status: int = 500) -> None:
        super().__init__(text)
        self.text = text
        self.status = status


@dataclass
class StockItem:
    """One stock code in one warehouse. `level` may be negative; `row` holds the rest of its columns."""

    stock_code: str
    warehouse_code: str
    level: Decimal
    reserved: Decimal
    row: dict[str, Any] = field(default_factory=dict)

    @property
    def available(self) -> Decimal:
        """Recorded: max(0, level - reserved) held for 8,429 of 8,429 rows of a live report."""
        return max(Decimal(0), self.level - self.reserved)


@dataclass
class StoredDocument:
    resource: str
    reference: str
    header: dict[str, Any]
    lines: list[dict[str, Any]]
    posted: int = 1
    numbered_by_omni: bool = False

    @property
    def warehouse(self) -> str:
        return str(self.header.get("warehouse_code") or "")


class Books:
    """State of one company."""

    def __init__(self, options: OmniOptions) -> None:
        self._options = options
        self._lock = threading.RLock()
        self._stock: dict[tuple[str, str], StockItem] | None = None
        self._codes: set[str] = set()
        self._documents: dict[tuple[str, str], StoredDocument] = {}
        self._posts: Counter[tuple[str, str]] = Counter()
        self._last_number: Counter[str] = Counter()
        self.customers = {code: {"on_hold": False} for code in options.customers}
        self.switches_off = set(options.missing_switches)
        self.period_closed = False

    def stock(self, *, fresh: bool = False) -> list[StockItem]:
        """All stock, sorted by code and warehouse; `fresh` reads a callable source again."""
        with self._lock:
            self._have_stock(fresh=fresh)
            return [item for _, item in sorted((self._stock or {}).items())]

    def set_level(self, stock_code: str, level: Decimal, warehouse: str = "") -> StockItem:
        with self._lock:
            item = self._item(stock_code, warehouse or self._options.default_warehouse)
            item.level = level
            return item

    def add_stock(self, row: Mapping[str, Any]) -> StockItem:
        with self._lock:
            self._have_stock()
            return self._put(row, {})

    def document(self, resource: str, reference: str) -> StoredDocument:
        """Raises Rejected when it does not exist (A18)."""
        with self._lock:
            found = self._documents.get((resource, reference))
        if found is None or (found.numbered_by_omni and not self._options.numbers_in_path):
            text = self._options.missing_document_text.format(resource=resource, reference=reference)
            raise Rejected(text, self._options.missing_document_status)
        return found

    def post(self, resource: str, reference: str, header: Mapping[str, Any]) -> StoredDocument:
        """Create a document; "" lets the service number it."""
        with self._lock:
            self._check_reference(resource, reference)
            document = self._checked(resource, reference, header)
            document.reference = reference or self._next_number(resource)
            document.header["reference"] = document.reference
            document.numbered_by_omni = not reference
            key = (resource, document.reference)
            self._posts[key] += 1
            document.posted = self._posts[key]
            self._documents[key] = document
            changes = self._reserve(document, 1)
        self._tell(changes)
        return document

    def put(self, resource: str, reference: str, header: Mapping[str, Any]) -> StoredDocument:
        """Replace a document that exists; its reservation follows."""
        with self._lock:
            before = self.document(resource, reference)
            document = self._checked(resource, reference, header)
            document.posted = before.posted
            changes = self._reserve(before, -1) + self._reserve(document, 1)
            self._documents[resource, reference] = document
        self._tell(changes)
        return document

    def delete(self, resource: str, reference: str) -> None:
        with self._lock:
            changes = self._reserve(self.document(resource, reference), -1)
            del self._documents[resource, reference]
        self._tell(changes)

    def documents(self) -> list[StoredDocument]:
        with self._lock:
            return list(self._documents.values())

    def _check_reference(self, resource: str, reference: str) -> None:
        longest = self._options.reference_max
        if longest is not None and len(reference) > longest:
            raise Rejected(f'Reference "{reference}" is longer than {longest} characters')
        if self._options.references_unique and (resource, reference) in self._documents:
            raise Rejected(
                self._options.duplicate_reference_text.format(resource=resource, reference=reference)
            )

    def _checked(self, resource: str, reference: str, header: Mapping[str, Any]) -> StoredDocument:
        lines_key = LINES_KEY[resource]
        lines = header.get(lines_key)
        if not isinstance(lines, list) or not lines or not all(isinstance(line, dict) for line in lines):
            raise Rejected(f'"{lines_key}" must hold at least one line')
        if self.period_closed:
            raise Rejected("The period is closed")
        kept = {key: value for key, value in header.items() if key != lines_key}
        if self._options.check_codes:
            self._check_header(kept)
        checked = [self._checked_line(number, line) for number, line in enumerate(lines, 1)]
        kept["reference"] = reference
        kept["warehouse_code"] = kept.get("warehouse_code") or self._options.default_warehouse
        return StoredDocument(resource, reference, kept, checked)

    def _check_header(self, header: Mapping[str, Any]) -> None:
        account = header.get("customer_account_code")
        customer = self.customers.get(str(account))
        if customer is None:
            raise Rejected(f'Customer account "{account}" does not exist')
        if customer["on_hold"]:
            raise Rejected(f'Customer account "{account}" is on hold')
        warehouse = header.get("warehouse_code")
        if warehouse and str(warehouse) not in self._options.warehouses:
            raise Rejected(f'Warehouse "{warehouse}" does not exist')

    def _checked_line(self, number: int, line: Mapping[str, Any]) -> dict[str, Any]:
        quantity = self._number(number, line, "quantity")
        price = self._number(number, line, "selling_price")
        if quantity <= 0:
            raise Rejected(f"Line {number}: quantity must be more than 0")
        code = line.get("stock_code")
        if self._options.check_codes:
            if not self._knows(str(code)):
                raise Rejected(f'Stock code "{code}" does not exist')
            vat_code = line.get("vat_code")
            if vat_code is not None and str(vat_code) not in self._options.vat_codes:
                raise Rejected(f'VAT code "{vat_code}" does not exist')
        return {**line, "line_no": number, "quantity": quantity, "selling_price": price}

    def _number(self, number: int, line: Mapping[str, Any], key: str) -> Decimal:
        value = line.get(key)
        if isinstance(value, str) and not self._options.numbers_required:
            try:
                value = Decimal(value)
            except InvalidOperation:
                value = None
        if not isinstance(value, Decimal) or not value.is_finite():
            raise Rejected(f"Line {number}: {key} must be a number")
        return value

    def _knows(self, stock_code: str) -> bool:
        self._have_stock()
        if stock_code not in self._codes:
            self._have_stock(fresh=True)
        return stock_code in self._codes

    def _reserve(self, document: StoredDocument, sign: int) -> list[tuple[str, Decimal, str]]:
        """A sales order reserves stock (recorded: switch SF083); a quote does not."""
        if document.resource != "Sales Order":
            return []
        changes = []
        for line in document.lines:
            code, quantity = str(line["stock_code"]), sign * line["quantity"]
            item = self._item(code, document.warehouse)
            item.reserved += quantity
            changes.append((code, quantity, document.warehouse))
        return changes

    def _tell(self, changes: Iterable[tuple[str, Decimal, str]]) -> None:
        if self._options.on_reserved is not None:
            for stock_code, quantity, warehouse in changes:
                self._options.on_reserved(stock_code, quantity, warehouse)

    def _item(self, stock_code: str, warehouse: str) -> StockItem:
        self._have_stock()
        found = (self._stock or {}).get((stock_code, warehouse))
        return found or self._put({"stock_code": stock_code, "warehouse_code": warehouse}, {})

    def _have_stock(self, *, fresh: bool = False) -> None:
        if self._stock is None or (fresh and callable(self._options.stock)):
            self._load()

    def _load(self) -> None:
        source = self._options.stock
        rows = source() if callable(source) else source
        before = self._stock or {}
        self._stock, self._codes = {}, set()
        for row in rows:
            self._put(row, before)

    def _put(self, row: Mapping[str, Any], before: Mapping[tuple[str, str], StockItem]) -> StockItem:
        values = dict(row)
        code = str(values.pop("stock_code"))
        warehouse = str(values.pop("warehouse_code", None) or self._options.default_warehouse)
        level = Decimal(str(values.pop("level", 0)))
        known = before.get((code, warehouse))
        reserved = values.pop("reserved", known.reserved if known else 0)
        item = StockItem(code, warehouse, level, Decimal(str(reserved)), values)
        if self._stock is None:
            self._stock = {}
        self._stock[code, warehouse] = item
        self._codes.add(code)
        return item

    def _next_number(self, resource: str) -> str:
        while True:
            self._last_number[resource] += 1
            number = f"{NUMBER_PREFIX[resource]}{self._last_number[resource]:05d}"
            if (resource, number) not in self._documents:
                return number
