"""Asks the hub for work and does it: orders to raise or to fetch, and word that a reading is wanted."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from stockwire.agent.fetching import Fetcher
from stockwire.agent.link import HubLink
from stockwire.agent.order_journal import OrderJournal
from stockwire.agent.raising import Raiser
from stockwire.errors import StockwireError
from stockwire.wire import FetchOrder, Raised, RaiseOrder

WAIT_S = 25
PAUSE_WHEN_NOTHING_WORKED_S = 2.0


class WorkLoop:
    """Used by one thread. `read_now` is called with True when the hub wants all rows again; `raised` when
    Omni has taken an order in, and so reserved its stock; `check` when the hub wants the checks."""

    def __init__(
        self,
        link: HubLink,
        orders: OrderJournal,
        raiser: Raiser | None,
        fetcher: Fetcher,
        *,
        read_now: Callable[[bool], None],
        raised: Callable[[], None] = lambda: None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._link = link
        self._orders = orders
        self._raiser = raiser
        self._fetcher = fetcher
        self._read_now = read_now
        self._raised = raised
        self._check = check
        self._resumed = False
        self.only_asking = False
        self._log = structlog.get_logger("stockwire.agent")

    def step(self) -> float:
        """One question to the hub and what follows from it. Returns the pause to make, in seconds."""
        if self._raiser and not self._resumed:
            for outcome in self._raiser.resume():
                self._tell(outcome)
            self._resumed = True
        for outcome in self._orders.untold():
            self._tell(outcome)
        self.only_asking = True
        try:
            asked = time.monotonic()
            work = self._link.work(WAIT_S)
            answered_at_once = time.monotonic() - asked < 1.0
        finally:
            self.only_asking = False
        if work.read_now or work.full_read:
            self._read_now(work.full_read)
        if work.check:
            self._check()
        for wanted in work.fetch_orders:
            self._fetch(wanted)
        outcomes = [self._raise(order) for order in work.raise_orders]
        if any(outcome.state == "raised" for outcome in outcomes):
            self._raised()
        stuck = outcomes and all(outcome.state == "not_yet" for outcome in outcomes)
        did = outcomes or work.fetch_orders or work.read_now or work.full_read or work.check
        idle = answered_at_once and not did
        return PAUSE_WHEN_NOTHING_WORKED_S if stuck or idle else 0.0

    def _raise(self, order: RaiseOrder) -> Raised:
        try:
            outcome = self._raiser.handle(order) if self._raiser else _no_omni(order)
        except Exception:  # noqa: BLE001 - one order must not keep the others waiting; the log has the trace
            self._log.exception("a fault of ours while an order was raised", order=order.order_id)
            outcome = _fault(order)
        self._log.info(
            f"order {outcome.state}",
            order=order.number or order.order_id,
            reference=order.reference,
            document=outcome.document_number,
            message=outcome.message,
        )
        self._tell(outcome)
        return outcome

    def _fetch(self, wanted: FetchOrder) -> None:
        """A person waits for it. Nothing is kept here: an answer that is lost is asked for again."""
        fetched = self._fetcher.fetch(wanted)
        self._log.info(f"order fetched: {fetched.state}", number=wanted.number, message=fetched.message)
        try:
            self._link.fetched(fetched)
        except StockwireError as error:
            self._log.warning(f"a fetched order could not be told: {error.message}", number=wanted.number)

    def _tell(self, outcome: Raised) -> None:
        try:
            confirmed = self._link.raised(outcome)
        except StockwireError as error:
            # An outcome in the journal is told again; "not_yet" needs no telling, the claim runs out.
            self._log.warning(f"the outcome of an order waits: {error.message}", order=outcome.order_id)
            return
        self._orders.told(outcome, known=confirmed.known)


def _fault(order: RaiseOrder) -> Raised:
    return Raised(
        order_id=order.order_id,
        claim=order.claim,
        state="not_yet",
        message="A fault of the agent kept the order from being raised.",
        hint="It is looked up and tried again. If it stays so, report it with the agent's log.",
    )


def _no_omni(order: RaiseOrder) -> Raised:
    return Raised(
        order_id=order.order_id,
        claim=order.claim,
        state="not_yet",
        message="The agent is not set up to raise orders.",
        hint="Fill in the table [omni] of agent.toml and restart the agent.",
    )
