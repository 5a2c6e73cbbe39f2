"""Carry prepared rows to the shop's batch routes: within its limit, at its pace.

Products share one route, the variations of each product have their own. Says per row what the shop answered;
what that means for a change is decided elsewhere. A call whose fate is unknown is never repeated here.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from stockwire.connectors.woocommerce.api import Answer, Api
from stockwire.connectors.woocommerce.items import Item, Kind, Row, Run
from stockwire.connectors.woocommerce.pace import Pace
from stockwire.connectors.woocommerce.refusals import not_json
from stockwire.errors import NotSetUp, Refused, StockwireError, TryLater

T = TypeVar("T", bound=Item)
_STATED_LIMIT = re.compile(r"more than (\d+) items")
_FAILURES_BEFORE_STOPPING = 2


Settle = Callable[[T, Row], None]
Fail = Callable[[T, StockwireError], None]


def send(
    run: Run,
    items: Sequence[T],
    *,
    settle: Settle[T],
    fail: Fail[T],
    pace: Pace | None = None,
    largest: int | None = None,
) -> None:
    """Send all items; call `settle` with the shop's row or `fail` with an error, once for each.

    Each route gets as few calls as it can. `pace` and `largest` are for rows that are slower than others.
    After two failed calls in a row, or one that shows that the shop is away, closed to us or asks for a rest,
    the remaining items fail without being sent.
    """
    settings, pace = run.settings, pace or run.pace
    largest = min(largest or settings.batch_size_max, settings.batch_size_max)
    waiting = deque(_by_route(items))
    failures = 0
    while waiting:
        wave = [
            chunk for _ in range(settings.parallel_batches) if (chunk := _take(waiting, pace.size(largest)))
        ]
        for chunk, result in zip(wave, _call_all(run.api, wave), strict=True):
            if isinstance(result, Answer) and result.status == 413:
                _split_too_big(chunk, result, pace, waiting, fail)
            elif isinstance(result, Answer):
                failures = 0
                pace.took(len(chunk), result.seconds, settings.batch_seconds_target, largest)
                _settle_rows(chunk, result, settle, fail)
            elif isinstance(result, Refused) and len(chunk) > 1:
                _halve(chunk, waiting)
            else:
                failures += 1
                if isinstance(result, TryLater) and result.may_have_worked:
                    pace.went_wrong(len(chunk))
                for item in chunk:
                    fail(item, result)
                if _stops(result) or failures >= _FAILURES_BEFORE_STOPPING:
                    _fail_unsent(waiting, result, fail)


def unsent(error: StockwireError) -> StockwireError:
    """The same error for an item that was held back because of it: that one surely did not happen."""
    if isinstance(error, TryLater) and error.may_have_worked:
        return TryLater(error.message, hint=error.hint, detail=error.detail, after_s=error.after_s)
    return error


def _by_route(items: Sequence[T]) -> list[list[T]]:
    routes: dict[str, list[T]] = {}
    for item in items:
        routes.setdefault(item.path, []).append(item)
    return list(routes.values())


def _take(waiting: deque[list[T]], size: int) -> list[T]:
    if not waiting:
        return []
    head = waiting.popleft()
    if len(head) > size:
        waiting.appendleft(head[size:])
    return head[:size]


def _call_all(api: Api, wave: Sequence[list[T]]) -> list[Answer | StockwireError]:
    if len(wave) == 1:
        return [_call(api, wave[0])]
    with ThreadPoolExecutor(len(wave)) as pool:
        return list(pool.map(lambda chunk: _call(api, chunk), wave))


def _call(api: Api, chunk: Sequence[T]) -> Answer | StockwireError:
    body = {kind.value: [item.payload for item in chunk if item.kind is kind] for kind in Kind}
    body = {name: rows for name, rows in body.items() if rows}
    # WooCommerce deletes for good inside a batch; saying so as well leaves no doubt.
    query = {"force": "true"} if Kind.DELETE.value in body else None
    try:
        return api.call("POST", chunk[0].path, query, body, accept=(413,))
    except StockwireError as error:
        return error


def _settle_rows(chunk: Sequence[T], answer: Answer, settle: Settle[T], fail: Fail[T]) -> None:
    """Rows come back in the same place of the same list; where they do not, it may still have worked."""
    body = answer.body if isinstance(answer.body, dict) else {}
    # Settling may turn a creation into an update to be sent again, so the lists are made before.
    sent = {kind: [item for item in chunk if item.kind is kind] for kind in Kind}
    for kind, items in sent.items():
        rows = body.get(kind.value)
        rows = rows if isinstance(rows, list) and len(rows) == len(items) else [None] * len(items)
        for item, row in zip(items, rows, strict=True):
            if isinstance(row, dict) and (kind is Kind.CREATE or row.get("id") == item.product_id):
                settle(item, row)
            else:
                fail(item, not_json(answer.status, wrote=True))


def _split_too_big(
    chunk: list[T], answer: Answer, pace: Pace, waiting: deque[list[T]], fail: Fail[T]
) -> None:
    if len(chunk) > 1:
        text = answer.error.message if answer.error else ""
        stated = _STATED_LIMIT.search(text)
        pace.too_big(len(chunk), int(stated[1]) if stated else 0)
        waiting.appendleft(chunk)
        return
    fail(
        chunk[0],
        Refused(
            f"{chunk[0].change.sku}: the shop finds this product alone too big for one call.",
            hint="Shorten its description, or ask the host to raise the shop's limit.",
        ),
    )


def _halve(chunk: list[T], waiting: deque[list[T]]) -> None:
    """A call that was refused as a whole did nothing; find the item that spoils it."""
    middle = len(chunk) // 2
    waiting.appendleft(chunk[middle:])
    waiting.appendleft(chunk[:middle])


def _stops(error: StockwireError) -> bool:
    return isinstance(error, NotSetUp) or (isinstance(error, TryLater) and not error.may_have_worked)


def _fail_unsent(waiting: deque[list[T]], error: StockwireError, fail: Fail[T]) -> None:
    while waiting:
        for item in waiting.popleft():
            fail(item, unsent(error))
