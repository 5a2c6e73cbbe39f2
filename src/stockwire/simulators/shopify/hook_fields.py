"""Webhook subscriptions through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stockwire.simulators.shopify import hooks
from stockwire.simulators.shopify.fields import PAGING, field, inputs, not_simulated, plain, user_error
from stockwire.simulators.shopify.pages import Connection
from stockwire.simulators.shopify.product_fields import counted, sorted_page

if TYPE_CHECKING:
    from stockwire.simulators.shopify.fields import Call
    from stockwire.simulators.shopify.shop import Record

plain("WebhookSubscription", "id topic uri format includeFields metafieldNamespaces filter name createdAt")
plain("WebhookSubscription", "updatedAt")
plain("WebhookHttpEndpoint", "callbackUrl")
plain("ApiVersion", "handle displayName supported")
inputs("WebhookSubscriptionInput", "uri callbackUrl format includeFields name")


@field("QueryRoot.webhookSubscription", takes="id")
def subscription(_: Any, call: Call, sent: Record) -> Record | None:
    return call.shop.find("WebhookSubscription", sent["id"])


@field("QueryRoot.webhookSubscriptions", takes=f"{PAGING} topics uri callbackUrl format sortKey")
def subscriptions(_: Any, call: Call, sent: Record) -> Connection:
    rows = list(call.shop.shelf("WebhookSubscription").values())
    if sent.get("topics"):
        rows = [row for row in rows if row["topic"] in sent["topics"]]
    address = sent.get("uri") or sent.get("callbackUrl")
    if address:
        rows = [row for row in rows if row["uri"] == address]
    return sorted_page(rows, sent, {"CREATED_AT": "createdAt"}, "CREATED_AT")


@field("QueryRoot.webhookSubscriptionsCount", takes="limit")
def subscriptions_count(_: Any, call: Call, sent: Record) -> Record:
    return counted(len(call.shop.shelf("WebhookSubscription")))


@field("WebhookSubscription.legacyResourceId")
def legacy_id(row: Record, call: Call, sent: Record) -> int:
    return int(row["number"])


@field("WebhookSubscription.callbackUrl")
def callback_url(row: Record, call: Call, sent: Record) -> str:
    return str(row["uri"])


@field("WebhookSubscription.endpoint")
def endpoint(row: Record, call: Call, sent: Record) -> Record:
    return {"__typename": "WebhookHttpEndpoint", "callbackUrl": row["uri"]}


@field("WebhookSubscription.apiVersion")
def api_version(row: Record, call: Call, sent: Record) -> Record:
    version = call.shop.options.webhook_version
    return {"handle": version, "displayName": version, "supported": True}


@field("Mutation.webhookSubscriptionCreate", takes="topic webhookSubscription")
def create(_: Any, call: Call, sent: Record) -> Record:
    """Ask for a topic at an address."""
    shop, topic, wanted = call.shop, sent["topic"], sent["webhookSubscription"]
    if topic not in hooks.TOPICS:
        raise not_simulated(f"The webhook topic {topic}")
    needed = hooks.RESOURCES[hooks.resource_of(topic).upper()]
    if needed and not call.may(needed):
        message = "You cannot create a webhook subscription with the specified topic."
        return {"userErrors": [user_error(message, ["topic"])]}
    address, errors = _address(call, wanted)
    taken = any(
        row["topic"] == topic and row["uri"] == address for row in shop.shelf("WebhookSubscription").values()
    )
    if not errors and taken:
        message = "Address for this topic has already been taken"
        errors = [user_error(message, ["webhookSubscription", "callbackUrl"])]
    if errors:
        return {"userErrors": errors}
    made = hooks.add(shop, topic, address, wanted.get("includeFields"))
    made["name"] = wanted.get("name")
    return {"webhookSubscription": made}


@field("Mutation.webhookSubscriptionUpdate", takes="id webhookSubscription")
def update(_: Any, call: Call, sent: Record) -> Record:
    row = call.shop.find("WebhookSubscription", sent["id"])
    if row is None:
        return {"userErrors": [user_error("Webhook subscription does not exist", ["id"])]}
    wanted = sent["webhookSubscription"]
    if wanted.get("uri") or wanted.get("callbackUrl"):
        address, errors = _address(call, wanted)
        if errors:
            return {"userErrors": errors}
        row["uri"] = address
    if wanted.get("includeFields") is not None:
        row["includeFields"] = wanted["includeFields"]
    row["name"] = wanted.get("name") or row["name"]
    row["updatedAt"] = call.shop.now()
    return {"webhookSubscription": row}


@field("Mutation.webhookSubscriptionDelete", takes="id")
def delete(_: Any, call: Call, sent: Record) -> Record:
    row = call.shop.find("WebhookSubscription", sent["id"])
    if row is None:
        return {"userErrors": [user_error("Webhook subscription does not exist", ["id"])]}
    hooks.remove(call.shop, row["number"])
    return {"deletedWebhookSubscriptionId": row["id"]}


def _address(call: Call, wanted: Record) -> tuple[str, list[Record]]:
    if wanted.get("format") not in (None, "JSON"):
        raise not_simulated(f"Webhooks in the format {wanted['format']}")
    address = str(wanted.get("uri") or wanted.get("callbackUrl") or "")
    scheme = urlsplit(address).scheme
    if scheme == "https" or (scheme == "http" and call.shop.options.webhook_http_allowed):
        return address, []
    if scheme in ("arn", "pubsub", "gid"):
        raise not_simulated(f"Webhooks to {scheme}:")
    message = "Address is invalid" if scheme != "http" else "Address protocol http:// is not supported"
    return address, [user_error(message, ["webhookSubscription", "callbackUrl"])]
