"""An agent sends the next batch before the one ahead of it is applied: order and count hold all the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from stockwire.wire import Batch, Received

COLUMNS = ["STOCKCODE", "DESCRIPTION", "EXTRADTLS8", "SELLINGPRICE1", "OAvailable"]


def batch(number: int, price: str, codes: range = range(1, 4)) -> Batch:
    rows = [[f"CODE{n}", f"Item {n}", "ACTIVE", price, "5"] for n in codes]
    return Batch(
        stream="first", number=number, read_at="2026-11-23T05:00:00+00:00", columns=COLUMNS, rows=rows
    )


def received(hub: Any, sent: Batch) -> Received:
    from django.db import connection

    from stockwire.hub.sync.receive import receive

    try:
        return receive(hub.client_id, hub.agent_id, sent)
    finally:
        connection.close()


def prices(hub: Any) -> set[str]:
    return {str(price) for (price,) in hub.rows("select price from price_tiers")}


def test_a_batch_that_overtook_the_one_before_it_is_applied_after_it(hub: Any) -> None:
    with ThreadPoolExecutor(1) as later:
        second = later.submit(received, hub, batch(2, "20.00"))
        first = received(hub, batch(1, "10.00"))
        assert (first.repeated, second.result().repeated) == (False, False)
    assert prices(hub) == {"20.0000"}
    assert hub.rows("select last_number from agents") == [(2,)]


def test_batches_sent_side_by_side_are_each_applied_once_and_in_order(hub: Any) -> None:
    sent = [batch(number, f"{number}.00", range(1, 300)) for number in range(1, 11)]
    with ThreadPoolExecutor(2) as two_at_a_time:
        answers = list(two_at_a_time.map(lambda each: received(hub, each), sent))
    assert [answer.number for answer in answers] == list(range(1, 11))
    assert not any(answer.repeated for answer in answers)
    assert prices(hub) == {"10.0000"}
    assert hub.rows("select count(*) from products") == [(299,)]


def test_the_same_batch_sent_twice_at_the_same_moment_is_applied_once(hub: Any) -> None:
    with ThreadPoolExecutor(2) as two:
        answers = list(two.map(lambda each: received(hub, each), [batch(1, "10.00"), batch(1, "10.00")]))
    assert sorted(answer.repeated for answer in answers) == [False, True]
    assert [answer.changed for answer in answers if not answer.repeated] == [3]


def test_a_batch_two_ahead_is_refused_at_once_with_the_number_that_is_expected(hub: Any) -> None:
    from stockwire.hub.sync.receive import Gap

    with pytest.raises(Gap) as gap:
        received(hub, batch(3, "10.00"))
    assert gap.value.expected == 1
    assert hub.rows("select count(*) from products") == [(0,)]


def test_a_batch_whose_predecessor_never_comes_is_refused_and_leaves_nothing(hub: Any) -> None:
    from stockwire.hub.sync.receive import Gap

    received(hub, batch(1, "10.00"))
    with pytest.raises(Gap) as gap:
        received(hub, batch(3, "30.00"))
    assert gap.value.expected == 2
    assert prices(hub) == {"10.0000"}
