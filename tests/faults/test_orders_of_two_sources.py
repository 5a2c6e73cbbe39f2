"""Orders with items of two sources, each with its own Omni and agent, while calls fail and processes die."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from stockwire.demo.chaos import Chaos, faults_of_omni
from stockwire.demo.raising import LATE_S, hasty
from stockwire.demo.stage import COMPANY, OMNI_PASSWORD, OMNI_USER, Stage
from stockwire.simulators import omni
from stockwire.simulators.stand import Stand

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SEED, ORDERS, KILL_EVERY = 20261125, 30, 10
DURBAN = "agent of Durban"
# The second company has the same items under codes of its own.
ITS_ITEMS = (
    "SELECT 'D-' || s.STOCKCODE AS STOCKCODE, s.DESCRIPTION, s.EXTRADTLS8, s.SELLINGPRICE1,"
    ' MAXVALUE(0, s.STOCKLEVEL - s.RESERVED) AS "OAvailable" FROM STOCK s'
)


class TwoOmnis:
    """The stage, and beside it a second source of the same client: Omni in Durban with its agent."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage = stage
        self.durban = Stand(
            omni.create(
                company=COMPANY,
                user=OMNI_USER,
                password=OMNI_PASSWORD,
                stock=self._its_stock,
                one_at_a_time=False,
                references_unique=False,
            )
        ).start()
        settings, self._config = folder / "source.toml", folder / "agent.toml"
        settings.write_text('param_default_customer_code = "CASH01"\n')
        said = self.stockwire(
            "source", "add", "--client", str(stage.ids["client_id"]), "--settings", str(settings), "Durban"
        )
        self._config.write_text(
            stage.agent_config.read_text()
            .replace(stage.database.product_query, ITS_ITEMS)
            .replace(f'url = "{stage.omni.url}"', f'url = "{self.durban.url}"')
        )
        code = said.split("--code ")[1].split()[0]
        self.stockwire("agent", "enrol", "--config", str(self._config), "--code", code)
        self.start_agent()

    def start_agent(self) -> None:
        self.stage.processes.start(DURBAN, "agent", "run", "--config", str(self._config))

    def kill_agent(self) -> None:
        child = self.stage.processes.children[DURBAN]
        assert child.poll() is None, "the agent of Durban died by itself"
        child.kill()
        child.wait()
        self.start_agent()

    def _its_stock(self) -> list[dict[str, Any]]:
        rows = self.stage.read_stock_database("select STOCKCODE, DESCRIPTION, SELLINGPRICE1 from STOCK")
        return [
            {"stock_code": f"D-{code}", "description": title, "level": 1000, "price": price}
            for code, title, price in rows
        ]

    def stockwire(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "stockwire.cli", *arguments]
        done = subprocess.run(command, env=self.stage.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def two_omnis(tmp_path: Path) -> Iterator[TwoOmnis]:
    with Stage(hasty(items=120)) as stage:
        both = TwoOmnis(stage, tmp_path)
        try:
            count = "select count(*) from variants v join sources s on s.id = v.source_id where s.description = %s"
            stage.until(lambda: stage.rows(count, "Durban")[0][0] > 100, "Durban's items are read")
            stage.until(lambda: stage.rows("select count(*) from links")[0][0] > 100, "the first push")
            yield both
        finally:
            both.durban.stop()


def test_each_document_of_an_order_is_raised_once_in_its_own_omni(two_omnis: TwoOmnis) -> None:
    stage, chance = two_omnis.stage, random.Random(SEED)
    chaos = Chaos(stage, stage.omni, faults_of_omni(LATE_S, share=0.25), SEED, KILL_EVERY)
    there = Chaos(stage, two_omnis.durban, faults_of_omni(LATE_S, share=0.25), SEED + 1, KILL_EVERY)
    items = [row[0] for row in stage.read_stock_database("select STOCKCODE from STOCK where upper(trim(EXTRADTLS8)) = 'ACTIVE' order by 1")]  # fmt: skip
    place: Any = stage.shop.app.acts["place_order"]  # type: ignore[attr-defined]
    placed: dict[str, Decimal] = {}
    for _ in range(ORDERS):
        lines = [
            {"sku": chance.choice(items), "quantity": chance.randint(1, 4)},
            {"sku": f"D-{chance.choice(items)}", "quantity": chance.randint(1, 4)},
        ]
        order = place({"lines": lines, "shipping": "86.09"})
        placed[str(order["id"])] = Decimal(order["total"])
    pause, killed = threading.Event(), 0
    while (done := raised(stage)) < ORDERS * 2 * 0.95:
        chaos.go_on(done)
        if done > (killed + 1) * 18:
            two_omnis.kill_agent()
            killed += 1
        pause.wait(0.05)
    chaos.calm()
    there.calm()
    stage.until(lambda: raised(stage) == ORDERS * 2, lambda: str(stage.rows(STATES)))
    sys.stdout.write(
        f"\n{ORDERS} orders of two sources: {chaos.told()}; in Durban {there.told()}, {killed} kills\n"
    )
    assert chaos.struck().total() > 10
    assert there.struck().total() > 10
    assert killed >= 2
    assert sum(chaos.kills.values()) >= 3

    rows = stage.rows(
        "select channel_order_code, part, s.description, reference, total, total - total_tax from orders o"
        " join sources s on s.id = o.source_id order by 1, 2"
    )
    assert [row[0] for row in rows] == [code for code in sorted(placed) for _ in range(2)]
    assert {(part, source) for _, part, source, *_ in rows} == {(1, "Omni Accounts"), (2, "Durban")}
    assert len({row[3] for row in rows}) == len(rows), "two documents share a reference"
    books = {"Omni Accounts": stage.documents(), "Durban": two_omnis.durban.app.state()["documents"]}
    paid: Counter[str] = Counter()
    for code, _, source, reference, total, excl_tax in rows:
        found = [document for document in books[source] if document["reference"] == reference]
        assert [document["posted"] for document in found] == [1], f"{code} in {source}: {found}"
        assert worth(found[0]) == excl_tax, f"{code} in {source}"
        paid[code] += total
    assert paid == placed
    assert {source: len(documents) for source, documents in books.items()} == dict.fromkeys(books, ORDERS)

    reset = {source: next(row[3] for row in rows if row[2] == source) for source in books}
    for reference in reset.values():
        two_omnis.stockwire("order", "reset", "--client", str(stage.ids["client_id"]), reference, "--send")
    stage.until(lambda: raised(stage) == ORDERS * 2, "what was reset is raised again")
    told = "select text from order_history h join orders o on o.id = h.order_id where reference = %s order by h.id"
    for source, reference in reset.items():
        assert stage.rows(told, reference)[-1][0].startswith("Found in Omni as "), "it is looked up first"
        books = {"Omni Accounts": stage.documents(), "Durban": two_omnis.durban.app.state()["documents"]}
        assert [one["posted"] for one in books[source] if one["reference"] == reference] == [1]


STATES = "select state, source_id, reason, count(*) from orders group by 1, 2, 3"


def raised(stage: Stage) -> int:
    return int(stage.rows("select count(*) from orders where state = 'raised'")[0][0])


def worth(document: dict[str, Any]) -> Decimal:
    """What the lines of a document come to, each in whole cents."""
    lines = document["body"]["order_lines"]
    each = (Decimal(line["quantity"]) * Decimal(line["selling_price"]) for line in lines)
    return sum((amount.quantize(Decimal("0.01")) for amount in each), Decimal(0))
