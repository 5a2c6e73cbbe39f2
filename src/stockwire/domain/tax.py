"""Prices with and without tax, for a channel that shows the one where the source holds the other.

For prices that are shown and sent. Amounts of an order are never recomputed with it (see totals.py).
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

CENT = Decimal("0.01")
# Only the result is rounded, and only once: half up to the cent, from far more digits than a price has.
_EXACT = Context(prec=50, rounding=ROUND_HALF_UP)


def price_incl(price_excl: Decimal, rate: Decimal) -> Decimal:
    """The price with tax, to the cent. `rate` is a percentage: 15 is 15 %. ValueError if it is negative."""
    return _cents(_EXACT.multiply(price_excl, _factor(rate)))


def price_excl(price_incl: Decimal, rate: Decimal) -> Decimal:
    """The price without tax, to the cent. `rate` is a percentage: 15 is 15 %. ValueError if it is negative.

    Undoes price_incl exactly for prices in whole cents. The other way round it may miss by a cent, because
    several inclusive prices have the same exclusive one.
    """
    return _cents(_EXACT.divide(price_incl, _factor(rate)))


def _factor(rate: Decimal) -> Decimal:
    if not rate.is_finite() or rate < 0:
        raise ValueError(f"A tax rate of {rate} % makes no sense; 15 means 15 %.")
    return _EXACT.add(1, _EXACT.divide(rate, 100))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, context=_EXACT)
