"""Sellable stock: what a channel may offer of an item whose figure in Omni is always minutes old."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal


@dataclass(frozen=True, slots=True)
class Sellable:
    """`quantity` is whole units, never negative; `reason` shows the arithmetic."""

    quantity: int
    reason: str


def sellable(available: Decimal, held: Decimal, buffer: int = 0, cap: int | None = None) -> Sellable:
    """available - quantities on orders the hub holds that the source has not yet reserved - buffer, then
    the cap. Part units are not sold: rounded down.
    """
    left = int((available - held - buffer).to_integral_value(ROUND_FLOOR))
    parts = [f"{_plain(available)} available"]
    if held:
        parts.append(f"{_plain(held)} on orders not yet reserved")
    if buffer:
        parts.append(f"{buffer} kept back")
    reason = " - ".join(parts)
    if left < 0:
        left, reason = 0, f"{reason} is below zero, so 0"
    if cap is not None and left > cap:
        left, reason = cap, f"{reason}, capped at {cap}"
    return Sellable(left, reason)


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
