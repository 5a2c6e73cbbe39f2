"""Carry prepared rows to POST /products/batch: within the shop's limit, at the shop's pace.

Says per row what the shop answered; what that means for a change is decided in push.py. A call whose fate is
unknown is never repeated here.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from stockwire.connectors.woocommerce.api import Answer, Api
from stockwire.connectors.woocommerce.pace import Pace
from stockwire.connectors.woocommerce.refusals import not_json
from stockwire.connectors.woocommerce.settings import WooCommerceSettings
from stockwire.errors import NotSetUp, Refused, StockwireError, TryLater
from stockwire.ports import Change

_STATED_LIMIT = re.compile(r"more than (\d+) items")
_FAILURES_BEFORE_STOPPING = 2


class Kind(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(slots=True)
class Item:
    """One change on its way. `position` is its place in the push."""

    position: int
    change: Change
    kind: Kind = Kind.UPDATE
    product_id: int = 0
    fields: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    is_second_try: bool = False

    @property
    def payload(self) -> Any:
        if self.kind is Kind.DELETE:
            return self.product_id
        if self.kind is Kind.CREATE:
            return {**self.fields, "sku": self.change.sku.strip()}
        return {"id": self.product_id, **self.fields}


RowAnswer = dict[str, Any]
Settle = Callable[[Item, RowAnswer], None]
Fail = Callable[[Item, StockwireError], None]


def send(
    api: Api,
    settings: WooCommerceSettings,
    pace: Pace,
    items: Sequence[Item],
    *,
    settle: Settle,
    fail: Fail,
) -> None:
    """Send all items; call `settle` with the shop's row or `fail` with an error, once for each.

    After two failed calls in a row, or one that shows that the shop is away, closed to us or asks for a rest,
    the remaining items fail without being sent.
    """
    waiting: deque[list[Item]] = deque([list(items)] if items else [])
    failures = 0
    while waiting:
        wave = [
            chunk
            for _ in range(settings.parallel_batches)
            if (chunk := _take(waiting, pace.size(settings.batch_size_max)))
        ]
        for chunk, result in zip(wave, _call_all(api, wave), strict=True):
            if isinstance(result, Answer) and result.status == 413:
                _split_too_big(chunk, result, pace, waiting, fail)
            elif isinstance(result, Answer):
                failures = 0
                pace.took(len(chunk), result.seconds, settings.batch_seconds_target, settings.batch_size_max)
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


def _take(waiting: deque[list[Item]], size: int) -> list[Item]:
    if not waiting:
        return []
    head = waiting.popleft()
    if len(head) > size:
        waiting.appendleft(head[size:])
    return head[:size]


def _call_all(api: Api, wave: Sequence[list[Item]]) -> list[Answer | StockwireError]:
    if len(wave) == 1:
        return [_call(api, wave[0])]
    with ThreadPoolExecutor(len(wave)) as pool:
        return list(pool.map(lambda chunk: _call(api, chunk), wave))


def _call(api: Api, chunk: Sequence[Item]) -> Answer | StockwireError:
    body = {kind.value: [item.payload for item in chunk if item.kind is kind] for kind in Kind}
    body = {name: rows for name, rows in body.items() if rows}
    # WooCommerce deletes for good inside a batch; saying so as well leaves no doubt.
    query = {"force": "true"} if Kind.DELETE.value in body else None
    try:
        return api.call("POST", "/products/batch", query, body, accept=(413,))
    except StockwireError as error:
        return error


def _settle_rows(chunk: Sequence[Item], answer: Answer, settle: Settle, fail: Fail) -> None:
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
    chunk: list[Item], answer: Answer, pace: Pace, waiting: deque[list[Item]], fail: Fail
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


def _halve(chunk: list[Item], waiting: deque[list[Item]]) -> None:
    """A call that was refused as a whole did nothing; find the item that spoils it."""
    middle = len(chunk) // 2
    waiting.appendleft(chunk[middle:])
    waiting.appendleft(chunk[:middle])


def _stops(error: StockwireError) -> bool:
    return isinstance(error, NotSetUp) or (isinstance(error, TryLater) and not error.may_have_worked)


def _fail_unsent(waiting: deque[list[Item]], error: StockwireError, fail: Fail) -> None:
    while waiting:
        for item in waiting.popleft():
            fail(item, unsent(error))
