"""The checks of a source, asked for from here; the agent runs them on its premises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db.models import F
from django.utils import timezone

from stockwire import wire
from stockwire.errors import NotSetUp
from stockwire.hub.models import Agent, Source
from stockwire.hub.sync.store_order import ring


@dataclass(frozen=True, slots=True)
class Asked:
    """Since when findings count as the answer, and when an agent of the source was last heard of."""

    at: datetime
    agent_seen_at: datetime | None


def ask_for_check(source_id: int) -> Asked:
    """Wish for the checks, inside an open scope. Raises NotSetUp when there is nobody to ask."""
    agents = Agent.objects.filter(source_id=source_id, revoked_at=None).exclude(token_hash="")
    # One answers: the agent that was heard of last.
    agent = agents.order_by(F("last_seen_at").desc(nulls_last=True)).first()
    if agent is None:
        raise NotSetUp(
            f"No agent is enrolled for source {source_id}.",
            hint="Make a code with `stockwire source agent-code` and enrol the agent on the Omni server.",
        )
    Agent.objects.filter(pk=agent.pk).update(check_now=True)
    ring(source_id)
    return Asked(timezone.now(), agent.last_seen_at)


def store_findings(agent: Agent, told: wire.Findings) -> None:
    """Keep what the agent found, inside an open scope. The moment is the hub's own."""
    Source.objects.filter(pk=agent.source_id).update(
        findings=msgspec.to_builtins(told.findings), findings_at=timezone.now()
    )


def findings_since(source_id: int, moment: datetime) -> list[wire.CheckFinding] | None:
    """What the agent found after this moment, inside an open scope; None while it has not answered."""
    source = Source.objects.only("findings", "findings_at").get(pk=source_id)
    if source.findings_at is None or source.findings_at < moment:
        return None
    return msgspec.convert(source.findings, list[wire.CheckFinding])
