"""Every channel connector over every shop it can be tried on: a simulator, and a real shop when one is given.

A new connector adds one rig to SIMULATED and its name to CONNECTORS. A rig is the shop as its owner sees it: it
looks at what is really there, without the code under test deciding what that means. Tests of what not every
channel can do run over those whose capabilities say so (`shop_with_variants` and the like), and a rig without
a capability needs none of its methods. A real WooCommerce shop is used as well when
STOCKWIRE_CONTRACT_WOOCOMMERCE_URL, _KEY and _SECRET are in the environment; everything made there starts
with a mark of the run and is deleted afterwards. STOCKWIRE_CONTRACT_PICTURES is then an address that has the
pictures front.png, side.png and back.png.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

import pytest
from tests.connectors.contract.changes import (  # noqa: F401 - fixtures
    add,
    add_family,
    remove,
    shirt,
    sku,
    update,
    update_family,
    variants,
    with_pictures,
)
from tests.connectors.contract.shop import Shop
from tests.connectors.contract.shopify_shop import simulated_shopify_shop
from tests.connectors.contract.woocommerce_shop import (
    REAL_PARTS,
    real_woocommerce_shop,
    simulated_woocommerce_shop,
)

from stockwire.connectors.shopify import connector as shopify
from stockwire.connectors.woocommerce import connector as woocommerce
from stockwire.ports import Channel, ChannelConnector

OpenShop = Callable[[], AbstractContextManager[Shop]]
SIMULATED: dict[str, OpenShop] = {
    "woocommerce": simulated_woocommerce_shop,
    "shopify": simulated_shopify_shop,
}
REAL: dict[str, OpenShop] = (
    {"woocommerce-real": real_woocommerce_shop}
    if all(f"STOCKWIRE_CONTRACT_WOOCOMMERCE_{part}" in os.environ for part in REAL_PARTS)
    else {}
)


CONNECTORS: dict[str, ChannelConnector] = {
    "woocommerce": woocommerce,
    "woocommerce-real": woocommerce,
    "shopify": shopify,
}


def able(capability: str, rigs: Mapping[str, OpenShop]) -> list[str]:
    """The rigs whose connector says that it can do this."""
    return [name for name in rigs if getattr(CONNECTORS[name].capabilities, capability)]


@pytest.fixture(params=able("variants", {**SIMULATED, **REAL}))
def shop_with_variants(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Every shop that knows products with variants."""
    with {**SIMULATED, **REAL}[request.param]() as opened:
        yield opened


@pytest.fixture(params=able("variants", SIMULATED))
def simulated_with_variants(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Every shop that knows products with variants and can be made to fail."""
    with SIMULATED[request.param]() as opened:
        yield opened


@pytest.fixture(params=able("shelf", {**SIMULATED, **REAL}))
def shop_with_shelf(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Every shop that can list what it holds."""
    with {**SIMULATED, **REAL}[request.param]() as opened:
        yield opened


@pytest.fixture(params=able("shelf", SIMULATED))
def simulated_with_shelf(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Every simulated shop that can list what it holds."""
    with SIMULATED[request.param]() as opened:
        yield opened


@pytest.fixture(params=able("fulfilment", {**SIMULATED, **REAL}))
def shop_that_ships(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Every shop that can be told of shipments."""
    with {**SIMULATED, **REAL}[request.param]() as opened:
        yield opened


@pytest.fixture(params=able("fulfilment", SIMULATED))
def simulated_that_ships(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Every shop that can be told of shipments and can be made to fail."""
    with SIMULATED[request.param]() as opened:
        yield opened


@pytest.fixture(params=able("images", {**SIMULATED, **REAL}))
def shop_with_pictures(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Every shop that takes pictures."""
    with {**SIMULATED, **REAL}[request.param]() as opened:
        yield opened


@pytest.fixture(params=[*SIMULATED, *REAL])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Every shop there is."""
    with {**SIMULATED, **REAL}[request.param]() as opened:
        yield opened


@pytest.fixture(params=[*SIMULATED])
def simulated(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Every shop that can be made to fail; its `stand` is never None."""
    with SIMULATED[request.param]() as opened:
        yield opened


@pytest.fixture
def impatient() -> Callable[..., tuple[Channel, float]]:
    """Open a channel that waits for the shop just long enough, and how late an answer is too late for it.

    Half a second on a machine that has nothing else to do; where the same shop takes its time just now, more.
    """

    def opened(shop: Shop, **given: Any) -> tuple[Channel, float]:
        patient = shop.open()
        slowest_s = 0.0
        for _ in range(3):
            began = time.monotonic()
            patient.look_up(["warm"])
            slowest_s = max(slowest_s, time.monotonic() - began)
        timeout_s = max(0.5, 10 * slowest_s)
        return shop.open(timeout_s=str(timeout_s), **given), timeout_s * 1.6

    return opened
