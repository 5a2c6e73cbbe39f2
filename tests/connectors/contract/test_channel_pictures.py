"""What every channel that takes pictures promises: ours are known by content, people's own are never lost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from stockwire.ports import Done


@pytest.fixture
def hung(shop_with_pictures, sku, add, with_pictures):
    """A shop with a product and two pictures of ours: (shop, channel, outcome, our pictures)."""
    shop = shop_with_pictures
    ours = [(shop.address("front"), "aa11"), (shop.address("side"), "bb22")]
    channel = shop.open(**shop.with_pictures)
    (made,) = channel.push([with_pictures(add(sku()), *ours)])
    assert isinstance(made, Done), made
    assert not made.failed
    shop.settle()
    return shop, channel, made, ours


def test_pictures_are_added_and_never_again(hung, sku, update, with_pictures):
    shop, channel, made, ours = hung
    first = list(shop.pictures(made.link.product_code))
    assert len(first) == 2
    (again,) = channel.push([with_pictures(update(sku(), made.link, price=Decimal("13.00")), *ours)])
    assert isinstance(again, Done), again
    assert list(shop.pictures(made.link.product_code)) == first


def test_a_picture_with_the_same_content_at_another_address_is_the_same_picture(
    hung, sku, update, with_pictures
):
    shop, channel, made, _ = hung
    first = list(shop.pictures(made.link.product_code))
    moved = [(shop.address("back"), "aa11"), (shop.address("side"), "bb22")]
    channel.push([with_pictures(update(sku(), made.link), *moved)])
    assert list(shop.pictures(made.link.product_code)) == first


def test_a_picture_of_ours_that_goes_is_taken_away_and_a_new_one_is_added(hung, sku, update, with_pictures):
    shop, channel, made, ours = hung
    first = set(shop.pictures(made.link.product_code))
    new = [ours[0], (shop.address("back"), "cc33")]
    (changed,) = channel.push([with_pictures(update(sku(), made.link), *new)])
    assert isinstance(changed, Done), changed
    now = list(shop.pictures(made.link.product_code))
    assert len(now) == 2
    assert len(first.intersection(now)) == 1
    shop.settle()
    (none,) = channel.push([with_pictures(update(sku(), changed.link))])
    assert isinstance(none, Done), none
    assert list(shop.pictures(made.link.product_code)) == []


def test_pictures_stand_in_the_order_of_the_product(hung, sku, update, with_pictures):
    shop, channel, made, ours = hung
    code = made.link.product_code
    first, second = shop.pictures(code)
    shop.hang(code, shop.address("back"))
    (own,) = set(shop.pictures(code)) - {first, second}
    (changed,) = channel.push([with_pictures(update(sku(), made.link), *reversed(ours))])
    assert isinstance(changed, Done), changed
    assert not changed.failed
    assert [each for each in shop.pictures(code) if each != own] == [second, first]
    assert own in shop.pictures(code)


def test_pictures_the_owner_added_are_never_lost(hung, sku, update, with_pictures):
    shop, channel, made, ours = hung
    code = made.link.product_code
    before = set(shop.pictures(code))
    shop.hang(code, shop.address("back"))
    (own,) = set(shop.pictures(code)) - before
    (changed,) = channel.push([with_pictures(update(sku(), made.link), ours[1])])
    assert len(shop.pictures(code)) == 2
    assert own in shop.pictures(code)
    shop.settle()
    (none,) = channel.push([with_pictures(update(sku(), changed.link))])
    assert list(shop.pictures(code)) == [own]
    channel.push([with_pictures(update(sku(), none.link, title="Another title"), *ours)])
    assert len(shop.pictures(code)) == 3
    assert own in shop.pictures(code)


def test_pictures_of_a_product_the_owner_made_by_hand_are_kept_when_it_is_linked(
    shop_with_pictures, sku, add, with_pictures
):
    shop = shop_with_pictures
    code = shop.shelve(sku())
    shop.hang(code, shop.address("back"))
    (own,) = shop.pictures(code)
    channel = shop.open(**shop.with_pictures)
    (outcome,) = channel.push([with_pictures(add(sku()), (shop.address("front"), "aa11"))])
    assert outcome.link.product_code == code
    assert own in shop.pictures(code)


def test_pictures_of_a_product_with_variants_hang_at_the_product(
    shop_with_pictures, sku, add_family, with_pictures
):
    shop = shop_with_pictures
    family = add_family(sku("shirt"), {sku("S"): ("S",), sku("M"): ("M",)}, names=("Size",))
    channel = shop.open(**shop.with_pictures)
    (outcome,) = channel.push([with_pictures(family, (shop.address("front"), "aa11"))])
    assert isinstance(outcome, Done), outcome
    assert not outcome.failed
    assert len(shop.pictures(outcome.link.product_code)) == 1
