"""Bulk operations of the simulated Shopify shop: files up, JSONL down, five at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

PRICE = """mutation($p: ID!, $v: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $p, variants: $v) { userErrors { field message code } } }"""
STATE = """query($id: ID!) { bulkOperation(id: $id) { status errorCode objectCount rootObjectCount url
  partialDataUrl completedAt fileSize type } }"""


def lines_for(caller: Any, count: int, price: str = "5.00") -> str:
    rows = []
    for at in range(1, count + 1):
        variant = caller.shop.variant(f"SW-{at:05d}-01")
        rows.append({"p": variant["product"]["id"], "v": [{"id": variant["id"], "price": price}]})
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def start(caller: Any, operations: dict[str, str], path: str, mutation: str = PRICE) -> dict[str, Any]:
    answer: dict[str, Any] = caller.root(operations["bulk"], m=mutation, p=path)
    return answer


def results(caller: Any, url: str) -> list[dict[str, Any]]:
    answer = caller.http.get(url)
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_mutation_runs_once_for_each_line_and_says_how_each_went(
    caller: Any, operations: dict[str, str]
) -> None:
    caller.shop.fill(3)
    bad = json.dumps({"p": "gid://shopify/Product/1", "v": []})
    path = caller.upload(lines_for(caller, 3) + bad + "\n")
    before = caller.shop.bucket.spent
    operation = start(caller, operations, path)["bulkOperation"]
    assert operation["status"] == "CREATED"
    assert caller.shop.bucket.spent - before == 10
    assert caller.root(STATE, id=operation["id"])["status"] == "RUNNING"
    assert str(caller.shop.variant("SW-00001-01")["price"]) != "5.00"
    caller.shop.advance(1)
    state = caller.root(STATE, id=operation["id"])
    assert (state["status"], state["objectCount"], state["errorCode"]) == ("COMPLETED", "4", None)
    assert str(caller.shop.variant("SW-00003-01")["price"]) == "5.00"
    rows = results(caller, state["url"])
    assert [row["__lineNumber"] for row in rows] == [0, 1, 2, 3]
    assert rows[0]["data"] == {"productVariantsBulkUpdate": {"userErrors": []}}
    assert rows[3]["data"]["productVariantsBulkUpdate"]["userErrors"][0]["code"] == "PRODUCT_DOES_NOT_EXIST"
    caller.shop.advance(8 * 86_400)
    assert caller.http.get(state["url"]).status_code == 404


def test_the_end_of_an_operation_is_told_by_webhook(caller: Any, operations: dict[str, str]) -> None:
    caller.shop.fill(1)
    caller.subscribe("BULK_OPERATIONS_FINISH")
    operation = start(caller, operations, caller.upload(lines_for(caller, 1)))["bulkOperation"]
    caller.shop.advance(1)
    ((headers, body),) = caller.hub.received
    assert headers["X-Shopify-Topic"] == "bulk_operations/finish"
    assert json.loads(body)["admin_graphql_api_id"] == operation["id"]
    assert json.loads(body)["status"] == "completed"


def test_a_sixth_operation_of_a_type_is_refused_while_five_run(
    opened: Callable[..., Any], operations: dict[str, str]
) -> None:
    caller = opened(bulk_least_s=60)
    caller.shop.fill(1)
    path = caller.upload(lines_for(caller, 1))
    running = [start(caller, operations, path)["bulkOperation"]["id"] for _ in range(5)]
    (error,) = start(caller, operations, path)["userErrors"]
    assert error["code"] == "OPERATION_IN_PROGRESS"
    assert running[0] in error["message"]
    assert caller.root(operations["bulkexport"])["userErrors"] == []
    cancel = "mutation($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { message } } }"
    assert caller.root(cancel, id=running[0])["bulkOperation"] == {"status": "CANCELING"}
    caller.shop.advance(60)
    query = '{ bulkOperations(first: 10, query: "status:CANCELED") { nodes { id } } }'
    assert [row["id"] for row in caller.root(query)["nodes"]] == [running[0]]
    assert start(caller, operations, path)["userErrors"] == []


@pytest.mark.parametrize(
    ("mutation", "code"),
    [
        ("mutation { not real syntax", "INVALID_MUTATION"),
        ("{ shop { name } }", "INVALID_MUTATION"),
        ('mutation { bulkOperationCancel(id: "x") { userErrors { message } } }', None),
        (PRICE, "NO_SUCH_FILE"),
    ],
)
def test_what_cannot_run_in_bulk_is_refused_at_the_start(
    caller: Any, operations: dict[str, str], mutation: str, code: str | None
) -> None:
    answer = start(caller, operations, "tmp/nowhere.jsonl", mutation)
    assert answer["bulkOperation"] is None
    assert [error["code"] for error in answer["userErrors"]] == [code]


def test_an_operation_can_be_made_to_fail_and_leaves_what_it_did(
    caller: Any, operations: dict[str, str]
) -> None:
    caller.shop.fill(3)
    caller.shop.fail_bulk_operation(after_lines=2)
    operation = start(caller, operations, caller.upload(lines_for(caller, 3)))["bulkOperation"]
    caller.shop.advance(1)
    state = caller.root(STATE, id=operation["id"])
    assert (state["status"], state["errorCode"], state["url"]) == ("FAILED", "INTERNAL_SERVER_ERROR", None)
    assert len(results(caller, state["partialDataUrl"])) == 2
    prices = [str(caller.shop.variant(f"SW-0000{at}-01")["price"]) == "5.00" for at in (1, 2, 3)]
    assert prices == [True, True, False]


def test_a_query_reads_everything_and_children_name_their_parent(
    caller: Any, operations: dict[str, str]
) -> None:
    caller.shop.fill(300, quantity=6)
    operation = caller.root(operations["bulkexport"])["bulkOperation"]
    caller.shop.advance(2)
    state = caller.root(STATE, id=operation["id"])
    assert (state["status"], state["rootObjectCount"], state["objectCount"]) == ("COMPLETED", "300", "600")
    rows = results(caller, state["url"])
    variant = caller.shop.variant("SW-00001-01")
    assert rows[0]["sku"] == "SW-00001-01"
    assert rows[0]["inventoryItem"] == {"id": variant["item"]["id"]}
    children = [row for row in rows if row.get("__parentId") == variant["id"]]
    assert [row["quantities"] for row in children] == [[{"name": "available", "quantity": 6}]]
    current = "{ currentBulkOperation(type: QUERY) { id type } }"
    assert caller.root(current) == {"id": operation["id"], "type": "QUERY"}


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("{ products { nodes { id } } }", "Selecting via 'nodes' is not supported"),
        ("{ shop { name } }", "must contain at least one connection"),
        ('mutation { tagsAdd(id: "x", tags: []) { userErrors { message } } }', "Only `query` operations"),
        (
            "{ products { edges { node { title variants { edges { node { id } } } } } } }",
            "must select the 'id' field without an alias",
        ),
        (
            "{ collections { edges { node { id products { edges { node { id variants { edges { node { id "
            "metafields { edges { node { id } } } } } } } } } } } } }",
            "nesting depth greater than 2",
        ),
    ],
)
def test_a_query_that_cannot_be_read_in_bulk_is_refused_with_the_reason(
    caller: Any, query: str, words: str
) -> None:
    run = """mutation($q: String!) { bulkOperationRunQuery(query: $q) { bulkOperation { id }
      userErrors { field message code } } }"""
    answer = caller.root(run, q=query)
    assert answer["bulkOperation"] is None
    assert words in answer["userErrors"][0]["message"]
    assert answer["userErrors"][0]["code"] == "INVALID"


def test_a_file_needs_the_signature_of_its_address(caller: Any, operations: dict[str, str]) -> None:
    row = {"resource": "BULK_MUTATION_VARIABLES", "filename": "f.jsonl", "mimeType": "text/jsonl"}
    (target,) = caller.root(operations["stage"], **{"in": [{**row, "httpMethod": "POST"}]})["stagedTargets"]
    form = {each["name"]: each["value"] for each in target["parameters"]}
    forged = {**form, "x-goog-signature": "guess"}
    assert caller.http.post(target["url"], data=forged, files={"file": ("f", b"{}")}).status_code == 403
    assert caller.http.post(target["url"], data=form, files={"file": ("f", b"")}).status_code == 400
    (put,) = caller.root(operations["stage"], **{"in": [{**row, "httpMethod": "PUT"}]})["stagedTargets"]
    assert caller.http.put(put["url"], content=b"").status_code == 200
    path = put["url"].split("/staged-uploads/")[1].split("?")[0]
    (error,) = start(caller, operations, path)["userErrors"]
    assert (error["code"], error["message"]) == ("INVALID_STAGED_UPLOAD_FILE", "The input file is empty.")
