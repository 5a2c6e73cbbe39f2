"""Variants when the shop misbehaves: nothing lost, nothing twice, each for itself."""

from __future__ import annotations

import pytest
from tests.connectors.contract.changes import IN_DOUBT, links

from stockwire.errors import TryLater
from stockwire.ports import Action, Done, Failed
from stockwire.simulators.faults import Fault

UPDATE = Action.UPDATE


@pytest.mark.parametrize("kind", IN_DOUBT)
@pytest.mark.parametrize("where", ["write_path", "variant_write_path"])
def test_variants_whose_answer_is_lost_are_in_doubt_and_made_only_once(
    simulated_with_variants, sku, shirt, add_family, kind, where, impatient
):
    shop = simulated_with_variants
    channel, too_late_s = impatient(shop)
    change = add_family(sku("shirt"), shirt)
    shop.stand.faults.arm(Fault(kind, path=getattr(shop, where), delay_s=too_late_s))
    (outcome,) = channel.push([change])
    failed = [outcome] if isinstance(outcome, Failed) else list(outcome.variants.values())
    assert all(isinstance(one, Failed) and isinstance(one.error, TryLater) for one in failed)
    assert all(one.error.may_have_worked for one in failed)
    shop.stand.faults.clear()
    patient = shop.open()
    for _ in range(3):
        (again,) = patient.push([change])
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
