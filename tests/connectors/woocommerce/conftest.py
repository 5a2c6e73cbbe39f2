"""Recorded answers of a real WooCommerce 10.0.2, and settings to read them with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.woocommerce.jerseys import jersey

from stockwire.connectors.woocommerce import WooCommerceSettings
from stockwire.connectors.woocommerce.api import Api
from stockwire.connectors.woocommerce.channel import WooCommerceChannel
from stockwire.connectors.woocommerce.pace import forget
from stockwire.ports import Action, Change, Done, FieldChange, Group, Link
from stockwire.simulators.stand import Stand
from stockwire.simulators.woocommerce import Key, WooCommerce, create

DATA = Path(__file__).parent / "data"
WHOLE = {"title": "Hex bolt", "price": Decimal("12.50"), "quantity": 5, "inventory_management": True}
GROUPS = {
    "price": Group.PRICE,
    "compare_at": Group.PRICE,
    "quantity": Group.STOCK,
    "inventory_management": Group.STOCK,
}


@pytest.fixture(scope="session")
def recorded() -> Callable[[str, str], dict[str, Any]]:
    """The exchange with this step name of a recorded scenario: request, response, and more for some."""
    loaded: dict[str, dict[str, Any]] = {}

    def get(scenario: str, step: str) -> dict[str, Any]:
        if scenario not in loaded:
            loaded[scenario] = json.loads((DATA / f"{scenario}.json").read_text(encoding="utf-8"))
        return loaded[scenario][step]

    return get


@pytest.fixture
def settings() -> Callable[..., WooCommerceSettings]:
    def make(**given: Any) -> WooCommerceSettings:
        filled = {
            "api_url": "https://shop.example",
            "consumer_key": "ck_0123456789abcdef",
            "consumer_secret": "cs_fedcba9876543210",
            "hmac_shared_secret": "whsec-test",
        }
        return WooCommerceSettings(**{**filled, **given})

    return make


@pytest.fixture
def change() -> Callable[..., Change]:
    """A Change of one SKU; fields by name, `id` is the linked product."""

    def make(
        sku: str = "BOLT-M8-50",
        fields: Mapping[str, Any] | None = None,
        *,
        action: Action = Action.UPDATE,
        id: str = "12",  # noqa: A002
    ) -> Change:
        return Change(
            key=sku,
            sku=sku,
            action=action,
            fields=tuple(
                FieldChange(GROUPS.get(name, Group.CONTENT), name, None, value)
                for name, value in (fields or {}).items()
            ),
            link=Link(id) if id and action is not Action.ADD else None,
        )

    return make


@dataclass
class Opened:
    """A simulated shop on real sockets, with the channel under test and the owner's own calls."""

    app: WooCommerce
    stand: Stand
    closing: ExitStack

    def settings(self, **given: Any) -> WooCommerceSettings:
        key = self.app.shop.options.keys[0]
        filled = {
            "api_url": self.stand.url,
            "consumer_key": key.consumer_key,
            "consumer_secret": key.consumer_secret,
            "hmac_shared_secret": "whsec-test",
        }
        return WooCommerceSettings(**{**filled, **given})

    def channel(self, **given: Any) -> WooCommerceChannel:
        channel = WooCommerceChannel(self.settings(**given))
        self.closing.callback(channel.close)
        return channel

    def owner(self) -> Api:
        api = Api(self.settings())
        self.closing.callback(api.close)
        return api

    def forget_pace(self) -> None:
        forget(self.settings().rest_url)


@pytest.fixture
def simulated() -> Iterator[Callable[..., Opened]]:
    """Opens simulated shops with the given options."""
    with ExitStack() as closing:

        def open_shop(**options: Any) -> Opened:
            app = create(**{"webhook_delay_s": 0.0, **options})
            closing.callback(app.close)
            opened = Opened(app, closing.enter_context(Stand(app)), closing)
            opened.forget_pace()
            return opened

        yield open_shop


def keys(**given):
    """The key that channels of these tests use, with other rights."""
    return [Key("ck_" + "1" * 40, "cs_" + "1" * 40, **given)]


@pytest.fixture
def add(change):
    """A bolt new to the shop, with more fields or others."""
    return lambda sku, **given: change(sku, {**WHOLE, **given}, action=Action.ADD)


@pytest.fixture
def made(simulated):
    """A shop with the jersey in it, and the outcome of its addition."""
    shop = simulated()
    (outcome,) = shop.channel().push([jersey()])
    assert all(isinstance(one, Done) for one in outcome.variants.values()), outcome
    return shop, outcome
