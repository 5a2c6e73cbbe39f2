"""The hub's configuration: a TOML file and the environment, the environment winning.

Read once at start. What an operator may change while the hub runs lives in the database instead.
"""

from __future__ import annotations

import ipaddress
import os
import tempfile
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

from cryptography.fernet import Fernet
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from stockwire.errors import NotSetUp

ENV_PREFIX = "STOCKWIRE_"
_LISTS = ("allowed_hosts", "fetch_networks")


def _network(text: str) -> str:
    try:
        ipaddress.ip_network(text.strip())
    except ValueError as error:
        raise ValueError(f"{error}; write it as 10.1.0.0/16, several with a comma between them") from None
    return text.strip()


class HubConfig(BaseModel):
    """Every setting of the hub. The environment name is STOCKWIRE_ and the name in capitals;
    `database_url` and `database_admin_url` are also read from DATABASE_URL and DATABASE_ADMIN_URL.
    """

    model_config = ConfigDict(extra="forbid")

    database_url: str = Field("", description="PostgreSQL of the hub, as its application role")
    database_admin_url: str = Field("", description="The same database as its owner: for migrations only")
    secret_key: str = Field("", description="Keys for secrets at rest, comma separated, newest first")
    data_folder: Path = Field(Path(), description="Where the hub keeps its key file and private database")
    host: str = "0.0.0.0"  # noqa: S104 - a hub is there to be reached; TLS or a proxy stands in front
    port: int = 8080
    public_url: str = Field("", description="Address shops and people reach the hub at, for webhooks")
    allowed_hosts: list[str] = ["*"]
    tls_certificate: str = Field("", description="PEM file of the certificate chain")
    tls_key: str = Field("", description="PEM file of the private key")
    behind_tls_proxy: bool = Field(False, description="A proxy in front terminates TLS")
    poll_orders_s: float = 60.0
    agent_silent_s: float = 900.0
    claim_s: float = 180.0
    fetch_networks: list[Annotated[str, AfterValidator(_network)]] = Field(
        [], description="Private networks that files may be fetched from"
    )
    workers: int = 4
    smtp_host: str = Field("", description="Mail server for notifications; empty: none are sent")
    smtp_port: int = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: str = ""
    mail_from: str = Field("", description="Sender of notifications; the SMTP user when empty")
    worker_lost_s: float = Field(20.0, gt=0, description="Silence after which a worker is taken for dead")
    log_json: bool = False


def load(path: Path | None = None, environ: dict[str, str] | None = None) -> HubConfig:
    """Configuration from `path` (or STOCKWIRE_CONFIG) and the environment. Raises NotSetUp naming the key."""
    env = dict(os.environ if environ is None else environ)
    file = path or (Path(env["STOCKWIRE_CONFIG"]) if env.get("STOCKWIRE_CONFIG") else None)
    values: dict[str, object] = {}
    if file is not None:
        try:
            values = tomllib.loads(file.read_text())
        except FileNotFoundError:
            raise NotSetUp(
                f"The configuration file {file} does not exist.",
                hint="Check --config and STOCKWIRE_CONFIG, or leave both away.",
            ) from None
        except tomllib.TOMLDecodeError as error:
            raise NotSetUp(
                f"The configuration file {file} cannot be read: {error}.",
                hint='It is TOML: one `name = "value"` per line.',
            ) from None
    for name in HubConfig.model_fields:
        if (given := env.get(ENV_PREFIX + name.upper())) is not None:
            values[name] = given.split(",") if name in _LISTS else given
    for name in ("DATABASE_URL", "DATABASE_ADMIN_URL"):
        if env.get(name):
            values.setdefault(name.lower(), env[name])
    try:
        config = HubConfig.model_validate(values)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise NotSetUp(
            f"The hub's configuration is wrong: {wrong}.", hint="`stockwire up --help` lists the settings."
        ) from None
    if config.data_folder == Path():
        config = config.model_copy(update={"data_folder": default_data_folder(env)})
    return config


def default_data_folder(env: dict[str, str]) -> Path:
    if os.name == "posix" and os.geteuid() == 0:
        return Path("/var/lib/stockwire")
    return Path(env.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "stockwire"


def secret_keys(config: HubConfig) -> list[str]:
    """Fernet keys, newest first: configured, or from the key file that the first start makes (mode 600).

    Web and worker may both be the first: the file appears whole or not at all, and the first one stays.
    """
    if config.secret_key:
        return config.secret_key.split(",")
    file = config.data_folder / "secret.key"
    if not file.exists():
        config.data_folder.mkdir(parents=True, exist_ok=True)
        descriptor, half = tempfile.mkstemp(prefix="secret.key.", dir=config.data_folder)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(Fernet.generate_key())
        with suppress(FileExistsError):
            os.link(half, file)
        os.unlink(half)
    return file.read_text().split()
