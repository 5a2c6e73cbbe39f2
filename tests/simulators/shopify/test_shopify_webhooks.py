"""Webhooks of the simulated Shopify shop: signed, retried over hours of its clock, given up after eight."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

ADDRESS = "https://hub.example/hooks"


def subscriptions(caller: Any) -> list[str]:
    query = "{ webhookSubscriptions(first: 20) { nodes { id topic uri } } }"
    return [row["topic"] for row in caller.root(query)["nodes"]]


def test_a_webhook_is_signed_over_its_raw_body_with_the_client_secret(caller: Any) -> None:
    caller.shop.fill(1, quantity=5)
    caller.subscribe("ORDERS_CREATE")
    order = caller.shop.place_order()
    assert caller.shop.webhooks_settled()
    ((headers, body),) = caller.hub.received
    digest = hmac.new(caller.shop.options.client_secret.encode(), body, hashlib.sha256).digest()
    assert headers["X-Shopify-Hmac-Sha256"] == base64.b64encode(digest).decode()
    assert headers["X-Shopify-Topic"] == "orders/create"
    assert headers["X-Shopify-Shop-Domain"] == caller.shop.options.shop_domain
    assert headers["X-Shopify-API-Version"] == "2026-10"
    assert headers["X-Shopify-Triggered-At"] == "2026-11-24T08:00:00Z"
    assert json.loads(body)["id"] == order["number"]
    assert json.loads(body)["admin_graphql_api_id"] == order["id"]


def test_one_action_has_one_event_id_and_each_delivery_a_webhook_id_of_its_own(caller: Any) -> None:
    caller.shop.fill(1, quantity=5)
    for topic in ("ORDERS_CREATE", "ORDERS_PAID", "INVENTORY_LEVELS_UPDATE"):
        caller.subscribe(topic)
    caller.shop.place_order()
    assert caller.shop.webhooks_settled()
    assert sorted(caller.hub.topics()) == ["inventory_levels/update", "orders/create", "orders/paid"]
    assert len({headers["X-Shopify-Event-Id"] for headers, _ in caller.hub.received}) == 1
    assert len({headers["X-Shopify-Webhook-Id"] for headers, _ in caller.hub.received}) == 3


def test_a_failed_delivery_is_repeated_as_it_was_until_it_is_taken(caller: Any) -> None:
    caller.shop.fill(1, quantity=5)
    caller.subscribe("ORDERS_CREATE")
    caller.hub.status = 302
    order = caller.shop.place_order()
    caller.shop.advance(59)
    assert len(caller.hub.received) == 1
    caller.shop.cancel_order(order["name"])
    caller.hub.status = 200
    caller.shop.advance(4 * 3600)
    assert len(caller.hub.received) == 2
    (first, body), (second, again) = caller.hub.received
    assert body == again
    assert first["X-Shopify-Webhook-Id"] == second["X-Shopify-Webhook-Id"]
    assert subscriptions(caller) == ["ORDERS_CREATE"]


def test_the_eighth_failure_in_a_row_removes_the_subscription(caller: Any) -> None:
    caller.shop.fill(1, quantity=5)
    caller.subscribe("ORDERS_CREATE")
    caller.subscribe("PRODUCTS_UPDATE")
    caller.hub.status = 500
    caller.shop.place_order()
    caller.shop.advance(2 * 3600)
    assert len(caller.hub.received) == 7
    assert "ORDERS_CREATE" in subscriptions(caller)
    caller.shop.advance(2 * 3600)
    assert len(caller.hub.received) == 8
    assert subscriptions(caller) == ["PRODUCTS_UPDATE"]
    caller.shop.place_order()
    caller.shop.advance(4 * 3600)
    assert len(caller.hub.received) == 8


def test_a_success_between_failures_starts_the_count_anew(caller: Any) -> None:
    caller.shop.fill(1, quantity=50)
    caller.subscribe("ORDERS_CREATE")
    for _ in range(3):
        caller.hub.status = 500
        caller.shop.place_order()
        caller.shop.advance(1800)
        caller.hub.status = 200
        caller.shop.place_order()
        caller.shop.advance(4 * 3600)
    assert subscriptions(caller) == ["ORDERS_CREATE"]


def test_deliveries_can_be_held_turned_round_and_repeated(caller: Any) -> None:
    caller.shop.fill(1, quantity=5)
    caller.subscribe("ORDERS_CREATE")
    caller.subscribe("ORDERS_PAID")
    caller.shop.hold_webhooks()
    caller.shop.place_order()
    assert caller.hub.received == []
    assert caller.shop.let_webhooks_go(backwards=True) == 2
    assert caller.shop.webhooks_settled()
    assert caller.hub.topics() == ["orders/paid", "orders/create"]
    caller.shop.repeat_webhook()
    assert caller.shop.webhooks_settled()
    assert caller.hub.topics()[-1] == "orders/create"
    ids = [headers["X-Shopify-Webhook-Id"] for headers, _ in caller.hub.received]
    assert ids[-1] == ids[-2]


def test_subscriptions_are_listed_refused_twice_narrowed_and_deleted(
    caller: Any, operations: dict[str, str]
) -> None:
    number = caller.subscribe("ORDERS_CREATE")
    again = caller.root(operations["hook"], t="ORDERS_CREATE", w={"uri": ADDRESS})
    assert again["userErrors"][0]["message"] == "Address for this topic has already been taken"
    other = {"uri": f"{ADDRESS}/narrow", "includeFields": ["id", "updated_at"]}
    caller.root(operations["hook"], t="ORDERS_CREATE", w=other)
    delete = """mutation($id: ID!) { webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId
      userErrors { message } } }"""
    assert caller.root(delete, id=number)["deletedWebhookSubscriptionId"] == number
    caller.shop.fill(1, quantity=5)
    caller.shop.place_order()
    assert caller.shop.webhooks_settled()
    ((_, body),) = caller.hub.received
    assert set(json.loads(body)) == {"id", "updated_at"}
    unknown = caller.ask(operations["hook"], t="CUSTOMERS_CREATE", w={"uri": ADDRESS})
    assert "CUSTOMERS_CREATE" in unknown["errors"][0]["message"]


def test_a_topic_needs_its_scope_and_plain_http_may_be_refused(
    opened: Callable[..., Any], operations: dict[str, str]
) -> None:
    caller = opened(webhook_http_allowed=False)
    answer = caller.root(operations["hook"], t="ORDERS_CREATE", w={"uri": "http://hub.example"})
    assert "http://" in answer["userErrors"][0]["message"]
    for scope in ("read_orders", "write_orders"):
        caller.shop.drop_scope(scope)
    answer = caller.root(operations["hook"], t="ORDERS_CREATE", w={"uri": ADDRESS})
    assert answer["userErrors"][0]["field"] == ["topic"]


def test_removing_the_app_is_told_and_ends_everything(caller: Any) -> None:
    caller.subscribe("APP_UNINSTALLED")
    caller.shop.uninstall()
    assert caller.shop.webhooks_settled()
    assert caller.hub.topics() == ["app/uninstalled"]
    assert caller.post("{ shop { name } }").status_code == 401


def test_what_apps_write_is_told_too(caller: Any, operations: dict[str, str]) -> None:
    caller.shop.fill(1, quantity=5)
    for topic in ("PRODUCTS_UPDATE", "INVENTORY_LEVELS_UPDATE", "PRODUCTS_DELETE", "FULFILLMENTS_CREATE"):
        caller.subscribe(topic)
    variant = caller.shop.variant("SW-00001-01")
    caller.root(operations["price"], p=variant["product"]["id"], v=[{"id": variant["id"], "price": "1.00"}])
    caller.set_stock("one", caller.row("SW-00001-01", 4, 5))
    caller.shop.fulfil_by_hand(caller.shop.place_order()["name"])
    caller.shop.delete_product("SW-00001-01")
    assert caller.shop.webhooks_settled()
    topics = caller.hub.topics()
    assert topics[:2] == ["products/update", "inventory_levels/update"]
    assert "fulfillments/create" in topics
    assert topics[-1] == "products/delete"
