"""agent.toml: what the person who installs the agent fills in, read into typed settings.

Every mistake names the key and the fix. Secrets may come from the environment instead of the file, so that
the file can be shown to somebody. Nothing here opens a connection.
"""

from __future__ import annotations

import codecs
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from stockwire.agent.config_checks import NONE, SYSTEM, check
from stockwire.connectors.omni.reports import QUANTITY, STOCK_EXPORT_COLUMNS
from stockwire.errors import NotSetUp

ENVIRONMENT = {
    "STOCKWIRE_DATABASE_PASSWORD": ("database", "password"),
    "STOCKWIRE_OMNI_PASSWORD": ("omni", "password"),
    "STOCKWIRE_AGENT_TOKEN": ("hub", "token"),
}


class DatabaseSettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How the Firebird database of the Omni company is reached, with a user that may only read."""

    user: str
    product_query: str = ""
    password: str = ""
    dsn: str = ""
    host: str = "127.0.0.1"
    port: int = 3050
    path: str = ""
    charset: str = "WIN1252"
    driver: Literal["auto", "firebird-driver", "firebirdsql"] = "auto"
    removal_limit: float = 0.2
    removed_every_s: float = 30.0

    @property
    def address(self) -> str:
        return self.dsn or f"{self.host}/{self.port}:{self.path}"

    @property
    def parts(self) -> tuple[str, int, str]:
        """Host, port and path. One letter before a colon is a Windows drive, not a host."""
        if not self.dsn:
            return self.host, self.port, self.path
        found = re.fullmatch(r"([^:/\\\\]{2,})(?:/(\d+))?:(.+)", self.dsn)
        if found is None:
            return self.host, self.port, self.dsn
        return found[1], int(found[2] or self.port), found[3]


class ReportSettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Saved reports instead of a product query. `columns` changes or adds to the columns of Stock Export;
    "" leaves one out. `active` is the report's key that holds ACTIVE, DELETE or IGNORE, sent on under
    `active_column`, which is the name the source in the hub is set to. `warehouses` is report to warehouse.
    """

    names: list[str] = msgspec.field(default_factory=lambda: ["Stock Export"])
    columns: dict[str, str] = {}
    active: str = ""
    everything_active: bool = False
    active_column: str = "EXTRADTLS8"
    warehouses: dict[str, str] = {}
    filters: dict[str, str] = {}
    removal_limit: float = 0.2
    poll_s: float = 180.0

    @property
    def column_map(self) -> dict[str, str]:
        """Column of the product query to key of the report: STOCKCODE first, the quantity last."""
        given = {name.upper(): key for name, key in self.columns.items()}
        merged = {name.upper(): key for name, key in STOCK_EXPORT_COLUMNS.items()} | given
        if self.active:
            merged[self.active_column.upper()] = self.active
        named = {name: key for name, key in merged.items() if key}
        quantity = named.pop(QUANTITY.upper(), "")
        first = {name: named.pop(name) for name in ("STOCKCODE", "WAREHOUSECODE") if name in named}
        return {**first, **named, QUANTITY: quantity}


class OmniSettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How OmniWebServiceREST is reached; needed only where this agent raises orders.

    `at_once` is how many requests it is sent at the same time. ASSUMPTION A26: one, for it is a desktop
    program.
    """

    url: str = "http://127.0.0.1:8080"
    company: str = ""
    user: str = ""
    password: str = ""
    auth: Literal["basic", "query"] = "basic"
    post_timeout_s: float = 60.0
    settle_s: float = 5.0
    repost_after_s: float = 60.0
    at_once: int = 1


class HubSettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How the hub is reached. `token` is only for those who keep it elsewhere than in the data folder.

    `proxy` is "system", "none" or the proxy's address. `certificates` is "system" (whom this machine trusts)
    or the PEM file of the one authority to trust.
    """

    url: str
    token: str = ""
    allow_plain_http: bool = False
    proxy: str = SYSTEM
    certificates: str = SYSTEM
    timeout_s: float = 30.0


class LogSettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Where the running agent writes its log besides its window: up to `files` files of `megabytes` each,
    the newest without a number at its end. "" is no file; the Windows service then writes agent.log into
    the data folder.
    """

    file: str = ""
    megabytes: float = 5.0
    files: int = 5


class AgentSettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The whole file. Products come from `database` or from `report`. `poll_s` and `hash_poll_s` are the
    pauses between readings in the two ways of reading the database; the hub's own poll_s wins over `poll_s`
    where the file does not say it (0)."""

    hub: HubSettings
    database: DatabaseSettings | None = None
    report: ReportSettings | None = None
    omni: OmniSettings | None = None
    log: LogSettings = msgspec.field(default_factory=LogSettings)
    data_folder: str = "stockwire-agent"
    poll_s: float = 0.0
    hash_poll_s: float = 60.0


def load(path: Path, environment: Mapping[str, str] | None = None) -> AgentSettings:
    """Read and check agent.toml. Raises NotSetUp naming the key that is wrong and what to do."""
    try:
        text = _text(path.read_bytes())
    except FileNotFoundError:
        raise NotSetUp(
            f"There is no configuration file {path}.",
            hint="Make one with: stockwire agent example-config > agent.toml",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise NotSetUp(
            f"The configuration file {path} cannot be read.",
            hint="Check its permissions, and that it is saved as UTF-8 text.",
            detail=str(error),
        ) from None
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NotSetUp(
            f"{path} is not valid TOML: {error}.",
            hint="Texts stand in quotes; a Windows path in single quotes: 'C:\\Omni\\Data\\DEMO.FDB'.",
        ) from None
    return parse(raw, environment=environment, folder=path.resolve().parent)


def parse(
    raw: dict[str, Any], *, environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> AgentSettings:
    """The same from a mapping; `folder` is what relative paths in it are relative to."""
    _add_environment(raw, os.environ if environment is None else environment)
    _take_over_older_keys(raw.get("hub"))
    try:
        settings = msgspec.convert(raw, AgentSettings, strict=True)
    except msgspec.ValidationError as error:
        raise NotSetUp(
            f"agent.toml: {_in_words(str(error))}",
            hint="Compare with the output of: stockwire agent example-config",
        ) from None
    if folder is not None:
        settings.data_folder = str(folder / settings.data_folder)
        if settings.hub.certificates != SYSTEM:
            settings.hub.certificates = str(folder / settings.hub.certificates)
        if settings.log.file:
            settings.log.file = str(folder / settings.log.file)
    check(settings)
    return settings


def _text(raw: bytes) -> str:
    """UTF-8, or what PowerShell's > makes of a text: UTF-16."""
    return raw.decode("utf-16" if raw[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else "utf-8-sig")


def _add_environment(raw: dict[str, Any], environment: Mapping[str, str]) -> None:
    for name, (table, key) in ENVIRONMENT.items():
        value = environment.get(name)
        if value is not None and isinstance(raw.get(table), dict):
            raw[table][key] = value


def _take_over_older_keys(hub: object) -> None:
    """Agents before 0.2 had `ca_file` and `use_system_proxy`; a file that worked goes on working."""
    if not isinstance(hub, dict):
        return
    if ca_file := hub.pop("ca_file", ""):
        hub.setdefault("certificates", ca_file)
    if hub.get("proxy") == "":
        del hub["proxy"]
    if hub.pop("use_system_proxy", True) is False:
        hub.setdefault("proxy", NONE)


def _in_words(error: str) -> str:
    """msgspec says "Object missing required field `user` - at `$.database`"; people say database.user."""
    text, _, place = error.partition(" - at `$.")
    place = place.rstrip("`")
    words = text.replace("Object missing required field", "missing key")
    words = words.replace("Object contains unknown field", "unknown key")
    if "`" in words and place:
        return words.replace("`", f"`{place}.", 1) + "."
    return f"{place}: {words}." if place else f"{words}."
