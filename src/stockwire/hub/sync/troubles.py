"""What a client would want to be told of at this moment, each trouble under a key that stays while it lasts.

Reads only, inside a scope; the words are those of the status page. What a person did on purpose (paused a
channel, held an order) is no trouble.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min, Q
from django.utils import timezone

from stockwire.hub.models import (
    Agent,
    Channel,
    Lane,
    Notification,
    Order,
    OrderMark,
    OrderState,
    Source,
    Stale,
    StaleState,
)
from stockwire.hub.sync.operator import PAUSED_BY
from stockwire.hub.sync.order_actions import HELD_BY
from stockwire.hub.sync.order_documents import documents_of_all, standing, which

# A reading that fails may succeed a minute later; nobody is woken for it.
READING_MAY_FAIL = timedelta(minutes=15)
AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Trouble:
    """`after` is how long it must last before anybody is told."""

    notification: Notification
    key: str
    title: str
    text: str
    fix: str
    channel_id: int | None = None
    source_id: int | None = None
    after: timedelta = AT_ONCE


def troubles(now: datetime, hub_up_since: datetime) -> list[Trouble]:
    """Everything that needs somebody now. An agent cannot be heard by a hub that is not up: it is given the
    whole silence anew from `hub_up_since`."""
    sources = list(Source.objects.filter(active=True))
    return [
        *_silent_agents(sources, now, hub_up_since),
        *_unreadable(sources),
        *_stopped_channels(),
        *_products(),
        *_orders(sources),
        *_marks(),
    ]


def _silent_agents(sources: list[Source], now: datetime, hub_up_since: datetime) -> Iterator[Trouble]:
    """By the agent of each source heard of last. One that was never heard of is not installed yet."""
    seen: dict[int, Agent] = {}
    in_use = Agent.objects.filter(revoked_at=None, last_seen_at__isnull=False).exclude(token_hash="")
    for agent in in_use.order_by("last_seen_at"):
        seen[agent.source_id] = agent
    silent_s = settings.CONFIG.agent_silent_s
    for source in sources:
        agent = seen.get(source.pk)
        if agent is None or agent.last_seen_at is None:
            continue
        quiet_since = max(agent.last_seen_at, hub_up_since)
        if (now - quiet_since).total_seconds() <= silent_s:
            continue
        machine = agent.machine or "its machine"
        yield Trouble(
            Notification.AGENT_SILENT,
            f"source:{source.pk}",
            f"The agent of {source.description} is silent",
            f"The agent on {machine} was last heard of at {local(agent.last_seen_at)}. Nothing is read from"
            f" {source.description} and no order is raised there until it is back. Nothing is lost.",
            "See that the machine is on, that the agent runs, and that it may reach this hub.",
            source_id=source.pk,
        )


def _unreadable(sources: list[Source]) -> Iterator[Trouble]:
    for source in sources:
        if source.read_error:
            yield Trouble(
                Notification.GET_SOURCE_PRODUCTS_ERROR,
                f"source:{source.pk}",
                f"Products of {source.description} cannot be read",
                source.read_error,
                source.read_hint,
                source_id=source.pk,
                after=READING_MAY_FAIL,
            )


def _stopped_channels() -> Iterator[Trouble]:
    """The same reason for products and orders of a channel is one trouble."""
    told = set()
    lanes = Lane.objects.filter(paused=True, channel__active=True).select_related("channel")
    for lane in lanes.exclude(note__startswith=PAUSED_BY).order_by("channel_id", "kind"):
        if (lane.channel_id, lane.note) in told:
            continue
        told.add((lane.channel_id, lane.note))
        yield Trouble(
            Notification.QUEUE_ERROR,
            f"channel:{lane.channel_id}:{lane.kind}",
            f"{lane.channel.description} is stopped",
            lane.note or "It waits for a person.",
            lane.hint or "Put it right, then resume the channel.",
            channel_id=lane.channel_id,
        )


def _products() -> Iterator[Trouble]:
    """One for all products of a channel: the status page has the rest."""
    stopped = Stale.objects.filter(state=StaleState.NEEDS_YOU, channel__active=True)
    counted = list(stopped.values("channel_id").annotate(number=Count("product_id"), first=Min("message")))
    names = dict(Channel.objects.values_list("pk", "description")) if counted else {}
    for row in counted:
        number = row["number"]
        products = "1 product needs you" if number == 1 else f"{number:,} products need you"
        yield Trouble(
            Notification.QUEUE_ERROR,
            f"products:{row['channel_id']}",
            f"{products} on {names[row['channel_id']]}",
            f"For instance: {row['first']}" if row["first"] else "They stopped; all others go on.",
            "The first page of the hub groups them by cause, with the fix and a button to try again.",
            channel_id=row["channel_id"],
        )


def _orders(sources: list[Source]) -> Iterator[Trouble]:
    """Orders the source did not take, and orders that were held before it was asked."""
    waiting = Order.objects.filter(
        Q(state__in=[OrderState.REFUSED, OrderState.IN_DOUBT])
        | Q(state=OrderState.HELD) & ~Q(reason__startswith=HELD_BY),
        source__in=[source.pk for source in sources],
    )
    wanted = ("number", "state", "reason", "hint", "channel_id", "source_id", "channel_order_code")
    orders = list(waiting.order_by("pk").only(*wanted))
    several = documents_of_all(orders)
    for order in orders:
        held = order.state == OrderState.HELD
        label = str(OrderState(order.state).label).lower()
        documents = several.get(order.pk, [])
        named = f"Order {order.number}" + (f" ({which(order, documents)})" if documents else "")
        yield Trouble(
            Notification.SYNC_ORDER_ERROR if held else Notification.ADD_SOURCE_ORDER_ERROR,
            f"order:{order.pk}",
            f"{named} is {label}",
            order.reason + (f" The order as a whole: {standing(documents)}." if documents else ""),
            order.hint,
            channel_id=order.channel_id,
            source_id=order.source_id,
        )


def _marks() -> Iterator[Trouble]:
    for mark in OrderMark.objects.filter(needs_you=True, channel__active=True).order_by("since"):
        yield Trouble(
            Notification.SYNC_ORDER_ERROR,
            f"mark:{mark.channel_id}:{mark.channel_order_code}"[:120],
            f"Order {mark.channel_order_code} could not be taken over from its channel",
            mark.message,
            mark.hint,
            channel_id=mark.channel_id,
        )


def local(moment: datetime) -> str:
    """A moment as people at the client read it."""
    return timezone.localtime(moment).strftime("%H:%M on %d %B %Y")
