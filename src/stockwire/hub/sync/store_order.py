"""Store one order as its channel states it, once per channel and order code: as one document, or as one for
each source that has items of it (order_parts).

The first time it is written with everything the customer was shown, proven, and sent on or held. Until
raising begins the same document may still change in everything (afterwards: follow_order). Nothing here calls
another system.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from pydantic import BaseModel

from stockwire.domain.records import Order
from stockwire.domain.totals import money
from stockwire.hub import models
from stockwire.hub.models.orders import OrderState
from stockwire.hub.sync import order_history
from stockwire.hub.sync.follow_order import follow_order, follow_status, has_begun
from stockwire.hub.sync.held_stock import held_by, mark_what_changed
from stockwire.hub.sync.link_items import link_items
from stockwire.hub.sync.order_parts import OrderPart, divide
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
from stockwire.hub.sync.shape_order import take
from stockwire.hub.sync.store_fetched import give_way
from stockwire.ports import ChannelConnector

BELL = "stockwire_work"
DELETED = "deleted"
KEPT = ("A person keeps the rest of this order from being raised.", "Release it when it may go on.")


@dataclass(frozen=True, slots=True)
class Shop:
    """Where an order comes from: the channel's row with its source, its kind, and its opened settings."""

    row: models.Channel
    connector: ChannelConnector
    settings: BaseModel


def store_order(shop: Shop, order: Order) -> models.Order:
    """Store this truth, inside an open scope of which nothing else is written when it fails. Returns its
    first document.

    Raises Refused when the order holds something that cannot be stored at all.
    """
    rows = _stored(shop, order.channel_order_code)
    policy = shop.connector.order_policy(shop.settings)
    if policy.link_items and not is_over(order.status):
        order = link_items(shop.row, order)
    taken = take(shop.row, order, policy)
    stored = []
    for part in divide(shop.row, rows, taken):
        others = [row for row in rows if row is not part.row]
        if part.row is None:
            stored.append(_store_new(shop, part, others))
        else:
            if has_begun(part.row):
                follow_order(part.row, part.order)
            else:
                _renew(shop, part.row, part, others)
            stored.append(part.row)
    return min(stored, key=lambda row: row.part)


def store_gone(shop: Shop, channel_order_code: str) -> None:
    """The channel no longer has this order, inside an open scope. One never stored is nothing to us."""
    for row in _stored(shop, channel_order_code):
        if row.status == DELETED:
            continue
        held = held_by(row)
        if has_begun(row):
            follow_status(row, DELETED)
        else:
            before, row.status = row.status, DELETED
            gone = Decision(OrderState.CANCELLED, "It was deleted on the channel before it was raised.")
            _enter(row, gone)
            order_history.note(row, order_history.UPDATED, f"Deleted on the channel (it was {before}).")
        row.save(update_fields=["status", "state", "reason", "hint", "detail"])
        mark_what_changed(held, held_by(row))


def ring(source_id: int) -> None:
    """Tell the agent that waits for work of this source, in the transaction of the caller."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, %s)", [BELL, str(source_id)])


def _stored(shop: Shop, channel_order_code: str) -> list[models.Order]:
    """What is stored of it, document by document, locked."""
    orders = models.Order.objects.select_for_update()
    found = orders.filter(channel=shop.row, channel_order_code=channel_order_code).order_by("pk")
    return sorted(found, key=lambda row: row.part)


def _store_new(shop: Shop, part: OrderPart, others: Sequence[models.Order]) -> models.Order:
    order = part.order
    reference = reference_for(order, shop.row, shop.settings, part.source.pk)
    row = models.Order(
        client_id=shop.row.client_id,
        channel=shop.row,
        source=part.source,
        channel_order_code=text(order.channel_order_code, 100),
        part=part.number,
        reference=reference.text,
        **fields_of(order),
    )
    _judge(shop, row, part, reference, others)
    if row.state == OrderState.READY and any(_is_kept(other) for other in others):
        _enter(row, Decision(OrderState.HELD, *KEPT))
    copy = give_way(reference.copy)
    row.save(force_insert=True)
    write_children(row, order, part.variants)
    stored = f"Stored from {shop.row.description}: {order.status}, {money(order.currency, order.total)}."
    told = " ".join(filter(None, (stored, _which(part), _standing(row), copy)))
    order_history.note(row, order_history.STORED, told, payload_of(order))
    order_history.note_new_warnings(row, order.warnings)
    mark_what_changed({}, held_by(row))
    return row


def _renew(shop: Shop, row: models.Order, part: OrderPart, others: Sequence[models.Order]) -> None:
    """Nothing has been raised: the document becomes what the channel says, unless a person has decided."""
    order, moved = part.order, row.source_id != part.source.pk
    content_changed = moved or (row.proof or {}).get("content") != fingerprint(order)
    status_changed = row.status != order.status
    if not content_changed and not status_changed:
        _touch(row, order)
        order_history.note_new_warnings(row, order.warnings)
        return
    held, before, state = held_by(row), row.status, row.state
    row.source = part.source
    for name, value in fields_of(order).items():
        setattr(row, name, value)
    is_open = _is_open_to_judgement(row, order, content_changed)
    reference = Reference(row.reference)
    if row.claim == 0 and (is_open or moved):
        # Nothing was ever sent under it; what stood in the way may be gone.
        reference = reference_for(order, shop.row, shop.settings, part.source.pk, own=row.pk)
        row.reference = reference.text
        give_way(reference.copy)
    if is_open:
        _judge(shop, row, part, reference, others)
    else:
        row.proof = _proof_of(part)
    row.save()
    if content_changed:
        rewrite_children(row, order, part.variants)
    told = [f"Status is now {order.status} (it was {before})."] if status_changed else []
    told += ["The order was changed on the channel."] if content_changed else []
    told += [f"It goes to {part.source.description} now."] if moved else []
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


def _judge(
    shop: Shop, row: models.Order, part: OrderPart, reference: Reference, others: Sequence[models.Order]
) -> None:
    order = part.order
    row.proof = _proof_of(part)
    if part.emptied:
        here = part.source.description
        _enter(row, Decision(OrderState.CANCELLED, f"The order has no item of {here} any more."))
        return
    gate = shop.connector.order_gate(shop.settings, order)
    known = [variant is not None for variant in part.variants]
    let_through = row.state in (OrderState.READY, OrderState.HELD, OrderState.REFUSED)
    let_through = let_through or any(has_begun(other) for other in others)
    decision = decide(
        order,
        gate,
        part.proof,
        reference,
        known,
        problem=(part.problem, part.fix),
        let_through=let_through,
        source_takes_orders=part.source.create_order_enabled,
    )
    _enter(row, decision)
    if row.state == OrderState.READY:
        ring(row.source_id)


def _is_kept(row: models.Order) -> bool:
    return order_history.last_word_of_a_person(row) == order_history.PERSON_KEEPS


def _proof_of(part: OrderPart) -> dict[str, str]:
    """What is shown of the proof of the channel's own order, and a fingerprint of what is stored of it."""
    return {**part.proof.parts(), "content": fingerprint(part.order)}


def _which(part: OrderPart) -> str:
    if part.of == 1:
        return ""
    paid = money(part.order.currency, part.proof.stated_total)
    here = part.source.description
    return f"Document {part.number} of {part.of}, for {here}; the customer's total is {paid}."


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
