"""Products on a Shopify shop: made once, linked by SKU, and never at the cost of what a person put there."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.connectors.shopify.conftest import add, done, group, update, variant

from stockwire.domain.records import Image
from stockwire.errors import NotSetUp, Refused, TryLater
from stockwire.ports import Action, Failed, Link

PICTURES = tuple(Image(f"https://pictures.example/{name}.jpg", f"hash-{name}") for name in ("front", "back"))


def test_a_product_is_made_with_everything_in_one_write_and_put_on_the_online_store(desk):
    outcome = done(desk.open().push([add("BOLT", vendor="Karoo", product_type="Bolts", tags="steel, m8")])[0])
    product = desk.product("BOLT")
    assert outcome.link.product_code == str(product["number"])
    assert outcome.link.memory["item"] == str(desk.shop.variant("BOLT")["item"]["number"])
    assert (product["title"], product["vendor"], product["status"]) == ("Title of BOLT", "Karoo", "ACTIVE")
    assert sorted(product["tags"]) == ["m8", "steel"]
    assert (desk.price("BOLT"), desk.available("BOLT")) == (Decimal("12.50"), 7)
    assert outcome.seen["quantity"] == 7
    assert len(product["publications"]) == 1
    assert desk.documents.count("CreateProducts") == 1


WHOLE = {
    "body_html": "<p>Zinc</p>",
    "vendor": "Karoo",
    "product_type": "Bolts",
    "tags": "steel, m8",
    "collection": "Fasteners",
    "meta.finish": "zinc",
    "images": ("hash-front",),
    "pictures": PICTURES[:1],
}
OF_VARIANT = {
    "barcode": "6001234567890",
    "grams": 120,
    "compare_at": Decimal("20.00"),
    "price": Decimal("12.50"),
}


def test_everything_a_product_may_have_is_made_and_changed(desk):
    """Whatever the hub may send of a simple product, of its own and its variants', the shop takes."""
    channel = desk.open(
        block_image_enabled="false", ignore_category_enabled="false", metafields_enabled="true"
    )
    simple = add("BOLT", **WHOLE, **OF_VARIANT)
    family = group("TEE", ["Size"], [variant("TEE-S", "S", **OF_VARIANT)], **WHOLE)
    bolt, tee = (done(found) for found in channel.push([simple, family]))
    small = done(tee.variants["key-TEE-S"])
    for sku in ("BOLT", "TEE-S"):
        assert held_by(desk, sku) == (120, "6001234567890", Decimal("20.00"), "zinc", ["Fasteners"])
    desk.settle()
    other = {**OF_VARIANT, "barcode": "6009999999999", "grams": 90, "compare_at": None}
    texts = {**WHOLE, "meta.finish": "brass", "collection": "Sale"}
    before = {"collection": "Fasteners", "tags": WHOLE["tags"], "meta.finish": "zinc"}
    bolt, tee = (
        done(found)
        for found in channel.push(
            [
                update("BOLT", bolt.link, before, **texts, **other),
                with_before(
                    group(
                        "TEE",
                        ["Size"],
                        [
                            variant("TEE-S", "S", action=Action.UPDATE, link=small.link, **other),
                            variant("TEE-M", "M", **other),
                        ],
                        Action.UPDATE,
                        tee.link,
                        **texts,
                    ),
                    before,
                ),
            ]
        )
    )
    assert not bolt.failed
    assert not tee.failed
    assert all(done(found) for found in tee.variants.values())
    for sku in ("BOLT", "TEE-S", "TEE-M"):
        assert held_by(desk, sku) == (90, "6009999999999", None, "brass", ["Sale"])


def held_by(desk, sku):
    found, product = desk.shop.variant(sku), desk.product(sku)
    compare_at = found["compareAtPrice"]
    finish = {row["key"]: row["value"] for row in rows(product["metafields"])}["finish"]
    assert found["item"]["weight"]["unit"] == "GRAMS"
    return (
        found["item"]["weight"]["value"],
        found["barcode"],
        None if compare_at is None else Decimal(str(compare_at)),
        finish,
        titles(desk, product),
    )


def test_a_hidden_product_is_on_no_sales_channel(desk):
    desk.open(hide_product_enabled="true").push([add("BOLT")])
    assert not desk.product("BOLT")["publications"]


def test_an_addition_repeated_before_the_search_knows_of_it_finds_the_product_by_our_code(desk):
    channel = desk.open()
    first = done(channel.push([add("BOLT")])[0])
    second = done(channel.push([add("BOLT", price=Decimal("13.00"))])[0])
    assert first.link == second.link
    assert len(desk.shop.shelf("Product")) == 1
    assert desk.price("BOLT") == Decimal("13.00")
    assert "Found again" in second.note


def test_without_auto_sync_a_double_is_made_once_and_never_twice(desk):
    desk.shop.add_product("By hand", [{"sku": "BOLT"}])
    desk.settle()
    channel = desk.open(auto_sync="false")
    first, second = done(channel.push([add("BOLT")])[0]), done(channel.push([add("BOLT")])[0])
    assert first.link == second.link
    assert len(desk.shop.shelf("Product")) == 2


