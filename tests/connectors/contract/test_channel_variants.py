"""What every channel that knows variants promises: each by itself, none lost, none twice, none left behind."""

from __future__ import annotations

from decimal import Decimal

import pytest

from stockwire.errors import Refused, TryLater
from stockwire.ports import Action, Done, Failed, Link
from stockwire.simulators.faults import Fault

ADD, UPDATE, REMOVE = Action.ADD, Action.UPDATE, Action.REMOVE
IN_DOUBT = ["answer_late", "work_late", "error_500_after", "garbage", "drop"]


@pytest.fixture
def shirt(sku):
    """Four variants: option values by SKU."""
    return {
        sku("S-R"): ("S", "Red"),
        sku("S-B"): ("S", "Blue"),
        sku("M-R"): ("M", "Red"),
        sku("M-B"): ("M", "Blue"),
    }


def links(outcome):
    """Links of the variants by SKU, from an outcome of a change made by the fixtures."""
    assert isinstance(outcome, Done), outcome
    return {key.removeprefix("key of "): done.link for key, done in outcome.variants.items()}


def test_a_product_with_variants_is_created_whole(shop_with_variants, sku, shirt, add_family):
    shop = shop_with_variants
    prices = {sku("S-R"): "749.00", sku("M-B"): "799.50"}
    change = add_family(sku("shirt"), shirt, title="Karoo shirt & tie", prices=prices, quantity=9)
    (outcome,) = shop.open().push([change])
    assert isinstance(outcome, Done), outcome
    assert outcome.link is not None
    assert outcome.link.variant_code == ""
    assert set(outcome.variants) == {variant.key for variant in change.variants}
    held = shop.below(outcome.link.product_code)
    assert {name: tuple(one.options.values()) for name, one in held.items()} == shirt
    assert {name for one in held.values() for name in one.options} == {"Size", "Colour"}
    assert {name: one.price for name, one in held.items()} == {
        name: Decimal(prices.get(name, "12.50")) for name in shirt
    }
    assert {one.quantity for one in held.values()} == {9}
    for name, link in links(outcome).items():
        assert (link.product_code, link.variant_code) == (outcome.link.product_code, held[name].code)
    assert list(shop.named("Karoo shirt & tie")) == [outcome.link.product_code]


def test_pushing_the_same_variants_again_links_them_and_makes_nothing_new(
    shop_with_variants, sku, shirt, add_family
):
    channel = shop_with_variants.open()
    change = add_family(sku("shirt"), shirt)
    (first,), (second,) = channel.push([change]), channel.push([change])
    assert second.link == first.link
    assert links(second) == links(first)
    assert len(shop_with_variants.below(first.link.product_code)) == 4
    assert len(shop_with_variants.named(f"Title of {sku('shirt')}")) == 1


def test_a_code_that_is_also_the_sku_of_a_variant_makes_one_product(shop_with_variants, sku, add_family):
    channel = shop_with_variants.open()
    change = add_family(sku("A"), {sku("A"): ("S",), sku("B"): ("M",)}, names=("Size",))
    (first,), (second,) = channel.push([change]), channel.push([change])
    assert links(second) == links(first)
    assert set(shop_with_variants.below(first.link.product_code)) == {sku("A"), sku("B")}
    assert len(shop_with_variants.named(f"Title of {sku('A')}")) == 1


def test_variants_the_owner_made_by_hand_are_linked_and_his_others_are_kept(
    shop_with_variants, sku, shirt, add_family
):
    shop = shop_with_variants
    by_hand = {sku("S-R"): ("S", "Red"), sku("M-B"): ("M", "Blue"), sku("own"): ("XL", "Green")}
    code = shop.shelve_variants(("Size", "Colour"), by_hand)
    before = shop.below(code)
    (outcome,) = shop.open().push([add_family(sku("shirt"), shirt)])
    assert isinstance(outcome, Done), outcome
    assert outcome.link.product_code == code
    assert "inked" in outcome.note
    held = shop.below(code)
    assert set(held) == {*shirt, sku("own")}
    assert held[sku("own")] == before[sku("own")]
    assert {name: held[name].code for name in before} == {name: one.code for name, one in before.items()}
    assert {name: tuple(held[name].options.values()) for name in shirt} == shirt
    assert {held[name].price for name in shirt} == {Decimal("12.50")}


