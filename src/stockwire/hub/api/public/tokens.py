"""Who is calling the JSON API: a bearer token made by a person, of which the hub keeps only the hash."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from stockwire.errors import Refused
from stockwire.hub import tenancy
from stockwire.hub.api.agent_auth import hashed
from stockwire.hub.models import ApiToken, Audit, User

USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Caller:
    """The person a token stands for."""

    client_id: int
    user_id: int
    username: str
    role: str

    @property
    def who(self) -> str:
        return f"{self.username} (API)"


class TokenAuth(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        found = tenancy.user_by_api_token(hashed(token))
        if found is None:
            return None
        client_id, user_id = found
        now = timezone.now()
        with tenancy.scope(client_id):
            user = User.objects.filter(pk=user_id, is_active=True).first()
            if user is None:
                return None
            ApiToken.objects.filter(token_hash=hashed(token)).filter(
                Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
            ).update(last_used_at=now)
        return Caller(client_id, user_id, user.username, user.role)


def make_token(client_id: int, username: str, description: str, who: str) -> str:
    """A new token for this person, shown once. Raises Refused when the client has no such user."""
    token = "swp_" + secrets.token_urlsafe(32)
    with tenancy.scope(client_id):
        user = User.objects.filter(username__iexact=username).first()
        if user is None:
            raise Refused(
                f"Client {client_id} has no user {username}.", hint="`stockwire user add` makes one."
            )
        ApiToken.objects.create(
            client_id=client_id, user=user, description=description[:200], token_hash=hashed(token)
        )
        _note(client_id, who, "API token made", f"{user.username}: {description}")
    return token


def revoke_tokens(client_id: int, username: str, who: str) -> int:
    """Take every token of this person back. Their number."""
    with tenancy.scope(client_id):
        gone = ApiToken.objects.filter(user__username__iexact=username, revoked_at=None).update(
            revoked_at=timezone.now()
        )
        _note(client_id, who, "API tokens revoked", f"{username}: {gone}")
    return int(gone)


def _note(client_id: int, who: str, action: str, subject: str, **more: Any) -> None:
    Audit.objects.create(client_id=client_id, who=who, action=action, subject=subject[:200], **more)
