"""The signer against recorded requests: base string, parameters, signature, and what the shop made of it."""

from __future__ import annotations

import pytest

from stockwire.connectors.woocommerce import oauth1

SIGNED = ["get_sha256", "get_header", "post_json_body", "wrong_secret", "old_timestamp"]


@pytest.mark.parametrize("step", SIGNED)
def test_every_part_of_a_recorded_signature_is_made_again(recorded, step):
    exchange = recorded("oauth1", step)
    known, sent = exchange["oauth1"], exchange["oauth1"]["oauth_parameters"]
    parameters = {**known["request_parameters"], **sent}
    assert oauth1.normalized_parameters(parameters) == known["normalized_parameters"]
    text = oauth1.base_string(exchange["request"]["method"], known["url"], parameters)
    assert text == known["base_string"]
    assert known["signing_key"] == known["consumer_secret"] + "&"
    assert oauth1.signature(text, known["consumer_secret"]) == known["signature"]


def test_a_whole_request_is_signed_as_the_recorded_one_that_the_shop_accepted(recorded):
    exchange = recorded("oauth1", "get_sha256")
    known, sent = exchange["oauth1"], exchange["oauth1"]["oauth_parameters"]
    made = oauth1.signed_parameters(
        "GET",
        known["url"],
        known["request_parameters"],
        consumer_key=known["consumer_key"],
        consumer_secret=known["consumer_secret"],
        nonce=sent["oauth_nonce"],
        timestamp_s=int(sent["oauth_timestamp"]),
    )
    assert made == exchange["request"]["query"]
    assert exchange["response"]["status"] == 200


def test_blanks_are_sent_as_they_are_signed():
    assert oauth1.query_string([("sku", "TUBE 700C+48")]) == "sku=TUBE%20700C%2B48"


def test_an_unusual_port_is_signed_and_a_usual_one_is_not():
    assert "http%3A%2F%2Fshop.example%3A8080%2Fx" in oauth1.base_string(
        "GET", "http://Shop.example:8080/x", {}
    )
    assert "http%3A%2F%2Fshop.example%2Fx" in oauth1.base_string("GET", "http://shop.example:80/x", {})


def test_an_address_of_numbers_keeps_its_brackets():
    assert "http%3A%2F%2F%5B%3A%3A1%5D%3A81%2Fx" in oauth1.base_string("get", "http://[::1]:81/x", {})
