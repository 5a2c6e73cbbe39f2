"""What the shop's recorded errors mean, in words for the operator, and never with a key in them."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest

from stockwire.connectors.woocommerce.api import _WithoutKeys
from stockwire.connectors.woocommerce.refusals import (
    explain,
    explain_row,
    read_error,
    redacted,
    retry_after_s,
)
from stockwire.errors import NotSetUp, Refused, TryLater

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def told(exchange, **more):
    response = exchange["response"]
    return explain(read_error(response["status"], response["body"]), now=NOW, **more)


@pytest.mark.parametrize(
    "scenario, step, kind, message",
    [
        ("connection", "no_auth", NotSetUp, "does not accept the key"),
        ("connection", "wrong_key", NotSetUp, "does not accept the key"),
        ("connection", "wrong_secret", NotSetUp, "consumer secret is wrong"),
        ("connection", "read_key_writes", NotSetUp, "may not read and write"),
        ("connection", "write_key_reads", NotSetUp, "may not read and write"),
        ("connection", "customer_key_products", NotSetUp, "may not do that in the shop"),
        ("connection", "customer_key_creates", NotSetUp, "may not do that in the shop"),
        ("connection", "unknown_route", NotSetUp, "API was not found"),
        ("connection", "legacy_api", NotSetUp, "old WooCommerce API"),
        ("connection", "per_page_over_limit", Refused, "per_page"),
        ("connection", "malformed_json", Refused, "Invalid JSON body"),
        ("oauth1", "wrong_signature", NotSetUp, "consumer secret is wrong"),
        ("oauth1", "unknown_key", NotSetUp, "does not know this consumer key"),
        ("oauth1", "old_timestamp", NotSetUp, "disagree about the time"),
        ("oauth1", "get_sha256_replayed", TryLater, "seen this signature before"),
        ("batches", "over_limit", TryLater, "too big"),
        ("orders", "refund_too_much", TryLater, "HTTP 500"),
    ],
)
def test_a_recorded_error_says_what_to_do(recorded, scenario, step, kind, message):
    error = told(recorded(scenario, step))
    assert type(error) is kind
    assert message in error.message
    assert error.hint


def test_a_web_page_under_a_wrong_address_says_to_check_the_address(recorded):
    error = told(recorded("connection", "html_answer"), is_json=False)
    assert isinstance(error, NotSetUp)
    assert "Permalinks" in error.hint


def test_a_refund_error_whose_data_is_a_number_is_read(recorded):
    response = recorded("orders", "refund_too_much")["response"]
    assert response["body"]["data"] == 500
    assert read_error(response["status"], response["body"]).message == "Invalid refund amount."


@pytest.mark.parametrize("body", [None, [], "x", 7, {}, {"errors": []}, {"errors": "x"}, {"data": []}])
def test_an_error_of_any_shape_can_be_read(body):
    assert isinstance(explain(read_error(400, body)), Refused)


@pytest.mark.parametrize(
    "scenario, step, message",
    [
        ("products", "gtin_duplicate", "already uses this barcode for product 12"),
        ("products", "create_sku_of_trashed", "in its bin"),
        ("products", "update_missing_id", "no longer has the product"),
    ],
)
def test_an_error_of_one_product_names_its_sku_and_the_fix(recorded, scenario, step, message):
    response = recorded(scenario, step)["response"]
    error = explain_row("BELL-OLD", read_error(response["status"], response["body"]))
    assert isinstance(error, Refused)
    assert error.message.startswith("BELL-OLD: ")
    assert message in error.message
    assert error.hint


def test_a_variation_inside_a_batch_is_explained_in_plain_words(recorded):
    row = recorded("batches", "variation_via_products_batch")["response"]["body"]["update"][0]
    error = explain_row("JERSEY-S", read_error(400, row["error"]))
    assert "variation of another product" in error.message
    assert "<product_id>" in error.detail


def test_the_product_that_has_a_duplicate_sku_is_named_by_the_shop(recorded):
    response = recorded("products", "create_duplicate_sku")["response"]
    assert read_error(400, response["body"]).resource_id == 12
    in_bin = recorded("products", "create_sku_of_trashed")["response"]
    assert read_error(400, in_bin["body"]).resource_id == 0


@pytest.mark.parametrize(
    "status, wrote, may",
    [
        (500, True, True),
        (500, False, False),
        (502, True, True),
        (504, True, True),
        (503, True, False),
        (524, True, True),
    ],
)
def test_an_error_of_the_server_may_have_worked_when_something_was_written(status, wrote, may):
    error = explain(read_error(status, None), wrote=wrote, is_json=False)
    assert isinstance(error, TryLater)
    assert error.may_have_worked is may


def test_too_many_requests_wait_as_long_as_the_shop_says():
    assert explain(read_error(429, None), headers={"Retry-After": "7"}, now=NOW).after_s == 7
    late = {"retry-after": "Mon, 23 Nov 2026 06:02:00 GMT"}
    assert explain(read_error(429, None), headers=late, now=NOW).after_s == 120
    assert explain(read_error(429, None), headers={}, now=NOW).after_s == 60


@pytest.mark.parametrize("text", ["", "soon", "-5", "Mon, 99 Nov"])
def test_a_retry_after_that_means_nothing_is_not_trusted(text):
    assert retry_after_s({"Retry-After": text}, NOW) is None


def test_a_retry_after_in_the_past_is_no_wait_and_a_huge_one_is_a_day():
    assert retry_after_s({"Retry-After": "Mon, 23 Nov 2026 05:00:00 GMT"}, NOW) == 0
    assert retry_after_s({"Retry-After": "999999999"}, NOW) == 86_400


@pytest.mark.parametrize(
    "text",
    [
        "https://shop.example/x?consumer_key=ck_0123456789abcdef&consumer_secret=cs_fedcba9876543210",
        "ck_0123456789abcdef cs_fedcba9876543210",
        "oauth_signature=zhZLATEtMCaVY2q9noiq8tOjqgLp&x=1",
    ],
)
def test_no_key_is_left_in_a_text(text):
    shown = redacted(text)
    for part in ("0123456789", "fedcba", "zhZLATE"):
        assert part not in shown
    assert "***" in shown


def test_the_http_library_logs_no_keys():
    assert any(isinstance(kept, _WithoutKeys) for kept in logging.getLogger("httpx2").filters)
    record = logging.LogRecord(
        "httpx2",
        logging.INFO,
        "",
        0,
        "HTTP Request: %s %s",
        ("GET", "https://x/?consumer_secret=cs_fedcba98"),
        None,
    )
    assert _WithoutKeys().filter(record)
    assert record.getMessage() == "HTTP Request: GET https://x/?consumer_secret=***"
