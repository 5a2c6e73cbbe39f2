"""Products with variations of the simulated shop: attributes, the bin, settings, and how few calls it takes."""

from __future__ import annotations

from decimal import Decimal

import pytest

from stockwire.connectors.woocommerce.attributes import arranged, carried, chosen, from_memory, to_memory
from stockwire.errors import Refused
from stockwire.ports import Action, Change, Done, Failed, FieldChange, Group, Link, VariantChange
from stockwire.simulators.faults import Fault

GROUPS = {"price": Group.PRICE, "compare_at": Group.PRICE, "quantity": Group.STOCK}
WHOLE = {"price": Decimal("12.50"), "quantity": 5}
JERSEY = {"J-S-R": ("S", "Red"), "J-M-B": ("M", "Blue")}
NAMES = ("Size", "Colour")


def fields(values):
    return tuple(
        FieldChange(GROUPS.get(name, Group.CONTENT), name, None, value) for name, value in values.items()
    )


def family(variants, *, code="JERSEY", link=None, action=None, names=NAMES, title="Jersey", **given):
    """A change; each variant as (sku, values, fields, link), with an action where that is not plain."""
    whole = {"title": title, **given} if title else given
    below = tuple(
        VariantChange(sku, sku, how or (Action.UPDATE if held else Action.ADD), fields(given), held, values)
        for sku, values, given, held, *rest in variants
        for how in [rest[0] if rest else None]
    )
    action = action or (Action.UPDATE if link else Action.ADD)
    return Change(code, code, action, fields(whole), link, code=code, option_names=names, variants=below)


def jersey(variants=JERSEY, **given):
    return family([(sku, values, WHOLE, None) for sku, values in variants.items()], **given)


@pytest.fixture
def made(simulated):
    """A shop with the jersey in it, and the outcome of its addition."""
    shop = simulated()
    (outcome,) = shop.channel().push([jersey()])
    assert all(isinstance(one, Done) for one in outcome.variants.values()), outcome
    return shop, outcome


def product(shop, outcome):
    return shop.app.shop.products[int(outcome.link.product_code)]


def held(shop, sku):
    return shop.app.shop.products[shop.app.shop.skus[sku.casefold()]]


def test_the_code_is_the_sku_of_the_product_and_skus_stand_on_variations(made):
    shop, outcome = made
    assert product(shop, outcome)["sku"] == "JERSEY"
    assert [row["name"] for row in product(shop, outcome)["attributes"]] == ["Size", "Colour"]
    assert all(row["variation"] and row["visible"] for row in product(shop, outcome)["attributes"])
    assert held(shop, "J-S-R")["type"] == "variation"


def test_stock_of_many_variations_takes_one_call_per_product_and_no_read(simulated):
    shop = simulated()
    codes = [f"P{number}" for number in range(12)]
    families = {code: {f"{code}-{size}": (size,) for size in ("S", "M", "L")} for code in codes}
    channel = shop.channel()
    made = channel.push([jersey(skus, code=code, names=("Size",)) for code, skus in families.items()])
    changes = [
        family(
            [
                (sku, values, {"quantity": 9, "price": Decimal("20")}, outcome.variants[sku].link)
                for sku, values in families[code].items()
            ],
            code=code,
            link=outcome.link,
            names=("Size",),
            title="",
        )
        for code, outcome in zip(codes, made, strict=True)
    ]
    shop.stand.calls.clear()
    outcomes = channel.push(changes)
    assert all(isinstance(one, Done) for outcome in outcomes for one in outcome.variants.values())
    assert (shop.stand.calls.writes, shop.stand.calls.total) == (12, 12)


def test_a_first_load_takes_one_look_up_one_call_for_the_products_and_one_for_each_one_s_variations(
    simulated,
):
    shop = simulated()
    changes = [
        jersey({f"P{n}-S": ("S",), f"P{n}-M": ("M",)}, code=f"P{n}", names=("Size",)) for n in range(20)
    ]
    shop.channel().push(changes)
    assert (shop.stand.calls.total, shop.stand.calls.writes) == (21 + 1, 21)


def test_titles_of_linked_products_with_variants_go_together_in_one_call(simulated):
    shop = simulated()
    channel = shop.channel()
    made = channel.push([jersey({f"P{n}-S": ("S",)}, code=f"P{n}", names=("Size",)) for n in range(5)])
    shop.stand.calls.clear()
    channel.push(
        [
            family([], code=f"P{n}", link=outcome.link, names=("Size",), title=f"Title {n}")
            for n, outcome in enumerate(made)
        ]
    )
    assert shop.stand.calls.total == 1


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


def test_with_deletion_switched_off_a_variation_and_its_link_stay(made):
    shop, outcome = made
    link = outcome.variants["J-S-R"].link
    gone = family([("J-S-R", JERSEY["J-S-R"], {}, link, Action.REMOVE)], link=outcome.link, title="")
    (kept,) = shop.channel(delete_product_enabled="false").push([gone])
    assert kept.variants["J-S-R"].link == link
    assert "delete_product_enabled is off" in kept.variants["J-S-R"].note
    assert held(shop, "J-S-R")["type"] == "variation"


