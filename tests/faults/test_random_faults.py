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
from collections.abc import Iterator
from itertools import count, cycle
from typing import Any

import pytest

from stockwire.simulators.faults import Fault

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SEED = int(os.environ.get("STOCKWIRE_FAULT_SEED", "20261123"))
ORDERS = int(os.environ.get("STOCKWIRE_FAULT_ORDERS", "60"))
CHANGES = int(os.environ.get("STOCKWIRE_FAULT_CHANGES", "150"))
# What must have gone wrong before it may be calm, and how long that is tried.
KINDS, STRIKES, LONGEST_S = 5, 25, 90.0
# Calls between one killed process or closed door and the next: whatever was killed has come back by then.
CALLS_BETWEEN = 12
LATE_S = 1.5
OF_OMNI = {
    "slow": 0.3,
    "answer_late": LATE_S,
    "work_late": LATE_S,
    "error_500": 0.0,
    "error_500_after": 0.0,
    "html": 0.0,
    "garbage": 0.0,
    "drop": 0.0,
}
OF_A_SHOP = {**OF_OMNI, "rate_limited": 1.0, "partial": 0.0}


@pytest.fixture(scope="module")
def patient(build_house: Any) -> Iterator[Any]:
    """A house of its own: agent and shop client give a call up after a second."""
    with build_house(post_timeout_s=1.0, omni_options={}, shop_settings={"timeout_s": 1.0}) as house:
        yield house


def test_orders_among_random_faults_of_omni_are_raised_once_each(patient: Any) -> None:
    chaos = Chaos(patient, patient.stage.omni, OF_OMNI, SEED, share=0.3)
    codes = []
    for _ in range(ORDERS):
        codes += patient.place_orders(1)
        chaos.go_on()
    chaos.until_enough(patient.place_orders, codes)
    chaos.calm()
    patient.until(lambda: patient.all_raised(codes), "all orders are raised once it is calm", 120)
    documents = patient.documents_of(codes)
    assert Counter(documents.values()) == {1: len(codes)}
    assert patient.documents_without_order() == []
    assert chaos.is_enough(), (chaos.struck(), chaos.kills())
    patient.settle()


def test_changes_and_orders_among_random_faults_of_the_shop_arrive_once_each(patient: Any) -> None:
    chaos = Chaos(patient, patient.stage.shop, OF_A_SHOP, SEED + 1, share=0.3)
    items = [
        row[0]
        for row in patient.stage.read_stock_database(
            "select STOCKCODE from STOCK where upper(trim(EXTRADTLS8)) = 'ACTIVE' order by STOCKCODE"
        )
    ]
    codes = []
    for number in range(CHANGES):
        level = (
            "update STOCK set STOCKLEVEL = RESERVED + ? where STOCKCODE = ?",
            (500 + number, items[number % len(items)]),
        )
        patient.stage.change_stock_database(level)
        if number % (CHANGES // 20) == 0:
            codes += patient.place_orders(1)
        chaos.go_on()
    chaos.until_enough(patient.place_orders, codes)
    chaos.calm()
    patient.until(lambda: patient.all_raised(codes), "all orders are raised once it is calm", 120)
    patient.settle()
    stored = "select channel_order_code, count(*) from orders where channel_order_code = any(%s) group by 1"
    assert dict(patient.stage.rows(stored, codes)) == dict.fromkeys(codes, 1)
    assert Counter(patient.documents_of(codes).values()) == {1: len(codes)}
    skus = Counter(p["sku"] for p in patient.stage.shop.app.state()["products"] if p["status"] != "trash")
    assert max(skus.values()) == 1, "a product is in the shop twice"
    assert chaos.is_enough(), (chaos.struck(), chaos.kills())


class Chaos:
    """Strikes `share` of all calls of one simulator, closes its door and kills processes, all from `seed`."""

    def __init__(self, house: Any, stand: Any, kinds: dict[str, float], seed: int, share: float) -> None:
        self.house, self.stand = house, stand
        self._seed, self._chance = seed, random.Random(seed)
        victims = ["agent", "worker", "web"]
        self._chance.shuffle(victims)
        self._victims = cycle(victims)
        self._pause = threading.Event()
        self._before, self._kills_before = Counter(stand.faults.struck_so_far()), dict(house.kills)
        self._refused, self._quiet_until = 0, 0
        stand.faults.reseed(seed)
        each = share / len(kinds)
        for kind, delay_s in kinds.items():
            stand.faults.arm(Fault(kind, times=None, probability=each, delay_s=delay_s))

    def go_on(self) -> None:
        """A moment of the rehearsal: mostly nothing, sometimes a closed door or a killed process."""
        self._pause.wait(self._chance.uniform(0, 0.3))
        if self.stand.calls.total < self._quiet_until:
            return
        happens = self._chance.random()
        if happens < 0.2:
            process = next(self._victims)
            self.house.kill(process)
            self.house.start(process)
        elif happens < 0.3:
            self.stand.refuse(1.0)
            self._refused += 1
        else:
            return
        self._quiet_until = self.stand.calls.total + CALLS_BETWEEN

    def until_enough(self, place_orders: Any, codes: list[str]) -> None:
        """Go on until enough has gone wrong, with an order now and then for it to go wrong with."""
        deadline = time.monotonic() + LONGEST_S
        for moment in count():
            if self.is_enough() or time.monotonic() > deadline:
                return
            if moment % 6 == 0:
                codes += place_orders(1)
            self.go_on()

    def is_enough(self) -> bool:
        struck = self.struck()
        return len(struck) >= KINDS and struck.total() >= STRIKES and min(self.kills().values()) >= 1

    def struck(self) -> Counter[str]:
        seen = Counter(self.stand.faults.struck_so_far()) - self._before
        return seen + Counter({"refused": self._refused})

    def calm(self) -> None:
        """No more faults; says on standard output what happened (pytest -s)."""
        self.stand.faults.clear()
        self.stand.accept()
        sys.stdout.write(f"\nseed {self._seed}: faults {dict(self.struck())}, killed {self.kills()}\n")

    def kills(self) -> dict[str, int]:
        return {name: count - self._kills_before[name] for name, count in self.house.kills.items()}
