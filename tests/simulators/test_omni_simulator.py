"""The simulated OmniWebServiceREST does what is recorded of the real one, and guesses only by option."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from tests.simulators.omni_books import STOCK, client, order

from stockwire.simulators.omni import create
from stockwire.simulators.omni_books import Rejected
from stockwire.simulators.omni_reports import column_key, slug
from stockwire.simulators.stand import Stand

BANNER = "Omni Web Server. Version 7.21.68.3389. Please contact support for developer API."
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


def test_options_from_a_command_line_are_understood() -> None:
    options = create(missing_switches="SF187, SF109", warehouses=1, password=4711).options
    assert (options.missing_switches, options.warehouses, options.password) == (
        ["SF187", "SF109"],
        ["1"],
        "4711",
    )


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


@pytest.mark.slow
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


def test_what_cannot_be_found_in_the_books_is_rejected_with_words() -> None:
    app = create(stock=STOCK)
    with pytest.raises(Rejected, match="does not exist"):
        app.books.document("Quote", "Q9")
