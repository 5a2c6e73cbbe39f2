"""`stockwire channel ...`: add, set, list, check, pause, resume, go-live, retry, skip, unlink."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from stockwire.drift_commands import drift, nightly, reconcile
from stockwire.errors import Refused
from stockwire.hub_commands import start_django
from stockwire.match_commands import match, opened
from stockwire.settings_commands import channel_settings
from stockwire.setup_commands import add_channel
from stockwire.terms_commands import set_channel

_CLIENT = click.option("--client", "client_id", type=int, required=True, help="Id of the client.")
_CHANNEL = click.argument("channel_id", type=int)
_MARKS = {"passed": "ok", "failed": "FAILED", "warning": "warning", "unknown": "cannot be known from here"}


@click.group()
def channel() -> None:
    """Places that sell.

    Example: stockwire channel list --client 1
    """


for command in (add_channel, set_channel, channel_settings, reconcile, drift, nightly, match):
    channel.add_command(command)


@channel.command("list")
@_CLIENT
def list_channels(client_id: int) -> None:
    """Show the channels of a client with what waits and what needs you.

    Example: stockwire channel list --client 1
    """
    rows = _inside(client_id, lambda operator: operator.backlogs())
    table = Table("Id", "Channel", "State", "Waiting", "Backing off", "Needs you", "Skipped")
    for row in rows:
        state = f"paused: {row.note}" if row.paused else row.note or "working"
        counts = (row.waiting, row.backing_off, row.needs_you, row.skipped)
        table.add_row(str(row.channel_id), row.description, state, *map(str, counts))
    Console().print(table)


@channel.command("check")
@_CLIENT
@_CHANNEL
def check(client_id: int, channel_id: int) -> None:
    """Ask the channel itself whether everything it needs is right. Writes nothing; exit 1 if not.

    Example: stockwire channel check --client 1 2
    """
    raise SystemExit(not _checked(client_id, _channels(client_id, pk=channel_id)))


@channel.command("pause")
@_CLIENT
@_CHANNEL
@click.option("--reason", default="", help="Shown to everybody while it is paused.")
def pause(client_id: int, channel_id: int, reason: str) -> None:
    """Stop a channel until you resume it. Nothing is lost; it waits.

    Example: stockwire channel pause --client 1 2 --reason "stock-take until four"
    """
    _inside(client_id, lambda operator: operator.pause(channel_id, _who(), reason))
    click.echo(f"Channel {channel_id} is paused.")


@channel.command("resume")
@_CLIENT
@_CHANNEL
def resume(client_id: int, channel_id: int) -> None:
    """Go on with a paused channel.

    Example: stockwire channel resume --client 1 2
    """
    _inside(client_id, lambda operator: operator.resume(channel_id, _who()))
    click.echo(f"Channel {channel_id} goes on.")


@channel.command("go-live")
@_CLIENT
@_CHANNEL
@click.option("--yes", is_flag=True, help="Without asking.")
def go_live(client_id: int, channel_id: int, yes: bool) -> None:
    """Let a channel that was only planned send what it planned. `stockwire plan` shows what that is.

    Example: stockwire channel go-live --client 1 2
    """
    if not yes:
        click.confirm("Everything that `stockwire plan` shows is sent now. Go live?", abort=True)
    _inside(client_id, lambda operator: operator.go_live(channel_id, _who()))
    click.echo(f"Channel {channel_id} is live.")


@channel.command("retry")
@_CLIENT
@_CHANNEL
@click.option("--sku", default="", help="Only this SKU (default: everything that stopped).")
def retry(client_id: int, channel_id: int, sku: str) -> None:
    """Try again what needs you, backs off or was skipped.

    Example: stockwire channel retry --client 1 2 --sku BOLT-M8
    """
    again = _inside(client_id, lambda operator: operator.retry(channel_id, _who(), sku))
    click.echo(f"{again} products are looked at again.")


@channel.command("skip")
@_CLIENT
@_CHANNEL
@click.argument("sku")
@click.option("--reason", required=True, help="Why it may stay out of step; kept with your name.")
def skip(client_id: int, channel_id: int, sku: str, reason: str) -> None:
    """Leave one product for now; its next change offers it again.

    Example: stockwire channel skip --client 1 2 BOLT-M8 --reason "new photo first"
    """
    _inside(client_id, lambda operator: operator.skip(channel_id, sku, _who(), reason))
    click.echo(f"{sku} is skipped on channel {channel_id} until it changes.")


@channel.command("unlink")
@_CLIENT
@_CHANNEL
@click.argument("sku")
def unlink(client_id: int, channel_id: int, sku: str) -> None:
    """Forget the channel's id of one SKU: it is looked up by SKU again, or created anew.

    Example: stockwire channel unlink --client 1 2 BOLT-M8
    """
    _inside(client_id, lambda operator: operator.unlink(channel_id, sku, _who()))
    click.echo(f"{sku} has no link on channel {channel_id} now and is being looked at.")


@click.command("check")
@click.argument("kind")
@click.argument("channel_id", type=int, required=False)
@_CLIENT
def check_kind(client_id: int, kind: str, channel_id: int | None) -> None:
    """Ask the channels of one kind whether everything they need is right; exit 1 if not.

    KIND is shopify, woocommerce and so on. Writes nothing.

    Example: stockwire check shopify --client 1
    """
    from stockwire.registry import channel_connector

    channel_connector(kind)
    wanted = {"type": kind, **({} if channel_id is None else {"pk": channel_id})}
    raise SystemExit(not _checked(client_id, _channels(client_id, **wanted)))


def _channels(client_id: int, **wanted: Any) -> list[Any]:
    """The channels that are meant. Raises Refused when there is none."""
    start_django(None)
    from stockwire.hub import tenancy
    from stockwire.hub.models import Channel

    with tenancy.scope(client_id):
        rows = list(Channel.objects.filter(**wanted).order_by("pk"))
    if not rows:
        which = wanted.get("pk") or f"of type {wanted.get('type')}"
        raise Refused(
            f"Client {client_id} has no channel {which}.", hint="`stockwire channel list` shows them."
        )
    return rows


def _checked(client_id: int, rows: list[Any]) -> bool:
    """Print what each channel says of itself. True when nothing failed."""
    is_well = True
    for row in rows:
        port = opened(row)
        try:
            findings = port.check()
        finally:
            port.close()
        if len(rows) > 1:
            click.echo(f"{row.description} ({row.pk})")
        for finding in findings:
            click.echo(f"{_MARKS[finding.state]:8} {finding.seen}")
            if finding.fix:
                click.echo(f"         Fix: {finding.fix}")
        is_well = is_well and not any(finding.state == "failed" for finding in findings)
    return is_well


def _inside(client_id: int, act: Callable[[Any], Any]) -> Any:
    start_django(None)
    from stockwire.hub import tenancy
    from stockwire.hub.sync import operator

    with tenancy.scope(client_id):
        return act(operator)


def _who() -> str:
    """The name of whoever sits at this machine."""
    return f"{getpass.getuser()} (command line)"
