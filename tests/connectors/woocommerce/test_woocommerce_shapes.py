"""Products whose shape changes: options renamed, dropped or swapped, products binned, simple ones with variants."""

from __future__ import annotations

import pytest
from tests.connectors.woocommerce.jerseys import (
    JERSEY,
    WHOLE,
    family,
    held,
    jersey,
    product,
)

from stockwire.connectors.woocommerce.attributes import arranged, carried, chosen, from_memory
from stockwire.ports import Action, Done, Failed
from stockwire.simulators.faults import Fault


def test_attributes_people_added_and_the_shop_s_own_values_are_kept(made):
    shop, outcome = made
    code, owner = outcome.link.product_code, shop.owner()
    attributes = owner.get(f"/products/{code}").body["attributes"]
    attributes[0]["options"].append("XXL")
    attributes.append({"name": "Fabric", "visible": True, "variation": False, "options": ["Merino"]})
    owner.call("PUT", f"/products/{code}", body={"attributes": attributes})
    (added,) = shop.channel().push(
        [family([("J-L-R", ("L", "Red"), WHOLE, None)], link=outcome.link, title="")]
    )
    assert isinstance(added.variants["J-L-R"], Done), added
    rows = {row["name"]: row for row in product(shop, outcome)["attributes"]}
    assert rows["Size"]["options"] == ["S", "M", "XXL", "L"]
    assert rows["Colour"]["options"] == ["Red", "Blue"]
    assert (rows["Fabric"]["options"], rows["Fabric"]["variation"]) == (["Merino"], False)


def test_a_global_attribute_of_an_adopted_product_is_used_by_its_id(simulated):
    shop = simulated()
    owner = shop.owner()
    number = owner.call("POST", "/products/attributes", body={"name": "Size"}).body["id"]
    attributes = [{"id": number, "variation": True, "visible": True, "options": ["S"]}]
    parent = {"name": "Jersey", "type": "variable", "attributes": attributes}
    code = owner.call("POST", "/products", body=parent).body["id"]
    child = {"sku": "J-S", "attributes": [{"id": number, "option": "S"}]}
    owner.call("POST", f"/products/{code}/variations", body=child)
    (outcome,) = shop.channel().push([jersey({"J-S": ("S",), "J-M": ("M",)}, names=("size",))])
    assert outcome.link.product_code == str(code)
    rows = owner.get(f"/products/{code}").body["attributes"]
    assert [(row["id"], row["name"], row["options"]) for row in rows] == [(number, "Size", ["M", "S"])]
    below = owner.get(f"/products/{code}/variations").body
    assert {row["sku"]: row["attributes"][0]["option"] for row in below} == {"J-S": "S", "J-M": "M"}


def test_an_adopted_product_whose_buyers_choose_by_something_else_is_refused(simulated):
    shop = simulated()
    owner = shop.owner()
    attributes = [{"name": "Cut", "variation": True, "options": ["Slim"]}]
    parent = {"name": "Jersey", "type": "variable", "sku": "JERSEY", "attributes": attributes}
    owner.call("POST", "/products", body=parent)
    (outcome,) = shop.channel().push([jersey()])
    assert isinstance(outcome, Failed)
    assert "choose Cut" in outcome.error.message
    assert "Size, Colour" in outcome.error.message


def test_a_renamed_option_takes_the_values_of_every_variation_along(made):
    shop, outcome = made
    code, owner = outcome.link.product_code, shop.owner()
    by_hand = [{"name": "Size", "option": "S"}, {"name": "Colour", "option": "Blue"}]
    owner.call("POST", f"/products/{code}/variations", body={"sku": "OWN", "attributes": by_hand})
    link = outcome.variants["J-S-R"].link
    (renamed,) = shop.channel().push(
        [
            family(
                [("J-S-R", ("S", "Red"), {"quantity": 1}, link)],
                link=outcome.link,
                names=("Size", "Farbe"),
                title="",
                option_names=("Size", "Farbe"),
            )
        ]
    )
    assert isinstance(renamed.variants["J-S-R"], Done), renamed
    assert [row["name"] for row in product(shop, outcome)["attributes"]] == ["Size", "Farbe"]
    below = owner.get(f"/products/{code}/variations").body
    assert {row["sku"]: {one["name"]: one["option"] for one in row["attributes"]} for row in below} == {
        "J-S-R": {"Size": "S", "Farbe": "Red"},
        "J-M-B": {"Size": "M", "Farbe": "Blue"},
        "OWN": {"Size": "S", "Farbe": "Blue"},
    }
    assert from_memory(renamed.link.memory["options"]) == ("Size", "Farbe")


