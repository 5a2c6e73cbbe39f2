"""Notes on orders of the simulated shop, and when an order counts as sent."""

from __future__ import annotations

import pytest

from stockwire.domain.records import Shipment, ShippedLine
from stockwire.ports import Done, Failed


@pytest.fixture
def ordered(simulated):
    """A shop with an order of 2 BOLT and 1 NUT: (shop, order code)."""
    shop = simulated()
    for sku in ("BOLT", "NUT"):
        shop.app.acts["add_product"]({"name": sku, "sku": sku, "regular_price": "10.00"})
    lines = [{"sku": "BOLT", "quantity": 2}, {"sku": "NUT", "quantity": 1}]
    return shop, str(shop.app.acts["place_order"]({"lines": lines})["id"])


def notes(shop, code):
    rows = shop.owner().get(f"/orders/{code}/notes").body
    return [(row["note"], row["customer_note"]) for row in rows if "Reference:" in row["note"]]


def status(shop, code):
    return shop.owner().get(f"/orders/{code}").body["status"]


def shipment(code, *lines, key="SHP-1", **given):
    return Shipment(key, code, tuple(ShippedLine(sku, count) for sku, count in lines), **given)


def test_a_customer_reads_what_comes_by_whom_and_under_which_number(ordered):
    shop, code = ordered
    outcome = shop.channel().ship(
        shipment(
            code,
            ("BOLT", 2),
            tracking_number="WB-1",
            tracking_company="Karoo Courier",
            tracking_url="https://track.example/WB-1",
            notify_customer=True,
        )
    )
    assert isinstance(outcome, Done)
    assert "its customer was told" in outcome.note
    text = "On its way:\n2 x BOLT\nKaroo Courier WB-1\nhttps://track.example/WB-1\nReference: SHP-1"
    assert notes(shop, code) == [(text, True)]


def test_without_a_word_to_the_customer_the_note_is_private_and_no_courier_is_invented(ordered):
    shop, code = ordered
    outcome = shop.channel().ship(shipment(code, ("NUT", 1), tracking_company="To be determined"))
    assert "a private note was left" in outcome.note
    assert notes(shop, code) == [("On its way:\n1 x NUT\nReference: SHP-1", False)]


def test_orders_are_not_completed_unless_the_setting_says_so(ordered):
    shop, code = ordered
    shop.channel().ship(shipment(code))
    assert status(shop, code) == "processing"


def test_an_order_is_completed_with_its_last_shipment(ordered):
    shop, code = ordered
    channel = shop.channel(complete_order_enabled="true")
    channel.ship(shipment(code, ("BOLT", 1), key="A"))
    channel.ship(shipment(code, ("BOLT", 1), key="A", tracking_number="WB-1"))
    channel.ship(shipment(code, ("NUT", 1), key="B"))
    assert status(shop, code) == "processing"
    last = channel.ship(shipment(code, ("bolt", 1), key="C"))
    assert last.note.endswith("It is completed.")
    assert status(shop, code) == "completed"
    shop.stand.calls.clear()
    again = channel.ship(shipment(code, ("bolt", 1), key="C"))
    assert isinstance(again, Done)
    assert shop.stand.calls.writes == 0


def test_a_shipment_of_everything_completes_the_order(ordered):
    shop, code = ordered
    shop.channel(complete_order_enabled="true").ship(shipment(code))
    assert status(shop, code) == "completed"


def test_an_order_code_that_is_none_is_refused(simulated):
    outcome = simulated().channel().ship(shipment("../products", ("BOLT", 1)))
    assert isinstance(outcome, Failed)
    assert "no WooCommerce order id" in outcome.error.message


def test_the_shelf_shows_variations_in_the_order_of_their_attributes_and_stock_of_the_parent(simulated):
    shop = simulated()
    owner = shop.owner()
    attributes = [
        {"name": "Colour", "variation": True, "options": ["Red"]},
        {"name": "Fabric", "variation": False, "options": ["Wool"]},
        {"name": "Size", "variation": True, "options": ["S"]},
    ]
    parent = {"name": "Shirt", "type": "variable", "manage_stock": True, "stock_quantity": 8}
    code = owner.call("POST", "/products", body={**parent, "attributes": attributes}).body["id"]
    chosen = [{"name": "Size", "option": "S"}]
    body = {"sku": "ANY-S", "regular_price": "5.00", "attributes": chosen}
    owner.call("POST", f"/products/{code}/variations", body=body)
    owner.call("POST", "/products", body={"name": "No SKU"})
    (variation, bare) = sorted(shop.channel().shelf(), key=lambda one: one.sku, reverse=True)
    assert variation.option_values == ("", "S")
    assert (variation.fields["quantity"], variation.fields["inventory_management"]) == (8, False)
    assert variation.fields["title"] == "Shirt"
    assert (bare.sku, bare.fields["title"], bare.option_values) == ("", "No SKU", ())
