"""One Omni document per order, whatever Omni and the way to it do. Against the Omni simulator."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from stockwire.agent.journal import Journal
from stockwire.agent.order_journal import OrderJournal
from stockwire.agent.raising import Raiser
from stockwire.connectors.omni.api import OmniService
from stockwire.simulators.faults import Fault
from stockwire.simulators.omni import create
from stockwire.simulators.stand import Stand
from stockwire.wire import RaiseOrder


@pytest.fixture
def omni():
    with Stand(create()) as stand:
        yield stand


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "agent") as journal:
        yield journal


@pytest.fixture
def service(omni):
    options = omni.app.options
    with OmniService(
        omni.url, options.company, options.user, options.password, post_timeout_s=0.4
    ) as service:
        yield service


@pytest.fixture
def make_raiser(service, journal):
    def make(repost_after_s=0.0):
        return Raiser(
            service,
            OrderJournal(journal),
            settle_s=0.1,
            repost_after_s=repost_after_s,
            wait=threading.Event().wait,
        )

    return make


def order(reference="SW-1001", claim=1, sku="PUMP-01"):
    line = {"stock_code": sku, "description": "x", "quantity": "1", "selling_price": "100"}
    body = {"sales_order": {"customer_account_code": "WEB001", "order_lines": [line]}}
    return RaiseOrder(
        order_id=7, claim=claim, resource="Sales Order", reference=reference, body=body, number="#1001"
    )


def posted(omni):
    return [(d["reference"], d["posted"]) for d in omni.app.state()["documents"]]


def test_an_order_is_posted_and_its_number_told(omni, make_raiser, journal):
    raised = make_raiser().handle(order())
    assert (raised.state, raised.document_number, raised.found) == ("raised", "SW-1001", False)
    assert posted(omni) == [("SW-1001", 1)]
    assert OrderJournal(journal).untold() == [raised]


def test_an_order_already_in_omni_is_found_and_not_posted(omni, make_raiser):
    make_raiser().handle(order())
    again = make_raiser().handle(order(claim=2))
    assert (again.state, again.document_number, again.found, again.claim) == ("raised", "SW-1001", True, 2)
    assert posted(omni) == [("SW-1001", 1)]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="answer_late", times=1, method="POST", delay_s=2.0),
        Fault(kind="drop", times=1, method="POST"),
        Fault(kind="error_500_after", times=1, method="POST"),
        Fault(kind="garbage", times=1, method="POST"),
    ],
    ids=lambda fault: fault.kind,
)
def test_an_order_whose_answer_was_lost_is_found_in_omni(omni, make_raiser, fault):
    omni.faults.arm(fault)
    raised = make_raiser().handle(order())
    assert (raised.state, raised.document_number) == ("raised", "SW-1001")
    assert posted(omni) == [("SW-1001", 1)]
    assert omni.faults.struck[fault.kind] == 1


@pytest.mark.parametrize(
    "fault",
    [Fault(kind="error_500", times=1, method="POST"), Fault(kind="html", times=1, method="POST")],
    ids=lambda fault: fault.kind,
)
def test_a_post_that_did_nothing_is_looked_up_twice_and_made_again_later(omni, make_raiser, fault):
    omni.faults.arm(fault)
    first = make_raiser().handle(order())
    assert first.state == "not_yet"
    assert omni.app.state()["documents"] == []
    second = make_raiser().handle(order(claim=2))
    assert second.state == "raised"
    assert posted(omni) == [("SW-1001", 1)]


@pytest.mark.slow
def test_nothing_is_posted_again_soon_after_a_post_without_answer(omni, make_raiser):
    omni.faults.arm(Fault(kind="work_late", times=1, method="POST", delay_s=1.5))
    raiser = make_raiser(repost_after_s=60.0)
    assert raiser.handle(order()).state == "not_yet"
    outcome = raiser.handle(order(claim=2))
    while outcome.state == "not_yet":
        outcome = raiser.handle(order(claim=outcome.claim + 1))
    assert (outcome.state, outcome.found) == ("raised", True)
    assert posted(omni) == [("SW-1001", 1)]


@pytest.mark.parametrize("hours", [-9, pytest.param(9, marks=pytest.mark.slow)])
def test_a_post_of_an_earlier_run_is_waited_for_once_whatever_was_done_to_the_clock(
    omni, make_raiser, journal, hours
):
    orders = OrderJournal(journal)
    orders.intend(order())
    orders.posting(7)
    posted_at = (datetime.now(UTC) + timedelta(hours=hours)).isoformat()
    with journal.transaction() as db:
        db.execute("UPDATE orders SET posted_at = ?", (posted_at,))
    raiser = make_raiser(repost_after_s=0.5)
    outcome = raiser.handle(order(claim=2))
    assert (outcome.state, posted(omni)) == ("not_yet", [])
    deadline = time.monotonic() + 30
    while outcome.state == "not_yet":
        assert time.monotonic() < deadline
        outcome = raiser.handle(order(claim=outcome.claim + 1))
    assert (outcome.state, posted(omni)) == ("raised", [("SW-1001", 1)])


@pytest.mark.slow
def test_a_post_that_omni_carries_out_late_meets_its_own_reference(omni, make_raiser):
    omni.faults.arm(Fault(kind="work_late", times=1, method="POST", delay_s=1.0))
    raiser = make_raiser()
    outcome = raiser.handle(order())
    for claim in range(2, 12):
        outcome = raiser.handle(order(claim=claim))
    assert outcome.state == "raised"
    assert len(posted(omni)) == 1


def test_omni_switched_off_leaves_the_order_for_later(omni, make_raiser):
    omni.refuse()
    raised = make_raiser().handle(order())
    assert raised.state == "not_yet"
    assert "Start OmniWebServiceREST" in raised.hint
    omni.accept()
    assert make_raiser().handle(order(claim=2)).state == "raised"


def test_what_omni_refuses_is_refused_with_its_words(omni, make_raiser):
    raised = make_raiser().handle(order(sku="NO-SUCH"))
    assert raised.state == "refused"
    assert "NO-SUCH" in raised.message
    assert "stock code" in raised.hint
    assert omni.app.state()["documents"] == []


def test_a_wrong_omni_password_waits_for_a_person_and_posts_nothing(omni, journal):
    with OmniService(omni.url, omni.app.options.company, "Stockwire", "wrong-secret") as service:
        raiser = Raiser(
            service, OrderJournal(journal), settle_s=0.0, repost_after_s=0.0, wait=threading.Event().wait
        )
        raised = raiser.handle(order())
    assert raised.state == "not_yet"
    assert "Invalid username or password" in raised.message
    assert "wrong-secret" not in repr(raised)


@pytest.mark.parametrize("posted_already", [True, False])
def test_after_a_restart_an_unfinished_order_is_looked_up_first(
    omni, service, make_raiser, journal, posted_already
):
    orders = OrderJournal(journal)
    orders.intend(order())
    orders.posting(7)
    if posted_already:
        service.post("Sales Order", "SW-1001", order().body)
    (outcome,) = make_raiser().resume()
    assert outcome.state == ("raised" if posted_already else "not_yet")
    assert make_raiser().handle(order(claim=2)).state == "raised"
    assert posted(omni) == [("SW-1001", 1)]


def test_an_order_omni_numbers_itself_is_posted_once_and_then_told_from_the_journal(omni, make_raiser):
    first = make_raiser().handle(order(reference=""))
    second = make_raiser().handle(order(reference="", claim=2))
    assert first.state == second.state == "raised"
    assert first.document_number == second.document_number != ""
    assert len(omni.app.state()["documents"]) == 1


def test_an_order_omni_numbers_itself_is_left_to_a_person_after_any_doubt(omni, make_raiser, journal):
    omni.faults.arm(Fault(kind="answer_late", times=1, method="POST", delay_s=2.0))
    outcome = make_raiser().handle(order(reference=""))
    assert outcome.state == "in_doubt"
    assert "Look for it in Omni" in outcome.hint
    orders = OrderJournal(journal)
    orders.told(outcome, known=False)
    assert make_raiser().handle(order(reference="", claim=2)).state == "in_doubt"
    assert len(omni.app.state()["documents"]) == 1


def test_a_stopped_agent_leaves_an_unlookable_order_in_doubt(make_raiser, journal):
    orders = OrderJournal(journal)
    orders.intend(order(reference=""))
    orders.posting(7)
    (outcome,) = make_raiser().resume()
    assert outcome.state == "in_doubt"


def test_once_a_person_knows_of_the_doubt_offering_it_again_posts_it(omni, make_raiser, journal):
    orders = OrderJournal(journal)
    orders.intend(order(reference=""))
    orders.posting(7)
    (outcome,) = make_raiser().resume()
    orders.told(outcome, known=True)
    assert make_raiser().handle(order(reference="", claim=2)).state == "raised"
    assert len(omni.app.state()["documents"]) == 1
