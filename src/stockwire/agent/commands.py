"""`stockwire agent ...`: run, enrol, example-config. Words to the operator on stderr, results on stdout."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click
import structlog

from stockwire.agent.config import load
from stockwire.agent.example import EXAMPLE_CONFIG
from stockwire.errors import StockwireError

if TYPE_CHECKING:
    from stockwire.agent.run import Agent

_config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    default=Path("agent.toml"),
    show_default=True,
    help="The agent's configuration file.",
)


@click.group(name="agent")
def agent() -> None:
    """The program that runs beside Omni Accounts: reads stock, raises orders, dials out to the hub."""


@agent.command(
    name="run",
    epilog="Example: stockwire agent run --config agent.toml",
)
@_config_option
def run_command(config_path: Path) -> None:
    """Run until it is told to stop (Ctrl-C or SIGTERM)."""
    from stockwire.agent.run import Agent

    _plain_log()
    try:
        the_agent = Agent(load(config_path))
    except StockwireError as error:
        raise _spoken(error) from None

    try:
        _run_until_told(the_agent)
    finally:
        the_agent.close()


@agent.command(
    name="enrol",
    epilog="Example: stockwire agent enrol --config agent.toml --code 7KQ2-M4ZD",
)
@_config_option
@click.option("--code", required=True, help="The enrolment code the console shows; it works once.")
def enrol_command(config_path: Path, code: str) -> None:
    """Exchange an enrolment code for this agent's own token, kept in the data folder."""
    from stockwire.agent.run import enrol

    _plain_log()
    try:
        source = enrol(load(config_path), code.strip())
    except StockwireError as error:
        raise _spoken(error) from None
    click.echo(f"Enrolled for source {source}. Start it with: stockwire agent run --config {config_path}")


@agent.command(
    name="example-config",
    epilog="Example: stockwire agent example-config > agent.toml",
)
def example_config_command() -> None:
    """Print a commented agent.toml to fill in."""
    click.echo(EXAMPLE_CONFIG, nl=False)


def _run_until_told(the_agent: Agent) -> None:
    """Run until SIGTERM or Ctrl-C.

    Firebird's client library installs handlers of its own for both signals at its first connection, which
    end its connections and tell nobody. So where the system has signal masks, the signals are blocked for
    all threads and waited for here.
    """
    told = {signal.SIGTERM, signal.SIGINT}
    if not hasattr(signal, "sigtimedwait"):
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


def _plain_log() -> None:
    """One plain line per event on stderr, with the time, readable in a file and by a service manager."""
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
            structlog.processors.format_exc_info,
            _as_line,
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def _as_line(_logger: object, _name: str, event: structlog.typing.EventDict) -> str:
    when, level, what = event.pop("timestamp"), event.pop("level"), event.pop("event")
    trace = event.pop("exception", "")
    rest = " ".join(f"{key}={value!r}" for key, value in event.items() if value not in ("", None))
    line = f"{when} {level:<7} {what}" + (f"  {rest}" if rest else "")
    return f"{line}\n{trace}" if trace else line


class _WrongSetting(click.ClickException):
    exit_code = 2


def _spoken(error: StockwireError) -> click.ClickException:
    text = error.message + (f"\n  {error.hint}" if error.hint else "")
    return _WrongSetting(text + (f"\n  ({error.detail})" if error.detail else ""))
