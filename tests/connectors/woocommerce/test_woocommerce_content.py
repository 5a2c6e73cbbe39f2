"""Categories, tags, brands and pictures of the simulated shop: what is made, what is kept, what is taken off."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from tests.connectors.contract.changes import IN_DOUBT

from stockwire.connectors.woocommerce import connector
from stockwire.domain.records import Image
from stockwire.errors import NotSetUp, Refused, TryLater
from stockwire.ports import Action, Done, Failed, FieldChange, Group, Link
from stockwire.simulators.faults import Fault

WHOLE = {"title": "Hex bolt", "price": Decimal("12.50"), "quantity": 5}


@pytest.fixture
def add(change):
    return lambda sku, **given: change(sku, {**WHOLE, **given}, action=Action.ADD)


def linked(change, outcome, sku="BOLT", **given):
    """A change of a product by its link, memory included."""
    return replace(change(sku, given), link=outcome.link)


def hang(change, *pictures):
    images = tuple(Image(src, content) for src, content in pictures)
    wanted = FieldChange(Group.IMAGES, "images", None, tuple(image.identity for image in images))
    return replace(change, fields=(*change.fields, wanted), images=images)


def shown(shop, outcome, taxonomy="categories"):
    body = shop.owner().get(f"/products/{outcome.link.product_code}").body
    return [row["name"] for row in body[taxonomy]]


def parent(shop, name="Shop"):
    return str(shop.owner().call("POST", "/products/categories", body={"name": name}).body["id"])


def test_a_collection_becomes_a_category_below_the_parent_and_is_used_again(simulated, add):
    shop = simulated()
    below = parent(shop)
    channel = shop.channel(category_parent_id=below)
    shop.stand.calls.clear()
    outcomes = channel.push([add("A", collection="Bolts & nuts"), add("B", collection="bolts & Nuts")])
    assert [shown(shop, outcome) for outcome in outcomes] == [["Bolts &amp; nuts"]] * 2
    # One look-up, one call for the categories, one for the products.
    assert (shop.stand.calls.total, shop.stand.calls.writes) == (3 + 2, 2)
    (third,) = channel.push([add("C", collection="Bolts & nuts")])
    assert third.link.memory["collection"] == outcomes[0].link.memory["collection"]
    made = [term for term in shop.app.shop.terms.values() if term["taxonomy"] == "categories"]
    assert [term["parent"] for term in made if term["name"].startswith("Bolts")] == [int(below)]


def test_another_collection_takes_only_our_category_off(simulated, add, change):
    shop = simulated()
    channel = shop.channel(category_parent_id="0")
    (made,) = channel.push([add("BOLT", collection="Bolts")])
    by_hand = parent(shop, "Sale")
    code = made.link.product_code
    present = shop.owner().get(f"/products/{code}").body["categories"]
    body = {"categories": [*({"id": row["id"]} for row in present), {"id": int(by_hand)}]}
    shop.owner().call("PUT", f"/products/{code}", body=body)
    (changed,) = channel.push([linked(change, made, collection="Fasteners")])
    assert isinstance(changed, Done), changed
    assert sorted(shown(shop, changed)) == ["Fasteners", "Sale"]
    (without,) = channel.push([linked(change, changed, collection="")])
    assert shown(shop, without) == ["Sale"]
    assert without.link.memory["collection"] == ""


def test_categories_of_a_product_made_by_hand_are_kept_when_it_is_linked(simulated, add):
    shop = simulated()
    body = {"name": "Bolt", "sku": "BOLT", "categories": [{"id": int(parent(shop, "Sale"))}]}
    shop.owner().call("POST", "/products", body=body)
    (outcome,) = shop.channel(category_parent_id="0").push([add("BOLT", collection="Bolts")])
    assert sorted(shown(shop, outcome)) == ["Bolts", "Sale"]


def test_a_category_that_is_there_already_costs_no_write_of_the_product(simulated, add, change):
    shop = simulated()
    channel = shop.channel(category_parent_id="0")
    (made,) = channel.push([add("BOLT", collection="Bolts")])
    before = shop.app.shop.products[int(made.link.product_code)]["modified"]
    shop.stand.calls.clear()
    (again,) = channel.push([linked(change, made, collection="Bolts")])
    assert isinstance(again, Done)
    assert shop.stand.calls.writes == 1
    assert shop.app.shop.products[int(made.link.product_code)]["modified"] == before


def test_a_parent_category_that_is_gone_pauses_the_shop_with_words(simulated, add):
    with pytest.raises(NotSetUp, match="no category 4711") as caught:
        simulated().channel(category_parent_id="4711").push([add("BOLT", collection="Bolts")])
    assert "category_parent_id" in caught.value.hint


def test_the_check_looks_for_the_parent_category(simulated):
    shop = simulated()
    found = {one.code: one for one in shop.channel(category_parent_id="4711").check()}
    assert found["category_parent"].state == "failed"
    found = {one.code: one for one in shop.channel(category_parent_id=parent(shop, "Tools & more")).check()}
    assert found["category_parent"].seen == "Categories are made below Tools & more."


@pytest.mark.parametrize("given", ["", "true", "True", "false", None])
def test_a_parent_category_that_names_none_is_none(settings, given):
    assert settings(category_parent_id=given).category_parent_id is None


def test_what_the_settings_keep_back_is_said_with_the_setting(settings):
    assert set(connector.terms(settings()).withheld) == {"collection"}
    assert "category_parent_id" in connector.terms(settings()).withheld["collection"]
    off = settings(
        inventory_management="false",
        manage_category_enabled="false",
        create_image_enabled="false",
        delete_image_enabled="false",
        delete_product_enabled="false",
    )
    terms = connector.terms(off)
    assert set(terms.withheld) == {"quantity", "inventory_management", "collection", "images"}
    assert not terms.delete_enabled
    assert connector.terms(settings(category_parent_id="0")).withheld == {}


def test_tags_are_made_and_only_ours_are_taken_off(simulated, add, change):
    shop = simulated()
    channel = shop.channel()
    (made,) = channel.push([add("BOLT", tags="steel, Zinc , steel,")])
    assert sorted(shown(shop, made, "tags")) == ["Zinc", "steel"]
    tag = shop.owner().call("POST", "/products/tags", body={"name": "new"}).body
    code = made.link.product_code
    present = shop.owner().get(f"/products/{code}").body["tags"]
    shop.owner().call("PUT", f"/products/{code}", body={"tags": [*present, tag]})
    (changed,) = channel.push([linked(change, made, tags="zinc,M8")])
    assert sorted(shown(shop, changed, "tags")) == ["M8", "Zinc", "new"]


def test_a_vendor_becomes_a_brand(simulated, add, change):
    shop = simulated()
    channel = shop.channel()
    (made,) = channel.push([add("BOLT", vendor="Karoo Works")])
    (changed,) = channel.push([linked(change, made, vendor="Cape Steel")])
    assert shown(shop, changed, "brands") == ["Cape Steel"]


def test_many_tags_go_in_calls_a_shop_with_a_low_limit_accepts(simulated, add):
    shop = simulated(batch_limit=10)
    (outcome,) = shop.channel().push([add("BOLT", tags=",".join(f"tag {number}" for number in range(35)))])
    assert isinstance(outcome, Done), outcome
    assert len(shown(shop, outcome, "tags")) == 35


def test_a_name_that_is_too_long_fails_its_own_product_only(simulated, add):
    outcomes = simulated().channel().push([add("A", tags="x" * 201), add("B", tags="steel")])
    assert [type(outcome) for outcome in outcomes] == [Failed, Done]
    assert outcomes[0].error.message.startswith("A: ")
    assert "too long" in outcomes[0].error.message


def test_terms_of_products_with_variants_stand_at_the_product(simulated, change):
    shop = simulated()
    family = replace(
        change("SHIRT", {"title": "Shirt", "tags": "wool"}, action=Action.ADD),
        option_names=("Size",),
        code="SHIRT",
    )
    (outcome,) = shop.channel().push([family])
    assert shown(shop, outcome, "tags") == ["wool"]


def test_ids_of_pictures_are_remembered_by_content(simulated, add):
    shop = simulated()
    (made,) = shop.channel().push([hang(add("BOLT"), ("https://images.example/a.png", "aa"))])
    held = shop.owner().get(f"/products/{made.link.product_code}").body["images"]
    assert json.loads(made.link.memory["images"]) == {"aa": held[0]["id"]}


def test_pictures_do_not_slow_the_other_calls_down(simulated, add):
    shop = simulated()
    pictures = [(f"https://images.example/{n}.png", str(n)) for n in range(3)]
    shop.stand.calls.clear()
    outcomes = shop.channel().push([hang(add(f"P{n}"), *pictures) for n in range(12)])
    assert all(isinstance(outcome, Done) and not outcome.failed for outcome in outcomes)
    # One for the products, and their pictures five products at a time.
    assert shop.stand.calls.writes == 1 + 3


def test_with_adding_switched_off_pictures_are_only_taken_away_and_the_other_way_round(
    simulated, add, change
):
    shop = simulated()
    front, side = ("https://images.example/a.png", "aa"), ("https://images.example/b.png", "bb")
    (made,) = shop.channel().push([hang(add("BOLT"), front)])
    (none_added,) = shop.channel(create_image_enabled="false").push([hang(linked(change, made), front, side)])
    assert "create_image_enabled" in none_added.note
    (none_taken,) = shop.channel(delete_image_enabled="false").push([hang(linked(change, none_added), side)])
    assert "delete_image_enabled" in none_taken.note
    assert len(shop.app.shop.products[int(made.link.product_code)]["images"]) == 2
    (taken,) = shop.channel().push([hang(linked(change, none_taken), side)])
    assert isinstance(taken, Done)
    assert len(shop.app.shop.products[int(made.link.product_code)]["images"]) == 1


def test_a_picture_without_an_address_the_shop_can_fetch_is_refused_without_a_call(simulated, add):
    shop = simulated()
    (outcome,) = shop.channel().push([hang(add("BOLT"), ("C:/pictures/bolt.png", "aa"))])
    assert isinstance(outcome.failed[Group.IMAGES], Refused)
    assert "C:/pictures/bolt.png" in outcome.failed[Group.IMAGES].message


def test_a_picture_of_ours_that_somebody_took_off_is_not_mistaken_for_his_own(simulated, add, change):
    shop = simulated()
    ours = ("https://images.example/a.png", "aa")
    (made,) = shop.channel().push([hang(add("BOLT"), ours)])
    code = made.link.product_code
    own = [{"src": "https://images.example/own.png"}]
    shop.owner().call("PUT", f"/products/{code}", body={"images": own})
    (number,) = shop.app.shop.products[int(code)]["images"]
    (changed,) = shop.channel().push(
        [hang(linked(change, made), ours, ("https://images.example/b.png", "bb"))]
    )
    (gone,) = shop.channel().push([hang(linked(change, changed))])
    assert isinstance(gone, Done)
    assert shop.app.shop.products[int(code)]["images"] == [number]


def test_pictures_of_a_product_that_is_gone_are_refused_with_it(simulated, change):
    (outcome,) = (
        simulated()
        .channel()
        .push([hang(replace(change("BOLT", {}), link=Link("4711")), ("https://images.example/a.png", "aa"))])
    )
    assert isinstance(outcome, Failed)
    assert "gone from the shop" in outcome.error.message


def gallery(shop, outcome):
    return list(shop.app.shop.products[int(outcome.link.product_code)]["images"])


def test_pictures_hang_in_our_order_before_those_of_people(simulated, add, change):
    shop = simulated()
    front, side = ("https://images.example/a.png", "aa"), ("https://images.example/b.png", "bb")
    (made,) = shop.channel().push([hang(add("BOLT"), front)])
    (ours,) = gallery(shop, made)
    images = [{"src": "https://images.example/own.png"}, {"id": ours}]
    shop.owner().call("PUT", f"/products/{made.link.product_code}", body={"images": images})
    (own, _) = gallery(shop, made)
    (changed,) = shop.channel().push([hang(linked(change, made), side, front)])
    assert gallery(shop, changed)[1:] == [ours, own]
    assert len(gallery(shop, changed)) == 3


def test_a_picture_the_shop_cannot_fetch_fails_alone_and_the_product_goes_through(simulated, add):
    shop = simulated()
    bad, good = shop.channel().push(
        [
            hang(add("BAD"), ("https://images.example/missing.png", "aa")),
            hang(add("GOOD"), ("https://images.example/a.png", "aa")),
        ]
    )
    assert isinstance(bad, Done), bad
    error = bad.failed[Group.IMAGES]
    assert isinstance(error, Refused)
    assert error.message.startswith("BAD: the shop could not take a picture")
    assert "browser" in error.hint
    assert not good.failed
    assert len(gallery(shop, good)) == 1


@pytest.mark.parametrize("kind", IN_DOUBT)
def test_pictures_whose_answer_was_lost_are_not_hung_up_twice(simulated, add, change, kind):
    shop = simulated()
    channel = shop.channel(timeout_s="0.5")
    (made,) = channel.push([add("BOLT")])
    images = [{"src": "https://images.example/own.png"}]
    shop.owner().call("PUT", f"/products/{made.link.product_code}", body={"images": images})
    wanted = hang(
        linked(change, made), ("https://images.example/a.png", "aa"), ("https://images.example/b.png", "bb")
    )
    shop.stand.faults.arm(Fault(kind, path="/products/batch", delay_s=1.0))
    (outcome,) = channel.push([wanted])
    assert isinstance(outcome.failed[Group.IMAGES], TryLater), outcome
    shop.stand.faults.clear()
    for _ in range(3):
        (outcome,) = channel.push([wanted])
        if not outcome.failed:
            break
    assert not outcome.failed
    assert len(gallery(shop, made)) == 3
