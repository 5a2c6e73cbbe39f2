"""Bulk operations: chosen when the points say so, and each line's own answer is looked at."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from tests.connectors.shopify.conftest import add, done, update

from stockwire.connectors.shopify import bulk
from stockwire.connectors.shopify.line import Line
from stockwire.connectors.shopify.operations import VARIANTS_UPDATE, Write, alone
from stockwire.errors import Refused, TryLater
from stockwire.ports import Done, Failed


def linked(desk, count):
    """So many products of the shop with their links."""
    skus = desk.shop.fill(count)
    desk.settle()
    channel = desk.open()
    links = {row.sku: row.link for row in channel.shelf()}
    desk.documents.clear()
    return channel, skus, links


def prices(skus, links, price="77.00"):
    return [update(sku, links[sku], price=Decimal(price)) for sku in skus]


def test_few_prices_go_call_by_call_and_many_as_one_bulk_operation(desk):
    channel, skus, links = linked(desk, 400)
    channel.push(prices(skus[:100], links))
    assert set(desk.documents) == {"UpdateVariants"}
    desk.shop.advance(60)
    desk.documents.clear()
    outcomes = channel.push(prices(skus, links, "78.00"))
    assert all(done(outcome).seen["price"] == 78 for outcome in outcomes)
    assert "UpdateVariants" not in desk.documents
    assert desk.documents.count("RunBulk") == 1
    assert {desk.price(sku) for sku in skus} == {Decimal("78.00")}


def test_a_line_that_is_refused_fails_alone(desk):
    channel, skus, links = linked(desk, 400)
    gone = skus[7]
    desk.shop.delete_product(gone)
    desk.settle()
    outcomes = channel.push(prices(skus, links))
    assert "RunBulk" in desk.documents
    bad = outcomes[7]
    assert isinstance(bad, Failed)
    assert isinstance(bad.error, Refused)
    assert gone in bad.error.message
    assert all(isinstance(outcome, Done) for at, outcome in enumerate(outcomes) if at != 7)


def test_of_an_operation_that_failed_half_way_what_was_done_is_known_and_the_rest_comes_again(desk):
    channel, skus, links = linked(desk, 400)
    desk.shop.fail_bulk_operation(after_lines=150)
    outcomes = channel.push(prices(skus, links))
    assert all(isinstance(outcome, Done) for outcome in outcomes[:150])
    assert all(isinstance(outcome, Failed) for outcome in outcomes[150:])
    assert all(isinstance(outcome.error, TryLater) for outcome in outcomes[150:])
    assert all(isinstance(outcome, Done) for outcome in channel.push(prices(skus, links)))


def test_products_made_in_bulk_are_linked_published_and_known_again(desk):
    channel = desk.open()
    changes = [add(f"B{at}") for at in range(300)]
    first = [done(outcome).link for outcome in channel.push(changes)]
    assert "RunBulk" in desk.documents
    assert all(link.memory["item"] for link in first)
    assert all(product["publications"] for product in desk.shop.shelf("Product").values())
    again = [done(outcome).link for outcome in channel.push(changes)]
    assert again == first
    assert len(desk.shop.shelf("Product")) == 300


def test_bulk_operations_can_be_switched_off(desk):
    _, skus, links = linked(desk, 300)
    desk.open(bulk_enabled="false").push(prices(skus, links))
    assert set(desk.documents) == {"UpdateVariants"}


def test_when_every_place_for_bulk_operations_is_taken_calls_are_used(desk):
    channel, skus, links = linked(desk, 400)
    given = {"productId": "gid://shopify/Product/1", "variants": []}
    write = Write(VARIANTS_UPDATE, given)

    def take_all_places():
        while True:
            bulk._start(Line(channel.api), alone(write), msgspec.json.encode(given) + b"\n")

    with pytest.raises(bulk._NotNow):
        take_all_places()
    desk.documents.clear()
    outcomes = channel.push(prices(skus, links))
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert "UpdateVariants" in desk.documents
