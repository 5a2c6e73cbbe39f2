"""Raising orders exactly once, the hub's side: hand them to the agent under a claim, take its answer.

Exactly-once rests on the reference: the agent looks it up before it posts. The claim number only keeps a
late answer from writing over a newer one. Nothing here calls another system.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.conf import settings as django_settings
from django.db.models import Q
from django.utils import timezone

from stockwire import wire
from stockwire.domain.records import Order
from stockwire.errors import NotSetUp, Refused
from stockwire.hub import models
from stockwire.hub.models.orders import OrderState
from stockwire.hub.sync import lanes, order_history
from stockwire.hub.sync.follow_order import follow_status, settle_after_raising
from stockwire.hub.sync.held_stock import held_by, held_quantities, mark_what_changed, release_stock
from stockwire.hub.sync.order_state import SWITCH_ON, SWITCHED_OFF, is_over
from stockwire.hub.sync.orders_read import read_orders
from stockwire.hub.sync.store_fetched import give_way
from stockwire.ports import Document, OrderContext, Source
from stockwire.registry import source_connector

__all__ = ["claim_work", "confirm", "hear_of_run", "held_quantities", "release_stock"]

log = structlog.get_logger("stockwire.orders")
LIMIT = 5
LONGEST_WAIT_S = 120.0
NOT_SET_UP_WAIT = timedelta(seconds=30)


def claim_work(agent: models.Agent, limit: int = LIMIT, *, asks_anew: bool = False) -> list[wire.RaiseOrder]:
    """Orders for this agent to raise now, inside an open scope: those that wait, oldest first, and those
    whose last claim ran out without an answer.

    An agent asks only when it is done with all it was given. So when it `asks_anew`, orders still claimed by
    it never reached it, or it died with them: they are given again at once.
    """
    source = agent.source
    if not source.active:
        return []
    if not source.create_order_enabled:
        _switched_off(source)
        return []
    now = timezone.now()
    orders = _claimable(agent, now, limit, asks_anew)
    if not orders:
        return []
    connector = source_connector(source.type)
    try:
        opened = connector.open(source.read_settings(connector.settings))
    except NotSetUp as error:
        _all_wait(source, now, error)
        return []
    contents = read_orders([row.pk for row in orders])
    work = []
    for row in orders:
        if row.state == OrderState.RAISING and is_over(row.status):
            _doubt(row, *_cancelled_unanswered(row))
            continue
        try:
            work.append(_claim(agent, row, opened, contents[row.pk], now))
        except Refused as error:
            _refuse(row, error.message, error.hint, error.detail)
        except NotSetUp as error:
            _all_wait(source, now, error)
            break
    return work


def confirm(agent: models.Agent, raised: wire.Raised) -> bool:
    """Take the agent's answer, inside an open scope. False when the claim is stale and nothing was written.

    An answer told twice is known the second time as well. "raised" is a fact and is taken under the same
    claim even when "not_yet" or "in_doubt" was said before.
    """
    row = (
        models.Order.objects.select_for_update().filter(pk=raised.order_id, source_id=agent.source_id).first()
    )
    for order_id, claim in raised.untried:
        _untried(agent, order_id, claim, raised)
    if row is None:
        return False
    if row.state == OrderState.RAISED:
        return raised.state == "raised" and row.document_number == raised.document_number
    open_states = {OrderState.RAISING}
    if raised.state == "raised":
        open_states |= {OrderState.READY, OrderState.IN_DOUBT}
    if row.claim != raised.claim or row.state not in open_states:
        return _told_before(row, raised)
    match raised.state:
        case "raised":
            _raised(row, raised)
        case "refused":
            _refuse(row, raised.message, raised.hint, raised.detail)
        case "in_doubt":
            _doubt(row, raised.message, raised.hint, raised.detail)
        case _:
            _not_yet(row, raised)
    return True


def hear_of_run(agent: models.Agent, run: str) -> bool:
    """Note the run of the agent that is speaking, inside an open scope. False for a word of a run that has
    been followed by another: it was long under way, and says nothing about what the newer one did. An outcome
    of an order may be told by a later run than the one it names, so it is no word of that run."""
    if not run or run == agent.run:
        return True
    if run == agent.run_before:
        return False
    models.Agent.objects.filter(pk=agent.pk).update(run=run[:40], run_before=agent.run)
    agent.run, agent.run_before = run[:40], agent.run
    return True


def _claimable(agent: models.Agent, now: datetime, limit: int, asks_anew: bool) -> list[models.Order]:
    waiting = Q(state=OrderState.READY, next_at__lte=now)
    lost = Q(state=OrderState.RAISING, claimed_until__lt=now)
    if asks_anew:
        lost |= Q(state=OrderState.RAISING, claimed_by=agent)
    orders = models.Order.objects.select_for_update(skip_locked=True)
    return list(orders.filter(waiting | lost, source=agent.source_id).order_by("stored_at", "pk")[:limit])


def _claim(
    agent: models.Agent, row: models.Order, source: Source, order: Order, now: datetime
) -> wire.RaiseOrder:
    context = OrderContext(
        reference=row.reference,
        source_customer_code=row.source_customer_code,
        params=order.params,
        part=row.part,
    )
    document = source.document(order, context)
    _take_reference(row, document)
    again = row.claim > 0
    row.claim += 1
    row.state, row.claimed_by = OrderState.RAISING, agent
    row.claimed_until = now + timedelta(seconds=django_settings.CONFIG.claim_s)
    row.document = {
        "resource": document.resource,
        "reference": document.reference,
        "body": document.body,
        "total_excl_tax": str(document.total_excl_tax),
    }
    if row.reason == SWITCHED_OFF:
        row.reason, row.hint = "", ""
    row.save(
        update_fields=[
            "claim",
            "state",
            "claimed_by",
            "claimed_until",
            "document",
            "reference",
            "reason",
            "hint",
        ],
    )
    if not again:
        text = f"Given to the agent on {agent.machine or 'the Omni server'} as {document.reference}."
        order_history.note(row, order_history.CLAIMED, text, row.document)
    return wire.RaiseOrder(
        order_id=row.pk,
        claim=row.claim,
        resource=document.resource,
        reference=document.reference,
        body=dict(document.body),
        number=row.number,
    )


def _take_reference(row: models.Order, document: Document) -> None:
    """A source that is set to use the channel's order numbers brings its own reference. It is taken over
    before anything was sent, if no other order has it; afterwards the reference never changes again."""
    if document.reference == row.reference:
        return
    if row.claim > 0:
        raise Refused(
            f"Order {row.number} was already sent to Omni as {row.reference}; its number would now be"
            f" {document.reference}.",
            hint=f"Look for {row.reference} in Omni. If it is not there, put the setting back; send again.",
        )
    other = models.Order.objects.filter(source_id=row.source_id, reference=document.reference).first()
    if other is not None and other.fetched_at is not None:
        give_way(other)
    elif other is not None:
        raise Refused(
            f"Order {row.number}: another order already has the document number {document.reference}.",
            hint="Give the channel an order number prefix of its own, or switch off"
            " param_use_channel_order_code; then send the order again.",
        )
    row.reference = document.reference


def _raised(row: models.Order, raised: wire.Raised) -> None:
    now = timezone.now()
    row.state = OrderState.RAISED
    row.document_number = raised.document_number[:60]
    row.raised_at = _agents_time(raised.raised_at) or now
    row.raised_run, row.raised_run_s = raised.run[:40], raised.run_s
    row.confirmed_at, row.claimed_until, row.detail, row.attempts = now, None, "", 0
    settle_after_raising(row)
    row.save()
    how = "Found in Omni" if raised.found else "Raised in Omni"
    order_history.note(row, order_history.RAISED, f"{how} as {row.document_number}. {row.reason}".strip())


def _refuse(row: models.Order, message: str, hint: str, detail: str) -> None:
    held = held_by(row)
    row.state, row.reason, row.hint, row.detail = OrderState.REFUSED, message, hint, detail
    row.claimed_until = None
    if is_over(row.status):
        row.state = OrderState.CANCELLED
    row.save(update_fields=["state", "reason", "hint", "detail", "claimed_until"])
    order_history.note(
        row, order_history.STATE, f"Refused: {message}", {"detail": detail} if detail else None
    )
    mark_what_changed(held, held_by(row))


def _cancelled_unanswered(row: models.Order) -> tuple[str, str]:
    """The agent never answered and the channel cancelled the order: posting it now would be wrong."""
    return (
        f"It was {row.status} on the channel while it was being sent to Omni, and no answer came.",
        f"Look for {row.reference} in Omni. If it is there, credit it. Then cancel the order here.",
    )


def _doubt(row: models.Order, message: str, hint: str, detail: str = "") -> None:
    row.state, row.reason, row.hint, row.detail = OrderState.IN_DOUBT, message, hint, detail
    row.claimed_until = None
    row.save(update_fields=["state", "reason", "hint", "detail", "claimed_until"])
    order_history.note(row, order_history.STATE, f"In doubt: {message}")


def _untried(agent: models.Agent, order_id: int, claim: int, raised: wire.Raised) -> None:
    """An order given and not tried, because Omni takes nothing on: it waits like the one that was tried."""
    rows = models.Order.objects.select_for_update().filter(pk=order_id, source_id=agent.source_id)
    row = rows.filter(claim=claim, state=OrderState.RAISING).first()
    if row is not None:
        _not_yet(row, raised)


def _not_yet(row: models.Order, raised: wire.Raised) -> None:
    """Back to waiting. Omni may be off for a night: the history gets a line only when the reason is new. What
    is no order's own trouble is no failed attempt of one: all go on together as soon as Omni does."""
    wait_s = min(lanes.waiting_s(row.attempts, None), LONGEST_WAIT_S)
    if raised.omni_away:
        wait_s = 0.0  # the agent itself leaves Omni alone for a while before it asks for work
    first = row.reason != raised.message
    row.attempts += not raised.omni_away
    row.state, row.claimed_until = OrderState.READY, None
    row.next_at = timezone.now() + timedelta(seconds=wait_s)
    row.reason, row.hint, row.detail = raised.message, raised.hint, raised.detail
    if first:
        order_history.note(row, order_history.STATE, f"Not yet: {raised.message}")
    if is_over(row.status):
        # The channel cancelled it while the agent had it: no second attempt without a look.
        status, row.status = row.status, ""
        follow_status(row, status)
    row.save(update_fields=["state", "attempts", "claimed_until", "next_at", "reason", "hint", "detail"])


def _told_before(row: models.Order, raised: wire.Raised) -> bool:
    """The same answer again, after its confirmation was lost on the way."""
    ended = {"refused": OrderState.REFUSED, "in_doubt": OrderState.IN_DOUBT, "not_yet": OrderState.READY}
    return row.claim == raised.claim and ended.get(raised.state) == row.state


def _all_wait(source: models.Source, now: datetime, error: NotSetUp) -> None:
    """A setting of the source is missing: every order says so and waits; none is refused for it."""
    waiting = models.Order.objects.filter(source=source, state=OrderState.READY, next_at__lte=now)
    waiting.update(reason=error.message, hint=error.hint, next_at=now + NOT_SET_UP_WAIT)
    log.error("Orders wait until the source is put right", source=source.pk, why=error.message)


def _switched_off(source: models.Source) -> None:
    """Orders that wait say why. New ones are only saved (order_state)."""
    waiting = models.Order.objects.filter(source=source, state=OrderState.READY)
    waiting.exclude(reason=SWITCHED_OFF).update(reason=SWITCHED_OFF, hint=SWITCH_ON)


def _agents_time(text: str) -> datetime | None:
    try:
        moment: Any = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
