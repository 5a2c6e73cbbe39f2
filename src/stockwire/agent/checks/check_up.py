"""All checks in their order, to the end whatever fails: what cannot be known says so and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import structlog
from pydantic import ValidationError

from stockwire.agent.checks import (
    database,
    hub_words,
    machine,
    omni_words,
    order_codes,
    product_words,
)
from stockwire.agent.checks.check import UNKNOWN, Check, failed, passed, unknown
from stockwire.agent.checks.database import DatabaseCheck
from stockwire.agent.checks.machine import Surroundings
from stockwire.agent.checks.omni_service import OmniCheck
from stockwire.agent.checks.product_rows import QueryCheck
from stockwire.agent.checks.report_rows import ReportCheck
from stockwire.agent.checks.way_to_the_hub import WayToTheHub
from stockwire.agent.config import AgentSettings, load
from stockwire.agent.enrolment import read_token
from stockwire.agent.way_out import proxy_of
from stockwire.connectors.omni.api import OmniService
from stockwire.connectors.omni.settings import OmniSettings
from stockwire.errors import StockwireError
from stockwire.ports import Finding
from stockwire.wire import Settings

CONFIGURATION = Check(
    "configuration",
    "agent.toml",
    {
        "read": passed("{file} is complete."),
        "wrong": failed("{why}", "{hint}"),
    },
)
SOURCE_SETTINGS = Check(
    "source_settings",
    "the source's settings in the hub",
    {
        "known": passed("The hub told the settings of the source."),
        "default": unknown(
            "The settings of the source are not known here; the guide's defaults are looked for."
        ),
        "wrong": failed(
            "The settings of the source in the hub are not right: {why}.",
            "Correct them in the hub, at this source.",
        ),
    },
)
FAULT = "This check itself failed: {why}. Report it with the agent's version."


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    checks: tuple[Check, ...]


GROUPS = (
    Group("Configuration", (CONFIGURATION,)),
    Group("The way to the hub", (*hub_words.CHECKS, SOURCE_SETTINGS)),
    Group("The database", database.CHECKS),
    Group("The product query", product_words.CHECKS),
    Group("Omni", omni_words.CHECKS),
    Group("What orders are raised with", order_codes.CHECKS),
    Group("This machine", machine.CHECKS),
)


def check_file(config: Path, around: Surroundings) -> Iterator[Finding]:
    """All findings for a configuration file, in the order of GROUPS, each as soon as it is known."""
    try:
        settings = load(config)
    except StockwireError as error:
        yield CONFIGURATION.says("wrong", why=error.message, hint=error.hint or error.detail)
        for group in GROUPS[1:]:
            yield from (check.waits_for(CONFIGURATION) for check in group.checks)
        return
    yield CONFIGURATION.says("read", file=config)
    yield from check_settings(settings, around)


def check_settings(
    settings: AgentSettings, around: Surroundings, service: OmniService | None = None
) -> Iterator[Finding]:
    """The same without the file itself. No password or token appears in a finding.

    `service` is one that is open already, where the agent has one; it stays open.
    """
    secrets = _secrets(settings)
    for finding in _all(settings, around, service):
        yield _without(finding, secrets)


def _all(settings: AgentSettings, around: Surroundings, service: OmniService | None) -> Iterator[Finding]:
    _, way_group, database_group, product_group, omni_group, code_group, machine_group = GROUPS
    folder = Path(settings.data_folder)
    way = WayToTheHub(settings.hub, _token(settings, folder), around.config)
    source = _Source()
    yield from _to_the_end(way_group, _then(way.look(), lambda: source.learn(way.settings)))

    products: QueryCheck | ReportCheck
    if settings.report is not None or settings.database is None:
        yield from (check.says("not_used") for check in database_group.checks)
        assert settings.report is not None
        assert settings.omni is not None
        products = ReportCheck(settings.report, settings.omni, source.settings, service)
        yield from _to_the_end(product_group, products.look())
    else:
        reached = DatabaseCheck(settings.database)
        yield from _to_the_end(database_group, reached.look())
        products = QueryCheck(settings.database, source.settings, reached.version)
        if reached.version:
            yield from _to_the_end(product_group, products.look())
        else:
            yield from (check.waits_for(reached.in_the_way) for check in product_group.checks)

    document = source.settings.param_order_document_type
    omni = OmniCheck(settings.omni, document, machine.last_raised(folder), service)
    yield from _to_the_end(omni_group, omni.look())
    if source.known:
        yield from _to_the_end(code_group, order_codes.look(source.settings, products.facts, omni.export))
    else:
        yield from (check.waits_for(SOURCE_SETTINGS) for check in code_group.checks)
    yield from _to_the_end(machine_group, machine.look(folder, around))


class _Source:
    """The source's settings: the hub's where it told them, else the guide's defaults."""

    def __init__(self) -> None:
        self.settings = OmniSettings.model_validate({})
        self.known = False

    def learn(self, told: Settings | None) -> Finding:
        if told is None or not told.source_settings:
            return SOURCE_SETTINGS.says("default")
        try:
            self.settings = OmniSettings.model_validate(told.source_settings)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            return SOURCE_SETTINGS.says("wrong", why=f"{where} {first['msg']}")
        self.known = True
        return SOURCE_SETTINGS.says("known")


def _then(findings: Iterable[Finding], last: object) -> Iterator[Finding]:
    yield from findings
    assert callable(last)
    yield last()


def _to_the_end(group: Group, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Every check of the group, even when one of them breaks in a way nobody thought of."""
    told: set[str] = set()
    why = ""
    try:
        for finding in findings:
            told.add(finding.code)
            yield finding
    except Exception as error:  # noqa: BLE001 - a fault of ours must not keep the other checks from running
        structlog.get_logger("stockwire.agent").exception("a check failed by a fault of ours")
        why = f"{type(error).__name__}: {error}"
    for check in group.checks:
        if check.code not in told:
            yield Finding(check.code, UNKNOWN, FAULT.format(why=why or "it gave no result"))


def _token(settings: AgentSettings, folder: Path) -> str:
    try:
        return settings.hub.token or read_token(folder)
    except OSError:
        return ""


def _secrets(settings: AgentSettings) -> list[str]:
    omni = settings.omni.password if settings.omni else ""
    token = _token(settings, Path(settings.data_folder))
    proxy = proxy_of(settings.hub).rpartition("@")[0].rpartition(":")[2]
    database = settings.database.password if settings.database else ""
    return [secret for secret in (database, omni, token, proxy) if len(secret) > 3]


def _without(finding: Finding, secrets: list[str]) -> Finding:
    seen, fix = finding.seen, finding.fix
    for secret in secrets:
        seen, fix = seen.replace(secret, "***"), fix.replace(secret, "***")
    return replace(finding, seen=seen, fix=fix)
