"""How much a planned change deserves a second look before it is sent: worst first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from stockwire.domain.plan import PRICE, STOCK, Difference, Plan, Value

PRICE_FALL = Decimal("0.20")
"""A price that falls by more than this share is shown first: most often it is a typing error."""


@dataclass(frozen=True, slots=True)
class Severity:
    """`rank` 0 is the worst. `word` is how it is counted, `said` what to look at."""

    rank: int
    word: str
    said: str = ""


DELETION = Severity(0, "taken away")
STOPPED = Severity(3, "")
"""What cannot go out, or waits for a person: before everything that goes well by itself."""
NOTHING = Severity(9, "")


def severity(plan: Plan) -> Severity:
    """The gravest thing about a plan."""
    if plan.action in {"remove", "move"}:
        return DELETION
    at_least = NOTHING if plan.problem is None else STOPPED
    if plan.action == "add":
        return at_least
    gone = [one for one in plan.variants if one.action == "remove"]
    if gone:
        return Severity(0, "taken away", f"variant {gone[0].variant.sku} is taken away")
    found = [of for one in _differences(plan) if one.before is not None for of in _of(one)]
    return min([*found, at_least], key=lambda one: one.rank)


def _differences(plan: Plan) -> Iterator[Difference]:
    yield from plan.differences
    for one in plan.variants:
        yield from one.differences


def _of(difference: Difference) -> Iterator[Severity]:
    before, after = _amount(difference.before), _amount(difference.after)
    if before is None or after is None or before <= 0:
        return
    if difference.group == PRICE and difference.name != "compare_at":
        if after < before * (1 - PRICE_FALL):
            share = int((before - after) / before * 100)
            yield Severity(1, "price falls", f"price falls by {share}%: R{before} to R{after}")
    elif difference.group == STOCK and after == 0:
        yield Severity(2, "stock to zero", f"stock goes from {before} to 0")


def _amount(value: Value) -> Decimal | None:
    """The number in a value; what a field map made is JSON, with or without quotes around it."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        return None
    text = value.strip().strip('"') if isinstance(value, str) else value
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
