"""Texts that a spreadsheet would run as a formula: written with an apostrophe before them, read without it.

An attribute or a customer's name may hold anything, and somebody opens the export in a spreadsheet. What is
written and read again is the same text to the letter.
"""

from __future__ import annotations

_RUN = ("=", "+", "-", "@", "\t", "\r", "\n")
_GUARDED = (*_RUN, "'")


def guarded(text: str) -> str:
    """The text as it may stand in a cell. An apostrophe at the front is doubled, so that none is lost."""
    return f"'{text}" if text.startswith(_GUARDED) else text


def as_meant(cells: list[str]) -> list[str]:
    """The cells without the apostrophe that `guarded` put there; an apostrophe of the text's own stays."""
    return [cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in _GUARDED else cell for cell in cells]