def test_prices_and_stock_of_single_variants_change_and_nothing_else(
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
                (UPDATE, sku("S-R"), held[sku("S-R")], shirt[sku("S-R")], {"price": Decimal("99.99")}),
                (UPDATE, sku("M-B"), held[sku("M-B")], shirt[sku("M-B")], {"quantity": 0}),
            )
        ]
    )
    assert isinstance(outcome, Done), outcome
    assert links(outcome) == {name: held[name] for name in (sku("S-R"), sku("M-B"))}
    now = shop.below(made.link.product_code)
    assert {name: (one.price, one.quantity) for name, one in now.items()} == {
        sku("S-R"): (Decimal("99.99"), 7),
        sku("S-B"): (Decimal("12.50"), 7),
        sku("M-R"): (Decimal("12.50"), 7),
        sku("M-B"): (Decimal("12.50"), 0),
    }
    assert {name: tuple(one.options.values()) for name, one in now.items()} == shirt


def test_a_title_of_a_product_with_variants_changes_and_its_variants_stay(
    shop_with_variants, sku, shirt, add_family, update_family
):
    shop = shop_with_variants
    channel = shop.open()
    (made,) = channel.push([add_family(sku("shirt"), shirt)])
    before = shop.below(made.link.product_code)
    title = f"New title of {sku('shirt')}"
    (outcome,) = channel.push([update_family(sku("shirt"), made.link, title=title)])
    assert isinstance(outcome, Done), outcome
    assert list(shop.named(title)) == [made.link.product_code]
    assert shop.below(made.link.product_code) == before


def test_variants_are_added_to_and_taken_from_a_linked_product(
    shop_with_variants, sku, shirt, add_family, update_family
):
    shop = shop_with_variants
    channel = shop.open()
    (made,) = channel.push([add_family(sku("shirt"), shirt)])
    shop.shelve_below(made.link.product_code, sku("own"), {"Size": "S", "Colour": "Red"})
    held = links(made)
    new = {"price": Decimal("15.00"), "quantity": 3, "inventory_management": True}
    (outcome,) = channel.push(
        [
            update_family(
                sku("shirt"),
                made.link,
                (ADD, sku("XL-G"), None, ("XL", "Green"), new),
                (REMOVE, sku("S-B"), held[sku("S-B")], shirt[sku("S-B")], {}),
            )
        ]
    )
    assert isinstance(outcome, Done), outcome
    assert outcome.variants[f"key of {sku('S-B')}"].link is None
    now = shop.below(made.link.product_code)
    assert set(now) == {sku("S-R"), sku("M-R"), sku("M-B"), sku("XL-G"), sku("own")}
    assert tuple(now[sku("XL-G")].options.values()) == ("XL", "Green")
    assert (now[sku("XL-G")].price, now[sku("XL-G")].quantity) == (Decimal("15.00"), 3)
    (again,) = channel.push(
        [
            update_family(
                sku("shirt"), made.link, (REMOVE, sku("S-B"), held[sku("S-B")], shirt[sku("S-B")], {})
            )
        ]
    )
    assert again.variants[f"key of {sku('S-B')}"].link is None


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
    assert isinstance(outcome, Done), outcome
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


def test_one_bad_variant_fails_alone_and_names_itself(shop_with_variants, sku, shirt, add_family):
    shop = shop_with_variants
    (outcome,) = shop.open().push([add_family(sku("shirt"), shirt, prices={sku("M-R"): "-1"})])
    assert isinstance(outcome, Done), outcome
    bad = outcome.variants.pop(f"key of {sku('M-R')}")
    assert isinstance(bad, Failed)
    assert isinstance(bad.error, Refused)
    assert sku("M-R") in bad.error.message
    assert bad.error.hint
    assert all(isinstance(one, Done) for one in outcome.variants.values())
    assert set(shop.below(outcome.link.product_code)) == set(shirt) - {sku("M-R")}


def test_a_variant_without_a_value_for_an_option_fails_alone(shop_with_variants, sku, add_family):
    values = {sku("S"): ("S",), sku("none"): ("",)}
    (outcome,) = shop_with_variants.open().push([add_family(sku("shirt"), values, names=("Size",))])
    assert isinstance(outcome.variants[f"key of {sku('S')}"], Done)
    bad = outcome.variants[f"key of {sku('none')}"]
    assert isinstance(bad, Failed)
    assert sku("none") in bad.error.message
    assert "Size" in bad.error.message


def test_a_bad_product_fails_without_leaving_anything_behind(shop_with_variants, sku, shirt, add_family):
    shop = shop_with_variants
    outcomes = shop.open().push(
        [add_family(sku("bad"), {sku("x"): ("S", "Red")}, title=""), add_family(sku("shirt"), shirt)]
    )
    assert [type(outcome) for outcome in outcomes] == [Failed, Done]
    assert sku("bad") in outcomes[0].error.message
    assert shop.on_shelf(sku("x")) == []


