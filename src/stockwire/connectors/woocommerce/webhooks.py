"""Verify a webhook of the shop on its raw body, and say which order to look at. Nothing more.

A delivery is a hint: deliveries are late, come in any order, and a failed one never comes again. The
delivery id is never used: all deliveries of one webhook within a second share it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

import msgspec

from stockwire.connectors.woocommerce.settings import WooCommerceSettings
from stockwire.connectors.woocommerce.translate_orders import stamp
from stockwire.errors import NotSetUp, Refused
from stockwire.ports import OrderHint, WebhookHint

MAX_BODY_BYTES = 1_000_000
_PING = re.compile(rb"webhook_id=\d{1,19}")


def read_webhook(settings: WooCommerceSettings, headers: Mapping[str, str], body: bytes) -> WebhookHint:
    """What a delivery says. Raises Refused for one that is forged, empty or unreadable.

    A new webhook announces itself with an unsigned form body `webhook_id=N`, which is a ping. Raises NotSetUp
    when no secret is set: then nobody can tell a forged delivery from a true one.
    """
    if len(body) > MAX_BODY_BYTES:
        raise Refused(
            "The webhook is larger than 1 MB, which no order is.",
            hint="Nothing to do; orders are also found by polling.",
        )
    named = {name.lower(): value for name, value in headers.items()}
    if _PING.fullmatch(body.strip()):
        return WebhookHint(topic="ping", ping=True)
    if not body:
        raise Refused("The webhook is empty.", hint="Nothing to do; orders are also found by polling.")
    _verify(settings, named.get("x-wc-webhook-signature", ""), body)
    topic = named.get("x-wc-webhook-topic", "")
    try:
        content = msgspec.json.decode(body, type=_Content)
        modified_at = stamp(content.date_modified_gmt)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise Refused(
            "The webhook is signed correctly but cannot be read.",
            hint="A plugin of the shop may change webhooks. Orders are also found by polling.",
            detail=type(error).__name__,
        ) from None
    return _hint(topic, content, modified_at)


class _Content(msgspec.Struct):
    """The few fields that are looked at; everything else is read from the shop."""

    id: int | str = ""
    status: str = ""
    date_modified_gmt: str | None = None


def signature_of(secret: str, body: bytes) -> str:
    """Base64 of HMAC-SHA256 over the raw body, as in X-WC-Webhook-Signature."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def _verify(settings: WooCommerceSettings, signature: str, body: bytes) -> None:
    if settings.hmac_shared_secret is None:
        raise NotSetUp(
            "The shop sends webhooks, but no webhook secret is set here.",
            hint="Set hmac_shared_secret; the webhooks of the shop are then signed with it.",
        )
    expected = signature_of(settings.hmac_shared_secret.get_secret_value(), body)
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        raise Refused(
            "The webhook's signature does not fit.",
            hint="If it comes from your shop, its webhook has another secret: set hmac_shared_secret again "
            "and let the webhooks be repaired.",
        )


def _hint(topic: str, content: _Content, modified_at: datetime | None) -> WebhookHint:
    resource = topic.partition(".")[0]
    if not content.id:
        return WebhookHint(topic=topic)
    code = str(content.id)
    state = modified_at.isoformat() if modified_at else topic
    orders = (OrderHint(code, modified_at),) if resource == "order" else ()
    return WebhookHint(topic=topic, orders=orders, dedupe_key=f"{resource}:{code}:{state}:{content.status}")
