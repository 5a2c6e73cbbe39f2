"""Webhooks: their routes and the queue that delivers them, late, without retries, as the real shop does.

Payloads are built when delivered, identical pending ones are merged, and all deliveries of one webhook in
one second share a delivery id. The seventh failure in a row disables a webhook.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from typing import TYPE_CHECKING

import httpx2

from stockwire.simulators.woocommerce import order_view, product_view
from stockwire.simulators.woocommerce.rest import Answer, ApiError, Call, Json, encode, links, page_of
from stockwire.simulators.woocommerce.shop import VERSION, WORDPRESS
from stockwire.tls import authorities

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Record, Shop

HOOKS = {
    "coupon.created": ["woocommerce_process_shop_coupon_meta", "woocommerce_new_coupon"],
    "coupon.updated": ["woocommerce_process_shop_coupon_meta", "woocommerce_update_coupon"],
    "coupon.deleted": ["wp_trash_post"],
    "coupon.restored": ["untrashed_post"],
    "customer.created": ["user_register", "woocommerce_created_customer", "woocommerce_new_customer"],
    "customer.updated": ["profile_update", "woocommerce_update_customer"],
    "customer.deleted": ["delete_user"],
    "order.created": ["woocommerce_new_order"],
    "order.updated": ["woocommerce_update_order", "woocommerce_order_refunded"],
    "order.deleted": ["wp_trash_post", "woocommerce_trash_order"],
    "order.restored": ["untrashed_post", "woocommerce_untrash_order"],
    "product.created": [
        "woocommerce_process_product_meta",
        "woocommerce_new_product",
        "woocommerce_new_product_variation",
    ],
    "product.updated": [
        "woocommerce_process_product_meta",
        "woocommerce_update_product",
        "woocommerce_update_product_variation",
    ],
    "product.deleted": ["wp_trash_post"],
    "product.restored": ["untrashed_post"],
}
FAILURES_ALLOWED = 5
AGENT = f"WooCommerce/{VERSION} Hookshot (WordPress/{WORDPRESS})"


def listing(shop: Shop, call: Call) -> Answer:
    """GET the webhooks, the newest second first."""
    found = sorted(shop.webhooks.values(), key=lambda hook: hook["created"], reverse=True)
    if call.query.get("status", "all") != "all":
        found = [hook for hook in found if hook["status"] == call.query["status"]]
    return page_of(call, found, lambda hook: view(shop, call, hook))


def read(shop: Shop, call: Call, number: int) -> Answer:
    """GET one webhook."""
    return Answer(view(shop, call, held(shop, number, 404)))


def create(shop: Shop, call: Call) -> Answer:
    """POST a webhook. It is pinged at once and made whatever the ping is answered."""
    sent = call.document()
    topic = str(sent.get("topic", ""))
    if topic not in HOOKS and not topic.startswith("action."):
        raise ApiError(
            400, "woocommerce_rest_shop_webhook_invalid_topic", "Webhook topic is required and must be valid."
        )
    _check_address(sent.get("delivery_url"))
    number = shop.next_id("webhook")
    hook: Record = {
        "id": number,
        "name": sent.get("name") or f"Webhook created on {shop.now():%b %d, %Y @ %I:%M %p}",
        "status": sent.get("status", "active"),
        "topic": topic,
        "delivery_url": sent["delivery_url"],
        "secret": sent.get("secret", ""),
        "created": shop.now(),
        "modified": None,
        "failures": 0,
        "delivered": 0,
    }
    shop.webhooks[number] = hook
    shop.deliveries.ping(number)
    return Answer(view(shop, call, hook), 201, {"Location": call.link(f"webhooks/{number}")})


def update(shop: Shop, call: Call, number: int) -> Answer:
    """PUT a webhook. Making it active again forgets its failures and delivers nothing that was missed."""
    hook = held(shop, number, 400)
    sent = call.document()
    if sent.get("delivery_url") is not None:
        _check_address(sent["delivery_url"])
    for name in ("name", "status", "topic", "delivery_url", "secret"):
        if sent.get(name) is not None:
            hook[name] = sent[name]
    if sent.get("status") == "active":
        hook["failures"] = 0
    hook["modified"] = shop.now()
    return Answer(view(shop, call, hook))


def delete(shop: Shop, call: Call, number: int) -> Answer:
    """DELETE a webhook; only with force=true."""
    hook = held(shop, number, 404)
    if not call.flag("force"):
        raise ApiError(501, "woocommerce_rest_trash_not_supported", "Webhooks do not support trashing.")
    before = view(shop, call, hook)
    del shop.webhooks[number]
    return Answer(before)


def held(shop: Shop, number: int, status: int) -> Record:
    """The webhook of an id."""
    if number not in shop.webhooks:
        raise ApiError(status, "woocommerce_rest_shop_webhook_invalid_id", "ID is invalid.")
    return shop.webhooks[number]


def view(shop: Shop, call: Call, hook: Record) -> Json:
    """A webhook as the API shows it: never the secret, never the failures."""
    resource, _, event = hook["topic"].partition(".")
    return {
        "id": hook["id"],
        "name": hook["name"],
        "status": hook["status"],
        "topic": hook["topic"],
        "resource": resource,
        "event": event,
        "hooks": HOOKS.get(hook["topic"], []),
        "delivery_url": hook["delivery_url"],
        **shop.dates(hook, "created", "modified"),
        "_links": links(call, f"webhooks/{hook['id']}", "webhooks"),
    }


def _check_address(address: object) -> None:
    if not str(address or "").startswith(("http://", "https://")):
        raise ApiError(
            400,
            "woocommerce_rest_shop_webhook_invalid_delivery_url",
            "Webhook delivery URL must be a valid URL starting with http:// or https://.",
        )


class Deliveries:
    """The queue. One thread works while there is something to deliver and ends when there is nothing."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._pending: dict[tuple[int, int], None] = {}
        self._guard = threading.Condition()
        self._worker: threading.Thread | None = None
        self._stop = threading.Event()

    def tell(self, topic: str, resource_id: int) -> None:
        """Something happened. Queues it for every active webhook of the topic, once while it is pending."""
        hooks = [
            hook["id"]
            for hook in self._shop.webhooks.values()
            if hook["topic"] == topic and hook["status"] == "active"
        ]
        if hooks:
            self._queue([(hook, resource_id) for hook in hooks])

    def ping(self, hook_id: int) -> None:
        """The unsigned form that goes out when a webhook is made."""
        self._queue([(hook_id, 0)])

    def settled(self, within_s: float) -> bool:
        """Wait until nothing is pending or under way; False when that took too long."""
        with self._guard:
            return self._guard.wait_for(lambda: not self._pending and self._worker is None, within_s)

    def close(self) -> None:
        """Drop what is pending and end the thread."""
        self._stop.set()
        with self._guard:
            self._pending.clear()
            worker = self._worker
            self._guard.notify_all()
        if worker is not None and worker is not threading.current_thread():
            worker.join(timeout=5)

    def _queue(self, entries: list[tuple[int, int]]) -> None:
        with self._guard:
            for entry in entries:
                self._pending.setdefault(entry)
            self._guard.notify_all()
            if self._worker is None and not self._stop.is_set():
                self._worker = threading.Thread(target=self._work, name="woocommerce-webhooks", daemon=True)
                self._worker.start()

    def _work(self) -> None:
        options = self._shop.options
        try:
            with httpx2.Client(
                verify=authorities(), transport=options.transport, timeout=options.webhook_timeout_s
            ) as client:
                while entries := self._next_entries():
                    for hook_id, resource_id in entries:
                        if not self._stop.is_set():
                            self._deliver(client, hook_id, resource_id)
        finally:
            self._leave()

    def _leave(self) -> None:
        with self._guard:
            if self._worker is threading.current_thread():
                self._worker = None
                self._guard.notify_all()

    def _next_entries(self) -> list[tuple[int, int]]:
        """What is due: pings at once, everything else after the delay. Empty when the thread may end."""
        with self._guard:
            if self._pending and not self._pings():
                self._guard.wait_for(
                    lambda: self._stop.is_set() or self._pings(), self._shop.options.webhook_delay_s
                )
            due = self._pings() or list(self._pending)
            for entry in due:
                del self._pending[entry]
            if self._stop.is_set() or not due:
                # Left here, under the guard, so that nothing is queued for a thread that is about to end.
                self._worker = None
                self._guard.notify_all()
                return []
            return due

    def _pings(self) -> list[tuple[int, int]]:
        return [entry for entry in self._pending if not entry[1]]

    def _deliver(self, client: httpx2.Client, hook_id: int, resource_id: int) -> None:
        with self._shop.lock:
            hook = self._shop.webhooks.get(hook_id)
            if hook is None or (resource_id and hook["status"] != "active"):
                return
            address = hook["delivery_url"]
            raw, headers = (
                self._signed(hook, resource_id)
                if resource_id
                else (f"webhook_id={hook_id}", {"Content-Type": "application/x-www-form-urlencoded"})
            )
        try:
            answer = client.post(address, content=raw.encode(), headers={"User-Agent": AGENT, **headers})
            accepted = 200 <= answer.status_code <= 302
        except (httpx2.HTTPError, httpx2.InvalidURL):
            accepted = False
        if resource_id:
            with self._shop.lock:
                self._count(hook, accepted=accepted)

    def _signed(self, hook: Record, resource_id: int) -> tuple[str, dict[str, str]]:
        resource, _, event = hook["topic"].partition(".")
        raw = encode(self._payload(resource, event, resource_id))
        digest = hmac.new(str(hook["secret"]).encode(), raw.encode(), hashlib.sha256).digest()
        second = int(self._shop.now().timestamp())
        return raw, {
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": f"{self._shop.home}/",
            "X-WC-Webhook-Topic": hook["topic"],
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": base64.b64encode(digest).decode(),
            "X-WC-Webhook-ID": str(hook["id"]),
            "X-WC-Webhook-Delivery-ID": hashlib.sha256(f"{hook['id']} {second}".encode()).hexdigest()[:32],
        }

    def _payload(self, resource: str, event: str, resource_id: int) -> Json:
        call = Call("GET", "", {}, None, self._shop.home)
        if resource == "order" and event != "deleted" and resource_id in self._shop.orders:
            return order_view.order(self._shop, call, self._shop.orders[resource_id])
        if resource == "product" and event != "deleted" and resource_id in self._shop.products:
            return product_view.product(self._shop, call, self._shop.products[resource_id])
        return {"id": resource_id}

    def _count(self, hook: Record, *, accepted: bool) -> None:
        if accepted:
            hook["failures"] = 0
            hook["delivered"] += 1
            hook["modified"] = self._shop.now()
        elif hook["failures"] > FAILURES_ALLOWED:
            hook["status"] = "disabled"
            hook["modified"] = self._shop.now()
        else:
            hook["failures"] += 1
