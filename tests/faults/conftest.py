"""The whole house for fault tests: started once, killed and restarted process by process."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stockwire.demo.changes import shop_equals_stock_database
from stockwire.demo.stage import Options, Stage
from stockwire.simulators.faults import Fault

DEADLINE_S = 90.0


@dataclass
class House:
    """A running stage with a way to kill its processes exactly at a step, and to count what came of it."""

    stage: Stage
    die_at: Path
    kills: dict[str, int] = field(default_factory=lambda: {"agent": 0, "worker": 0, "web": 0})

    def until(
        self, condition: Callable[[], Any], what: str | Callable[[], str], timeout_s: float = DEADLINE_S
    ) -> None:
        """Wait until it holds; what never happened is told with the end of every log."""
        pause, deadline = threading.Event(), time.monotonic() + timeout_s
        while not (last := condition()):
            if time.monotonic() >= deadline:
                said = what if isinstance(what, str) else what()
                pytest.fail(f"never within {timeout_s:.0f} s: {said} (last {last!r})\n{self.logs()}")
            pause.wait(0.05)

    def die_at_step(self, step: str) -> None:
        """Whichever process comes to this step next kills itself there."""
        fresh = self.die_at.with_suffix(".new")
        fresh.write_text(step)
        fresh.rename(self.die_at)

    def wait_for_death(self, process: str) -> None:
        """Until the process is dead by SIGKILL, and no other one is."""
        child = self.stage.processes.children[process]
        self.until(lambda: child.poll() is not None, f"{process} dies at {self._armed()}")
        assert child.returncode == -signal.SIGKILL, self.logs()
        self.kills[process] += 1

    def kill(self, process: str) -> None:
        child = self.stage.processes.children[process]
        assert child.poll() is None, f"{process} had died by itself\n{self.logs()}"
        child.kill()
        child.wait()
        self.kills[process] += 1

    def start(self, process: str) -> None:
        self.stage.start_again(process)

    def time_passes(self, **span: float) -> None:
        """As many hours or days go by for all that is stored: every moment hub and journal hold moves back."""
        by = timedelta(**span)
        columns = self.stage.rows(
            "select table_name, column_name from information_schema.columns where table_schema = 'public'"
            " and data_type = 'timestamp with time zone' and table_name !~ '^(procrastinate|django|auth)'"
        )
        for table, column in columns:
            self.stage.owner.execute(f"update {table} set {column} = {column} - %s", [by])
        with closing(sqlite3.connect(self.journal, timeout=10, isolation_level=None)) as journal:
            moments = journal.execute("select 'full_at', value from meta where name = 'full_at'").fetchall()
            moments += journal.execute(
                "select order_id, posted_at from orders where posted_at > ''"
            ).fetchall()
            for key, moment in moments:
                earlier = (datetime.fromisoformat(moment) - by).isoformat()
                if key == "full_at":
                    journal.execute("update meta set value = ? where name = ?", (earlier, key))
                else:
                    journal.execute("update orders set posted_at = ? where order_id = ?", (earlier, key))

    def set_clock(self, hours: float) -> None:
        """Somebody sets the clock of the agent's machine, so many hours off the truth."""
        self.die_at.with_name("clock").write_text(str(hours * 3600))

    @property
    def journal(self) -> Path:
        return self.stage.agent_config.parent / "data" / "journal.sqlite"

    def hold(self, fault: Fault, *, of: str = "shop") -> Callable[[], bool]:
        """Arm a fault that holds one call; the answer says whether the call is there by now."""
        faults = getattr(self.stage, of).faults
        before = faults.struck_so_far().get(fault.kind, 0)
        faults.arm(fault)
        return lambda: faults.struck_so_far().get(fault.kind, 0) > before

    def place_orders(self, count: int, shape: str = "guest") -> list[str]:
        """Paid orders in the shop; their ids there."""
        place = self.stage.shop.app.acts["place_order"]
        return [str(place({"shape": shape})["id"]) for _ in range(count)]

    def order_states(self, codes: list[str]) -> list[str]:
        found = dict(
            self.stage.rows(
                "select channel_order_code, state from orders where channel_order_code = any(%s)", codes
            )
        )
        return [found.get(code, "lost") for code in codes]

    def all_raised(self, codes: list[str]) -> bool:
        return set(self.order_states(codes)) == {"raised"}

    def documents_of(self, codes: list[str]) -> dict[str, int]:
        """How often a document was posted in Omni for each order, counted in the simulated Omni itself."""
        references = self.stage.rows(
            "select channel_order_code, reference from orders where channel_order_code = any(%s)", codes
        )
        assert len(references) == len(set(codes)), "an order was stored twice or not at all"
        posted = {document["reference"]: int(document["posted"]) for document in self.stage.documents()}
        return {code: posted.get(reference, 0) for code, reference in references}

    def documents_without_order(self) -> list[str]:
        known = {row[0] for row in self.stage.rows("select reference from orders")}
        return [d["reference"] for d in self.stage.documents() if d["reference"] not in known]

    def restart_agent(self, configuration: str) -> None:
        """Stop the agent, give it this agent.toml, start it."""
        child = self.stage.processes.children["agent"]
        child.terminate()
        child.wait(60)
        self.stage.agent_config.write_text(configuration)
        self.start("agent")

    def log_from_now(self) -> Callable[[], str]:
        """What the agent's log says from this moment on."""
        file = self.stage.logs / "agent.log"
        begin = file.stat().st_size

        def said() -> str:
            return file.read_bytes()[begin:].decode()

        return said

    def stockwire(self, *arguments: str) -> str:
        """Run a command of the command line beside the hub; what it printed."""
        command = [sys.executable, "-m", "stockwire.cli", *arguments]
        done = subprocess.run(
            command, env=self.stage.env, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def shown(self, code: str) -> tuple[str, str, int]:
        """Title, price and quantity of this SKU as the shop shows them."""
        there = self.stage.shop_products()[code]
        return there["name"], there["regular_price"], there["stock_quantity"]

    def problems(self) -> list[str]:
        return [row[0] for row in self.stage.rows("select message from source_problems")]

    def read_error(self) -> str:
        return str(self.stage.rows("select read_error from sources")[0][0])

    def posts_under_way(self) -> int:
        """Documents there are in Omni, for steps that are known by the document being there."""
        return len(self.stage.documents())

    def settle(self) -> None:
        """Until nothing is left to do: every process runs, every stock level of Omni is in the shop."""
        differences: list[str] = []

        def agree() -> bool:
            differences[:] = shop_equals_stock_database(self.stage)[:3]
            return self.stage.backlog() == 0 and not differences

        self.until(
            agree, lambda: f"shop and stock database agree: {differences}, {self.stage.backlog()} wait"
        )

    def logs(self) -> str:
        said = []
        for name in ("web", "worker", "agent"):
            file = self.stage.logs / f"{name}.log"
            lines = file.read_text(errors="replace").splitlines()[-40:] if file.exists() else []
            said.append("\n".join([f"--- {name}", *lines]))
        return "\n".join(said)

    def _armed(self) -> str:
        return self.die_at.read_text() if self.die_at.exists() else "(done)"


def fast_options(**more: Any) -> Options:
    """Short waits everywhere."""
    return Options(
        **{
            "items": 300,
            "agent_poll_s": 0.5,
            "post_timeout_s": 2.0,
            "settle_s": 0.1,
            "claim_s": 5.0,
            "worker_lost_s": 2.0,
            "poll_orders_s": 3.0,
            **more,
        }
    )


@pytest.fixture(scope="session")
def build_house(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., AbstractContextManager[House]]:
    """Starts everything with these options, and waits for the first push."""

    @contextmanager
    def build(**options: Any) -> Iterator[House]:
        die_at = tmp_path_factory.mktemp("dying") / "step"
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("STOCKWIRE_DIE_AT_FILE", str(die_at))
            environment.setenv("STOCKWIRE_CLOCK_OFFSET_FILE", str(die_at.with_name("clock")))
            with Stage(fast_options(**options)) as stage:
                new = House(stage, die_at)
                new.until(lambda: stage.rows("select count(*) from links")[0][0] > 100, "the first push")
                new.settle()
                yield new

    return build


@pytest.fixture(scope="session")
def house(build_house: Callable[..., AbstractContextManager[House]]) -> Iterator[House]:
    """Everything running, shared by the tests that kill at a step. Omni takes a reference twice."""
    with build_house(omni_options={"references_unique": False}) as built:
        yield built
