"""Products that change their shape, their place or their identity on a channel: nothing is left behind, and nothing is
made anew that was taken away."""

from __future__ import annotations

from decimal import Decimal

from tests.connectors.contract.changes import links

from stockwire.errors import Refused
from stockwire.ports import Action, Done, Failed

ADD, UPDATE, REMOVE = Action.ADD, Action.UPDATE, Action.REMOVE


def test_a_product_with_variants_is_taken_away_whole(shop_with_variants, sku, shirt, add_family, remove):
    shop = shop_with_variants
    channel = shop.open()
    (made,) = channel.push([add_family(sku("shirt"), shirt)])
    first, second = (channel.push([remove(sku("shirt"), made.link)])[0] for _ in range(2))
    assert [(type(outcome), outcome.link) for outcome in (first, second)] == [(Done, None)] * 2
    assert [held for name in shirt for held in shop.on_shelf(name)] == []
    assert list(shop.named(f"Title of {sku('shirt')}")) == []


def test_a_simple_product_becomes_one_with_variants_and_back_without_orphans(
    shop_with_variants, sku, shirt, add, add_family, remove
):
    shop = shop_with_variants
    channel = shop.open()
    (simple,) = channel.push([add(sku("S-R"), title=f"Title of {sku('shirt')}")])
    gone, family = channel.push([remove(sku("S-R"), simple.link), add_family(sku("shirt"), shirt)])
    assert gone.link is None
    assert all(isinstance(one, Done) for one in family.variants.values()), family
    assert set(shop.below(family.link.product_code)) == set(shirt)
    assert list(shop.named(f"Title of {sku('shirt')}")) == [family.link.product_code]
    # The addition stands before the removal this time.
    back, gone = channel.push(
        [add(sku("S-R"), title=f"Title of {sku('shirt')}"), remove(sku("shirt"), family.link)]
    )
    assert isinstance(back, Done), back
    assert gone.link is None
    assert [held.code for held in shop.on_shelf(sku("S-R"))] == [back.link.product_code]
    assert list(shop.named(f"Title of {sku('shirt')}")) == [back.link.product_code]
    assert shop.on_shelf(sku("M-B")) == []


def test_a_simple_product_in_the_shop_that_is_a_variant_here_is_refused_and_its_siblings_go_on(
    shop_with_variants, sku, shirt, add_family
):
    shop = shop_with_variants
    shop.shelve(sku("S-R"))
    (outcome,) = shop.open().push([add_family(sku("shirt"), shirt)])
    assert isinstance(outcome, Done), outcome
    bad = outcome.variants[f"key of {sku('S-R')}"]
    assert isinstance(bad, Failed)
    assert isinstance(bad.error, Refused)
    assert sku("S-R") in bad.error.message
    assert "simple product" in bad.error.message
    assert set(shop.below(outcome.link.product_code)) == set(shirt) - {sku("S-R")}


def test_variants_spread_over_two_products_of_the_shop_are_refused_and_none_is_touched(
    shop_with_variants, sku, shirt, add_family
):
    shop = shop_with_variants
    codes = [shop.shelve_variants(("Size",), {sku(name): ("S",)}) for name in ("S-R", "M-B")]
    before = [shop.below(code) for code in codes]
    (outcome,) = shop.open().push([add_family(sku("shirt"), shirt)])
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Refused)
    assert all(code in outcome.error.message for code in codes)
    assert [shop.below(code) for code in codes] == before


def test_a_variant_moves_from_one_product_to_another_in_one_push(
    shop_with_variants, sku, add_family, update_family
):
    shop = shop_with_variants
    channel = shop.open()
    first, second = channel.push(
        [
            add_family(sku("one"), {sku("a"): ("S",), sku("b"): ("M",)}, names=("Size",)),
            add_family(sku("two"), {sku("c"): ("S",)}, names=("Size",)),
        ]
    )
    new = {"price": Decimal("15.00"), "quantity": 3, "inventory_management": True}
    outcomes = channel.push(
        [
            update_family(sku("two"), second.link, (ADD, sku("b"), None, ("M",), new), names=("Size",)),
            update_family(
                sku("one"),
                first.link,
                (REMOVE, sku("b"), links(first)[sku("b")], ("M",), {}),
                names=("Size",),
            ),
        ]
    )
    assert all(isinstance(one, Done) for outcome in outcomes for one in outcome.variants.values()), outcomes
    assert set(shop.below(first.link.product_code)) == {sku("a")}
    assert set(shop.below(second.link.product_code)) == {sku("b"), sku("c")}


def test_a_variant_the_owner_deleted_is_refused_and_never_made_anew_by_a_change(
    shop_with_variants, sku, shirt, add_family, update_family
):
    shop = shop_with_variants
    channel = shop.open()
    (made,) = channel.push([add_family(sku("shirt"), shirt)])
    held = links(made)
    remove_one = (REMOVE, sku("S-R"), held[sku("S-R")], shirt[sku("S-R")], {})
    channel.push([update_family(sku("shirt"), made.link, remove_one)])
    (outcome,) = channel.push(
        [
            update_family(
                sku("shirt"),
                made.link,
                (UPDATE, sku("S-R"), held[sku("S-R")], shirt[sku("S-R")], {"quantity": 1}),
                (UPDATE, sku("M-B"), held[sku("M-B")], shirt[sku("M-B")], {"quantity": 1}),
            )
        ]
    )
    bad, good = (outcome.variants[f"key of {sku(name)}"] for name in ("S-R", "M-B"))
    assert isinstance(bad, Failed)
    assert isinstance(bad.error, Refused)
    assert sku("S-R") in bad.error.message
    assert isinstance(good, Done)
    assert sku("S-R") not in shop.below(made.link.product_code)


def test_a_product_whose_id_changed_is_found_again_with_its_variants(
    shop_with_variants, sku, shirt, add_family, update_family
):
    shop = shop_with_variants
    channel = shop.open()
    (made,) = channel.push([add_family(sku("shirt"), shirt)])
    held = links(made)
    shop.discard(made.link.product_code)
    code = shop.shelve_variants(("Size", "Colour"), shirt)
    changed = [
        (UPDATE, name, held[name], shirt[name], {"price": Decimal("31.00"), "quantity": 4}) for name in shirt
    ]
    (outcome,) = channel.push([update_family(sku("shirt"), made.link, *changed)])
    assert isinstance(outcome, Done), outcome
    assert outcome.link.product_code == code
    assert {(one.price, one.quantity) for one in shop.below(code).values()} == {(Decimal("31.00"), 4)}
    assert {name: link.variant_code for name, link in links(outcome).items()} == {
        name: one.code for name, one in shop.below(code).items()
    }


def test_a_product_with_variants_that_is_gone_is_refused_and_never_made_anew(
    shop_with_variants, sku, shirt, add_family, update_family
):
    shop = shop_with_variants
    channel = shop.open()
    (made,) = channel.push([add_family(sku("shirt"), shirt)])
    held = links(made)
    shop.discard(made.link.product_code)
    change = update_family(
        sku("shirt"),
        made.link,
        (UPDATE, sku("S-R"), held[sku("S-R")], shirt[sku("S-R")], {"quantity": 1}),
    )
    (outcome,) = channel.push([change])
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Refused)
    assert shop.on_shelf(sku("S-R")) == []
    assert list(shop.named(f"Title of {sku('shirt')}")) == []
