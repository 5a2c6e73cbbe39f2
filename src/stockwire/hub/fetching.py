"""Asking an agent for an order by Omni's number from the command line, and waiting for what comes of it."""

from __future__ import annotations

import threading
import time

from stockwire.errors import NotSetUp, Refused, TryLater
from stockwire.hub import tenancy
from stockwire.hub.models import FetchState, OrderFetch
from stockwire.hub.sync.fetch_orders import ask_for_order

LOOK_EVERY_S = 0.25
STILL = "The wish stays for a day: the order is stored as soon as the agent can look it up."


def fetch_and_wait(
    client_id: int, source_id: int, number: str, who: str, *, wait_s: float, document_type: str = ""
) -> OrderFetch:
    """The answered wish. Raises Refused when Omni has no such document, TryLater when no answer came yet."""
    with tenancy.scope(client_id):
        wish_id = ask_for_order(source_id, number, who, document_type)
    until = time.monotonic() + wait_s
    pause = threading.Event()
    while True:
        with tenancy.scope(client_id):
            wish = OrderFetch.objects.select_related("order").get(pk=wish_id)
        if wish.state != FetchState.WAITING or wish.message or time.monotonic() >= until:
            break
        pause.wait(LOOK_EVERY_S)
    if wish.state == FetchState.MISSING:
        raise Refused(wish.message, hint=wish.hint)
    if wish.state == FetchState.FAILED:
        raise NotSetUp(wish.message, hint=wish.hint)
    if wish.state == FetchState.WAITING:
        raise _not_answered(wish, source_id, wait_s)
    return wish


def _not_answered(wish: OrderFetch, source_id: int, wait_s: float) -> TryLater:
    if wish.message:
        return TryLater(wish.message, hint=f"{wish.hint} {STILL}".strip())
    return TryLater(
        f"The agent of source {source_id} did not answer within {wait_s:.0f} s.",
        hint=f"{STILL} If nothing comes: does the agent run, and is it of the hub's version?",
    )
