"""What every channel that is told of shipments promises: once, however often it is tried, and only what is so."""

from __future__ import annotations

import pytest
from tests.connectors.contract.changes import IN_DOUBT

from stockwire.domain.records import Shipment, ShippedLine
from stockwire.errors import Refused, TryLater
from stockwire.ports import CanShip, Done, Failed
from stockwire.simulators.faults import Fault


def shipped(code, sku, quantity=1, *, key="SHP-1", tracking="WB100200301", **given):
    return Shipment(
        key,
        code,
        (ShippedLine(sku, quantity),),
        tracking_number=tracking,
        tracking_company="Karoo Courier",
        tracking_url=f"https://track.example/{tracking}" if tracking else "",
        **given,
    )


def naming(shop, code, tracking):
    return [text for text in shop.told(code) if tracking in text]


@pytest.mark.parametrize("notify", [True, False])
def test_a_shipment_is_told_once_however_often_it_is_told(shop_that_ships, sku, notify):
    shop = shop_that_ships
    code = shop.place_order({shop.shelve(sku()): 2})
    channel = shop.open()
    assert isinstance(channel, CanShip)
    shipment = shipped(code, sku(), 2, notify_customer=notify)
    first, second = channel.ship(shipment), channel.ship(shipment)
    assert isinstance(first, Done), first
    assert first.note
    assert first.link is not None
    assert first.link.product_code
    assert isinstance(second, Done)
    assert second.link == first.link
    assert len(naming(shop, code, "WB100200301")) == 1


def test_an_order_that_leaves_in_two_shipments_is_told_of_both(shop_that_ships, sku):
    shop = shop_that_ships
    code = shop.place_order({shop.shelve(sku()): 2})
    channel = shop.open()
    first = channel.ship(shipped(code, sku(), key="SHP-1", tracking="WB1"))
    second = channel.ship(shipped(code, sku(), key="SHP-12", tracking="WB2"))
    assert [type(outcome) for outcome in (first, second)] == [Done, Done]
    assert first.link != second.link
    assert len(shop.told(code)) == 2
    assert len(naming(shop, code, "WB2")) == 1


def test_a_tracking_number_that_comes_later_is_told_too(shop_that_ships, sku):
    shop = shop_that_ships
    code = shop.place_order({shop.shelve(sku()): 1})
    channel = shop.open()
    assert isinstance(channel.ship(shipped(code, sku(), tracking="")), Done)
    assert naming(shop, code, "WB100200301") == []
    for _ in range(2):
        assert isinstance(channel.ship(shipped(code, sku())), Done)
    assert len(naming(shop, code, "WB100200301")) == 1


def test_everything_that_was_ordered_can_be_told_without_naming_lines(shop_that_ships, sku):
    shop = shop_that_ships
    code = shop.place_order({shop.shelve(sku()): 3})
    outcome = shop.open().ship(Shipment("SHP-1", code, tracking_number="WB100200301"))
    assert isinstance(outcome, Done), outcome
    assert len(naming(shop, code, "WB100200301")) == 1


def test_a_shipment_of_an_order_that_is_gone_is_refused(shop_that_ships, sku):
    shop = shop_that_ships
    code = shop.place_order({shop.shelve(sku()): 1})
    shop.delete_order(code)
    outcome = shop.open().ship(shipped(code, sku()))
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Refused)
    assert code in outcome.error.message
    assert outcome.error.hint


def test_a_shipment_of_a_cancelled_order_is_refused_in_words(shop_that_ships, sku):
    shop = shop_that_ships
    code = shop.place_order({shop.shelve(sku()): 1})
    shop.set_status(code, "cancelled")
    outcome = shop.open().ship(shipped(code, sku()))
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Refused)
    assert "cancelled" in outcome.error.message
    assert shop.told(code) == []


@pytest.mark.parametrize("kind", IN_DOUBT)
def test_a_shipment_whose_answer_was_lost_is_told_once(simulated_that_ships, sku, kind, impatient):
    shop = simulated_that_ships
    code = shop.place_order({shop.shelve(sku()): 1})
    channel, too_late_s = impatient(shop)
    shop.stand.faults.arm(Fault(kind, method="POST", path=shop.ship_path, delay_s=too_late_s))
    outcome = channel.ship(shipped(code, sku()))
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, TryLater)
    shop.stand.faults.clear()
    patient = shop.open()
    for _ in range(20):
        outcome = patient.ship(shipped(code, sku()))
        if isinstance(outcome, Done):
            break
    assert isinstance(outcome, Done)
    assert len(naming(shop, code, "WB100200301")) == 1
