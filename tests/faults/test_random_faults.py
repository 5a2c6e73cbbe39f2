"""Everything goes wrong at random while orders and stock changes flow; then it is calm, and all must agree.

The seed is printed. STOCKWIRE_FAULT_SEED repeats one, STOCKWIRE_FAULT_ORDERS and _CHANGES make it longer.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from stockwire.demo.chaos import VICTIMS, Chaos, faults_of_omni
from stockwire.demo.raising import LATE_S, hasty, raise_among_faults
from stockwire.demo.stage import Stage
from stockwire.simulators.faults import Fault

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SEED = int(os.environ.get("STOCKWIRE_FAULT_SEED", "20261123"))
ORDERS = int(os.environ.get("STOCKWIRE_FAULT_ORDERS", "500"))
CHANGES = int(os.environ.get("STOCKWIRE_FAULT_CHANGES", "150"))
# A process is killed after about so many orders raised, or changes made.
KILL_EVERY_ORDERS, KILL_EVERY_CHANGES = 60, 15
# What must have gone wrong at the shop before it may be calm, and how long that is tried.
KINDS, STRIKES, LONGEST_S = 5, 25, 90.0
OF_A_SHOP = {
    "slow": 0.3,
    "answer_late": 1.5,
    "work_late": 1.5,
    "error_500": 0.0,
    "error_500_after": 0.0,
    "html": 0.0,
    "garbage": 0.0,
    "drop": 0.0,
    "rate_limited": 1.0,
    "partial": 0.0,
    "refuse": 0.5,
}


@pytest.fixture
def hasty_stage() -> Iterator[Stage]:
    """Everything running, all products in the shop, an agent that soon gives a call up."""
    with Stage(hasty()) as stage:
        stage.until(lambda: stage.rows("select count(*) from links")[0][0] > 100, "the first push")
        stage.until(lambda: stage.backlog() == 0, "nothing waits")
        yield stage


@pytest.fixture
def patient(build_house: Any) -> Iterator[Any]:
    """A house of its own: agent and shop client give a call up after a second."""
    with build_house(post_timeout_s=1.0, omni_options={}, shop_settings={"timeout_s": 1.0}) as house:
        yield house


def test_orders_among_random_faults_and_kills_are_raised_once_each(hasty_stage: Stage) -> None:
    chaos = Chaos(hasty_stage, hasty_stage.omni, faults_of_omni(LATE_S, share=0.25), SEED, KILL_EVERY_ORDERS)
    came = raise_among_faults(hasty_stage, chaos, ORDERS)
    sys.stdout.write(f"\n{came.orders:,} orders: {came.told}\n")
    assert (came.orders, came.lost, came.twice, came.strangers, came.wrong) == (ORDERS, 0, 0, 0, 0), came
    wanted = {fault.kind for fault in faults_of_omni(LATE_S, share=0.25)}
    assert wanted - set(chaos.struck()) <= {"banner", "refuse", "restart"}, chaos.told()
    assert set(chaos.struck()) & {"refuse", "restart"}, chaos.told()
    assert set(chaos.kills) == set(VICTIMS), chaos.told()


def test_changes_and_orders_among_random_faults_of_the_shop_arrive_once_each(patient: Any) -> None:
    stage, pause = patient.stage, Pause(SEED + 1)
    each = 0.3 / len(OF_A_SHOP)
    faults = [Fault(kind, None, probability=each, delay_s=delay_s) for kind, delay_s in OF_A_SHOP.items()]
    chaos = Chaos(stage, stage.shop, faults, SEED + 1, KILL_EVERY_CHANGES)
    items = [
        row[0]
        for row in stage.read_stock_database(
            "select STOCKCODE from STOCK where upper(trim(EXTRADTLS8)) = 'ACTIVE' order by STOCKCODE"
        )
    ]
    codes = []
    for number in range(CHANGES):
        stage.change_stock_database(
            (
                "update STOCK set STOCKLEVEL = RESERVED + ? where STOCKCODE = ?",
                (500 + number, items[number % len(items)]),
            )
        )
        if number % (CHANGES // 20) == 0:
            codes += patient.place_orders(1)
        pause()
        chaos.go_on(number)
    codes += until_enough(chaos, lambda: patient.place_orders(1), pause)
    chaos.calm()
    sys.stdout.write(f"\n{CHANGES:,} changes, {len(codes)} orders: {chaos.told()}\n")
    patient.until(lambda: patient.all_raised(codes), "all orders are raised once it is calm", 120)
    patient.settle()
    stored = "select channel_order_code, count(*) from orders where channel_order_code = any(%s) group by 1"
    assert dict(stage.rows(stored, codes)) == dict.fromkeys(codes, 1)
    assert Counter(patient.documents_of(codes).values()) == {1: len(codes)}
    skus = Counter(p["sku"] for p in stage.shop.app.state()["products"] if p["status"] != "trash")
    assert max(skus.values()) == 1, "a product is in the shop twice"
    assert is_enough(chaos), chaos.told()


class Pause:
    """A moment in which things may go wrong, of a length by chance."""

    def __init__(self, seed: int) -> None:
        self._chance, self._never = random.Random(seed), threading.Event()

    def __call__(self) -> None:
        self._never.wait(self._chance.uniform(0, 0.25))


def until_enough(chaos: Chaos, place_order: Callable[[], list[str]], pause: Pause) -> list[str]:
    """Go on until enough has gone wrong, with an order now and then for it to go wrong with."""
    deadline, moment, codes = time.monotonic() + LONGEST_S, CHANGES, []
    while not is_enough(chaos) and time.monotonic() < deadline:
        if moment % 6 == 0:
            codes += place_order()
        pause()
        chaos.go_on(moment)
        moment += 1
    return codes


def is_enough(chaos: Chaos) -> bool:
    struck = chaos.struck()
    return len(struck) >= KINDS and struck.total() >= STRIKES and set(chaos.kills) == set(VICTIMS)
