"""Raises an order in Omni exactly once: note the intent, look, post if absent, look again, then say so.

Whatever is unclear is looked up before anything is posted again; what cannot be looked up is handed to a
person. The journal is written before the step it speaks of, so that a killed agent knows what it may have
done. One request at a time goes to Omni (OmniService sees to it).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

import structlog

from stockwire import dying
from stockwire.agent import clock
from stockwire.agent.order_journal import OrderEntry, OrderJournal
from stockwire.connectors.omni.api import AlreadyExists, Away, FoundDocument
from stockwire.errors import NotSetUp, Refused, StockwireError, TryLater
from stockwire.wire import Raised, RaiseOrder

LOOKS_AFTER_DOUBT = 2


class DocumentService(Protocol):
    """What is asked of OmniService."""

    def find(self, resource: str, reference: str) -> FoundDocument | None: ...

    def post(self, resource: str, reference: str, body: dict[str, object]) -> str: ...

    def learn_missing_reply(self, resource: str) -> bool: ...


class Raiser:
    """`wait` waits some seconds or returns early when the agent stops. `settle_s` is the pause before each
    look-up after a doubt, `repost_after_s` the least time between a doubtful post and another."""

    def __init__(
        self,
        service: DocumentService,
        orders: OrderJournal,
        *,
        settle_s: float,
        repost_after_s: float,
        wait: Callable[[float], object],
    ) -> None:
        self._service = service
        self._orders = orders
        self._settle_s = settle_s
        self._repost_after_s = repost_after_s
        self._began = clock.ticks()
        self._posted: dict[int, float] = {}
        self._wait = wait
        self._learned: set[str] = set()
        self._log = structlog.get_logger("stockwire.agent")

    def handle(self, order: RaiseOrder) -> Raised:
        """One claimed order to its outcome. Outcomes other than "not_yet" are in the journal already."""
        dying.step("agent-order-received")
        before = self._orders.entry(order.order_id)
        self._orders.intend(order)
        dying.step("agent-intent-noted")
        try:
            outcome = self._by_reference(order, before) if order.reference else self._numbered(order, before)
        except (TryLater, NotSetUp) as error:
            return _not_yet(order, error)
        return self._answered(outcome)

    def resume(self) -> list[Raised]:
        """After a restart: look up what was begun, before any new work. One outcome per order begun."""
        outcomes = []
        for entry in self._orders.unfinished():
            order = RaiseOrder(
                order_id=entry.order_id,
                claim=entry.claim,
                resource=entry.resource,
                reference=entry.reference,
                body={},
            )
            outcomes.append(self._resumed(order, entry))
        return outcomes

    def _resumed(self, order: RaiseOrder, entry: OrderEntry) -> Raised:
        if not order.reference and entry.posted_at:
            return self._answered(_in_doubt(order, "The agent was stopped while the order was posted."))
        if order.reference:
            try:
                if found := self._find(order):
                    return self._answered(_raised(order, found.number, found=True))
            except (TryLater, NotSetUp) as error:
                return _not_yet(order, error)
        return _not_yet(order, TryLater(f"{_name(order)}: the agent was restarted; it is tried again."))

    def _by_reference(self, order: RaiseOrder, before: OrderEntry | None) -> Raised:
        if found := self._find(order):
            return _raised(order, found.number, found=True)
        dying.step("agent-looked-up")
        if before and before.posted_at and (left := self._still_to_wait(order.order_id)):
            raise TryLater(
                f"{_name(order)}: a post without answer may still be in work in Omni; not posted again yet.",
                after_s=left,
            )
        self._posting(order.order_id)
        dying.step("agent-posting-noted")
        try:
            number = self._service.post(order.resource, order.reference, order.body)
        except AlreadyExists as error:
            return self._look_again(order, found=True) or _in_doubt(
                order, "Omni says the reference exists, but does not show the document.", error
            )
        except Refused as error:
            return self._refused(order, error)
        except NotSetUp:
            self._orders.not_posted(order.order_id)
            raise
        except TryLater as error:
            if not error.may_have_worked:
                self._orders.not_posted(order.order_id)
                raise
            self._log.warning("no clear answer to a posted order; looking it up", order=_name(order))
            if outcome := self._look_again(order, found=False):
                return outcome
            raise
        dying.step("agent-post-answered")
        return self._confirmed(order, number)

    def _confirmed(self, order: RaiseOrder, number: str) -> Raised:
        """Omni answered with success. Its words prove little (A9), so the document is looked up."""
        try:
            found = self._find(order)
        except TryLater:
            return _raised(order, number or order.reference, found=False)
        if found:
            return _raised(order, found.number or number, found=False)
        return self._look_again(order, found=False) or _in_doubt(
            order, "Omni answered as if it had taken the document, but does not show it."
        )

    def _numbered(self, order: RaiseOrder, before: OrderEntry | None) -> Raised:
        """Omni gives the number: there is no look-up, so after any doubt a person decides."""
        if before and before.answer and before.answer.state == "raised":
            return _raised(order, before.answer.document_number, found=True)
        if before and before.posted_at:
            return _in_doubt(order, "It was posted before and no clear answer came.")
        self._posting(order.order_id)
        try:
            number = self._service.post(order.resource, "", order.body)
        except Refused as error:
            return self._refused(order, error)
        except (NotSetUp, TryLater) as error:
            if isinstance(error, TryLater) and error.may_have_worked:
                return _in_doubt(order, error.message, error)
            self._orders.not_posted(order.order_id)
            raise
        if not number:
            return _in_doubt(order, "Omni took the document but its answer shows no number.")
        return _raised(order, number, found=False)

    def _find(self, order: RaiseOrder) -> FoundDocument | None:
        if order.resource not in self._learned:
            self._service.learn_missing_reply(order.resource)
            self._learned.add(order.resource)
        return self._service.find(order.resource, order.reference)

    def _look_again(self, order: RaiseOrder, *, found: bool) -> Raised | None:
        """Look several times with a pause before each. None only when Omni clearly said "missing"."""
        unclear: TryLater | None = None
        for _ in range(LOOKS_AFTER_DOUBT):
            self._wait(self._settle_s)
            try:
                if document := self._find(order):
                    return _raised(order, document.number, found=found)
                unclear = None
            except TryLater as error:
                unclear = error
        if unclear:
            raise unclear
        return None

    def _refused(self, order: RaiseOrder, error: Refused) -> Raised:
        return Raised(
            order_id=order.order_id,
            claim=order.claim,
            state="refused",
            message=error.message,
            hint=error.hint,
            detail=error.detail,
        )

    def _still_to_wait(self, order_id: int) -> float:
        """A post of an earlier run is as old as this run at least; how old it is nobody knows for certain,
        because the clock may have been set since."""
        since = self._posted.get(order_id, self._began)
        return max(0.0, since + self._repost_after_s - clock.ticks())

    def _posting(self, order_id: int) -> None:
        self._orders.posting(order_id)
        self._posted[order_id] = clock.ticks()

    def _answered(self, raised: Raised) -> Raised:
        dying.step("agent-looked-up-again")
        self._orders.answer(raised)
        self._posted.pop(raised.order_id, None)
        dying.step("agent-outcome-noted")
        return raised


def _raised(order: RaiseOrder, number: str, *, found: bool) -> Raised:
    return Raised(
        order_id=order.order_id,
        claim=order.claim,
        state="raised",
        document_number=number,
        found=found,
        raised_at=clock.now().isoformat(),
        run=clock.RUN,
        run_s=clock.ticks(),
    )


def _in_doubt(order: RaiseOrder, why: str, error: StockwireError | None = None) -> Raised:
    return Raised(
        order_id=order.order_id,
        claim=order.claim,
        state="in_doubt",
        message=f"{_name(order)}: it may exist in Omni. {why}",
        hint="Look for it in Omni. If it is there, enter its number; if it is not, offer it again.",
        detail=error.detail if error else "",
    )


def _not_yet(order: RaiseOrder, error: StockwireError) -> Raised:
    """What is the same for every order names none of them."""
    away = isinstance(error, Away | NotSetUp)
    named = re.compile(rf"{re.escape(order.resource)}(?: {re.escape(order.reference)})?: ")
    return Raised(
        order_id=order.order_id,
        claim=order.claim,
        state="not_yet",
        message=named.sub("", error.message, count=1) if away else error.message,
        hint=error.hint,
        detail=error.detail,
        omni_away=away,
    )


def _name(order: RaiseOrder) -> str:
    return " ".join(filter(None, ("Order", order.number, order.reference and f"({order.reference})")))
