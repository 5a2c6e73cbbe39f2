"""Webhooks are hints from strangers: verified, bounded, answered at once, and never believed."""

from __future__ import annotations

import random
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

MEGABYTE = 1_000_000


def test_a_delivery_marks_its_order_and_wakes_the_lane(web: Any) -> None:
    assert web.deliver(web.order_body()).status_code == 200
    assert (web.marks(), web.wakes()) == ([("41", 1)], 1)
    assert web.hub.rows("select count(*) from orders") == [(0,)]


def test_the_same_delivery_ten_times_at_once_marks_its_order_once(web: Any) -> None:
    body = web.order_body()
    with ThreadPoolExecutor(10) as shop:
        answers = list(shop.map(lambda _: web.deliver(body).status_code, range(10)))
    assert answers == [200] * 10
    assert web.marks() == [("41", 1)]


def test_deliveries_in_any_order_mark_every_state_they_speak_of(web: Any) -> None:
    states = [web.order_body(code, f"2026-11-23T08:00:0{second}") for code in (41, 42) for second in range(3)]
    sent = states * 10
    random.Random(7).shuffle(sent)
    for body in sent:
        # All deliveries within a second share one delivery id: it must not be looked at.
        assert web.deliver(body, **{"X-WC-Webhook-Delivery-ID": "same"}).status_code == 200
    assert web.marks() == [("41", 3), ("42", 3)]


@pytest.mark.parametrize("signature", ["", "AAAA", "a" * 44, "é" * 20])
def test_a_forged_delivery_is_turned_away_and_does_nothing(web: Any, signature: str) -> None:
    forged = signature.encode()
    answer = web.http.post(
        f"/hooks/{web.key}",
        content=web.order_body(),
        headers=[(b"X-WC-Webhook-Topic", b"order.updated"), (b"X-WC-Webhook-Signature", forged)],
    )
    assert answer.status_code == 401
    assert (web.marks(), web.wakes()) == ([], 0)


def test_a_delivery_signed_for_another_body_is_turned_away(web: Any) -> None:
    first = web.deliver(web.order_body())
    signature = first.request.headers["X-WC-Webhook-Signature"]
    assert web.deliver(web.order_body(42), signature=signature).status_code == 401
    assert web.marks() == [("41", 1)]


@pytest.mark.parametrize("body", [b"", b"  \n"])
def test_an_empty_delivery_is_a_bad_request(web: Any, body: bytes) -> None:
    assert web.deliver(body).status_code == 400
    assert web.marks() == []


@pytest.mark.parametrize("body", [b"not json", b"[1, 2]", b'{"id": {}}', b"\xff\xfe", b"[" * 100_000])
def test_a_signed_delivery_that_cannot_be_read_is_turned_away(web: Any, body: bytes) -> None:
    assert web.deliver(body).status_code == 401
    assert web.marks() == []


def test_the_unsigned_ping_of_a_new_webhook_is_answered_kindly(web: Any) -> None:
    answer = web.http.post(f"/hooks/{web.key}", data={"webhook_id": "7"})
    assert answer.status_code == 200
    assert (web.marks(), web.wakes()) == ([], 0)


def test_an_unknown_address_is_not_found_without_saying_more(web: Any) -> None:
    answer = web.deliver(web.order_body(), key="x" * 32)
    assert (answer.status_code, answer.json()["message"]) == (404, "There is nothing here.")


def test_only_post_is_understood(web: Any) -> None:
    assert web.http.get(f"/hooks/{web.key}").status_code == 405


def test_a_delivery_for_another_topic_is_taken_and_marks_nothing(web: Any) -> None:
    answer = web.deliver(web.order_body(), **{"X-WC-Webhook-Topic": "product.updated"})
    assert (answer.status_code, web.marks()) == (200, [])


def test_a_delivery_to_a_channel_that_is_switched_off_is_taken_and_marks_nothing(web: Any) -> None:
    web.hub.owner.execute("update channels set active = false")
    assert web.deliver(web.order_body()).status_code == 200
    assert web.marks() == []


