"""Recorded deliveries are verified on the raw body; forged, empty and broken ones are turned away politely."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stockwire.connectors.woocommerce import read_webhook
from stockwire.connectors.woocommerce.webhooks import MAX_BODY_BYTES, signature_of
from stockwire.errors import NotSetUp, Refused

DELIVERIES = [
    "delivered_after_create_1",
    "delivered_after_create_2",
    "delivered_after_update_1",
    "delivered_after_own_meta_1",
    "delivered_after_refund_1",
]


@pytest.fixture
def delivery(recorded):
    def get(step):
        exchange = recorded("webhooks", step)
        return exchange["headers"], exchange["body"].encode()

    return get


def signed(body: bytes, topic: str = "order.updated") -> dict[str, str]:
    return {"X-WC-Webhook-Signature": signature_of("whsec-test", body), "X-WC-Webhook-Topic": topic}


@pytest.mark.parametrize("step", DELIVERIES)
def test_every_recorded_delivery_is_believed_and_names_its_order(settings, delivery, step):
    headers, body = delivery(step)
    hint = read_webhook(settings(), headers, body)
    assert [order.channel_order_code for order in hint.orders] == ["58"]
    assert hint.topic == headers["X-WC-Webhook-Topic"]
    assert not hint.ping


def test_a_hint_carries_the_time_of_the_change_in_utc(settings, delivery):
    hint = read_webhook(settings(), *delivery("delivered_after_create_1"))
    assert hint.orders[0].modified_at == datetime(2026, 11, 23, 4, 48, 55, tzinfo=UTC)


@pytest.mark.parametrize("step", ["ping_1", "ping_2"])
def test_the_unsigned_ping_of_a_new_webhook_is_answered_kindly(settings, delivery, step):
    hint = read_webhook(settings(), *delivery(step))
    assert hint.ping
    assert hint.orders == ()


def test_header_names_may_come_in_any_case(settings, delivery):
    headers, body = delivery("delivered_after_create_1")
    lowered = {name.lower(): value for name, value in headers.items()}
    assert read_webhook(settings(), lowered, body).orders


def test_created_and_updated_of_the_same_state_are_one_delivery(settings, delivery):
    first = read_webhook(settings(), *delivery("delivered_after_create_1"))
    second = read_webhook(settings(), *delivery("delivered_after_create_2"))
    assert first.dedupe_key == second.dedupe_key != ""


def test_every_later_state_is_another_delivery(settings, delivery):
    keys = [read_webhook(settings(), *delivery(step)).dedupe_key for step in DELIVERIES[1:]]
    assert len(set(keys)) == 4


def test_different_orders_under_one_delivery_id_stay_different(settings, delivery):
    headers, body = delivery("delivered_after_create_2")
    other = body.replace(b'{"id":58,', b'{"id":59,', 1)
    assert other != body
    same_id = {**headers, **signed(other)}
    assert same_id["X-WC-Webhook-Delivery-ID"] == headers["X-WC-Webhook-Delivery-ID"]
    keys = {read_webhook(settings(), h, b).dedupe_key for h, b in ((headers, body), (same_id, other))}
    assert len(keys) == 2


def test_two_states_within_one_second_are_not_taken_for_one(settings, delivery):
    headers, body = delivery("delivered_after_create_1")
    other = body.replace(b'"status":"processing"', b'"status":"cancelled"', 1)
    assert other != body
    keys = {read_webhook(settings(), h, b).dedupe_key for h, b in ((headers, body), (signed(other), other))}
    assert len(keys) == 2


def test_a_deleted_order_comes_with_its_id_alone(settings):
    body = b'{"id":58}'
    hint = read_webhook(settings(), signed(body, "order.deleted"), body)
    assert hint.orders[0].channel_order_code == "58"
    assert hint.orders[0].modified_at is None
    assert hint.dedupe_key


def test_a_product_delivery_names_no_order(settings):
    body = b'{"id":12,"date_modified_gmt":"2026-11-23T04:48:55"}'
    assert read_webhook(settings(), signed(body, "product.updated"), body).orders == ()


@pytest.mark.parametrize("change", [b" ", b"\n", b'{"id":59,'])
def test_a_body_that_differs_in_one_byte_from_what_was_signed_is_forged(settings, delivery, change):
    headers, body = delivery("delivered_after_create_1")
    with pytest.raises(Refused, match="signature does not fit"):
        read_webhook(settings(), headers, body + change)


@pytest.mark.parametrize("signature", ["", "AAAA", "é", "H+8GZjtB0QWfwVID5se9GRk+SxzCaYVZAkziSAsuGEA="])
def test_a_wrong_or_missing_signature_is_forged(settings, delivery, signature):
    headers, body = delivery("delivered_after_create_1")
    with pytest.raises(Refused, match="signature does not fit"):
        read_webhook(settings(), {**headers, "X-WC-Webhook-Signature": signature}, body)


def test_a_delivery_signed_with_another_secret_says_how_to_repair_it(settings, delivery):
    with pytest.raises(Refused) as caught:
        read_webhook(settings(hmac_shared_secret="another"), *delivery("delivered_after_create_1"))
    assert "hmac_shared_secret" in caught.value.hint


def test_without_a_secret_nothing_can_be_believed(settings, delivery):
    with pytest.raises(NotSetUp, match="no webhook secret"):
        read_webhook(settings(hmac_shared_secret=None), *delivery("delivered_after_create_1"))


def test_an_empty_delivery_is_turned_away(settings):
    with pytest.raises(Refused, match="empty"):
        read_webhook(settings(), {}, b"")


def test_a_delivery_of_10_mb_is_turned_away_before_it_is_read(settings):
    body = b"x" * 10_000_000
    with pytest.raises(Refused, match="larger than 1 MB"):
        read_webhook(settings(), signed(body), body)
    assert MAX_BODY_BYTES == 1_000_000


@pytest.mark.parametrize(
    "body",
    [b"not json", b"\xff\xfe", b'{"id":', b'["a"]', b'{"id":1,"date_modified_gmt":"soon"}', b"[" * 100_000],
)
def test_a_signed_body_that_is_no_order_is_turned_away(settings, body):
    with pytest.raises(Refused, match="cannot be read"):
        read_webhook(settings(), signed(body), body)


@pytest.mark.parametrize("body", [b"webhook_id=1&order_id=2", b"webhook_id=", b"webhook_id=x"])
def test_only_an_exact_ping_is_a_ping(settings, body):
    with pytest.raises(Refused):
        read_webhook(settings(), {}, body)
