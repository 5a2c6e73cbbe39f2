"""Which price a channel shows: its price list, or the retail one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import NamedTuple

from stockwire.domain.names import value_of

# The guide's table: SELLINGPRICE1 is variants.retail_price, the price list everybody has.
RETAIL = "retail"
CENT = Decimal("0.01")


class Priced(NamedTuple):
    """`price` is to the cent. None means it must not be offered, and `reason` and `hint` say why. `listed` is
    what the price list holds, not yet rounded."""

    price: Decimal | None
    reason: str
    hint: str = ""
    listed: Decimal = Decimal(0)


def price_for(sku: str, tiers: Mapping[str, Decimal], tier: str) -> Priced:
    """The price of an SKU in a price list ("" is the retail list), rounded half up to the cent.

    A missing price and a price of zero are both no price: an item must never go out for nothing by mistake.
    """
    name = tier or RETAIL
    amount = value_of(tiers, name)
    if amount is None:
        return Priced(
            None,
            f"{sku} has no price in the price list {name!r}.",
            "Give the item a selling price in Omni, or choose another price list for this channel.",
        )
    price = amount.quantize(CENT, ROUND_HALF_UP)
    if price <= 0:
        return Priced(
            None,
            f"{sku} has a price of R{price} in the price list {name!r}, so its price is not sent.",
            "Give the item a selling price in Omni, or set it to DELETE to take it off the channels.",
        )
    return Priced(price, f"price list {name}", listed=amount)


def free_of_charge(values: Mapping[str, object]) -> str:
    """The first of these prices that is nothing or less, "" when there is none. A text may be a number; what
    is no number at all is for the channel's connector to judge."""
    for name, value in values.items():
        try:
            if not isinstance(value, bool) and Decimal(str(value)) <= 0:
                return name
        except InvalidOperation:
            continue
    return ""
