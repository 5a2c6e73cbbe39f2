"""Pictures on a Shopify shop: known by their content, in the order of the product, and never at the cost of a
person's own, of a price, or of a second copy."""

from __future__ import annotations

from decimal import Decimal

from tests.connectors.shopify.conftest import add, done, update

from stockwire.domain.records import Image
from stockwire.errors import Refused, TryLater
from stockwire.ports import Group

NAMES = ("front", "back", "side")
PICTURES = tuple(Image(f"https://pictures.example/{name}.jpg", f"hash-{name}") for name in NAMES)


def shown(desk, sku="BOLT"):
    return [row["filename"].removesuffix(".jpg") for row in desk.product(sku)["media"]]


def with_pictures(sku, link, *names, **given):
    """A change to these pictures, in this order."""
    chosen = tuple(next(each for each in PICTURES if each.identity == f"hash-{name}") for name in names)
    return update(sku, link, images=tuple(each.identity for each in chosen), pictures=chosen, **given)


def test_a_picture_of_ours_that_leaves_is_taken_off_and_others_stay(desk):
    channel = desk.open(block_image_enabled="false")
    made = done(channel.push([add("BOLT", images=("hash-front", "hash-back"), pictures=PICTURES[:2])])[0])
    assert {name for name in made.link.memory if name.startswith("image:")} == {
        "image:hash-front",
        "image:hash-back",
    }
    change = update("BOLT", made.link, images=("hash-back",), pictures=PICTURES[1:2])
    early = done(channel.push([change])[0])
    # The shop still works on the pictures.
    assert isinstance(early.failed[Group.IMAGES], TryLater)
    desk.settle()
    changed = done(channel.push([change])[0])
    assert len(desk.product("BOLT")["media"]) == 1
    assert {name for name in changed.link.memory if name.startswith("image:")} == {"image:hash-back"}


def test_pictures_that_come_later_are_known_one_by_one(desk):
    channel = desk.open(block_image_enabled="false")
    link = done(channel.push([add("BOLT")])[0]).link
    link = done(
        channel.push([update("BOLT", link, images=("hash-front", "hash-back"), pictures=PICTURES[:2])])[0]
    ).link
    desk.settle()
    kept = [str(row["number"]) for row in desk.product("BOLT")["media"]]
    assert [link.memory[f"image:hash-{name}"] for name in ("front", "back")] == kept
    done(channel.push([update("BOLT", link, images=("hash-back",), pictures=PICTURES[1:2])])[0])
    assert [str(row["number"]) for row in desk.product("BOLT")["media"]] == kept[1:]


def test_a_picture_is_not_sent_again(desk):
    channel = desk.open(block_image_enabled="false")
    made = done(channel.push([add("BOLT", images=("hash-front",), pictures=PICTURES[:1])])[0])
    done(channel.push([update("BOLT", made.link, images=("hash-front",), pictures=PICTURES[:1])])[0])
    assert len(desk.product("BOLT")["media"]) == 1


def test_pictures_of_a_product_made_by_hand_are_left_alone(desk):
    desk.shop.add_product("By hand", [{"sku": "BOLT"}])
    product = desk.product("BOLT")
    channel = desk.open(block_image_enabled="false")
    add_picture(channel.api, product)
    desk.settle()
    outcome = done(channel.push([add("BOLT", images=("hash-front",), pictures=PICTURES[:1])])[0])
    assert len(product["media"]) == 1
    assert "left as they are" in outcome.note


def add_picture(api, product):
    from stockwire.connectors.shopify.operations import PRODUCT_MEDIA, Write, together

    media = [{"originalSource": "https://pictures.example/hand.jpg", "mediaContentType": "IMAGE"}]
    given = {"product": {"id": product["id"]}, "media": media}
    api.run(*together("ByHand", [Write(PRODUCT_MEDIA, given)]))


def test_pictures_stand_in_the_order_of_the_product_and_people_keep_their_places(desk):
    channel = desk.open(block_image_enabled="false")
    link = done(
        channel.push([add("BOLT", images=("hash-front", "hash-back"), pictures=PICTURES[:2])])[0]
    ).link
    add_picture(channel.api, desk.product("BOLT"))
    desk.settle()
    link = done(channel.push([with_pictures("BOLT", link, "side", "back", "front")])[0]).link
    assert shown(desk) == ["side", "back", "hand", "front"]
    desk.documents.clear()
    done(channel.push([with_pictures("BOLT", link, "side", "back", "front")])[0])
    assert desk.documents == ["Galleries"]


def test_pictures_of_an_answer_that_was_lost_are_not_hung_up_twice(desk):
    channel = desk.open(block_image_enabled="false")
    link = done(channel.push([add("BOLT")])[0]).link
    change = with_pictures("BOLT", link, "front", "back")
    desk.lose("AddPictures")
    doubtful = done(channel.push([change])[0])
    assert doubtful.failed[Group.IMAGES].may_have_worked
    assert shown(desk) == ["front", "back"]
    again = done(channel.push([with_pictures("BOLT", doubtful.link, "front", "back")])[0])
    assert not again.failed
    assert shown(desk) == ["front", "back"]
    assert {"image:hash-front", "image:hash-back"} <= set(again.link.memory)


def test_a_picture_that_cannot_be_hung_up_holds_up_neither_price_nor_stock(desk):
    channel = desk.open(block_image_enabled="false")
    link = done(channel.push([add("BOLT")])[0]).link
    bad = update(
        "BOLT",
        link,
        price=Decimal("9.00"),
        quantity=2,
        images=("hash-bad",),
        pictures=(Image("no address", "hash-bad"),),
    )
    outcome = done(channel.push([bad])[0])
    assert isinstance(outcome.failed[Group.IMAGES], Refused)
    assert "BOLT" in outcome.failed[Group.IMAGES].message
    assert (desk.price("BOLT"), desk.available("BOLT")) == (Decimal("9.00"), 2)


def test_pictures_of_products_made_in_bulk_can_leave_later(desk):
    channel = desk.open(block_image_enabled="false")
    hung = {"images": ("hash-front", "hash-back"), "pictures": PICTURES[:2]}
    links = [done(found).link for found in channel.push([add(f"B{at}", **hung) for at in range(300)])]
    assert "RunBulk" in desk.documents
    desk.settle()
    done(channel.push([with_pictures("B7", links[7], "back")])[0])
    assert shown(desk, "B7") == ["back"]
