"""The simulated Shopify shop executes the published schema and keeps Shopify's rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from stockwire.simulators.shopify import Shopify, simulated_shopify

MORNING = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
SET = """mutation($in: InventorySetQuantitiesInput!, $k: String!) {
  inventorySetQuantities(input: $in) @idempotent(key: $k) {
    inventoryAdjustmentGroup { id } userErrors { field message code } } }"""


class Caller:
    """A simulated shop whose clock stands still, and a client with its token."""

    def __init__(self, **options: Any) -> None:
        self.app: Shopify = simulated_shopify(**{"stands_at": MORNING, "search_lag_s": 0.0, **options})
        self.shop = self.app.shop
        self.http = httpx2.Client(
            transport=httpx2.WSGITransport(app=self.app), base_url="https://rehearsal.example"
        )
        self.token = self.shop.options.access_token

    def post(self, query: str, version: str = "2026-10", /, **variables: Any) -> httpx2.Response:
        return self.http.post(
            f"/admin/api/{version}/graphql.json",
            json={"query": query, "variables": variables},
            headers={"X-Shopify-Access-Token": self.token},
        )

    def ask(self, query: str, version: str = "2026-10", /, **variables: Any) -> dict[str, Any]:
        answer = self.post(query, version, **variables)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def data(self, query: str, version: str = "2026-10", /, **variables: Any) -> dict[str, Any]:
        body = self.ask(query, version, **variables)
        assert "errors" not in body, body
        found: dict[str, Any] = body["data"]
        return found

    def row(self, sku: str, quantity: int, expected: int | None, location: int = 0) -> dict[str, Any]:
        places = list(self.shop.shelf("Location").values())
        return {
            "inventoryItemId": self.shop.variant(sku)["item"]["id"],
            "locationId": places[location]["id"],
            "quantity": quantity,
            "changeFromQuantity": expected,
        }

    def set_stock(self, key: str, *rows: dict[str, Any]) -> list[dict[str, Any]]:
        sent = {"name": "available", "reason": "correction", "quantities": list(rows)}
        answer = self.data(SET, **{"in": sent, "k": key})["inventorySetQuantities"]
        errors: list[dict[str, Any]] = answer["userErrors"]
        return errors

    def available(self, sku: str) -> int:
        levels = self.shop.variant(sku)["item"]["levels"].values()
        return sum(level["held"]["available"] for level in levels)


@pytest.fixture
def opened() -> Iterator[Callable[..., Caller]]:
    callers: list[Caller] = []

    def open_one(**options: Any) -> Caller:
        callers.append(Caller(**options))
        return callers[-1]

    yield open_one
    for caller in callers:
        caller.http.close()
        caller.app.close()


@pytest.fixture
def caller(opened: Callable[..., Caller]) -> Caller:
    return opened()


def test_stock_is_set_once_per_key_and_a_stale_row_writes_nothing(caller: Caller) -> None:
    caller.shop.add_product("Bolt", [{"sku": "BOLT", "quantity": 4}])
    caller.shop.add_product("Nut", [{"sku": "NUT", "quantity": 9}])
    assert caller.set_stock("one", caller.row("BOLT", 5, 4)) == []
    caller.shop.set_stock("BOLT", 3)
    assert caller.set_stock("one", caller.row("BOLT", 5, 4)) == []
    assert caller.available("BOLT") == 3
    errors = caller.set_stock("two", caller.row("BOLT", 7, 5), caller.row("NUT", 1, 9))
    assert [(error["code"], error["field"]) for error in errors] == [
        ("CHANGE_FROM_QUANTITY_STALE", ["input", "quantities", "0", "changeFromQuantity"])
    ]
    assert (caller.available("BOLT"), caller.available("NUT")) == (3, 9)
    again = caller.set_stock("two", caller.row("BOLT", 7, 5), caller.row("NUT", 1, 9))
    assert again[0]["code"] == "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
    assert (
        caller.set_stock("one", caller.row("BOLT", 8, 3))[0]["code"] == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    )


def test_a_field_that_is_not_simulated_says_so_by_name(caller: Caller) -> None:
    body = caller.ask("{ shop { name alerts { description } } }")
    assert body["errors"][0]["extensions"]["code"] == "NOT_SIMULATED"
    assert "Shop.alerts" in body["errors"][0]["message"]
    assert "data" not in body
    left_out = caller.ask("{ giftCards(first: 1) { nodes { id } } }")
    assert "QueryRoot.giftCards" in left_out["errors"][0]["message"]
