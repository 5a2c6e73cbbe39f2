"""Verify a webhook of the shop on its raw body, and say which order to look at. Nothing more.

A delivery is a hint: deliveries come late, twice and in any order, and some never. A repeated delivery is
known by what it says (order, time of change, topic), which holds whichever of its ids the shop repeats.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from stockwire.connectors.shopify.items import number
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.connectors.shopify.translate_orders import stamp
from stockwire.errors import NotSetUp, Refused
from stockwire.ports import OrderHint, WebhookHint

MAX_BODY_BYTES = 5_000_000
_OF_AN_ORDER = ("orders", "refunds", "fulfillments")


def read_webhook(settings: ShopifySettings, headers: Mapping[str, str], body: bytes) -> WebhookHint:
    """What a delivery says. Raises Refused for one that is forged, empty or unreadable, NotSetUp when no
    secret is set: then nobody can tell a forged delivery from a true one."""
    if len(body) > MAX_BODY_BYTES:
        raise Refused(
            "The webhook is larger than 5 MB, which no order is.",
            hint="Nothing to do; orders are also found by polling.",
        )
    named = {name.lower(): value for name, value in headers.items()}
    _verify(settings, named.get("x-shopify-hmac-sha256", ""), body)
    topic = named.get("x-shopify-topic", "")
    try:
        content = msgspec.json.decode(body)
        if not isinstance(content, dict):
            raise ValueError("no object")
        return _hint(topic, content, named)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise Refused(
            "The webhook is signed correctly but cannot be read.",
            hint="Orders are also found by polling.",
            detail=type(error).__name__,
        ) from None


def signature_of(secret: str, body: bytes) -> str:
    """Base64 of HMAC-SHA256 over the raw body, as in X-Shopify-Hmac-Sha256."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def _verify(settings: ShopifySettings, signature: str, body: bytes) -> None:
    secrets = settings.webhook_secrets
    if not secrets:
        raise NotSetUp(
            "The shop sends webhooks, but no webhook secret is set here.",
            hint="Set hmac_shared_secret to the API secret (client secret) of the app.",
        )
    given = signature.encode("utf-8", "replace")
    # All are compared, so that the time taken does not tell which one fits.
    fits = [hmac.compare_digest(signature_of(secret, body).encode(), given) for secret in secrets]
    if not any(fits):
        raise Refused(
            "The webhook's signature does not fit.",
            hint="If it comes from your shop, its app has another secret: set hmac_shared_secret to the "
            "client secret of the app that made the webhooks.",
        )


def _hint(topic: str, content: Mapping[str, Any], headers: Mapping[str, str]) -> WebhookHint:
    resource = topic.partition("/")[0]
    if resource not in _OF_AN_ORDER:
        return WebhookHint(topic=topic, dedupe_key=headers.get("x-shopify-webhook-id", ""))
    if isinstance(content.get("order_edit"), dict):
        content = {"id": content["order_edit"].get("order_id")}
    own = number(content.get("admin_graphql_api_id")) or str(content.get("id") or "")
    code = own if resource == "orders" else str(content.get("order_id") or "")
    if not code.isdecimal():
        return WebhookHint(topic=topic)
    modified = content.get("updated_at") or content.get("created_at")
    modified_at: datetime | None = stamp(modified) if resource == "orders" else None
    state = modified or headers.get("x-shopify-webhook-id", "")
    return WebhookHint(
        topic=topic,
        orders=(OrderHint(code, modified_at),),
        dedupe_key=f"{resource}:{code}:{own}:{state}:{topic.rpartition('/')[2]}",
    )
