"""`stockwire agent service ...`: the agent as a Windows service, one command each."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from stockwire.agent.config import AgentSettings, load
from stockwire.agent.config_checks import SYSTEM
from stockwire.agent.enrolment import read_token
from stockwire.agent.options import config_option, spoken
from stockwire.agent.service.services import (
    ACCOUNT,
    TITLE,
    Services,
    explain,
    service_command,
    services_of_this_machine,
)
from stockwire.agent.service.services import NOT_THERE as SERVICE_NOT_THERE
from stockwire.agent.way_out import proxy_of
from stockwire.errors import StockwireError


@click.group(name="service")
def service() -> None:
    """The agent as a Windows service: it starts with the machine, and again when it failed."""


@service.command(name="install", epilog="Example: stockwire agent service install")
@config_option
@click.pass_obj
def install_command(services: Services | None, config_path: Path) -> None:
    """Make the service, or set an existing one right. Its data folder is given to it and closed to others."""
    try:
        services = services or services_of_this_machine()
        config = config_path.resolve()
        settings = load(config)
        services.install(service_command(config))
        services.give(Path(settings.data_folder), config)
    except StockwireError as error:
        raise spoken(error) from None
    click.echo(f"The service {TITLE} starts with this machine, and again a minute after it failed.")
    click.echo(f"It runs as {ACCOUNT}, reads {config} and writes {settings.data_folder}.")
    for line in _still_to_do(settings):
        click.echo(line)


@service.command(name="start", epilog="Example: stockwire agent service start")
@click.pass_obj
def start_command(services: Services | None) -> None:
    """Start the service now."""
    try:
        (services or services_of_this_machine()).start()
    except StockwireError as error:
        raise spoken(error) from None
    click.echo(f"The service {TITLE} is started. How it goes stands in agent.log in its data folder.")


@service.command(name="stop", epilog="Example: stockwire agent service stop")
@click.pass_obj
def stop_command(services: Services | None) -> None:
    """Stop the service and wait until it has stopped; an order in hand is finished."""
    try:
        (services or services_of_this_machine()).stop()
    except StockwireError as error:
        raise spoken(error) from None
    click.echo(f"The service {TITLE} has stopped. It starts again with the machine.")


@service.command(name="remove", epilog="Example: stockwire agent service remove")
@click.pass_obj
def remove_command(services: Services | None) -> None:
    """Stop the service and take it off this machine. Configuration, journal and token stay."""
    try:
        (services or services_of_this_machine()).remove()
    except StockwireError as error:
        raise spoken(error) from None
    click.echo(f"The service {TITLE} is removed. agent.toml and the data folder are left as they are.")


@service.command(name="status", epilog="Example: stockwire agent service status")
@click.pass_obj
def status_command(services: Services | None) -> None:
    """Say whether the service is there and runs. Ends with 0 when it runs, with 1 when it does not."""
    try:
        state = (services or services_of_this_machine()).state()
        if state is None:
            raise explain(SERVICE_NOT_THERE, "", "look at the service")
    except StockwireError as error:
        raise spoken(error) from None
    click.echo(f"The service {TITLE} is {state.running}.")
    click.echo(f"  starts with this machine: {'yes' if state.starts_with_machine else 'no'}")
    click.echo(f"  starts again after a failure: {'yes' if state.restarts else 'no'}")
    click.echo(f"  runs as: {state.account}")
    click.echo(f"  command: {state.command}")
    if state.running != "running":
        sys.exit(1)


@service.command(name="run", hidden=True, epilog="Example: stockwire agent service run")
@config_option
def run_command(config_path: Path) -> None:
    """What the service manager starts; by hand use `stockwire agent run`."""
    try:
        if sys.platform == "win32":
            from stockwire.agent.service.windows import host

            host(config_path)
        else:
            services_of_this_machine()
    except StockwireError as error:
        raise spoken(error) from None


def _still_to_do(settings: AgentSettings) -> list[str]:
    lines = []
    folder, proxy = Path(settings.data_folder), proxy_of(settings.hub)
    if settings.hub.proxy == SYSTEM and proxy:
        shown = proxy.rpartition("@")[2].removeprefix("http://")
        lines.append(
            f"You reach the hub through the proxy {shown}, but the service is another user and does not know "
            f'it: write proxy = "http://{shown}" under [hub] in agent.toml.'
        )
    if settings.log.file and folder not in Path(settings.log.file).parents:
        lines.append(f"Let {ACCOUNT} write to {Path(settings.log.file).parent}, where log.file is to be.")
    if not settings.hub.token and not read_token(folder):
        lines.append("It is not enrolled yet: stockwire agent enrol --code CODE (the hub shows the code).")
    lines.append("Start it now: stockwire agent service start")
    return lines
