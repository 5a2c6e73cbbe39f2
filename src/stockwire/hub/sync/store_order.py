"""Store one order as its channel states it, once per channel and order code.

The first time it is written with everything the customer was shown, proven, and sent on or held. Until
raising begins the same order may still change in everything (afterwards: follow_order). Nothing here calls
another system.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from pydantic import BaseModel

from stockwire.domain.records import Order
from stockwire.domain.totals import Proof, money
from stockwire.hub import models
from stockwire.hub.models.orders import OrderState
from stockwire.hub.sync import order_history
from stockwire.hub.sync.follow_order import follow_order, follow_status, has_begun
from stockwire.hub.sync.held_stock import held_by, mark_what_changed
from stockwire.hub.sync.link_items import link_items
from stockwire.hub.sync.order_match import of_another_source
from stockwire.hub.sync.order_reference import Reference, reference_for
from stockwire.hub.sync.order_rows import (
    fields_of,
    fingerprint,
    payload_of,
    rewrite_children,
    text,
    write_children,
)
from stockwire.hub.sync.order_state import Decision, decide, is_over
from stockwire.hub.sync.shape_order import Taken, take
from stockwire.hub.sync.store_fetched import give_way
from stockwire.ports import ChannelConnector

BELL = "stockwire_work"
DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Shop:
    """Where an order comes from: the channel's row with its source, its kind, and its opened settings."""

    row: models.Channel
    connector: ChannelConnector
    settings: BaseModel


def store_order(shop: Shop, order: Order) -> models.Order:
    """Store this truth, inside an open scope of which nothing else is written when it fails.

    Raises Refused when the order holds something that cannot be stored at all.
    """
    row = _stored(shop, order.channel_order_code)
    policy = shop.connector.order_policy(shop.settings)
    if policy.link_items and not is_over(order.status):
        order = link_items(shop.row, order)
    taken = take(shop.row.pk, shop.row.source_id, order, policy)
    if row is None:
        return _store_new(shop, taken)
    if has_begun(row):
        follow_order(row, taken.order)
    else:
        _renew(shop, row, taken)
    return row


def store_gone(shop: Shop, channel_order_code: str) -> None:
    """The channel no longer has this order, inside an open scope. One never stored is nothing to us."""
    row = _stored(shop, channel_order_code)
    if row is None or row.status == DELETED:
        return
    held = held_by(row)
    if has_begun(row):
        follow_status(row, DELETED)
    else:
        before, row.status = row.status, DELETED
        _enter(row, Decision(OrderState.CANCELLED, "It was deleted on the channel before it was raised."))
        order_history.note(row, order_history.UPDATED, f"Deleted on the channel (it was {before}).")
    row.save(update_fields=["status", "state", "reason", "hint", "detail"])
    mark_what_changed(held, held_by(row))


