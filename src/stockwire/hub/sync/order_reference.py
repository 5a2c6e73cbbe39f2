"""The reference an order is raised under in the source: made once, when the order is stored.

It is made from the order itself (shop, order code, moment of ordering) and not counted. So a hub that was
restored from an old backup, or set up anew, gives the same order the same reference and finds the document
that already exists, and never gives one order's reference to another.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import BaseModel

from stockwire.domain.records import Order
from stockwire.hub import models

# Without I, L, O and U: people read references to each other over the telephone.
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# 60 bits: among a million orders two alike are a matter of one in a million; then the next salt is taken.
LENGTH = 12
SALTS = 16


@dataclass(frozen=True, slots=True)
class Reference:
    """`problem` and `fix` say why the order should not be raised although `text` is free. `copy` is a fetched
    copy of the order's own document, which has the reference until it gives way (store_fetched)."""

    text: str
    problem: str = ""
    fix: str = ""
    copy: models.Order | None = None


def reference_for(
    order: Order, channel: models.Channel, settings: BaseModel, source_id: int, own: int | None = None
) -> Reference:
    """The reference of a document of which nothing was sent yet, inside an open scope. `settings` are the
    channel's, `own` is the document's own row if it is stored. Where the source is set to use the channel's
    order numbers, the document brings its own reference (raise_orders).

    In another source than the channel's the same order has another reference: the two may be one company of
    Omni, where the second document would be taken for the first.
    """
    taken = models.Order.objects.filter(source=source_id).exclude(pk=own)
    identity = f"{place_of(channel, settings)}|{order.channel_order_code}|{order.ordered_at.isoformat()}"
    if source_id != channel.source_id:
        identity += f"|source {source_id}"
    twin: models.Order | None = None
    for salt in range(SALTS):
        made = _letters(f"{identity}|{salt}" if salt else identity)
        other = taken.filter(reference=made).select_related("channel").first()
        if other is None or other.fetched_at is not None:
            return Reference(made, *_problem(order, twin), copy=other)
        if (other.channel_order_code, other.ordered_at) == (order.channel_order_code, order.ordered_at):
            twin = twin or other
    raise AssertionError(f"no free reference for order {order.number}")


def place_of(channel: models.Channel, settings: BaseModel) -> str:
    """The shop itself, however its address is written; the channel where a connector names no address."""
    site = str(getattr(settings, "site_url", "") or "")
    parts = urlsplit(site.lower())
    return f"{channel.type}:{parts.netloc}{parts.path}" if site else f"{channel.type}:{channel.webhook_key}"


def _problem(order: Order, twin: models.Order | None) -> tuple[str, str]:
    if twin is None:
        return "", ""
    return (
        f"Order {order.number} is already stored as an order of {twin.channel.description}: two channels seem"
        " to be connected to the same shop.",
        "Raise it once only: cancel it here, or cancel the other and release this one.",
    )


def _letters(identity: str) -> str:
    number = int.from_bytes(hashlib.blake2b(identity.encode(), digest_size=8).digest())
    text = ""
    for _ in range(LENGTH):
        number, rest = divmod(number, len(LETTERS))
        text += LETTERS[rest]
    return f"SW{text}"
