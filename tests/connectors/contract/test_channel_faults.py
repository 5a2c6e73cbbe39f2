"""What every channel promises when the shop misbehaves: nothing lost, nothing twice, and words that help."""

from __future__ import annotations

import threading
import time
from decimal import Decimal

import pytest
from tests.connectors.contract.changes import IN_DOUBT

from stockwire.errors import NotSetUp, Refused, TryLater
from stockwire.ports import Done, Failed
from stockwire.simulators.faults import Fault

SURELY_NOT = ["error_500", "html"]
NO_CREDENTIALS = ("ck_", "cs_", "consumer_secret", "shpat_")


def until(holds, within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        threading.Event().wait(0.02)


def strike(shop, kind, **given):
    shop.stand.faults.arm(Fault(kind, path=given.pop("path", shop.write_path), **given))


@pytest.mark.parametrize("kind", IN_DOUBT)
def test_an_addition_whose_answer_is_lost_is_in_doubt_and_made_only_once(
    simulated, sku, add, kind, impatient
):
    channel, too_late_s = impatient(simulated)
    changes = [add(sku("1")), add(sku("2"))]
    strike(simulated, kind, delay_s=too_late_s)
    for outcome in channel.push(changes):
        assert isinstance(outcome, Failed)
        assert isinstance(outcome.error, TryLater)
        assert outcome.error.may_have_worked
    if kind == "work_late":
        # The shop works although we are gone: wait until it has.
        until(lambda: simulated.on_shelf(sku("2")))
    again = simulated.open().push(changes)
    assert [type(outcome) for outcome in again] == [Done, Done]
    for name in ("1", "2"):
        assert len(simulated.on_shelf(sku(name))) == 1


@pytest.mark.parametrize("kind", [*IN_DOUBT, *SURELY_NOT])
def test_a_change_that_is_pushed_again_after_any_fault_ends_up_right(
    simulated, sku, add, update, kind, impatient
):
    patient = simulated.open()
    (made,) = patient.push([add(sku())])
    change = update(sku(), made.link, price=Decimal("77.70"), quantity=3)
    channel, too_late_s = impatient(simulated)
    strike(simulated, kind, delay_s=too_late_s)
    (outcome,) = channel.push([change])
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, TryLater)
    (again,) = patient.push([change])
    assert isinstance(again, Done)
    assert [(held.price, held.quantity) for held in simulated.on_shelf(sku())] == [(Decimal("77.70"), 3)]


def test_only_the_call_that_timed_out_is_in_doubt_and_the_rest_of_the_push_goes_on(
    simulated, sku, add, update, impatient
):
    names = [sku(str(number)) for number in range(6)]
    made = simulated.open().push([add(name) for name in names])
    channel, too_late_s = impatient(simulated, batch_size_max="2")
    strike(simulated, "answer_late", delay_s=too_late_s)
    outcomes = channel.push(
        [update(name, done.link, quantity=9) for name, done in zip(names, made, strict=True)]
    )
    assert [type(outcome) for outcome in outcomes] == [Failed, Failed, Done, Done, Done, Done]
    assert all(outcome.error.may_have_worked for outcome in outcomes[:2])


def test_a_shop_that_keeps_failing_is_left_alone_after_two_calls(simulated, sku, add, update):
    names = [sku(str(number)) for number in range(10)]
    made = simulated.open().push([add(name) for name in names])
    channel = simulated.open(batch_size_max="2")
    strike(simulated, "error_500", times=None)
    simulated.stand.calls.clear()
    outcomes = channel.push(
        [update(name, done.link, quantity=9) for name, done in zip(names, made, strict=True)]
    )
    assert {type(outcome) for outcome in outcomes} == {Failed}
    assert simulated.stand.calls.writes == 2
    assert not outcomes[-1].error.may_have_worked


def test_a_shop_that_asks_to_slow_down_is_obeyed(simulated, sku, add):
    strike(simulated, "rate_limited", delay_s=7, path=None)
    with pytest.raises(TryLater) as caught:
        simulated.open().push([add(sku())])
    assert caught.value.after_s == 7
    assert not caught.value.may_have_worked


def test_a_shop_that_is_away_is_tried_later_and_nothing_is_in_doubt(simulated, sku, add):
    channel = simulated.open()
    simulated.stand.refuse()
    with pytest.raises(TryLater, match="cannot be reached") as caught:
        channel.push([add(sku())])
    assert not caught.value.may_have_worked
    simulated.stand.accept()
    assert [type(outcome) for outcome in channel.push([add(sku())])] == [Done]


def test_rows_that_fail_inside_a_batch_fail_alone_and_come_back(simulated, sku, add):
    channel = simulated.open()
    changes = [add(sku(str(number))) for number in range(4)]
    strike(simulated, "partial", items=2)
    outcomes = channel.push(changes)
    assert [type(outcome) for outcome in outcomes] == [Failed, Failed, Done, Done]
    assert all(isinstance(outcome.error, TryLater | Refused) for outcome in outcomes[:2])
    assert sku("0") in outcomes[0].error.message
    assert [type(outcome) for outcome in channel.push(changes)] == [Done] * 4
    for number in range(4):
        assert len(simulated.on_shelf(sku(str(number)))) == 1


@pytest.mark.parametrize("kind", ["html", "garbage", "error_500", "drop"])
def test_orders_are_read_again_after_any_fault(simulated, sku, kind):
    code = simulated.place_order({simulated.shelve(sku()): 1})
    channel = simulated.open()
    strike(simulated, kind, path=simulated.order_path)
    with pytest.raises(TryLater) as caught:
        channel.order(code)
    assert not caught.value.may_have_worked
    assert caught.value.hint
    assert channel.order(code) is not None
    strike(simulated, kind, path=simulated.order_path)
    with pytest.raises(TryLater):
        list(channel.orders(None))
    assert code in {hint.channel_order_code for hint in channel.orders(None)}


@pytest.mark.parametrize("kind", ["html", "error_500", "garbage", "rate_limited"])
def test_a_check_of_a_shop_that_misbehaves_says_what_is_wrong(simulated, kind):
    strike(simulated, kind, path=None)
    findings = {finding.code: finding for finding in simulated.open().check()}
    assert findings["connection"].state == "failed"
    assert findings["connection"].fix


def test_a_check_of_a_shop_that_is_away_says_so(simulated):
    channel = simulated.open()
    simulated.stand.refuse()
    assert [(found.state, found.seen) for found in channel.check() if found.code == "connection"] == [
        ("failed", "The shop cannot be reached.")
    ]


def test_wrong_credentials_pause_the_channel_and_are_never_shown(simulated, sku, add):
    channel = simulated.open(**simulated.wrong_credentials)
    with pytest.raises(NotSetUp) as caught:
        channel.push([add(sku())])
    shown = f"{caught.value} {caught.value.message} {caught.value.hint} {caught.value.detail}"
    for part in NO_CREDENTIALS:
        assert part not in shown
    assert {found.state for found in channel.check() if found.code == "connection"} == {"failed"}
