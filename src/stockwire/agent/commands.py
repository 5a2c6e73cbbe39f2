"""`stockwire agent ...`, one command each. Words to the operator on stderr, results on stdout."""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stockwire.agent import log
from stockwire.agent.config import load
from stockwire.agent.example import EXAMPLE_CONFIG, EXAMPLE_REPORT_CONFIG
from stockwire.agent.options import config_option, spoken
from stockwire.agent.service.commands import service
from stockwire.errors import NotSetUp, StockwireError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stockwire.agent.run import Agent
    from stockwire.ports import Finding


@click.group(name="agent")
def agent() -> None:
    """The program that runs beside Omni Accounts: reads stock, raises orders, dials out to the hub."""


@agent.command(
    name="run",
    epilog="Example: stockwire agent run --config agent.toml",
)
@config_option
def run_command(config_path: Path) -> None:
    """Run until it is told to stop (Ctrl-C or SIGTERM)."""
    from stockwire.agent.run import Agent

    try:
        settings = load(config_path)
        log.begin(settings.log)
        the_agent = Agent(settings)
    except StockwireError as error:
        raise spoken(error) from None

    try:
        _run_until_told(the_agent)
    finally:
        the_agent.close()


@agent.command(
    name="enrol",
    epilog="Example: stockwire agent enrol --config agent.toml --code 7KQ2-M4ZD",
)
@config_option
@click.option("--code", required=True, help="The enrolment code the console shows; it works once.")
def enrol_command(config_path: Path, code: str) -> None:
    """Exchange an enrolment code for this agent's own token, kept in the data folder."""
    from stockwire.agent.enrolment import enrol

    log.begin()
    try:
        source = enrol(load(config_path), code.strip())
    except StockwireError as error:
        raise spoken(error) from None
    click.echo(f"Enrolled for source {source}. Start it with: stockwire agent run --config {config_path}")


@agent.command(
    name="confirm-removals",
    epilog="Example: stockwire agent confirm-removals --config agent.toml",
)
@config_option
def confirm_removals_command(config_path: Path) -> None:
    """Allow, once, the removals that are held back because so many products vanished from Omni at once."""
    from stockwire.agent.journal import FILE_NAME, Journal
    from stockwire.agent.removals import confirm

    try:
        folder = Path(load(config_path).data_folder)
        if not (folder / FILE_NAME).exists():
            raise NotSetUp(
                f"There is no journal in {folder}.", hint="Is this the configuration the agent runs with?"
            )
        with Journal(folder) as journal:
            count = confirm(journal)
    except StockwireError as error:
        raise spoken(error) from None
    click.echo(
        f"{count:,} products are removed with the next reading, if no more than that are missing then."
    )


@agent.command(
    name="check",
    epilog="Example: stockwire agent check --config agent.toml",
)
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def check_command(config_path: Path, as_json: bool) -> None:
    """Look at every prerequisite: hub, database, product query, Omni, this machine. It only reads.

    Ends with 0 when nothing failed, with 1 otherwise.
    """
    from stockwire.agent.checks import report
    from stockwire.agent.checks.check_up import check_file
    from stockwire.agent.checks.machine import Surroundings

    log.begin()
    findings = []

    def kept() -> Iterator[Finding]:
        for finding in check_file(config_path, Surroundings(config=config_path.resolve())):
            findings.append(finding)
            yield finding

    if as_json:
        click.echo(json.dumps(report.as_object(list(kept())), ensure_ascii=False))
    else:
        for line in report.lines(kept()):
            click.echo(line)
    if any(finding.state == "failed" for finding in findings):
        sys.exit(1)


@agent.command(
    name="inspect",
    epilog="Example: stockwire agent inspect --config agent.toml --table STOCK",
)
@config_option
@click.option("--table", default="", help="Draft the product query from this table or view.")
def inspect_command(config_path: Path, table: str) -> None:
    """List tables that look like stock, prices and warehouses, and draft a product query. It only reads."""
    from stockwire.agent.tables.inspection import inspect

    try:
        for line in inspect(load(config_path), table):
            click.echo(line)
    except StockwireError as error:
        raise spoken(error) from None


@agent.command(
    name="example-config",
    epilog="Example: stockwire agent example-config > agent.toml",
)
@click.option("--report", is_flag=True, help="With saved reports of Omni instead of a product query.")
def example_config_command(report: bool) -> None:
    """Print a commented agent.toml to fill in."""
    click.echo(EXAMPLE_REPORT_CONFIG if report else EXAMPLE_CONFIG, nl=False)


agent.add_command(service)


def _run_until_told(the_agent: Agent) -> None:
    """Run until SIGTERM or Ctrl-C.

    Firebird's client library installs handlers of its own for both signals at its first connection, which
    end its connections and tell nobody. So where the system can wait for signals, they are blocked for all
    threads and waited for here.
    """
    told = {signal.SIGTERM, signal.SIGINT}
    if sys.platform == "win32" or sys.platform == "darwin":
        for number in told:
            signal.signal(number, lambda _number, _frame: the_agent.stop())
        the_agent.run()
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, told)
    worker = threading.Thread(target=the_agent.run, name="agent")
    worker.start()
    while worker.is_alive():
        if signal.sigtimedwait(told, 0.5):
            the_agent.stop()
            worker.join()
