"""A document looked up in Omni by its number: its head only, and every other end said in words."""

from __future__ import annotations

import pytest

from stockwire.agent.fetching import Fetcher
from stockwire.connectors.omni.api import OmniService
from stockwire.simulators.faults import Fault
from stockwire.simulators.omni import create
from stockwire.simulators.stand import Stand
from stockwire.wire import FetchOrder

BOTH = ["Sales Order", "Quote"]


@pytest.fixture
def omni():
    with Stand(create()) as stand:
        yield stand


def service_of(omni, **options):
    own = omni.app.options
    return OmniService(omni.url, own.company, own.user, own.password, post_timeout_s=0.4, **options)


@pytest.fixture
def service(omni):
    with service_of(omni) as service:
        yield service


def captured(service, resource="Sales Order"):
    """A document somebody captured at the Omni server: Omni gives it its number."""
    line = {"stock_code": "PUMP-01", "description": "Pump", "quantity": "2", "selling_price": "100"}
    head = {"customer_account_code": "CASH01", "customer_name": "Anna", "document_date": "2026-11-20"}
    key, lines = ("quote", "quote_lines") if resource == "Quote" else ("sales_order", "order_lines")
    return service.post(resource, "", {key: {**head, "note": None, lines: [line]}})


def wanted(number, resources=None):
    return FetchOrder(fetch_id=9, number=number, resources=resources or BOTH)


def test_a_document_omni_numbered_itself_is_found_and_only_its_head_leaves_the_premises(service):
    number = captured(service)
    fetched = Fetcher(service).fetch(wanted(number))
    assert (fetched.fetch_id, fetched.state, fetched.resource, fetched.number) == (
        9,
        "found",
        "Sales Order",
        "SO00001",
    )
    assert fetched.header["customer_account_code"] == "CASH01"
    assert fetched.header["document_date"] == "2026-11-20"
    assert fetched.header["note"] == ""
    assert "PUMP-01" not in repr(fetched)


def test_it_is_looked_for_in_one_kind_of_document_after_the_other(service):
    number = captured(service, "Quote")
    assert Fetcher(service).fetch(wanted(number)).resource == "Quote"
    only = Fetcher(service).fetch(wanted(number, ["Sales Order"]))
    assert (only.state, only.message) == (
        "missing",
        "Omni has no Sales Order with the number Q00001.",
    )


def test_a_number_omni_does_not_have_is_said_with_what_to_check(service):
    fetched = Fetcher(service).fetch(wanted("SO 99/1"))
    assert fetched.message == "Omni has no Sales Order and no Quote with the number SO 99/1."
    assert "exactly as Omni shows it" in fetched.hint


def test_where_numbers_are_not_in_the_address_the_document_is_missing_and_not_invented(omni):
    with Stand(create(numbers_in_path=False)) as other, service_of(other) as service:
        assert Fetcher(service).fetch(wanted(captured(service))).state == "missing"


def test_a_document_is_found_although_missing_is_worded_in_no_known_way(omni):
    with Stand(create(missing_document_text="Nada {reference}")) as other, service_of(other) as service:
        number = captured(service)
        assert Fetcher(service).fetch(wanted(number)).state == "found"
        assert Fetcher(service).fetch(wanted("SO7")).state == "missing"


@pytest.mark.parametrize("kind", ["answer_late", "drop", "error_500", "html"])
def test_what_omni_does_not_answer_is_asked_again_later_and_never_called_missing(omni, service, kind):
    number = captured(service)
    fetcher = Fetcher(service)
    assert fetcher.fetch(wanted(number)).state == "found"
    omni.faults.arm(Fault(kind=kind, times=1, method="GET", delay_s=1.0))
    assert fetcher.fetch(wanted(number)).state == "not_yet"
    assert fetcher.fetch(wanted(number)).state == "found"


def test_an_agent_without_access_to_omni_says_so(omni):
    assert "[omni]" in Fetcher(None).fetch(wanted("SO1")).hint
    with OmniService(omni.url, omni.app.options.company, "Stockwire", "wrong-secret") as service:
        fetched = Fetcher(service).fetch(wanted("SO1"))
    assert (fetched.state, fetched.message) == ("failed", "Omni says: Invalid username or password.")
    assert "wrong-secret" not in repr(fetched)
