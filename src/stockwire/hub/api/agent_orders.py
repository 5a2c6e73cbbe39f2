"""What an agent asks about orders: is there work, this is how it ended, this is what was fetched.

Asking waits up to half a minute for work, without holding a database connection while it waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from datetime import UTC, datetime

import msgspec
from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from stockwire import dying, wire
from stockwire.hub import tenancy
from stockwire.hub.api.agent_auth import authenticate
from stockwire.hub.api.answers import ApiError, api_view, packed
from stockwire.hub.api.bell import LOOK_AGAIN_S, bell
from stockwire.hub.models import Agent
from stockwire.hub.sync.fetch_orders import take_fetched, wishes_for
from stockwire.hub.sync.raise_orders import LIMIT, claim_work, confirm, hear_of_run

LONGEST_WAIT_S = 55.0
MOST_ORDERS = 50
MAX_BYTES = 256 * 1024


@csrf_exempt
async def work(request: HttpRequest) -> HttpResponse:
    """GET /api/agent/work?wait=25&orders=5&run=...: a wire.Work at once when there is any, else when the wait
    is over. `orders` is how many the agent takes on at most, `run` its run (wire.ReadingDone)."""
    if request.method != "GET":
        return JsonResponse({"message": "Use GET here.", "hint": ""}, status=405)
    try:
        until = time.monotonic() + _number(request, "wait", 0.0, LONGEST_WAIT_S)
        orders = max(1, int(_number(request, "orders", LIMIT, MOST_ORDERS)))
        client_id, agent_id, source_id = await sync_to_async(_caller)(request)
        async with bell().waiting(source_id) as rung:
            asks_anew = True
            while True:
                rung.clear()
                found = await sync_to_async(_look)(client_id, agent_id, orders, asks_anew)
                asks_anew = False
                left_s = until - time.monotonic()
                if left_s <= 0 or _is_work(found):
                    return packed(found)
                await _rung_or(rung, min(left_s, LOOK_AGAIN_S))
    except ApiError as error:
        return JsonResponse(error.body, status=error.status)


@api_view("POST")
def raised(request: HttpRequest) -> HttpResponse:
    """POST /api/agent/raised: a wire.Raised, answered by a wire.Confirmed."""
    client_id, agent_id = authenticate(request)
    try:
        told = msgspec.msgpack.decode(_body(request), type=wire.Raised)
    except msgspec.MsgspecError as error:
        raise ApiError(
            422, f"This is not the outcome of an order: {error}.", "Upgrade the agent to the hub's version."
        ) from None
    _make_storable(told)
    dying.step("web-outcome-received")
    with tenancy.scope(client_id):
        known = confirm(Agent.objects.get(pk=agent_id), told)
        dying.step("web-outcome-written")
    dying.step("web-outcome-committed")
    return packed(wire.Confirmed(known=known))


@api_view("POST")
def fetched(request: HttpRequest) -> HttpResponse:
    """POST /api/agent/fetched: a wire.Fetched, answered by a wire.Confirmed."""
    client_id, agent_id = authenticate(request)
    try:
        told = msgspec.msgpack.decode(_body(request), type=wire.Fetched)
    except msgspec.MsgspecError as error:
        raise ApiError(
            422, f"This is no fetched order: {error}.", "Upgrade the agent to the hub's version."
        ) from None
    _make_storable(told)
    with tenancy.scope(client_id):
        known = take_fetched(Agent.objects.get(pk=agent_id), told)
    return packed(wire.Confirmed(known=known))


def _caller(request: HttpRequest) -> tuple[int, int, int]:
    try:
        client_id, agent_id = authenticate(request)
        with tenancy.scope(client_id):
            agent = Agent.objects.only("source_id", "run", "run_before").get(pk=agent_id)
            hear_of_run(agent, request.GET.get("run", ""))
            return client_id, agent_id, int(agent.source_id)
    finally:
        connection.close()


def _look(client_id: int, agent_id: int, orders: int, asks_anew: bool) -> wire.Work:
    """What there is now. The wish for a reading or for the checks is handed out once."""
    try:
        with tenancy.scope(client_id):
            agent = Agent.objects.select_related("source").get(pk=agent_id)
            if agent.revoked_at is not None:
                raise ApiError(401, "This agent's token was revoked.", "Enrol the agent again.")
            found = wire.Work(
                raise_orders=claim_work(agent, orders, asks_anew=asks_anew),
                read_now=agent.read_now,
                full_read=agent.full_read,
                check=agent.check_now,
                fetch_orders=wishes_for(agent),
                clock_utc=datetime.now(UTC).isoformat(),
            )
            if agent.read_now or agent.full_read or agent.check_now:
                Agent.objects.filter(pk=agent_id).update(read_now=False, full_read=False, check_now=False)
            if found.raise_orders:
                dying.step("web-work-claimed")
        if found.raise_orders:
            dying.step("web-work-committed")
        return found
    finally:
        # Back to the pool: many agents wait at the same time.
        connection.close()


def _is_work(found: wire.Work) -> bool:
    orders = found.raise_orders or found.fetch_orders
    return bool(orders) or found.read_now or found.full_read or found.check


async def _rung_or(rung: asyncio.Event, timeout_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(rung.wait(), timeout_s)


def _number(request: HttpRequest, name: str, otherwise: float, most: float) -> float:
    asked = request.GET.get(name, str(otherwise))
    try:
        number = float(asked)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise ApiError(422, f"{name} must be a number and not negative, not {asked!r}.")
    return min(number, most)


def _make_storable(told: wire.Raised | wire.Fetched) -> None:
    """No database text holds a NUL; a quoted answer of Omni may, and the outcome must come through."""
    for name in told.__struct_fields__:
        if isinstance(value := getattr(told, name), str):
            setattr(told, name, value.replace("\x00", "?"))


def _body(request: HttpRequest) -> bytes:
    body: bytes = request.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise ApiError(413, f"The outcome of an order may have at most {MAX_BYTES} bytes.")
    return body


agent_order_urls = [
    path("api/agent/work", work),
    path("api/agent/raised", raised),
    path("api/agent/fetched", fetched),
]