def test_a_sku_the_shop_has_twice_is_reported_with_both_and_never_guessed(desk):
    desk.shop.add_product("One", [{"sku": "BOLT"}])
    desk.shop.duplicate_sku("BOLT", "Two")
    desk.settle()
    (outcome,) = desk.open().push([add("BOLT")])
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Refused)
    assert "2 times" in outcome.error.message
    assert "One" in outcome.error.message
    assert "Two" in outcome.error.message


def test_variants_are_made_with_their_options_and_each_answers(desk):
    change = group(
        "TEE",
        ["Size", "Colour"],
        [variant("TEE-S-R", "S", "Red"), variant("TEE-M-R", "M", "Red", price=Decimal("6.00"))],
    )
    outcome = done(desk.open().push([change])[0])
    assert outcome.link.variant_code == ""
    assert set(outcome.variants) == {"key-TEE-S-R", "key-TEE-M-R"}
    small = done(outcome.variants["key-TEE-S-R"])
    assert small.link.variant_code == str(desk.shop.variant("TEE-S-R")["number"])
    assert [option["name"] for option in desk.product("TEE-S-R")["options"]] == ["Size", "Colour"]
    assert desk.price("TEE-M-R") == Decimal("6.00")


def test_one_variant_that_cannot_be_sent_fails_alone(desk):
    change = group("TEE", ["Size"], [variant("TEE-S", "S"), variant("TEE-M", "M", price=Decimal("-1"))])
    outcome = done(desk.open().push([change])[0])
    done(outcome.variants["key-TEE-S"])
    failed = outcome.variants["key-TEE-M"]
    assert isinstance(failed, Failed)
    assert "TEE-M" in failed.error.message


def test_a_product_with_variants_is_linked_where_options_and_skus_fit_and_gets_what_it_lacks(desk):
    desk.shop.add_product(
        "Tee",
        [{"sku": "TEE-S", "options": {"Size": "S"}}, {"sku": "TEE-L", "options": {"Size": "L"}}],
    )
    desk.settle()
    change = group("TEE", ["Size"], [variant("TEE-S", "S"), variant("TEE-M", "M")])
    outcome = done(desk.open().push([change])[0])
    assert "Linked" in outcome.note
    assert "Added" in done(outcome.variants["key-TEE-M"]).note
    product = desk.product("TEE-S")
    assert product is desk.product("TEE-M")
    # The one made by hand is still there.
    assert product is desk.product("TEE-L")
    assert desk.price("TEE-S") == Decimal("5.00")
    assert desk.available("TEE-M") == 3


def test_options_that_differ_are_refused_with_both(desk):
    desk.shop.add_product(
        "Tee", [{"sku": "TEE-S", "options": {"Colour": "Red"}}, {"sku": "X", "options": {"Colour": "Blue"}}]
    )
    desk.settle()
    (outcome,) = desk.open().push([group("TEE", ["Size"], [variant("TEE-S", "S")])])
    assert isinstance(outcome, Failed)
    assert "Size" in outcome.error.message
    assert "Colour" in outcome.error.message


def with_before(change, before):
    from dataclasses import replace

    return replace(
        change, fields=tuple(replace(found, before=before.get(found.name)) for found in change.fields)
    )


def rows(found):
    return list(found.values()) if isinstance(found, dict) else list(found)


def titles(desk, product):
    return [
        row["title"] for row in desk.shop.shelf("Collection").values() if product["number"] in members(row)
    ]


def members(collection):
    found = collection["products"]
    return {each["number"] if isinstance(each, dict) else each for each in found}


def test_blocked_pictures_and_ignored_collections_never_reach_the_shop(desk):
    desk.open().push([add("BOLT", collection="Shirts", images=("hash-front",), pictures=PICTURES[:1])])
    assert not desk.product("BOLT")["media"]
    assert not desk.shop.shelf("Collection")


def test_a_collection_is_made_once_and_left_when_the_product_moves(desk):
    channel = desk.open(ignore_category_enabled="false")
    made = [
        done(found) for found in channel.push([add("A", collection="Bolts"), add("B", collection="Bolts")])
    ]
    assert len(desk.shop.shelf("Collection")) == 1
    done(channel.push([update("A", made[0].link, {"collection": "Bolts"}, collection="Nuts")])[0])
    assert titles(desk, desk.product("A")) == ["Nuts"]
    assert titles(desk, desk.product("B")) == ["Bolts"]


def test_a_product_that_leaves_is_deleted_only_when_the_setting_says_exactly_true(desk):
    made = done(desk.open().push([add("BOLT")])[0])
    from stockwire.ports import Change

    leaving = Change("BOLT", "BOLT", Action.REMOVE, (), made.link)
    kept = done(desk.open(delete_product_enabled="1").push([leaving])[0])
    assert kept.link == made.link
    assert len(desk.shop.shelf("Product")) == 1
    gone = done(desk.open().push([leaving])[0])
    assert gone.link is None
    assert not desk.shop.shelf("Product")


