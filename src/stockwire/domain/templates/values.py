"""How a value is written out: text escaped, numbers in plain digits, and what cannot be written refused."""

from __future__ import annotations

import json.encoder
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from stockwire.domain.templates.errors import shown
from stockwire.domain.templates.nodes import Escape

LONGEST_NUMBER = 100

Quote = Callable[[str], str]


class Unprintable(Exception):
    """A value that no template can write, and what to do about it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def written(value: object, path: str, quote: Quote | None) -> str:
    """The value as text; text itself goes through `quote`. None is nothing. Raises Unprintable."""
    if isinstance(value, str):
        return value if quote is None else quote(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return _number(value, path)
    raise _unprintable(value, path)


def html_quoted(text: str) -> str:
    """Mustache escapes these four and leaves the apostrophe."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    return text.replace('"', "&quot;") if '"' in text else text


def json_quoted(text: str) -> str:
    """The text as it may stand between the quotes of a JSON string."""
    return json.encoder.encode_basestring(text)[1:-1]


QUOTES: dict[Escape, Quote | None] = {"html": html_quoted, "json": json_quoted, "none": None}


def _number(value: int | Decimal, path: str) -> str:
    # A short Decimal may stand for millions of digits: 1E+1000000. So its size is asked before it is printed.
    amount = value if isinstance(value, Decimal) else None
    if isinstance(value, int) and value.bit_length() < 4 * LONGEST_NUMBER:
        amount = Decimal(value)
    if amount is not None and amount.is_finite():
        exponent = amount.as_tuple().exponent
        if isinstance(exponent, int) and max(amount.adjusted(), 0) + max(-exponent, 0) < LONGEST_NUMBER:
            return f"{amount:f}"
    raise Unprintable(
        f"{path} is not a number that can be written out in {LONGEST_NUMBER} digits",
        "Correct the field it comes from.",
    )


def _unprintable(value: object, path: str) -> Unprintable:
    if isinstance(value, Mapping):
        return Unprintable(
            f"{path} is a group of fields and not a value",
            f"Name one of its fields, such as {{{{{path}.name}}}}, or open it with {{{{#{path}}}}}.",
        )
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return Unprintable(
            f"{path} is a list and not a value",
            f"Go through it with {{{{#{path}}}}}...{{{{/{path}}}}}, or name one, such as {{{{{path}.0}}}}.",
        )
    return Unprintable(
        f"{path} is of a kind that a template cannot write: {shown(type(value).__name__)}",
        "Leave it out, and report it: a template writes text, numbers, true and false.",
    )
