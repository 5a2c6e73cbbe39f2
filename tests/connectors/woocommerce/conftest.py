"""Recorded answers of a real WooCommerce 10.0.2, and settings to read them with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from stockwire.connectors.woocommerce import WooCommerceSettings
from stockwire.ports import Action, Change, FieldChange, Group, Link

DATA = Path(__file__).parent / "data"
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
