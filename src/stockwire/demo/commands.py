"""`stockwire demo`: the main job on this machine, with everything real but Omni and the shop."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from stockwire.demo.main_job import Result, run
from stockwire.demo.stage import (
    COMPANY,
    CONSUMER_KEY,
    CONSUMER_SECRET,
    OMNI_PASSWORD,
    OMNI_USER,
    USER,
    Options,
    Stage,
)
from stockwire.errors import StockwireError

STEPS = 11
FIGURES = (
    "products_read",
    "products_linked",
    "first_push_write_calls",
    "changes_made",
    "changes_arrived",
    "orders_placed",
    "orders_raised",
    "orders_lost",
    "orders_duplicated",
    "write_calls",
    "needs_you",
    "seconds",
)


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
    stage, result = Stage(Options(items=items, hub_port=port)), Result()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        reached_the_end = _play(stage, console, result, begun)
        if as_json:
            # What was not reached is null, so that whoever reads it always finds every name.
            figures = {**dict.fromkeys(FIGURES), **result.figures}
            click.echo(json.dumps({**figures, "ok": not result.failures, "failures": result.failures}))
        if keep and reached_the_end:
            _keep(stage, console)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        stage.stop()
    sys.exit(1 if result.failures else 0)


def _play(stage: Stage, console: Console, result: Result, begun: float) -> bool:
    """Run and show it. False when it stopped before its end; why is shown, and is a failure."""
    try:
        _run(stage, console, result)
    except StockwireError as error:
        console.print(f"[red]The demo stopped:[/] {error.message}", markup=True)
        console.print(
            "\n".join(line for line in (error.hint, error.detail, _last_lines(stage)) if line), markup=False
        )
        result.failures.append(error.message)
        return False
    _show(console, result, time.monotonic() - begun)
    return True


def _run(stage: Stage, console: Console, result: Result) -> None:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Starting", total=STEPS)

        def step(what: str) -> None:
            bar.update(task, description=what, advance=1)
            if not console.is_terminal:
                console.print(f"  {what} ...")

        stage.progress = step
        stage.start()
        run(stage, step, result)


def _show(console: Console, result: Result, seconds: float) -> None:
    steps = Table("Step", "What happened", title="The main job", title_justify="left")
    steps.add_column("Seconds", justify="right")
    for name, seen, took in result.steps:
        steps.add_row(name, seen, f"{took:.1f}")
    console.print(steps)
    orders = Table("Order", "Shape", title="The orders", title_justify="left")
    orders.add_column("Paid, R", justify="right")
    for heading in ("State", "Omni number", "Why"):
        orders.add_column(heading, overflow="fold")
    for order in result.orders:
        orders.add_row(*(order[name] for name in ("order", "what", "total", "state", "number", "reason")))
    console.print(orders)
    for failure in result.failures:
        console.print(f"NOT RIGHT: {failure}", markup=False, style="red")
    verdict = "Every check held" if not result.failures else f"{len(result.failures)} checks did not hold"
    console.print(f"{verdict}. {seconds:.0f} s in all, set-up of the machine not counted.")


def _keep(stage: Stage, console: Console) -> None:
    """Everything stays up until Ctrl-C, which is no failure; what dies is started again."""
    database = stage.database
    places = (
        ("Hub", stage.hub_url, f"{USER} / {stage.password}"),
        ("Simulated shop", stage.shop.url, f"{CONSUMER_KEY} / {CONSUMER_SECRET}"),
        ("Shop: faults and acts", stage.shop.control_url, ""),
        ("Simulated Omni", stage.omni.url, f"{OMNI_USER} / {OMNI_PASSWORD}, company {COMPANY}"),
        ("Omni: faults and acts", stage.omni.control_url, ""),
        ("Firebird", database.dsn, f"{database.user} / {database.password}, reads only"),
        ("", "", f"SYSDBA / {stage.server.sysdba_password}, changes stock as Omni does"),
        ("Its command line", f". {_environment_file(stage)}", "then: stockwire channel list --client 1"),
        ("Logs", str(stage.logs), ""),
    )
    console.print("Running until Ctrl-C:")
    # As plain lines, whole at any width: they are there to be copied.
    for what, where, sign_in in places:
        line = f"  {what:22} {where}" + (f"   {sign_in}" if sign_in else "")
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    threading.Thread(target=stage.processes.watch, daemon=True).start()
    with suppress(KeyboardInterrupt):
        while True:
            signal.pause()


def _environment_file(stage: Stage) -> Path:
    """What a shell must read before its commands reach this hub; for nobody else, it holds a password."""
    file = stage.folder / "hub.env"
    names = ("DATABASE_URL", *sorted(name for name in stage.env if name.startswith("STOCKWIRE_")))
    file.touch(mode=0o600)
    file.write_text("".join(f"export {name}={shlex.quote(stage.env[name])}\n" for name in names))
    return file


def _last_lines(stage: Stage) -> str:
    """The end of every log, so that the reason is on the screen."""
    if not stage.logs.exists():
        return ""
    found = []
    for log in sorted(stage.logs.iterdir()):
        lines = log.read_text(errors="replace").splitlines()[-8:]
        found.append(f"--- {log.name}{os.linesep}" + os.linesep.join(lines))
    return os.linesep.join(found)
