"""OAuth 1.0a, one-legged, HMAC-SHA256: how WooCommerce wants requests signed over plain http.

The parameters go into the query string; a JSON body is not signed. Over https nothing is signed. Pure: the
nonce and the time are parameters.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlsplit

METHOD = "HMAC-SHA256"


def signed_parameters(
    method: str,
    url: str,
    parameters: Mapping[str, str],
    *,
    consumer_key: str,
    consumer_secret: str,
    nonce: str,
    timestamp_s: int,
) -> dict[str, str]:
    """`parameters` with the five oauth_ ones added. `url` is without a query.

    The shop accepts stamps within 15 minutes and every nonce once.
    """
    signed = {
        **parameters,
        "oauth_consumer_key": consumer_key,
        "oauth_nonce": nonce,
        "oauth_signature_method": METHOD,
        "oauth_timestamp": str(timestamp_s),
    }
    signed["oauth_signature"] = signature(base_string(method, url, signed), consumer_secret)
    return signed


def base_string(method: str, url: str, parameters: Mapping[str, str]) -> str:
    """RFC 5849 section 3.4.1: method, address and sorted parameters, each percent-encoded."""
    return "&".join(
        (method.upper(), _encoded(_base_address(url)), _encoded(normalized_parameters(parameters)))
    )


def normalized_parameters(parameters: Mapping[str, str]) -> str:
    pairs = sorted(
        (_encoded(name), _encoded(value)) for name, value in parameters.items() if name != "oauth_signature"
    )
    return query_string(pairs, encoded=True)


def query_string(pairs: Iterable[tuple[str, str]], *, encoded: bool = False) -> str:
    """Percent-encoded as it was signed: a blank is %20, never a plus."""
    return "&".join(
        f"{name}={value}" if encoded else f"{_encoded(name)}={_encoded(value)}" for name, value in pairs
    )


def signature(text: str, consumer_secret: str) -> str:
    """Base64 of the HMAC; the key is the consumer secret, "&" and no token secret."""
    digest = hmac.new(f"{_encoded(consumer_secret)}&".encode(), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _base_address(url: str) -> str:
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    default_port = {"http": 80, "https": 443}.get(parts.scheme)
    port = f":{parts.port}" if parts.port not in {None, default_port} else ""
    return f"{parts.scheme.lower()}://{host}{port}{parts.path}"


def _encoded(text: str) -> str:
    return quote(text, safe="~")
