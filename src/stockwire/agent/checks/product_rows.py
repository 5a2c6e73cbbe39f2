"""Where products come from: is it accepted, has it the columns, and what do its rows hold.

One reading of all rows through the very decoding and translation that a real reading uses; nothing is sent.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence

from stockwire.agent.checks import product_words as say
from stockwire.agent.checks.check import some
from stockwire.agent.checks.database import major
from stockwire.agent.checks.product_facts import PRICE, WORDS, Keyed, ProductFacts, gather
from stockwire.agent.config import DatabaseSettings
from stockwire.agent.firebird import Snapshot, describe_columns, open_database
from stockwire.agent.product_query import KEY, MARK, ProductQuery, bracketed
from stockwire.connectors.omni.settings import OmniSettings
from stockwire.errors import StockwireError
from stockwire.ports import Finding

LONGEST_VALUE = 40


class QueryCheck:
    """Products from the product query. Iterate `look`; afterwards `facts` holds what the rows told, None
    where they could not be read."""

    def __init__(self, database: DatabaseSettings, source: OmniSettings, version: str) -> None:
        self._database = database
        self._source = source
        self._version = version
        self.facts: ProductFacts | None = None

    def look(self) -> Iterator[Finding]:
        query = self._database.product_query
        try:
            with open_database(self._database) as database, database.snapshot() as snapshot:
                described = describe_columns(snapshot, bracketed(query), self._database.charset)
                names = [column.name for column in described]
                yield say.QUERY.says("accepted")
                columns = columns_found(names, self._source)
                yield columns
                if columns.state == "failed":
                    yield from (check.waits_for(say.COLUMNS) for check in say.CHECKS[2:])
                    return
                yield self._changes(names)
                wrapped = ProductQuery(query, described)
                try:
                    began = time.monotonic()
                    self.facts = gather(wrapped.columns, _pages(snapshot, wrapped), self._source)
                    self.facts.seconds = time.monotonic() - began
                except Exception as error:  # noqa: BLE001 - a driver's own exception, told in its words
                    yield from broke(error)
                    return
            yield from rows_found(self.facts, self._source)
        except StockwireError as error:
            yield self._refused(error)
            yield from (check.waits_for(say.QUERY) for check in say.CHECKS[1:])

    def _refused(self, error: StockwireError) -> Finding:
        why = (error.detail or error.message).rstrip(". ")
        if "may not read" in error.message:
            return say.QUERY.says("no_right", user=self._database.user, why=why)
        return say.QUERY.says("refused", why=why)

    def _changes(self, names: Sequence[str]) -> Finding:
        if MARK in {name.upper() for name in names}:
            return say.CHANGES.says("by_mark", version=self._version)
        return say.CHANGES.says("could" if major(self._version) >= 3 else "too_old", version=self._version)


def columns_found(names: Sequence[str], source: OmniSettings) -> Finding:
    upper = [name.upper() for name in names]
    if len(set(upper)) < len(upper):
        return say.COLUMNS.says("twice", column=next(name for name in upper if upper.count(name) > 1))
    wanted = [KEY, "DESCRIPTION", source.active_column, *source.price_map, source.quantity_column]
    missing = ", ".join(name for name in wanted if name.upper() not in upper)
    name = "missing" if missing else "there"
    return say.COLUMNS.says(name, missing=missing, count=len(names), columns=", ".join(names))


def rows_found(facts: ProductFacts, source: OmniSettings) -> Iterator[Finding]:
    """Everything the rows told, from the count on."""
    if not facts.rows:
        yield say.ROWS.says("none")
        yield from (check.waits_for(say.ROWS) for check in say.CHECKS[4:])
        return
    yield say.ROWS.says("counted", count=f"{facts.rows:,}", seconds=f"{facts.seconds:.1f}")
    yield say.SAMPLE.says("rows", count=len(facts.sample), rows=" | ".join(map(_shown, facts.sample)))
    yield _active(facts, source.active_column.upper())
    blank = facts.blank_codes
    yield say.CODES.says("blank", count=f"{blank:,}") if blank else say.CODES.says("all")
    yield _collisions(facts)
    yield _values(facts.problems)
    yield _prices(facts, source)
    yield _warehouses(facts)
    yield _extra_details(facts)


def broke(error: Exception) -> Iterator[Finding]:
    yield say.ROWS.says("broke", why=" ".join(str(error).split()))
    yield from (check.waits_for(say.ROWS) for check in say.CHECKS[4:])


def _pages(snapshot: Snapshot, query: ProductQuery) -> Iterator[list[Keyed]]:
    for page in snapshot.pages(query.select(since=False)):
        raws = [b"".join(row) for row in page]
        yield [(query.key_of(raw), _values_or_reason(query, raw)) for raw in raws]


def _values_or_reason(query: ProductQuery, raw: bytes) -> list[str | None] | str:
    try:
        return query.values_of(raw)
    except ValueError as reason:
        return str(reason)


def _active(facts: ProductFacts, column: str) -> Finding:
    counts = facts.words[column]
    if not counts["ACTIVE"]:
        best = max(facts.words, key=lambda name: facts.words[name]["ACTIVE"])
        if count := facts.words[best]["ACTIVE"]:
            return say.ACTIVE.says("elsewhere", column=column, other=best, count=f"{count:,}")
        return say.ACTIVE.says("none_active", column=column)
    shown = {word.lower(): f"{counts[word]:,}" for word in WORDS} | {"blank": f"{counts['']:,}"}
    others = Counter({word: n for word, n in counts.items() if word not in {*WORDS, ""}})
    if not others:
        return say.ACTIVE.says("counted", column=column, **shown)
    words = some([f'"{word}" on {n:,}' for word, n in others.most_common()])
    return say.ACTIVE.says("unknown_words", column=column, other=f"{others.total():,}", words=words, **shown)


def _collisions(facts: ProductFacts) -> Finding:
    if facts.twice:
        return say.COLLISIONS.says("twice", count=f"{len(facts.twice):,}", codes=some(sorted(facts.twice)))
    met: set[str] = set()
    spelt: dict[str, list[str]] = {}
    for folded in (code.casefold() for code in facts.codes):
        if folded in met:
            spelt[folded] = []
        met.add(folded)
    if not spelt:
        return say.COLLISIONS.says("none")
    for code in sorted(facts.codes):
        spelt.get(code.casefold(), []).append(code)
    same = sorted(" and ".join(codes) for codes in spelt.values())
    return say.COLLISIONS.says("case", count=f"{len(same):,}", codes=some(same))


def _values(problems: list[str]) -> Finding:
    if problems:
        return say.VALUES.says("problems", count=f"{len(problems):,}", first=" ".join(problems[:3]))
    return say.VALUES.says("good")


def _prices(facts: ProductFacts, source: OmniSettings) -> Finding:
    lists = {column.upper(): name for column, name in source.price_map.items()}
    for column in lists:
        if codes := facts.unpriced.get(column):
            return say.PRICES.says("no_price", count=f"{len(codes):,}", column=column, codes=some(codes, 3))
    further = sorted(name for name in {*facts.filled, *facts.unpriced} if PRICE.fullmatch(name))
    found = {**lists, **{name: name.lower() for name in further if name not in lists}}
    shown = [f"{name} from {column} (on {facts.filled[column]:,} rows)" for column, name in found.items()]
    return say.PRICES.says("found", lists="; ".join(shown) or "none")


def _warehouses(facts: ProductFacts) -> Finding:
    if not facts.warehouses:
        return say.WAREHOUSES.says("one")
    named = {name: n for name, n in facts.warehouses.items() if name}
    shown = "; ".join(f"{name} ({n:,} rows)" for name, n in sorted(named.items())) or "none"
    if blank := facts.warehouses[""]:
        return say.WAREHOUSES.says("blank", count=f"{blank:,}", warehouses=shown)
    return say.WAREHOUSES.says("found", warehouses=shown)


def _extra_details(facts: ProductFacts) -> Finding:
    filled = [(facts.filled[name], name) for name in facts.words if facts.filled[name]]
    if not filled:
        return say.SF046.says("not_seen")
    count, column = max(filled)
    return say.SF046.says("on", column=column, count=f"{count:,}")


def _shown(row: dict[str, str | None]) -> str:
    return ", ".join(f"{name}={_short(value)}" for name, value in row.items())


def _short(value: str | None) -> str:
    text = " ".join((value or "").split())
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."
