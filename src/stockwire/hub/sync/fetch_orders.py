"""Fetching an order from its source by the source's own number: the wish, the agent's work, its answer.

Nothing here calls another system. The agent only reads; a wish that is handed out twice does no harm.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from stockwire import wire
from stockwire.errors import NotSetUp, Refused
from stockwire.hub import models
from stockwire.hub.models import FetchState
from stockwire.hub.sync.store_fetched import store_fetched
from stockwire.hub.sync.store_order import ring
from stockwire.registry import source_connector

LIMIT = 5
LONGEST_NUMBER = 40
GIVEN_FOR = timedelta(seconds=30)
WISHED_FOR = timedelta(days=1)


def ask_for_order(source_id: int, number: str, who: str, document_type: str = "") -> int:
    """Wish for the order with this number, inside an open scope. Returns the id of the wish.

    Asked again while nobody has answered, it is the same wish, and due at once. Raises Refused for what is
    no number, NotSetUp when there is nobody to ask.
    """
    number = number.strip()
    if not 0 < len(number) <= LONGEST_NUMBER or not number.isprintable():
        raise Refused(
            f"{number[:60]!r} is no document number.", hint="Write it exactly as Omni shows it, like SO12345."
        )
    source = _source(source_id)
    resources = _resources(source, document_type)
    _check_agent(source)
    wish = models.OrderFetch.objects.filter(
        source=source, number=number, state=FetchState.WAITING, resources=resources
    ).first()
    if wish is None:
        wish = models.OrderFetch(
            client_id=source.client_id, source=source, number=number, resources=resources, who=who[:150]
        )
    wish.asked_at = wish.next_at = timezone.now()
    wish.message = wish.hint = ""
    wish.save()
    ring(source.pk)
    return int(wish.pk)


def wishes_for(agent: models.Agent) -> list[wire.FetchOrder]:
    """Numbers this agent is to look up now, oldest first, inside an open scope."""
    now = timezone.now()
    waiting = models.OrderFetch.objects.select_for_update(skip_locked=True).filter(
        source=agent.source_id, state=FetchState.WAITING, next_at__lte=now, asked_at__gt=now - WISHED_FOR
    )
    due = list(waiting.order_by("asked_at", "pk")[:LIMIT])
    if due:
        models.OrderFetch.objects.filter(pk__in=[wish.pk for wish in due]).update(next_at=now + GIVEN_FOR)
    return [wire.FetchOrder(fetch_id=wish.pk, number=wish.number, resources=wish.resources) for wish in due]


def take_fetched(agent: models.Agent, told: wire.Fetched) -> bool:
    """Take the agent's answer, inside an open scope. False when nobody waits for it any more."""
    wish = (
        models.OrderFetch.objects.select_for_update()
        .filter(pk=told.fetch_id, source=agent.source_id, state=FetchState.WAITING)
        .first()
    )
    if wish is None:
        return False
    wish.message, wish.hint = told.message, told.hint
    match told.state:
        case "found":
            wish.order, wish.message = store_fetched(_source(wish.source_id), told, wish.who)
            wish.state = FetchState.FOUND
        case "missing":
            wish.state = FetchState.MISSING
        case "failed":
            wish.state = FetchState.FAILED
        case _:
            pass  # Omni could not be asked: next_at brings the wish again.
    if wish.state != FetchState.WAITING:
        wish.answered_at = timezone.now()
    wish.save()
    return True


def _source(source_id: int) -> models.Source:
    source = models.Source.objects.filter(pk=source_id).first()
    if source is None:
        raise NotSetUp(
            f"This client has no source {source_id}.", hint="`stockwire source add` printed its id."
        )
    return source


def _resources(source: models.Source, document_type: str) -> list[str]:
    connector = source_connector(source.type)
    allowed = list(connector.open(source.read_settings(connector.settings)).document_types())
    if not allowed:
        raise NotSetUp(
            f"Fetching orders by number is switched off for {source.description}.",
            hint="Name the kinds of document in fetch_document_types of the source.",
        )
    if not document_type:
        return allowed
    named = [kind for kind in allowed if kind.lower() == document_type.strip().lower()]
    if not named:
        raise Refused(
            f"{source.description} has no documents of the kind {document_type!r} to fetch.",
            hint=f"Kinds: {', '.join(allowed)} (fetch_document_types of the source).",
        )
    return named


def _check_agent(source: models.Source) -> None:
    agents = models.Agent.objects.filter(source=source, revoked_at=None).exclude(token_hash="")
    if not agents.exists():
        raise NotSetUp(
            f"No agent is enrolled for source {source.pk}.",
            hint="Make a code with `stockwire source agent-code` and enrol the agent on the Omni server.",
        )
