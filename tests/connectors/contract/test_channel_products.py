"""What every channel promises about products: whole outcomes, in order, and never a second product."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from stockwire.errors import Refused
from stockwire.ports import Done, Failed


def test_a_shop_that_is_set_up_right_passes_its_check(shop):
    findings = shop.open().check()
    assert [finding.code for finding in findings if finding.state == "failed"] == []
    assert [finding.state for finding in findings if finding.code == "connection"] == ["passed"]
    assert len(findings) > 3
    assert all(finding.seen for finding in findings)
    assert all(finding.fix for finding in findings if finding.state == "warning")


def test_a_product_is_created_with_everything_that_was_sent(shop, sku, add):
    (outcome,) = shop.open().push(
        [add(sku(), title="Bolts & nuts, 5 < 6", price=Decimal("13.90"), quantity=240)]
    )
    assert isinstance(outcome, Done), outcome
    (held,) = shop.on_shelf(sku())
    assert outcome.link is not None
    assert held.code == outcome.link.product_code
    assert (held.title, held.price, held.quantity) == ("Bolts & nuts, 5 < 6", Decimal("13.90"), 240)
    assert outcome.seen["title"] == "Bolts & nuts, 5 < 6"
    assert outcome.seen["price"] == Decimal("13.90")
    assert outcome.seen["quantity"] == 240


def test_pushing_the_same_addition_again_links_it_and_makes_no_second_one(shop, sku, add):
    channel = shop.open()
    changes = [add(sku(str(number))) for number in range(5)]
    first = channel.push(changes)
    second = channel.push(changes)
    assert [outcome.link for outcome in first] == [outcome.link for outcome in second]
    for number in range(5):
        assert len(shop.on_shelf(sku(str(number)))) == 1


def test_a_product_the_owner_made_by_hand_is_linked_and_brought_up_to_date(shop, sku, add):
    code = shop.shelve(sku())
    (outcome,) = shop.open().push([add(sku(), price=Decimal("20.00"))])
    assert isinstance(outcome, Done)
    assert outcome.link is not None
    assert outcome.link.product_code == code
    assert "inked" in outcome.note
    assert [held.price for held in shop.on_shelf(sku())] == [Decimal("20.00")]


def test_a_sku_in_another_case_or_with_blanks_around_it_is_the_same_product(shop, sku, add):
    code = shop.shelve(sku("abc"))
    (outcome,) = shop.open().push([add(f" {sku('ABC').lower()} ")])
    assert isinstance(outcome, Done)
    assert outcome.link is not None
    assert outcome.link.product_code == code


def test_a_sku_of_digits_with_leading_zeros_is_another_product(shop, sku, add):
    shop.shelve("000" + str(int(sku()[3:11], 16)))
    (outcome,) = shop.open().push([add(str(int(sku()[3:11], 16)))])
    assert isinstance(outcome, Done)
    assert outcome.note.startswith("Created")


def test_a_change_goes_by_the_stored_link_and_touches_nothing_else(shop, sku, add, update):
    channel = shop.open()
    (made,) = channel.push([add(sku(), title="Before", quantity=5)])
    (changed,) = channel.push([update(sku(), made.link, price=Decimal("99.99"))])
    assert isinstance(changed, Done)
    assert changed.link == made.link
    (held,) = shop.on_shelf(sku())
    assert (held.title, held.price, held.quantity) == ("Before", Decimal("99.99"), 5)


def test_outcomes_come_in_order_and_one_bad_item_in_the_middle_fails_alone(shop, sku, add):
    changes = [add(sku(str(number))) for number in range(7)]
    changes[3] = add(sku("3"), price=Decimal("-1"))
    outcomes = shop.open().push(changes)
    assert [isinstance(outcome, Done) for outcome in outcomes] == [True, True, True, False, True, True, True]
    bad = outcomes[3]
    assert isinstance(bad, Failed)
    assert isinstance(bad.error, Refused)
    assert sku("3") in bad.error.message
    assert bad.error.hint
    assert shop.on_shelf(sku("3")) == []
    for number in (0, 1, 2, 4, 5, 6):
        (held,) = shop.on_shelf(sku(str(number)))
        outcome = outcomes[number]
        assert isinstance(outcome, Done)
        assert outcome.link is not None
        assert outcome.link.product_code == held.code


def test_additions_changes_and_removals_go_in_one_push(shop, sku, add, update, remove):
    channel = shop.open()
    kept, gone = channel.push([add(sku("kept")), add(sku("gone"))])
    outcomes = channel.push(
        [
            remove(sku("gone"), gone.link),
            add(sku("new")),
            update(sku("kept"), kept.link, quantity=1),
        ]
    )
    assert [type(outcome) for outcome in outcomes] == [Done, Done, Done]
    assert outcomes[0].link is None
    assert shop.on_shelf(sku("gone")) == []
    assert len(shop.on_shelf(sku("new"))) == 1
    assert [held.quantity for held in shop.on_shelf(sku("kept"))] == [1]


def test_nothing_to_push_is_no_call_at_all(simulated):
    channel = simulated.open()
    before = simulated.stand.calls.total
    assert list(channel.push([])) == []
    assert simulated.stand.calls.total == before


def test_an_unknown_id_never_makes_a_second_product(shop, sku, update):
    (outcome,) = shop.open().push([update(sku(), "987654321", price=Decimal("1.00"))])
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Refused)
    assert sku() in outcome.error.message
    assert shop.on_shelf(sku()) == []


def test_an_id_that_changed_is_found_again_by_its_sku(shop, sku, add, update):
    channel = shop.open()
    (made,) = channel.push([add(sku())])
    shop.discard(made.link.product_code)
    code = shop.shelve(sku())
    (outcome,) = channel.push([update(sku(), made.link, price=Decimal("31.00"))])
    assert isinstance(outcome, Done)
    assert outcome.link is not None
    assert outcome.link.product_code == code
    assert [held.price for held in shop.on_shelf(sku())] == [Decimal("31.00")]


def test_a_link_that_leads_nowhere_fails_only_its_own_product(shop, sku, add, update):
    channel = shop.open()
    (made,) = channel.push([add(sku("ok"))])
    outcomes = channel.push(
        [update(sku("lost"), "987654321", quantity=3), update(sku("ok"), made.link, quantity=4)]
    )
    assert [type(outcome) for outcome in outcomes] == [Failed, Done]
    assert [held.quantity for held in shop.on_shelf(sku("ok"))] == [4]


def test_the_same_sku_twice_in_one_push_makes_one_product(shop, sku, add):
    outcomes = shop.open().push([add(sku()), add(sku().lower())])
    assert [type(outcome) for outcome in outcomes] == [Done, Failed]
    assert len(shop.on_shelf(sku())) == 1


def test_a_sku_that_is_no_simple_product_there_is_refused_readably(shop, sku, add):
    shop.shelve_something_else(sku())
    (outcome,) = shop.open().push([add(sku())])
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Refused)
    assert sku() in outcome.error.message
    assert "variation" in outcome.error.message


def test_titles_and_skus_outside_ascii_arrive_unharmed(shop, sku, add):
    title = "Câble de frein Ø1.6 – “Karoo” 日本 🚲"
    (outcome,) = shop.open().push([add(sku("ÊØ-日 1/2"), title=title)])
    assert isinstance(outcome, Done), outcome
    assert [held.title for held in shop.on_shelf(sku("ÊØ-日 1/2"))] == [title]


def test_a_sku_with_a_comma_is_found_again(shop, sku, add):
    channel = shop.open()
    changes = [add(sku("M8,M10")), add(sku("plain"))]
    first, second = channel.push(changes), channel.push(changes)
    assert [outcome.link for outcome in first] == [outcome.link for outcome in second]


@pytest.mark.parametrize("quantity", [0, 1, None])
def test_no_stock_and_huge_stock_arrive_as_they_are(shop, sku, add, quantity):
    quantity = shop.most_stock if quantity is None else quantity
    (outcome,) = shop.open().push([add(sku(), quantity=quantity)])
    assert isinstance(outcome, Done)
    assert [held.quantity for held in shop.on_shelf(sku())] == [quantity]


def test_what_is_taken_away_is_gone_and_taking_it_away_again_is_no_error(shop, sku, add, remove):
    channel = shop.open()
    (made,) = channel.push([add(sku())])
    first = channel.push([remove(sku(), made.link)])
    second = channel.push([remove(sku(), made.link)])
    assert [(type(outcome), outcome.link) for outcome in (*first, *second)] == [(Done, None), (Done, None)]
    assert shop.on_shelf(sku()) == []


def test_many_skus_are_looked_up_and_each_gets_its_own_answer(shop, sku, add):
    channel = shop.open()
    names = [sku(str(number)) for number in range(12)]
    made = channel.push([add(name) for name in names])
    shop.settle()
    found = channel.look_up([*names, sku("none"), ""])
    assert [list(found[name]) for name in names] == [[outcome.link] for outcome in made]
    assert list(found[sku("none")]) == []
    assert list(found[""]) == []


def test_a_push_larger_than_one_call_is_split_and_keeps_its_order(simulated, sku, add, update):
    channel = simulated.open(batch_size_max="100")
    names = [sku(str(number)) for number in range(230)]
    made = channel.push([add(name) for name in names])
    assert all(isinstance(outcome, Done) for outcome in made)
    simulated.stand.calls.clear()
    outcomes = channel.push(
        [
            update(name, done.link, quantity=at)
            for at, (name, done) in enumerate(zip(names, made, strict=True))
        ]
    )
    assert [outcome.seen["quantity"] for outcome in outcomes] == list(range(230))
    assert simulated.stand.calls.writes == 3
    assert simulated.stand.calls.total == 3


def test_a_new_product_whose_title_is_kept_back_is_refused_with_the_reason_and_linked_once_it_is_there(
    shop, sku, add
):
    channel = shop.open()
    wanted = add(sku())
    nameless = replace(wanted, fields=tuple(one for one in wanted.fields if one.name != "title"))
    (refused,) = channel.push([nameless])
    assert isinstance(refused, Failed), refused
    assert sku() in refused.error.message
    assert "title" in refused.error.message
    assert "by hand with this SKU" in refused.error.hint
    shop.settle()
    (made,) = channel.push([wanted])
    shop.settle()
    (linked,) = channel.push([nameless])
    assert isinstance(linked, Done), linked
    assert linked.link == made.link
