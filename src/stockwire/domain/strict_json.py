"""JSON as it may be sent: numbers exact, no key twice, no NaN, nothing endlessly nested.

Python's own reader does the reading; this says what it must not let through, and where that stands.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation

DEEPEST = 50
LONGEST_NUMBER = 100
DIGITS = 40

# A string that does not end counts as one to the end of the text, or each quote in it would be tried in turn.
_TOKENS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[][{}:]|-?Infinity|NaN|-?[0-9][-+0-9.eE]*+', re.DOTALL)


class NotJSON(ValueError):
    """What is wrong, and at which character of the text, from 0. `hint` is "" for what is not JSON at all."""

    def __init__(self, message: str, offset: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint


def loads(text: str) -> object:
    """The value: dict, list, str, int, Decimal for a number with a point or exponent, bool or None.

    Raises NotJSON for what is not JSON and for what Python's reader would let through: a key that comes
    twice, NaN and Infinity, numbers of more than 40 digits, nesting deeper than 50.
    """
    if text.count("[") + text.count("{") > DEEPEST:
        refused = _refused(text)
        if refused is not None and refused.message.startswith("nested"):
            raise refused
    try:
        return json.loads(
            text,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as problem:
        raise _malformed(problem) from None
    except _Refused as problem:
        raise _refused(text) or NotJSON(str(problem), 0, "Correct the map.") from None


class _Refused(ValueError):
    """Something that is refused was met; where it stands is looked up afterwards."""


def _malformed(problem: json.JSONDecodeError) -> NotJSON:
    """The reader's words, except for a comma too many: there each version of Python says something else."""
    text, at = problem.doc, problem.pos
    before = text[:at].rstrip()
    comma = at if text[at : at + 1] == "," else len(before) - 1
    closes = text[comma + 1 :].lstrip()[:1]
    outside = problem.msg.startswith(("Expecting", "Illegal trailing comma"))
    if outside and text[comma : comma + 1] == "," and closes in ("]", "}"):
        return NotJSON(f"a comma stands before the closing {closes}", comma)
    said = problem.msg.removesuffix(" at").removesuffix(" starting")
    return NotJSON(f"{said[0].lower()}{said[1:]}", at)


def _decimal(text: str) -> Decimal:
    try:
        amount = Decimal(text) if len(text) <= LONGEST_NUMBER else None
    except InvalidOperation:
        amount = None
    if amount is None or not -DIGITS <= amount.adjusted() < DIGITS:
        raise _Refused("a number is too long")
    return amount


def _integer(text: str) -> int:
    if len(text) > DIGITS:
        raise _Refused("a number is too long")
    return int(text)


def _constant(text: str) -> object:
    raise _Refused(f"{text} is not JSON")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _Refused("a key comes twice")
    return made


def _refused(text: str) -> NotJSON | None:
    """The first thing in the text that is refused although it may be well-formed."""
    keys: list[set[str]] = []
    string = ""
    at = 0
    for found in _TOKENS.finditer(text):
        part = found.group()
        if part[0] == '"':
            string, at = part, found.start()
        elif part in "[{":
            keys.append(set())
            if len(keys) > DEEPEST:
                return NotJSON(f"nested deeper than {DEEPEST}", found.start(), "Use fewer brackets.")
        elif part in "]}":
            if keys:
                keys.pop()
        elif part == ":":
            key = _key(string)
            if keys and key in keys[-1]:
                said = f"the key {json.dumps(key, ensure_ascii=False)} comes twice"
                return NotJSON(said, at, "Leave one of the two out.")
            if keys:
                keys[-1].add(key)
        elif part.endswith(("NaN", "Infinity")):
            return NotJSON(f"{part} is not JSON", found.start(), "Write a number, or null.")
        elif _too_long(part):
            return NotJSON(f"a number of more than {DIGITS} digits", found.start(), "Write it as text.")
    return None


def _key(string: str) -> str:
    """What the key says; two spellings of one key are the same key."""
    try:
        return str(json.loads(string))
    except ValueError:
        return string


def _too_long(number: str) -> bool:
    try:
        if number.lstrip("-").isdigit():
            _integer(number)
        else:
            _decimal(number)
    except _Refused:
        return True
    return False
