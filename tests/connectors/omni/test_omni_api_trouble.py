"""When Omni's service is away, slow, elsewhere or something else: whether work may have been done is said on the safe side."""

from __future__ import annotations

import threading
from typing import Any

import httpx2
import pytest
from tests.connectors.omni.conftest import (
    COMPANY,
    ORDER,
    PASSWORD,
    body,
    documents,
    in_process,
    raised,
)
from werkzeug.wrappers import Response

from stockwire.connectors.omni.api import OmniService
from stockwire.errors import NotSetUp, TryLater
from stockwire.simulators.faults import Fault
from stockwire.simulators.stand import Stand


@pytest.mark.parametrize("kind", ["error_500", "html", "garbage", "rate_limited", "drop", "error_500_after"])
def test_a_look_up_that_fails_is_tried_later_and_never_means_missing(
    stand: Stand, service: OmniService, kind: str
) -> None:
    service.post(ORDER, "SW-1", body())
    stand.faults.arm(Fault(kind, times=2))
    for reference in ("SW-1", "SW-2"):
        error = raised(lambda reference=reference: service.find(ORDER, reference))  # type: ignore[misc]
        assert isinstance(error, TryLater)
        assert error.may_have_worked is False
    assert service.find(ORDER, "SW-1") is not None


@pytest.mark.parametrize(
    "kind, worked, may_have_worked",
    [
        ("error_500", False, True),
        ("error_500_after", True, True),
        ("html", False, True),
        ("garbage", True, True),
        ("rate_limited", False, False),
        ("drop", True, True),
        pytest.param("answer_late", True, True, marks=pytest.mark.slow),
    ],
)
def test_whether_a_failed_post_may_have_worked_is_said_on_the_safe_side(
    stand: Stand, service: OmniService, kind: str, worked: bool, may_have_worked: bool
) -> None:
    stand.faults.arm(Fault(kind, delay_s=30))
    error = raised(lambda: service.post(ORDER, "SW-1", body()))
    assert isinstance(error, TryLater)
    assert error.may_have_worked is may_have_worked
    assert documents(stand) == ([("SW-1", 1)] if worked else [])
    assert (service.find(ORDER, "SW-1") is not None) is worked


@pytest.mark.slow
def test_work_done_after_the_agent_gave_up_is_found_by_looking_again(
    stand: Stand, service: OmniService
) -> None:
    stand.faults.arm(Fault("work_late", delay_s=1.2, method="POST"))
    assert raised(lambda: service.post(ORDER, "SW-1", body())).may_have_worked is True  # type: ignore[attr-defined]
    for _ in range(200):
        if documents(stand):
            break
        threading.Event().wait(0.02)
    assert service.find(ORDER, "SW-1") is not None


def test_a_slow_answer_is_waited_for(stand: Stand, service: OmniService) -> None:
    stand.faults.arm(Fault("slow", delay_s=0.2))
    assert service.post(ORDER, "SW-1", body()) == "SW-1"


def test_too_many_requests_say_how_long_to_wait(stand: Stand, service: OmniService) -> None:
    stand.faults.arm(Fault("rate_limited", delay_s=7))
    assert raised(lambda: service.find(ORDER, "SW-1")).after_s == 7  # type: ignore[attr-defined]


def test_a_service_that_is_not_running_says_to_start_it_and_has_certainly_not_worked(
    stand: Stand, service: OmniService
) -> None:
    stand.refuse()
    for call in (
        service.version,
        lambda: service.post(ORDER, "SW-1", body()),
        lambda: service.find(ORDER, "SW-1"),
    ):
        error = raised(call)
        assert isinstance(error, TryLater)
        assert error.may_have_worked is False
        assert "Start OmniWebServiceREST" in error.hint
    stand.accept()
    assert service.post(ORDER, "SW-1", body()) == "SW-1"


@pytest.mark.parametrize(
    "content_type, text", [("text/html", "<!DOCTYPE html><p>Router"), ("text/plain", "hello")]
)
def test_something_else_at_the_address_is_not_set_up(content_type: str, text: str) -> None:
    with in_process(Response(text, content_type=content_type)) as service:
        assert "not Omni" in raised(service.version).message
        assert isinstance(raised(lambda: service.find(ORDER, "SW-1")), TryLater)


@pytest.mark.parametrize("status, kind", [(404, NotSetUp), (405, NotSetUp), (503, TryLater), (504, TryLater)])
def test_an_address_that_takes_no_documents_is_told_from_a_proxy_in_trouble(status: int, kind: type) -> None:
    with in_process(Response("no", status, content_type="text/plain")) as service:
        assert type(raised(lambda: service.post(ORDER, "SW-1", body()))) is kind


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8080", "ftp://127.0.0.1", "http://127.0.0.1:port", "http://h?x=1", ""]
)
def test_an_address_that_makes_no_sense_is_not_set_up(url: str) -> None:
    with pytest.raises(NotSetUp, match="makes no sense"):
        with OmniService(url, COMPANY, "Stockwire", PASSWORD) as service:
            service.version()


def test_an_address_with_a_password_in_it_is_turned_down_without_showing_it() -> None:
    error = raised(lambda: OmniService(f"http://omni:{PASSWORD}@127.0.0.1", COMPANY, "Stockwire", PASSWORD))
    assert isinstance(error, NotSetUp)


def test_an_address_may_be_ip_version_6_or_have_a_path() -> None:
    asked: list[tuple[str, str]] = []

    def omni(environ: Any, start_response: Any) -> Any:
        asked.append((environ["HTTP_HOST"], environ["PATH_INFO"]))
        banner = Response("Omni Web Server. Version 7.21.68.3389.", content_type="text/plain")
        return banner(environ, start_response)

    for url in ("http://[::1]:8080", "https://omni.example/tunnel/"):
        transport = httpx2.WSGITransport(app=omni)
        with OmniService(url, COMPANY, "Stockwire", PASSWORD, transport=transport) as service:
            assert service.version() == "7.21.68.3389"
    assert asked == [("[::1]:8080", "/"), ("omni.example", "/tunnel/")]


def test_a_404_page_of_something_else_is_no_missing_document() -> None:
    with in_process(Response("<html><p>404", 404, content_type="text/html")) as service:
        assert isinstance(raised(lambda: service.find(ORDER, "SW-1")), TryLater)
