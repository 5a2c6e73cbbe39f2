"""What an agent's checks found: POST /api/agent/findings, a wire.Findings, answered by a wire.Confirmed."""

from __future__ import annotations

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import path

from stockwire import wire
from stockwire.hub import tenancy
from stockwire.hub.api.agent_auth import authenticate
from stockwire.hub.api.answers import ApiError, api_view, packed
from stockwire.hub.models import Agent
from stockwire.hub.sync.preflight import store_findings

MAX_BYTES = 256 * 1024
LONGEST_TEXT = 4_000


@api_view("POST")
def findings(request: HttpRequest) -> HttpResponse:
    client_id, agent_id = authenticate(request)
    raw = request.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise ApiError(413, f"The findings of a check may have at most {MAX_BYTES} bytes.")
    try:
        told = msgspec.msgpack.decode(raw, type=wire.Findings)
    except msgspec.MsgspecError as error:
        raise ApiError(
            422, f"These are not the findings of a check: {error}.", "Upgrade the agent to the hub's version."
        ) from None
    for finding in told.findings:
        # No database text holds a NUL, and what was seen quotes rows and other programs.
        finding.seen = finding.seen.replace("\x00", "?")[:LONGEST_TEXT]
        finding.fix = finding.fix.replace("\x00", "?")[:LONGEST_TEXT]
    with tenancy.scope(client_id):
        store_findings(Agent.objects.get(pk=agent_id), told)
    return packed(wire.Confirmed(known=True))


agent_findings_urls = [path("api/agent/findings", findings)]
