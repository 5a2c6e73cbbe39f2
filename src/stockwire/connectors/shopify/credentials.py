"""The access token of a shop: given once, or got with the app's credentials and renewed ahead of time.

Tokens that renew are kept through ports.Shared, so that all who work on one channel use the same one and only
one of them renews it. Never logs and never lets a secret into a message.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime

import httpx2

from stockwire.connectors.shopify.refusals import unreachable
from stockwire.connectors.shopify.setting_types import Credential
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.errors import NotSetUp, TryLater
from stockwire.sharing import Shared

NAME = "access_token"
_AHEAD = 0.1
"""A token is renewed when less than this part of its life is left (2.4 hours of 24, 6 minutes of one)."""
_FIXES = {
    Credential.STATIC: "Copy the Admin API access token of the app again to password. If the app was "
    "uninstalled, install it again.",
    Credential.CLIENT: "Compare api_key and client_secret with the app's page in the Dev Dashboard, and "
    "install the app in this shop; both must belong to the same organisation.",
    Credential.REFRESH: "Install the app in the shop again and enter the refresh token that comes with it.",
}


def shop_of(settings: ShopifySettings) -> str:
    """Shopify keeps one bucket of points, and gives out tokens, for each app in each shop."""
    token = settings.password.get_secret_value() if settings.password else ""
    app = token if settings.credential is Credential.STATIC else settings.api_key
    return hashlib.sha256(f"{settings.base_url}\n{app}".encode()).hexdigest()


class Credentials:
    """Safe to use from several threads and processes, as far as `shared` is."""

    def __init__(
        self,
        settings: ShopifySettings,
        shared: Shared,
        client: httpx2.Client,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._shared = shared
        self._client = client
        self._now = now

    def token(self) -> str:
        """A token that lives for a while yet. Raises NotSetUp or TryLater when none is to be had."""
        if self._settings.password is not None and self._settings.credential is Credential.STATIC:
            return self._settings.password.get_secret_value()
        kept = self._shared.secret(NAME)
        if not self._is_usable(kept):
            kept = self._shared.renew(NAME, kept, self._renewed)
        return str(json.loads(kept)["token"])

    def rejected(self, token: str) -> bool:
        """The shop did not take this token. True when there is another one to try."""
        if self._settings.credential is Credential.STATIC:
            return False
        kept = self._shared.secret(NAME)
        if kept and json.loads(kept).get("token") == token:
            kept = self._shared.renew(NAME, kept, self._renewed)
        return bool(kept) and json.loads(kept).get("token") != token

    def refusal(self) -> NotSetUp:
        """What is said when the shop takes no token of ours."""
        return NotSetUp("The shop does not accept our credentials.", hint=_FIXES[self._settings.credential])

    def _is_usable(self, kept: str) -> bool:
        if not kept:
            return False
        found = json.loads(kept)
        left_s = float(found["expires_at"]) - self._now().timestamp()
        return bool(found.get("of") == self._owner() and left_s > _AHEAD * float(found["lives_s"]))

    def _renewed(self, kept: str) -> str:
        """One call for a new token. A refresh token is good for one renewal; the answer brings the next."""
        settings = self._settings
        assert settings.client_secret is not None
        form = {"client_id": settings.api_key, "client_secret": settings.client_secret.get_secret_value()}
        if settings.refresh_token is None:
            form["grant_type"] = "client_credentials"
        else:
            found = json.loads(kept) if kept else {}
            own = found.get("refresh") if found.get("of") == self._owner() else None
            form["grant_type"] = "refresh_token"
            form["refresh_token"] = own or settings.refresh_token.get_secret_value()
        answer = self._ask(form)
        lives_s = float(answer.get("expires_in") or 3600)
        return json.dumps(
            {
                "token": answer["access_token"],
                "lives_s": lives_s,
                "expires_at": self._now().timestamp() + lives_s,
                "refresh": answer.get("refresh_token") or form.get("refresh_token", ""),
                "scope": answer.get("scope", ""),
                "of": self._owner(),
            }
        )

    def _ask(self, form: dict[str, str]) -> dict[str, str]:
        try:
            response = self._client.post(f"{self._settings.base_url}/admin/oauth/access_token", data=form)
        except httpx2.RequestError as error:
            raise unreachable(error, wrote=False) from None
        if response.status_code in {429} or response.status_code >= 500:
            raise TryLater(
                f"The shop could not give out an access token (HTTP {response.status_code}).",
                hint="It is tried again by itself.",
            )
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if response.status_code == 200 and isinstance(answer, dict) and answer.get("access_token"):
            return answer
        if response.status_code == 404:
            raise NotSetUp("There is no Shopify shop at this address.", hint="Correct channel_domain.")
        if response.status_code == 200:
            raise TryLater(
                "The shop answered with something that is no access token, such as a web page.",
                hint="It is tried again by itself. If it stays, check channel_domain.",
            )
        raise self.refusal()

    def _owner(self) -> str:
        """A fingerprint of what the operator entered: a token got with other credentials is not ours."""
        settings = self._settings
        secret = settings.client_secret.get_secret_value() if settings.client_secret else ""
        refresh = settings.refresh_token.get_secret_value() if settings.refresh_token else ""
        text = "\n".join((settings.base_url, settings.api_key, secret, refresh))
        return hashlib.sha256(text.encode()).hexdigest()[:16]
