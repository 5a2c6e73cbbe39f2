"""Many writes of one kind: call by call, or as one bulk operation where the points say that it is faster.

A bulk operation costs 10 points whatever its size, and runs beside everything else. That it is complete does
not mean that each line worked: each line's answer is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from stockwire.connectors.shopify.api import Api
from stockwire.connectors.shopify.line import Line
from stockwire.connectors.shopify.operations import (
    BULK_MUTATION,
    BULK_STATUS,
    STAGE,
    Operation,
    Root,
    Write,
    alone,
    together,
)
from stockwire.connectors.shopify.refusals import unsent, user_errors
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.errors import Refused, StockwireError, TryLater

Settle = Callable[[int, Mapping[str, Any]], None]
Fail = Callable[[int, StockwireError], None]
_FEWEST = 50
_START_S = 5.0
_SHORTEST_S = 15.0
_FIRST_LOOK_S, _LONGEST_LOOK_S = 1.0, 5.0
_LARGEST_FILE = 95 * 1024 * 1024
_STAGED = {
    "resource": "BULK_MUTATION_VARIABLES",
    "filename": "changes.jsonl",
    "mimeType": "text/jsonl",
    "httpMethod": "POST",
}


def send(
    line: Line,
    settings: ShopifySettings,
    name: str,
    writes: Sequence[Write],
    most: int,
    *,
    settle: Settle,
    fail: Fail,
) -> None:
    """Carry out all writes, the faster way. One call of `settle` or `fail` for each."""
    if not writes:
        return
    if goes_in_bulk(line.api, settings, writes):
        try:
            _in_bulk(line, writes, settle, fail)
        except _NotNow:
            line.write(name, writes, most, settle, fail)
        return
    line.write(name, writes, most, settle, fail)


def goes_in_bulk(api: Api, settings: ShopifySettings, writes: Sequence[Write]) -> bool:
    """Whether these writes would go as one bulk operation: allowed, of one kind, and faster."""
    one_kind = len({id(write.root) for write in writes}) == 1 and len({tuple(w.given) for w in writes}) == 1
    return settings.bulk_enabled and one_kind and is_faster(api, writes)


def is_faster(api: Api, writes: Sequence[Write]) -> bool:
    """Compares the wait for points with the time a bulk operation takes (its speed is not published: 50
    lines a second are assumed until it was seen)."""
    if len(writes) < _FEWEST:
        return False
    capacity, refill = api.left()
    direct_s = max(0.0, (sum(write.cost for write in writes) - capacity) / refill)
    return direct_s > _START_S + len(writes) / api.facts.bulk_lines_per_s


class _NotNow(Exception):
    """A bulk operation cannot be started now: go call by call."""


def _in_bulk(line: Line, writes: Sequence[Write], settle: Settle, fail: Fail) -> None:
    root = writes[0].root
    content = b"".join(msgspec.json.encode(dict(write.given)) + b"\n" for write in writes)
    if len(content) > _LARGEST_FILE:
        raise _NotNow
    try:
        operation = _start(line, alone(writes[0]), content)
    except StockwireError as error:
        for at in range(len(writes)):
            fail(at, unsent(error))
        return
    try:
        found = _wait(line.api, operation, len(writes), line.left_s)
        rows = _rows(line.api, found)
    except StockwireError as error:
        doubt = TryLater(error.message, hint=error.hint, detail=error.detail, may_have_worked=True)
        for at in range(len(writes)):
            fail(at, doubt if isinstance(error, TryLater) else error)
        return
    for at in range(len(writes)):
        _settle_line(at, root, rows.get(at), settle, fail)


def _start(line: Line, mutation: str, content: bytes) -> str:
    staged = line.run(*together("Stage", [Write(STAGE, {"input": [_STAGED]})])).root("w0")
    target = (staged.get("stagedTargets") or [None])[0]
    if not target:
        raise _NotNow
    form = {row["name"]: row["value"] for row in target["parameters"]}
    line.api.upload(target["url"], form, content)
    given = {"mutation": mutation, "stagedUploadPath": form["key"]}
    payload = line.run(*together("RunBulk", [Write(BULK_MUTATION, given)])).root("w0")
    if errors := user_errors(payload):
        if errors[0].code in {"OPERATION_IN_PROGRESS", "LIMIT_REACHED"}:
            raise _NotNow
        raise Refused(
            f"The shop refused a bulk operation: {errors[0].message}",
            hint="Switch bulk_enabled off; then changes go call by call.",
            detail=errors[0].detail,
        )
    return str(payload["bulkOperation"]["id"])


def wait_for(api: Api, operation: str, longest_s: float) -> dict[str, Any]:
    """Look at the operation until it has ended. Raises TryLater when it takes too long."""
    began = api.now().timestamp()
    pause_s = _FIRST_LOOK_S
    while True:
        api.sleep(pause_s)
        found = api.run(BULK_STATUS, {"id": operation}).root("node") or {}
        if found.get("status") in {"COMPLETED", "FAILED", "CANCELED", "EXPIRED"}:
            return dict(found)
        if api.now().timestamp() - began > longest_s:
            raise TryLater(
                "A bulk operation of the shop takes longer than expected.",
                hint="It is looked at again by itself; nothing is lost.",
                after_s=60.0,
                may_have_worked=True,
            )
        pause_s = min(_LONGEST_LOOK_S, pause_s * 1.5)


def _wait(api: Api, operation: str, lines: int, left_s: float) -> dict[str, Any]:
    """One that takes longer than this push may is left alone, and the next are expected to be as slow."""
    began = api.now().timestamp()
    longest_s = max(_SHORTEST_S, left_s)
    try:
        found = wait_for(api, operation, longest_s)
    except TryLater:
        api.facts.bulk_lines_per_s = max(1.0, lines / (4 * longest_s))
        raise
    took_s = max(0.5, api.now().timestamp() - began)
    if lines >= 200:
        api.facts.bulk_lines_per_s = min(500.0, max(1.0, lines / took_s))
    return found


def _rows(api: Api, found: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    """The answer of each line. A failed operation may have done a part, which is read all the same."""
    url = found.get("url") or found.get("partialDataUrl")
    if not url:
        raise TryLater(
            f"A bulk operation of the shop ended as {str(found.get('status')).lower()} "
            f"({found.get('errorCode') or 'no reason given'}).",
            hint="It is tried again by itself.",
            may_have_worked=True,
        )
    rows: dict[int, dict[str, Any]] = {}
    for text in api.download(str(url)).splitlines():
        if text.strip():
            row = msgspec.json.decode(text)
            rows[int(row.get("__lineNumber", len(rows)))] = row
    return rows


def _settle_line(at: int, root: Root, row: Mapping[str, Any] | None, settle: Settle, fail: Fail) -> None:
    payload = ((row or {}).get("data") or {}).get(root.name)
    if isinstance(payload, Mapping):
        settle(at, payload)
        return
    errors = (row or {}).get("errors") or []
    words = (
        errors[0].get("message") if errors and isinstance(errors[0], Mapping) else "it gave no answer for it"
    )
    fail(
        at,
        TryLater(
            f"The shop did not do this line of a bulk operation: {words}.",
            hint="It is tried again by itself.",
            may_have_worked=True,
        ),
    )


def document_of(write: Write) -> Operation:
    """The document a bulk operation runs for each line: for tests against the schema."""
    return Operation(write.root.name, alone(write), write.cost, writes=True)
