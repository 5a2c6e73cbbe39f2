"""What every channel that takes pictures promises: ours are known by content, people's own are never lost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from stockwire.errors import Refused, TryLater
from stockwire.ports import Done, Group
from stockwire.simulators.faults import Fault

IN_DOUBT = ["answer_late", "work_late", "error_500_after", "garbage", "drop"]


def trouble(outcome):
    """Why the pictures of an outcome failed, None when they did not."""
    return outcome.failed.get(Group.IMAGES) if isinstance(outcome, Done) else outcome.error


@pytest.fixture
def hung(shop_with_pictures, sku, add, with_pictures):
    """A shop with a product and two pictures of ours: (shop, channel, outcome, our pictures)."""
    shop = shop_with_pictures
    ours = [(shop.address("front"), "aa11"), (shop.address("side"), "bb22")]
    channel = shop.open()
    (made,) = channel.push([with_pictures(add(sku()), *ours)])
    assert isinstance(made, Done), made
    assert not made.failed
    return shop, channel, made, ours


def test_pictures_are_added_in_their_order_and_never_again(hung, sku, update, with_pictures):
    shop, channel, made, ours = hung
    first = list(shop.pictures(made.link.product_code))
    assert len(first) == 2
    (again,) = channel.push([with_pictures(update(sku(), made.link, price=Decimal("13.00")), *ours)])
    assert isinstance(again, Done), again
    assert list(shop.pictures(made.link.product_code)) == first
    (swapped,) = channel.push([with_pictures(update(sku(), again.link), *reversed(ours))])
    assert isinstance(swapped, Done), swapped
    assert list(shop.pictures(made.link.product_code)) == list(reversed(first))


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
    front, _ = shop.pictures(made.link.product_code)
    new = [ours[0], (shop.address("back"), "cc33")]
    (changed,) = channel.push([with_pictures(update(sku(), made.link), *new)])
    assert isinstance(changed, Done), changed
    now = list(shop.pictures(made.link.product_code))
    assert len(now) == 2
    assert now[0] == front
    (none,) = channel.push([with_pictures(update(sku(), changed.link))])
    assert isinstance(none, Done), none
    assert list(shop.pictures(made.link.product_code)) == []


def test_pictures_the_owner_added_are_never_lost(hung, sku, update, with_pictures):
    shop, channel, made, ours = hung
    code = made.link.product_code
    shop.hang(code, shop.address("back"))
    own = shop.pictures(code)[-1]
    (changed,) = channel.push([with_pictures(update(sku(), made.link), ours[1])])
    assert len(shop.pictures(code)) == 2
    assert own in shop.pictures(code)
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
    (outcome,) = shop.open().push([with_pictures(add(sku()), (shop.address("front"), "aa11"))])
    assert outcome.link.product_code == code
    assert len(shop.pictures(code)) == 2
    assert own in shop.pictures(code)


def test_a_picture_the_shop_cannot_fetch_fails_alone_and_the_product_goes_through(
    shop_with_pictures, sku, add, with_pictures
):
    shop = shop_with_pictures
    bad, good = shop.open().push(
        [
            with_pictures(add(sku("bad")), (shop.address("missing"), "dd44")),
            with_pictures(add(sku("good")), (shop.address("front"), "aa11")),
        ]
    )
    assert isinstance(bad, Done), bad
    error = bad.failed[Group.IMAGES]
    assert isinstance(error, Refused)
    assert sku("bad") in error.message
    assert error.hint
    assert [held.price for held in shop.on_shelf(sku("bad"))] == [Decimal("12.50")]
    assert not good.failed
    assert len(shop.pictures(good.link.product_code)) == 1


def test_pictures_of_a_product_with_variants_hang_at_the_product(
    shop_with_pictures, sku, add_family, with_pictures
):
    shop = shop_with_pictures
    family = add_family(sku("shirt"), {sku("S"): ("S",), sku("M"): ("M",)}, names=("Size",))
    (outcome,) = shop.open().push([with_pictures(family, (shop.address("front"), "aa11"))])
    assert isinstance(outcome, Done), outcome
    assert not outcome.failed
    assert len(shop.pictures(outcome.link.product_code)) == 1


@pytest.mark.parametrize("kind", IN_DOUBT)
def test_pictures_whose_answer_was_lost_are_not_hung_up_twice(
    simulated_with_pictures, sku, add, update, with_pictures, kind
):
    shop = simulated_with_pictures
    channel = shop.open(timeout_s="0.5")
    (made,) = channel.push([add(sku())])
    shop.hang(made.link.product_code, shop.address("back"))
    ours = [(shop.address("front"), "aa11"), (shop.address("side"), "bb22")]
    change = with_pictures(update(sku(), made.link), *ours)
    shop.stand.faults.arm(Fault(kind, path=shop.write_path, delay_s=1.0))
    (outcome,) = channel.push([change])
    assert isinstance(trouble(outcome), TryLater), outcome
    shop.stand.faults.clear()
    for _ in range(3):
        (outcome,) = channel.push([change])
        if trouble(outcome) is None:
            break
    assert trouble(outcome) is None
    assert len(shop.pictures(made.link.product_code)) == 3
