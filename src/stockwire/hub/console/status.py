"""The first page: what needs you, whether everything flows, what sold. One screen, and its refreshed part."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from stockwire.hub.console import causes, flows, sales
from stockwire.hub.console.actions import NOTICE_KEY
from stockwire.hub.console.scoped import SignedInRequest, may_change, signed_in
from stockwire.hub.console.sight import sight_of
from stockwire.hub.console.wording import UP_TO_DATE, WAITING, WORKING, moment

FLOWING = {flows.READ_WELL, UP_TO_DATE, WORKING, WAITING}


@require_safe
@signed_in
def status(request: SignedInRequest) -> HttpResponse:
    """The whole page."""
    notice = request.session.pop(NOTICE_KEY, None)
    return render(request, "console/status.html", {**_facts(request, timezone.now()), "notice": notice})


@require_safe
@signed_in
def status_live(request: SignedInRequest) -> HttpResponse:
    """The part that is refreshed while somebody looks at it."""
    return render(request, "console/status_live.html", _facts(request, timezone.now()))


def _facts(request: SignedInRequest, now: datetime) -> dict[str, Any]:
    sight = sight_of(request.user, now)
    sources, channels = flows.sources(now), flows.channels(now, sight)
    found = causes.causes(sources, channels, now, sight)
    return {
        "headline": _headline(sources, channels, found),
        "now": moment(now, now),
        "may_change": may_change(request.user),
        "sources": sources,
        "channels": channels,
        "causes": found,
        "order_counts": sales.counts(now, sight),
        "takings": sales.takings(now, sight),
        "newest": sales.newest(now, sight),
        "seen": sight.said,
        "done_within_days": sales.DONE_WITHIN_DAYS,
    }


def _headline(
    sources: Sequence[flows.SourceRow], channels: Sequence[flows.ChannelRow], found: causes.Causes
) -> str:
    if found.total:
        return "One thing needs you" if found.total == 1 else f"{found.total} things need you"
    if not sources or not channels:
        return "Not everything is set up yet"
    states = {row.state for row in [*sources, *channels]}
    return "Everything is flowing" if states <= FLOWING else "Nothing needs you"
