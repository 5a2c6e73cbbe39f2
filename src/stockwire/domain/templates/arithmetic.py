"""The helper `calculate`: arithmetic on text, exact and bounded.

Reads numbers, + - * / and brackets, and round(amount, decimals). Nothing is evaluated by Python itself.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal

from stockwire.domain.templates.errors import shown

LONGEST = 1_000
DIGITS = 40
DECIMALS = 10
DEPTH = 20

# Wide enough that rounding the largest number to DECIMALS never overflows the precision.
_CONTEXT = Context(prec=DIGITS + DECIMALS + 10, rounding=ROUND_HALF_UP)
_TOO_LARGE = Decimal(10) ** DIGITS
_TOKEN = re.compile(r"\s*(?:([0-9]+(?:\.[0-9]*)?|\.[0-9]+)|(round(?=\s*\()|[-+*/(),]))")
_AMOUNT = re.compile(r"\s*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)\s*")
_ONLY = "A calculation has numbers, + - * / and brackets, and round(amount, 2)."


class CalculationError(Exception):
    """What is wrong with the calculation, and what to do about it."""

    def __init__(self, message: str, hint: str = _ONLY) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def calculate(text: str) -> str:
    """The result as plain digits, rounded half up to 10 decimals at the end, without trailing zeros.

    When round(amount, n) is the whole calculation, the result has exactly n decimals. Intermediate results
    are kept to 60 significant digits. Raises CalculationError.
    """
    if len(text) > LONGEST:
        raise CalculationError(f"the calculation is longer than {LONGEST:,} characters", "Make it shorter.")
    tokens = _tokens(text)
    if not tokens:
        raise CalculationError(
            "there is nothing to calculate", "Check that the fields in the calculation have a value."
        )
    reader = _Reader(text, tokens)
    value = reader.read()
    if reader.at < len(tokens):
        raise reader.unexpected()
    if reader.whole_rounded is not None:
        return _plain(value, reader.whole_rounded)
    return _plain(value, DECIMALS).rstrip("0").rstrip(".")


def is_amount(text: str) -> bool:
    """Whether a value can stand in a calculation: one number, with a sign or without."""
    return _AMOUNT.fullmatch(text) is not None


def _tokens(text: str) -> list[Decimal | str]:
    tokens: list[Decimal | str] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            raise CalculationError(
                f"{shown(text[at:end].lstrip())} in {shown(text)} cannot be calculated with"
            )
        number, sign = found.groups()
        if number is None:
            tokens.append(sign)
        elif len(number.lstrip("0").replace(".", "")) > DIGITS:
            raise CalculationError(
                f"{shown(number)} has more than {DIGITS} digits", "Check the field it comes from."
            )
        else:
            tokens.append(Decimal(number))
        at = found.end()
    return tokens


class _Reader:
    """Reads one calculation from left to right: sums of products of signed numbers and brackets."""

    def __init__(self, text: str, tokens: list[Decimal | str]) -> None:
        self.text = text
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        self.whole_rounded: int | None = None

    def read(self) -> Decimal:
        value = self._product()
        while (sign := self._next("+", "-")) is not None:
            other = self._product()
            value = self._kept(_CONTEXT.add(value, other) if sign == "+" else _CONTEXT.subtract(value, other))
        return value

    def _product(self) -> Decimal:
        value = self._signed()
        while (sign := self._next("*", "/")) is not None:
            other = self._signed()
            if sign == "/" and not other:
                raise CalculationError(
                    f"{shown(self.text)} divides by zero", "Check the field that the amount is divided by."
                )
            value = self._kept(
                _CONTEXT.multiply(value, other) if sign == "*" else _CONTEXT.divide(value, other)
            )
        return value

    def _signed(self) -> Decimal:
        negative = False
        while (sign := self._next("+", "-")) is not None:
            negative = negative != (sign == "-")
        value = self._amount()
        return value.copy_negate() if negative else value

    def _amount(self) -> Decimal:
        part = self.tokens[self.at] if self.at < len(self.tokens) else None
        if isinstance(part, Decimal):
            self.at += 1
            return part
        if part == "(":
            self.at += 1
            value = self._inside()
            self._expect(")")
            return value
        if part == "round":
            return self._rounded()
        raise self.unexpected()

    def _rounded(self) -> Decimal:
        begins = self.at
        self.at += 2
        value = self._inside()
        self._expect(",")
        places = self.tokens[self.at] if self.at < len(self.tokens) else None
        if not isinstance(places, Decimal) or places != int(places) or places > DECIMALS:
            raise CalculationError(
                f"round in {shown(self.text)} does not say to how many decimals",
                f"Write round(amount, 2), with 0 to {DECIMALS} decimals.",
            )
        self.at += 1
        self._expect(")")
        if begins == 0 and self.at == len(self.tokens):
            self.whole_rounded = int(places)
        return value.quantize(Decimal(1).scaleb(-int(places)), context=_CONTEXT)

    def _inside(self) -> Decimal:
        self.depth += 1
        if self.depth > DEPTH:
            raise CalculationError(f"more than {DEPTH} brackets are open at once", "Use fewer brackets.")
        value = self.read()
        self.depth -= 1
        return value

    def _next(self, *signs: str) -> str | None:
        part = self.tokens[self.at] if self.at < len(self.tokens) else None
        if not isinstance(part, str) or part not in signs:
            return None
        self.at += 1
        return part

    def _expect(self, sign: str) -> None:
        if self._next(sign) is None:
            if self.at < len(self.tokens):
                raise self.unexpected()
            raise CalculationError(f"{shown(sign)} is missing at the end of {shown(self.text)}")

    def _kept(self, value: Decimal) -> Decimal:
        if value.copy_abs() >= _TOO_LARGE:
            raise CalculationError(
                f"{shown(self.text)} comes to more than {DIGITS} digits",
                "Check the fields in the calculation.",
            )
        return value

    def unexpected(self) -> CalculationError:
        """What to say when something else must stand here, most often a number that was an empty field."""
        if self.at >= len(self.tokens):
            return CalculationError(
                f"{shown(self.text)} ends where a number must follow",
                "Check that every field in the calculation has a value.",
            )
        part = self.tokens[self.at]
        if isinstance(part, Decimal):
            return CalculationError(f"a sign is missing before {part:f} in {shown(self.text)}")
        if part == ",":
            return CalculationError(
                f"there is a comma in {shown(self.text)}",
                "Write decimals with a point, and no thousands sign.",
            )
        return CalculationError(
            f"a number is missing before {shown(part)} in {shown(self.text)}",
            "Check that every field in the calculation has a value.",
        )


def _plain(value: Decimal, places: int) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-places), context=_CONTEXT)
    return f"{rounded if rounded else rounded.copy_abs():f}"
