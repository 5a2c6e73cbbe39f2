"""A simulated WooCommerce shop with a client and a hub beside it, for the tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from werkzeug.wrappers import Request, Response

from stockwire.simulators.woocommerce import WooCommerce, create

KEYS = ("ck_test", "cs_test")
NOON = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


class Hub:
    """Receives webhooks over the transport of the shop; answers with `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.received: list[tuple[httpx2.Headers, str]] = []

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        self.received.append((httpx2.Headers(dict(request.headers)), request.get_data(as_text=True)))
        return Response("", self.status)(environ, start_response)

    def orders(self, topic: str) -> list[dict[str, Any]]:
        return [
            json.loads(body) for headers, body in self.received if headers.get("X-WC-Webhook-Topic") == topic
        ]


class Shop:
    """A simulated shop, a client with keys, and a hub that receives its webhooks."""

    def __init__(self, **options: Any) -> None:
        self.hub = Hub()
        self.now = NOON
        settings: dict[str, Any] = {
            "consumer_key": KEYS[0],
            "consumer_secret": KEYS[1],
            "treat_as_https": True,
            "site_url": "https://shop.example",
            "webhook_delay_s": 0.0,
            "clock": lambda: self.now,
            "transport": httpx2.WSGITransport(app=self.hub),
        }
        self.app: WooCommerce = create(**{**settings, **options})
        self.http = httpx2.Client(
            transport=httpx2.WSGITransport(app=self.app),
            base_url="https://shop.example/wp-json/wc/v3",
            auth=KEYS,
        )

    def post(self, path: str, body: Any, status: int = 201) -> Any:
        answer = self.http.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def put(self, path: str, body: Any) -> Any:
        answer = self.http.put(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, path: str, **query: str) -> Any:
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def act(self, act: str, /, **sent: Any) -> Any:
        return self.app.acts[act](sent)

    def delivered(self) -> None:
        assert self.app.shop.deliveries.settled(5)

    def webhook(self, topic: str) -> int:
        hook = {"topic": topic, "delivery_url": "https://hub.example/hooks", "secret": "whsec"}
        number: int = self.post("/webhooks", hook)["id"]
        self.delivered()
        self.hub.received.clear()
        return number

    def bolt(self, **fields: Any) -> int:
        product = {
            "name": "Bolt",
            "sku": "BOLT",
            "regular_price": "11.50",
            "manage_stock": True,
            "stock_quantity": 9,
        }
        number: int = self.post("/products", {**product, **fields})["id"]
        return number


@pytest.fixture
def open_shop() -> Iterator[Callable[..., Shop]]:
    shops: list[Shop] = []

    def opened(**options: Any) -> Shop:
        shops.append(Shop(**options))
        return shops[-1]

    yield opened
    for shop in shops:
        shop.http.close()
        shop.app.close()


@pytest.fixture
def shop(open_shop: Callable[..., Shop]) -> Shop:
    return open_shop()
