"""A healthy set-up to be spoilt: real Firebird, simulated Omni, a hub, a service file, certificates."""

from __future__ import annotations

import ipaddress
import shutil
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.agent.conftest import copy_of_stock

from stockwire.agent.checks.check_up import check_file
from stockwire.agent.checks.machine import Surroundings
from stockwire.ports import Finding
from stockwire.simulators.omni import create
from stockwire.simulators.stand import Stand

ITEMS = 60
TOKEN = "the-token-of-this-agent"
UNIT = "[Service]\nExecStart=/opt/stockwire/bin/stockwire agent run --config /etc/stockwire/agent.toml\nRestart=on-failure\n"
SOURCE = {
    "param_default_customer_code": "WEB001",
    "param_shipping_code": "SHIP",
    "param_default_tax_code": "1",
    "param_default_tax_code_exempt": "1",
    "param_default_tax_code_shipping": "1",
}


@dataclass
class Site:
    """Everything an agent has around it. Spoil it, then look at the findings."""

    folder: Path
    hub: Any
    omni: Stand
    stock: Any
    toml: dict[str, Any]
    around: dict[str, Any] = field(default_factory=dict)
    authority: Any = None

    def sql(self, *statements: str) -> None:
        with self.stock.server.connect(self.stock.path, charset="WIN1252") as connection:
            for statement in statements:
                connection.execute_immediate(statement)
                connection.commit()

    def query(self, text: str) -> None:
        self.toml["database"]["product_query"] = text

    @property
    def unit(self) -> Path:
        return self.folder / "units" / "stockwire-agent.service"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def over_tls(self, **how: Any) -> None:
        """The same hub on the same port, with a certificate of the site's own authority."""
        key, certificate = self.authority.issue(self.folder, **how)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.hub.stop()
        self.hub.ssl_context = context
        self.hub.start()
        self.toml["hub"]["url"] = self.hub.url.replace("http:", "https:")
        self.toml["hub"]["certificates"] = str(self.authority.file)

    def write(self) -> Path:
        config = self.folder / "agent.toml"
        config.write_text(_toml(self.toml), encoding="utf-8")
        return config

    def findings(self) -> list[Finding]:
        config = self.write()
        around = {"config": config, "unit_folders": [self.folder / "units"], **self.around}
        return list(check_file(config, Surroundings(**around)))


class Authority:
    """A certificate authority of one's own."""

    def __init__(self, folder: Path) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Karoo Fasteners IT")])
        self.file = folder / "authority.pem"
        made = self._certificate(self.name, self.key, 3650).add_extension(
            x509.BasicConstraints(True, None), True
        )
        signed = made.sign(self.key, hashes.SHA256())
        self.file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def issue(self, folder: Path, *, days: int = 400, address: str = "127.0.0.1") -> tuple[Path, Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub")])
        number = address.replace(".", "").isdecimal()
        names = x509.SubjectAlternativeName(
            [x509.IPAddress(ipaddress.ip_address(address)) if number else x509.DNSName(address)]
        )
        made = self._certificate(name, key, days).add_extension(names, False).sign(self.key, hashes.SHA256())
        files = folder / "hub.key", folder / "hub.crt"
        files[0].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        files[1].write_bytes(made.public_bytes(serialization.Encoding.PEM))
        return files

    def _certificate(self, name: x509.Name, key: Any, days: int) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=500))
            .not_valid_after(now + timedelta(days=days, hours=1))
        )


@pytest.fixture
def open_omni() -> Iterator[Callable[..., Stand]]:
    opened: list[Stand] = []

    def start(**options: Any) -> Stand:
        opened.append(Stand(create(**options)).start())
        return opened[-1]

    yield start
    for stand in opened:
        stand.stop()


@pytest.fixture
def site(tmp_path: Path, firebird: Any, hub: Any, open_omni: Callable[..., Stand]) -> Iterator[Site]:
    stock = copy_of_stock(firebird, ITEMS, f"check-{tmp_path.name}")
    omni = open_omni()
    options = omni.app.options
    units = tmp_path / "units"
    (units / "multi-user.target.wants").mkdir(parents=True)
    unit = units / "stockwire-agent.service"
    unit.write_text(UNIT, encoding="utf-8")
    (units / "multi-user.target.wants" / unit.name).symlink_to(unit)
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "hub.token").write_text(TOKEN, encoding="ascii")
    hub.source_settings = dict(SOURCE)
    toml = {
        "data_folder": "data",
        "hub": {"url": hub.url},
        "database": {
            "host": "127.0.0.1",
            "port": firebird.port,
            "path": str(stock.path),
            "user": stock.user,
            "password": stock.password,
            "product_query": stock.product_query,
        },
        "omni": {
            "url": omni.url,
            "company": options.company,
            "user": options.user,
            "password": options.password,
        },
    }
    yield Site(tmp_path, hub, omni, stock, toml, authority=Authority(tmp_path))
    stock.path.unlink(missing_ok=True)
    shutil.rmtree(tmp_path / "data", ignore_errors=True)


def _toml(value: dict[str, Any], table: str = "") -> str:
    lines, inner = [f"[{table}]"] if table else [], []
    for key, item in value.items():
        if isinstance(item, dict):
            inner.append(_toml(item, f"{table}.{key}" if table else key))
        else:
            lines.append(f"{key} = {msgspec.json.encode(item).decode()}")
    return "\n".join([*lines, "", *inner])
