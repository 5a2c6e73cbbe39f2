"""A channel with what may stand on its status page, and the words a person reads there."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

NewUser = Callable[..., str]
Browser = Callable[..., Any]


@pytest.fixture
def shop(hub: Any) -> Any:
    """A channel of the first client with its lanes; products are added by `stale` below."""
    from stockwire.hub.models import Channel
    from stockwire.hub.sync.stale import ensure_lanes

    with hub.scope():
        channel = Channel.objects.create(
            client_id=hub.client_id, source_id=hub.source_id, type="woocommerce", description="Web shop"
        )
        ensure_lanes(channel)
    return channel


@pytest.fixture
def read(hub: Any, new_user: NewUser, browser: Browser) -> Callable[..., str]:
    """The words of the status page as an administrator of the first client sees them."""
    seen: list[Any] = []

    def page(address: str = "/") -> str:
        if not seen:
            seen.append(browser(new_user()))
        answer = seen[0].get(address)
        assert answer.status_code == 200
        return words(answer.content.decode())

    return page


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


def heard(hub: Any, seconds_ago: float = 1) -> None:
    update(hub, "Agent", last_seen_at=ago(seconds_ago))


def update(hub: Any, model: str, kind: str = "", **fields: Any) -> None:
    """Set these fields on every row of the first client (of this kind)."""
    from stockwire.hub import models

    with hub.scope():
        rows = getattr(models, model).objects.filter(**({"kind": kind} if kind else {}))
        assert rows.update(**fields) > 0


def order(hub: Any, shop: Any, number: str, **fields: Any) -> None:
    from stockwire.hub.models import Order

    given = {"currency": "ZAR", "total": Decimal(115), "ordered_at": ago(0), "stored_at": ago(0), **fields}
    with hub.scope():
        Order.objects.create(
            client_id=hub.client_id,
            source_id=hub.source_id,
            channel=shop,
            channel_order_code=number,
            number=number,
            reference=number,
            status="processing",
            total_tax=15,
            modified_at=ago(0),
            **given,
        )


def stale(hub: Any, shop: Any, skus: list[str], message: str = "", hint: str = "", **fields: Any) -> None:
    from stockwire.hub.models import Product, Stale

    with hub.scope():
        for sku in skus:
            product = Product.objects.create(
                client_id=hub.client_id,
                source_id=hub.source_id,
                source_product_code=sku,
                active=True,
                title=sku,
            )
            said = {"message": message.replace("{sku}", sku), "hint": hint.replace("{sku}", sku)}
            Stale.objects.create(client_id=hub.client_id, channel=shop, product=product, **said, **fields)


def words(page: str) -> str:
    """What a person reads, one space between words."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
