"""Option values of variants: which one a buyer chooses, told once and never guessed."""

from __future__ import annotations

from decimal import Decimal

from tests.connectors.contract.changes import links

from stockwire.ports import Action, Done, Failed, Link

UPDATE, REMOVE = Action.UPDATE, Action.REMOVE


def test_an_option_value_of_one_variant_changes_and_its_identity_stays(
    shop_with_variants, sku, shirt, add_family, update_family
):
    shop = shop_with_variants
    channel = shop.open()
    (made,) = channel.push([add_family(sku("shirt"), shirt)])
    held = links(made)
    (outcome,) = channel.push(
        [
            update_family(
                sku("shirt"),
                made.link,
                (
                    UPDATE,
                    sku("M-B"),
                    held[sku("M-B")],
                    ("L", "Blue"),
                    {"quantity": 2, "option_values": ("L", "Blue")},
                ),
            )
        ]
    )
    assert links(outcome) == {sku("M-B"): held[sku("M-B")]}
    now = shop.below(made.link.product_code)
    assert {name: tuple(one.options.values()) for name, one in now.items()} == {
        **shirt,
        sku("M-B"): ("L", "Blue"),
    }
    assert now[sku("M-B")].quantity == 2


def test_option_values_that_are_not_to_be_sent_are_left_as_the_owner_has_them(
    shop_with_variants, sku, shirt, add_family, update_family
):
    shop = shop_with_variants
    channel = shop.open()
    (made,) = channel.push([add_family(sku("shirt"), shirt)])
    stock = (UPDATE, sku("M-B"), links(made)[sku("M-B")], ("L", "Green"), {"quantity": 2})
    (outcome,) = channel.push([update_family(sku("shirt"), made.link, stock, names=("Size", "Shade"))])
    assert set(links(outcome)) == {sku("M-B")}
    same_names = (UPDATE, sku("S-R"), links(made)[sku("S-R")], ("XS", "Pink"), {"price": Decimal("13.50")})
    (outcome,) = channel.push([update_family(sku("shirt"), made.link, same_names)])
    assert set(links(outcome)) == {sku("S-R")}
    now = shop.below(made.link.product_code)
    assert {name: tuple(one.options.values()) for name, one in now.items()} == shirt
    assert {name for one in now.values() for name in one.options} == {"Size", "Colour"}
    assert now[sku("M-B")].quantity == 2


def test_variants_are_taken_from_below_a_product_without_naming_its_options(
    shop_with_variants, sku, shirt, add_family, update_family
):
    shop = shop_with_variants
    channel = shop.open()
    (made,) = channel.push([add_family(sku("shirt"), shirt)])
    gone = (REMOVE, sku("S-R"), links(made)[sku("S-R")], shirt[sku("S-R")], {})
    below = Link(made.link.product_code)
    (outcome,) = channel.push([update_family(sku("other code"), below, gone, names=())])
    assert isinstance(outcome, Done), outcome
    assert outcome.variants[f"key of {sku('S-R')}"].link is None
    assert set(shop.below(made.link.product_code)) == set(shirt) - {sku("S-R")}


def test_a_variant_without_a_value_for_an_option_fails_alone(shop_with_variants, sku, add_family):
    values = {sku("S"): ("S",), sku("none"): ("",)}
    (outcome,) = shop_with_variants.open().push([add_family(sku("shirt"), values, names=("Size",))])
    assert isinstance(outcome.variants[f"key of {sku('S')}"], Done)
    bad = outcome.variants[f"key of {sku('none')}"]
    assert isinstance(bad, Failed)
    assert sku("none") in bad.error.message
    assert "Size" in bad.error.message
