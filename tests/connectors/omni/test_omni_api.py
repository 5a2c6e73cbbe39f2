"""The agent's side of the web service against the simulated one, with every fault it can commit."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest
from tests.connectors.omni.conftest import (
    COMPANY,
    ORDER,
    PASSWORD,
    body,
    documents,
    in_process,
    raised,
    simulator,
)
from werkzeug.wrappers import Response

from stockwire.connectors.omni.api import AlreadyExists, Away, OmniService
from stockwire.connectors.omni.replies import Reply, is_new_enough, number_in, posting_error
from stockwire.errors import NotSetUp, Refused, TryLater
from stockwire.simulators.faults import Fault
from stockwire.simulators.stand import Stand


@pytest.mark.parametrize("auth", ["basic", "query"])
def test_an_order_is_looked_up_posted_and_found_again(stand: Stand, auth: Any) -> None:
    with OmniService(stand.url, COMPANY, "Stockwire", PASSWORD, auth) as service:
        assert service.version() == "7.21.68.3389"
        assert service.find(ORDER, "SW-1") is None
        assert service.post(ORDER, "SW-1", body()) == "SW-1"
        found = service.find(ORDER, "SW-1")
    assert found is not None
    assert (found.reference, found.number) == ("SW-1", "SW-1")
    assert str(found.body["order_lines"][0]["selling_price"]) == "149.9"
    assert documents(stand) == [("SW-1", 1)]


def test_the_password_is_never_logged_even_in_the_query(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    # The agent keeps it quiet, and may have been set up in this process before.
    caplog.set_level(logging.DEBUG, logger="httpx2")
    with OmniService(stand.url, COMPANY, "Stockwire", PASSWORD, "query") as service:
        service.post(ORDER, "SW-1", body())
    assert "/Sales%20Order/SW-1" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_service_that_numbers_documents_itself_tells_its_number() -> None:
    with in_process(simulator()) as service:
        assert [service.post(ORDER, "", body()) for _ in range(2)] == ["SO00001", "SO00002"]
    with in_process(simulator(reference_in_path=False)) as service:
        assert service.post(ORDER, "SW-1", body()) == "SO00001"


@pytest.mark.parametrize(
    "options", [{"success_reply": "json", "success_status": 201}, {"success_reply": "silent"}]
)
def test_other_ways_to_say_it_worked_are_understood(options: dict[str, Any]) -> None:
    with in_process(simulator(**options)) as service:
        assert service.post(ORDER, "SW-1", body()) == "SW-1"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"missing_document_status": 404},
        {"missing_document_status": 404, "missing_document_text": ""},
        {"missing_document_text": "Sales order not found"},
        {"missing_document_text": "No such document."},
        {"missing_document_text": 'Geen rekord vir "{reference}" nie'},
    ],
)
def test_a_missing_document_is_known_by_status_by_words_or_by_what_was_learned(
    options: dict[str, Any],
) -> None:
    with in_process(simulator(**options)) as service:
        service.learn_missing_reply(ORDER)
        assert service.find(ORDER, "SW-1") is None


@pytest.mark.parametrize(
    "text",
    [
        "Fout 17",
        "Database is offline, {reference} not read",
        "Connection lost: document {reference} not found",
    ],
)
def test_an_unclear_answer_is_never_taken_for_missing(text: str) -> None:
    with in_process(simulator(missing_document_text=text)) as service:
        assert service.learn_missing_reply(ORDER) is False
        assert isinstance(raised(lambda: service.find(ORDER, "SW-1")), TryLater)


def test_what_was_learned_for_one_kind_of_document_says_nothing_of_another() -> None:
    with in_process(simulator(missing_document_text="Geen {reference} nie")) as service:
        assert service.learn_missing_reply(ORDER) is True
        assert service.find(ORDER, "SW-1") is None
        assert isinstance(raised(lambda: service.find("Quote", "SW-1")), TryLater)


def test_a_service_that_shows_a_document_for_any_reference_cannot_be_trusted() -> None:
    app = Response('{"sales_order": {"order_lines": []}}', content_type="application/json")
    with in_process(app) as service:
        assert "cannot exist" in raised(lambda: service.learn_missing_reply(ORDER)).message


def test_a_list_of_wordings_can_be_configured() -> None:
    with in_process(simulator(missing_document_text="Fout 17"), missing_pattern="^fout 17$") as service:
        assert service.find(ORDER, "SW-1") is None


def test_a_reference_that_is_taken_is_told_apart() -> None:
    with in_process(simulator()) as service:
        service.post(ORDER, "SW-1", body())
        assert isinstance(raised(lambda: service.post(ORDER, "SW-1", body())), AlreadyExists)


@pytest.mark.parametrize(
    "sent, said, hint",
    [
        (body("GONE"), 'SW-1: Omni says: Stock code "GONE" does not exist', "stock code"),
        (body("LIGHT SWITCH"), 'Stock code "LIGHT SWITCH" does not exist', "stock code"),
        (
            body(customer_account_code="NEW"),
            'Customer account "NEW" does not exist',
            "param_default_customer_code",
        ),
        (body(warehouse_code="MARS"), 'Warehouse "MARS"', "param_warehouse_code"),
        ({"sales_order": {}}, "at least one line", "as the text says"),
        ({"order": body()["sales_order"]}, '"sales_order" expected', "as the text says"),
    ],
)
def test_a_refusal_shows_omnis_own_words_the_order_and_the_fix(
    sent: dict[str, Any], said: str, hint: str
) -> None:
    with in_process(simulator()) as service:
        error = raised(lambda: service.post(ORDER, "SW-1", sent))
    assert type(error) is Refused
    assert said in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    "act, values, hint", [("hold_customer", {"code": "WEB001"}, "off hold"), ("close_period", {}, "period")]
)
def test_a_customer_on_hold_and_a_closed_period_stop_this_order(
    act: str, values: dict[str, Any], hint: str
) -> None:
    app = simulator()
    app.acts[act](values)
    with in_process(app) as service:
        error = raised(lambda: service.post(ORDER, "SW-1", body()))
    assert type(error) is Refused
    assert hint in error.hint


@pytest.mark.parametrize(
    "options, over, kind, said",
    [
        ({}, {"password": "wrong"}, NotSetUp, "Invalid username or password"),
        ({"auth_failure_status": 401}, {"password": "wrong"}, NotSetUp, "Invalid username or password"),
        ({}, {"company": "Example Traders"}, NotSetUp, "company"),
        ({"missing_switches": ["SF187"]}, {}, NotSetUp, "switch"),
        ({"licence_full": True}, {}, Away, "licences"),
    ],
)
@pytest.mark.parametrize("call", ["find", "post", "learn"])
def test_a_wrong_set_up_is_said_before_any_document(
    options: dict[str, Any], over: dict[str, Any], kind: type, said: str, call: str
) -> None:
    with in_process(simulator(**options), **over) as service:
        calls: dict[str, Callable[[], object]] = {
            "find": lambda: service.find(ORDER, "SW-1"),
            "post": lambda: service.post(ORDER, "SW-1", body()),
            "learn": lambda: service.learn_missing_reply(ORDER),
        }
        error = raised(calls[call])
    assert type(error) is kind
    assert said in error.message
    assert error.hint


def test_a_missing_import_switch_shows_when_posting() -> None:
    with in_process(simulator(missing_switches=["SF109"])) as service:
        assert service.find(ORDER, "SW-1") is None
        assert "SF109" in raised(lambda: service.post(ORDER, "SW-1", body())).hint


def test_a_document_type_omni_does_not_know_answers_the_banner_and_is_not_set_up() -> None:
    with in_process(simulator()) as service:
        for call in (
            lambda: service.find("Sale Order", "SW-1"),
            lambda: service.post("Sale Order", "SW-1", body()),
        ):
            error = raised(call)
            assert isinstance(error, NotSetUp)
            assert "banner" in error.message


def test_a_banner_without_a_version_is_tolerated() -> None:
    with in_process(
        Response("Omni Web Server. Please contact support", content_type="text/plain")
    ) as service:
        assert service.version() == ""


@pytest.mark.parametrize(
    "version, enough",
    [
        ("7.13.63.3345", True),
        ("7.21.68.3389", True),
        ("7.9.99.9999", False),
        ("7.13.63.3344", False),
        ("", None),
    ],
)
def test_versions_are_compared_by_number(version: str, enough: bool | None) -> None:
    assert is_new_enough(version) is enough


@pytest.mark.parametrize(
    "text, number",
    [
        ("SW-1", "SW-1"),
        ("Sales Order SW-1 created", "SW-1"),
        ("Order SO00012 was created for SW-10", "SO00012"),
        ("Document saved.", "SW-1"),
        ("", "SW-1"),
    ],
)
def test_the_number_is_read_from_what_the_service_says(text: str, number: str) -> None:
    assert number_in("SW-1", Reply(200, "text/plain", text)) == number


@pytest.mark.parametrize(
    "text, kind",
    [
        ("Access violation at address 00404C58", TryLater),
        ("Timed out waiting for the database", TryLater),
        ("Deadlock: update conflicts with concurrent update", TryLater),
        ("", TryLater),
        ("Maximum users reached", Away),
        ("Stock code CONNECTION-15 is inactive", Refused),
        ("Duplicate reference SW-1", AlreadyExists),
        ("Duplicate stock code on line 2", Refused),
        ("Customer order number is required", Refused),
        ("Not licensed for this module", NotSetUp),
    ],
)
def test_words_decide_what_a_500_means(text: str, kind: type) -> None:
    assert type(posting_error(ORDER, "SW-1", Reply(500, "text/plain", text))) is kind


def test_a_report_is_read_as_a_stream_and_an_unknown_one_is_not_set_up() -> None:
    with in_process(simulator()) as service:
        with service.report("Stock Export", {"IBarCode": "none such"}) as pieces:
            assert b"".join(pieces) == b'{\r"stock_export": [ ]}'
        with pytest.raises(NotSetUp, match="does not have this report"), service.report("Nothing"):
            pass


def test_a_report_that_breaks_off_is_tried_later(stand: Stand, service: OmniService) -> None:
    stand.faults.arm(Fault("drop"))
    with pytest.raises(TryLater), service.report("Stock Export"):
        pass


def test_only_one_request_is_under_way_at_a_time() -> None:
    with Stand(simulator(one_at_a_time=False, latency_s=0.1)) as stand:
        with OmniService(stand.url, COMPANY, "Stockwire", PASSWORD) as service:
            threads = [threading.Thread(target=service.version) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        calls = stand.calls.listed()
    assert len(calls) == 3
    assert all(call["seconds"] < 0.2 for call in calls)


def test_only_two_ways_to_sign_in_exist() -> None:
    with pytest.raises(ValueError, match="basic or query"):
        OmniService("http://omni", COMPANY, "u", "p", "digest")  # type: ignore[arg-type]
