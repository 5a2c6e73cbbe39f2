"""The `query` argument of lists: its syntax, and the index behind it, which lags behind what was written.

Words match without regard to case and by their parts, so a search for a SKU finds more than that SKU. A
filter that is not simulated is refused by name. Reads by id never come through here.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from graphql import GraphQLError

from stockwire.simulators.shopify.fields import not_simulated

Entry = dict[str, Any]
Test = Callable[[Entry], bool]
TOKEN = re.compile(
    r"""\s*(?:(?P<paren>[()])|(?P<minus>-)(?=[\w(])|
    (?:(?P<field>[A-Za-z_][\w.]*):(?P<compare><=|>=|<|>)?)?
    (?:'(?P<single>(?:\\.|[^'\\])*)'|"(?P<double>(?:\\.|[^"\\])*)"|(?P<bare>[^\s()'"]+)))""",
    re.VERBOSE,
)
WORDS = re.compile(r"\w+")


class Index:
    """What searches see of one kind of record: the state of `lag_s` ago."""

    def __init__(self, lag_s: float, *, exact_words: bool, zone: tzinfo = UTC) -> None:
        self.lag_s = lag_s
        self.exact_words = exact_words
        self.zone = zone
        self._entries: dict[str, dict[int, Entry]] = {}
        self._words: dict[str, dict[str, set[int]]] = {}
        self._waiting: deque[tuple[datetime, str, int, Entry | None]] = deque()

    def put(self, kind: str, number: int, entry: Entry | None, now: datetime) -> None:
        """Something was written (or deleted: None); searches see it after the lag."""
        if self.lag_s <= 0 and not self._waiting:
            self._apply(kind, number, entry)
        else:
            self._waiting.append((now + timedelta(seconds=max(0.0, self.lag_s)), kind, number, entry))

    def catch_up(self, now: datetime) -> None:
        """Let searches see what is old enough."""
        while self._waiting and self._waiting[0][0] <= now:
            _, kind, number, entry = self._waiting.popleft()
            self._apply(kind, number, entry)

    def settle(self, kind: str) -> None:
        """Let searches see everything of a kind now, as if it had been there long before."""
        waiting, self._waiting = self._waiting, deque()
        for due, name, number, entry in waiting:
            if name == kind:
                self._apply(name, number, entry)
            else:
                self._waiting.append((due, name, number, entry))

    def entry(self, kind: str, number: int) -> Entry | None:
        """One record as searches see it."""
        return self._entries.get(kind, {}).get(number)

    def find(self, kind: str, query: str, fields: dict[str, str]) -> set[int]:
        """Numbers of the records that match. `fields` maps filters to types: word, id, time, number, flag.

        Raises GraphQLError for a filter that is not simulated or a query that cannot be read.
        """
        wanted = _Reader(query, fields, exact=self.exact_words, zone=self.zone)
        test = wanted.read()
        entries = self._entries.get(kind, {})
        candidates = self._candidates(kind, wanted.skus)
        if candidates is not None:
            return {number for number in candidates if test(entries[number])}
        return {number for number, entry in entries.items() if test(entry)}

    def _candidates(self, kind: str, skus: list[str] | None) -> set[int] | None:
        """For a query of nothing but SKUs joined by OR: those that hold a first word of one."""
        if not skus:
            return None
        words = self._words.get(kind, {})
        found: set[int] = set()
        for sku in skus:
            parts = WORDS.findall(sku.casefold())
            if not parts or sku.endswith("*"):
                return None
            found |= words.get(parts[0], set())
        return found

    def _apply(self, kind: str, number: int, entry: Entry | None) -> None:
        entries = self._entries.setdefault(kind, {})
        words = self._words.setdefault(kind, {})
        old = entries.pop(number, None)
        for word in _sku_words(old):
            words.get(word, set()).discard(number)
        if entry is not None:
            entries[number] = entry
            for word in _sku_words(entry):
                words.setdefault(word, set()).add(number)


def test_of(query: str, fields: dict[str, str]) -> Test:
    """The test a query makes, for lists that have no index."""
    return _Reader(query, fields, exact=True).read()


def _sku_words(entry: Entry | None) -> Iterable[str]:
    if not entry:
        return ()
    held = entry.get("sku") or ()
    texts = [held] if isinstance(held, str) else held
    return {word for text in texts if text for word in WORDS.findall(text.casefold())}


