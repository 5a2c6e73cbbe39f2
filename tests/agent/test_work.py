"""The agent's round: it asks for work, does it, and leaves Omni alone while Omni takes nothing on."""

from __future__ import annotations

import threading

import pytest
from structlog.testing import capture_logs

from stockwire.agent.config import HubSettings
from stockwire.agent.fetching import Fetcher
from stockwire.agent.journal import Journal
from stockwire.agent.link import HubLink
from stockwire.agent.order_journal import OrderJournal
from stockwire.agent.raising import Raiser
from stockwire.agent.work import LONGEST_AWAY_S, WorkLoop
from stockwire.connectors.omni.api import OmniService
from stockwire.simulators.faults import Fault
from stockwire.simulators.omni import create
from stockwire.simulators.stand import Stand
from stockwire.wire import RaiseOrder

TOKEN = "the-token-of-this-agent"


@pytest.fixture
def omni():
    with Stand(create(one_at_a_time=False)) as stand:
        yield stand


@pytest.fixture
def make_loop(hub, omni, tmp_path):
    """A round of an agent with this token, at the hub of conftest and the simulated Omni."""
    open_things = []

    def make(at_once=1, post_timeout_s=0.5):
        options = omni.app.options
        service = OmniService(
            omni.url,
            options.company,
            options.user,
            options.password,
            post_timeout_s=post_timeout_s,
            at_once=at_once,
        )
        journal = Journal(tmp_path / "agent")
        link = HubLink(HubSettings(url=hub.url), TOKEN)
        open_things.extend([link, service, journal])
        orders = OrderJournal(journal)
        raiser = Raiser(service, orders, settle_s=0.05, repost_after_s=0.0, wait=threading.Event().wait)
        return WorkLoop(
            link,
            orders,
            raiser,
            Fetcher(service),
            at_once=at_once,
            settle_s=0.5,
            read_now=lambda full: None,
        )

    yield make
    for one in open_things:
        one.close()


def orders(*numbers, claim=1):
    line = {"stock_code": "PUMP-01", "description": "x", "quantity": "1", "selling_price": "100"}
    body = {"sales_order": {"customer_account_code": "WEB001", "order_lines": [line]}}
    return [
        RaiseOrder(
            order_id=number,
            claim=claim,
            resource="Sales Order",
            reference=f"SW-{number}",
            body=body,
            number=f"#{number}",
        )
        for number in numbers
    ]


def test_a_closed_omni_is_asked_once_for_all_orders_and_longer_each_time(hub, omni, make_loop):
    omni.refuse()
    loop = make_loop()
    pauses, messages = [], set()
    with capture_logs() as said:
        for claim in range(1, 9):
            hub.to_raise = orders(1, 2, 3, 4, 5, claim=claim)
            pauses.append(loop.step())
            (told,) = hub.raised
            assert (told.state, told.omni_away, told.order_id) == ("not_yet", True, 1)
            assert told.untried == [(number, claim) for number in (2, 3, 4, 5)]
            messages.add(told.message)
            hub.raised.clear()
    assert messages == {"OmniWebServiceREST cannot be reached."}
    assert pauses[:4] == [1.0, 2.0, 4.0, 8.0]
    assert pauses[-1] == LONGEST_AWAY_S
    assert [line["event"] for line in said] == ["orders wait: OmniWebServiceREST cannot be reached."]

    omni.accept()
    hub.to_raise = orders(1, 2, 3, 4, 5, claim=9)
    with capture_logs() as said:
        assert loop.step() == 0.0
    assert [told.state for told in hub.raised] == ["raised"] * 5
    assert [line["event"] for line in said] == ["order raised"] * 5 + ["orders go on: Omni answers again"]
    omni.refuse()
    hub.to_raise = orders(6, claim=1)
    assert loop.step() == 1.0, "the next time is the first time again"


def test_a_wrong_answer_for_the_whole_service_does_not_cost_every_order_a_try(hub, omni, make_loop):
    loop = make_loop()
    hub.to_raise = orders(1)
    loop.step()
    hub.raised.clear()
    omni.faults.arm(Fault(kind="banner", times=1))
    hub.to_raise = orders(2, 3, 4)
    loop.step()
    (told,) = hub.raised
    assert told.message.startswith("Omni answered with its banner")
    assert told.untried == [(3, 1), (4, 1)]
    hub.raised.clear()
    hub.to_raise = orders(2, 3, 4, claim=2)
    loop.step()
    assert [told.state for told in hub.raised] == ["raised"] * 3


def test_one_order_that_gets_no_answer_does_not_keep_the_others_from_being_raised(hub, omni, make_loop):
    omni.faults.arm(Fault(kind="error_500", times=None, path="SW-2$"))
    loop = make_loop()
    with capture_logs() as said:
        for claim in (1, 2, 3):
            hub.to_raise = orders(1, 2, 3, claim=claim)
            assert loop.step() == 0.0
    assert sorted(told.order_id for told in hub.raised if told.state == "raised") == [1, 1, 1, 3, 3, 3]
    assert [line["event"] for line in said].count("order not_yet") == 1, "said once, not at every try"


def test_several_orders_are_under_way_at_the_same_time_where_omni_takes_that(hub, omni, make_loop, until):
    omni.faults.arm(Fault(kind="slow", times=4, method="POST", delay_s=60))
    loop = make_loop(at_once=4, post_timeout_s=30)
    hub.to_raise = orders(*range(1, 9))
    round_of_work = threading.Thread(target=loop.step)
    round_of_work.start()
    try:
        until(lambda: omni.faults.struck_so_far().get("slow") == 4)
        assert hub.raised == []
    finally:
        omni.faults.end_waits()
        round_of_work.join(60)
    assert not round_of_work.is_alive()
    assert sorted(told.order_id for told in hub.raised) == list(range(1, 9))


@pytest.mark.slow
def test_every_order_is_raised_once_when_many_go_at_the_same_time_among_faults(hub, omni, make_loop):
    for kind in ("drop", "error_500_after", "answer_late"):
        omni.faults.arm(Fault(kind=kind, times=None, method="POST", probability=0.2, delay_s=0.7))
    loop = make_loop(at_once=4, post_timeout_s=0.4)
    open_orders, claim = set(range(1, 25)), 0
    while open_orders:
        claim += 1
        assert claim < 40
        hub.to_raise = orders(*sorted(open_orders), claim=claim)
        loop.step()
        open_orders -= {told.order_id for told in hub.raised if told.state == "raised"}
    assert {(d["reference"], d["posted"]) for d in omni.app.state()["documents"]} == {
        (f"SW-{number}", 1) for number in range(1, 25)
    }


@pytest.mark.slow
def test_a_hub_that_cannot_be_reached_is_not_told_every_outcome_in_vain(hub, omni, make_loop):
    loop = make_loop()
    hub.deaf_to_outcomes = True
    hub.to_raise = orders(1, 2, 3)
    with capture_logs() as said:
        loop.step()
    assert len([line for line in said if "waits" in line["event"]]) == 1
    hub.deaf_to_outcomes = False
    loop.step()
    assert sorted(told.order_id for told in hub.raised) == [1, 2, 3]
