"""`stockwire demo`: the main job on this machine, with everything real but Omni and the shop."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from stockwire.demo.main_job import Result, run
from stockwire.demo.stage import USER, Options, Stage
from stockwire.errors import StockwireError

STEPS = 11


@click.command()
@click.option("--keep", is_flag=True, help="Leave everything running and print addresses and logins.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")
@click.option(
    "--items", type=click.IntRange(200, 200_000), default=5_000, show_default=True, help="Stock items."
)
@click.option("--port", type=int, default=0, help="Port of the hub (default: a free one).")
def demo(keep: bool, as_json: bool, items: int, port: int) -> None:
    """Run the main job: Omni to shop, shop to Omni, and check every claim. Exit 0 only if all hold.

    Starts PostgreSQL, Firebird with an invented stock database, a simulated OmniWebServiceREST, a
    simulated WooCommerce shop, hub, worker and agent; loads and pushes all products, makes 60 changes,
    places 20 orders, and compares both sides.

    Example: stockwire demo --keep
    """
    console = Console(stderr=as_json)
    begun = time.monotonic()
    stage = Stage(Options(items=items, hub_port=port))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        result = _run(stage, console)
        _show(console, result, time.monotonic() - begun)
        if keep:
            _keep(stage, console)
    except KeyboardInterrupt:
        sys.exit(130)
    except StockwireError as error:
        console.print(f"[red]The demo stopped:[/] {error.message}", markup=True)
        console.print(
            "\n".join(line for line in (error.hint, error.detail, _last_lines(stage)) if line), markup=False
        )
        sys.exit(1)
    finally:
        stage.stop()
    if as_json:
        click.echo(json.dumps({**result.figures, "ok": not result.failures, "failures": result.failures}))
    sys.exit(1 if result.failures else 0)


def _run(stage: Stage, console: Console) -> Result:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Starting", total=STEPS)

        def step(what: str) -> None:
            bar.update(task, description=what, advance=1)
            if not console.is_terminal:
                console.print(f"  {what} ...")

        stage.progress = step
        stage.start()
        return run(stage, step)


def _show(console: Console, result: Result, seconds: float) -> None:
    steps = Table("Step", "What happened", title="The main job", title_justify="left")
    steps.add_column("Seconds", justify="right")
    for name, seen, took in result.steps:
        steps.add_row(name, seen, f"{took:.1f}")
    console.print(steps)
    orders = Table("Order", "Shape", title="The orders", title_justify="left")
    orders.add_column("Paid, R", justify="right")
    for heading in ("State", "Omni number", "Why"):
        orders.add_column(heading)
    for order in result.orders:
        why = order["reason"] if len(order["reason"]) <= 60 else order["reason"][:59] + "…"
        orders.add_row(order["order"], order["what"], order["total"], order["state"], order["number"], why)
    console.print(orders)
    for failure in result.failures:
        console.print(f"NOT RIGHT: {failure}", markup=False, style="red")
    verdict = "Every check held" if not result.failures else f"{len(result.failures)} checks did not hold"
    console.print(f"{verdict}. {seconds:.0f} s in all, set-up of the machine not counted.")


def _keep(stage: Stage, console: Console) -> None:
    """Everything stays up until Ctrl-C; what dies is started again."""
    table = Table("What", "Where", "Sign-in", title="Running until Ctrl-C", title_justify="left")
    table.add_row("Hub", stage.hub_url, f"{USER} / {stage.password}")
    table.add_row("Simulated shop", stage.shop.url, "keys in the hub's channel settings")
    table.add_row("Shop: faults and acts", stage.shop.control_url, "")
    table.add_row("Simulated Omni", stage.omni.url, "")
    table.add_row("Omni: faults and acts", stage.omni.control_url, "")
    table.add_row("Firebird", stage.database.dsn, f"{stage.database.user} / {stage.database.password}")
    table.add_row("Logs", str(stage.logs), "")
    console.print(table)
    threading.Thread(target=stage.processes.watch, daemon=True).start()
    while True:
        signal.pause()


def _last_lines(stage: Stage) -> str:
    """The end of every log, so that the reason is on the screen."""
    if not stage.logs.exists():
        return ""
    found = []
    for log in sorted(stage.logs.iterdir()):
        lines = log.read_text(errors="replace").splitlines()[-8:]
        found.append(f"--- {log.name}{os.linesep}" + os.linesep.join(lines))
    return os.linesep.join(found)
