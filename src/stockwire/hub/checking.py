"""Asking an agent for its checks from the command line, and showing what it found."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

from stockwire import wire
from stockwire.errors import NotSetUp, TryLater
from stockwire.hub import tenancy
from stockwire.hub.models import Source
from stockwire.hub.sync.preflight import ask_for_check, findings_since

LOOK_EVERY_S = 0.25
_MARKS = {"passed": "ok", "failed": "FAILED"}


def ask_and_wait(client_id: int, source_id: int, wait_s: float) -> list[wire.CheckFinding]:
    """What the agent found. Raises NotSetUp when there is nobody to ask, TryLater when no answer came."""
    with tenancy.scope(client_id):
        if not Source.objects.filter(pk=source_id).exists():
            raise NotSetUp(
                f"This client has no source {source_id}.", hint="`stockwire source add` printed its id."
            )
        asked = ask_for_check(source_id)
    until = time.monotonic() + wait_s
    pause = threading.Event()
    while True:
        with tenancy.scope(client_id):
            found = findings_since(source_id, asked.at)
        if found is not None:
            return found
        if time.monotonic() >= until:
            break
        pause.wait(LOOK_EVERY_S)
    seen = f"{asked.agent_seen_at:%Y-%m-%d %H:%M} UTC" if asked.agent_seen_at else "never"
    raise TryLater(
        f"The agent of source {source_id} did not answer within {wait_s:.0f} s.",
        hint=f"It was last heard of: {seen}. If it runs, it checks as soon as it asks for work; ask again "
        "then. If not, start it on the Omni server: stockwire agent run --config agent.toml",
    )


def lines(found: Sequence[wire.CheckFinding]) -> Iterator[str]:
    """A line per finding under its heading, the fix below it, and the sum."""
    group = ""
    for finding in found:
        if finding.group != group:
            group = finding.group
            yield f"\n{group}"
        yield f"  {_MARKS.get(finding.state, finding.state):<8} {finding.code:<20} {finding.seen}"
        if finding.fix:
            yield f"  {'':<8} {'':<20} Fix: {finding.fix}"
    failed = sum(finding.state == "failed" for finding in found)
    yield f"\n{failed} of {len(found)} checks failed."
