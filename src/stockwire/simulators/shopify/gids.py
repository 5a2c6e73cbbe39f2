"""Global ids, `gid://shopify/Product/8001`, and the small types of values that records hold.

Nothing here knows the shop.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from stockwire.simulators.shopify.fields import refused

SHAPE = re.compile(r"gid://shopify/(\w+)/(\d+)(?:\?.*)?")
CENT = Decimal("0.01")


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def parsed(text: str) -> tuple[str, int]:
    """Kind and number of a global id. Raises the error Shopify gives for what is none."""
    found = SHAPE.fullmatch(str(text))
    if found is None:
        raise refused(f"Invalid global id '{text}'", "INVALID_ID")
    return found[1], int(found[2])


def cents(amount: Decimal) -> Decimal:
    """Rounded to the cent, halves away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def decimal(value: object) -> Decimal | None:
    """A number as the API takes it (text or number); None for what is no number."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def shown_money(value: Any) -> str:
    """The scalar Money: always two decimals, "9.90"."""
    return f"{cents(Decimal(str(value))):f}"


def shown_decimal(value: Any) -> str:
    """The scalar Decimal: at least one decimal, no more than needed, "226.0"."""
    text = f"{Decimal(str(value)).normalize():f}"
    return text if "." in text else f"{text}.0"


def shown_time(value: Any) -> str:
    """The scalar DateTime: UTC to the second, with a Z."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value)
