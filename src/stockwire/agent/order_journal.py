"""The part of the journal that keeps orders from being raised twice: written before and after every step.

States: "intent" (nothing was posted), "posting" (a document may have left for Omni), "answered" (the
outcome waits to be told to the hub), "confirmed" (the hub knows it). Nothing here talks to anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from stockwire import dying
from stockwire.agent import clock
from stockwire.agent.journal import Journal
from stockwire.wire import Raised, RaiseOrder

KEPT_DAYS = 90


@dataclass(frozen=True, slots=True)
class OrderEntry:
    """What the journal knows of an order. `posted_at` is None when no post was ever begun."""

    order_id: int
    claim: int
    resource: str
    reference: str
    state: str
    posted_at: datetime | None
    answer: Raised | None


class OrderJournal:
    """Every write is on the disk when the call returns."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def entry(self, order_id: int) -> OrderEntry | None:
        return next(iter(self._entries("order_id = ?", order_id)), None)

    def unfinished(self) -> list[OrderEntry]:
        """Orders that were begun and have no outcome: the agent died in between."""
        return self._entries("state IN ('intent', 'posting')")

    def untold(self) -> list[Raised]:
        """Outcomes the hub has not confirmed."""
        return [entry.answer for entry in self._entries("state = 'answered'") if entry.answer]

    def intend(self, order: RaiseOrder) -> None:
        """Note the order under its new claim. A post that may have left before is not forgotten."""
        with self._journal.transaction(forced=True) as db:
            db.execute(
                "INSERT INTO orders (order_id, claim, resource, reference, state, changed_at) "
                "VALUES (?, ?, ?, ?, 'intent', ?) ON CONFLICT (order_id) DO UPDATE SET "
                "claim = excluded.claim, resource = excluded.resource, reference = excluded.reference, "
                "state = CASE WHEN posted_at = '' THEN 'intent' ELSE 'posting' END, "
                "changed_at = excluded.changed_at",
                (order.order_id, order.claim, order.resource, order.reference, _now()),
            )

    def posting(self, order_id: int) -> None:
        """A post leaves now."""
        now = _now()
        with self._journal.transaction(forced=True) as db:
            db.execute(
                "UPDATE orders SET state = 'posting', posted_at = ?, changed_at = ? WHERE order_id = ?",
                (now, now, order_id),
            )

    def not_posted(self, order_id: int) -> None:
        """It is certain that the post did nothing."""
        with self._journal.transaction(forced=True) as db:
            db.execute(
                "UPDATE orders SET state = 'intent', posted_at = '', changed_at = ? WHERE order_id = ?",
                (_now(), order_id),
            )

    def answer(self, raised: Raised) -> None:
        """The outcome, to be told to the hub until it confirms."""
        with self._journal.transaction(forced=True) as db:
            db.execute(
                "UPDATE orders SET state = 'answered', answer = ?, changed_at = ? WHERE order_id = ?",
                (msgspec.msgpack.encode(raised), _now(), raised.order_id),
            )

    def told(self, raised: Raised, *, known: bool) -> None:
        """The hub has taken the outcome, or (`known` False) the claim was stale and it asks anew.

        A post whose fate nobody has settled stays remembered, so that it is never simply repeated. Once a
        person knows of the doubt, offering the order again is that person's decision.
        """
        dying.step("agent-outcome-told")
        oldest = (clock.now() - timedelta(days=KEPT_DAYS)).isoformat()
        same = (raised.order_id, raised.claim)
        with self._journal.transaction(forced=True) as db:
            if raised.state == "raised":
                db.execute(
                    "UPDATE orders SET state = 'confirmed', changed_at = ? "
                    "WHERE order_id = ? AND claim = ? AND state = 'answered'",
                    (_now(), *same),
                )
            elif raised.state == "refused" or (raised.state == "in_doubt" and known):
                db.execute("DELETE FROM orders WHERE order_id = ? AND claim = ?", same)
            elif raised.state == "in_doubt":
                db.execute(
                    "UPDATE orders SET state = 'posting', answer = NULL WHERE order_id = ? AND claim = ?",
                    same,
                )
            else:
                db.execute("DELETE FROM orders WHERE order_id = ? AND claim = ? AND posted_at = ''", same)
            db.execute("DELETE FROM orders WHERE state = 'confirmed' AND changed_at < ?", (oldest,))

    def _entries(self, where: str, *parameters: object) -> list[OrderEntry]:
        with self._journal.transaction() as db:
            rows = db.execute(
                # S608: `where` is one of the constant texts of this class.
                f"SELECT order_id, claim, resource, reference, state, posted_at, answer FROM orders WHERE {where}",  # noqa: S608,E501
                parameters,
            ).fetchall()
        return [
            OrderEntry(
                order_id=row[0],
                claim=row[1],
                resource=row[2],
                reference=row[3],
                state=row[4],
                posted_at=datetime.fromisoformat(row[5]) if row[5] else None,
                answer=msgspec.msgpack.decode(row[6], type=Raised) if row[6] else None,
            )
            for row in rows
        ]


def _now() -> str:
    return clock.now().isoformat()
