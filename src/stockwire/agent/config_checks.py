"""What must hold between the keys of agent.toml, each mistake with its key and its fix. Opens nothing."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stockwire.connectors.omni.reports import QUANTITY
from stockwire.errors import NotSetUp

if TYPE_CHECKING:
    from stockwire.agent.config import AgentSettings, HubSettings, LogSettings, OmniSettings, ReportSettings

MOST_AT_ONCE = 8
SYSTEM, NONE = "system", "none"


def check(settings: AgentSettings) -> None:
    """Raises NotSetUp naming the key that is wrong and what to do."""
    _check_product_source(settings)
    _check_hub(settings.hub)
    _check_log(settings.log)
    if settings.omni and not 1 <= settings.omni.at_once <= MOST_AT_ONCE:
        raise NotSetUp(
            f"agent.toml: omni.at_once is {settings.omni.at_once}.",
            hint=f"Give 1 to {MOST_AT_ONCE}; leave it at 1 unless Omni says that its service takes more.",
        )


def is_loopback(url: str) -> bool:
    """Whether a URL points at this very machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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
    if hub.certificates != SYSTEM and not Path(hub.certificates).is_file():
        raise NotSetUp(
            f"agent.toml: hub.certificates {hub.certificates} does not exist.",
            hint="Give the certificate file (PEM) of the authority that signed the hub's certificate, or "
            '"system".',
        )
    proxy = urlsplit(hub.proxy)
    if hub.proxy not in {SYSTEM, NONE} and (proxy.scheme not in {"http", "https"} or not proxy.hostname):
        raise NotSetUp(
            "agent.toml: hub.proxy is neither system nor none nor the address of a proxy.",
            hint='Give it like "http://proxy.local:3128", or "system", or "none".',
        )


def _check_log(log: LogSettings) -> None:
    if log.megabytes < 0.01 or not 2 <= log.files <= 1_000:
        raise NotSetUp(
            f"agent.toml: log.megabytes is {log.megabytes} and log.files is {log.files}.",
            hint="Give the size of one file (5 is usual) and how many are kept, at least 2.",
        )
