"""A hub with a Shopify channel: its orders come in as the settings say, and shipments go back once."""

from __future__ import annotations

from typing import Any

import pytest

from stockwire.errors import Refused

LINES = [{"sku": "BOLT", "quantity": 2}, {"sku": "NUT", "quantity": 1}]


def test_a_paid_order_is_stored_proven_and_sent_on(trade):
    trade.channel()
    trade.shop.place_order(lines=LINES, shipping="99.00")
    trade.work()
    order = trade.order()
    assert (order["number"], order["status"], order["state"]) == ("#1001", "paid", "ready")
    assert order["proof"]["difference"] == "0.00"


def test_a_line_the_hub_does_not_know_holds_the_order_or_is_left_out_as_the_settings_say(trade):
    trade.known("BOLT", "20.00")
    strict = trade.channel(check_order_items_linked="true")
    trade.shop.place_order(lines=LINES)
    trade.work()
    order = trade.order()
    assert order["state"] == "held"
    assert "NUT" in order["reason"]
    trade.hub.owner.execute("truncate order_marks, orders cascade")
    trade.hub.owner.execute("update channels set active = false where id = %s", [strict])
    trade.channel(order_remove_unlinked_items="true", check_order_items_linked="true")
    trade.work()
    order = trade.order()
    assert order["state"] == "ready"
    assert order["total"] == 46
    assert trade.hub.rows("select sku from order_lines") == [("BOLT",)]


def test_our_own_prices_and_a_fixed_delivery_are_raised_where_the_settings_say(trade):
    trade.known("BOLT", "30.00")
    trade.known("NUT", "10.00")
    trade.channel(
        order_use_system_price="true", order_fixed_shipping_price="57.50", order_fixed_shipping_tax="15"
    )
    trade.shop.place_order(lines=LINES, shipping="99.00")
    trade.work()
    order = trade.order()
    # (60 + 10) x 1.15 + 57.50
    assert (order["state"], order["total"]) == ("ready", 138)
    (paid,) = trade.hub.rows("select proof->>'stated_total' from orders")
    assert paid == ("156.50",)


def test_a_shipment_is_told_once_and_its_tracking_when_it_comes(trade):
    from stockwire.hub.sync import fulfil

    trade.channel()
    trade.shop.place_order(lines=LINES)
    trade.work()
    trade.ship(("BOLT", 1))
    trade.work()
    assert [row[0] for row in trade.shipments()] == ["told"]
    assert len(trade.fulfilments()) == 1
    # The answer was lost on the way: it is told again, and the shop finds it.
    trade.hub.owner.execute("update shipments set state = 'waiting', fulfilment_code = ''")
    trade.hub.owner.execute("update shipments set tracking_number = 'PNJ1', version = version + 1")
    trade.work()
    assert len(trade.fulfilments()) == 2 - 1
    with trade.hub.scope(), pytest.raises(Refused):
        fulfil.track(trade.order()["id"], "thandi", "PNJ2")
    trade.ship()
    trade.work()
    assert len(trade.fulfilments()) == 2
    with trade.hub.scope():
        fulfil.track(trade.order()["id"], "thandi", "PNJ3", "Parcelninja", "https://track.example/PNJ3")
    trade.work()
    assert len(trade.fulfilments()) == 2
    told = [info["number"] for row in trade.fulfilments() for info in tracking_of(row)]
    assert told == ["PNJ1", "PNJ3"]
    assert [row[0] for row in trade.shipments()] == ["told", "told"]


def tracking_of(row: Any) -> list[Any]:
    found = row["tracking"]
    return found if isinstance(found, list) else [found]


def test_a_shipment_of_what_was_sent_already_needs_a_person(trade):
    trade.channel()
    order = trade.shop.place_order(lines=LINES)
    trade.work()
    trade.shop.fulfil_by_hand(order["number"], number="BY-HAND")
    trade.ship(("BOLT", 1), tracking_number="PNJ1")
    trade.work()
    ((state, _, message),) = trade.shipments()
    assert state == "needs_you"
    assert "#1001" in message
    with pytest.raises(Refused, match="no line with SKU"):
        trade.ship(("NOTHING", 1))


def test_the_commands_check_the_channel_and_tell_the_shop_of_a_shipment(trade):
    from click.testing import CliRunner

    from stockwire.cli import main

    trade.channel()
    trade.shop.place_order(lines=LINES)
    trade.work()
    client = str(trade.hub.client_id)

    def run(*words: str) -> Any:
        return CliRunner().invoke(main, list(words))

    well = run("check", "shopify", "--client", client)
    assert well.exit_code == 0, well.output
    assert "2026-10" in well.output
    trade.shop.drop_scope("write_inventory")
    bad = run("check", "shopify", "--client", client)
    assert bad.exit_code == 1
    assert "write_inventory" in bad.output
    assert "Fix: " in bad.output
    trade.shop.grant_scope("write_inventory")
    told = run("order", "ship", "--client", client, "1001", "--line", "BOLT=1")
    assert told.exit_code == 0, told.output
    tracked = run("order", "track", "--client", client, "1001", "PNJ9", "--company", "Parcelninja")
    assert tracked.exit_code == 0, tracked.output
    trade.work()
    (made,) = trade.fulfilments()
    assert [info["number"] for info in tracking_of(made)] == ["PNJ9"]


def test_a_webhook_of_the_shop_brings_its_order_at_once_and_a_forged_one_nothing(trade, settings_of_hub):
    """The shop signs with the secret of the app; the body is a hint, and the order is read from the shop."""
    from urllib.parse import urlsplit

    from django.test import Client

    from stockwire.connectors.shopify.webhooks import signature_of
    from stockwire.simulators.shopify.hook_payloads import encoded, of

    settings_of_hub(public_url="https://hub.example")
    trade.channel()
    trade.work()
    hooks = trade.shop.shelf("WebhookSubscription").values()
    assert {hook["topic"] for hook in hooks} >= {"ORDERS_CREATE", "ORDERS_UPDATED", "REFUNDS_CREATE"}
    (path,) = {urlsplit(hook["uri"]).path for hook in hooks}
    order = trade.shop.place_order(lines=LINES)
    body = encoded(of(trade.shop, "ORDERS_CREATE", order))

    def deliver(secret: str) -> int:
        headers = {
            "X-Shopify-Topic": "orders/create",
            "X-Shopify-Hmac-Sha256": signature_of(secret, body),
            "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        }
        answer = Client().post(path, body, content_type="application/json", headers=headers, secure=True)
        return int(answer.status_code)

    assert 400 <= deliver("somebody else's") < 500
    assert trade.hub.rows("select 1 from order_marks") == []
    assert [deliver(trade.shop.options.client_secret) for _ in range(3)] == [200, 200, 200]
    assert trade.hub.rows("select channel_order_code from order_marks") == [(str(order["number"]),)]
    trade.work()
    assert trade.order()["number"] == "#1001"
