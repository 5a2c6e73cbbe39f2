"""Access tokens in their three kinds: one that stays, one for a day, one for an hour with a refresh token.

Sources: client-credentials tokens live 86,399 s; expiring offline tokens an hour, and each refresh token
works once (shopify.dev). Tokens are opaque here as there; none is ever written to a log.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stockwire.simulators.shopify.options import Options

CLIENT_CREDENTIALS_S = 86_399
OFFLINE_S = 3_600


@dataclass(frozen=True, slots=True)
class Token:
    """`until` None: it stays. `kind` is static, client_credentials or offline."""

    kind: str
    until: datetime | None


class OAuthError(Exception):
    """A refusal of the token endpoint: an error code of RFC 6749 and an HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class Tokens:
    """What is valid now. The app's scopes are the same for all its tokens."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.scopes = frozenset(options.scopes)
        self.installed = True
        self._access: dict[str, Token] = {options.access_token: Token("static", None)}
        self._refresh: dict[str, datetime | None] = {options.refresh_token: None}
        self._paired: dict[str, str] = {}
        self.granted = 0

    def scopes_of(self, token: str | None, now: datetime) -> frozenset[str] | None:
        """The scopes of a token; None when it is not valid."""
        held = self._access.get(token or "")
        if held is None or not self.installed or (held.until is not None and held.until <= now):
            return None
        return self.scopes

    def grant_for(self, form: dict[str, Any], now: datetime) -> dict[str, Any]:
        """The answer to POST /admin/oauth/access_token. Raises OAuthError."""
        self._check_client(form)
        kind = form.get("grant_type")
        if kind == "client_credentials":
            return self._granted("client_credentials", now, CLIENT_CREDENTIALS_S)
        if kind == "refresh_token":
            return self._refreshed(str(form.get("refresh_token") or ""), now)
        raise OAuthError(
            "unsupported_grant_type",
            f"The grant type {kind!r} is not simulated (docs/simulators/shopify.md).",
        )

    def expire(self, now: datetime) -> None:
        """Every token with an end ends now."""
        for text, token in self._access.items():
            if token.until is not None:
                self._access[text] = replace(token, until=now)

    def revoke(self, token: str) -> None:
        """A token is no longer valid, a static one too."""
        self._access.pop(token, None)

    def drop(self, scope: str) -> list[str]:
        self.scopes = self.scopes - {scope}
        return sorted(self.scopes)

    def grant(self, scope: str) -> list[str]:
        self.scopes = self.scopes | {scope}
        return sorted(self.scopes)

    def uninstall(self) -> None:
        """The merchant removes the app: every token dies."""
        self.installed = False
        self._access.clear()
        self._refresh.clear()

    def _check_client(self, form: dict[str, Any]) -> None:
        known = form.get("client_id") == self._options.client_id
        right = secrets.compare_digest(str(form.get("client_secret") or ""), self._options.client_secret)
        if not known or not right:
            raise OAuthError("invalid_client", "Client authentication failed.", 401)
        if not self.installed:
            raise OAuthError("app_not_installed", "The app is not installed on this shop.")

    def _refreshed(self, refresh: str, now: datetime) -> dict[str, Any]:
        if refresh not in self._refresh:
            raise OAuthError("invalid_grant", "The refresh token is unknown, used or revoked.")
        until = self._refresh.pop(refresh)
        if until is not None and until <= now:
            raise OAuthError("invalid_grant", "The refresh token has expired.")
        old = self._paired.pop(refresh, None)
        if old is not None and not self._options.old_access_token_lives:
            self._access.pop(old, None)
        answer = self._granted("offline", now, OFFLINE_S)
        new = f"shprt_{secrets.token_hex(16)}"
        kept_s = int(self._options.refresh_token_s)
        self._refresh[new] = now + timedelta(seconds=kept_s)
        self._paired[new] = answer["access_token"]
        return {**answer, "refresh_token": new, "refresh_token_expires_in": kept_s}

    def _granted(self, kind: str, now: datetime, seconds: int) -> dict[str, Any]:
        token = f"shpat_{secrets.token_hex(16)}"
        self._access[token] = Token(kind, now + timedelta(seconds=seconds))
        self.granted += 1
        return {"access_token": token, "scope": ",".join(sorted(self.scopes)), "expires_in": seconds}
