"""How WordPress treats text: slugs, trimmed and stripped fields, paragraphs, escaped names, decimals.

Pure functions; each follows what the recorded shop did.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

LETTERS = str.maketrans({"Ø": "O", "ø": "o", "ß": "ss", "Æ": "AE", "æ": "ae", "Đ": "D", "đ": "d"})


def slug(name: str) -> str:
    """`Câble de frein Ø1.6` -> `cable-de-frein-o1-6`."""
    plain = unicodedata.normalize("NFKD", name.translate(LETTERS)).encode("ascii", "ignore").decode()
    plain = re.sub(r"&[a-z0-9#]+;", "", plain.lower())
    return re.sub(r"[^a-z0-9_]+", "-", plain).strip("-")


def cleaned(value: Any) -> str:
    """One line: tags gone, blanks run together, outer blanks cut."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", str(value))).strip()


def escaped(name: str) -> str:
    """A name as the shop gives it back: a bare & becomes &amp;.

    Recorded for categories. ASSUMPTION: names of products are treated alike; none with an & was recorded.
    """
    return re.sub(r"&(?!#?\w+;)", "&amp;", name)


def paragraphs(text: str) -> str:
    """What a description looks like when read: bare text in <p>, a line break behind."""
    if not text:
        return ""
    return f"{text}\n" if text.startswith("<") else f"<p>{text}</p>\n"


def decimal_text(value: Any) -> str:
    """WooCommerce's wc_format_decimal: everything but digits, minus and the last dot is dropped.

    So `abc` becomes empty and `13,90` becomes `1390`.
    """
    return re.sub(r"\.(?![^.]+$)|[^0-9.-]", "", cleaned(value))


def amount(value: Any) -> Decimal:
    """Text as a Decimal, 0 for what is no number."""
    try:
        return Decimal(decimal_text(value) or "0")
    except InvalidOperation:
        return Decimal(0)


def cents(value: Decimal) -> str:
    """Two decimals, half up."""
    return str(value.quantize(Decimal("0.01"), ROUND_HALF_UP))


def six(value: Decimal) -> Decimal:
    """The precision in which the shop stores amounts."""
    return value.quantize(Decimal("0.000001"), ROUND_HALF_UP)
