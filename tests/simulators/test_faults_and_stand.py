"""The stand every simulator is served by: its faults strike as they say, its doors really close."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from werkzeug.wrappers import Request, Response

from stockwire.simulators.faults import FAULT_KEY, KINDS, Fault, Faults, FaultyApp
from stockwire.simulators.stand import Stand, route_of
from stockwire.tls import authorities


class Counter:
    """The smallest system worth simulating: every POST counts one up."""

    def __init__(self) -> None:
        self.count = 0
        self.worked = threading.Condition()
        self.acts: dict[str, Callable[[dict[str, Any]], object]] = {"set": self._set}

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        failing = environ[FAULT_KEY].items if FAULT_KEY in environ else 0
        if request.method == "POST":
            with self.worked:
                self.count += len(request.get_data()) or 1
                self.worked.notify_all()
        answer = json.dumps({"count": self.count, "failing": failing})
        return Response(answer, content_type="application/json")(environ, start_response)

    def state(self) -> dict[str, Any]:
        return {"count": self.count}

    def wait_for(self, count: int) -> bool:
        with self.worked:
            return self.worked.wait_for(lambda: self.count == count, 5)

    def _set(self, values: dict[str, Any]) -> object:
        self.count = int(values["count"])
        return self.count


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def stand(counter: Counter) -> Iterator[Stand]:
    with Stand(counter) as stand:
        yield stand


@pytest.fixture
def control(stand: Stand) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=stand.control_url, verify=authorities()) as client:
        yield client


def wait_until(condition: Callable[[], bool]) -> None:
    deadline, pause = time.monotonic() + 20, threading.Event()
    while not condition():
        assert time.monotonic() < deadline
        pause.wait(0.01)


def post(stand: Stand, timeout_s: float = 5) -> httpx2.Response:
    return httpx2.post(f"{stand.url}/things", content=b"1", timeout=timeout_s, verify=authorities())


def test_without_faults_the_system_answers_and_is_counted(stand: Stand, control: httpx2.Client) -> None:
    assert post(stand).json()["count"] == 1
    assert httpx2.get(f"{stand.url}/things/77", verify=authorities()).status_code == 200
    calls = control.get("/calls").json()
    assert (calls["total"], calls["writes"]) == (2, 1)
    assert calls["counts"] == {"POST /things": 1, "GET /things/*": 1}
    assert [(c["method"], c["path"], c["status"]) for c in calls["calls"]] == [
        ("POST", "/things", 200),
        ("GET", "/things/77", 200),
    ]
    assert control.delete("/calls").json()["total"] == 0


@pytest.mark.parametrize(
    "kind, status, worked",
    [
        ("error_500", 500, 0),
        ("error_500_after", 500, 1),
        ("html", 200, 0),
        ("garbage", 200, 1),
        ("rate_limited", 429, 0),
        ("banner", 200, 0),
    ],
)
def test_a_fault_that_answers_does_the_work_or_not_as_its_kind_says(
    stand: Stand, counter: Counter, control: httpx2.Client, kind: str, status: int, worked: int
) -> None:
    control.post("/faults", json={"kind": kind, "delay_s": 3}).raise_for_status()
    answer = post(stand)
    assert (answer.status_code, counter.count) == (status, worked)
    if kind == "rate_limited":
        assert answer.headers["Retry-After"] == "3"
    if kind == "html":
        assert answer.headers["Content-Type"].startswith("text/html")
    if kind == "garbage":
        assert answer.headers["Content-Type"] == "application/json"
        with pytest.raises(ValueError):
            answer.json()
    assert control.get("/faults").json()["struck"] == {kind: 1}
    assert post(stand).json()["count"] == worked + 1, "one time is one time"


def test_a_dropped_connection_has_done_the_work_and_answers_nothing(stand: Stand, counter: Counter) -> None:
    stand.faults.arm(Fault("drop"))
    with pytest.raises(httpx2.RemoteProtocolError):
        post(stand)
    assert counter.count == 1
    assert stand.calls.listed()[0]["status"] == 0


def test_a_door_that_closes_after_an_answer_refuses_the_next_call_and_opens_by_itself(
    stand: Stand, counter: Counter
) -> None:
    stand.faults.arm(Fault("refuse", delay_s=60))
    assert post(stand).json()["count"] == 1
    with pytest.raises(httpx2.ConnectError):
        post(stand)
    stand.accept()
    stand.faults.arm(Fault("refuse", delay_s=0.1))
    assert post(stand).json()["count"] == 2
    wait_until(lambda: stand.accepting)
    assert post(stand).json()["count"] == 3


def test_a_restart_cuts_off_every_call_under_way_and_refuses_for_a_while(
    stand: Stand, counter: Counter
) -> None:
    stand.faults.arm(Fault("slow", delay_s=60))
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(post, stand, 30)
        wait_until(lambda: stand.faults.struck_so_far() == {"slow": 1})
        stand.faults.arm(Fault("restart", delay_s=60))
        with pytest.raises(httpx2.RemoteProtocolError):
            post(stand)
        with pytest.raises(httpx2.HTTPError):
            held.result(20)
    assert counter.count == 1, "the call that restarted it had done its work"
    with pytest.raises(httpx2.ConnectError):
        post(stand)
    stand.accept()
    assert httpx2.get(f"{stand.url}/things/1", verify=authorities()).status_code == 200


def test_a_slow_answer_comes_after_the_delay(stand: Stand) -> None:
    stand.faults.arm(Fault("slow", delay_s=0.2))
    began = time.monotonic()
    assert post(stand).json()["count"] == 1
    assert time.monotonic() - began >= 0.2


def test_an_answer_too_late_has_done_the_work_at_once(stand: Stand, counter: Counter) -> None:
    stand.faults.arm(Fault("answer_late", delay_s=60))
    with pytest.raises(httpx2.ReadTimeout):
        post(stand, timeout_s=0.2)
    assert counter.count == 1


def test_late_work_is_done_after_the_client_has_gone(stand: Stand, counter: Counter) -> None:
    stand.faults.arm(Fault("work_late", delay_s=0.5))
    with pytest.raises(httpx2.ReadTimeout):
        post(stand, timeout_s=0.1)
    assert counter.count == 0
    assert counter.wait_for(1)


def test_partial_is_left_to_the_simulated_system(stand: Stand) -> None:
    stand.faults.arm(Fault("partial", items=3))
    assert [post(stand).json()["failing"] for _ in range(2)] == [3, 0]


def test_a_fault_strikes_only_the_calls_it_names(stand: Stand) -> None:
    stand.faults.arm(Fault("error_500", times=None, method="post", path="^/other"))
    assert post(stand).status_code == 200
    assert httpx2.get(f"{stand.url}/other", verify=authorities()).status_code == 200
    assert [httpx2.post(f"{stand.url}/other/1", verify=authorities()).status_code for _ in range(3)] == [
        500,
        500,
        500,
    ]
    stand.faults.clear()
    assert httpx2.post(f"{stand.url}/other/1", verify=authorities()).status_code == 200


def test_chance_is_repeatable_by_its_seed() -> None:
    def struck(seed: int) -> list[bool]:
        faults = Faults(seed=seed)
        faults.arm(Fault("error_500", times=None, probability=0.5))
        return [faults.take("GET", "/") is not None for _ in range(50)]

    assert struck(1) == struck(1) != struck(2)
    assert 10 < sum(struck(1)) < 40


def test_refusing_really_closes_the_socket_and_accepting_opens_the_same_port(
    stand: Stand, control: httpx2.Client
) -> None:
    url = stand.url
    assert control.post("/refuse").json() == {"accepting": False, "seconds": None}
    with pytest.raises(httpx2.ConnectError):
        post(stand)
    assert control.get("/health").json() == {"ok": True, "url": url, "accepting": False}
    control.post("/accept").raise_for_status()
    assert stand.url == url
    assert post(stand).status_code == 200


@pytest.mark.slow
def test_refusing_for_a_while_ends_by_itself(stand: Stand, control: httpx2.Client) -> None:
    control.post("/refuse", json={"seconds": 3}).raise_for_status()
    with pytest.raises(httpx2.ConnectError):
        post(stand)
    deadline = time.monotonic() + 30
    while not stand.accepting:
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)
    assert post(stand).status_code == 200


def test_stopping_while_refusing_never_opens_the_port_again(counter: Counter) -> None:
    with Stand(counter) as stand:
        stand.refuse(seconds=0.1)
    threading.Event().wait(0.2)
    assert not stand.accepting


def test_stopping_ends_calls_that_are_being_delayed(counter: Counter) -> None:
    stand = Stand(counter).start()
    stand.faults.arm(Fault("slow", delay_s=60))
    ended = threading.Event()

    def call() -> None:
        with pytest.raises(httpx2.HTTPError):
            post(stand, timeout_s=30)
        ended.set()

    caller = threading.Thread(target=call)
    caller.start()
    deadline = time.monotonic() + 30
    while not stand.faults.struck:
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)
    began = time.monotonic()
    stand.stop()
    assert ended.wait(20)
    caller.join()
    assert time.monotonic() - began < 20, "it waited for the delay of a minute"
    assert counter.count == 0


def test_a_taken_port_is_an_error_and_leaves_nothing_open(counter: Counter) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        stand = Stand(counter, control_port=port)
        with pytest.raises(OSError):
            stand.start()
        assert not stand.accepting


@pytest.mark.parametrize(
    "body, said",
    [
        (b'{"kind": "earthquake"}', "There is no fault 'earthquake'"),
        (b'{"kind": "slow", "speed": 1}', "Unknown field 'speed'"),
        (b'{"kind": "slow", "times": 0}', "times must be at least 1"),
        (b'{"kind": "slow", "delay_s": "long"}', "wrong type"),
        (b'{"kind": "slow", "path": "("}', "no regular expression"),
        (b"[]", "JSON object"),
        (b"{", "no JSON"),
    ],
)
def test_a_fault_that_makes_no_sense_is_turned_down_with_words(
    control: httpx2.Client, body: bytes, said: str
) -> None:
    answer = control.post("/faults", content=body)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_the_control_api_shows_state_and_does_acts(control: httpx2.Client) -> None:
    assert control.post("/do/set", json={"count": 9}).json() == {"done": 9}
    assert control.get("/state").json() == {"count": 9}
    assert control.post("/do/set", json={}).json() == {"error": "'count' is missing or unknown."}
    assert control.post("/do/set", json={"count": None}).status_code == 400
    assert "Acts: set" in control.post("/do/nothing").json()["error"]
    assert control.get("/nowhere").status_code == 404
    assert set(control.get("/faults").json()["kinds"]) == set(KINDS)


def test_faults_work_in_process_without_sockets(counter: Counter) -> None:
    faults = Faults()
    faults.arm(Fault("error_500_after"))
    with httpx2.Client(
        transport=httpx2.WSGITransport(app=FaultyApp(counter, faults)), base_url="http://x"
    ) as client:
        assert client.post("/things", content=b"12").status_code == 500
        assert client.post("/things", content=b"1").json()["count"] == 3


def test_routes_are_counted_without_their_numbers() -> None:
    assert route_of("/wp-json/wc/v3/products/12/variations/9") == "/wp-json/wc/v3/products/*/variations/*"
    assert route_of("/Sales Order/SW-0001") == "/Sales Order/*"


def test_a_stand_that_stops_closes_the_system_it_serves() -> None:
    class Closing(Counter):
        closed = 0

        def close(self) -> None:
            self.closed += 1

    system = Closing()
    with Stand(system):
        assert system.closed == 0
    assert system.closed == 1
