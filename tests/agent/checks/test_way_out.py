"""The way out to the hub: through a real proxy process, past one, and by whose certificates."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stockwire.agent.config import HubSettings, parse
from stockwire.agent.link import HubLink
from stockwire.agent.way_out import proxy_of
from stockwire.errors import NotSetUp, TryLater

TOKEN = "the-token-of-this-agent"
NAME = "hub.karoo-fasteners.test"


class ProxyProcess:
    def __init__(self, *given: str) -> None:
        script = Path(__file__).with_name("small_proxy.py")
        self._process = subprocess.Popen(
            [sys.executable, str(script), *given], stdout=subprocess.PIPE, text=True
        )
        self.address = f"127.0.0.1:{self._process.stdout.readline().strip()}"

    def stop(self) -> list[str]:
        """What was asked of it."""
        self._process.terminate()
        asked, _ = self._process.communicate(timeout=10)
        return asked.splitlines()


@pytest.fixture
def start_proxy():
    started = []

    def start(*given: object) -> ProxyProcess:
        started.append(ProxyProcess(*map(str, given)))
        return started[-1]

    yield start
    for proxy in started:
        proxy.stop()


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def source_by(**settings) -> str:
    """What the hub answers to a link with these settings."""
    link = HubLink(HubSettings(**settings), TOKEN)
    try:
        return link.settings().source
    finally:
        link.close()


def named(site) -> str:
    """The site's hub over TLS under a name that only the proxy knows the way to."""
    site.over_tls(address=NAME)
    return f"https://{NAME}:{site.hub.port}"


def test_plain_and_encrypted_requests_go_through_the_proxy_that_is_named(site, start_proxy):
    proxy = start_proxy(site.hub.port)
    assert source_by(url=site.hub.url, proxy=f"http://{proxy.address}") == "omni"
    url = named(site)
    assert (
        source_by(url=url, proxy=f"http://{proxy.address}", certificates=str(site.authority.file)) == "omni"
    )
    assert proxy.stop() == [
        f"GET {site.hub.url}/api/agent/settings",
        f"CONNECT {NAME}:{site.hub.port}",
    ]


def test_the_proxy_of_the_system_is_used_and_its_exceptions_are_kept(site, start_proxy, monkeypatch):
    proxy, url = start_proxy(site.hub.port), named(site)
    authority = str(site.authority.file)
    monkeypatch.setenv("HTTPS_PROXY", proxy.address)
    assert source_by(url=url, certificates=authority) == "omni"
    monkeypatch.setenv("NO_PROXY", "karoo-fasteners.test")
    with pytest.raises(TryLater, match=f"The hub at {url} cannot be reached\\."):
        source_by(url=url, certificates=authority)
    assert proxy.stop() == [f"CONNECT {NAME}:{site.hub.port}"]


def test_none_and_this_very_machine_go_past_the_proxy_of_the_system(site, start_proxy, monkeypatch):
    proxy, url = start_proxy(site.hub.port), named(site)
    monkeypatch.setenv("ALL_PROXY", f"http://{proxy.address}")
    monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
    assert proxy_of(HubSettings(url=url)) == f"http://{proxy.address}"
    assert proxy_of(HubSettings(url=url, proxy="none")) == ""
    assert proxy_of(HubSettings(url="http://127.0.0.1:8080")) == ""
    site.over_tls()
    here = f"https://127.0.0.1:{site.hub.port}"
    assert source_by(url=here, certificates=str(site.authority.file)) == "omni"
    assert proxy.stop() == []


def test_a_proxy_that_wants_a_password_gets_it_and_a_wrong_one_is_told_without_it(site, start_proxy):
    proxy, url = start_proxy(site.hub.port, "omni:let-me-out"), named(site)
    authority = str(site.authority.file)
    assert (
        source_by(url=url, proxy=f"http://omni:let-me-out@{proxy.address}", certificates=authority) == "omni"
    )
    with pytest.raises(TryLater) as caught:
        source_by(url=url, proxy=f"http://omni:guessed@{proxy.address}", certificates=authority)
    error = caught.value
    assert error.message == f"The proxy {proxy.address} does not let the agent through to the hub."
    assert "407" in error.detail
    assert "user:password@proxy" in error.hint
    assert "guessed" not in f"{error.message} {error.hint} {error.detail}"


def test_a_proxy_that_is_switched_off_is_named(site, start_proxy):
    proxy, url = start_proxy(site.hub.port), named(site)
    proxy.stop()
    with pytest.raises(TryLater, match=f"cannot be reached through the proxy {proxy.address}\\."):
        source_by(url=url, proxy=f"http://{proxy.address}")


def test_the_check_goes_the_same_way_as_the_agent(site, start_proxy):
    proxy, url = start_proxy(site.hub.port, "omni:let-me-out"), named(site)
    site.toml["hub"] |= {"url": url, "proxy": f"http://omni:let-me-out@{proxy.address}"}
    findings = {finding.code: finding for finding in site.findings()}
    assert (
        findings["hub_port"].seen
        == f"The way to the hub goes through the proxy {proxy.address}, which answers."
    )
    assert findings["hub_answers"].state == findings["hub_token"].state == "passed"
    assert "let-me-out" not in str(findings)
    proxy.stop()
    assert site.findings()[1].seen == f"The proxy {proxy.address} does not answer."


def test_an_authority_that_this_machine_trusts_needs_no_setting(site, monkeypatch):
    site.over_tls()
    url = site.hub.url.replace("http:", "https:")
    with pytest.raises(NotSetUp, match="is not trusted"):
        source_by(url=url)
    monkeypatch.setenv("SSL_CERT_FILE", str(site.authority.file))
    assert source_by(url=url) == "omni"
    del site.toml["hub"]["certificates"]
    (certificate,) = (f for f in site.findings() if f.code == "hub_certificate")
    assert certificate.seen == (
        "The certificate of 127.0.0.1 was issued by Karoo Fasteners IT and is valid for 400 more days."
    )


def test_a_named_authority_is_the_only_one_that_is_trusted(site, monkeypatch, tmp_path_factory):
    other = type(site.authority)(tmp_path_factory.mktemp("other"))
    site.over_tls()
    monkeypatch.setenv("SSL_CERT_FILE", str(site.authority.file))
    with pytest.raises(NotSetUp, match="is not trusted"):
        source_by(url=site.hub.url.replace("http:", "https:"), certificates=str(other.file))


@pytest.mark.parametrize(
    "older, proxy, certificates",
    [
        ({"use_system_proxy": False}, "none", "system"),
        ({"use_system_proxy": True, "proxy": ""}, "system", "system"),
        ({"proxy": "http://proxy:3128", "use_system_proxy": False}, "http://proxy:3128", "system"),
        ({"ca_file": "own.pem"}, "system", "own.pem"),
    ],
)
def test_a_configuration_of_the_first_agents_still_says_the_same(
    tmp_path, monkeypatch, older, proxy, certificates
):
    (tmp_path / "own.pem").write_text("x")
    monkeypatch.chdir(tmp_path)
    raw = {
        "hub": {"url": "https://hub.example.co.za:8080", **older},
        "database": {"path": "x", "user": "u", "product_query": "SELECT 1"},
    }
    hub = parse(raw, environment={}).hub
    assert (hub.proxy, hub.certificates) == (proxy, certificates)
