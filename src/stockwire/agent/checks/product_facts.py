"""What one reading of all product rows tells: counts and a few examples, never the rows themselves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from stockwire.agent.product_query import SEPARATOR, WAREHOUSE
from stockwire.connectors.omni.settings import OmniSettings
from stockwire.connectors.omni.translate import translate

SAMPLE_ROWS = 5
EXTRA = re.compile(r"EXTRADTLS\d+")
PRICE = re.compile(r"SELLINGPRICE\d+")
WORDS = ("ACTIVE", "DELETE", "IGNORE")

Keyed = tuple[str, list[str | None] | str]
"""A row: its key ("" without stock code; code and warehouse joined by SEPARATOR), and its values or what is
wrong with them."""


@dataclass(slots=True)
class ProductFacts:
    """`codes` holds every stock code as it is spelt; `words` counts per extra column what it says;
    `unpriced` the ACTIVE products without a price per price column."""

    rows: int = 0
    seconds: float = 0.0
    sample: list[dict[str, str | None]] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)
    twice: Counter[str] = field(default_factory=Counter)
    blank_codes: int = 0
    words: dict[str, Counter[str]] = field(default_factory=dict)
    filled: Counter[str] = field(default_factory=Counter)
    unpriced: dict[str, list[str]] = field(default_factory=dict)
    warehouses: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def gather(columns: Sequence[str], pages: Iterator[list[Keyed]], source: OmniSettings) -> ProductFacts:
    """Read all pages. Raises whatever reading raises."""
    gathering = _Gathering(columns, source)
    for page in pages:
        gathering.take(page)
    return gathering.facts


class _Gathering:
    def __init__(self, columns: Sequence[str], source: OmniSettings) -> None:
        self.facts = ProductFacts()
        self._columns = list(columns)
        self._source = source
        self._met: set[str] = set()
        self._at = {name.upper(): index for index, name in enumerate(columns)}
        self._active = self._at[source.active_column.upper()]
        self._extras = {name: index for name, index in self._at.items() if EXTRA.fullmatch(name)}
        self._extras[source.active_column.upper()] = self._active
        self._prices = {name: index for name, index in self._at.items() if PRICE.fullmatch(name)}
        self._prices |= {name.upper(): self._at[name.upper()] for name in source.price_map}
        self.facts.words = {name: Counter() for name in self._extras}

    def take(self, page: list[Keyed]) -> None:
        facts = self.facts
        usable: list[list[str | None]] = []
        for key, values in page:
            facts.rows += 1
            if not key:
                facts.blank_codes += 1
                continue
            code = key.split(SEPARATOR, 1)[0] if SEPARATOR in key else key
            facts.codes.add(code)
            if key in self._met:
                facts.twice[code] += 1
                continue
            self._met.add(key)
            if isinstance(values, str):
                facts.problems.append(f"{code}: {values}.")
                continue
            self._count(code, values)
            usable.append(values)
        _, problems = translate(self._columns, usable, self._source)
        facts.problems += [problem.message for problem in problems]

    def _count(self, code: str, values: list[str | None]) -> None:
        facts = self.facts
        if len(facts.sample) < SAMPLE_ROWS:
            facts.sample.append(dict(zip(self._columns, values, strict=True)))
        for name, index in self._extras.items():
            text = (values[index] or "").strip()
            if text:
                facts.filled[name] += 1
            if text.upper() in WORDS or index == self._active:
                facts.words[name][text.upper()[:30]] += 1
        active = (values[self._active] or "").strip().upper()
        if active not in WORDS:
            values[self._active] = ""  # counted above; the translation need not speak of it again
        for name, index in self._prices.items():
            if re.search("[1-9]", values[index] or ""):
                facts.filled[name] += 1
            elif active == "ACTIVE":
                facts.unpriced.setdefault(name, []).append(code)
        if WAREHOUSE in self._at:
            facts.warehouses[(values[self._at[WAREHOUSE]] or "").strip()] += 1
