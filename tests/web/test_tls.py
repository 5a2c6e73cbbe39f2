"""The hub's own web process over TLS, spoken to by the agent's own link."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from stockwire.agent.config import HubSettings
from stockwire.agent.link import HubLink
from stockwire.errors import NotSetUp, TryLater

pytestmark = pytest.mark.slow


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """(certificate, private key) in PEM for 127.0.0.1, signed by itself and valid since yesterday."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub.example.co.za")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .sign(key, hashes.SHA256())
    )
    files = tmp_path / "hub.pem", tmp_path / "hub.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return files


@pytest.fixture
def tls_hub(hub: Any, certificate: tuple[Path, Path], until: Callable[..., None]) -> Iterator[str]:
    """`stockwire web` with that certificate. Gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        **hub.environment,
        "STOCKWIRE_HOST": "127.0.0.1",
        "STOCKWIRE_PORT": str(port),
        "STOCKWIRE_TLS_CERTIFICATE": str(certificate[0]),
        "STOCKWIRE_TLS_KEY": str(certificate[1]),
    }

    def listens() -> bool:
        assert web.poll() is None, "the web process ended"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    with subprocess.Popen([sys.executable, "-m", "stockwire.cli", "web"], env=environment) as web:
        try:
            until(listens, timeout_s=60)
            yield f"https://127.0.0.1:{port}"
        finally:
            web.terminate()
            # The server ends in good order and then by the signal it was sent.
            assert web.wait(20) in {0, -signal.SIGTERM}


def test_an_agent_that_knows_the_authority_talks_to_the_hub_over_tls(
    hub: Any, tls_hub: str, certificate: tuple[Path, Path]
) -> None:
    link = HubLink(HubSettings(url=tls_hub, certificates=str(certificate[0])), hub.agent_token)
    try:
        assert link.settings().source == "Omni Accounts"
        assert link.work(0, 5).raise_orders == []
    finally:
        link.close()
    assert hub.rows("select last_seen_at > now() - interval '1 minute' from agents") == [(True,)]


def test_an_agent_that_does_not_know_it_sends_nothing_and_names_the_fix(hub: Any, tls_hub: str) -> None:
    link = HubLink(HubSettings(url=tls_hub), hub.agent_token)
    try:
        with pytest.raises(NotSetUp, match="is not trusted") as caught:
            link.settings()
    finally:
        link.close()
    assert "hub.certificates" in caught.value.hint
    assert hub.rows("select last_seen_at from agents") == [(None,)]


def test_the_tls_port_serves_no_plain_http(hub: Any, tls_hub: str) -> None:
    link = HubLink(HubSettings(url=tls_hub.replace("https:", "http:")), hub.agent_token)
    try:
        with pytest.raises(TryLater):
            link.settings()
    finally:
        link.close()


def test_cookies_of_a_hub_on_tls_are_for_tls_only(tls_hub: str, certificate: tuple[Path, Path]) -> None:
    import ssl

    trusted = ssl.create_default_context(cafile=str(certificate[0]))
    with httpx2.Client(base_url=tls_hub, verify=trusted, timeout=20, trust_env=False) as http:
        answer = http.get("/sign-in")
    assert answer.status_code == 200
    cookies = answer.headers.get_list("set-cookie")
    assert cookies
    assert all("secure" in cookie.lower() for cookie in cookies)
