"""The way to the hub: port, certificate, answer, token, clock. One request, nothing sent but the token."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.request import getproxies, proxy_bypass

import httpx2
import msgspec

from stockwire.agent.checks.check import Check, failed, passed, unknown, warning
from stockwire.agent.config import HubSettings, is_loopback
from stockwire.agent.link import CLOCK_TOLERANCE, MSGPACK, VERSION
from stockwire.ports import Finding
from stockwire.wire import Settings

CONNECT_WITHIN_S = 10.0
EXPIRES_SOON_DAYS = 21

PORT = Check(
    "hub_port",
    "the way to the hub",
    {
        "open": passed("Port {port} of {host} is open."),
        "through_proxy": passed("The way to the hub goes through the proxy {proxy}, which answers."),
        "no_name": failed(
            "The name {host} is not known here.",
            "Check hub.url in agent.toml for typing errors, and this machine's name server (DNS).",
        ),
        "refused": failed(
            "Nobody listens on port {port} of {host}.",
            "Check host and port of hub.url in agent.toml; is the hub running?",
        ),
        "closed": failed(
            "Port {port} of {host} cannot be reached: {why}.",
            "Open outgoing TCP port {port} to {host} in the firewall of this machine and of the network. "
            "Nothing incoming is needed.",
        ),
        "no_proxy": failed(
            "The proxy {proxy} does not answer.",
            "Check hub.proxy in agent.toml or the system's proxy settings; hub.use_system_proxy = false "
            "goes straight to the hub.",
        ),
    },
)
CERTIFICATE = Check(
    "hub_certificate",
    "the hub's certificate",
    {
        "loopback": passed("The hub is on this very machine: no certificate is needed."),
        "valid": passed(
            "The certificate of {host} was issued by {issuer} and is valid for {days} more days."
        ),
        "own": passed(
            "The certificate of {host} was issued by your own authority {issuer} (hub.ca_file) and is valid "
            "for {days} more days."
        ),
        "soon": warning(
            "The certificate of {host} expires in {days} days.",
            "Renew the certificate at the hub before then; the agent stops sending on that day.",
        ),
        "plain": warning(
            "The hub is asked over plain HTTP: everybody on the way can read the token and the prices.",
            "Use an https:// address in hub.url.",
        ),
        "expired": failed(
            "The certificate of {host} has expired.",
            "Renew it at the hub. If it is still valid there, this machine's clock is wrong: set it.",
        ),
        "other_name": failed(
            "The certificate that {host} shows is for another name.",
            "Write the name that stands in the certificate into hub.url, or have it made for this name.",
        ),
        "not_trusted": failed(
            "The certificate of {host} was signed by nobody this machine trusts: {why}.",
            "If your own authority signed it, name that authority's certificate file in hub.ca_file of "
            "agent.toml. If not, somebody in between may be reading along: ask your network's people.",
        ),
        "no_tls": failed(
            "{host} does not speak TLS on port {port}: {why}.",
            "Check host and port of hub.url; an address with https:// must lead to a hub that serves TLS.",
        ),
        "ca_file": failed(
            "hub.ca_file is no certificate file: {why}.",
            "Give it in PEM form (it begins with -----BEGIN CERTIFICATE-----).",
        ),
        "through_proxy": unknown(
            "The way goes through a proxy, so the certificate is not looked at by itself."
        ),
    },
)
ANSWER = Check(
    "hub_answers",
    "the hub's answer",
    {
        "hub": passed("A hub answers at {url}."),
        "not_ready": warning(
            "The hub at {url} is there, but not ready: it answered {status}.",
            "Wait a minute and check again; if it stays so, look at the hub's own log.",
        ),
        "other": failed(
            "Something else than a hub answers at {url} (status {status}, {kind}).",
            "Check hub.url in agent.toml; a proxy or a sign-in page of the network may stand in between.",
        ),
        "nothing": failed(
            "No answer came from {url}: {why}.",
            "Check hub.url; a firewall that looks into connections may cut them off.",
        ),
    },
)
TOKEN = Check(
    "hub_token",
    "the token of this agent",
    {
        "accepted": passed("The hub knows this agent; it serves the source {source}."),
        "none": failed(
            "This agent is not enrolled: there is no token in the data folder.",
            "Make an enrolment code in the hub and run: stockwire agent enrol --config {config} --code CODE",
        ),
        "refused": failed(
            "The hub does not accept this agent's token.",
            "Make a new enrolment code in the hub and run: "
            "stockwire agent enrol --config {config} --code CODE",
        ),
    },
)
CLOCK = Check(
    "clock",
    "this machine's clock",
    {
        "right": passed("This machine's clock and the hub's differ by {seconds} s."),
        "wrong": failed(
            "This machine's clock is {minutes} minutes {direction} the hub's.",
            "Set the clock and let it be set by itself (Windows: Settings, Time; Linux: timedatectl set-ntp "
            "true). Till then stock on held orders is released at the wrong time.",
        ),
        "not_said": unknown("The answer carries no time to compare with."),
    },
)
CHECKS = (PORT, CERTIFICATE, ANSWER, TOKEN, CLOCK)


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
        self._proxy = self._proxy_in_use()

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
            context = self._context()
        except (ssl.SSLError, OSError) as error:
            return CERTIFICATE.says("ca_file", why=error)
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
        ends = ssl.cert_time_to_seconds(str(shown.get("notAfter")))
        days = int((ends - time.time()) // 86_400)
        if days < EXPIRES_SOON_DAYS:
            return CERTIFICATE.says("soon", host=host, days=days)
        issuer = _name_in(shown.get("issuer"))
        return CERTIFICATE.says("own" if self._hub.ca_file else "valid", host=host, issuer=issuer, days=days)

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
        yield _clock(answer.headers.get("Date", ""))

    def _without_answer(self, because: Check) -> Finding:
        return TOKEN.waits_for(because) if self._token else TOKEN.says("none", config=self._config)

    def _ask(self) -> httpx2.Response:
        headers = {"User-Agent": f"stockwire-agent/{VERSION}", "Accept": MSGPACK}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        with httpx2.Client(
            timeout=httpx2.Timeout(self._hub.timeout_s, connect=CONNECT_WITHIN_S),
            verify=self._context() if self._tls else True,
            proxy=self._proxy or None,
            trust_env=False,
        ) as client:
            return client.get(f"{self._hub.url.rstrip('/')}/api/agent/settings", headers=headers)

    def _context(self) -> ssl.SSLContext:
        if self._hub.ca_file:
            return ssl.create_default_context(cafile=self._hub.ca_file)
        return httpx2.create_ssl_context()

    def _proxy_in_use(self) -> str:
        if self._hub.proxy:
            return self._hub.proxy
        if not self._hub.use_system_proxy or is_loopback(self._hub.url) or proxy_bypass(self._host):
            return ""
        known = getproxies()
        return known.get("https" if self._tls else "http", "") or known.get("all", "")


def _untrusted(host: str, error: ssl.SSLCertVerificationError) -> Finding:
    """By the numbers of OpenSSL's X509_V_ERR_*: 10 has expired, 62 and 64 host name or address mismatch."""
    if error.verify_code == 10:
        return CERTIFICATE.says("expired", host=host)
    if error.verify_code in {62, 64}:
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
