"""The discounts of an order spread anew over its item lines, so that every line bears its share.

Pure. Shops state line totals after discount, each in its own way: a coupon may have come off one line only.
What the customer paid never changes by this, nor does the VAT: lines share only with lines of the same tax.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from stockwire.domain.records import OrderLine

CENT = Decimal("0.01")


def spread(lines: Sequence[OrderLine]) -> list[OrderLine]:
    """The lines with new totals: pro rata to their totals before discount, excluding VAT, in whole cents;
    what is left over goes on the last line of each tax (ASSUMPTION: the guide names no rule).

    Lines that a shop made dearer instead of cheaper, or that cost nothing, stay as they are.
    """
    places: dict[frozenset[tuple[str, Decimal | None]], list[int]] = {}
    for place, line in enumerate(lines):
        tax = frozenset((tax_line.code, tax_line.rate) for tax_line in line.tax_lines)
        places.setdefault(tax, []).append(place)
    totals = [line.total_excl_tax for line in lines]
    for group in places.values():
        shares = _shares(
            [lines[place].subtotal_excl_tax for place in group], [totals[place] for place in group]
        )
        for place, share in zip(group, shares, strict=True):
            totals[place] = share
    return [replace(line, total_excl_tax=total) for line, total in zip(lines, totals, strict=True)]


def _shares(before: Sequence[Decimal], after: Sequence[Decimal]) -> list[Decimal]:
    whole, paid = sum(before, Decimal(0)), sum(after, Decimal(0))
    if whole <= paid or whole <= 0 or min(before) < 0 or min(after) < 0:
        return list(after)
    shares = [_cents(subtotal * paid / whole) for subtotal in before]
    left_over = sum(map(_cents, after), Decimal(0)) - sum(shares, Decimal(0))
    # A last line of a few cents may be too small to bear what is left over: then the dearest line does.
    bearer = len(shares) - 1
    if shares[bearer] + left_over < 0:
        bearer = max(range(len(shares)), key=shares.__getitem__)
    shares[bearer] += left_over
    return shares


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
