"""Sellable stock: what a channel may offer of an item whose figure in Omni is always minutes old."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from stockwire.domain.names import key_of

NONE = Decimal(0)


class Sellable(NamedTuple):
    """`quantity` is whole units, never negative; `reason` shows the arithmetic."""

    quantity: int
    reason: str


def sellable(
    available: Decimal,
    held: Decimal,
    buffer: int = 0,
    cap: int | None = None,
    *,
    floor: int = 0,
    where: str = "",
) -> Sellable:
    """available - quantities on orders the hub holds that the source has not yet reserved - buffer; then the
    floor (fewer than this are shown as 0) and the cap. Part units are not sold: rounded down. `where` names
    the warehouses in the reason.
    """
    left = int((available - held - buffer).to_integral_value(ROUND_FLOOR))
    reason = f"{_plain(available)} available{where}"
    if held:
        reason = f"{reason} - {_plain(held)} on orders not yet reserved"
    if buffer:
        reason = f"{reason} - {buffer} kept back"
    if left < 0:
        left, reason = 0, f"{reason} is below zero, so 0"
    if 0 < left < floor:
        left, reason = 0, f"{reason} is fewer than {floor}, so 0"
    if cap is not None and left > cap:
        left, reason = cap, f"{reason}, capped at {cap}"
    return Sellable(left, reason)


def available_in(quantities: Mapping[str, Decimal], warehouses: Sequence[str]) -> tuple[Decimal, str]:
    """What these warehouses have together (all of them when none is named), and words for where.

    A warehouse without a stock record of the item has none of it. A figure of the source for all warehouses
    together ("") counts only when no warehouse is named.
    """
    if not warehouses:
        return sum(quantities.values(), NONE), ""
    # One warehouse in two spellings is one warehouse: what is in it is sold once.
    found: dict[str, str] = {}
    for name in warehouses:
        key = key_of(quantities, name)
        if key is not None:
            found.setdefault(key, name)
    if not found:
        return NONE, f" (no stock record in {', '.join(warehouses)})"
    return sum((quantities[key] for key in found), NONE), f" in {' + '.join(found.values())}"


def spread(held: Decimal, amounts: Sequence[Decimal]) -> list[Decimal]:
    """Take what is held off several amounts, from the first on, none below zero; what is left over is taken
    off the last one, so that the total is right."""
    left = []
    for amount in amounts:
        taken = min(held, max(amount, NONE))
        held -= taken
        left.append(amount - taken)
    if left and held:
        left[-1] -= held
    return left


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
