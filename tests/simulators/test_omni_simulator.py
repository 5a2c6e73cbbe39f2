"""The simulated OmniWebServiceREST does what is recorded of the real one, and guesses only by option."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from stockwire.simulators.omni import create
from stockwire.simulators.omni_books import Rejected
from stockwire.simulators.omni_reports import column_key, slug
from stockwire.simulators.stand import Stand

COMPANY = "Example Traders (Pty) Ltd"
BASIC = ("Stockwire", "rehearsal")
BANNER = "Omni Web Server. Version 7.21.68.3389. Please contact support for developer API."
STOCK = (
    {
        "stock_code": "00123",
        "description": "Größe ×2",
        "level": "12.50",
        "price": "198.80",
        "bar_code": "6001",
    },
    {"stock_code": "B-2", "description": "Second", "level": -3, "price": "20.00"},
    {"stock_code": "B-2", "warehouse_code": "EDN", "level": 7, "price": "20.00"},
)

RECORDED_COLUMNS = [
    "product_group_description",
    "stock_category_description",
    "stock_code",
    "stock_description",
    "unit_of_measure",
    "pack",
    "bar_code",
    "vat_code",
    "revenue_account",
    "purchases_account",
    "cost_price",
    "cost_price_per",
    "unit_volume",
    "unit_weight",
    "selling_price_currency",
    "selling_price_excl",
    "selling_price_incl",
    "selling_price_markup",
    "selling_price_measure",
    "selling_price_per",
    "incl_unit_selling_price",
    "level",
    "customer_currency",
    "customer_discount",
    "customer_discount_type",
    "customer_price_excl",
    "customer_price_incl",
    "customer_price",
    "customer_price_per",
    "customer_unit_price_excl",
    "customer_unit_price_incl",
    "stock_memo",
    "available",
    "reorder_qty",
]


def client(**options: Any) -> httpx2.Client:
    app = create(**{"stock": STOCK, **options})
    http = httpx2.Client(
        transport=httpx2.WSGITransport(app=app),
        base_url="http://omni",
        auth=BASIC,
        params={"CompanyName": COMPANY},
    )
    http.app = app  # type: ignore[attr-defined]
    return http


def order(*lines: dict[str, Any], **header: Any) -> dict[str, Any]:
    default = {"stock_code": "B-2", "description": "Second", "quantity": 2, "selling_price": 17.39}
    return {
        "sales_order": {"customer_account_code": "WEB001", **header, "order_lines": list(lines) or [default]}
    }


@pytest.mark.parametrize(
    "path", ["/", "/Report", "/Reports", "/api/reports", "/help", "/Sales%20Order", "/Invoices/1"]
)
def test_unknown_addresses_answer_the_banner(path: str) -> None:
    with client() as http:
        answer = http.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/plain; charset=ISO-8859-1")
    assert answer.text == BANNER
    assert len(answer.content) == 80


@pytest.mark.parametrize("path, size", [("/Report/", None), ("/Report/List", 26)])
def test_an_unknown_report_is_a_500_in_plain_text(path: str, size: int | None) -> None:
    with client() as http:
        answer = http.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "text/plain; charset=ISO-8859-1")
    assert size is None or len(answer.content) == size


def test_a_report_is_written_with_lone_cr_and_spaced_colons() -> None:
    with client(reports={"Lot #3 GP% (OL)": ("stock_code", "level", "Supplier #")}) as http:
        answer = http.get("/Report/Lot %233 GP%25 (OL)")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.text == (
        '{\r"lot__3_gppercent__ol_": [ {"stock_code" : "00123",\r"level" : 12.5,\r"supplier_#" : null\r},\r'
        '{"stock_code" : "B-2",\r"level" : 4,\r"supplier_#" : null\r}]}'
    )


def test_a_report_without_rows_is_an_empty_list_of_exactly_this_form() -> None:
    with client(stock=(), reports={"Sales Analysis Products": ("stock_code",)}) as http:
        answer = http.get("/Report/Sales Analysis Products")
    assert answer.content == b'{\r"sales_analysis_products": [ ]}'
    assert len(answer.content) == 33


@pytest.mark.parametrize(
    "name, key",
    [
        ("Stock Export - wooCommerce - Levels Only", "stock_export___woocommerce___levels_only"),
        ("Sales Analysis GP% Report", "sales_analysis_gppercent_report"),
        ("OL - DASHBOARD -ALL- V31", "ol___dashboard__all__v31"),
    ],
)
def test_report_keys_follow_the_recorded_rule(name: str, key: str) -> None:
    assert slug(name) == key


def test_column_keys_keep_the_hash() -> None:
    assert [column_key(c) for c in ("Supplier #", "Last Supplier's Name", "30 Days")] == [
        "supplier_#",
        "last_supplier_s_name",
        "30_days",
    ]


def test_stock_export_has_the_recorded_columns_and_sums_warehouses() -> None:
    with client() as http:
        rows = http.get("/Report/Stock Export").json()["stock_export"]
    assert [row["stock_code"] for row in rows] == ["00123", "B-2"]
    assert list(rows[0]) == RECORDED_COLUMNS
    assert rows[0]["stock_description"] == "Größe ×2"
    assert (rows[0]["selling_price_excl"], rows[0]["selling_price_incl"]) == (198.8, 228.62)
    assert (rows[1]["level"], rows[1]["available"], rows[1]["customer_price"]) == (4, 4, None)


def test_the_barcode_filter_works_in_any_case_and_other_parameters_are_ignored() -> None:
    with client() as http:
        for name in ("IBarCode", "IBarcode", "ibarcode"):
            answer = http.get("/Report/Stock Export", params={name: "6001", "Format": "CSV"})
            assert [row["stock_code"] for row in answer.json()["stock_export"]] == ["00123"]
        assert http.get("/Report/Stock Export", params={"IBarCode": "none"}).text == '{\r"stock_export": [ ]}'


@pytest.mark.parametrize(
    "query",
    [
        "CompanyName=Example+Traders+%28Pty%29+Ltd&UserName=Stockwire&Password=rehearsal",
        "CompanyName=Example%20Traders%20(Pty)%20Ltd&UserName=Stockwire&Password=rehearsal",
        "companyname=Example+Traders+(Pty)+Ltd&USERNAME=Stockwire&password=rehearsal",
    ],
)
def test_signing_in_by_query_takes_plus_and_percent_and_any_case_of_the_names(query: str) -> None:
    with httpx2.Client(transport=httpx2.WSGITransport(app=create(stock=STOCK))) as http:
        assert (
            http.get(f"http://omni/Report/Stock Export?{query}").headers["Content-Type"] == "application/json"
        )


@pytest.mark.parametrize("status", [500, 401])
def test_a_wrong_password_is_answered_with_the_recorded_words(status: int) -> None:
    with client(auth_failure_status=status) as http:
        answer = http.get("/Quote/Q1", auth=("Stockwire", "wrong"))
    assert (answer.status_code, answer.text) == (status, "Invalid username or password")


def test_the_company_name_must_match_to_the_letter() -> None:
    with client(company="Example  Traders") as http:
        assert "does not exist" in http.get("/Quote/Q1", params={"CompanyName": "Example Traders"}).text


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


def test_options_from_a_command_line_are_understood() -> None:
    options = create(missing_switches="SF187, SF109", warehouses=1, password=4711).options
    assert (options.missing_switches, options.warehouses, options.password) == (
        ["SF187", "SF109"],
        ["1"],
        "4711",
    )


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


def test_stock_from_a_callable_is_read_again_when_a_code_is_unknown_or_a_report_is_asked_for() -> None:
    rows: list[dict[str, Any]] = [
        {"stock_code": "A", "description": "A", "level": 5, "price": 1, "reserved": 1}
    ]
    line = {"stock_code": "B", "quantity": 1, "selling_price": 1}
    with client(stock=lambda: list(rows)) as http:
        assert "does not exist" in http.post("/Sales Order/SW-1", json=order(line)).text
        rows.append({"stock_code": "B", "description": "B", "level": 2, "price": 1})
        assert http.post("/Sales Order/SW-1", json=order(line)).text == "SW-1"
        rows[0]["level"] = 9
        found = http.get("/Report/Stock Export - wooCommerce - Levels Only").json()
    assert found == {
        "stock_export___woocommerce___levels_only": [
            {"stock_code": "A", "available": 8},
            {"stock_code": "B", "available": 1},
        ]
    }


def test_requests_queue_when_one_at_a_time() -> None:
    import threading
    import time

    def seconds(**options: Any) -> tuple[float, float]:
        """How long four requests took together, and how long each for itself in sum."""
        with Stand(create(stock=STOCK, latency_s=0.2, **options)) as stand:
            threads = [threading.Thread(target=httpx2.get, args=(stand.url,)) for _ in range(4)]
            began = time.monotonic()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            together = time.monotonic() - began
            return together, sum(call["seconds"] for call in stand.calls.listed())

    queued, _ = seconds(one_at_a_time=True)
    assert queued >= 4 * 0.2
    together, in_sum = seconds(one_at_a_time=False)
    assert together < in_sum, "no two of them were ever under way at once"


def test_numbers_survive_without_float_error() -> None:
    with client() as http:
        body = json.dumps(order({"stock_code": "B-2", "quantity": 3, "selling_price": 0})).replace(
            '"selling_price": 0', '"selling_price": 0.10000000000000000001'
        )
        http.post("/Sales Order/SW-1", content=body)
        assert '"selling_price" : 0.10000000000000000001' in http.get("/Sales Order/SW-1").text


def test_what_cannot_be_found_in_the_books_is_rejected_with_words() -> None:
    app = create(stock=STOCK)
    with pytest.raises(Rejected, match="does not exist"):
        app.books.document("Quote", "Q9")
