"""Agent, worker and web are killed at every step of pushing: the shop ends as the stock database says."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from stockwire.demo.changes import shop_equals_stock_database
from stockwire.simulators.faults import Fault

pytestmark = pytest.mark.slow

STEPS = [
    ("agent", "agent-rows-compared", "agent dies with changed rows in hand and nothing noted"),
    ("agent", "agent-batch-noted", "agent dies with changed rows noted and not sent"),
    ("agent", "agent-reading-ended", "agent dies with all changed rows noted and its watermark not moved"),
    ("agent", "agent-watermark-noted", "agent dies right after it moved its watermark"),
    ("web", "web-batch-written", "web dies with rows written and not committed"),
    ("web", "web-batch-committed", "web dies with rows committed and not answered"),
    ("agent", "agent-batch-answered", "agent dies before it notes that the hub has the rows"),
    ("worker", "worker-ticking", "worker dies while it looks for what is due"),
    ("worker", "worker-push-claimed", "worker dies with the push lane claimed and nothing begun"),
    ("worker", "worker-stale-taken", "worker dies with stale products in hand"),
    ("worker", "worker-planned", "worker dies with its plan made and nothing sent"),
    ("worker", "worker-sent", "worker dies with the shop's answer read and not written"),
    ("worker", "worker-recorded", "worker dies with the record written and not committed"),
    ("worker", "worker-record-committed", "worker dies right after the record is committed"),
]
BATCH = "/products/batch$"
HELD = [
    (Fault("slow", method="GET", path="/products$", delay_s=30), "looks products up"),
    (Fault("error_500_after", method="POST", path=BATCH), "was told 500 for a batch the shop took"),
    (
        Fault("answer_late", method="POST", path=BATCH, delay_s=30),
        "waits for the answer to a batch the shop took",
    ),
    (
        Fault("work_late", method="POST", path=BATCH, delay_s=1.0),
        "waits, and the shop takes the batch only afterwards",
    ),
]
_numbers = count(1)


@pytest.mark.parametrize("process, step, _", STEPS, ids=[said for *_, said in STEPS])
def test_the_shop_ends_as_omni_says(house: Any, process: str, step: str, _: str) -> None:
    house.die_at_step(step)
    change_thirty_items(house)
    house.wait_for_death(process)
    house.start(process)
    assert_both_sides_agree(house)


@pytest.mark.parametrize("fault, _", HELD, ids=[f"worker dies while it {said}" for *_, said in HELD])
def test_the_shop_ends_as_omni_says_when_the_worker_dies_in_a_call(house: Any, fault: Fault, _: str) -> None:
    held = house.hold(fault)
    change_thirty_items(house)
    house.until(held, "the call is there")
    if fault.kind == "answer_late":
        house.until(lambda: not shop_equals_stock_database(house.stage), "the shop has the whole batch")
    house.kill("worker")
    house.start("worker")
    assert_both_sides_agree(house)


def test_a_worker_that_dies_while_it_takes_over_from_a_dead_one_is_followed_by_a_third(house: Any) -> None:
    house.die_at_step("worker-sent")
    change_thirty_items(house)
    house.wait_for_death("worker")
    house.die_at_step("worker-lane-freed")
    house.start("worker")
    house.wait_for_death("worker")
    house.start("worker")
    assert_both_sides_agree(house)


def test_a_wake_up_that_waits_behind_a_dead_workers_job_does_not_block_the_lane(house: Any) -> None:
    """The engine keeps room for one waiting job per lane: the dead one cannot be put back beside it."""
    held = house.hold(Fault("slow", method="POST", path=BATCH, delay_s=2))
    change_thirty_items(house)
    house.until(held, "a batch is under way")
    house.kill("worker")
    change_thirty_items(house)
    waiting = "select count(*) from procrastinate_jobs where task_name = 'work_lane' and status = 'todo'"
    house.until(lambda: house.stage.rows(waiting)[0][0] > 0, "a newer wake-up waits")
    house.start("worker")
    assert_both_sides_agree(house)


def change_thirty_items(house: Any) -> None:
    """14 prices, 14 stock levels and two new items, in one transaction as somebody in Omni would cause. Of the
    two that were new the last time one is set to DELETE and the row of the other one goes.
    """
    number = next(_numbers)
    codes = [
        row[0]
        for row in house.stage.read_stock_database(
            "select first 28 STOCKCODE from STOCK where upper(trim(EXTRADTLS8)) = 'ACTIVE'"
            " and RESERVED = 0 order by STOCKCODE"
        )
    ]
    price = "update STOCK set SELLINGPRICE1 = ? where STOCKCODE = ?"
    level = "update STOCK set STOCKLEVEL = ? where STOCKCODE = ?"
    new = (
        "insert into STOCK (STOCKCODE, DESCRIPTION, EXTRADTLS8, SELLINGPRICE1, STOCKLEVEL, RESERVED)"
        " values (?, ?, 'ACTIVE', ?, ?, 0)"
    )
    house.stage.change_stock_database(
        *[(price, (Decimal(number) + Decimal("0.49") + n, code)) for n, code in enumerate(codes[:14])],
        *[(level, (1000 + 100 * number + n, code)) for n, code in enumerate(codes[14:])],
        *[(new, (f"FAULT-{number}-{n}", f"Boerewors spice {number}.{n}", 25 + n, 4 + n)) for n in range(2)],
        ("update STOCK set EXTRADTLS8 = 'DELETE' where STOCKCODE = ?", (f"FAULT-{number - 1}-0",)),
        ("delete from STOCK where STOCKCODE = ?", (f"FAULT-{number - 1}-1",)),
    )


def assert_both_sides_agree(house: Any) -> None:
    """The shop equals the stock database, no SKU is there twice, and every link leads to its own product."""
    house.settle()
    products = [row for row in house.stage.shop.app.state()["products"] if row["status"] != "trash"]
    skus = [row["sku"] for row in products]
    assert len(skus) == len(set(skus)), "a product is in the shop twice"
    there = {str(row["id"]): row["sku"] for row in products}
    linked = house.stage.rows(
        "select l.product_code, v.sku from links l join variants v on v.id = l.variant_id"
    )
    assert {sku: there.get(code) for code, sku in linked} == {sku: sku for _, sku in linked}
    assert {sku for _, sku in linked} == {sku for sku in skus if not sku.startswith("SHOP-ONLY-")}
