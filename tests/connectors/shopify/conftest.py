"""A simulated Shopify shop in this process, with a clock that moves only when somebody waits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from stockwire.connectors.shopify import ShopifyChannel, ShopifySettings
from stockwire.connectors.shopify.facts import forget
from stockwire.ports import Action, Change, Done, FieldChange, Group, Link, Outcome, VariantChange
from stockwire.simulators.shopify import simulated_shopify

MORNING = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
PLACE = "http://127.0.0.1:1"
GROUPS = {
    "price": Group.PRICE,
    "compare_at": Group.PRICE,
    "images": Group.IMAGES,
    "inventory_management": Group.STOCK,
}


def fields(values: dict[str, Any], before: dict[str, Any] | None = None) -> tuple[FieldChange, ...]:
    known = before or {}
    return tuple(
        FieldChange(
            GROUPS.get(name, Group.STOCK if name.startswith("quantity") else Group.CONTENT),
            name,
            known.get(name),
            value,
        )
        for name, value in values.items()
    )


class Desk:
    """The shop, and a channel that is opened on it; `documents` are the names of the calls, in order, `sent` all
    that the calls of its API carried, `answered_as` the versions that answered."""

    def __init__(self, **options: Any) -> None:
        self.app = simulated_shopify(**{"stands_at": MORNING, **options})
        self.shop = self.app.shop
        self.documents: list[str] = []
        self.sent: list[dict[str, Any]] = []
        self.answered_as: set[str] = set()
        self.losing: set[str] = set()
        self._channels: list[ShopifyChannel] = []
        forget(PLACE)

    def settings(self, **given: Any) -> ShopifySettings:
        known = {"channel_domain": PLACE, "password": self.shop.options.access_token}
        return ShopifySettings(**{**known, "hmac_shared_secret": "whsec", **given})

    def open(self, shared: Any = None, **given: Any) -> ShopifyChannel:
        channel = ShopifyChannel(
            self.settings(**given),
            shared,
            transport=_Counting(self),
            now=self.shop.clock.now,
            sleep=self.shop.advance,
        )
        self._channels.append(channel)
        return channel

    def close(self) -> None:
        for channel in self._channels:
            channel.close()
        self.app.close()
        forget(PLACE)

    def lose(self, document: str) -> None:
        """The shop does what the next call of this name says, and its answer never arrives."""
        self.losing.add(document)

    def settle(self) -> None:
        """The shop's search has seen everything."""
        self.shop.advance(10)

    def product(self, sku: str) -> dict[str, Any]:
        found: dict[str, Any] = self.shop.variant(sku)["product"]
        return found

    def price(self, sku: str) -> Decimal:
        return Decimal(str(self.shop.variant(sku)["price"]))

    def available(self, sku: str) -> int:
        levels = self.shop.variant(sku)["item"]["levels"].values()
        return sum(level["held"]["available"] for level in levels)


class _Counting(httpx2.BaseTransport):
    """Notes the name of each document that is sent, and loses the answers it was told to lose."""

    def __init__(self, desk: Desk) -> None:
        self._inner = httpx2.WSGITransport(app=desk.app)
        self._desk = desk

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        content = request.read()
        if request.url.path.endswith("graphql.json"):
            sent = json.loads(content)
            self._desk.sent.append(sent)
            name = sent["operationName"]
        else:
            name = request.url.path.rpartition("/")[2]
        self._desk.documents.append(name)
        response = self._inner.handle_request(request)
        if version := response.headers.get("X-Shopify-API-Version"):
            self._desk.answered_as.add(version)
        if name in self._desk.losing:
            self._desk.losing.remove(name)
            raise httpx2.ReadTimeout("The answer was lost.", request=request)
        return response

    def close(self) -> None:
        self._inner.close()


@pytest.fixture
def desks() -> Iterator[Callable[..., Desk]]:
    opened: list[Desk] = []

    def open_one(**options: Any) -> Desk:
        opened.append(Desk(**options))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture
def desk(desks: Callable[..., Desk]) -> Desk:
    return desks()


def add(sku: str, **given: Any) -> Change:
    images = given.pop("pictures", ())
    whole = {
        "title": f"Title of {sku}",
        "price": Decimal("12.50"),
        "quantity": 7,
        "inventory_management": True,
        "active": True,
    }
    return Change(sku, sku, Action.ADD, fields({**whole, **given}), code=f"code-{sku}", images=images)


def update(sku: str, link: Link | None, before: dict[str, Any] | None = None, **given: Any) -> Change:
    images = given.pop("pictures", ())
    return Change(sku, sku, Action.UPDATE, fields(given, before), link, code=f"code-{sku}", images=images)


def variant(
    sku: str, *values: str, action: Action = Action.ADD, link: Link | None = None, **given: Any
) -> VariantChange:
    whole = (
        {"price": Decimal("5.00"), "quantity": 3, "inventory_management": True}
        if action is Action.ADD
        else {}
    )
    return VariantChange(f"key-{sku}", sku, action, fields({**whole, **given}), link, values)


def group(
    code: str,
    options: Sequence[str],
    variants: Sequence[VariantChange],
    action: Action = Action.ADD,
    link: Link | None = None,
    **given: Any,
) -> Change:
    images = given.pop("pictures", ())
    whole = {"title": f"Title of {code}", "active": True} if action is Action.ADD else {}
    return Change(
        f"key-{code}",
        code,
        action,
        fields({**whole, **given}),
        link,
        "",
        code,
        tuple(options),
        tuple(variants),
        images,
    )


def done(outcome: Outcome) -> Done:
    assert isinstance(outcome, Done), outcome
    return outcome
