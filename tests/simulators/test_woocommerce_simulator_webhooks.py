"""The webhooks of the simulated WooCommerce shop: late, merged, never repeated, disabled after failures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

NOON = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def test_a_webhook_is_disabled_by_the_seventh_failure_in_a_row(shop: Any) -> None:
    hook = shop.webhook("order.updated")
    order = shop.post("/orders", {})["id"]
    shop.delivered()
    shop.hub.status = 500
    for at in range(6):
        shop.put(f"/orders/{order}", {"customer_note": str(at)})
        shop.delivered()
    assert shop.get(f"/webhooks/{hook}")["status"] == "active"
    shop.put(f"/orders/{order}", {"customer_note": "seventh"})
    shop.delivered()
    assert shop.get(f"/webhooks/{hook}")["status"] == "disabled"
    shop.hub.received.clear()
    shop.put(f"/webhooks/{hook}", {"status": "active"})
    shop.delivered()
    assert shop.hub.received == []


def test_a_success_forgets_the_failures_before_it(shop: Any) -> None:
    hook = shop.webhook("order.updated")
    order = shop.post("/orders", {})["id"]
    shop.delivered()
    for at in range(13):
        shop.hub.status = 200 if at == 6 else 500
        shop.put(f"/orders/{order}", {"customer_note": str(at)})
        shop.delivered()
    assert shop.get(f"/webhooks/{hook}")["status"] == "active"


def test_five_changes_of_one_order_are_one_delivery_with_the_last_state(
    open_shop: Callable[..., Any],
) -> None:
    shop = open_shop(webhook_delay_s=0.3)
    shop.webhook("order.updated")
    order = shop.post("/orders", {})["id"]
    for at in range(5):
        shop.put(f"/orders/{order}", {"customer_note": f"Change {at}"})
    shop.delivered()
    assert [body["customer_note"] for body in shop.hub.orders("order.updated")] == ["Change 4"]


def test_an_order_cancelled_before_delivery_arrives_as_cancelled_under_order_created(
    open_shop: Callable[..., Any],
) -> None:
    shop = open_shop(webhook_delay_s=0.3)
    shop.webhook("order.created")
    shop.bolt()
    order = shop.act("place_order", lines=[{"sku": "BOLT", "quantity": 1}])["id"]
    shop.act("cancel_order", id=order)
    shop.delivered()
    assert [(body["id"], body["status"]) for body in shop.hub.orders("order.created")] == [
        (order, "cancelled")
    ]


def test_different_orders_of_one_second_share_a_delivery_id(shop: Any) -> None:
    shop.webhook("order.created")
    for _ in range(6):
        shop.post("/orders", {})
    shop.delivered()
    first = {headers["X-WC-Webhook-Delivery-ID"] for headers, _ in shop.hub.received}
    assert len(shop.hub.received) == 6
    assert len(first) == 1
    shop.now = NOON.replace(second=1)
    shop.post("/orders", {})
    shop.delivered()
    assert shop.hub.received[-1][0]["X-WC-Webhook-Delivery-ID"] not in first


def test_a_delivery_is_signed_over_its_raw_body(shop: Any) -> None:
    shop.webhook("order.created")
    shop.post("/orders", {"customer_note": "Größe / size"})
    shop.delivered()
    [(headers, raw)] = shop.hub.received
    made = hmac.new(b"whsec", raw.encode(), hashlib.sha256).digest()
    assert headers["X-WC-Webhook-Signature"] == base64.b64encode(made).decode()
    assert headers["User-Agent"].startswith("WooCommerce/10.0.2 Hookshot")


def test_a_delivery_that_failed_is_never_repeated(shop: Any) -> None:
    shop.webhook("order.created")
    shop.hub.status = 503
    shop.post("/orders", {})
    shop.delivered()
    shop.hub.status = 200
    shop.post("/orders", {})
    shop.delivered()
    assert len(shop.hub.received) == 2


def test_a_batch_deletes_for_good_and_only_the_bin_is_told_of(shop: Any) -> None:
    shop.webhook("product.deleted")
    binned, gone = shop.bolt(), shop.bolt(sku="NUT")
    assert shop.http.delete(f"/products/{binned}").status_code == 200
    assert shop.post("/products/batch", {"delete": [gone]}, 200)["delete"][0]["id"] == gone
    shop.delivered()
    assert shop.get(f"/products/{binned}")["status"] == "trash"
    assert shop.http.get(f"/products/{gone}").status_code == 404
    assert [json.loads(body)["id"] for _, body in shop.hub.received] == [binned]


def test_a_ping_does_not_wait_behind_late_deliveries(open_shop: Callable[..., Any]) -> None:
    shop = open_shop(webhook_delay_s=60.0)
    shop.webhook("order.created")
    shop.post("/orders", {})
    shop.post("/webhooks", {"topic": "order.updated", "delivery_url": "https://hub.example/hooks"})
    deadline = time.monotonic() + 30
    while not shop.hub.received and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert [body for _, body in shop.hub.received] == ["webhook_id=2"]
