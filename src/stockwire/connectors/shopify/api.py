"""Thin GraphQL for Shopify's Admin API: authentication, the budget of points and errors. Dict in, dict out.

Never repeats a call whose fate is unknown, never logs, and never lets a token into a message. What an answer
means for a product or an order is decided elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
import msgspec

from stockwire.connectors.shopify.credentials import Credentials
from stockwire.connectors.shopify.facts import Facts, facts_of
from stockwire.connectors.shopify.operations import Operation
from stockwire.connectors.shopify.refusals import explain_errors, explain_status, not_json, unreachable
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.errors import NotSetUp, StockwireError, TryLater
from stockwire.sharing import Shared
from stockwire.tls import authorities

_CONNECT_S = 15.0
_LONGEST_WAIT_S = 60.0
_MOST_THROTTLED = 3
SINGLE_CALL_LIMIT = 1000.0


@dataclass(frozen=True, slots=True)
class Answer:
    """`data` by root field (or alias); `errors` are those of single roots. `points` is what it cost."""

    data: Mapping[str, Any]
    errors: Mapping[str, StockwireError] = field(default_factory=dict)
    points: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)

    def root(self, name: str) -> Any:
        """What this root answered. Raises its error when it failed."""
        if name in self.errors:
            raise self.errors[name]
        return self.data.get(name)


class Api:
    """One HTTP client for one shop; close it. Safe to use from several threads."""

    def __init__(
        self,
        settings: ShopifySettings,
        shared: Shared,
        *,
        transport: httpx2.BaseTransport | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._shared = shared
        self.now = now
        self.sleep = sleep
        self._client = httpx2.Client(
            verify=authorities(),
            timeout=httpx2.Timeout(settings.timeout_s, connect=min(_CONNECT_S, settings.timeout_s)),
            transport=transport,
            follow_redirects=False,
            headers={"Accept": "application/json", "User-Agent": "Stockwire"},
        )
        self._credentials = Credentials(settings, shared, self._client, now)
        self.calls = 0
        self.points = 0.0

    @property
    def facts(self) -> Facts:
        return facts_of(self._settings.base_url)

    def close(self) -> None:
        self._client.close()

    def run(self, operation: Operation, variables: Mapping[str, Any] | None = None) -> Answer:
        """Run one document, waiting for points first. Raises TryLater, Refused or NotSetUp.

        With several roots the errors of single ones are left to the caller (Answer.root).
        """
        for attempt in range(_MOST_THROTTLED):
            self._wait_for(operation.cost)
            body, headers = self._send(operation, dict(variables or {}))
            errors = body.get("errors") or []
            self._account(operation.cost, body)
            if not _is_throttled(errors):
                return self._read(operation, body, headers)
            if attempt + 1 < _MOST_THROTTLED:
                self.sleep(_throttled_s(operation.cost, body))
        raise TryLater(
            "The shop's budget of API calls is used up by other apps.",
            hint="It is tried again by itself. Other apps with the same credentials use it too.",
            after_s=_throttled_s(operation.cost, body),
        )

    def left(self) -> tuple[float, float]:
        """What this channel may use at once and per second, at most, by the plan of the shop."""
        facts, share = self.facts, self._settings.budget_share
        return facts.capacity * share, facts.restore_per_s * share

    def download(self, url: str) -> bytes:
        """A result file of the shop, which is not part of the API and costs nothing."""
        try:
            response = self._client.get(url)
        except httpx2.RequestError as error:
            raise unreachable(error, wrote=False) from None
        if response.status_code != 200:
            raise explain_status(response.status_code, response.headers, wrote=False, now=self.now())
        return response.content

    def upload(self, url: str, form: Mapping[str, str], content: bytes) -> None:
        """Put a file where stagedUploadsCreate said."""
        try:
            response = self._client.post(url, data=dict(form), files={"file": ("changes.jsonl", content)})
        except httpx2.RequestError as error:
            raise unreachable(error, wrote=False) from None
        if response.status_code not in {200, 201, 204}:
            raise TryLater(
                f"The shop did not take the file of a bulk operation (HTTP {response.status_code}).",
                hint="It is tried again by itself.",
            )

    def _wait_for(self, cost: float) -> None:
        capacity, refill = self.left()
        wait_s = self._shared.spend(cost, max(capacity, cost), refill)
        if wait_s > _LONGEST_WAIT_S:
            self._shared.spend(-cost, max(capacity, cost), refill)
            raise TryLater(
                "The shop's budget of API calls is used up for now.",
                hint="Nothing to do: it goes on by itself.",
                after_s=wait_s,
            )
        if wait_s > 0:
            self.sleep(wait_s)

    def _account(self, cost: float, body: Mapping[str, Any]) -> None:
        """Give back what was not used, and take over what the shop says of its bucket."""
        found = (body.get("extensions") or {}).get("cost") or {}
        actual = found.get("actualQueryCost")
        used = float(actual) if isinstance(actual, int | float) else 0.0
        status = found.get("throttleStatus") or {}
        self.calls += 1
        if not status:
            return
        self.points += used
        facts = self.facts
        facts.capacity = float(status["maximumAvailable"])
        facts.restore_per_s = float(status["restoreRate"])
        capacity, refill = self.left()
        if used < cost:
            self._shared.spend(used - cost, max(capacity, cost), refill)
        self._shared.observe(float(status["currentlyAvailable"]) - (facts.capacity - capacity))

    def _send(
        self, operation: Operation, variables: dict[str, Any]
    ) -> tuple[dict[str, Any], Mapping[str, str]]:
        content = msgspec.json.encode(
            {"query": operation.text, "operationName": operation.name, "variables": variables}
        )
        token = self._credentials.token()
        response = self._post(token, content, wrote=operation.writes)
        if response.status_code == 401 and self._credentials.rejected(token):
            response = self._post(self._credentials.token(), content, wrote=operation.writes)
        if response.status_code == 401:
            raise self._credentials.refusal()
        if not 200 <= response.status_code < 300:
            raise explain_status(
                response.status_code,
                response.headers,
                wrote=operation.writes,
                now=self.now(),
                text=response.text,
            )
        try:
            body = msgspec.json.decode(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            body = None
        if not isinstance(body, dict) or not ("data" in body or "errors" in body):
            raise not_json(response.status_code, wrote=operation.writes, beginning=response.text)
        return body, {name.lower(): value for name, value in response.headers.items()}

    def _post(self, token: str, content: bytes, *, wrote: bool) -> httpx2.Response:
        headers = {"Content-Type": "application/json", "X-Shopify-Access-Token": token}
        try:
            return self._client.post(self._settings.graphql_url, content=content, headers=headers)
        except httpx2.RequestError as error:
            raise unreachable(error, wrote=wrote) from None
        except httpx2.InvalidURL:
            raise NotSetUp(
                "The shop's address is not a valid address.", hint="Correct channel_domain."
            ) from None

    def _read(self, operation: Operation, body: dict[str, Any], headers: Mapping[str, str]) -> Answer:
        raw = body.get("errors") or []
        errors = (
            [row for row in raw if isinstance(row, dict)] if isinstance(raw, list) else [{"message": raw}]
        )
        data = body.get("data") or {}
        by_root: dict[str, list[Mapping[str, Any]]] = {}
        for error in errors:
            path = error.get("path")
            by_root.setdefault(str(path[0]) if path else "", []).append(error)
        # An error below a root that was answered all the same (a denied field) leaves a null there.
        failed = {
            name: explain_errors(found, wrote=operation.writes)
            for name, found in by_root.items()
            if name and data.get(name) is None
        }
        if "" in by_root or (failed and not any(value is not None for value in data.values())):
            raise explain_errors(by_root.get("") or errors, wrote=operation.writes)
        cost = ((body.get("extensions") or {}).get("cost") or {}).get("actualQueryCost")
        return Answer(data, failed, float(cost or 0), headers)


def _is_throttled(errors: object) -> bool:
    return isinstance(errors, list) and any(
        isinstance(row, dict) and (row.get("extensions") or {}).get("code") == "THROTTLED" for row in errors
    )


def _throttled_s(cost: float, body: Mapping[str, Any]) -> float:
    """(requested - available) / restore rate, as the shop states them."""
    found = (body.get("extensions") or {}).get("cost") or {}
    status = found.get("throttleStatus") or {}
    requested = float(found.get("requestedQueryCost") or cost)
    rate = float(status.get("restoreRate") or 50)
    return min(30.0, max(0.1, (requested - float(status.get("currentlyAvailable") or 0)) / rate))
