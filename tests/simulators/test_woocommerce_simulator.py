"""What the simulated WooCommerce shop does that a replay of single exchanges cannot show."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from stockwire.simulators.faults import Fault
from stockwire.simulators.stand import Stand
from stockwire.simulators.woocommerce import Key, create

KEYS = ("ck_test", "cs_test")
NOON = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def test_the_gateway_gives_up_after_the_writes_were_done(open_shop: Callable[..., Any]) -> None:
    shop = open_shop(item_latency_s=0.05, gateway_timeout_s=0.1)
    rows = [{"name": f"Nut {at}", "sku": f"NUT-{at}", "regular_price": "1.00"} for at in range(4)]
    answer = shop.http.post("/products/batch", json={"create": rows})
    assert answer.status_code == 504
    assert answer.text.startswith("<html>")
    assert len(shop.get("/products", sku="NUT-0,NUT-1,NUT-2,NUT-3")) == 4


@pytest.mark.slow
def test_the_latency_of_items_does_not_hold_up_other_callers(open_shop: Callable[..., Any]) -> None:
    shop = open_shop(item_latency_s=0.05)
    rows = [{"name": f"Nut {at}"} for at in range(20)]
    done: list[float] = []

    def slow_call() -> None:
        shop.http.post("/products/batch", json={"create": rows})
        done.append(time.monotonic())

    thread = threading.Thread(target=slow_call)
    thread.start()
    with httpx2.Client(
        transport=httpx2.WSGITransport(app=shop.app), base_url="https://shop.example", auth=KEYS
    ) as other:
        assert other.get("/wp-json/wc/v3/orders").status_code == 200
    answered = time.monotonic()
    thread.join()
    assert answered < done[0]


def test_the_first_rows_of_a_batch_can_be_made_to_fail_and_the_rest_works() -> None:
    with Stand(create(consumer_key=KEYS[0], consumer_secret=KEYS[1], treat_as_https=True)) as stand:
        with httpx2.Client(base_url=f"{stand.url}/wp-json/wc/v3", auth=KEYS) as http:
            rows = [{"name": f"Nut {at}", "sku": f"NUT-{at}"} for at in range(4)]
            stand.faults.arm(Fault("partial", items=2, path="/batch"))
            answer = http.post("/products/batch", json={"create": rows})
            assert answer.status_code == 200
            assert ["error" in row for row in answer.json()["create"]] == [True, True, False, False]
            assert [row["id"] for row in answer.json()["create"]][:2] == [0, 0]
            again = http.post("/products/batch", json={"create": rows[:2]})
            assert ["error" in row for row in again.json()["create"]] == [False, False]
            assert stand.faults.struck["partial"] == 1


def test_a_stand_places_orders_and_shows_the_shop() -> None:
    with Stand(create(consumer_key=KEYS[0], consumer_secret=KEYS[1], treat_as_https=True)) as stand:
        with httpx2.Client() as control:
            product = {"name": "Bolt", "sku": "BOLT", "regular_price": "11.50"}
            assert control.post(f"{stand.control_url}/do/add_product", json=product).status_code == 200
            placed = control.post(f"{stand.control_url}/do/place_order", json={"shape": "coupon"}).json()[
                "done"
            ]
            state = control.get(f"{stand.control_url}/state").json()
        assert [order["id"] for order in state["orders"]] == [placed["id"]]
        assert placed["total"] == "10.35"
        assert state["orders"][0]["lines"] == [
            {"sku": "BOLT", "quantity": 1, "total": "9.00", "total_tax": "1.35"}
        ]


@pytest.mark.parametrize(
    ("shape", "lines", "tax_free"),
    [
        ("guest", 1, False),
        ("coupon", 1, False),
        ("zero_tax", 1, True),
        ("shipping", 1, False),
        ("two_lines", 2, False),
        ("unknown_sku", 1, False),
        ("customer", 1, False),
        ("foreign", 1, True),
    ],
)
def test_orders_of_every_shape_add_up(shop: Any, shape: str, lines: int, tax_free: bool) -> None:
    shop.bolt()
    shop.bolt(sku="NUT", regular_price="3.33")
    order = shop.get(f"/orders/{shop.act('place_order', shape=shape)['id']}")
    assert len(order["line_items"]) == lines
    parts = [line["total"] for line in [*order["line_items"], *order["shipping_lines"]]]
    assert round(sum(map(float, parts)) + float(order["total_tax"]), 2) == float(order["total"])
    assert (order["total_tax"] == "0.00") == tax_free
    assert bool(order["coupon_lines"]) == (shape == "coupon")
    assert bool(order["shipping_lines"]) == (shape == "shipping")
    assert bool(order["customer_id"]) == (shape == "customer")
    assert order["status"] == "processing"


def test_stock_falls_when_an_order_is_processed_and_returns_when_it_is_cancelled(shop: Any) -> None:
    bolt = shop.bolt()

    def held() -> Any:
        return shop.get(f"/products/{bolt}")["stock_quantity"]

    order = shop.post("/orders", {"line_items": [{"product_id": bolt, "quantity": 4}]})["id"]
    assert held() == 9
    shop.act("pay_order", id=order)
    assert held() == 5
    shop.act("set_status", id=order, status="completed")
    assert held() == 5
    shop.act("cancel_order", id=order)
    assert held() == 9


def test_a_meta_write_moves_the_date_of_an_order_only_with_orders_in_their_own_tables(
    open_shop: Callable[..., Any],
) -> None:
    for storage, moved in (("hpos", True), ("cpt", False)):
        shop = open_shop(order_storage=storage)
        before = shop.post("/orders", {})
        shop.now = NOON.replace(minute=5)
        after = shop.put(f"/orders/{before['id']}", {"meta_data": [{"key": "_erp", "value": "SO-1"}]})
        assert (after["date_modified_gmt"] != before["date_modified_gmt"]) == moved


def test_a_status_of_a_plugin_can_be_set_once_it_is_known(shop: Any) -> None:
    order = shop.post("/orders", {})["id"]
    assert shop.http.put(f"/orders/{order}", json={"status": "picking"}).status_code == 400
    shop.act("add_plugin_status", slug="picking", name="Being picked")
    assert shop.put(f"/orders/{order}", {"status": "picking"})["status"] == "picking"
    assert {"slug": "picking", "name": "Being picked"} in shop.get("/orders/statuses")
    assert shop.get("/orders", status="picking")[0]["id"] == order


def test_staff_acts_change_the_shop_like_the_api_does(shop: Any) -> None:
    bolt = shop.bolt()
    shop.act("set_stock", sku="bolt", quantity=3)
    shop.act("edit_product", id=bolt, regular_price="12.00", new_sku="BOLT-2")
    product = shop.get(f"/products/{bolt}")
    assert (product["stock_quantity"], product["regular_price"], product["sku"]) == (3, "12.00", "BOLT-2")
    shop.act("delete_product", sku="BOLT-2")
    assert shop.get("/products", sku="BOLT-2") == []
    with pytest.raises(ValueError, match="no product 'BOLT-2'"):
        shop.act("set_stock", sku="BOLT-2", quantity=1)


def test_plain_http_wants_a_signature_and_checks_it(open_shop: Callable[..., Any]) -> None:
    shop = open_shop(treat_as_https=False, site_url="", keys=[Key(*KEYS)])
    with httpx2.Client(transport=httpx2.WSGITransport(app=shop.app)) as http:
        address = "http://127.0.0.1:8090/wp-json/wc/v3/products"
        assert http.get(address, auth=KEYS).status_code == 401
        query = {
            "_fields": "id",
            "oauth_consumer_key": KEYS[0],
            "oauth_nonce": "n1",
            "oauth_signature_method": "HMAC-SHA256",
            "oauth_timestamp": str(int(NOON.timestamp())),
        }
        joined = "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(query.items()))
        text = "&".join(["GET", quote(address, safe=""), quote(joined, safe="")])
        made = hmac.new(b"cs_test&", text.encode(), hashlib.sha256).digest()
        query["oauth_signature"] = base64.b64encode(made).decode()
        assert http.get(address, params=query).status_code == 200
        replayed = http.get(address, params=query)
        assert replayed.json()["message"] == "Invalid nonce - nonce has already been used."
        assert http.get(address, params={**query, "oauth_nonce": "n2"}).status_code == 401
        assert http.get(address, auth=KEYS, headers={"X-Forwarded-Proto": "https"}).status_code == 200


def test_a_body_of_a_shape_nobody_foresaw_is_a_fatal_error_in_json(shop: Any) -> None:
    answer = shop.http.post("/products/batch", json={"create": ["no object"]})
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_server_error"


def test_an_update_that_is_refused_changes_nothing(shop: Any) -> None:
    shop.bolt(global_unique_id="6001")
    nut = shop.bolt(sku="NUT")
    before = shop.get(f"/products/{nut}")
    for refused in (
        {"sku": "NUT-2", "global_unique_id": "6001"},
        {"sku": "NUT-2", "images": [{"src": "https://images.example/missing.png"}]},
        {"name": "Other", "sku": "bolt"},
    ):
        assert shop.http.put(f"/products/{nut}", json=refused).status_code == 400
        assert shop.get(f"/products/{nut}") == before
    assert shop.get("/products", sku="NUT-2") == []


def test_an_option_that_does_not_exist_is_named(open_shop: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="no option 'latency'"):
        create(latency=1)
    with pytest.raises(ValueError, match="hpos"):
        create(order_storage="files")
    untaxed = open_shop(tax_rate="none")
    untaxed.bolt()
    assert untaxed.act("place_order")["total_tax"] == "0.00"
