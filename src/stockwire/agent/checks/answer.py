"""The hub wants the checks: run them beside the agent's own work and send what they found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from stockwire.agent.checks.check_up import check_settings
from stockwire.agent.checks.machine import Surroundings
from stockwire.agent.checks.report import GROUP_OF, TITLE_OF
from stockwire.agent.config import AgentSettings
from stockwire.agent.link import HubLink
from stockwire.connectors.omni.api import OmniService
from stockwire.errors import StockwireError
from stockwire.wire import CheckFinding, Findings


def answer_checks(
    settings: AgentSettings, link: HubLink, service: OmniService | None, stopped: Callable[[], bool]
) -> None:
    """Survives everything: what goes wrong stands in the log, and the hub asks again if it wants to.

    `service` is the agent's own, so that Omni is still asked one thing at a time.
    """
    log = structlog.get_logger("stockwire.agent")
    log.info("the hub asks for the checks")
    found = []
    try:
        for finding in check_settings(settings, Surroundings(), service):
            if stopped():
                return
            found.append(
                CheckFinding(
                    code=finding.code,
                    state=finding.state,
                    seen=finding.seen,
                    fix=finding.fix,
                    group=GROUP_OF[finding.code],
                    about=TITLE_OF[finding.code],
                )
            )
        link.findings(Findings(checked_at=datetime.now(UTC).isoformat(), findings=found))
    except StockwireError as error:
        log.warning(f"the findings could not be sent: {error.message}", hint=error.hint)
        return
    except Exception:
        log.exception("a fault of ours while the checks ran")
        return
    failed = [finding.code for finding in found if finding.state == "failed"]
    log.info("the checks are done", failed=", ".join(failed) or "none")
