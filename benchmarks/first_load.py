"""First load: everything from Firebird to queryable in PostgreSQL, through the agent and hub processes.

The client has one channel, so every product is marked stale for it in the same transaction. The worker is
stopped: pushing to the shop is measured elsewhere and would run at the same time.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import mean
from typing import Any

from benchmarks.bare_read import seconds_of_bare_read
from benchmarks.figures import Figure, Figures, Say, Sizes, Wrong
from benchmarks.machine import cpu_seconds, peak_memory_mb
from stockwire.demo.stage import Options, Stage
from stockwire.wire import MAX_ROWS

NAMES = ("first_load_ratio", "agent_memory_mb", "hub_web_memory_mb")
LATER_READINGS = 3
RUNS = 3
TIMEOUT_S = 300.0


@dataclass(frozen=True)
class Run:
    """One first load, with bare reads of the same query around it; memory in MB."""

    seconds: float
    bare_before: float
    bare_after: float
    bare_without_changemark: float
    used: str
    memory: Mapping[str, float]

    @property
    def ratio(self) -> float:
        return self.seconds / mean((self.bare_before, self.bare_after))


def measure(sizes: Sizes, say: Say) -> Figures:
    """The run in the middle of three, because one is off by a tenth either way; the most memory of all."""
    runs = sorted((_run(sizes, say) for _ in range(RUNS)), key=lambda run: run.ratio)
    middle = runs[RUNS // 2]
    return {
        "first_load_ratio": Figure(
            round(middle.ratio, 2),
            "x the bare read",
            f"{sizes.items:,} items in {middle.seconds:.1f} s, from the agent's start to all rows committed,"
            f" one channel, worker stopped; bare reads of the same query {middle.bare_before:.1f} s"
            f" before and {middle.bare_after:.1f} s after (without CHANGEMARK"
            f" {middle.bare_without_changemark:.1f} s); processor time: {middle.used}; the middle one of"
            f" {', '.join(f'{run.ratio:.2f}' for run in runs)}",
            limit=2.0,
        ),
        "agent_memory_mb": Figure(
            round(max(run.memory["agent"] for run in runs), 1),
            "MB",
            f"peak of the agent's process after a first load of {sizes.items:,} items and"
            f" {LATER_READINGS} later readings",
            limit=80,
        ),
        "hub_web_memory_mb": Figure(
            round(max(run.memory["web"] for run in runs), 1),
            "MB",
            f"peak of the hub's web process after receiving {sizes.items:,} items",
            limit=200,
        ),
    }


def _run(sizes: Sizes, say: Say) -> Run:
    """Everything anew: a database, a hub and an agent that know nothing."""
    with Stage(Options(items=sizes.items, agent=False), say) as stage:
        stage.enrol_agent()
        worker = stage.processes.children["worker"]
        worker.send_signal(signal.SIGTERM)
        worker.wait()
        query = stage.database.product_query
        say("Bare read before")
        before = seconds_of_bare_read(stage.database, query, sizes.items)
        seconds, used = _load(stage, sizes.items)
        say("Bare read after")
        after = seconds_of_bare_read(stage.database, query, sizes.items)
        plain = seconds_of_bare_read(
            stage.database, stage.database.product_query_without_changemark, sizes.items
        )
        _check_everything_arrived(stage, sizes.items)
        say(f"{LATER_READINGS} later readings, each of some changes")
        _later_readings(stage)
        processes = {name: stage.processes.children[name].pid for name in ("agent", "web")}
        memory = {name: peak_memory_mb(process_id) for name, process_id in processes.items()}
        return Run(seconds, before, after, plain, used, memory)


def _load(stage: Stage, items: int) -> tuple[float, str]:
    """Seconds from "agent started" in its log to the last batch committed, and who used the processor."""
    batches, pause = math.ceil(items / MAX_ROWS), threading.Event()
    hub, firebird = stage.processes.children["web"].pid, stage.server.process_id
    assert firebird is not None
    used = {"hub": -cpu_seconds(hub), "Firebird": -cpu_seconds(firebird)}
    stage.start_agent()
    log = stage.logs / "agent.log"
    deadline = time.monotonic() + TIMEOUT_S
    while "agent started" not in log.read_text(encoding="utf-8"):
        _patience(deadline, "the agent starts")
        pause.wait(0.005)
    began = time.perf_counter()
    agent = stage.processes.children["agent"].pid
    used["agent"] = -cpu_seconds(agent)
    while int(stage.rows("select last_number from agents")[0][0]) < batches:
        _patience(deadline, "all batches are committed")
        pause.wait(0.02)
    seconds = time.perf_counter() - began
    for name, process_id in (("agent", agent), ("hub", hub), ("Firebird", firebird)):
        used[name] += cpu_seconds(process_id)
    return seconds, ", ".join(f"{name} {spent:.1f} s" for name, spent in used.items())


def _check_everything_arrived(stage: Stage, items: int) -> None:
    said_active = "select count(*) from STOCK where upper(trim(EXTRADTLS8)) = 'ACTIVE'"
    wanted = stage.read_stock_database(said_active)[0][0]
    counted = "select (select count(*) from products where active), (select count(*) from variants),"
    found = stage.rows(counted + " (select count(*) from stale), (select count(*) from price_tiers)")[0]
    if found != (wanted, wanted, wanted, 3 * wanted):
        raise Wrong(f"{wanted} of {items} items are active, but the hub holds {found}")


def _later_readings(stage: Stage) -> None:
    """Each changes a thousand products and waits until the hub shows them."""
    for turn in range(1, LATER_READINGS + 1):
        level = 50_000 + turn
        stage.change_stock_database(
            ("update STOCK set STOCKLEVEL = ?, RESERVED = 0 where EXTRADTLS8 = 'ACTIVE' rows 1000", (level,))
        )
        changed = stage.read_stock_database("select count(*) from STOCK where STOCKLEVEL = ?", level)[0][0]
        stage.until(
            lambda level=level, changed=changed: _with_quantity(stage, level) == changed,  # type: ignore[misc]
            f"the hub shows the {changed} products of later reading {turn}",
        )


def _with_quantity(stage: Stage, level: int) -> Any:
    return stage.rows("select count(*) from quantities where quantity = %s", level)[0][0]


def _patience(deadline: float, what: str) -> None:
    if time.monotonic() > deadline:
        raise Wrong(f"this did not happen within {TIMEOUT_S:.0f} s: {what}")
