"""Asks the hub for work and does it: orders to raise or to fetch, and word that a reading is wanted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from stockwire.agent.fetching import Fetcher
from stockwire.agent.link import HubAway, HubLink
from stockwire.agent.order_journal import OrderJournal
from stockwire.agent.raising import Raiser
from stockwire.errors import StockwireError
from stockwire.wire import FetchOrder, Raised, RaiseOrder, Work

WAIT_S = 25
ORDERS_EACH = 5
"""Orders taken on with one question, for each that can be under way at the same time."""
PAUSE_WHEN_NOTHING_WORKED_S = 2.0
LONGEST_AWAY_S = 15.0


class WorkLoop:
    """Used by one thread. `read_now` is called with True when the hub wants all rows again; `raised` when
    Omni has taken an order in, and so reserved its stock; `check` when the hub wants the checks. Omni is left
    alone for `settle_s` and longer each time after it took nothing on."""

    def __init__(
        self,
        link: HubLink,
        orders: OrderJournal,
        raiser: Raiser | None,
        fetcher: Fetcher,
        *,
        at_once: int = 1,
        settle_s: float = 1.0,
        read_now: Callable[[bool], None],
        raised: Callable[[], None] = lambda: None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._link = link
        self._orders = orders
        self._raiser = raiser
        self._fetcher = fetcher
        self._at_once = at_once
        self._read_now = read_now
        self._raised = raised
        self._check = check
        self._settle_s = settle_s
        self._resumed = self._failed = False
        self._away_in_a_row = 0
        self._said_of_omni = self._said_of_telling = ""
        self._said_of_orders: dict[int, str] = {}
        self.only_asking = False
        self._log = structlog.get_logger("stockwire.agent")

    def step(self) -> float:
        """One question to the hub and what follows from it. Returns the pause to make, in seconds."""
        self._tell_what_is_left()
        work, answered_at_once = self._ask()
        if work.read_now or work.full_read:
            self._read_now(work.full_read)
        if work.check:
            self._check()
        for wanted in work.fetch_orders:
            self._fetch(wanted)
        outcomes = self._raise_all(work.raise_orders)
        if any(outcome.state == "raised" for outcome in outcomes):
            self._raised()
        if any(outcome.omni_away for outcome in outcomes):
            self._away_in_a_row += 1
            return min(LONGEST_AWAY_S, self._settle_s * 2.0**self._away_in_a_row)
        did = outcomes or work.fetch_orders or work.read_now or work.full_read or work.check
        return PAUSE_WHEN_NOTHING_WORKED_S if answered_at_once and not did else 0.0

    def _ask(self) -> tuple[Work, bool]:
        """Waits for work; not the first time after a failure, so that it soon shows that it works again."""
        wait_s, self._failed = 0 if self._failed else WAIT_S, True
        self.only_asking = True
        try:
            asked = time.monotonic()
            work = self._link.work(wait_s, ORDERS_EACH * self._at_once)
            self._failed = False
            return work, time.monotonic() - asked < 1.0
        finally:
            self.only_asking = False

    def _tell_what_is_left(self) -> None:
        """Of an earlier run, or of what the hub could not be told. A hub that is away is asked once."""
        if self._raiser and not self._resumed:
            for outcome in self._raiser.resume():
                if not self._tell(outcome):
                    break
            self._resumed = True
        for outcome in self._orders.untold():
            if not self._tell(outcome):
                break

    def _raise_all(self, orders: Sequence[RaiseOrder]) -> list[Raised]:
        """Each order by itself: they share nothing but Omni's turns, and one never appears twice. Once Omni
        takes nothing on, the rest is not tried, for it would be the same with every one of them."""
        stopping = threading.Event()

        def one(order: RaiseOrder) -> Raised | None:
            if stopping.is_set():
                return None
            outcome = self._raise(order)
            if outcome.omni_away:
                stopping.set()
            else:
                self._tell(outcome)
            return outcome

        if self._at_once == 1:
            tried = [one(order) for order in orders]
        else:
            with ThreadPoolExecutor(self._at_once, "order") as hands:
                tried = list(hands.map(one, orders))
        outcomes = [outcome for outcome in tried if outcome]
        untried = [
            (order.order_id, order.claim) for order, outcome in zip(orders, tried, strict=True) if not outcome
        ]
        self._tell_of_omni(outcomes, untried)
        return outcomes

    def _tell_of_omni(self, outcomes: Sequence[Raised], untried: list[tuple[int, int]]) -> None:
        """Omni is away, or back: told to the hub with all orders it concerns, and once in the log."""
        away = [outcome for outcome in outcomes if outcome.omni_away]
        for outcome in away:
            outcome.untried, untried = untried, []
            self._tell(outcome)
        if away and away[0].message != self._said_of_omni:
            self._said_of_omni = away[0].message
            self._log.warning(f"orders wait: {away[0].message}", hint=away[0].hint, detail=away[0].detail)
        elif outcomes and not away:
            if self._said_of_omni:
                self._log.info("orders go on: Omni answers again")
            self._said_of_omni, self._away_in_a_row = "", 0

    def _raise(self, order: RaiseOrder) -> Raised:
        try:
            outcome = self._raiser.handle(order) if self._raiser else _no_omni(order)
        except Exception:  # noqa: BLE001 - one order must not keep the others waiting; the log has the trace
            self._log.exception("a fault of ours while an order was raised", order=order.order_id)
            outcome = _fault(order)
        self._log_outcome(order, outcome)
        return outcome

    def _log_outcome(self, order: RaiseOrder, outcome: Raised) -> None:
        """Raised, refused and in doubt always; why an order waits once, however often it is tried again."""
        if outcome.omni_away or (
            outcome.state == "not_yet" and self._said_of_orders.get(order.order_id) == outcome.message
        ):
            return
        if outcome.state == "not_yet":
            self._said_of_orders[order.order_id] = outcome.message
        else:
            self._said_of_orders.pop(order.order_id, None)
        self._log.info(
            f"order {outcome.state}",
            order=order.number or order.order_id,
            reference=order.reference,
            document=outcome.document_number,
            message=outcome.message,
        )

    def _fetch(self, wanted: FetchOrder) -> None:
        """A person waits for it. Nothing is kept here: an answer that is lost is asked for again."""
        fetched = self._fetcher.fetch(wanted)
        self._log.info(f"order fetched: {fetched.state}", number=wanted.number, message=fetched.message)
        try:
            self._link.fetched(fetched)
        except StockwireError as error:
            self._log.warning(f"a fetched order could not be told: {error.message}", number=wanted.number)

    def _tell(self, outcome: Raised) -> bool:
        """False when the hub cannot be reached at all."""
        try:
            confirmed = self._link.raised(outcome)
        except HubAway:
            # The next question to the hub says so in the log. An outcome in the journal is told again;
            # "not_yet" needs no telling, the claim runs out.
            return False
        except StockwireError as error:
            if self._said_of_telling != error.message:
                self._said_of_telling = error.message
                self._log.warning(f"the outcome of an order waits: {error.message}", order=outcome.order_id)
            return True
        self._said_of_telling = ""
        self._orders.told(outcome, known=confirmed.known)
        return True


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
        omni_away=True,
    )
