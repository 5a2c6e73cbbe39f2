"""The calls of one push, one after the other, until the shop shows that it is of no use to go on.

After two failed calls in a row, or one that shows that the shop is away, closed to us or asks for a rest,
whatever is left fails without being sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stockwire.connectors.shopify.api import Answer, Api
from stockwire.connectors.shopify.operations import Operation, Write, chunks, together
from stockwire.connectors.shopify.refusals import unsent
from stockwire.errors import NotSetUp, Refused, StockwireError, TryLater

_FAILURES_BEFORE_STOPPING = 2
LONGEST_PUSH_S = 75.0


class Line:
    """One push's way to the shop. Not for several threads."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.stopped: StockwireError | None = None
        self.was_answered = False
        self._failures = 0
        self._until = api.now().timestamp() + LONGEST_PUSH_S

    @property
    def left_s(self) -> float:
        """Seconds this push may still take: the lane is leased for two minutes."""
        return self._until - self.api.now().timestamp()

    def run(self, operation: Operation, variables: Mapping[str, Any] | None = None) -> Answer:
        """Raises the error of the call, or of the one that stopped the line."""
        if self.stopped is not None:
            raise unsent(self.stopped)
        if self.api.now().timestamp() > self._until:
            self.stopped = TryLater(
                "This push has taken long enough; the rest goes out with the next one.",
                hint="Nothing to do: it goes on by itself.",
                after_s=0.0,
            )
            raise self.stopped
        try:
            answer = self.api.run(operation, variables)
        except StockwireError as error:
            self._failures += 1
            if _stops(error) or self._failures >= _FAILURES_BEFORE_STOPPING:
                self.stopped = error
            raise
        self._failures = 0
        self.was_answered = True
        return answer

    def write(
        self,
        name: str,
        writes: Sequence[Write],
        most: int,
        settle: Callable[[int, Mapping[str, Any]], None],
        fail: Callable[[int, StockwireError], None],
    ) -> None:
        """Several writes, at most `most` in a call. `settle` gets each payload by the write's position,
        `fail` the error of those that got none."""
        for chunk in chunks(writes, most):
            operation, variables = together(name, [writes[at] for at in chunk])
            try:
                answer = self.run(operation, variables)
            except StockwireError as error:
                for at in chunk:
                    fail(at, error)
                continue
            for place, at in enumerate(chunk):
                try:
                    payload = answer.root(f"w{place}")
                    if not isinstance(payload, Mapping):
                        raise TryLater(
                            "The shop did not say what became of this change.",
                            hint="It is tried again by itself.",
                            may_have_worked=True,
                        )
                except StockwireError as error:
                    fail(at, error)
                else:
                    settle(at, payload)


def nothing_happened(error: StockwireError) -> bool:
    return not isinstance(error, Refused) and not (isinstance(error, TryLater) and error.may_have_worked)


def _stops(error: StockwireError) -> bool:
    return isinstance(error, NotSetUp) or (isinstance(error, TryLater) and not error.may_have_worked)
