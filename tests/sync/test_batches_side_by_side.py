"""An agent sends the next batches before the one ahead of them is applied: order and count hold all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from stockwire.wire import Batch, Received

COLUMNS = ["STOCKCODE", "DESCRIPTION", "EXTRADTLS8", "SELLINGPRICE1", "OAvailable"]


def batch(number: int, price: str, codes: range = range(1, 4), flag: str = "ACTIVE") -> Batch:
    rows = [[f"CODE{n}", f"Item {n}", flag, price, "5"] for n in codes]
    return Batch(
        stream="first", number=number, read_at="2026-11-23T05:00:00+00:00", columns=COLUMNS, rows=rows
    )


def received(hub: Any, sent: Batch) -> Received:
    from django.db import connection

    from stockwire.hub.models import Agent
    from stockwire.hub.sync.receive import receive

    try:
        with hub.scope():
            agent = Agent.objects.select_related("source").get(pk=hub.agent_id)
        return receive(agent, sent)
    finally:
        connection.close()


def prices(hub: Any) -> set[str]:
    return {str(price) for (price,) in hub.rows("select price from price_tiers")}


def applied(hub: Any) -> int:
    return int(hub.rows("select last_number from agents")[0][0])


@contextmanager
def held_up(hub: Any, postgres: Any) -> Iterator[Callable[[int], None]]:
    """Nobody's turn comes until the block ends; what is called inside waits until so many batches wait."""
    waiting = "select count(*) from pg_locks where not granted"
    with psycopg.connect(postgres.admin) as one:
        one.execute("select 1 from agents for update")

        def until(count: int) -> None:
            while hub.rows(waiting)[0][0] < count:
                pass

        yield until


def test_a_batch_that_overtook_the_one_before_it_is_applied_after_it(hub: Any) -> None:
    with ThreadPoolExecutor(1) as later:
        second = later.submit(received, hub, batch(2, "20.00"))
        first = received(hub, batch(1, "10.00"))
        assert (first.repeated, second.result().repeated) == (False, False)
    assert prices(hub) == {"20.0000"}
    assert applied(hub) == 2


def test_batches_sent_side_by_side_are_each_applied_once_and_in_order(hub: Any) -> None:
    sent = [batch(number, f"{number}.00", range(1, 300)) for number in range(1, 13)]
    with ThreadPoolExecutor(3) as three_at_a_time:
        answers = list(three_at_a_time.map(lambda each: received(hub, each), sent))
    assert [answer.number for answer in answers] == list(range(1, 13))
    assert not any(answer.repeated for answer in answers)
    assert prices(hub) == {"12.0000"}
    assert hub.rows("select count(*) from products") == [(299,)]


def test_new_products_of_batches_that_wait_for_their_turn_are_seen_by_nobody(hub: Any, postgres: Any) -> None:
    hub.new_channel(
        api_url="https://shop.example", consumer_key="ck_" + "1" * 40, consumer_secret="cs_" + "2" * 40
    )
    with ThreadPoolExecutor(3) as three:
        with held_up(hub, postgres) as until:
            sent: list[Future[Received]] = [
                three.submit(received, hub, batch(n, "1.00", range(n * 10, n * 10 + 10))) for n in (1, 2, 3)
            ]
            until(3)
            assert hub.rows("select count(*) from products") == [(0,)]
        assert [future.result().changed for future in sent] == [10, 10, 10]
    assert hub.rows("select count(*) from products") == [(30,)]
    assert hub.rows("select count(*) from stale") == [(30,)]
    assert applied(hub) == 3


@pytest.mark.slow
def test_two_batches_that_speak_of_one_new_product_never_hang_and_the_later_one_has_the_last_word(
    hub: Any, postgres: Any
) -> None:
    """The second stores it first and waits for its turn; the first then waits for the second's row."""
    with ThreadPoolExecutor(2) as two:
        with held_up(hub, postgres) as until:
            second = two.submit(received, hub, batch(2, "20.00", range(1, 40)))
            until(1)
            first = two.submit(received, hub, batch(1, "10.00", range(1, 40)))
            until(2)
        assert not first.result().repeated
        assert not second.result().repeated
    assert prices(hub) == {"20.0000"}
    assert hub.rows("select count(*) from products") == [(39,)]
    assert applied(hub) == 2


def test_a_product_that_a_later_batch_deletes_is_stored_first_and_then_deactivated(
    hub: Any, postgres: Any
) -> None:
    with ThreadPoolExecutor(2) as two:
        with held_up(hub, postgres) as until:
            first = two.submit(received, hub, batch(1, "10.00"))
            second = two.submit(received, hub, batch(2, "10.00", range(1, 2), "DELETE"))
            until(2)
        assert (first.result().changed, second.result().changed) == (3, 1)
    assert hub.rows("select count(*) filter (where active), count(*) from products") == [(2, 3)]


def test_the_same_batch_sent_twice_at_the_same_moment_is_applied_once(hub: Any) -> None:
    with ThreadPoolExecutor(2) as two:
        answers = list(two.map(lambda each: received(hub, each), [batch(1, "10.00"), batch(1, "10.00")]))
    assert sorted(answer.repeated for answer in answers) == [False, True]
    assert [answer.changed for answer in answers if not answer.repeated] == [3]


def test_a_batch_far_ahead_is_refused_at_once_with_the_number_that_is_expected(hub: Any) -> None:
    from stockwire.hub.sync.turns import MOST_AHEAD, Gap

    with pytest.raises(Gap) as gap:
        received(hub, batch(2 + MOST_AHEAD, "10.00"))
    assert gap.value.expected == 1
    assert hub.rows("select count(*) from products") == [(0,)]


@pytest.mark.slow
def test_a_batch_whose_predecessor_never_comes_is_refused_and_leaves_nothing(hub: Any) -> None:
    from stockwire.hub.sync.turns import Gap

    received(hub, batch(1, "10.00"))
    with pytest.raises(Gap) as gap:
        received(hub, batch(3, "30.00", range(50, 60)))
    assert gap.value.expected == 2
    assert prices(hub) == {"10.0000"}
    assert hub.rows("select count(*) from products") == [(3,)]
