"""Connections: cutting a page out of a sorted list, with cursors that survive what happens in between.

A cursor names the row before the page by what the list is sorted by, not by its position.
"""

from __future__ import annotations

import base64
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from stockwire.simulators.shopify.fields import refused

MAXIMUM = 250
Key = Callable[[Any], tuple[Any, ...]]


class Connection:
    """One page. `cursors` stand beside `nodes`."""

    __slots__ = ("_key", "has_next", "has_previous", "nodes", "total")

    def __init__(self, nodes: Sequence[Any], key: Key, *, before: bool, after: bool, total: int) -> None:
        self.nodes = nodes
        self.has_previous = before
        self.has_next = after
        self.total = total
        self._key = key

    def cursor(self, node: Any) -> str:
        return base64.b64encode(json.dumps(_packed(self._key(node))).encode()).decode()

    def edges(self) -> list[tuple[str, Any]]:
        return [(self.cursor(node), node) for node in self.nodes]

    def page_info(self) -> dict[str, Any]:
        return {
            "hasNextPage": self.has_next,
            "hasPreviousPage": self.has_previous,
            "startCursor": self.cursor(self.nodes[0]) if self.nodes else None,
            "endCursor": self.cursor(self.nodes[-1]) if self.nodes else None,
        }


def by_number(record: Any) -> tuple[Any, ...]:
    """The order of ids."""
    return (record["number"],)


def page(rows: Sequence[Any], given: dict[str, Any], key: Key = by_number) -> Connection:
    """The page of `rows` (sorted by `key`, ascending) that first, after, last, before and reverse ask for.

    `whole` stands for all of them, as bulk queries read.
    """
    if given.get("whole"):
        return Connection(rows, key, before=False, after=False, total=len(rows))
    first, last = given.get("first"), given.get("last")
    size = _size(first, last)
    order = rows
    if given.get("reverse"):
        order = rows[::-1]
    start, end = 0, len(order)
    if given.get("after"):
        start = _position(order, key, given["after"], reverse=bool(given.get("reverse")), after=True)
    if given.get("before"):
        end = _position(order, key, given["before"], reverse=bool(given.get("reverse")), after=False)
    chosen = order[start:end]
    if first is not None:
        nodes, more = chosen[:size], len(chosen) > size
        return Connection(nodes, key, before=start > 0, after=more, total=len(rows))
    nodes, more = chosen[max(0, len(chosen) - size) :], len(chosen) > size
    return Connection(nodes, key, before=more, after=end < len(order), total=len(rows))


def _size(first: int | None, last: int | None) -> int:
    if first is None and last is None:
        raise refused("you must provide one of first or last")
    if first is not None and last is not None:
        raise refused("providing both first and last is not supported")
    size = first if first is not None else last
    assert size is not None
    if size < 0:
        raise refused("first and last must not be negative")
    if size > MAXIMUM:
        raise refused(f"The maximum page size is {MAXIMUM}; {size} was asked for.", "MAX_PAGE_SIZE_EXCEEDED")
    return size


def _position(rows: Sequence[Any], key: Key, cursor: str, *, reverse: bool, after: bool) -> int:
    try:
        mark = tuple(_unpacked(part) for part in json.loads(base64.b64decode(cursor, validate=True)))
    except (ValueError, TypeError):
        raise refused("Invalid cursor for current pagination sort.", "INVALID_CURSOR") from None
    try:
        if reverse:
            ascending = rows[::-1]
            found = bisect_left(ascending, mark, key=key) if after else bisect_right(ascending, mark, key=key)
            return len(rows) - found
        return bisect_right(rows, mark, key=key) if after else bisect_left(rows, mark, key=key)
    except TypeError:
        raise refused("Invalid cursor for current pagination sort.", "INVALID_CURSOR") from None


def _packed(parts: tuple[Any, ...]) -> list[Any]:
    return [{"at": part.isoformat()} if isinstance(part, datetime) else part for part in parts]


def _unpacked(part: Any) -> Any:
    return datetime.fromisoformat(part["at"]) if isinstance(part, dict) else part
