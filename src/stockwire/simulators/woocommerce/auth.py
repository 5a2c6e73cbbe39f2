"""Who is calling: Basic or query keys on https, one-legged OAuth 1.0a on plain http, really verified.

Written from the recorded exchanges and on purpose without any of the connector's signing code, so that the
two can be held against each other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote

from stockwire.simulators.woocommerce.rest import ApiError

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

    from stockwire.simulators.woocommerce.shop import Key, Shop

WINDOW_S = 15 * 60
OAUTH_PARAMETERS = (
    "oauth_consumer_key",
    "oauth_timestamp",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
)
DIGESTS = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}
DENIED = {
    "list": ("cannot_view", "Sorry, you cannot list resources."),
    "read": ("cannot_view", "Sorry, you cannot view this resource."),
    "create": ("cannot_create", "Sorry, you are not allowed to create resources."),
    "edit": ("cannot_edit", "Sorry, you are not allowed to edit this resource."),
    "delete": ("cannot_delete", "Sorry, you are not allowed to delete this resource."),
    "batch": ("cannot_batch", "Sorry, you are not allowed to batch manipulate this resource."),
}


class Gate:
    """Checks calls against the shop's keys and remembers the nonces it has seen."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._keys = {key.consumer_key: key for key in shop.options.keys}
        self._nonces: dict[tuple[str, str], int] = {}
        self._prune_at = 1_000

    def key_of(self, request: Request, *, https: bool) -> Key | None:
        """The key of the caller, None when there is none that counts. Raises ApiError 401 for a bad one."""
        key = self._basic(request) if https else self._oauth(request)
        if key is None:
            return None
        needed = "read" if request.method in ("GET", "HEAD", "OPTIONS") else "write"
        if needed not in key.permissions:
            raise _refused(f"The API key provided does not have {needed} permissions.")
        return key

    def admit(self, key: Key | None, what: str) -> None:
        """Refuse callers without the right: 401 for strangers, 403 for users whose role is too low."""
        if key is not None and key.role == "administrator":
            return
        code, message = DENIED[what]
        raise ApiError(401 if key is None else 403, f"woocommerce_rest_{code}", message)

    def _basic(self, request: Request) -> Key | None:
        name, secret = request.args.get("consumer_key", ""), request.args.get("consumer_secret", "")
        header = request.headers.get("Authorization", "")
        if not name and header.startswith("Basic "):
            try:
                name, _, secret = base64.b64decode(header[6:]).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return None
        key = self._keys.get(name)
        if key is None:
            # An unknown key over https is nobody, not an error of its own.
            return None
        if not hmac.compare_digest(key.consumer_secret, secret):
            raise _refused("Consumer secret is invalid.")
        return key

    def _oauth(self, request: Request) -> Key | None:
        sent = _oauth_parameters(request)
        if not any(sent.values()):
            return None
        missing = [name for name in OAUTH_PARAMETERS if not sent.get(name)]
        if missing:
            plural = "s" if len(missing) > 1 else ""
            raise ApiError(
                401,
                "woocommerce_rest_authentication_missing_parameter",
                f"Missing OAuth parameter{plural} {', '.join(missing)}",
            )
        key = self._keys.get(sent["oauth_consumer_key"])
        if key is None:
            raise _refused("Consumer key is invalid.")
        self._check_signature(request, key, sent)
        self._check_stamp(key, sent)
        return key

    def _check_signature(self, request: Request, key: Key, sent: dict[str, str]) -> None:
        digest = DIGESTS.get(sent["oauth_signature_method"])
        if digest is None:
            raise _refused("Invalid signature - signature method is invalid.")
        host = self._shop.options.site_url.rstrip("/").partition("://")[2] or request.host
        raw_path = _raw_path(request)
        text = base_string(
            request.method, f"http://{host}{raw_path}", [*_plain_query(request), *sent.items()]
        )
        made = hmac.new(f"{key.consumer_secret}&".encode(), text.encode(), digest).digest()
        if not hmac.compare_digest(base64.b64encode(made).decode(), sent["oauth_signature"]):
            raise _refused("Invalid signature - provided signature does not match.")

    def _check_stamp(self, key: Key, sent: dict[str, str]) -> None:
        now = int(self._shop.options.clock().timestamp())
        stamp = int(sent["oauth_timestamp"]) if sent["oauth_timestamp"].isdigit() else 0
        if abs(now - stamp) > WINDOW_S:
            raise _refused("Invalid timestamp.")
        with self._shop.lock:
            if len(self._nonces) > self._prune_at:
                self._nonces = {seen: at for seen, at in self._nonces.items() if at > now - WINDOW_S}
                self._prune_at = 2 * len(self._nonces) + 1_000
            if (key.consumer_key, sent["oauth_nonce"]) in self._nonces:
                raise _refused("Invalid nonce - nonce has already been used.")
            self._nonces[key.consumer_key, sent["oauth_nonce"]] = stamp


def base_string(method: str, address: str, parameters: list[tuple[str, str]]) -> str:
    """RFC 5849 section 3.4.1 over decoded parameters; the signature itself is left out."""
    encoded = sorted((_encode(k), _encode(v)) for k, v in parameters if k != "oauth_signature")
    joined = "&".join(f"{k}={v}" for k, v in encoded)
    return "&".join(_encode(part) for part in (method.upper(), address, joined))


def _encode(text: str) -> str:
    return quote(text, safe="-._~")


def _plain_query(request: Request) -> list[tuple[str, str]]:
    pairs = parse_qsl(request.query_string.decode("ascii", "replace"), keep_blank_values=True)
    return [(name, value) for name, value in pairs if name not in OAUTH_PARAMETERS]


def _oauth_parameters(request: Request) -> dict[str, str]:
    header = request.headers.get("Authorization", "")
    if header.lower().startswith("oauth "):
        found = re.findall(r'([a-z_]+)="([^"]*)"', header[6:])
        sent = {name: unquote(value) for name, value in found if name.startswith("oauth_")}
    else:
        sent = {name: value for name, value in request.args.items() if name.startswith("oauth_")}
    return {name: value for name, value in sent.items() if value or name in OAUTH_PARAMETERS}


def _raw_path(request: Request) -> str:
    raw = request.environ.get("REQUEST_URI") or request.environ.get("RAW_URI")
    return str(raw).partition("?")[0] if raw else quote(request.path, safe="/-._~")


def _refused(message: str) -> ApiError:
    return ApiError(401, "woocommerce_rest_authentication_error", message)
