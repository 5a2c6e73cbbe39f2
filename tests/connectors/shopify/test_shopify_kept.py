"""What a person added to a product of a Shopify shop stays, whatever we change and however it is written."""

from __future__ import annotations

from decimal import Decimal

from tests.connectors.shopify.conftest import done, group, variant
from tests.connectors.shopify.test_shopify_products import PICTURES, rows, titles, with_before

from stockwire.ports import Action, Failed


def test_nothing_a_person_added_by_hand_is_lost_by_any_change_of_ours(desk):
    channel = desk.open(
        block_image_enabled="false", ignore_category_enabled="false", metafields_enabled="true"
    )
    made = done(
        channel.push(
            [
                group(
                    "TEE",
                    ["Size"],
                    [variant("TEE-S", "S")],
                    tags="ours, old",
                    collection="Shirts",
                    images=("hash-front",),
                    pictures=PICTURES[:1],
                    **{"meta.colour": "red"},
                )
            ]
        )[0]
    )
    product = desk.product("TEE-S")
    hand = channel.api
    add_by_hand(desk, hand, product)
    small = done(made.variants["key-TEE-S"])
    before = {"tags": "ours, old", "collection": "Shirts", "meta.colour": "red"}
    change = group(
        "TEE",
        ["Size"],
        [
            variant("TEE-S", "S", action=Action.UPDATE, link=small.link, price=Decimal("9.00")),
            variant("TEE-M", "M"),
        ],
        Action.UPDATE,
        made.link,
        title="New title",
        tags="ours",
        images=("hash-front", "hash-back"),
        pictures=PICTURES,
        **{"meta.colour": "blue"},
    )
    change = with_before(change, before)
    outcome = done(channel.push([change])[0])
    assert all(not isinstance(found, Failed) for found in outcome.variants.values())
    assert not outcome.failed, outcome.failed
    assert product["title"] == "New title"
    assert sorted(product["tags"]) == ["by hand", "ours"]
    assert desk.product("TEE-XL") is product
    assert len(product["media"]) == 3
    held = {(row["namespace"], row["key"]): row["value"] for row in rows(product["metafields"])}
    assert held[("custom", "colour")] == "blue"
    assert held[("custom", "by_hand")] == "kept"
    assert sorted(titles(desk, product)) == ["By hand", "Shirts"]


def add_by_hand(desk, api, product, *, with_variant=True):
    """What staff do in the admin, through the same API."""
    from stockwire.connectors.shopify.operations import (
        COLLECTION_CREATE,
        PRODUCT_MEDIA,
        TAGS_ADD,
        VARIANTS_CREATE,
        Write,
        together,
    )

    def run(root, given, size=1):
        payload = api.run(*together("ByHand", [Write(root, given, size)])).root("w0")
        assert not payload["userErrors"], payload
        return payload

    collection = run(COLLECTION_CREATE, {"input": {"title": "By hand"}})["collection"]["id"]
    run(TAGS_ADD, {"id": product["id"], "tags": ["by hand"]})
    if with_variant:
        run(
            VARIANTS_CREATE,
            {
                "productId": product["id"],
                "variants": [
                    {
                        "inventoryItem": {"sku": "TEE-XL"},
                        "optionValues": [{"optionName": "Size", "name": "XL"}],
                    }
                ],
            },
        )
    metafield = {"namespace": "custom", "key": "by_hand", "type": "single_line_text_field", "value": "kept"}
    run(
        PRODUCT_MEDIA,
        {
            "product": {"id": product["id"], "collectionsToJoin": [collection], "metafields": [metafield]},
            "media": [{"originalSource": "https://pictures.example/hand.jpg", "mediaContentType": "IMAGE"}],
        },
    )


def test_a_product_that_was_made_bare_keeps_what_it_was_given_when_its_first_variants_come(desk):
    """Only then is a product that is there written to as a whole (productSet), with nothing but its options
    and variants: lists that are not given stay."""
    channel = desk.open(
        block_image_enabled="false", ignore_category_enabled="false", metafields_enabled="true"
    )
    no_price = variant("TEE-S", "S", price=None)
    made = done(channel.push([group("TEE", ["Size"], [no_price], tags="ours", collection="Shirts")])[0])
    assert isinstance(made.variants["key-TEE-S"], Failed)
    (product,) = desk.shop.shelf("Product").values()
    add_by_hand(desk, channel.api, product, with_variant=False)
    first = group("TEE", ["Size"], [variant("TEE-S", "S")], Action.UPDATE, made.link)
    desk.documents.clear()
    outcome = done(channel.push([first])[0])
    assert "GiveOptions" in desk.documents
    assert done(outcome.variants["key-TEE-S"]).link.variant_code
    assert desk.product("TEE-S") is product
    assert sorted(product["tags"]) == ["by hand", "ours"]
    assert [row["filename"] for row in product["media"]] == ["hand.jpg"]
    assert "by_hand" in {row["key"] for row in rows(product["metafields"])}
    assert sorted(titles(desk, product)) == ["By hand", "Shirts"]
    assert product["publications"]


def test_a_creation_whose_answer_was_lost_is_never_written_over_what_people_added_meanwhile(desk):
    """productSet by our own code would be the whole truth about its lists, so a product that is there by now
    is only ever changed."""
    channel = desk.open(block_image_enabled="false")
    family = group("TEE", ["Size"], [variant("TEE-S", "S")], tags="ours")
    desk.lose("CreateProducts")
    (doubtful,) = channel.push([family])
    assert isinstance(doubtful, Failed)
    assert doubtful.error.may_have_worked
    (product,) = desk.shop.shelf("Product").values()
    add_by_hand(desk, channel.api, product)
    desk.documents.clear()
    done(channel.push([family])[0])
    assert "CreateProducts" not in desk.documents
    assert desk.product("TEE-XL") is product
    assert sorted(product["tags"]) == ["by hand", "ours"]
    assert [row["filename"] for row in product["media"]] == ["hand.jpg"]


def test_a_person_who_added_an_option_is_told_so_and_loses_nothing(desk):
    channel = desk.open()
    made = done(channel.push([group("TEE", ["Size"], [variant("TEE-S", "S")])])[0])
    product = desk.product("TEE-S")
    product["options"].append({**product["options"][0], "name": "Colour"})
    change = group("TEE", ["Size"], [variant("TEE-M", "M")], Action.UPDATE, made.link)
    (outcome,) = channel.push([change])
    assert isinstance(outcome, Failed)
    assert "Size, Colour" in outcome.error.message
    assert len(product["variants"]) == 1
