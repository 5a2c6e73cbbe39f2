"""What every channel promises about orders: every change is hinted at, and the truth is read from the shop."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from stockwire.errors import NotSetUp, Refused

AGO = timedelta(minutes=5)


def until(holds, within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        threading.Event().wait(0.02)


@pytest.fixture
def product(shop, sku):
    return shop.shelve(sku())


def test_a_new_order_is_hinted_at_and_its_truth_is_read(shop, sku, product):
    code = shop.place_order({product: 3})
    channel = shop.open()
    hints = {hint.channel_order_code: hint for hint in channel.orders(datetime.now(UTC) - AGO)}
    assert code in hints
    order = channel.order(code)
    assert order is not None
    assert order.channel_order_code == code
    assert order.number == shop.number_of(code)
    assert [(line.sku, line.quantity) for line in order.lines] == [(sku(), 3)]
    assert order.status == shop.word("processing")
    assert order.customer.channel_customer_code == ""
    assert order.ordered_at.tzinfo is UTC
    assert abs(order.ordered_at - datetime.now(UTC)) < AGO
    assert order.modified_at == hints[code].modified_at
    parts = (*order.lines, *order.shipping_lines)
    assert sum(part.total_excl_tax + part.tax for part in parts) == order.total


def test_asking_from_the_very_stamp_of_an_order_finds_it_again(shop, product):
    code = shop.place_order({product: 1})
    channel = shop.open()
    order = channel.order(code)
    assert code in {hint.channel_order_code for hint in channel.orders(order.modified_at)}


def test_orders_from_long_before_are_left_out(shop, product):
    code = shop.place_order({product: 1})
    hints = shop.open().orders(datetime.now(UTC) + timedelta(hours=1))
    assert code not in {hint.channel_order_code for hint in hints}


def test_a_change_of_status_is_hinted_at_again_and_read(shop, product):
    code = shop.place_order({product: 1}, status="on-hold")
    channel = shop.open()
    held = channel.order(code)
    assert not shop.connector.order_gate(shop.settings(), held)[0]
    shop.set_status(code, "processing")
    assert code in {hint.channel_order_code for hint in channel.orders(held.modified_at)}
    paid = channel.order(code)
    assert paid.status == shop.word("processing")
    word = shop.word("processing")
    assert shop.connector.order_gate(shop.settings(), paid) == (True, f"The order is {word}.")


def test_a_cancelled_order_is_read_and_never_raised(shop, product):
    code = shop.place_order({product: 1})
    shop.set_status(code, "cancelled")
    order = shop.open().order(code)
    assert order.status == "cancelled"
    assert not shop.connector.order_gate(shop.settings(), order)[0]


def test_an_order_that_is_gone_is_none(shop, product):
    code = shop.place_order({product: 1})
    shop.delete_order(code)
    assert shop.open().order(code) is None
    assert shop.open().order("987654321") is None


def test_an_order_code_that_is_none_is_refused_readably(shop):
    with pytest.raises(Refused, match=f"no {shop.connector.title} order id"):
        shop.open().order("../products")


def test_a_product_deleted_after_the_sale_leaves_the_order_readable(shop, sku, product):
    code = shop.place_order({product: 1})
    shop.discard(product)
    order = shop.open().order(code)
    # Some shops keep the SKU on the line, others only on the product.
    assert order.lines[0].sku in {"", sku()}
    assert bool(order.lines[0].sku) or "has no SKU" in order.warnings[0]


def test_many_orders_of_the_same_second_are_all_hinted_at_once(simulated, sku):
    product = simulated.shelve(sku())
    codes = [simulated.place_order({product: 1}) for _ in range(230)]
    hints = [hint.channel_order_code for hint in simulated.open().orders(datetime.now(UTC) - AGO)]
    assert sorted(hints) == sorted(codes)


def test_orders_that_change_while_they_are_read_push_no_other_one_out(simulated, sku):
    product = simulated.shelve(sku())
    codes = [simulated.place_order({product: 1}) for _ in range(150)]
    hints = simulated.open().orders(datetime.now(UTC) - AGO)
    read = [next(hints).channel_order_code for _ in range(100)]
    for code in codes[:60]:
        simulated.set_status(code, "completed")
    read += [hint.channel_order_code for hint in hints]
    assert set(codes) <= set(read)


def test_a_webhook_of_the_shop_is_believed_and_names_the_order(shop, product):
    code = shop.place_order({product: 1})
    headers, body = shop.delivery(code)
    hint = shop.connector.read_webhook(shop.settings(), headers, body)
    assert [order.channel_order_code for order in hint.orders] == [code]
    again = shop.connector.read_webhook(shop.settings(), headers, body)
    assert hint.dedupe_key == again.dedupe_key != ""


def test_a_forged_webhook_is_refused(shop, product):
    headers, body = shop.delivery(shop.place_order({product: 1}))
    with pytest.raises(Refused, match="signature"):
        shop.connector.read_webhook(shop.settings(), headers, body + b" ")


def test_webhooks_are_made_once_and_then_found_healthy(simulated):
    channel = simulated.open()
    first = channel.repair_webhooks("http://127.0.0.1:9/hook")
    assert {health.state for health in first} == {"created"}
    assert {"order.created", "order.updated"} <= {health.topic for health in first}
    second = channel.repair_webhooks("http://127.0.0.1:9/hook")
    assert {health.state for health in second} == {"healthy"}


def test_webhooks_follow_the_hub_to_another_address_and_another_secret(simulated):
    simulated.open().repair_webhooks("http://127.0.0.1:9/hook")
    moved = simulated.open().repair_webhooks("http://127.0.0.1:9/elsewhere")
    assert {health.state for health in moved} == {"revived"}
    if not simulated.gives_out_secrets:
        return
    changed = simulated.open(hmac_shared_secret="another").repair_webhooks("http://127.0.0.1:9/elsewhere")
    assert {health.state for health in changed} == {"revived"}
    quiet = simulated.open(hmac_shared_secret="another").repair_webhooks("http://127.0.0.1:9/elsewhere")
    assert {health.state for health in quiet} == {"healthy"}


def test_a_webhook_the_shop_switched_off_after_failures_is_revived(simulated, sku):
    channel = simulated.open()
    channel.repair_webhooks("http://127.0.0.1:9/nobody-listens")
    product = simulated.shelve(sku())
    code = simulated.place_order({product: 1})

    def one_more_failure_disables_it() -> bool:
        for status in ("completed", "processing"):
            simulated.set_status(code, status)
        return simulated.webhook_is_off()

    until(one_more_failure_disables_it)
    health = {found.topic: found for found in channel.repair_webhooks("http://127.0.0.1:9/nobody-listens")}
    assert health["order.updated"].state == "revived"
    assert "missed" in health["order.updated"].note


def test_without_a_secret_no_webhook_is_made(simulated):
    with pytest.raises(NotSetUp, match="webhook secret"):
        simulated.open(hmac_shared_secret=None).repair_webhooks("http://127.0.0.1:9/hook")
