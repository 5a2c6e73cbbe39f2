"""A simulated Shopify shop whose clock stands still, a client with its token, and a hub that gets webhooks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from werkzeug.wrappers import Request, Response

from stockwire.simulators.shopify import Shopify, simulated_shopify

MORNING = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
OPERATIONS: dict[str, str] = json.loads((Path(__file__).parent / "data" / "operations.json").read_text())
ADDRESS = "https://hub.example/hooks"


class Hub:
    """Receives webhooks over the transport of the shop; answers with `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.received: list[tuple[httpx2.Headers, bytes]] = []

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        self.received.append((httpx2.Headers(dict(request.headers)), request.get_data()))
        return Response("", self.status)(environ, start_response)

    def topics(self) -> list[str]:
        return [headers["X-Shopify-Topic"] for headers, _ in self.received]


class Caller:
    """A shop, and one who calls its API."""

    def __init__(self, **options: Any) -> None:
        self.hub = Hub()
        settings = {
            "stands_at": MORNING,
            "search_lag_s": 0.0,
            "transport": httpx2.WSGITransport(app=self.hub),
        }
        self.app: Shopify = simulated_shopify(**{**settings, **options})
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

    def root(self, query: str, version: str = "2026-10", /, **variables: Any) -> Any:
        """The only root of the answer."""
        (found,) = self.data(query, version, **variables).values()
        return found

    def codes(self, query: str, version: str = "2026-10", /, **variables: Any) -> list[str]:
        """The codes of the user errors of the only root."""
        return [error["code"] for error in self.root(query, version, **variables)["userErrors"]]

    def cost(self, query: str, /, **variables: Any) -> tuple[int, int]:
        body = self.ask(query, **variables)
        assert "errors" not in body, body
        cost = body["extensions"]["cost"]
        return cost["requestedQueryCost"], cost["actualQueryCost"]

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
        answer = self.root(OPERATIONS["inv_set"], **{"in": sent, "k": key})
        errors: list[dict[str, Any]] = answer["userErrors"]
        return errors

    def available(self, sku: str) -> int:
        levels = self.shop.variant(sku)["item"]["levels"].values()
        return sum(level["held"]["available"] for level in levels)

    def subscribe(self, topic: str) -> str:
        answer = self.root(OPERATIONS["hook"], t=topic, w={"uri": ADDRESS, "format": "JSON"})
        assert answer["userErrors"] == []
        number: str = answer["webhookSubscription"]["id"]
        return number

    def upload(self, text: str) -> str:
        """A file for a bulk mutation. Returns its path."""
        row = {
            "resource": "BULK_MUTATION_VARIABLES",
            "filename": "lines.jsonl",
            "mimeType": "text/jsonl",
            "httpMethod": "POST",
        }
        (target,) = self.root(OPERATIONS["stage"], **{"in": [row]})["stagedTargets"]
        form = {each["name"]: each["value"] for each in target["parameters"]}
        answer = self.http.post(target["url"], data=form, files={"file": ("lines.jsonl", text.encode())})
        assert answer.status_code == 201, answer.text
        return form["key"]


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


@pytest.fixture
def operations() -> dict[str, str]:
    """The 19 operations that are valid against the published schema."""
    return OPERATIONS
