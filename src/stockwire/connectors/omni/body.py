"""How a document's numbers travel: as texts between hub and agent, as JSON numbers to Omni.

MessagePack has no decimal and a float would change a price, so `documents.py` writes quantity and
selling_price as plain decimal texts ("12.5") and this module turns exactly those keys of the line items
into number literals. Codes stay texts, leading zeros included.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from stockwire.errors import Refused

NUMERIC_LINE_KEYS = frozenset({"quantity", "selling_price"})
"""The keys of a line whose texts are numbers. Everything else in a body is sent as it is."""

_encoder = msgspec.json.Encoder(decimal_format="number")


def plain(number: Decimal) -> str:
    """The shortest text without exponent: Decimal("1E+2") is "100", Decimal("5.50") is "5.5"."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def encode_body(body: Mapping[str, Any]) -> bytes:
    """UTF-8 JSON of a document body. Raises Refused when a numeric key holds no number."""
    return _encoder.encode(_with_numbers(body))


def _with_numbers(value: Any, *, in_line: bool = False) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _number(key, inner) if in_line and key in NUMERIC_LINE_KEYS else _inside(key, inner)
            for key, inner in value.items()
        }
    return value


def _inside(key: str, value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_with_numbers(item, in_line=key.endswith("_lines")) for item in value]
    return _with_numbers(value)


def _number(key: str, value: Any) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Refused(
            f"{key} {value!r} of a document line is no number.",
            hint="Report this: it is a fault of Stockwire.",
        )
    return Decimal(plain(number))