def test_a_variant_that_leaves_is_deleted_alone(desk):
    channel = desk.open()
    made = done(channel.push([group("TEE", ["Size"], [variant("TEE-S", "S"), variant("TEE-M", "M")])])[0])
    link = done(made.variants["key-TEE-M"]).link
    change = group(
        "TEE", ["Size"], [variant("TEE-M", "M", action=Action.REMOVE, link=link)], Action.UPDATE, made.link
    )
    outcome = done(channel.push([change])[0])
    assert done(outcome.variants["key-TEE-M"]).link is None
    assert len(desk.product("TEE-S")["variants"]) == 1


def test_a_link_typed_in_by_hand_gets_its_variant_and_item_read(desk):
    desk.shop.add_product("By hand", [{"sku": "BOLT"}])
    link = Link(str(desk.product("BOLT")["number"]))
    outcome = done(desk.open().push([update("BOLT", link, price=Decimal("3.00"), quantity=2)])[0])
    assert outcome.link.variant_code == str(desk.shop.variant("BOLT")["number"])
    assert (desk.price("BOLT"), desk.available("BOLT")) == (Decimal("3.00"), 2)


def test_a_missing_scope_is_named_with_the_fix(desk):
    desk.shop.drop_scope("write_products")
    with pytest.raises(NotSetUp) as caught:
        desk.open().push([add("BOLT")])
    assert "_products" in f"{caught.value.message} {caught.value.hint}"


def test_prices_of_many_products_go_in_few_calls_and_touch_nothing_else(desk):
    channel = desk.open(bulk_enabled="false")
    made = [done(found) for found in channel.push([add(f"P{at}") for at in range(12)])]
    desk.documents.clear()
    outcomes = channel.push([update(f"P{at}", made[at].link, price=Decimal(20 + at)) for at in range(12)])
    assert all(done(found).seen["price"] == 20 + at for at, found in enumerate(outcomes))
    assert desk.documents == ["UpdateVariants"] * 2
    assert desk.available("P3") == 7


def test_one_variant_in_another_product_is_told_and_the_others_are_written(desk):
    channel = desk.open()
    made = done(channel.push([group("TEE", ["Size"], [variant("TEE-S", "S"), variant("TEE-M", "M")])])[0])
    links = {key: done(found).link for key, found in made.variants.items()}
    stray = Link(made.link.product_code, "987654321", {"item": "5"})
    change = group(
        "TEE",
        ["Size"],
        [
            variant("TEE-S", "S", action=Action.UPDATE, link=links["key-TEE-S"], price=Decimal("8.00")),
            variant("TEE-M", "M", action=Action.UPDATE, link=stray, price=Decimal("8.00")),
        ],
        Action.UPDATE,
        made.link,
    )
    outcome = done(channel.push([change])[0])
    assert desk.price("TEE-S") == Decimal("8.00")
    failed = outcome.variants["key-TEE-M"]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, Refused | TryLater)


def test_a_product_of_more_variants_than_a_page_is_made_whole_and_all_of_it_is_linked(desk):
    sizes = [variant(f"S{at}", str(at), quantity=at % 9) for at in range(300)]
    made = done(desk.open().push([group("TEE", ["Size"], sizes)])[0])
    links = [done(made.variants[f"key-S{at}"]).link for at in range(300)]
    assert len({link.variant_code for link in links}) == 300
    assert all(link.memory["item"] for link in links)
    assert [desk.available(f"S{at}") for at in range(300)] == [at % 9 for at in range(300)]


def test_a_product_of_more_variants_than_shopify_takes_is_refused_without_a_write(desk):
    sizes = [variant(f"S{at}", str(at)) for at in range(2049)]
    (outcome,) = desk.open(auto_sync="false").push([group("TEE", ["Size"], sizes)])
    assert isinstance(outcome, Failed)
    assert "2048" in outcome.error.message
    assert not desk.shop.shelf("Product")


@pytest.mark.parametrize("is_family", [False, True])
def test_a_product_whose_publishing_failed_is_put_on_sale_by_the_next_push(desk, is_family):
    """By then the search knows it by its SKU, as if somebody else had made it."""
    change = group("TEE", ["Size"], [variant("TEE", "S")]) if is_family else add("TEE")
    desk.lose("Publish")
    product_of = desk.open().push([change])
    assert isinstance(product_of[0], Failed)
    desk.product("TEE")["publications"].clear()
    desk.settle()
    done(desk.open().push([change])[0])
    assert desk.product("TEE")["publications"]
    assert len(desk.shop.shelf("Product")) == 1


def test_a_product_somebody_else_made_is_linked_and_stays_where_its_owner_put_it(desk):
    desk.shop.add_product("By hand", [{"sku": "BOLT"}], published=False)
    desk.settle()
    done(desk.open().push([add("BOLT")])[0])
    assert not desk.product("BOLT")["publications"]
