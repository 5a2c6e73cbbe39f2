"""Names of price lists, warehouses and attributes, as sources send them and as operators write them.

They are compared regardless of case everywhere (docs/adr/0024): SELLINGPRICE2 in Omni is sellingprice2 to a
source, and both mean the same price list wherever somebody names it. Never guesses beyond that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from stockwire.domain.templates import Named

T = TypeVar("T")


LONGEST = 100


def wrong_name(name: str) -> str:
    """Why no price list, warehouse or attribute can be called this, or ""."""
    if len(name.strip()) > LONGEST:
        return f"has a name of {len(name.strip())} letters, and at most {LONGEST} are kept"
    return "has a NUL character in its name" if "\x00" in name else ""


def folded(name: str) -> str:
    """As names are compared."""
    return name.strip().casefold()


def value_of(values: Mapping[str, T], name: str) -> T | None:
    """The value under this name; the very same spelling comes before another one. None when there is none."""
    found = values.get(name)
    if found is None:
        key = key_of(values, name)
        return None if key is None else values[key]
    return found


def key_of(values: Mapping[str, object], name: str) -> str | None:
    """How this name is spelt among these, the very same spelling first. None when it is not there."""
    if name in values:
        return name
    wanted = folded(name)
    return next((key for key in values if folded(key) == wanted), None)


class ByName(Named):
    """What templates look names up in: regardless of case, the very same spelling first. With `prefixes` only
    names that begin with one of them are looked up so."""

    def __init__(self, values: Mapping[str, object], prefixes: tuple[str, ...] = ("",)) -> None:
        super().__init__(values)
        self.prefixes = prefixes

    def __missing__(self, name: str) -> object:
        wanted = folded(name)
        if wanted.startswith(self.prefixes):
            for key, value in self.items():
                if folded(key) == wanted:
                    return value
        raise KeyError(name)
