"""How the values of Omni's settings are read: forms and files send texts, and "1" is true as well."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import BeforeValidator


def truthy(value: object) -> bool:
    """The operator's rule: true and 1 (any case, trimmed) are true, everything else is false."""
    return value is True or str(value).strip().lower() in {"true", "1"}


Truthy = Annotated[bool, BeforeValidator(truthy)]
Code = Annotated[str, BeforeValidator(lambda value: "" if value is None else str(value).strip())]
# A tax code is a code even when a form or a JSON file makes a number of it; a removed key stays None.
TaxCode = Annotated[
    str | None, BeforeValidator(lambda value: None if value is None else str(value).strip() or None)
]


def _from_json(value: object) -> object:
    """A map as the operator's form sends it: JSON in a text. Anything else is left to the validation."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value or "{}")
    except ValueError as error:
        raise ValueError(f"is no JSON object: {error}") from error


TextMap = Annotated[dict[str, str], BeforeValidator(_from_json)]

FETCHED_TYPES = ("Sales Order", "Quote", "Invoice")
"""Documents a GET is known of: Quote and Invoice confirmed, Sales Order inferred from its POST."""


def _document_types(value: object) -> object:
    """A comma list as the operator's form sends it, in any case."""
    if not isinstance(value, str):
        return value
    known = {name.lower(): name for name in FETCHED_TYPES}
    named = [" ".join(part.split()) for part in value.split(",") if part.strip()]
    if unknown := [name for name in named if name.lower() not in known]:
        raise ValueError(f"{unknown[0]!r} is no kind of document. Kinds: {', '.join(FETCHED_TYPES)}.")
    return tuple(dict.fromkeys(known[name.lower()] for name in named))


DocumentTypes = Annotated[
    tuple[Literal["Sales Order", "Quote", "Invoice"], ...], BeforeValidator(_document_types)
]

HEADER_KEYS = frozenset(
    {"customer_account_code", "warehouse_code", "order_lines", "quote_lines", "reference"}
)
LINE_KEYS = frozenset({"stock_code", "description", "quantity", "selling_price", "vat_code"})
ORDER_FIELDS = (
    "number",
    "channel_order_code",
    "reference",
    "ordered_date",
    "customer_name",
    "customer_email",
    "company",
    "address1",
    "address2",
    "city",
    "province",
    "zip",
    "country_code",
    "phone",
    "notes",
    "payment_method",
    "rep_code",
)
"""What order_field_map can send; "params.<name>" sends an order param."""
ADDRESS_FIELDS = frozenset(
    {"customer_name", "company", "address1", "address2", "city", "province", "zip", "country_code", "phone"}
)
