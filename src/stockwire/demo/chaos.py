"""Faults by chance while a rehearsal goes on: calls of one simulated system go wrong, processes are killed.

Everything is drawn from one seed. Nothing is decided here about what must come of it: that is counted on the
outer sides afterwards (demo/raising.py, the fault tests).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from itertools import cycle

from stockwire.demo.stage import Stage
from stockwire.errors import TryLater
from stockwire.simulators.faults import Fault
from stockwire.simulators.stand import Stand

VICTIMS = ("agent", "worker", "web")


def faults_of_omni(late_s: float, share: float) -> list[Fault]:
    """Faults that strike `share` of all calls. `late_s` is longer than the agent's patience. What stops the
    whole service strikes a tenth as often as what strikes one call: it reaches every call of that moment."""
    delays = {
        "work_late": late_s,
        "answer_late": late_s,
        "slow": late_s / 4,
        "error_500": 0.0,
        "error_500_after": 0.0,
        "garbage": 0.0,
        "html": 0.0,
        "drop": 0.0,
    }
    of_the_service = {"banner": 0.0, "refuse": 0.2, "restart": 0.3}
    each = share / (len(delays) + len(of_the_service) / 10)
    return [
        *(Fault(kind, times=None, probability=each, delay_s=delay) for kind, delay in delays.items()),
        *(
            Fault(kind, times=None, probability=each / 10, delay_s=delay)
            for kind, delay in of_the_service.items()
        ),
    ]


class Chaos:
    """Arms `faults` at `stand`, and kills a process about every `kill_every` steps of the work, which is what
    `go_on` is told: orders raised, changes made."""

    def __init__(
        self, stage: Stage, stand: Stand, faults: Sequence[Fault], seed: int, kill_every: int
    ) -> None:
        self.seed = seed
        self.kills: Counter[str] = Counter()
        self._stage, self._stand, self._kill_every = stage, stand, kill_every
        # Chance of a rehearsal, repeatable by its seed; nothing secret hangs on it.
        self._chance = random.Random(seed)  # noqa: S311
        victims = list(VICTIMS)
        self._chance.shuffle(victims)
        self._victims = cycle(victims)
        self._next_kill = self._soon(0)
        self._before = Counter(stand.faults.struck_so_far())
        stand.faults.reseed(seed)
        for fault in faults:
            stand.faults.arm(fault)

    def go_on(self, done: int) -> None:
        """The work has come so far: perhaps it is time for the next process to die."""
        if done >= self._next_kill:
            self.kill(next(self._victims))
            self._next_kill = self._soon(done)

    def kill(self, process: str) -> None:
        """SIGKILL, and start it again. Raises TryLater when it had died by itself."""
        child = self._stage.processes.children[process]
        if child.poll() is not None:
            raise TryLater(f"{process} died by itself.", hint=f"Logs: {self._stage.logs}")
        child.kill()
        child.wait()
        self.kills[process] += 1
        self._stage.start_again(process)

    def struck(self) -> Counter[str]:
        """How often each kind of fault has struck a call."""
        return Counter(self._stand.faults.struck_so_far()) - self._before

    def calm(self) -> None:
        """No more faults, and the door is open."""
        self._stand.faults.clear()
        self._stand.accept()

    def told(self) -> str:
        """What happened, in a line."""
        faults = ", ".join(f"{kind} {number:,}" for kind, number in sorted(self.struck().items()))
        killed = ", ".join(f"{name} {number}" for name, number in sorted(self.kills.items()))
        return f"{self.struck().total():,} faults ({faults}); killed: {killed or 'nobody'}; seed {self.seed}"

    def _soon(self, done: int) -> int:
        return done + self._chance.randint(self._kill_every // 2, self._kill_every * 3 // 2)
