"""The simulated Shopify shop on a stand: real sockets, faults that strike what they name, the control port."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from stockwire.simulators.faults import Fault
from stockwire.simulators.shopify import Shopify, simulated_shopify
from stockwire.simulators.stand import Stand
from stockwire.tls import authorities

TAG = """mutation($id: ID!) { tagsAdd(id: $id, tags: ["seen"]) { userErrors { message } } }"""
NAME = "{ shop { name } }"


@dataclass
class Served:
    """A shop on a stand with one product, and a client."""

    app: Shopify
    stand: Stand
    http: httpx2.Client
    product: str

    def post(self, query: str, **variables: Any) -> httpx2.Response:
        return self.http.post(
            f"{self.stand.url}/admin/api/2026-10/graphql.json", json={"query": query, "variables": variables}
        )

    def tagged(self) -> bool:
        return "seen" in self.app.shop.variant("BOLT")["product"]["tags"]


@pytest.fixture
def served() -> Iterator[Served]:
    app = simulated_shopify()
    product = app.shop.add_product("Bolt", [{"sku": "BOLT", "quantity": 5}])
    headers = {"X-Shopify-Access-Token": app.shop.options.access_token}
    with Stand(app) as stand, httpx2.Client(verify=authorities(), headers=headers) as http:
        yield Served(app, stand, http, product["id"])


@pytest.mark.parametrize(
    ("kind", "status", "done"),
    [
        ("error_500", 500, False),
        ("error_500_after", 500, True),
        ("html", 200, False),
        ("garbage", 200, True),
        ("rate_limited", 429, False),
    ],
)
def test_a_fault_strikes_the_mutation_it_names_and_no_query(
    served: Served, kind: str, status: int, done: bool
) -> None:
    served.stand.faults.arm(Fault(kind, path="#mutation tagsAdd"))
    assert served.post(NAME).json()["data"] == {"shop": {"name": "Stockwire Rehearsal"}}
    answer = served.post(TAG, id=served.product)
    assert answer.status_code == status
    if status == 200:
        with pytest.raises(ValueError):
            answer.json()
    assert served.tagged() is done
    assert served.stand.faults.struck[kind] == 1


def test_a_dropped_answer_leaves_the_work_done(served: Served) -> None:
    served.stand.faults.arm(Fault("drop", path="mutation"))
    with pytest.raises(httpx2.RemoteProtocolError):
        served.post(TAG, id=served.product)
    assert served.tagged()


def test_the_work_of_a_late_answer_is_done_while_the_client_has_given_up(served: Served) -> None:
    served.stand.faults.arm(Fault("answer_late", path="mutation", delay_s=30))
    with pytest.raises(httpx2.ReadTimeout):
        served.http.post(
            f"{served.stand.url}/admin/api/2026-10/graphql.json",
            json={"query": TAG, "variables": {"id": served.product}},
            timeout=0.5,
        )
    assert served.tagged()


def test_a_shop_that_refuses_connections_comes_back_with_what_it_had(served: Served) -> None:
    served.stand.refuse()
    with pytest.raises(httpx2.ConnectError):
        served.post(NAME)
    served.stand.accept()
    assert served.post(TAG, id=served.product).status_code == 200


def test_the_first_rows_of_the_next_mutation_can_be_made_to_fail(served: Served) -> None:
    served.stand.faults.arm(Fault("partial", items=2))
    assert "errors" not in served.post(NAME).json()
    roots = " ".join(
        f't{at}: tagsAdd(id: $id, tags: ["t{at}"]) {{ userErrors {{ message }} }}' for at in range(4)
    )
    body = served.post(f"mutation($id: ID!) {{ {roots} }}", id=served.product).json()
    assert [len(body["data"][f"t{at}"]["userErrors"]) for at in range(4)] == [1, 1, 0, 0]
    assert served.app.shop.variant("BOLT")["product"]["tags"] == ["t2", "t3"]


def test_calls_are_counted_by_what_they_ask_for_and_queries_are_no_writes(served: Served) -> None:
    for _ in range(2):
        served.post(NAME)
    served.post(TAG, id=served.product)
    assert served.stand.calls.counts() == {
        "POST /admin/api/*/graphql.json#query shop": 2,
        "POST /admin/api/*/graphql.json#mutation tagsAdd": 1,
    }
    assert (served.stand.calls.total, served.stand.calls.writes) == (3, 1)


def test_the_control_port_shows_the_shop_and_does_what_people_do(served: Served) -> None:
    def act(name: str, **sent: Any) -> Any:
        answer = served.http.post(f"{served.stand.control_url}/do/{name}", content=json.dumps(sent))
        assert answer.status_code == 200, answer.text
        return answer.json()["done"]

    placed = act("place_order", lines=[{"sku": "BOLT", "quantity": 2}])
    assert (placed["name"], placed["financial_status"]) == ("#1001", "PAID")
    act("set_stock", sku="BOLT", quantity=40)
    act("throttle")
    act("advance", seconds=5)
    assert act("add_product", title="Nut", variants=[{"sku": "NUT"}])["variants"][0]["sku"] == "NUT"
    assert act("duplicate_sku", sku="NUT")["title"] == "Copy of Nut"
    assert act("fulfil_by_hand", order="#1001", number="T1")["tracking"] == {"number": "T1"}
    act("drop_scope", scope="write_files")
    state = served.http.get(f"{served.stand.control_url}/state").json()
    assert state["orders"][0]["fulfilment_status"] == "FULFILLED"
    assert [row["title"] for row in state["products"]] == ["Bolt", "Nut", "Copy of Nut"]
    assert "write_files" not in state["scopes"]
    assert state["bucket"]["currentlyAvailable"] >= 500
    wrong = served.http.post(f"{served.stand.control_url}/do/place_order", content=b'{"shape": "odd"}')
    assert wrong.status_code == 400


def test_webhooks_come_and_are_retried_by_a_clock_that_runs(served: Served) -> None:
    came = threading.Event()
    statuses = iter((500, 200))

    def hub(environ: Any, start_response: Any) -> list[bytes]:
        status = next(statuses)
        start_response(f"{status} X", [])
        if status == 200:
            came.set()
        return [b""]

    app = simulated_shopify(transport=httpx2.WSGITransport(app=hub), webhook_retry_s=(0.05,))
    try:
        app.shop.fill(1, quantity=5)
        from stockwire.simulators.shopify import hooks

        hooks.add(app.shop, "ORDERS_CREATE", "https://hub.example")
        app.shop.place_order()
        assert came.wait(20)
    finally:
        app.close()