def test_simple_products_and_families_go_in_one_push_and_keep_their_order(
    shop_with_variants, sku, shirt, add, add_family
):
    shop = shop_with_variants
    outcomes = shop.open().push(
        [add(sku("one")), add_family(sku("shirt"), shirt), add(sku("two")), add_family(sku("cap"), {})]
    )
    assert [type(outcome) for outcome in outcomes] == [Done] * 4
    assert [len(outcome.variants) for outcome in outcomes] == [0, 4, 0, 0]
    for at, name in ((0, "one"), (2, "two")):
        assert [held.code for held in shop.on_shelf(sku(name))] == [outcomes[at].link.product_code]


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


def test_links_of_variants_are_looked_up_with_their_product(shop_with_variants, sku, shirt, add_family):
    channel = shop_with_variants.open()
    (made,) = channel.push([add_family(sku("shirt"), shirt)])
    shop_with_variants.settle()
    found = channel.look_up([*shirt])
    assert {name: list(hits) for name, hits in found.items()} == {
        name: [link] for name, link in links(made).items()
    }


def test_what_a_link_remembers_is_text_and_survives_being_kept(
    shop_with_variants, sku, shirt, add_family, update_family
):
    channel = shop_with_variants.open()
    (made,) = channel.push([add_family(sku("shirt"), shirt)])
    for link in (made.link, *links(made).values()):
        assert all(isinstance(part, str) for pair in link.memory.items() for part in pair)
    first = links(made)[sku("S-R")]
    stock = (UPDATE, sku("S-R"), first, shirt[sku("S-R")], {"quantity": 1})
    (outcome,) = channel.push([update_family(sku("shirt"), made.link, stock)])
    assert dict(outcome.link.memory) == dict(made.link.memory)
    assert dict(links(outcome)[sku("S-R")].memory) == dict(first.memory)


@pytest.mark.parametrize("kind", IN_DOUBT)
@pytest.mark.parametrize("where", ["write_path", "variant_write_path"])
def test_variants_whose_answer_is_lost_are_in_doubt_and_made_only_once(
    simulated_with_variants, sku, shirt, add_family, kind, where
):
    shop = simulated_with_variants
    channel = shop.open(timeout_s="0.5")
    change = add_family(sku("shirt"), shirt)
    shop.stand.faults.arm(Fault(kind, path=getattr(shop, where), delay_s=1.0))
    (outcome,) = channel.push([change])
    failed = [outcome] if isinstance(outcome, Failed) else list(outcome.variants.values())
    assert all(isinstance(one, Failed) and isinstance(one.error, TryLater) for one in failed)
    assert all(one.error.may_have_worked for one in failed)
    shop.stand.faults.clear()
    for _ in range(3):
        (again,) = channel.push([change])
        if isinstance(again, Done) and all(isinstance(one, Done) for one in again.variants.values()):
            break
    assert set(links(again)) == set(shirt)
    assert set(shop.below(again.link.product_code)) == set(shirt)
    assert len(shop.below(again.link.product_code)) == 4
    assert list(shop.named(f"Title of {sku('shirt')}")) == [again.link.product_code]


def test_variants_that_fail_inside_a_call_fail_alone_and_come_back(
    simulated_with_variants, sku, shirt, add_family, update_family
):
    shop = simulated_with_variants
    channel = shop.open()
    (made,) = channel.push([add_family(sku("shirt"), shirt)])
    changed = [(UPDATE, name, link, shirt[name], {"quantity": 1}) for name, link in links(made).items()]
    shop.stand.faults.arm(Fault("partial", path=shop.variant_write_path, items=2))
    (outcome,) = channel.push([update_family(sku("shirt"), made.link, *changed)])
    assert isinstance(outcome, Done)
    assert sorted(type(one).__name__ for one in outcome.variants.values()) == ["Done"] * 2 + ["Failed"] * 2
    (again,) = channel.push([update_family(sku("shirt"), made.link, *changed)])
    assert all(isinstance(one, Done) for one in again.variants.values())
    assert {one.quantity for one in shop.below(made.link.product_code).values()} == {1}


def test_a_shop_that_is_away_is_tried_later_for_variants_too(
    simulated_with_variants, sku, shirt, add_family, update_family
):
    shop = simulated_with_variants
    channel = shop.open()
    (made,) = channel.push([add_family(sku("shirt"), shirt)])
    changed = [(UPDATE, name, link, shirt[name], {"quantity": 1}) for name, link in links(made).items()]
    shop.stand.refuse()
    with pytest.raises(TryLater) as caught:
        channel.push([update_family(sku("shirt"), made.link, *changed)])
    assert not caught.value.may_have_worked
    shop.stand.accept()
