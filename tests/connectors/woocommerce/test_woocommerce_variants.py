"""Products with variations of the simulated shop: attributes, the bin, settings, and how few calls it takes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.connectors.woocommerce.jerseys import (
    JERSEY,
    WHOLE,
    family,
    held,
    jersey,
    product,
)

from stockwire.connectors.woocommerce.attributes import from_memory, to_memory
from stockwire.errors import Refused
from stockwire.ports import Action, Done, Failed, Link
from stockwire.simulators.faults import Fault


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
