"""Sending webhooks: signed, retried over hours, and no longer to an address that failed eight times in a row.

One thread sends while there is something to send. It also works off the agenda of a clock that runs, since
nobody else may look at the shop for a while; a clock that stands still is worked off by whoever advances it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from collections import deque
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx2

from stockwire.tls import authorities

if TYPE_CHECKING:
    from stockwire.simulators.shopify.shop import Shop

CONNECT_S = 1.0
AGENT = "Shopify-Captain-Hook"
KEPT = 1000


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook on its way. A retry carries the same body and ids; `attempt` counts from 0."""

    subscription: int
    address: str
    topic: str
    body: bytes
    webhook_id: str
    event_id: str
    triggered_at: str
    attempt: int = 0


class Deliveries:
    """The queue. `sent` remembers the last attempts as (delivery, status or 0 when nobody answered)."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._outbox: deque[Delivery] = deque()
        self._held: list[Delivery] | None = None
        self._guard = threading.Condition()
        self._worker: threading.Thread | None = None
        self._busy = False
        self._stop = False
        self.sent: deque[tuple[Delivery, int]] = deque(maxlen=KEPT)

    def queue(self, delivery: Delivery) -> None:
        """Send it as soon as may be, or when what is held is let go."""
        with self._guard:
            if self._held is not None:
                self._held.append(delivery)
                return
            self._outbox.append(delivery)
        self.wake()

    def hold(self) -> None:
        """Send nothing until `let_go`."""
        with self._guard:
            self._held = self._held or []

    def let_go(self, *, backwards: bool = False) -> int:
        """Send what was held, backwards if asked: the order of deliveries is never promised."""
        with self._guard:
            held, self._held = self._held or [], None
            self._outbox.extend(reversed(held) if backwards else held)
        self.wake()
        return len(held)

    def again(self, times: int = 1) -> int:
        """Send the last delivery again, with the same ids: a duplicate."""
        if not self.sent:
            return 0
        last = replace(self.sent[-1][0], attempt=0)
        for _ in range(times):
            self.queue(last)
        return times

    def wake(self) -> None:
        """There may be something to do."""
        with self._guard:
            self._guard.notify_all()
            if self._worker is None and not self._stop and self._wanted():
                self._worker = threading.Thread(target=self._work, name="shopify-webhooks", daemon=True)
                self._worker.start()

    def settled(self, within_s: float) -> bool:
        """Wait until nothing is queued or under way; False when that took too long."""
        with self._guard:
            return self._guard.wait_for(lambda: not self._outbox and not self._busy, within_s)

    def close(self) -> None:
        """Drop what is queued and end the thread."""
        with self._guard:
            self._stop = True
            self._outbox.clear()
            worker = self._worker
            self._guard.notify_all()
        if worker is not None and worker is not threading.current_thread():
            worker.join(timeout=10)

    def _wanted(self) -> bool:
        running = not self._shop.clock.stands
        return bool(self._outbox) or (running and self._shop.agenda.next_due() is not None)

    def _work(self) -> None:
        options = self._shop.options
        timeout = httpx2.Timeout(options.webhook_timeout_s, connect=CONNECT_S)
        with httpx2.Client(verify=authorities(), transport=options.transport, timeout=timeout) as client:
            while self._next():
                if not self._shop.clock.stands:
                    self._shop.catch_up()
                with self._guard:
                    delivery = self._outbox.popleft() if self._outbox else None
                    self._busy = delivery is not None
                if delivery is not None:
                    self._send(client, delivery)
                with self._guard:
                    self._busy = False
                    self._guard.notify_all()

    def _next(self) -> bool:
        """Wait until something is to be done. False when the thread may end; it has left by then."""
        with self._guard:
            while not self._stop and not self._outbox:
                due = None if self._shop.clock.stands else self._shop.agenda.next_due()
                if due is None:
                    break
                wait_s = (due - self._shop.clock.now()).total_seconds()
                if wait_s <= 0:
                    return True
                self._guard.wait(wait_s)
            if self._stop or not self._outbox:
                self._worker = None
                self._guard.notify_all()
                return False
            return True

    def _send(self, client: httpx2.Client, delivery: Delivery) -> None:
        if delivery.subscription not in self._shop.shelf("WebhookSubscription") and delivery.attempt:
            return
        try:
            answer = client.post(delivery.address, content=delivery.body, headers=self._headers(delivery))
            status = answer.status_code
        except (httpx2.HTTPError, httpx2.InvalidURL):
            status = 0
        self.sent.append((delivery, status))
        with self._shop.lock:
            self._count(delivery, accepted=200 <= status < 300)

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        options = self._shop.options
        digest = hmac.new(options.client_secret.encode(), delivery.body, hashlib.sha256).digest()
        return {
            "Content-Type": "application/json",
            "User-Agent": AGENT,
            "X-Shopify-Topic": delivery.topic,
            "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
            "X-Shopify-Shop-Domain": options.shop_domain,
            "X-Shopify-API-Version": options.webhook_version,
            "X-Shopify-Webhook-Id": delivery.webhook_id,
            "X-Shopify-Event-Id": delivery.event_id,
            "X-Shopify-Triggered-At": delivery.triggered_at,
        }

    def _count(self, delivery: Delivery, *, accepted: bool) -> None:
        """Retry what failed; the eighth failure in a row ends the subscription."""
        shop = self._shop
        subscription = shop.shelf("WebhookSubscription").get(delivery.subscription)
        if subscription is None:
            return
        if accepted:
            subscription["failures"] = 0
            subscription["delivered"] += 1
            return
        subscription["failures"] += 1
        if subscription["failures"] >= shop.options.webhook_failures_allowed:
            del shop.shelf("WebhookSubscription")[delivery.subscription]
            return
        waits = shop.options.webhook_retry_s
        if delivery.attempt < len(waits):
            due = shop.clock.now() + timedelta(seconds=waits[delivery.attempt])
            later = replace(delivery, attempt=delivery.attempt + 1)
            shop.agenda.at(due, lambda: self.queue(later))