def test_a_changed_value_keeps_what_the_variation_has_chosen_of_other_attributes(made):
    shop, outcome = made
    code, owner = outcome.link.product_code, shop.owner()
    attributes = owner.get(f"/products/{code}").body["attributes"]
    attributes.append({"name": "Print", "variation": True, "options": ["Logo", "Plain"]})
    owner.call("PUT", f"/products/{code}", body={"attributes": attributes})
    link = outcome.variants["J-S-R"].link
    wanted = [{"name": "Size", "option": "S"}, {"name": "Colour", "option": "Red"}]
    chosen_print = {"attributes": [*wanted, {"name": "Print", "option": "Logo"}]}
    owner.call("PUT", f"/products/{code}/variations/{link.variant_code}", body=chosen_print)
    new = ("XS", "Red")
    shop.channel().push(
        [family([("J-S-R", new, {"quantity": 1, "option_values": new}, link)], link=outcome.link, title="")]
    )
    row = owner.get(f"/products/{code}/variations/{link.variant_code}").body
    assert {one["name"]: one["option"] for one in row["attributes"]} == {
        "Size": "XS",
        "Colour": "Red",
        "Print": "Logo",
    }


def test_values_that_would_be_split_by_the_shop_are_refused(simulated):
    (outcome,) = simulated().channel().push([jersey({"A": ("S|M", "Red"), "B": ("L", "Red")})])
    assert isinstance(outcome.variants["A"], Failed)
    assert "contains |" in outcome.variants["A"].error.message
    assert isinstance(outcome.variants["B"], Done)


def test_a_product_somebody_binned_comes_back_with_all_its_variations(made):
    shop, outcome = made
    code, owner = outcome.link.product_code, shop.owner()
    owner.call("POST", f"/products/{code}/variations", body={"sku": "OWN", "attributes": []})
    owner.call("DELETE", f"/products/{code}")
    stock = family(
        [("J-S-R", JERSEY["J-S-R"], {"quantity": 3}, outcome.variants["J-S-R"].link)],
        link=outcome.link,
        title="",
    )
    (refused,) = shop.channel(restore_from_bin_enabled="false").push([stock])
    assert "lies in the shop's bin" in refused.variants["J-S-R"].error.message
    (restored,) = shop.channel().push([stock])
    assert isinstance(restored.variants["J-S-R"], Done), restored
    assert product(shop, outcome)["status"] == "publish"
    rows = owner.get(f"/products/{code}/variations").body
    assert {row["sku"]: row["status"] for row in rows} == dict.fromkeys(("OWN", *JERSEY), "publish")
    assert held(shop, "J-S-R")["stock_quantity"] == 3


@pytest.mark.parametrize("title", ["", "Another title"])
def test_a_binned_product_comes_back_when_a_variant_is_added(made, title):
    shop, outcome = made
    shop.owner().call("DELETE", f"/products/{outcome.link.product_code}")
    new = family([("J-L-R", ("L", "Red"), WHOLE, None)], link=outcome.link, title=title)
    (restored,) = shop.channel().push([new])
    assert isinstance(restored, Done), restored
    assert isinstance(restored.variants["J-L-R"], Done), restored
    assert "Restored" in restored.note
    rows = shop.owner().get(f"/products/{outcome.link.product_code}/variations").body
    assert {row["sku"] for row in rows} == {*JERSEY, "J-L-R"}


def test_a_product_set_to_delete_and_then_to_active_comes_back_out_of_the_bin(made):
    shop, outcome = made
    channel = shop.channel()
    channel.push([family([], link=outcome.link, action=Action.REMOVE, title="")])
    assert product(shop, outcome)["status"] == "trash"
    (again,) = channel.push([jersey()])
    assert isinstance(again, Done), again
    assert again.link == outcome.link
    assert {sku: one.link for sku, one in again.variants.items()} == {
        sku: one.link for sku, one in outcome.variants.items()
    }
    assert {held(shop, sku)["status"] for sku in JERSEY} == {"publish"}