def ring(source_id: int) -> None:
    """Tell the agent that waits for work of this source, in the transaction of the caller."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, %s)", [BELL, str(source_id)])


def _stored(shop: Shop, channel_order_code: str) -> models.Order | None:
    orders = models.Order.objects.select_for_update()
    return orders.filter(channel=shop.row, channel_order_code=channel_order_code).first()


def _store_new(shop: Shop, taken: Taken) -> models.Order:
    source, order = shop.row.source, taken.order
    reference = reference_for(order, shop.row, shop.settings)
    row = models.Order(
        client_id=shop.row.client_id,
        channel=shop.row,
        source=source,
        channel_order_code=text(order.channel_order_code, 100),
        reference=reference.text,
        **fields_of(order),
    )
    _judge(shop, row, taken, reference)
    copy = give_way(reference.copy)
    row.save(force_insert=True)
    write_children(row, order, taken.variants)
    stored = f"Stored from {shop.row.description}: {order.status}, {money(order.currency, order.total)}."
    told = " ".join(filter(None, (stored, _standing(row), copy)))
    order_history.note(row, order_history.STORED, told, payload_of(order))
    order_history.note_new_warnings(row, order.warnings)
    mark_what_changed({}, held_by(row))
    return row


def _renew(shop: Shop, row: models.Order, taken: Taken) -> None:
    """Nothing has been raised: the order becomes what the channel says, unless a person has decided."""
    order = taken.order
    content_changed = (row.proof or {}).get("content") != fingerprint(order)
    status_changed = row.status != order.status
    if not content_changed and not status_changed:
        _touch(row, order)
        order_history.note_new_warnings(row, order.warnings)
        return
    held, before, state = held_by(row), row.status, row.state
    for name, value in fields_of(order).items():
        setattr(row, name, value)
    if _is_open_to_judgement(row, order, content_changed):
        reference = Reference(row.reference)
        if row.claim == 0:
            # Nothing was ever sent under it; what stood in the way may be gone.
            reference = reference_for(order, shop.row, shop.settings, own=row.pk)
        row.reference = reference.text
        give_way(reference.copy)
        _judge(shop, row, taken, reference)
    else:
        row.proof = _proof_of(taken.proof, order)
    row.save()
    if content_changed:
        rewrite_children(row, order, taken.variants)
    told = [f"Status is now {order.status} (it was {before})."] if status_changed else []
    told += ["The order was changed on the channel."] if content_changed else []
    told += [_standing(row)] if row.state != state else []
    payload = payload_of(order) if content_changed else {"status": order.status}
    order_history.note(row, order_history.UPDATED, " ".join(told), payload)
    order_history.note_new_warnings(row, order.warnings)
    mark_what_changed(held, held_by(row))


def _is_open_to_judgement(row: models.Order, order: Order, content_changed: bool) -> bool:
    """A cancellation always counts. What a person kept stays kept; what a person sent on, and what the
    source refused, is looked at again when its content changes."""
    if is_over(order.status):
        return True
    word = order_history.last_word_of_a_person(row)
    if word == order_history.PERSON_KEEPS:
        return False
    if word == order_history.PERSON_SENDS or row.state == OrderState.REFUSED:
        return content_changed
    return True


def _judge(shop: Shop, row: models.Order, taken: Taken, reference: Reference) -> None:
    order = taken.order
    row.proof = _proof_of(taken.proof, order)
    gate = shop.connector.order_gate(shop.settings, order)
    known = [variant is not None for variant in taken.variants]
    let_through = row.state in (OrderState.READY, OrderState.HELD, OrderState.REFUSED)
    decision = decide(
        order,
        gate,
        taken.proof,
        reference,
        known,
        problem=(taken.problem, taken.fix),
        let_through=let_through,
        source_takes_orders=shop.row.source.create_order_enabled,
    )
    if decision.state == OrderState.READY:
        decision = _elsewhere(shop, order, taken.variants) or decision
    _enter(row, decision)
    if row.state == OrderState.READY:
        ring(row.source_id)


def _proof_of(proof: Proof, order: Order) -> dict[str, str]:
    """What is shown of the proof of the channel's own order, and a fingerprint of what is stored of it."""
    return {**proof.parts(), "content": fingerprint(order)}


def _elsewhere(shop: Shop, order: Order, variants: Sequence[int | None]) -> Decision | None:
    """An order is one document in the channel's source: an item only another source has cannot be in it."""
    unknown = {
        line.sku.strip() for line, variant in zip(order.lines, variants, strict=True) if variant is None
    }
    if not (found := of_another_source(shop.row.source, unknown - {""})):
        return None
    sku, elsewhere = found[0]
    here = shop.row.source.description
    return Decision(
        OrderState.HELD,
        f"Order {order.number}: {sku} is an item of {elsewhere}; this channel's orders are raised in {here}.",
        f"Capture that part in {elsewhere} by hand and cancel it here, or release it if {here} knows it too.",
    )


def _enter(row: models.Order, decision: Decision) -> None:
    row.state, row.reason, row.hint, row.detail = decision.state, decision.reason, decision.hint, ""


def _touch(row: models.Order, order: Order) -> None:
    """The stamp moves without a change of anything we keep (a note, an echo): no history for that."""
    if (row.modified_at, row.paid_at) != (order.modified_at, order.paid_at):
        row.modified_at, row.paid_at = order.modified_at, order.paid_at
        row.save(update_fields=["modified_at", "paid_at"])


def _standing(row: models.Order) -> str:
    label = OrderState(row.state).label
    return f"{label}: {row.reason}" if row.reason else f"{label}."
