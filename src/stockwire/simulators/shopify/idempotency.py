"""Repeats under an idempotency key: the same mutation again is answered as before and does nothing.

Shopify's codes: another mutation under a used key is a mismatch; a key whose mutation failed needs a new one.
How long keys are kept is not known; assumed is a day.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from graphql import FieldNode

from stockwire.simulators.shopify.fields import Call, refused, user_error

if TYPE_CHECKING:
    from stockwire.simulators.shopify.shop import Record

DEMANDING = frozenset(
    ("inventoryActivate", "inventoryAdjustQuantities", "inventorySetQuantities", "refundCreate")
)
"""The mutations simulated here that take the directive; from 2026-04 they demand it."""

SINCE = "2026-04"


class Repeats:
    """The payloads given under each key."""

    def __init__(self, kept_s: float) -> None:
        self._kept = timedelta(seconds=kept_s)
        self._answers: dict[str, tuple[datetime, str, Record | None]] = {}

    def once(
        self, call: Call, node: FieldNode, given: Record, variables: Any, run: Callable[[], Record]
    ) -> Record:
        """Run a mutation, or answer as the first time. Raises GraphQLError where a key is missing."""
        key = _key(node, variables)
        if key is None:
            if call.version >= SINCE:
                raise refused("The @idempotent directive is required for this mutation but was not provided.")
            return run()
        now, print_of = call.shop.clock.now(), _fingerprint(node.name.value, given)
        held = self._answers.get(key)
        if held is not None and now - held[0] < self._kept:
            return _again(held, print_of)
        self._answers[key] = (now, print_of, None)
        payload = run()
        if not payload.get("userErrors"):
            self._answers[key] = (now, print_of, payload)
        return payload


def _again(held: tuple[datetime, str, Record | None], print_of: str) -> Record:
    _, before, payload = held
    if before != print_of:
        message = "The same idempotency key cannot be used with different operation parameters."
        return {"userErrors": [user_error(message, ["input"], "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")]}
    if payload is None:
        message = "A previous request with this idempotency key failed. Retry with a new idempotency key."
        return {"userErrors": [user_error(message, ["input"], "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")]}
    return payload


def _key(node: FieldNode, variables: Any) -> str | None:
    for directive in node.directives or ():
        if directive.name.value == "idempotent":
            value: Any = (directive.arguments or ())[0].value
            key = variables.get(value.name.value) if value.kind == "variable" else value.value
            if not str(key or "").strip():
                raise refused("The idempotency key cannot be an empty string or whitespace only.")
            return str(key)
    return None


def _fingerprint(name: str, given: Record) -> str:
    """The mutation with its arguments; what is selected of the answer does not count."""
    text = f"{name} {json.dumps(given, sort_keys=True, default=str)}"
    return hashlib.sha256(text.encode()).hexdigest()
