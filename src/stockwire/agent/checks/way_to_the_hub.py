"""The way to the hub: port, certificate, answer, token, clock. One request, nothing sent but the token."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2
import msgspec

from stockwire.agent.checks.check import Check
from stockwire.agent.checks.hub_words import ANSWER, CERTIFICATE, CLOCK, PORT, TOKEN
from stockwire.agent.config import HubSettings
from stockwire.agent.config_checks import SYSTEM, is_loopback
from stockwire.agent.link import CLOCK_TOLERANCE, MSGPACK, VERSION
from stockwire.agent.way_out import proxy_of, trusted
from stockwire.errors import NotSetUp
from stockwire.ports import Finding
from stockwire.tls import authorities
from stockwire.wire import Settings

CONNECT_WITHIN_S = 10.0
EXPIRES_SOON_DAYS = 21
# OpenSSL's X509_V_ERR_* and, as the Windows store says it, CERT_E_EXPIRED and CERT_E_CN_NO_MATCH.
EXPIRED = {10, 0x800B0101}
OTHER_NAME = {62, 64, 0x800B010F}


class WayToTheHub:
    """Iterate `look`; afterwards `settings` is what the hub said, None where it did not."""

    def __init__(self, hub: HubSettings, token: str, config: object) -> None:
        self._hub = hub
        self._token = token
        self._config = config
        self.settings: Settings | None = None
        parts = httpx2.URL(hub.url)
        self._tls = parts.scheme == "https"
        self._host = parts.host
        self._port = parts.port or (443 if self._tls else 80)
        self._proxy = proxy_of(hub)

    def look(self) -> Iterator[Finding]:
        port = self._look_at_port()
        yield port
        if port.state == "failed":
            yield from (check.waits_for(PORT) for check in (CERTIFICATE, ANSWER))
            yield self._without_answer(PORT)
            yield CLOCK.waits_for(PORT)
            return
        certificate = self._look_at_certificate()
        yield certificate
        if certificate.state == "failed":
            yield ANSWER.waits_for(CERTIFICATE)
            yield self._without_answer(CERTIFICATE)
            yield CLOCK.waits_for(CERTIFICATE)
            return
        yield from self._look_at_answer()

    def _look_at_port(self) -> Finding:
        if self._proxy:
            proxy = httpx2.URL(self._proxy)
            shown = f"{proxy.host}:{proxy.port or 80}"
            try:
                socket.create_connection((proxy.host, proxy.port or 80), CONNECT_WITHIN_S).close()
            except OSError:
                return PORT.says("no_proxy", proxy=shown)
            return PORT.says("through_proxy", proxy=shown)
        where = {"host": self._host, "port": self._port}
        try:
            socket.create_connection((self._host, self._port), CONNECT_WITHIN_S).close()
        except socket.gaierror:
            return PORT.says("no_name", **where)
        except ConnectionRefusedError:
            return PORT.says("refused", **where)
        except OSError as error:
            return PORT.says("closed", why=error.strerror or "no answer in time", **where)
        return PORT.says("open", **where)

    def _look_at_certificate(self) -> Finding:
        if not self._tls:
            return CERTIFICATE.says("loopback" if is_loopback(self._hub.url) else "plain")
        try:
            context = trusted(self._hub)
        except NotSetUp as error:
            return CERTIFICATE.says("no_file", why=error.detail)
        if self._proxy:
            return CERTIFICATE.says("through_proxy")
        host = self._host
        try:
            with socket.create_connection((host, self._port), CONNECT_WITHIN_S) as plain:
                with context.wrap_socket(plain, server_hostname=host) as tls:
                    shown = tls.getpeercert() or {}
        except ssl.SSLCertVerificationError as error:
            return _untrusted(host, error)
        except OSError as error:
            return CERTIFICATE.says("no_tls", host=host, port=self._port, why=error)
        if not shown:  # On Windows the system itself has checked it, and Python does not show it.
            return CERTIFICATE.says("trusted", host=host)
        ends = ssl.cert_time_to_seconds(str(shown.get("notAfter")))
        days = int((ends - time.time()) // 86_400)
        if days < EXPIRES_SOON_DAYS:
            return CERTIFICATE.says("soon", host=host, days=days)
        issuer = _name_in(shown.get("issuer"))
        name = "valid" if self._hub.certificates == SYSTEM else "own"
        return CERTIFICATE.says(name, host=host, issuer=issuer, days=days)

    def _look_at_answer(self) -> Iterator[Finding]:
        url = self._hub.url
        try:
            answer = self._ask()
        except httpx2.HTTPError as error:
            yield ANSWER.says("nothing", url=url, why=f"{type(error).__name__} {error}".strip())
            yield self._without_answer(ANSWER)
            yield CLOCK.waits_for(ANSWER)
            return
        kind = answer.headers.get("Content-Type", "").split(";")[0] or "no content type"
        self.settings = _settings_in(answer)
        refused = answer.status_code == 401 and kind == "application/json"
        if self.settings or refused:
            yield ANSWER.says("hub", url=url)
            if not self._token:
                yield TOKEN.says("none", config=self._config)
            elif self.settings:
                yield TOKEN.says("accepted", source=self.settings.source)
            else:
                yield TOKEN.says("refused", config=self._config)
        else:
            busy = answer.status_code >= 500 or answer.status_code in {408, 429}
            name = "not_ready" if busy else "other"
            yield ANSWER.says(name, url=url, status=answer.status_code, kind=kind)
            yield self._without_answer(ANSWER)
            if name == "other":
                yield CLOCK.waits_for(ANSWER)
                return
        yield _clock(answer.headers.get("Date", ""))

    def _without_answer(self, because: Check) -> Finding:
        return TOKEN.waits_for(because) if self._token else TOKEN.says("none", config=self._config)

    def _ask(self) -> httpx2.Response:
        headers = {"User-Agent": f"stockwire-agent/{VERSION}", "Accept": MSGPACK}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        with httpx2.Client(
            timeout=httpx2.Timeout(self._hub.timeout_s, connect=CONNECT_WITHIN_S),
            verify=trusted(self._hub) if self._tls else authorities(),
            proxy=self._proxy or None,
            trust_env=False,
        ) as client:
            return client.get(f"{self._hub.url.rstrip('/')}/api/agent/settings", headers=headers)


def _untrusted(host: str, error: ssl.SSLCertVerificationError) -> Finding:
    if error.verify_code in EXPIRED:
        return CERTIFICATE.says("expired", host=host)
    if error.verify_code in OTHER_NAME:
        return CERTIFICATE.says("other_name", host=host)
    return CERTIFICATE.says("not_trusted", host=host, why=error.verify_message)


def _name_in(parts: object) -> str:
    """The organisation or common name out of what getpeercert shows of an issuer."""
    pairs = dict(pair[0] for pair in parts) if isinstance(parts, tuple) else {}
    return str(pairs.get("organizationName") or pairs.get("commonName") or "nobody named")


def _settings_in(answer: httpx2.Response) -> Settings | None:
    if answer.status_code != 200 or not answer.headers.get("Content-Type", "").startswith(MSGPACK):
        return None
    try:
        return msgspec.msgpack.decode(answer.content, type=Settings)
    except msgspec.MsgspecError:
        return None


def _clock(said: str) -> Finding:
    try:
        there = parsedate_to_datetime(said)
    except ValueError:
        return CLOCK.says("not_said")
    ahead = datetime.now(UTC) - there
    if abs(ahead) <= CLOCK_TOLERANCE:
        return CLOCK.says("right", seconds=round(abs(ahead.total_seconds())))
    minutes = f"{abs(ahead.total_seconds()) / 60:,.0f}"
    direction = "ahead of" if ahead.total_seconds() > 0 else "behind"
    return CLOCK.says("wrong", minutes=minutes, direction=direction)