class _Reader:
    """Recursive descent over the query. `skus` holds the SKUs when the query asks for nothing else."""

    def __init__(self, query: str, fields: dict[str, str], *, exact: bool, zone: tzinfo = UTC) -> None:
        self._query = query
        self._fields = fields
        self._exact = exact
        self._zone = zone
        self._tokens = list(self._split(query))
        self._at = 0
        self.skus: list[str] | None = []

    def read(self) -> Test:
        if not self._tokens:
            self.skus = None
            return lambda _: True
        test = self._either()
        if self._at < len(self._tokens):
            raise self._unreadable()
        return test

    def _split(self, query: str) -> Iterable[re.Match[str]]:
        at = 0
        while at < len(query.rstrip()):
            found = TOKEN.match(query, at)
            if found is None:
                raise self._unreadable()
            at = found.end()
            yield found

    def _unreadable(self) -> GraphQLError:
        return not_simulated(f"The search syntax of {self._query!r}")

    def _either(self) -> Test:
        tests = [self._all()]
        while self._word() == "OR":
            self._at += 1
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda entry: any(test(entry) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._at < len(self._tokens) and self._word() != "OR" and self._paren() != ")":
            if self._word() == "AND":
                self._at += 1
            tests.append(self._one())
        if len(tests) > 1:
            self.skus = None
        return tests[0] if len(tests) == 1 else lambda entry: all(test(entry) for test in tests)

    def _one(self) -> Test:
        if self._at >= len(self._tokens):
            raise self._unreadable()
        if self._word() == "NOT" or self._tokens[self._at]["minus"]:
            self._at += 1
            self.skus = None
            test = self._one()
            return lambda entry: not test(entry)
        if self._paren() == "(":
            self._at += 1
            test = self._either()
            if self._paren() != ")":
                raise self._unreadable()
            self._at += 1
            return test
        token = self._tokens[self._at]
        self._at += 1
        return self._filter(token)

    def _word(self) -> str | None:
        if self._at >= len(self._tokens):
            return None
        token = self._tokens[self._at]
        return token["bare"] if not token["field"] and token["bare"] in ("AND", "OR", "NOT") else None

    def _paren(self) -> str | None:
        return self._tokens[self._at]["paren"] if self._at < len(self._tokens) else None

    def _filter(self, token: re.Match[str]) -> Test:
        name = token["field"]
        quoted = token["single"] if token["single"] is not None else token["double"]
        text = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else token["bare"]
        if text is None or name is None:
            raise not_simulated(f"The search for bare words in {self._query!r}")
        if name not in self._fields:
            raise not_simulated(f"The search filter {name!r}")
        if name == "sku" and self.skus is not None:
            self.skus.append(text)
        else:
            self.skus = None
        kind, compare = self._fields[name], token["compare"] or "="
        if kind == "time":
            return _compared(name, compare, _time(text, self._zone))
        if kind == "number":
            return _compared(name, compare, int(text))
        if kind == "id":
            return _compared(name, compare, int(text.rsplit("/", 1)[-1]))
        if kind == "flag":
            wanted = text.casefold() == "true"
            return lambda entry: bool(entry.get(name)) is wanted
        return self._words(name, text)

    def _words(self, name: str, text: str) -> Test:
        wanted = text.casefold()
        if wanted == "*":
            return lambda entry: bool(_texts(entry, name))
        if wanted.endswith("*"):
            start = wanted[:-1]
            return lambda entry: any(value.casefold().startswith(start) for value in _texts(entry, name))
        if self._exact or name in ("status", "financial_status", "fulfillment_status", "handle"):
            return lambda entry: any(value.casefold() == wanted for value in _texts(entry, name))
        parts = WORDS.findall(wanted)
        return lambda entry: any(_holds(value, parts) for value in _texts(entry, name))


def _texts(entry: Entry, name: str) -> list[str]:
    held = entry.get(name)
    if held is None:
        return []
    return [held] if isinstance(held, str) else [text for text in held if text]


def _holds(value: str, parts: list[str]) -> bool:
    """Whether the words of a text hold these words one after the other."""
    words = WORDS.findall(value.casefold())
    width = len(parts)
    return any(words[at : at + width] == parts for at in range(len(words) - width + 1))


def _compared(name: str, compare: str, wanted: Any) -> Test:
    def test(entry: Entry) -> bool:
        held = entry.get(name)
        if held is None:
            return False
        if compare == "=":
            return bool(held == wanted)
        if compare == ">":
            return bool(held > wanted)
        if compare == ">=":
            return bool(held >= wanted)
        return bool(held < wanted) if compare == "<" else bool(held <= wanted)

    return test


def _time(text: str, zone: tzinfo) -> datetime:
    """A moment of a filter; `zone` is meant where it has no offset."""
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise not_simulated(f"The time {text!r} in a search") from None
    return found if found.tzinfo else found.replace(tzinfo=zone)
