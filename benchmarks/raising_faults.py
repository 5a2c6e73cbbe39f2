"""Ten thousand orders raised while everything goes wrong: how many are lost, how many raised twice.

Counted by documents in the simulated Omni itself, which takes a reference as often as it is posted. A
document of no order, or of another amount than its order, counts as a lost one. The fault tests do the same
with fewer orders.
"""

from __future__ import annotations

from benchmarks.figures import Figure, Figures, Say, Sizes
from stockwire.demo.chaos import Chaos, faults_of_omni
from stockwire.demo.raising import LATE_S, hasty, raise_among_faults
from stockwire.demo.stage import Stage

NAMES = ("orders_lost_among_faults", "orders_raised_twice_among_faults", "faults_struck", "processes_killed")
SEED = 20261124
SHARE = 0.15
KILL_EVERY = 250
CALM_WITHIN_S = 400.0


def measure(sizes: Sizes, say: Say) -> Figures:
    orders = sizes.orders_among_faults
    with Stage(hasty(), say) as stage:
        stage.until(lambda: stage.rows("select count(*) from links")[0][0] > 100, "the first push")
        stage.until(lambda: stage.backlog() == 0, "nothing waits")
        say(f"{orders:,} orders among faults and kills")
        kill_every = min(KILL_EVERY, orders // 5)
        chaos = Chaos(stage, stage.omni, faults_of_omni(LATE_S, SHARE), SEED, kill_every)
        came = raise_among_faults(stage, chaos, orders, CALM_WITHIN_S)
    lost, twice = came.lost + came.strangers + came.wrong, came.twice
    counted = f"of {came.orders:,} placed in the shop, counted by documents in the simulated Omni"
    return {
        "orders_lost_among_faults": Figure(
            lost, "orders", f"{counted}; in {came.seconds:,.0f} s: {came.told}", limit=0
        ),
        "orders_raised_twice_among_faults": Figure(twice, "orders", counted, limit=0),
        "faults_struck": Figure(
            chaos.struck().total(), "faults", "calls to Omni that went wrong in that run"
        ),
        "processes_killed": Figure(
            chaos.kills.total(), "kills", "SIGKILLs of agent, worker and web in that run"
        ),
    }
