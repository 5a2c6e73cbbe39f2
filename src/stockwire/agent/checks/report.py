"""How findings are shown: a line each under their group, or one JSON object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from stockwire.agent.checks.check import FAILED, PASSED, UNKNOWN, WARNING
from stockwire.agent.checks.check_up import GROUPS
from stockwire.agent.link import VERSION
from stockwire.ports import Finding

_MARKS = {PASSED: "ok", FAILED: "FAILED", WARNING: "warning", UNKNOWN: "unknown"}
GROUP_OF = {check.code: group.title for group in GROUPS for check in group.checks}
TITLE_OF = {check.code: check.title for group in GROUPS for check in group.checks}


def lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Text for a person, as the findings come; the last lines are the sum."""
    group, counts = "", Counter[str]()
    for finding in findings:
        if GROUP_OF[finding.code] != group:
            group = GROUP_OF[finding.code]
            yield f"\n{group}"
        counts[finding.state] += 1
        yield f"  {_MARKS[finding.state]:<8} {finding.code:<20} {finding.seen}"
        if finding.fix:
            yield f"  {'':<8} {'':<20} Fix: {finding.fix}"
    yield f"\n{_sum(counts)}"


def as_object(findings: list[Finding]) -> dict[str, Any]:
    """The whole report; `ok` is True when nothing failed."""
    counts = Counter(finding.state for finding in findings)
    return {
        "ok": not counts[FAILED],
        "checked_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "agent_version": VERSION,
        **{state: counts[state] for state in (PASSED, FAILED, WARNING, UNKNOWN)},
        "findings": [
            {
                "code": finding.code,
                "group": GROUP_OF[finding.code],
                "about": TITLE_OF[finding.code],
                "state": finding.state,
                "seen": finding.seen,
                "fix": finding.fix,
            }
            for finding in findings
        ],
    }


def _sum(counts: Counter[str]) -> str:
    ended = "Nothing failed." if not counts[FAILED] else "Put right what failed, then check again."
    return (
        f"{counts[PASSED]} passed, {counts[FAILED]} failed, {counts[WARNING]} warnings, "
        f"{counts[UNKNOWN]} cannot be known from here. {ended}"
    )
