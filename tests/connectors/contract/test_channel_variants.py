"""What every channel that knows variants promises: each by itself, none lost, none twice."""

from __future__ import annotations

from decimal import Decimal

from tests.connectors.contract.changes import links

from stockwire.errors import Refused
from stockwire.ports import Action, Done, Failed

ADD, UPDATE, REMOVE = Action.ADD, Action.UPDATE, Action.REMOVE


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
    shop.shelve_below(made.link.product_code, sku("own"), {"Size": "One", "Colour": "Green"})
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
