"""Documents of the simulated Omni: numbered, reserved, turned down and counted as the real one does or may do."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from tests.simulators.omni_books import BASIC, COMPANY, STOCK, client, order

from stockwire.simulators.omni import create
from stockwire.simulators.stand import Stand


@pytest.mark.parametrize(
    "resource, lines, envelope",
    [("Sales Order", "order_lines", "sales_order"), ("Quote", "quote_lines", "quote")],
)
def test_a_document_is_posted_read_back_and_updated(resource: str, lines: str, envelope: str) -> None:
    body = {
        envelope: {
            "customer_account_code": "WEB001",
            "build_type": "x",
            lines: order()["sales_order"]["order_lines"],
        }
    }
    with client() as http:
        saved = http.post(f"/{resource}/SW-000001", json=body)
        assert (saved.status_code, saved.headers["Content-Type"], saved.text) == (
            200,
            "text/plain; charset=ISO-8859-1",
            "SW-000001",
        )
        read = http.get(f"/{resource}/SW-000001")
        assert read.headers["Content-Type"] == "application/json"
        document = read.json()[envelope]
        assert document["build_type"] == "x", "A12: unknown header keys are kept"
        assert document[lines][0]["line_no"] == 1
        assert document[lines][0]["selling_price"] == 17.39
        document[lines][0]["quantity"] = 5
        assert http.put(f"/{resource}/SW-000001", json={envelope: document}).status_code == 200
        assert http.get(f"/{resource}/SW-000001").json()[envelope][lines][0]["quantity"] == 5
        assert http.delete(f"/{resource}/SW-000001").status_code == 500


def test_without_a_reference_the_service_numbers_the_document() -> None:
    with client() as http:
        assert [http.post("/Sales%20Order/", json=order()).text for _ in range(2)] == ["SO00001", "SO00002"]


def test_a_service_that_insists_on_its_own_numbers_ignores_ours() -> None:
    with client(reference_in_path=False) as http:
        assert [http.post("/Sales Order/SW-1", json=order()).text for _ in range(2)] == ["SO00001", "SO00002"]
        assert http.get("/Sales Order/SW-1").status_code == 500


def test_a_sales_order_reserves_stock_and_a_quote_does_not() -> None:
    told: list[tuple[str, Decimal, str]] = []
    with client(on_reserved=lambda *change: told.append(change)) as http:
        http.post(
            "/Quote/Q1",
            json={
                "quote": {
                    "customer_account_code": "WEB001",
                    "quote_lines": order()["sales_order"]["order_lines"],
                }
            },
        )
        assert told == []
        line = {"stock_code": "00123", "quantity": 2.5, "selling_price": 10}
        http.post("/Sales Order/SW-1", json=order(line))
        http.post("/Sales Order/SW-2", json=order({**line, "quantity": 20}))
        stock = {(s["stock_code"], s["warehouse_code"]): s for s in http.app.state()["stock"]}  # type: ignore[attr-defined]
        assert stock["00123", "1"] == {
            "stock_code": "00123",
            "warehouse_code": "1",
            "level": "12.50",
            "reserved": "22.5",
            "available": "0",
        }
        http.app.acts["delete_document"]({"reference": "SW-2"})  # type: ignore[attr-defined]
        assert http.get("/Report/Stock Export").json()["stock_export"][0]["available"] == 10
    assert told == [("00123", Decimal("2.5"), "1"), ("00123", Decimal(20), "1"), ("00123", Decimal(-20), "1")]


@pytest.mark.parametrize(
    "body, said",
    [
        (
            order({"stock_code": "GONE", "quantity": 1, "selling_price": 1}),
            'Stock code "GONE" does not exist',
        ),
        (order(customer_account_code="NOBODY"), 'Customer account "NOBODY" does not exist'),
        (order(warehouse_code="MARS"), 'Warehouse "MARS" does not exist'),
        (order({"stock_code": "B-2", "quantity": 1, "selling_price": 1, "vat_code": "9"}), 'VAT code "9"'),
        (order({"stock_code": "B-2", "quantity": "1", "selling_price": 1}), "quantity must be a number"),
        (order({"stock_code": "B-2", "quantity": 0, "selling_price": 1}), "more than 0"),
        (order()["sales_order"], '"sales_order" expected'),
        ({"sales_order": {"customer_account_code": "WEB001"}}, "at least one line"),
    ],
)
def test_a_document_with_something_unknown_is_turned_down_whole(body: dict[str, Any], said: str) -> None:
    with client() as http:
        answer = http.post("/Sales Order/SW-1", json=body)
        assert answer.status_code == 500
        assert said in answer.text
        state = http.app.state()  # type: ignore[attr-defined]
    assert state["documents"] == []
    assert {s["reserved"] for s in state["stock"]} == {"0"}


def test_a_body_that_is_no_json_is_turned_down() -> None:
    with client() as http:
        assert http.post("/Sales Order/SW-1", content=b"{").status_code == 500


@pytest.mark.parametrize(
    "options, said",
    [
        ({"missing_switches": ["SF187"]}, "SF187"),
        ({"missing_switches": ["SF109"]}, "SF109"),
        ({"missing_switches": ["SF083"]}, "SF083"),
        ({"licence_full": True}, "maximum number of users"),
        ({"reference_max": 3}, "longer than 3"),
    ],
)
def test_each_reason_to_turn_an_order_down_is_an_option(options: dict[str, Any], said: str) -> None:
    with client(**options) as http:
        answer = http.post("/Sales Order/SW-1", json=order())
    assert (answer.status_code, said in answer.text) == (500, True)


def test_the_assumptions_about_answers_are_options() -> None:
    with client(missing_document_status=404, missing_document_text="Nothing here") as http:
        assert (http.get("/Quote/X").status_code, http.get("/Quote/X").text) == (404, "Nothing here")
    with client(envelope_required=False, success_reply="json", success_status=201) as http:
        saved = http.post("/Sales Order/SW-1", json=order()["sales_order"])
        assert (saved.status_code, saved.json()) == (201, {"reference": "SW-1"})
    with client(
        duplicate_reference_text="Duplicate document", success_reply="silent", check_codes=False
    ) as http:
        assert http.post("/Sales Order/SW-1", json=order(customer_account_code="ANY")).text == "Saved."
        assert http.post("/Sales Order/SW-1", json=order()).text == "Duplicate document"


def test_acts_change_the_books_and_the_state_shows_how_often_a_document_was_posted() -> None:
    with Stand(create(stock=STOCK)) as stand, httpx2.Client(base_url=stand.control_url) as control:
        url = f"{stand.url}/Sales Order/SW-1"

        def post(code: str = "WEB001") -> str:
            body = order(customer_account_code=code)
            return httpx2.post(url, params={"CompanyName": COMPANY}, auth=BASIC, json=body).text

        def act(name: str, **values: Any) -> Any:
            return control.post(f"/do/{name}", json=values).raise_for_status().json()["done"]

        assert "does not exist" in post("NEW")
        act("add_customer", code="NEW")
        act("hold_customer", code="NEW")
        assert "on hold" in post("NEW")
        act("close_period")
        assert "period is closed" in post()
        act("close_period", closed=False)
        act("set_switch", switch="SF109", on=False)
        assert "SF109" in post()
        act("set_switch", switch="SF109")
        assert act("set_stock", stock_code="B-2", level=30)["available"] == "30"
        act("add_stock", stock_code="C-3", description="Third", level=1, price=5)
        assert (post(), "already exists" in post()) == ("SW-1", True)
        act("delete_document", reference="SW-1")
        assert post() == "SW-1"
        state = control.get("/state").json()
        assert [(d["reference"], d["number"], d["posted"]) for d in state["documents"]] == [
            ("SW-1", "SW-1", 2)
        ]
        assert state["documents"][0]["body"]["order_lines"][0]["selling_price"] == "17.39"
        assert control.post("/do/delete_document", json={"reference": "SW-9"}).status_code == 400


def test_numbers_survive_without_float_error() -> None:
    with client() as http:
        body = json.dumps(order({"stock_code": "B-2", "quantity": 3, "selling_price": 0})).replace(
            '"selling_price": 0', '"selling_price": 0.10000000000000000001'
        )
        http.post("/Sales Order/SW-1", content=body)
        assert '"selling_price" : 0.10000000000000000001' in http.get("/Sales Order/SW-1").text
