"""Who is calling: an agent is known by a bearer token, of which the hub keeps only the hash."""

from __future__ import annotations

import hashlib
import secrets

from django.http import HttpRequest
from django.utils import timezone

from stockwire.hub import tenancy
from stockwire.hub.api.answers import ApiError
from stockwire.hub.models import Agent

SEEN_EVERY_S = 15


def new_token() -> tuple[str, str]:
    """(token to hand out once, hash to keep)."""
    token = "swa_" + secrets.token_urlsafe(32)
    return token, hashed(token)


def new_code() -> tuple[str, str]:
    """(enrolment code a person can type, hash to keep)."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    code = "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))
    return code, hashed(code)


def hashed(text: str) -> str:
    """Both are long random texts, so a plain hash is enough: there is nothing to guess."""
    return hashlib.sha256(text.strip().encode()).hexdigest()


def authenticate(request: HttpRequest) -> tuple[int, int]:
    """(client id, agent id). Raises ApiError 401 when the token is missing, unknown or revoked."""
    agent = authenticated(request)
    return agent.client_id, agent.pk


def authenticated(request: HttpRequest) -> Agent:
    """The agent with its source. Raises ApiError 401 when the token is missing, unknown or revoked."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    found = tenancy.agent_by_token(hashed(token)) if scheme.lower() == "bearer" and token else None
    if found is None:
        raise ApiError(
            401,
            "The hub does not know this agent's token.",
            "Make a new enrolment code in the hub and run:"
            " stockwire agent enrol --config agent.toml --code CODE",
        )
    client_id, agent_id = found
    with tenancy.scope(client_id):
        agent = Agent.objects.select_related("source").get(pk=agent_id)
        if agent.revoked_at is not None:
            raise ApiError(
                401,
                "This agent's token was revoked.",
                "If that was not meant, make a new enrolment code in the hub and enrol the agent again.",
            )
        now = timezone.now()
        if agent.last_seen_at is None or (now - agent.last_seen_at).total_seconds() > SEEN_EVERY_S:
            Agent.objects.filter(pk=agent_id).update(last_seen_at=now)
    return agent