def test_an_order_that_waits_for_a_person_is_tried_again_when_the_shop_speaks_of_it(web: Any) -> None:
    web.deliver(web.order_body())
    web.hub.owner.execute("update order_marks set needs_you = true, attempts = 6")
    web.deliver(web.order_body(modified="2026-11-23T09:00:00"))
    assert web.hub.rows("select version, attempts, needs_you from order_marks") == [(2, 0, False)]


def test_another_client_is_not_touched(web: Any) -> None:
    other = web.hub.new_client("Bosveld Tools")
    web.deliver(web.order_body())
    assert web.hub.rows("select count(*) from order_marks where client_id = %s", other) == [(0,)]


def test_ten_megabytes_are_refused_before_they_are_sent(web: Any) -> None:
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as shop:
        shop.sendall(
            f"POST /hooks/{web.key} HTTP/1.1\r\nHost: hub\r\nContent-Length: {10 * MEGABYTE}\r\n\r\n".encode()
        )
        assert shop.recv(4096).startswith(b"HTTP/1.1 413")


def test_ten_megabytes_of_unstated_length_are_cut_off_at_one(web: Any) -> None:
    sent = 0
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as shop:
        shop.sendall(
            f"POST /hooks/{web.key} HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )
        shop.settimeout(0.05)
        answer = b""
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        deadline = time.monotonic() + 10
        while not answer and sent < 10 * MEGABYTE and time.monotonic() < deadline:
            try:
                sent += shop.send(chunk)
                shop.settimeout(0.001)
                answer = shop.recv(4096)
            except TimeoutError:
                shop.settimeout(0.05)
            except (BrokenPipeError, ConnectionResetError):
                break
    assert sent < 10 * MEGABYTE
    assert answer.startswith(b"HTTP/1.1 413")
    assert web.marks() == []


def test_ten_megabytes_are_refused_by_the_view_itself_too(web: Any) -> None:
    from django.test import Client

    shop = Client()
    answers = [
        shop.post(f"/hooks/{web.key}", b"x" * (10 * MEGABYTE), content_type="application/json").status_code,
        shop.generic("POST", f"/hooks/{web.key}", b"x" * (MEGABYTE + 1), CONTENT_LENGTH="many").status_code,
    ]
    assert answers == [413, 413]


def test_a_megabyte_is_still_taken(web: Any) -> None:
    padded = web.order_body()[:-1] + b', "note": "' + b"x" * 900_000 + b'"}'
    assert web.deliver(padded).status_code == 200
    assert web.marks() == [("41", 1)]


def test_deliveries_are_answered_while_the_lane_is_still_being_worked_on(web: Any) -> None:
    from stockwire.hub.sync import lanes

    lane_id = web.hub.rows("select id from lanes where kind = 'orders'")[0][0]
    held = lanes.claim(web.hub.client_id, lane_id, "a busy worker")
    assert held is not None
    entered, leave = threading.Event(), threading.Event()

    def work() -> None:
        from django.db import connection

        with lanes.writing(held):
            entered.set()
            leave.wait(60)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        assert entered.wait(10)
        web.deliver(web.order_body(1))
        for code in range(2, 22):
            assert web.deliver(web.order_body(code)).status_code == 200
        assert worker.is_alive(), "the lane was let go of before the last delivery was answered"
    finally:
        leave.set()
        worker.join(10)


@pytest.mark.parametrize(
    ("address", "most"),
    [("/api/agent/enrol", 16 * 1024 * 1024), ("/sign-in", 100_000)],
    ids=["agent", "sign-in"],
)
def test_what_else_anybody_may_send_is_bounded_before_it_is_sent(web: Any, address: str, most: int) -> None:
    for size, refused in ((most + 1, True), (most, False)):
        with socket.create_connection(("127.0.0.1", web.port), timeout=10) as stranger:
            stranger.sendall(
                f"POST {address} HTTP/1.1\r\nHost: hub\r\nContent-Length: {size}\r\n\r\n".encode()
            )
            if refused:
                assert stranger.recv(4096).startswith(b"HTTP/1.1 413")
            else:
                stranger.settimeout(0.5)
                with pytest.raises(TimeoutError):
                    stranger.recv(4096)
