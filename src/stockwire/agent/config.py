"""agent.toml: what the person who installs the agent fills in, read into typed settings.

Every mistake names the key and the fix. Secrets may come from the environment instead of the file, so that
the file can be shown to somebody. Nothing here opens a connection.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

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
    """How OmniWebServiceREST is reached; needed only where this agent raises orders."""

    url: str = "http://127.0.0.1:8080"
    company: str = ""
    user: str = ""
    password: str = ""
    auth: Literal["basic", "query"] = "basic"
    post_timeout_s: float = 60.0
    settle_s: float = 5.0
    repost_after_s: float = 60.0


class HubSettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How the hub is reached. `token` is only for those who keep it elsewhere than in the data folder."""

    url: str
    token: str = ""
    allow_plain_http: bool = False
    proxy: str = ""
    use_system_proxy: bool = True
    ca_file: str = ""
    timeout_s: float = 30.0


class AgentSettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The whole file. Products come from `database` or from `report`. `poll_s` and `hash_poll_s` are the
    pauses between readings in the two ways of reading the database; the hub's own poll_s wins over `poll_s`
    where the file does not say it (0)."""

    hub: HubSettings
    database: DatabaseSettings | None = None
    report: ReportSettings | None = None
    omni: OmniSettings | None = None
    data_folder: str = "stockwire-agent"
    poll_s: float = 0.0
    hash_poll_s: float = 60.0


def load(path: Path, environment: Mapping[str, str] | None = None) -> AgentSettings:
    """Read and check agent.toml. Raises NotSetUp naming the key that is wrong and what to do."""
    try:
        text = path.read_text(encoding="utf-8-sig")
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
    """The same from a mapping; `folder` is what a relative data_folder and ca_file are relative to."""
    _add_environment(raw, os.environ if environment is None else environment)
    try:
        settings = msgspec.convert(raw, AgentSettings, strict=True)
    except msgspec.ValidationError as error:
        raise NotSetUp(
            f"agent.toml: {_in_words(str(error))}",
            hint="Compare with the output of: stockwire agent example-config",
        ) from None
    if folder is not None:
        settings.data_folder = str(folder / settings.data_folder)
        if settings.hub.ca_file:
            settings.hub.ca_file = str(folder / settings.hub.ca_file)
    _check(settings)
    return settings


def is_loopback(url: str) -> bool:
    """Whether a URL points at this very machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _add_environment(raw: dict[str, Any], environment: Mapping[str, str]) -> None:
    for name, (table, key) in ENVIRONMENT.items():
        value = environment.get(name)
        if value is not None and isinstance(raw.get(table), dict):
            raw[table][key] = value


def _check(settings: AgentSettings) -> None:
    _check_product_source(settings)
    _check_hub(settings.hub)


def _check_product_source(settings: AgentSettings) -> None:
    database, report = settings.database, settings.report
    if report is not None:
        if database is not None and database.product_query.strip():
            raise NotSetUp(
                "agent.toml has a product query and a report: products come from one of them.",
                hint="Take database.product_query or the table [report] out.",
            )
        _check_report(report, settings.omni)
        return
    if database is None:
        raise NotSetUp(
            "agent.toml says nowhere where products come from: it has no table [database] and no [report].",
            hint="Compare with the output of: stockwire agent example-config",
        )
    if not database.dsn and not database.path:
        raise NotSetUp(
            "agent.toml: database.path is missing.",
            hint="Give the database file or alias of the Omni company, or a whole database.dsn "
            "(host/port:path).",
        )
    if not database.product_query.strip():
        raise NotSetUp(
            "agent.toml: database.product_query is empty.",
            hint="Give the SELECT whose columns are STOCKCODE, DESCRIPTION, SELLINGPRICE1 and so on.",
        )
    _check_limit("database", database.removal_limit)


def _check_report(report: ReportSettings, omni: OmniSettings | None) -> None:
    _check_limit("report", report.removal_limit)
    columns, names = report.column_map, report.names
    problem = fix = ""
    if omni is None:
        problem = "there is a table [report], but no [omni] that says how OmniWebServiceREST is reached."
        fix = "Add the table [omni] with url, company, user and password."
    elif not names or not all(name.strip() for name in names) or len(set(names)) != len(names):
        problem = "report.names must name each saved report once."
        fix = 'Write the names exactly as Omni shows them: names = ["Stock Export"].'
    elif missing := [name for name in ("STOCKCODE", "DESCRIPTION", QUANTITY) if not columns.get(name)]:
        problem = f"report.columns leaves {missing[0]} out."
        fix = "Name the report's key that holds it, in lower case with underscores."
    elif unknown := [name for name in report.warehouses if name not in names]:
        problem = f"report.warehouses names the report {unknown[0]!r}, which report.names does not."
        fix = "Write the same name in both, letter by letter."
    elif len(names) > 1 and set(report.warehouses) != set(names):
        problem = "several reports are read, but report.warehouses does not say whose warehouse each one is."
        fix = 'Add a line to [report.warehouses] for each, like "Stock CEN" = "CEN".'
    elif len(set(report.warehouses.values())) != len(report.warehouses) or not all(
        report.warehouses.values()
    ):
        problem = "report.warehouses must give each report a warehouse of its own."
        fix = "Give every report another warehouse code."
    elif report.warehouses and "WAREHOUSECODE" in columns:
        problem = "report.warehouses and a column WAREHOUSECODE both say which warehouse a quantity is of."
        fix = "Take one of them out."
    elif report.active and report.everything_active:
        problem = "report.active and report.everything_active exclude each other."
        fix = "Take one of them out."
    elif not report.poll_s >= 1:
        problem = f"report.poll_s is {report.poll_s}."
        fix = "Give the seconds between two readings; Omni writes the whole report each time: 180 or more."
    if problem:
        raise NotSetUp(f"agent.toml: {problem}", hint=fix)


def _check_limit(table: str, limit: float) -> None:
    if not 0 < limit <= 1:
        raise NotSetUp(
            f"agent.toml: {table}.removal_limit is {limit}.",
            hint="Give a share above 0 and at most 1: 0.2 holds back removals of more than 20 %.",
        )


def _check_hub(hub: HubSettings) -> None:
    parts = urlsplit(hub.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise NotSetUp(
            f"agent.toml: hub.url is {hub.url!r}, which is no web address.",
            hint="Give it like https://hub.example.co.za:8080",
        )
    if parts.scheme == "http" and not hub.allow_plain_http and not is_loopback(hub.url):
        raise NotSetUp(
            f"The hub's address {hub.url} is plain HTTP, which lets everybody on the way read the token "
            "and the prices.",
            hint="Use an https:// address, or set hub.allow_plain_http = true if you accept that.",
        )
    if hub.ca_file and not Path(hub.ca_file).is_file():
        raise NotSetUp(
            f"agent.toml: hub.ca_file {hub.ca_file} does not exist.",
            hint="Give the certificate file (PEM) of the authority that signed the hub's certificate.",
        )


def _in_words(error: str) -> str:
    """msgspec says "Object missing required field `user` - at `$.database`"; people say database.user."""
    text, _, place = error.partition(" - at `$.")
    place = place.rstrip("`")
    words = text.replace("Object missing required field", "missing key")
    words = words.replace("Object contains unknown field", "unknown key")
    if "`" in words and place:
        return words.replace("`", f"`{place}.", 1) + "."
    return f"{place}: {words}." if place else f"{words}."
