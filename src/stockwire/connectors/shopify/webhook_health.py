"""Keep the shop's order webhooks alive: the shop removes one after eight failed deliveries, without a word.

A webhook of ours is known by its name or its address. The shop signs with the secret of the
app, so a changed secret needs nothing here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stockwire.connectors.shopify.api import Api
from stockwire.connectors.shopify.operations import (
    WEBHOOK_CREATE,
    WEBHOOK_DELETE,
    WEBHOOK_UPDATE,
    Root,
    Write,
    together,
    webhooks_query,
)
from stockwire.connectors.shopify.refusals import user_errors
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.errors import NotSetUp, Refused
from stockwire.ports import WebhookHealth

TOPICS = {
    "order.created": "ORDERS_CREATE",
    "order.updated": "ORDERS_UPDATED",
    "order.cancelled": "ORDERS_CANCELLED",
    "order.edited": "ORDERS_EDITED",
    "order.deleted": "ORDERS_DELETE",
    "order.refunded": "REFUNDS_CREATE",
}
_OURS = "/hooks/"
"""Part of every address that hubs of this kind are reached at."""
_MISSED = "The shop had removed it, as it does after failed deliveries; what it missed never comes again."


def repair(api: Api, settings: ShopifySettings, delivery_url: str) -> Sequence[WebhookHealth]:
    """Make each topic have exactly one webhook of ours that points to `delivery_url`.

    Raises NotSetUp without a webhook secret: deliveries could not be told from forged ones.
    """
    if not settings.webhook_secrets:
        raise NotSetUp(
            "No webhook secret is set, so the shop's webhooks could not be trusted.",
            hint="Set hmac_shared_secret to the API secret (client secret) of the app. Until then orders "
            "arrive by polling.",
        )
    hooks = listed(api, settings)
    others = any(_is_ours(hook, topic, delivery_url) for hook in hooks for topic in TOPICS)
    return [_repair_topic(api, settings, topic, delivery_url, hooks, others=others) for topic in TOPICS]


def listed(api: Api, settings: ShopifySettings) -> list[dict[str, Any]]:
    """Every webhook of this app in the shop."""
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = api.run(webhooks_query(named=_have_names(settings)), {"after": after}).root(
            "webhookSubscriptions"
        )
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def name_of(topic: str) -> str:
    """For example "stockwire-order-created"; names hold letters, digits and dashes."""
    return f"stockwire-{topic.replace('.', '-')}"


def missing(hooks: Sequence[dict[str, Any]]) -> list[str]:
    """Topics without a webhook of ours."""
    return [topic for topic in TOPICS if not any(_is_ours(hook, topic, "") for hook in hooks)]


def _have_names(settings: ShopifySettings) -> bool:
    return settings.api_version > "2026-01"


def _repair_topic(
    api: Api,
    settings: ShopifySettings,
    topic: str,
    delivery_url: str,
    hooks: Sequence[dict[str, Any]],
    *,
    others: bool,
) -> WebhookHealth:
    ours = [hook for hook in hooks if _is_ours(hook, topic, delivery_url)]
    wanted = {"uri": delivery_url, "format": "JSON"}
    if _have_names(settings):
        wanted["name"] = name_of(topic)
    if not ours:
        _call(api, WEBHOOK_CREATE, {"topic": TOPICS[topic], "webhookSubscription": wanted})
        if others:
            return WebhookHealth(topic, "revived", _MISSED)
        return WebhookHealth(topic, "created", "The shop had no such webhook.")
    keep, *rest = sorted(ours, key=lambda hook: (hook.get("uri") != delivery_url, str(hook["id"])))
    for hook in rest:
        _call(api, WEBHOOK_DELETE, {"id": hook["id"]})
    notes = [f"{len(rest)} double removed."] if rest else []
    if keep.get("uri") == delivery_url:
        return WebhookHealth(topic, "healthy", " ".join(notes))
    _call(api, WEBHOOK_UPDATE, {"id": keep["id"], "webhookSubscription": wanted})
    return WebhookHealth(topic, "revived", " ".join(["It pointed to another address.", *notes]))


def _is_ours(hook: dict[str, Any], topic: str, delivery_url: str) -> bool:
    if hook.get("topic") != TOPICS[topic]:
        return False
    address = str(hook.get("uri") or "")
    return (
        hook.get("name") == name_of(topic)
        or _OURS in address
        or bool(delivery_url and address == delivery_url)
    )


def _call(api: Api, root: Root, given: dict[str, Any]) -> None:
    payload = api.run(*together("Webhook", [Write(root, given)])).root("w0")
    errors = [error for error in user_errors(payload) if not error.is_gone]
    if errors:
        raise Refused(
            f"The shop refused the webhook: {errors[0].message}",
            hint="The hub's public address must start with https:// and be reachable from the internet.",
            detail=errors[0].detail,
        )
