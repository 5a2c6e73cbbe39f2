"""Names of price lists, warehouses and attributes, as sources send them and as operators write them.

They are compared regardless of case everywhere (docs/adr/0024): SELLINGPRICE2 in Omni is sellingprice2 to a
source, and both mean the same price list wherever somebody names it. Never guesses beyond that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


def folded(name: str) -> str:
    """As names are compared."""
    return name.strip().casefold()


def value_of(values: Mapping[str, T], name: str) -> T | None:
    """The value under this name; the very same spelling comes before another one. None when there is none."""
    found = values.get(name)
    return _folded_value(values, name) if found is None else found


def _folded_value(values: Mapping[str, T], name: str) -> T | None:
    wanted = folded(name)
    return next((value for key, value in values.items() if folded(key) == wanted), None)


class ByName(dict[str, object]):
    """What templates look names up in: regardless of case, the very same spelling first. With `prefixes` only
    names that begin with one of them are looked up so."""

    def __init__(self, values: Mapping[str, object], prefixes: tuple[str, ...] = ("",)) -> None:
        super().__init__(values)
        self._prefixes = prefixes

    def __missing__(self, name: str) -> object:
        wanted = folded(name)
        if wanted.startswith(self._prefixes):
            for key, value in self.items():
                if folded(key) == wanted:
                    return value
        raise KeyError(name)
