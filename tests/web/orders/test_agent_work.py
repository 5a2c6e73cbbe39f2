"""The agent asks for work and waits; an order that becomes ready wakes it at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from stockwire import wire
from stockwire.domain.records import Order, OrderLine, TaxLine


@pytest.fixture
def store(web: Any) -> Callable[[str], int]:
    """Store a paid order as the worker does. Returns its id."""
    from stockwire.hub.models import Channel
    from stockwire.hub.sync.store_order import Shop, store_order
    from stockwire.registry import channel_connector

    at = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

    def stored(code: str) -> int:
        tax = (TaxLine("VAT", Decimal(15), Decimal(15)),)
        line = OrderLine("1", "BOLT-8", "Bolt", Decimal(1), Decimal(100), Decimal(100), tax)
        paid = Order(code, f"#{code}", "processing", "ZAR", at, at, Decimal(115), Decimal(15), (line,))
        with web.hub.scope():
            row = Channel.objects.select_related("source").get(pk=web.channel_id)
            connector = channel_connector(row.type)
            return int(store_order(Shop(row, connector, row.read_settings(connector.settings)), paid).pk)

    return stored


def work_of(answer: Any) -> wire.Work:
    assert answer.status_code == 200, answer.text
    return msgspec.msgpack.decode(answer.content, type=wire.Work)


def told(web: Any, given: wire.RaiseOrder, **more: Any) -> wire.Confirmed:
    raised = wire.Raised(order_id=given.order_id, claim=given.claim, **more)
    answer = web.http.post(
        "/api/agent/raised",
        content=msgspec.msgpack.encode(raised),
        headers={"Authorization": f"Bearer {web.hub.agent_token}"},
    )
    assert answer.status_code == 200, answer.text
    return msgspec.msgpack.decode(answer.content, type=wire.Confirmed)


def asking(web: Any, pool: ThreadPoolExecutor, until: Callable[..., None], wait: float = 20) -> Future[Any]:
    """The agent asks, and the bell listens for it."""
    asked = pool.submit(web.ask, wait)
    listening = "select 1 from pg_stat_activity where application_name = 'stockwire bell' and state = 'idle'"
    until(lambda: web.hub.rows(listening))
    return asked


def test_work_that_is_there_is_given_at_once_and_confirmed(web: Any, store: Any) -> None:
    order_id = store("41")
    (given,) = work_of(web.ask(20)).raise_orders
    assert (given.order_id, given.claim, given.resource) == (order_id, 1, "Sales Order")
    assert told(web, given, state="raised", document_number="SO1").known
    assert told(web, given, state="raised", document_number="SO1").known
    assert not told(web, given, state="raised", document_number="SO2").known
    assert web.hub.rows("select state, document_number from orders") == [("raised", "SO1")]


def test_words_of_omni_that_no_database_takes_do_not_keep_an_outcome_from_arriving(
    web: Any, store: Any
) -> None:
    store("41")
    (given,) = work_of(web.ask(20)).raise_orders
    assert told(web, given, state="refused", message="Omni says: \x00\xff", hint="\x00", detail="\x00").known
    assert web.hub.rows("select state, reason, hint, detail from orders") == [
        ("refused", "Omni says: ?\xff", "?", "?")
    ]


def test_an_agent_is_given_as_many_orders_as_it_asks_for(web: Any, store: Any) -> None:
    for code in range(41, 49):
        store(str(code))
    headers = {"Authorization": f"Bearer {web.hub.agent_token}"}

    def given(**asked: str) -> int:
        answer = web.http.get("/api/agent/work", params={"wait": "0", **asked}, headers=headers)
        return len(work_of(answer).raise_orders)

    assert given() == 5
    assert given(orders="1") == 1
    assert given(orders="0") == 1
    assert given(orders="1000000") == 8
    assert web.http.get("/api/agent/work", params={"orders": "many"}, headers=headers).status_code == 422


def test_no_work_is_answered_when_the_wait_is_over(web: Any) -> None:
    began = time.monotonic()
    found = work_of(web.ask(0.5))
    assert 0.4 < time.monotonic() - began < 10
    assert (found.raise_orders, found.read_now) == ([], False)
    assert datetime.fromisoformat(found.clock_utc).tzinfo is not None


def test_an_order_that_becomes_ready_wakes_the_waiting_agent(
    web: Any, store: Any, until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody looks before the twenty seconds of the wait are over: only the bell can have told.
    monkeypatch.setattr("stockwire.hub.api.agent_orders.LOOK_AGAIN_S", 600.0)
    with ThreadPoolExecutor(1) as pool:
        for code in ("41", "42", "43", "44", "45"):
            asked = asking(web, pool, until)
            store(code)
            (given,) = work_of(asked.result(15)).raise_orders
            assert told(web, given, state="raised", document_number=f"SO{code}").known


@pytest.mark.slow
def test_a_lost_bell_costs_two_seconds_and_rings_again(
    web: Any, store: Any, until: Callable[..., None]
) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = asking(web, pool, until)
        web.hub.owner.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'stockwire bell'"
        )
        store("41")
        (given,) = work_of(asked.result(15)).raise_orders
        assert told(web, given, state="raised", document_number="SO1").known
        asked = asking(web, pool, until)
        store("42")
        assert len(work_of(asked.result(15)).raise_orders) == 1


@pytest.mark.slow
def test_thirty_agents_may_wait_without_holding_the_databases_connections(web: Any, store: Any) -> None:
    with ThreadPoolExecutor(30) as pool:
        asked = [pool.submit(web.ask, 3) for _ in range(30)]
        store("41")
        given = [order for one in asked for order in work_of(one.result(30)).raise_orders]
    assert {order.reference for order in given} == {web.hub.rows("select reference from orders")[0][0]}
    assert web.hub.rows("select count(*) from orders where state = 'raising'") == [(1,)]


def test_a_wish_for_a_reading_is_handed_out_once(web: Any) -> None:
    web.hub.owner.execute("update agents set read_now = true, full_read = true")
    found = work_of(web.ask(20))
    assert (found.read_now, found.full_read) == (True, True)
    assert not work_of(web.ask(0)).read_now


def test_an_unknown_or_revoked_agent_gets_no_work_and_is_not_believed(web: Any, store: Any) -> None:
    order_id = store("41")
    assert web.ask(0, token="swa_unknown").status_code == 401
    web.hub.owner.execute("update agents set revoked_at = now()")
    answer = web.ask(0)
    assert (answer.status_code, "revoked" in answer.json()["message"]) == (401, True)
    raised = wire.Raised(order_id=order_id, claim=1, state="raised", document_number="SO1")
    answer = web.http.post(
        "/api/agent/raised",
        content=msgspec.msgpack.encode(raised),
        headers={"Authorization": f"Bearer {web.hub.agent_token}"},
    )
    assert answer.status_code == 401
    assert web.hub.rows("select state from orders") == [("ready",)]


@pytest.mark.parametrize("wait", ["soon", "-1", "nan", "inf"])
def test_a_wait_that_is_no_time_is_refused(web: Any, wait: str) -> None:
    answer = web.http.get(
        "/api/agent/work", params={"wait": wait}, headers={"Authorization": f"Bearer {web.hub.agent_token}"}
    )
    assert answer.status_code == 422
    assert wait in answer.json()["message"]


@pytest.mark.parametrize("body", [b"", b"\xc1", b"{}", msgspec.msgpack.encode({"order_id": "x"})])
def test_an_outcome_that_cannot_be_read_is_refused(web: Any, body: bytes) -> None:
    answer = web.http.post(
        "/api/agent/raised", content=body, headers={"Authorization": f"Bearer {web.hub.agent_token}"}
    )
    assert answer.status_code == 422


def test_an_outcome_that_is_too_large_is_refused(web: Any) -> None:
    answer = web.http.post(
        "/api/agent/raised",
        content=b"x" * 300_000,
        headers={"Authorization": f"Bearer {web.hub.agent_token}"},
    )
    assert answer.status_code == 413
