"""Prices, quantities, weights and texts out of a row, and what is wrong with those that cannot be used.

Pure. An amount is read the way it came or not at all: nothing is guessed of a comma or a currency sign.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

SKU_MAX = 100
MONEY = Decimal("0.0001")
MONEY_LIMIT = Decimal(10) ** 11
"""Amounts and quantities from here on are no real ones."""
DOUBLE_NOISE = Decimal("0.000001")
"""A price kept as a floating point number in the database comes with noise below this; it is rounded off."""
NONE = Decimal("NaN")
"""Stands for a blank price; only ever compared by identity."""

is_plain = re.compile(r"[0-9]{1,11}(?:\.[0-9]{1,4})?").fullmatch
"""How nearly all amounts, quantities and weights come; nothing has to be said about them."""


class Unusable(Exception):
    """A row that cannot be used, with what to do about it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Amounts:
    """Reads the amounts of a batch. The same few texts come again and again, so each is read once.

    `note` takes code, message and hint of what is to be known of a row that is used all the same.
    """

    def __init__(
        self, quantity_name: str, grams_per_unit: Decimal, note: Callable[[str, str, str], None]
    ) -> None:
        self._quantity_name = quantity_name
        self._grams_per_unit = grams_per_unit
        self._note = note
        self._prices: dict[str, Decimal] = {}
        self._quantities: dict[str, Decimal] = {}
        self._weights: dict[str, int] = {}
        self._plain: dict[str, Decimal] = {}

    def plain(self, text: str | None) -> Decimal | None:
        """A price or quantity that nothing has to be said about, as nearly all are; None for any other."""
        if not text:
            return None
        known = self._plain.get(text)
        if known is None and is_plain(text):
            known = self._plain[text] = Decimal(text)
        return known

    def price(self, code: str, column: str, text: str) -> Decimal:
        """At most 4 decimals; NONE for a blank one. Raises Unusable."""
        known = self._prices.get(text)
        if known is not None:
            return known
        shown = text.strip()[:60]
        price = number(text.strip()) if shown else NONE
        if price is None:
            raise Unusable(
                f'{code}: {column} is "{shown}", which is no number.',
                "Correct the selling price in Omni, or let the product query yield it with a decimal point.",
            )
        if price is not NONE and price < 0:
            raise Unusable(
                f"{code}: {column} is {shown}, less than nothing.", "Correct the selling price in Omni."
            )
        rounded = price if price is NONE else price.quantize(MONEY, ROUND_HALF_UP)
        if rounded is NONE or rounded == price:
            # There is nothing to say of it, so it need not be looked at again.
            self._prices[text] = price
            return price
        if abs(rounded - price) > DOUBLE_NOISE:
            self._note(
                code,
                f"{code}: {column} is {shown}, more than 4 decimals: {rounded} was used.",
                "Round the selling price in Omni or in the product query.",
            )
        return rounded

    def quantity(self, code: str, text: str) -> Decimal:
        """Negative is 0; no value at all is 0 too: the item has no stock record. Raises Unusable."""
        known = self._quantities.get(text)
        if known is not None:
            return known
        quantity = number(text.strip()) if text.strip() else Decimal(0)
        if quantity is None:
            raise Unusable(
                f'{code}: {self._quantity_name} is "{text.strip()[:60]}", which is no number.',
                "Let the product query yield the available quantity as a number with a decimal point.",
            )
        quantity = max(quantity, Decimal(0))
        self._quantities[text] = quantity
        return quantity

    def grams(self, code: str, text: str) -> int:
        """Whole grams; blank is 0. Raises Unusable."""
        known = self._weights.get(text)
        if known is not None:
            return known
        weight = number(text.strip() or "0")
        if weight is None or weight < 0:
            raise Unusable(
                f'{code}: WEIGHT is "{text.strip()[:60]}", which is no weight.',
                "Correct the weight in Omni, or leave WEIGHT out of the product query.",
            )
        grams = int((weight * self._grams_per_unit).quantize(Decimal(1), ROUND_HALF_UP))
        self._weights[text] = grams
        return grams


def number(text: str) -> Decimal | None:
    """A finite number of a believable size, or None. Python's own extras (1_000, NaN) are none."""
    if is_plain(text):
        return Decimal(text)
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    if "_" in text or not text.isascii() or not found.is_finite() or not -MONEY_LIMIT < found < MONEY_LIMIT:
        return None
    return found


def check_text(code: str, column: str, text: str, longest: int) -> None:
    """Raises Unusable for a text that is too long or cannot be stored."""
    if len(text) > longest:
        raise Unusable(
            f"{code[:SKU_MAX]}: {column} has {len(text)} characters, more than {longest}.",
            f"Shorten {column} in Omni.",
        )
    if "\x00" in text:
        raise Unusable(
            f"{code}: {column} holds a NUL character.",
            f"Type {column} anew in Omni.",
        )