def test_a_sku_that_lies_in_the_bin_as_a_variation_is_taken_off_it_for_a_simple_product(made, change):
    shop, outcome = made
    channel = shop.channel()
    simple = change("J-S-R", {**WHOLE, "title": "Jersey"}, action=Action.ADD)
    gone, back = channel.push([family([], link=outcome.link, action=Action.REMOVE, title=""), simple])
    assert gone.link is None
    assert isinstance(back, Done), back
    assert "was taken off a variation of product" in back.note
    assert held(shop, "J-S-R")["type"] == "simple"
    assert product(shop, outcome)["status"] == "trash"


def test_a_shape_that_changes_in_a_shop_that_deletes_for_good_leaves_nothing(simulated, change):
    shop = simulated()
    channel = shop.channel(delete_product_mode="delete")
    (simple,) = channel.push([change("J-S-R", {**WHOLE, "title": "Jersey"}, action=Action.ADD)])
    removal = change("J-S-R", action=Action.REMOVE, id=simple.link.product_code)
    family_made, gone = channel.push([jersey(), removal])
    assert gone.link is None
    assert all(isinstance(one, Done) for one in family_made.variants.values()), family_made
    assert len(shop.app.shop.products) == 3


def test_with_deletion_switched_off_a_changed_shape_is_refused_and_the_old_product_stays(simulated, change):
    shop = simulated()
    channel = shop.channel(delete_product_enabled="false")
    (simple,) = channel.push([change("J-S-R", {**WHOLE, "title": "Jersey"}, action=Action.ADD)])
    removal = change("J-S-R", action=Action.REMOVE, id=simple.link.product_code)
    kept, outcome = channel.push([removal, jersey()])
    assert kept.link == simple.link
    assert isinstance(outcome.variants["J-S-R"], Failed)
    assert "simple product" in outcome.variants["J-S-R"].error.message
    assert held(shop, "J-S-R")["type"] == "simple"


def test_a_removal_that_fails_makes_what_was_to_take_its_place_wait_as_well(simulated, change):
    shop = simulated()
    channel = shop.channel()
    (simple,) = channel.push([change("J-S-R", {**WHOLE, "title": "Jersey"}, action=Action.ADD)])
    removal = change("J-S-R", action=Action.REMOVE, id=simple.link.product_code)
    shop.stand.faults.arm(Fault("error_500", method="DELETE"))
    first, second = channel.push([removal, jersey()])
    assert isinstance(first, Failed)
    assert isinstance(second, Failed)
    assert second.error is first.error
    first, second = channel.push([removal, jersey()])
    assert [type(outcome) for outcome in (first, second)] == [Done, Done]


def test_lists_of_attributes_carry_what_is_there_and_add_what_is_new():
    there = [
        {"id": 1, "name": "Size", "position": 0, "visible": True, "variation": True, "options": ["S"]},
        {"id": 0, "name": "Bolts &amp; nuts", "position": 1, "visible": False, "options": ["A"]},
    ]
    rows = arranged(there, ["size", "Colour"], [["s", "M"], ["Red"]])
    assert rows == [
        {"id": 1, "name": "Size", "position": 0, "visible": True, "variation": True, "options": ["S", "M"]},
        {
            "name": "Bolts & nuts",
            "position": 1,
            "visible": False,
            "variation": False,
            "options": ["A"],
        },
        {"name": "Colour", "position": 2, "visible": True, "options": ["Red"], "variation": True},
    ]
    assert chosen(rows, ["size", "Colour"], ["s", "red"]) == [
        {"id": 1, "option": "S"},
        {"name": "Colour", "option": "Red"},
    ]


def test_an_option_that_is_dropped_stays_as_a_plain_attribute():
    there = [
        {"name": name, "position": at, "visible": True, "variation": True, "options": ["x"]}
        for at, name in enumerate(("Size", "Colour"))
    ]
    rows = arranged(there, ["Size"], [["x"]], ["Size", "Colour"])
    assert [(row["name"], row["variation"]) for row in rows] == [("Size", True), ("Colour", False)]


def test_options_that_swap_places_are_not_renamed():
    present = [{"id": 0, "name": "Size", "option": "S"}, {"id": 0, "name": "Colour", "option": "Red"}]
    assert carried(present, ["Size", "Colour"], ["Colour", "Size"]) == [
        {"name": "Size", "option": "S"},
        {"name": "Colour", "option": "Red"},
    ]
