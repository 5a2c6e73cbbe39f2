"""A shop is opened for every run over its lane: what that costs must not be paid each time."""

from __future__ import annotations

import gc
import ssl
from typing import Any

import pytest

from stockwire.registry import channel_connector

SETTINGS: dict[str, dict[str, Any]] = {
    "woocommerce": {
        "api_url": "https://shop.example",
        "consumer_key": "ck_0123456789abcdef",
        "consumer_secret": "cs_fedcba9876543210",
    },
    "shopify": {"channel_domain": "karoo-test.myshopify.com", "password": "shpat_0123456789abcdef"},
}


def loaded() -> int:
    """How many sets of authorities this process holds."""
    gc.collect()
    return sum(issubclass(type(one), ssl.SSLContext) for one in gc.get_objects())


@pytest.mark.slow
@pytest.mark.parametrize("system", sorted(SETTINGS))
def test_shops_that_are_opened_again_load_no_certificates_again(system: str) -> None:
    connector = channel_connector(system)
    settings = connector.settings(**SETTINGS[system])
    connector.open(settings).close()
    before = loaded()
    assert before
    opened = [connector.open(settings) for _ in range(3)]
    try:
        assert loaded() == before
    finally:
        for channel in opened:
            channel.close()
