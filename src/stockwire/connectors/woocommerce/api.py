"""Thin HTTP for WooCommerce's wc/v3: authentication, paging and errors. Dict in, dict out.

Never retries, never logs, and never lets a key into a message. What an answer means for a product or an
order is decided elsewhere.
"""

from __future__ import annotations

import base64
import logging
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import msgspec

from stockwire.connectors.woocommerce import oauth1
from stockwire.connectors.woocommerce.refusals import (
    ShopError,
    explain,
    not_json,
    read_error,
    redacted,
)
from stockwire.connectors.woocommerce.setting_types import Authentication
from stockwire.connectors.woocommerce.settings import WooCommerceSettings
from stockwire.errors import NotSetUp, StockwireError, TryLater
from stockwire.tls import authorities

PAGE = 100
_CONNECT_S = 15.0
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class _WithoutKeys(logging.Filter):
    """The HTTP library logs whole addresses, and query_params and OAuth put keys into them."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redacted(record.getMessage()), ()
        return True


logging.getLogger("httpx2").addFilter(_WithoutKeys())


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON answer. `seconds` is how long the shop took, `error` is set when the status was not 2xx."""

    status: int
    body: Any
    headers: Mapping[str, str]
    seconds: float
    error: ShopError | None = None


class Api:
    """One HTTP client for one shop; close it. Safe to use from several threads."""

    def __init__(
        self,
        settings: WooCommerceSettings,
        *,
        transport: httpx2.BaseTransport | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._now = now
        self._client = httpx2.Client(
            verify=authorities(),
            timeout=httpx2.Timeout(settings.timeout_s, connect=min(_CONNECT_S, settings.timeout_s)),
            transport=transport,
            follow_redirects=False,
            headers={"Accept": "application/json", "User-Agent": "Stockwire"},
        )

    def close(self) -> None:
        self._client.close()

    def get(
        self, path: str, query: Mapping[str, str] | None = None, *, accept: Collection[int] = ()
    ) -> Answer:
        return self.call("GET", path, query, accept=accept)

    def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: object = None,
        *,
        accept: Collection[int] = (),
    ) -> Answer:
        """Send one request to `path` below wc/v3.

        Statuses in `accept` come back as an Answer with `error` when the shop itself said so in JSON (a 413
        counts from whatever stands before it too); every other error status raises TryLater, Refused or
        NotSetUp.
        """
        url = self._settings.rest_url + path
        wrote = method != "GET"
        headers, parameters = self._authenticated(method, url, dict(query or {}))
        content = None
        if body is not None:
            content = msgspec.json.encode(body)
            headers["Content-Type"] = "application/json"
        target = f"{url}?{oauth1.query_string(parameters.items())}" if parameters else url
        started = time.monotonic()
        try:
            response = self._client.request(method, target, headers=headers, content=content)
        except httpx2.RequestError as error:
            raise _unreachable(error, wrote=wrote) from None
        except httpx2.InvalidURL:
            raise NotSetUp("The shop address is not a valid address.", hint="Correct api_url.") from None
        return self._read(response, time.monotonic() - started, wrote=wrote, accept=accept)

    def pages(self, path: str, query: Mapping[str, str]) -> Iterator[list[dict[str, Any]]]:
        """All pages of a list, each a list of objects."""
        page = 1
        while True:
            answer = self.get(path, {**query, "per_page": str(PAGE), "page": str(page)})
            rows = rows_of(answer)
            yield rows
            total = answer.headers.get("x-wp-totalpages", "")
            last = page >= int(total) if total.isdigit() else len(rows) < PAGE
            if last or not rows:
                return
            page += 1

    def _authenticated(
        self, method: str, url: str, query: dict[str, str]
    ) -> tuple[dict[str, str], dict[str, str]]:
        key = self._settings.consumer_key.get_secret_value()
        secret = self._settings.consumer_secret.get_secret_value()
        if url.startswith("http://"):
            return {}, oauth1.signed_parameters(
                method,
                url,
                query,
                consumer_key=key,
                consumer_secret=secret,
                nonce=secrets.token_hex(16),
                timestamp_s=int(self._now().timestamp()),
            )
        if self._settings.authentication is Authentication.QUERY_PARAMS:
            return {}, {**query, "consumer_key": key, "consumer_secret": secret}
        pair = base64.b64encode(f"{key}:{secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}, query

    def _read(
        self, response: httpx2.Response, seconds: float, *, wrote: bool, accept: Collection[int]
    ) -> Answer:
        status, headers = response.status_code, {k.lower(): v for k, v in response.headers.items()}
        try:
            body = msgspec.json.decode(response.content.removeprefix(b"\xef\xbb\xbf"))
            is_json = True
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            body, is_json = None, False
        if 200 <= status < 300:
            if not is_json:
                raise not_json(status, wrote=wrote, beginning=response.text)
            return Answer(status, body, headers, seconds)
        error = read_error(status, body)
        if status in accept and (is_json or status == 413):
            return Answer(status, body, headers, seconds, error)
        raise explain(error, wrote=wrote, headers=headers, now=self._now(), is_json=is_json)


def rows_of(answer: Answer) -> list[dict[str, Any]]:
    """The objects of a list answer. Raises TryLater when it is no list of objects."""
    if isinstance(answer.body, list) and all(isinstance(row, dict) for row in answer.body):
        return answer.body
    raise not_json(answer.status, wrote=False)


def object_of(answer: Answer) -> dict[str, Any]:
    """The object of an answer. Raises TryLater when it is something else."""
    if isinstance(answer.body, dict):
        return answer.body
    raise not_json(answer.status, wrote=False)


def _unreachable(error: httpx2.RequestError, *, wrote: bool) -> StockwireError:
    kind = type(error).__name__
    if isinstance(error, _NEVER_SENT):
        text = str(error).lower()
        if "certificate" in text or "ssl" in text:
            return TryLater(
                "The shop's certificate could not be accepted.",
                hint="Open the shop in a browser. If the padlock is missing, the certificate must be renewed "
                "by its host.",
                detail=kind,
            )
        if "name or service not known" in text or "name resolution" in text or "nodename" in text:
            return TryLater(
                "The shop's host name is not known.",
                hint="Check api_url and the hub's internet connection.",
                detail=kind,
            )
        return TryLater(
            "The shop cannot be reached.",
            hint="It is tried again by itself. If it goes on, check api_url and whether the shop is online.",
            detail=kind,
        )
    if isinstance(error, httpx2.TimeoutException):
        return TryLater(
            "The shop did not answer in time.",
            hint="It is tried again with smaller calls. If it goes on, the shop's server is overloaded.",
            detail=kind,
            may_have_worked=wrote,
        )
    return TryLater(
        "The connection to the shop broke off before its answer arrived.",
        hint="It is tried again by itself.",
        detail=kind,
        may_have_worked=wrote,
    )
