"""The worker is killed while it compares the shop with what it confirmed: the report is made by the next one."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.slow

STEPS = [
    ("worker-shelf-read", "a page of the shop's list in hand"),
    ("worker-drift-repaired", "everything repaired and the report not ended"),
]
ASK = """
    insert into drift_reports (client_id, channel_id, state, asked_by, repairs, bounded, tries, listed, linked,
        counts, repaired, notes, message, hint)
    select client_id, id, 'requested', 'a test', '{different}', false, 0, 0, 0, '{}', '{}', '{}', '', ''
    from channels returning id
"""


@pytest.mark.parametrize("step, _", STEPS, ids=[f"worker dies with {said}" for _, said in STEPS])
def test_the_report_is_made_and_what_staff_changed_is_put_right(house: Any, step: str, _: str) -> None:
    house.settle()
    sku = house.stage.rows(
        "select v.sku from links l join variants v on v.id = l.variant_id order by v.id limit 1"
    )[0][0]
    house.stage.shop.app.acts["edit_product"]({"sku": sku, "name": "By hand"})
    house.die_at_step(step)
    report_id = house.stage.owner.execute(ASK).fetchone()[0]
    house.stage.owner.execute("update lanes set next_at = now() where kind = 'push'")
    house.wait_for_death("worker")
    house.start("worker")
    state = "select state, tries from drift_reports where id = %s"
    house.until(lambda: house.stage.rows(state, report_id)[0][0] == "done", "the report is made")
    assert house.stage.rows(state, report_id) == [("done", 2)]
    noted = "select count(*) from audit where action = 'drift repaired' and before::text like '%%By hand%%'"
    assert house.stage.rows(noted)[0][0] >= 1
    house.settle()
    assert house.stage.shop_products()[sku]["name"] != "By hand"
