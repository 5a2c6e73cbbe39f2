"""Keep the shop's order webhooks alive: they switch themselves off after failed deliveries, without a word.

A webhook of ours is known by its name, which carries a fingerprint of the key and of the secret: the secret
cannot be read back, and two hubs on one shop must not take each other's webhooks.
"""

from __future__ import annotations

import hashlib
import hmac
import html
from collections.abc import Sequence
from typing import Any

from stockwire.connectors.woocommerce.api import Api, object_of
from stockwire.connectors.woocommerce.settings import WooCommerceSettings
from stockwire.errors import NotSetUp
from stockwire.ports import WebhookHealth

TOPICS = ("order.created", "order.updated", "order.deleted")


def repair(api: Api, settings: WooCommerceSettings, delivery_url: str) -> Sequence[WebhookHealth]:
    """Make each topic have exactly one active webhook of ours that points to `delivery_url`.

    Raises NotSetUp without a webhook secret: unsigned deliveries would all be turned away.
    """
    if settings.hmac_shared_secret is None:
        raise NotSetUp(
            "No webhook secret is set, so the shop's webhooks could not be trusted.",
            hint="Set hmac_shared_secret to a long random text. Until then orders arrive by polling.",
        )
    secret = settings.hmac_shared_secret.get_secret_value()
    hooks = [row for page in api.pages("/webhooks", {}) for row in page]
    return [_repair_topic(api, settings, topic, delivery_url, secret=secret, hooks=hooks) for topic in TOPICS]


def name_of(settings: WooCommerceSettings, topic: str) -> str:
    """For example "Stockwire order.created 1a2b3c-4d5e6f"."""
    secret = settings.hmac_shared_secret
    mark = "" if secret is None else secret.get_secret_value()
    fingerprint = hmac.new(mark.encode(), _owner(settings).encode(), hashlib.sha256).hexdigest()[:6]
    return f"{_stem(settings, topic)}{fingerprint}"


def _repair_topic(
    api: Api,
    settings: WooCommerceSettings,
    topic: str,
    delivery_url: str,
    *,
    secret: str,
    hooks: Sequence[dict[str, Any]],
) -> WebhookHealth:
    name = name_of(settings, topic)
    wanted = {"name": name, "status": "active", "topic": topic, "delivery_url": delivery_url}
    ours = [
        hook
        for hook in hooks
        if hook.get("topic") == topic
        and (
            html.unescape(str(hook.get("name"))).startswith(_stem(settings, topic))
            or hook.get("delivery_url") == delivery_url
        )
    ]
    if not ours:
        api.call("POST", "/webhooks", body={**wanted, "secret": secret})
        return WebhookHealth(topic, "created", "The shop had no such webhook.")
    keep, *rest = sorted(ours, key=lambda hook: (hook.get("status") != "active", hook["id"]))
    for hook in rest:
        api.call("DELETE", f"/webhooks/{hook['id']}", {"force": "true"}, accept=(404,))
    notes = [f"{len(rest)} double removed."] if rest else []
    wrong = _wrong(keep, wanted)
    if not wrong:
        return WebhookHealth(topic, "healthy", " ".join(notes))
    object_of(api.call("PUT", f"/webhooks/{keep['id']}", body={**wanted, "secret": secret}))
    return WebhookHealth(topic, "revived", " ".join([*wrong, *notes]))


def _wrong(hook: dict[str, Any], wanted: dict[str, str]) -> list[str]:
    found = []
    if hook.get("status") != "active":
        found.append(f"The shop had set it to {hook.get('status')}; deliveries missed since then never come.")
    if hook.get("delivery_url") != wanted["delivery_url"]:
        found.append("It pointed to another address.")
    if html.unescape(str(hook.get("name"))) != wanted["name"]:
        found.append("It was signed with another secret, or not known to be ours.")
    return found


def _owner(settings: WooCommerceSettings) -> str:
    return hashlib.sha256(settings.consumer_key.get_secret_value().encode()).hexdigest()[:6]


def _stem(settings: WooCommerceSettings, topic: str) -> str:
    return f"Stockwire {topic} {_owner(settings)}-"
