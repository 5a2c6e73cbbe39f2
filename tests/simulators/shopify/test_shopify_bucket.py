"""The bucket of points of the simulated Shopify shop, over its own clock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

PAGE = "{ productVariants(first: 250) { nodes { id product { id } inventoryItem { id } } } }"


def left(caller: Any) -> int:
    answer = caller.ask("{ shop { name } }")
    points: int = answer["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"]
    return points


@pytest.mark.parametrize(
    ("plan", "rate"), [("standard", 100), ("advanced", 200), ("plus", 1000), ("enterprise", 2000)]
)
def test_each_plan_has_its_rate_and_holds_twenty_seconds_of_it(
    opened: Callable[..., Any], plan: str, rate: int
) -> None:
    caller = opened(plan=plan)
    status = caller.ask("{ shop { plan { shopifyPlus } } }")["extensions"]["cost"]["throttleStatus"]
    assert (status["maximumAvailable"], status["restoreRate"]) == (20 * rate, rate)


def test_a_call_is_admitted_by_what_it_may_cost_and_charged_what_it_did(caller: Any) -> None:
    caller.shop.fill(2)
    cost = caller.ask(PAGE)["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (35, 5)
    assert cost["throttleStatus"]["currentlyAvailable"] == 1995


def test_an_empty_bucket_answers_throttled_with_status_200_and_refills_with_time(caller: Any) -> None:
    caller.shop.throttle()
    answer = caller.post(PAGE)
    assert answer.status_code == 200
    body = answer.json()
    assert body["errors"][0]["message"] == "Throttled"
    assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert body["extensions"]["cost"]["actualQueryCost"] is None
    assert "data" not in body
    wait_s = (body["extensions"]["cost"]["requestedQueryCost"] - 0) / 100
    caller.shop.advance(wait_s - 0.01)
    assert "errors" in caller.ask(PAGE)
    caller.shop.advance(0.01)
    assert "errors" not in caller.ask(PAGE)
    assert caller.shop.bucket.throttled == 2


def test_a_bucket_never_holds_more_than_it_can(caller: Any) -> None:
    caller.shop.throttle(500)
    assert left(caller) == 1499
    caller.shop.advance(3600)
    assert left(caller) == 1999


def test_somebody_else_takes_part_of_what_is_restored(opened: Callable[..., Any]) -> None:
    caller = opened(others_per_s=60)
    caller.shop.throttle()
    caller.shop.advance(10)
    assert left(caller) == 399


def test_no_single_call_may_cost_more_than_a_thousand_points(caller: Any) -> None:
    dear = """{ products(first: 250) { nodes { variants(first: 250) { nodes { inventoryItem {
      inventoryLevels(first: 50) { nodes { id } } } } } } } }"""
    body = caller.ask(dear)
    assert body["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert left(caller) == 1999


def test_a_call_with_several_mutations_costs_their_sum(caller: Any) -> None:
    caller.shop.fill(1)
    number = caller.shop.variant("SW-00001-01")["product"]["id"]
    query = """mutation($id: ID!) { a: tagsAdd(id: $id, tags: ["x"]) { userErrors { message } }
      b: tagsRemove(id: $id, tags: ["x"]) { userErrors { message } } }"""
    assert caller.cost(query, id=number) == (20, 20)


def test_calls_side_by_side_get_no_more_points_than_the_bucket_held(caller: Any) -> None:
    caller.shop.fill(1)
    caller.shop.throttle(2000 - 100)
    query = 'mutation($id: ID!) { tagsAdd(id: $id, tags: ["x"]) { userErrors { message } } }'
    number = caller.shop.variant("SW-00001-01")["product"]["id"]
    bodies: list[dict[str, Any]] = []

    def call() -> None:
        bodies.extend(caller.ask(query, id=number) for _ in range(5))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("data" in body for body in bodies) == 10
    assert sum("errors" in body for body in bodies) == 10
