"""Prices and quantities on their way to a shop, checked as the shop does not. Pure.

A price that is no number wipes the price at one shop, a decimal comma multiplies it by 100 at another, and
rows of a batch are not checked at all. So nothing that is not a plain number gets past here.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation

from stockwire.errors import Refused

_LARGEST_PRICE = Decimal("1e12")


def money(sku: str, name: str, value: object, decimals: int, notes: list[str]) -> str:
    """A price as a shop takes it: text with a dot, rounded half up. Raises Refused for what is none."""
    if value is None:
        raise Refused(
            f"{sku}: the product has no {name}, and without one the shop cannot sell it.",
            hint="Give it a price in the price list this channel uses.",
        )
    amount = number(sku, name, value)
    if amount >= _LARGEST_PRICE:
        raise Refused(f"{sku}: the {name} {amount:f} is too large.", hint="Correct it in the source.")
    rounded = amount.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    if rounded != amount:
        notes.append(f"{sku}: {name} {amount:f} was rounded to {rounded:f}.")
    return f"{rounded:f}"


def quantity(sku: str, value: object, most: int, notes: list[str]) -> int:
    """A stock figure as a shop takes it: whole, not below 0, not above `most`. Raises Refused for what is
    none."""
    if value is None:
        raise Refused(
            f"{sku}: there is no stock figure for this product.",
            hint="Give it a quantity in the warehouse this channel sells from, or stop sending stock.",
        )
    exact = number(sku, "stock", value, negative=True)
    whole = int(exact.to_integral_value(ROUND_FLOOR))
    if whole != exact:
        notes.append(f"{sku}: stock {exact:f} was rounded down, because the shop counts in whole units.")
    if whole < 0:
        notes.append(f"{sku}: stock {exact:f} was sent as 0.")
    if whole > most:
        notes.append(f"{sku}: stock {exact:f} was sent as {most}, the most the shop takes.")
    return min(max(whole, 0), most)


def number(sku: str, name: str, value: object, *, negative: bool = False) -> Decimal:
    """A Decimal or int that is finite and, unless allowed, not negative. Raises Refused naming the SKU."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise Refused(
            f"{sku}: the {name} {value!r} is not a number.", hint="Correct it in the source and sync again."
        )
    amount = Decimal(value)
    if not amount.is_finite():
        raise Refused(f"{sku}: the {name} {value} is not a number.", hint="Correct it in the source.")
    if amount < 0 and not negative:
        raise Refused(
            f"{sku}: the {name} {amount:f} is negative, and the shop would sell at it.",
            hint="Correct it in the source and sync again.",
        )
    return abs(amount) if amount == 0 else amount


def decimal_or_none(value: object) -> Decimal | None:
    """A number of a shop's, None where it is empty or none."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
