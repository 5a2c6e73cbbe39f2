"""Repeats under an idempotency key: the same call again is answered as before and does nothing.

Shopify's codes: another call under a used key is a mismatch; a key whose call failed needs a new one. How
long keys are kept is not known; assumed is a day.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from graphql import ExecutionResult, FieldNode, print_ast

if TYPE_CHECKING:
    from stockwire.simulators.shopify.shop import Shop

IDEMPOTENT = frozenset(
    ("inventoryActivate", "inventoryAdjustQuantities", "inventorySetQuantities", "refundCreate")
)
"""The mutations simulated here that take the directive; from 2026-04 they demand it."""


class Repeats:
    """The answers given under each key."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._answers: dict[str, tuple[datetime, str, ExecutionResult, bool]] = {}

    def once(
        self, key: str, node: FieldNode, variables: dict[str, Any], run: Callable[[], ExecutionResult]
    ) -> ExecutionResult:
        """Run it, or answer as the first time. A call that failed must come again with another key."""
        now = self._shop.clock.now()
        kept = timedelta(seconds=self._shop.options.idempotency_keys_kept_s)
        print_of = _fingerprint(node, variables)
        held = self._answers.get(key)
        if held is not None and now - held[0] < kept:
            _, before, answer, failed = held
            if before != print_of:
                return _refusal(
                    node,
                    "The same idempotency key cannot be used with different operation parameters.",
                    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
                )
            if failed:
                return _refusal(
                    node,
                    "A previous request with this idempotency key failed. Retry with a new idempotency key.",
                    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
                )
            return answer
        result = run()
        payload = (result.data or {}).get(_key(node)) or {}
        failed = bool(result.errors) or bool(payload.get("userErrors"))
        self._answers[key] = (now, print_of, result, failed)
        return result


def _key(node: FieldNode) -> str:
    return node.alias.value if node.alias else node.name.value


def _fingerprint(node: FieldNode, variables: dict[str, Any]) -> str:
    """The mutation with its arguments; what is selected of the answer does not count."""
    arguments = " ".join(print_ast(argument) for argument in node.arguments or ())
    used = {name: value for name, value in variables.items() if f"${name}" in arguments}
    text = f"{node.name.value} {arguments} {json.dumps(used, sort_keys=True, default=str)}"
    return hashlib.sha256(text.encode()).hexdigest()


def _refusal(node: FieldNode, message: str, code: str) -> ExecutionResult:
    error = {"message": message, "field": ["input"], "code": code}
    payload: dict[str, Any] = {}
    for child in node.selection_set.selections if node.selection_set else ():
        if isinstance(child, FieldNode):
            payload[_key(child)] = None
            if child.name.value == "userErrors" and child.selection_set:
                asked = [each for each in child.selection_set.selections if isinstance(each, FieldNode)]
                payload[_key(child)] = [{_key(each): error.get(each.name.value) for each in asked}]
    return ExecutionResult(data={_key(node): payload}, errors=None)
