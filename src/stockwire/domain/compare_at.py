"""The compare-at price: what a shop strikes through beside the price it asks."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class CompareAt:
    """`price` is to the cent; None means none is shown, and one that the channel still shows is taken off."""

    price: Decimal | None
    reason: str


def compare_at(price: Decimal | None, was: Decimal | None) -> CompareAt:
    """`was` if it is above the price at the cent, otherwise none.

    The published rules differ for an equal amount (left out when "lower than the price", sent to Shopify when
    "at least the price"). Here equal is left out on every channel: a sale that takes nothing off is none.
    """
    if was is None or was <= 0:
        return CompareAt(None, "no compare-at price")
    if price is None:
        return CompareAt(None, "no price to compare with")
    struck = was.quantize(CENT, ROUND_HALF_UP)
    asked = price.quantize(CENT, ROUND_HALF_UP)
    if struck <= asked:
        return CompareAt(None, f"R{struck} is not above the price of R{asked}, so it is not shown")
    return CompareAt(struck, f"above the price of R{asked}")