def test_with_creation_switched_off_missing_variants_are_refused_and_existing_ones_linked(made):
    shop, _ = made
    channel = shop.channel(create_product_enabled="false")
    (outcome,) = channel.push([jersey({**JERSEY, "J-L-R": ("L", "Red")})])
    assert [type(outcome.variants[sku]) for sku in (*JERSEY, "J-L-R")] == [Done, Done, Failed]
    assert "create_product_enabled" in outcome.variants["J-L-R"].error.hint
    (none,) = channel.push([jersey({"K-S": ("S", "Red")}, code="KIT")])
    assert isinstance(none, Failed)
    assert "create_product_enabled" in none.error.hint


def test_a_compare_at_price_of_variations_changes_alone_with_one_read_for_all(simulated):
    shop = simulated()
    channel = shop.channel()
    made = channel.push([jersey({f"P{n}-S": ("S",)}, code=f"P{n}", names=("Size",)) for n in range(4)])
    shop.stand.calls.clear()
    outcomes = channel.push(
        [
            family(
                [(f"P{n}-S", ("S",), {"compare_at": Decimal("15")}, outcome.variants[f"P{n}-S"].link)],
                code=f"P{n}",
                link=outcome.link,
                names=("Size",),
                title="",
            )
            for n, outcome in enumerate(made)
        ]
    )
    seen = [outcome.variants[f"P{n}-S"].seen for n, outcome in enumerate(outcomes)]
    assert {(one["price"], one["compare_at"]) for one in seen} == {(Decimal("12.50"), Decimal("15.00"))}
    assert (shop.stand.calls.total, shop.stand.calls.writes) == (5, 4)


def test_an_interrupted_first_push_of_a_product_whose_code_is_a_variant_s_sku_is_taken_up_again(simulated):
    shop = simulated()
    channel = shop.channel()
    change = jersey({"JERSEY": ("S", "Red"), "J-M-B": ("M", "Blue")})
    shop.stand.faults.arm(Fault("error_500", path="/variations/batch"))
    (first,) = channel.push([change])
    assert all(isinstance(one, Failed) for one in first.variants.values())
    (second,) = channel.push([change])
    assert second.link.product_code == first.link.product_code
    assert len(shop.app.shop.products) == 3
    assert product(shop, second)["sku"] == ""


def test_a_variation_whose_sku_was_renamed_in_the_shop_is_kept_and_told(made):
    shop, outcome = made
    link = outcome.variants["J-S-R"].link
    path = f"/products/{link.product_code}/variations/{link.variant_code}"
    shop.owner().call("PUT", path, body={"sku": "OTHER"})
    (changed,) = shop.channel().push(
        [family([("J-S-R", JERSEY["J-S-R"], {"quantity": 1}, link)], link=outcome.link, title="")]
    )
    assert "is now OTHER" in changed.variants["J-S-R"].note


def test_a_product_somebody_made_simple_in_the_shop_is_refused_in_words(made):
    shop, outcome = made
    shop.owner().call("PUT", f"/products/{outcome.link.product_code}", body={"type": "simple"})
    (changed,) = shop.channel().push([family([], link=outcome.link, title="Another title")])
    assert isinstance(changed, Failed)
    assert "is simple now" in changed.error.message


def test_two_variants_with_one_sku_in_one_push_make_one_variation(simulated):
    shop = simulated()
    change = family([("A", ("S", "Red"), WHOLE, None), ("a", ("M", "Red"), WHOLE, None)])
    (outcome,) = shop.channel().push([change])
    assert [type(outcome.variants[sku]) for sku in ("A", "a")] == [Done, Failed]


def test_many_variants_of_one_product_are_split_into_calls_the_shop_accepts(simulated):
    shop = simulated()
    skus = {f"V{number}": (str(number),) for number in range(130)}
    (outcome,) = shop.channel().push([jersey(skus, names=("Number",))])
    assert all(isinstance(one, Done) for one in outcome.variants.values())
    assert len(product(shop, outcome)["children"]) == 130


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


@pytest.mark.parametrize("text", ["", "{", "3", '{"a": 1}'])
def test_a_memory_that_cannot_be_read_is_no_memory(text):
    assert from_memory(text) == ()
    assert from_memory(to_memory(["Größe", "a,b"])) == ("Größe", "a,b")


def test_a_link_of_a_variant_that_is_no_number_is_refused_and_its_siblings_go_on(made):
    shop, outcome = made
    code = outcome.link.product_code
    good = outcome.variants["J-M-B"].link
    (changed,) = shop.channel().push(
        [
            family(
                [
                    ("J-S-R", JERSEY["J-S-R"], {"quantity": 1}, Link(code, "x1")),
                    ("J-M-B", JERSEY["J-M-B"], {"quantity": 1}, good),
                ],
                link=outcome.link,
                title="",
            )
        ]
    )
    assert isinstance(changed.variants["J-S-R"].error, Refused)
    assert isinstance(changed.variants["J-M-B"], Done)
