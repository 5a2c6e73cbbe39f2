"""The agent's side of the conversation with the hub. It only ever dials out.

Bodies are MessagePack, batches in gzip; every error is one of the three the operator understands. The
token never appears in an address, a message or a log line, and plain HTTP to another machine is refused
unless the configuration allows it (config.py).
"""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Any, TypeVar

import httpx2
import msgspec
import structlog

from stockwire.agent import clock
from stockwire.agent.config import HubSettings
from stockwire.agent.config_checks import is_loopback
from stockwire.agent.way_out import proxy_of, trusted
from stockwire.errors import NotSetUp, Refused, StockwireError, TryLater
from stockwire.wire import (
    Confirmed,
    Enrolled,
    Enrolment,
    Fetched,
    Findings,
    Raised,
    ReadingDone,
    Received,
    Settings,
    Work,
)

VERSION = version("stockwire")
MSGPACK = "application/x-msgpack"
CLOCK_TOLD_EVERY_S = 3600.0
CLOCK_TOLERANCE = timedelta(minutes=5)
ENROL_AGAIN = (
    "Make a new enrolment code in the console and run: stockwire agent enrol --config agent.toml --code CODE"
)

_T = TypeVar("_T")


class OutOfStep(Refused):
    """The hub expects another batch number than the one sent; `expected` is that number."""

    def __init__(self, message: str, expected: int) -> None:
        super().__init__(message)
        self.expected = expected


class HubAway(TryLater):
    """The hub cannot be reached, whatever it is told."""


class TokenRefused(NotSetUp):
    """The hub does not know this token (any more)."""


class HubLink:
    """One HTTP client for one hub. Thread-safe; close it. `transport` is for a hub in the same process."""

    def __init__(
        self, settings: HubSettings, token: str = "", *, transport: httpx2.BaseTransport | None = None
    ) -> None:
        self._settings = settings
        self.token = token
        self._log = structlog.get_logger("stockwire.agent")
        self._clock_off: timedelta | None = None
        self._clock_told_at = 0.0
        if settings.url.startswith("http:") and not is_loopback(settings.url):
            self._log.warning(
                "plain HTTP to the hub: token and prices can be read on the way", hub=settings.url
            )
        self._proxy = proxy_of(settings)
        self._client = httpx2.Client(
            base_url=settings.url.rstrip("/"),
            headers={"User-Agent": f"stockwire-agent/{VERSION}", "Accept": MSGPACK},
            timeout=httpx2.Timeout(settings.timeout_s, connect=10.0),
            verify=trusted(settings),
            proxy=self._proxy or None,
            trust_env=False,
            transport=transport,
        )

    def close(self) -> None:
        self._client.close()

    def enrol(self, code: str, machine: str) -> Enrolled:
        """Exchange the code for a token, once. Raises NotSetUp when the hub does not take the code."""
        try:
            return self._call(
                "POST",
                "enrol",
                Enrolled,
                body=Enrolment(code=code, machine=machine, agent_version=VERSION),
            )
        except (TokenRefused, Refused) as error:
            raise NotSetUp(
                "The hub does not accept this enrolment code.",
                hint=error.hint
                if isinstance(error, Refused) and error.hint
                else "A code works once and for a short time: make a new one in the console.",
                detail=error.message,
            ) from None

    def settings(self) -> Settings:
        return self._call("GET", "settings", Settings)

    def send_batch(self, payload: bytes) -> Received:
        """Send an encoded Batch. Raises OutOfStep when the hub expects another number."""
        return self._call(
            "POST",
            "batches",
            Received,
            content=gzip.compress(payload, compresslevel=1),
            headers={"Content-Encoding": "gzip"},
        )

    def reading_done(self, done: ReadingDone) -> None:
        self._call("POST", "readings", None, body=done)

    def work(self, wait_s: int, orders: int) -> Work:
        """Ask for work, at most so many orders; the hub answers at once or when the wait is over."""
        params: dict[str, int | str] = {"wait": wait_s, "orders": orders, "run": clock.RUN}
        return self._call("GET", "work", Work, params=params, timeout=self._settings.timeout_s + wait_s)

    def findings(self, found: Findings) -> Confirmed:
        return self._call("POST", "findings", Confirmed, body=found)

    def fetched(self, fetched: Fetched) -> Confirmed:
        return self._call("POST", "fetched", Confirmed, body=fetched)

    def raised(self, raised: Raised) -> Confirmed:
        return self._call("POST", "raised", Confirmed, body=raised)

    def _call(
        self,
        method: str,
        name: str,
        answer: type[_T] | None,
        *,
        body: msgspec.Struct | None = None,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
        params: dict[str, int | str] | None = None,
        timeout: float | None = None,
    ) -> _T:
        sent = {"Content-Type": MSGPACK, **(headers or {})} if body or content else dict(headers or {})
        if self.token and name != "enrol":
            sent["Authorization"] = f"Bearer {self.token}"
        try:
            response = self._client.request(
                method,
                f"/api/agent/{name}",
                content=msgspec.msgpack.encode(body) if body is not None else content,
                headers=sent,
                params=params,
                timeout=timeout or httpx2.USE_CLIENT_DEFAULT,
            )
        except httpx2.HTTPError as error:
            raise self._unreachable(error) from None
        if response.status_code >= 300:
            raise _error(response)
        decoded = _decoded(response, answer) if answer is not None else None
        said = getattr(decoded, "clock_utc", "") or response.headers.get("Date", "")
        self._compare_clocks(said)
        return decoded  # type: ignore[return-value]

    def _unreachable(self, error: Exception) -> StockwireError:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return NotSetUp(
                f"The certificate of the hub at {self._settings.url} is not trusted.",
                hint="If your own authority signed it, name its certificate in hub.certificates; else check "
                "the address and this machine's clock.",
                detail=str(error),
            )
        proxy = httpx2.URL(self._proxy) if self._proxy else None
        if proxy and isinstance(error, httpx2.ProxyError):
            return HubAway(
                f"The proxy {proxy.host}:{proxy.port or 80} does not let the agent through to the hub.",
                hint="Check hub.proxy in agent.toml, with user and password where the proxy wants them: "
                "http://user:password@proxy:3128. Or have it let this machine through to the hub's address.",
                detail=str(error),
            )
        way = f" through the proxy {proxy.host}:{proxy.port or 80}" if proxy else ""
        return HubAway(
            f"The hub at {self._settings.url} cannot be reached{way}.",
            hint="What waits is kept and sent when it answers. Is outgoing port "
            f"{httpx2.URL(self._settings.url).port or 443} open?",
            detail=f"{type(error).__name__}: {error}",
        )

    def _compare_clocks(self, said: str) -> None:
        """`said` is the hub's time as ISO 8601 or as in a Date header; anything else says nothing."""
        here = clock.now()
        try:
            there = datetime.fromisoformat(said) if said[:1].isdigit() else parsedate_to_datetime(said)
        except ValueError:
            return
        if there.tzinfo is None:
            return
        off = here - there
        if abs(off) <= CLOCK_TOLERANCE:
            if abs(off) < CLOCK_TOLERANCE / 2:
                self._clock_off = None  # Set right: should it be set wrong again, that is news.
            return
        told = self._clock_off is not None and abs(off - self._clock_off) < CLOCK_TOLERANCE
        if told and clock.ticks() - self._clock_told_at < CLOCK_TOLD_EVERY_S:
            return
        self._clock_off, self._clock_told_at = off, clock.ticks()
        self._log.warning(
            "this machine's clock differs from the hub's: set it, else times are shown wrong and the "
            "nightly comparison comes at another hour",
            here=here.isoformat(timespec="seconds"),
            hub=there.isoformat(timespec="seconds"),
        )


