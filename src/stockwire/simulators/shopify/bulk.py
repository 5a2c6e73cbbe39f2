"""Bulk operations: one mutation over many lines, or one query over everything, worked off in the background.

Up to five of a type at a time; they cost the points of their start and nothing more. How fast the real ones
are is hardly known, so the pace is an option. A completed operation says nothing about its single lines.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from graphql import DocumentNode, FieldNode, OperationDefinitionNode, OperationType

from stockwire.simulators.shopify import bulk_query, hooks
from stockwire.simulators.shopify.fields import PAGING, Call, field, plain, user_error
from stockwire.simulators.shopify.pages import Connection
from stockwire.simulators.shopify.product_fields import sorted_page
from stockwire.simulators.shopify.search import test_of

if TYPE_CHECKING:
    from stockwire.simulators.shopify.shop import Record, Shop

AT_ONCE = 5
MOST_QUERY_BYTES = 65_535
MOST_FILE_BYTES = 104_857_600
KEPT_DAYS = 7
OPEN = ("CREATED", "RUNNING", "CANCELING")
NOT_IN_BULK = frozenset(("bulkOperationRunMutation", "bulkOperationRunQuery", "bulkOperationCancel"))
FILTERS = {"id": "id", "status": "word", "operation_type": "word", "created_at": "time"}

plain("BulkOperation", "id status type errorCode createdAt completedAt objectCount rootObjectCount fileSize")
plain("BulkOperation", "query")


@field("QueryRoot.bulkOperation", takes="id")
def by_id(_: Any, call: Call, sent: Record) -> Record | None:
    return call.shop.find("BulkOperation", sent["id"])


@field("QueryRoot.currentBulkOperation", takes="type")
def current(_: Any, call: Call, sent: Record) -> Record | None:
    """The last one of a type, running or not."""
    rows = [row for row in call.shop.shelf("BulkOperation").values() if row["type"] == sent["type"]]
    return rows[-1] if rows else None


@field("QueryRoot.bulkOperations", takes=f"{PAGING} query sortKey")
def listing(_: Any, call: Call, sent: Record) -> Connection:
    test = test_of(sent.get("query") or "", FILTERS)
    rows = [row for row in call.shop.shelf("BulkOperation").values() if test(_entry(row))]
    return sorted_page(rows, sent, {"CREATED_AT": "createdAt", "COMPLETED_AT": "completedAt"}, "CREATED_AT")


@field("BulkOperation.url")
def url(row: Record, call: Call, sent: Record) -> str | None:
    return _url(call.shop, row) if row["status"] == "COMPLETED" and row["lines"] else None


@field("BulkOperation.partialDataUrl")
def partial_data_url(row: Record, call: Call, sent: Record) -> str | None:
    return _url(call.shop, row) if row["status"] == "FAILED" and row["lines"] else None


@field("Mutation.bulkOperationRunMutation", takes="mutation stagedUploadPath clientIdentifier groupObjects")
def run_mutation(_: Any, call: Call, sent: Record) -> Record:
    """Run a mutation once for each line of an uploaded file."""
    shop, text = call.shop, sent["mutation"]
    problem = _wrong_mutation(call, text)
    problem = problem or _wrong_file(shop, sent["stagedUploadPath"]) or _busy(shop, "MUTATION")
    if problem:
        return {"userErrors": [problem]}
    lines = shop.uploads[sent["stagedUploadPath"]]["body"].decode("utf-8").splitlines()
    rows = [line for line in lines if line.strip()]
    seconds = max(shop.options.bulk_least_s, len(rows) / shop.options.bulk_lines_per_s)
    started = _started(shop, "MUTATION", text)
    _later(shop, started, seconds, lambda: _mutated(call, started, rows))
    return {"bulkOperation": _as_created(started)}


@field("Mutation.bulkOperationRunQuery", takes="query groupObjects")
def run_query(_: Any, call: Call, sent: Record) -> Record:
    """Read everything a query asks for, without pages. What is read is how things stand at the start."""
    shop, text = call.shop, sent["query"]
    executor = shop.executor
    checked = executor.check(call.version, text)
    if not isinstance(checked, DocumentNode):
        message = f"Invalid bulk query: {checked[0].message}"
        return {"userErrors": [user_error(message, ["query"], "INVALID")]}
    problems = bulk_query.problems(checked, executor.schema(call.version))
    busy = _busy(shop, "QUERY")
    if problems or busy:
        return {"userErrors": problems or [busy]}
    started = _started(shop, "QUERY", text)
    body = executor.answer(_in_bulk(call), text, {}, None)
    rows = bulk_query.lines(body.get("data") or {}, grouped=bool(sent.get("groupObjects")))
    failed = bool(body.get("errors"))
    seconds = max(shop.options.bulk_least_s, len(rows) / shop.options.bulk_objects_per_s)

    def work() -> None:
        started["objectCount"] = len(rows)
        started["rootObjectCount"] = sum(1 for row in rows if "__parentId" not in row)
        started["lines"] = [json.dumps(row) for row in rows]
        _ended(shop, started, "ACCESS_DENIED" if failed else None)

    _later(shop, started, seconds, work)
    return {"bulkOperation": _as_created(started)}


@field("Mutation.bulkOperationCancel", takes="id")
def cancel(_: Any, call: Call, sent: Record) -> Record:
    """Stop one that has not ended; here nothing of it is done then."""
    row = call.shop.find("BulkOperation", sent["id"])
    if row is None:
        return {"userErrors": [user_error("Bulk operation does not exist", ["id"])]}
    if row["status"] not in OPEN:
        message = f"A bulk operation cannot be canceled when it is {row['status'].lower()}"
        return {"bulkOperation": row, "userErrors": [user_error(message, None)]}
    row["status"] = "CANCELING"
    return {"bulkOperation": row}


def result(shop: Shop, number: int) -> str | None:
    """The JSONL of an operation, for seven days."""
    row = shop.shelf("BulkOperation").get(number)
    if row is None or row["completedAt"] is None or not row["lines"]:
        return None
    if shop.now() - row["completedAt"] > timedelta(days=KEPT_DAYS):
        return None
    return "".join(f"{line}\n" for line in row["lines"])


def _started(shop: Shop, kind: str, text: str) -> Record:
    return shop.new(
        "BulkOperation",
        status="CREATED",
        type=kind,
        query=text,
        errorCode=None,
        createdAt=shop.now(),
        completedAt=None,
        objectCount=0,
        rootObjectCount=0,
        fileSize=None,
        lines=[],
    )


def _as_created(started: Record) -> Record:
    """What the start answers, before it runs."""
    return {**started, "status": "CREATED"}


def _later(shop: Shop, started: Record, seconds: float, work: Callable[[], None]) -> None:
    def finish() -> None:
        if started["status"] == "CANCELING":
            started["status"] = "CANCELED"
            started["completedAt"] = shop.now()
        else:
            work()
        hooks.tell(shop, "BULK_OPERATIONS_FINISH", started)

    started["status"] = "RUNNING"
    shop.agenda.at(shop.clock.now() + timedelta(seconds=seconds), finish)


def _mutated(call: Call, started: Record, rows: list[str]) -> None:
    shop = call.shop
    stops_at, shop.bulk_fails_after = shop.bulk_fails_after, None
    for number, text in enumerate(rows):
        if stops_at is not None and number >= stops_at:
            _ended(shop, started, "INTERNAL_SERVER_ERROR")
            return
        line = _line(call, started["query"], text)
        started["lines"].append(json.dumps({**line, "__lineNumber": number}))
        started["objectCount"] = started["rootObjectCount"] = number + 1
    _ended(shop, started, None)


def _line(call: Call, mutation: str, text: str) -> Record:
    try:
        variables = json.loads(text)
    except ValueError as error:
        return {"errors": [{"message": f"The line is no JSON: {error}"}]}
    if not isinstance(variables, dict):
        return {"errors": [{"message": "The line is no JSON object."}]}
    body: Record = call.shop.executor.answer(_in_bulk(call), mutation, variables, None)
    return {name: body[name] for name in ("data", "errors") if name in body}


def _in_bulk(call: Call) -> Call:
    shop = call.shop
    return Call(shop, call.scopes, call.version, shop.clock.now(), bulk=True)


def _ended(shop: Shop, started: Record, error: str | None) -> None:
    started["status"] = "FAILED" if error else "COMPLETED"
    started["errorCode"] = error
    started["completedAt"] = shop.now()
    started["fileSize"] = sum(len(line) + 1 for line in started["lines"]) or None


def _wrong_mutation(call: Call, text: str) -> Record | None:
    if len(text.encode()) > MOST_QUERY_BYTES:
        return user_error("The mutation is too long.", ["mutation"], "INVALID_MUTATION")
    checked = call.shop.executor.check(call.version, text)
    if not isinstance(checked, DocumentNode):
        message = f"Failed to parse the mutation - {checked[0].message}"
        return user_error(message, None, "INVALID_MUTATION")
    operations = [node for node in checked.definitions if isinstance(node, OperationDefinitionNode)]
    roots = [node for each in operations for node in each.selection_set.selections]
    if len(operations) != 1 or operations[0].operation is not OperationType.MUTATION or len(roots) != 1:
        message = "You must specify a single top level mutation."
        return user_error(message, ["mutation"], "INVALID_MUTATION")
    root = roots[0]
    if not isinstance(root, FieldNode) or root.name.value in NOT_IN_BULK:
        return user_error("You must use an allowed mutation name.", ["mutation"])
    if bulk_query.connections(checked, call.shop.executor.schema(call.version)) > 1:
        message = "Bulk mutations cannot contain more than 1 connection."
        return user_error(message, ["mutation"], "INVALID_MUTATION")
    return None


def _wrong_file(shop: Shop, path: str) -> Record | None:
    held = shop.uploads.get(path)
    if held is None or held["body"] is None:
        message = (
            "The JSONL file could not be found. Try uploading the file again, and check that you've entered "
            "the URL correctly for the stagedUploadPath mutation argument."
        )
        return user_error(message, None, "NO_SUCH_FILE")
    if not held["body"].strip():
        return user_error("The input file is empty.", None, "INVALID_STAGED_UPLOAD_FILE")
    if len(held["body"]) > MOST_FILE_BYTES:
        return user_error("The input file is too large.", None, "INVALID_STAGED_UPLOAD_FILE")
    return None


def _busy(shop: Shop, kind: str) -> Record | None:
    under_way = [
        row["id"]
        for row in shop.shelf("BulkOperation").values()
        if row["type"] == kind and row["status"] in OPEN
    ]
    if len(under_way) < AT_ONCE:
        return None
    message = (
        f"A bulk {kind.lower()} operation for this app and shop is already in progress: "
        f"{', '.join(under_way)}."
    )
    return user_error(message, None, "OPERATION_IN_PROGRESS")


def _url(shop: Shop, row: Record) -> str:
    return f"{shop.home}/bulk-results/{row['number']}.jsonl"


def _entry(row: Record) -> Record:
    return {
        "id": row["number"],
        "status": row["status"],
        "operation_type": row["type"],
        "created_at": row["createdAt"],
    }
