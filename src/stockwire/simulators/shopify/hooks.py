"""Telling the outside what happened. Webhook subscriptions that ask for the topic are queued."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stockwire.simulators.shopify.shop import Record, Shop


def tell(shop: Shop, topic: str, record: Record) -> None:
    """Something happened to a record."""
