"""Telling a Shopify shop what was sent: by what remains, once, and tracking whenever it comes."""

from __future__ import annotations

import pytest
from tests.connectors.shopify.conftest import done

from stockwire.domain.records import Shipment, ShippedLine
from stockwire.errors import Refused
from stockwire.ports import Failed

LINES = [{"sku": "BOLT", "quantity": 3}, {"sku": "NUT", "quantity": 2}]


@pytest.fixture
def sold(desk):
    """The shop with one order, and its code."""
    for sku in ("BOLT", "NUT"):
        desk.shop.add_product(sku, [{"sku": sku, "price": "10.00", "quantity": 50}])
    return desk, str(desk.shop.place_order(lines=LINES)["number"])


def shipment(code, *lines, **given):
    parts = tuple(ShippedLine(sku, quantity) for sku, quantity in lines)
    return Shipment(given.pop("key", "ship-1"), code, parts, **given)


def fulfilments(desk):
    return list(desk.shop.shelf("Fulfillment").values())


def test_a_part_is_told_and_what_remains_later(sold):
    desk, code = sold
    channel = desk.open()
    first = done(
        channel.ship(shipment(code, ("BOLT", 2), tracking_number="PNJ1", tracking_company="Parcelninja"))
    )
    rest = done(channel.ship(shipment(code, key="ship-2", others=(first.link.product_code,))))
    made = fulfilments(desk)
    assert [str(row["number"]) for row in made] == [first.link.product_code, rest.link.product_code]
    order = next(iter(desk.shop.shelf("Order").values()))
    assert all(line["fulfilled"] == line["currentQuantity"] for line in order["lines"])


@pytest.mark.parametrize("lines", [(("BOLT", 1),), (("BOLT", 3), ("NUT", 2)), ()])
def test_the_same_shipment_is_told_once_however_often_it_is_repeated(sold, lines):
    desk, code = sold
    channel = desk.open()
    first = done(channel.ship(shipment(code, *lines)))
    again = done(channel.ship(shipment(code, *lines)))
    assert first.link == again.link
    assert "already" in again.note
    assert len(fulfilments(desk)) == 1


def test_two_shipments_of_the_same_lines_are_two(sold):
    desk, code = sold
    channel = desk.open()
    first = done(channel.ship(shipment(code, ("BOLT", 1))))
    second = done(channel.ship(shipment(code, ("BOLT", 1), key="ship-2", others=(first.link.product_code,))))
    assert first.link != second.link
    assert len(fulfilments(desk)) == 2


def test_tracking_that_comes_later_is_added_to_what_was_told(sold):
    desk, code = sold
    channel = desk.open()
    done(channel.ship(shipment(code, ("BOLT", 1), tracking_company="To be determined")))
    told = done(
        channel.ship(shipment(code, ("BOLT", 1), tracking_number="PNJ1", tracking_url="https://t.example/1"))
    )
    assert "tracking" in told.note
    assert len(fulfilments(desk)) == 1
    assert "PNJ1" in str(fulfilments(desk)[0]["tracking"])
    desk.documents.clear()
    done(
        channel.ship(shipment(code, ("BOLT", 1), tracking_number="PNJ1", tracking_url="https://t.example/1"))
    )
    assert desk.documents == ["Fulfilments"]


def test_what_was_sent_by_hand_or_cancelled_is_refused_with_the_order(sold):
    desk, code = sold
    desk.shop.fulfil_by_hand(int(code), number="BY-HAND")
    outcome = desk.open().ship(shipment(code, ("BOLT", 1), tracking_number="PNJ1"))
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Refused)
    assert "#1001" in outcome.error.message
    cancelled = str(desk.shop.place_order(lines=LINES)["number"])
    desk.shop.cancel_order(int(cancelled))
    outcome = desk.open().ship(shipment(cancelled))
    assert isinstance(outcome, Failed)
    assert "cancelled" in outcome.error.message


def test_the_customer_is_mailed_only_when_the_setting_and_the_shipment_say_so(sold):
    desk, code = sold
    done(desk.open(notify_customer="false").ship(shipment(code, ("BOLT", 1), notify_customer=True)))
    assert not fulfilments(desk)[0].get("notified", False)


def test_a_fulfilment_map_says_what_is_told_of_the_courier(sold):
    desk, code = sold
    template = (
        '{"fulfillment": {"tracking_number": "{{fulfillment.tracking_number}}", "tracking_company": "Karoo '
        'Couriers", "tracking_url": "https://t.example/{{tracking_number}}", "notify_customer": false}}'
    )
    done(desk.open(fulfillment_map=template).ship(shipment(code, ("BOLT", 1), tracking_number="PNJ1")))
    shown = str(fulfilments(desk)[0]["tracking"])
    assert "Karoo Couriers" in shown
    assert "https://t.example/PNJ1" in shown
    outcome = desk.open(fulfillment_map="{{#open}}").ship(shipment(code, ("NUT", 1), tracking_number="PNJ2"))
    assert isinstance(outcome, Failed)
    assert "fulfillment_map" in outcome.error.message
