"""How much a planned change deserves a second look before it is sent: worst first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from stockwire.domain.plan import Difference, Plan

PRICE_FALL = Decimal("0.20")
"""A price that falls by more than this share is shown first: most often it is a typing error."""


@dataclass(frozen=True, slots=True)
class Severity:
    """`rank` 0 is the worst. `word` is how it is counted, `said` what to look at."""

    rank: int
    word: str
    said: str = ""


DELETION = Severity(0, "taken away")
NOTHING = Severity(9, "")


def severity(plan: Plan) -> Severity:
    """The gravest thing about a plan."""
    if plan.action in {"remove", "move"}:
        return DELETION
    if plan.action == "add":
        return NOTHING
    gone = [one for one in plan.variants if one.action == "remove"]
    if gone:
        return Severity(0, "taken away", f"variant {gone[0].variant.sku} is taken away")
    return min(
        (
            found
            for difference in _differences(plan)
            if difference.before is not None
            for found in _of(difference)
        ),
        key=lambda found: found.rank,
        default=NOTHING,
    )


def _differences(plan: Plan) -> Iterator[Difference]:
    yield from plan.differences
    for one in plan.variants:
        yield from one.differences


def _of(difference: Difference) -> Iterator[Severity]:
    before, after = difference.before, difference.after
    if difference.name == "price" and isinstance(before, Decimal) and isinstance(after, Decimal):
        if before > 0 and after < before * (1 - PRICE_FALL):
            share = int((before - after) / before * 100)
            yield Severity(1, "price falls", f"price falls by {share}%: R{before} to R{after}")
    elif difference.name.startswith("quantity") and after == 0 and isinstance(before, int) and before > 0:
        yield Severity(2, "stock to zero", f"stock goes from {before} to 0")