def _decoded(response: httpx2.Response, answer: type[_T]) -> _T:
    kind = response.headers.get("Content-Type", "").split(";")[0].strip()
    try:
        if kind == MSGPACK:
            return msgspec.msgpack.decode(response.content, type=answer)
        if kind == "application/json":
            return msgspec.json.decode(response.content, type=answer)
    except msgspec.MsgspecError as error:
        raise TryLater("The hub's answer cannot be read.", detail=str(error)) from None
    raise TryLater(
        "Something else than the hub answered.",
        hint="Check hub.url; a proxy or a sign-in page of the network may stand in between.",
        detail=response.text[:200],
    )


def _error(response: httpx2.Response) -> StockwireError:
    said: dict[str, Any] = {}
    try:
        raw = msgspec.json.decode(response.content)
        said = raw if isinstance(raw, dict) else {}
    except msgspec.MsgspecError:
        pass
    message, hint = str(said.get("message", "")), str(said.get("hint", ""))
    status = response.status_code
    if status == 401:
        return TokenRefused("The hub does not accept this agent's token.", hint=ENROL_AGAIN, detail=message)
    if status == 409 and isinstance(said.get("expected"), int):
        return OutOfStep(message or "The hub expects another batch.", said["expected"])
    if status in {403, 404, 405} or 300 <= status < 400:
        return NotSetUp(
            message or f"The hub's address does not serve agents (it answered {status}).",
            hint=hint or "Check hub.url, and that hub and agent are of about the same version.",
        )
    if status == 429 or status >= 500 or status == 408:
        after = response.headers.get("Retry-After", "")
        return TryLater(
            message or f"The hub is not ready (it answered {status}).",
            hint=hint,
            after_s=float(after) if after.isdecimal() else None,
        )
    return Refused(message or f"The hub refused what was sent ({status}).", hint=hint)
