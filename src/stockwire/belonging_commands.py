"""`stockwire rule ...` and `stockwire flag ...`: what a channel is offered, and who owns a field."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from stockwire.errors import Refused
from stockwire.hub_commands import start_django

_CLIENT = click.option("--client", "client_id", type=int, required=True, help="Id of the client.")
_CHANNEL = click.option("--channel", "channel_id", type=int, required=True, help="Id of the channel.")
_PLACE = (
    click.option("--channel", "channel_id", type=int, help="Id of the channel whose flags these are."),
    click.option("--source", "source_id", type=int, help="Id of the source whose flags these are."),
)


@click.group()
def rule() -> None:
    """Conditions a product must meet to be offered on a channel; all of them must hold.

    Example: stockwire rule list --client 1 --channel 2
    """


@rule.command("list")
@_CLIENT
@_CHANNEL
def list_rules(client_id: int, channel_id: int) -> None:
    """Show the rules of a channel and how many products each keeps out now.

    Example: stockwire rule list --client 1 --channel 2
    """
    belonging = _belonging()
    with _scope(client_id):
        channel = belonging.channel_of(channel_id)
        rules = belonging.rules_of(channel)
        counts = belonging.count_rules(channel, rules)
    if not rules:
        click.echo("This channel has no rules: every active product is offered.")
    _print_counts(counts)


@rule.command("set")
@_CLIENT
@_CHANNEL
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--yes", is_flag=True, help="Save without asking, whatever it takes away.")
def set_rules(client_id: int, channel_id: int, file: Path, yes: bool) -> None:
    """Put the rules of a JSON file in place of the channel's own; says first what that would take away.

    FILE holds a list: [{"field": "collection", "operator": "equal", "value": "Fasteners"}]

    Example: stockwire rule set --client 1 --channel 2 rules.json
    """
    belonging = _belonging()
    rules = belonging.rules_in(file)
    with _scope(client_id):
        counts = belonging.count_rules(belonging.channel_of(channel_id), rules)
    _print_counts(counts)
    if not yes:
        click.confirm("Save these rules?", abort=True)
    with _scope(client_id):
        belonging.set_rules(channel_id, rules, _who())
    click.echo("Saved. The channel's products are looked at anew.")


@click.group()
def flag() -> None:
    """Who owns a field: source or system at a source, system or channel at a channel.

    Example: stockwire flag list --client 1 --channel 2
    """


@flag.command("list")
@_CLIENT
@_PLACE[0]
@_PLACE[1]
def list_flags(client_id: int, channel_id: int | None, source_id: int | None) -> None:
    """Show the flags that were set; what none speaks of goes by the default.

    Example: stockwire flag list --client 1 --source 1
    """
    belonging = _belonging()
    _one_place(channel_id, source_id)
    with _scope(client_id):
        flags = belonging.flags_at(channel_id, source_id)
    for name, owner in flags.owners.items():
        click.echo(f"{name:30} {owner.value}")
    click.echo(f"{'everything else' if flags.owners else 'every field':30} {flags.default.value}")


@flag.command("set")
@_CLIENT
@_PLACE[0]
@_PLACE[1]
@click.argument("field")
@click.argument("owner", type=click.Choice(["source", "system", "channel", "none"]))
def set_flag(client_id: int, channel_id: int | None, source_id: int | None, field: str, owner: str) -> None:
    """Set one flag; owner `none` takes it away.

    FIELD is title, price, qty.JHB, meta.colour, meta.* and the like.

    Example: stockwire flag set --client 1 --channel 2 title channel
    """
    belonging = _belonging()
    chosen = _one_place(channel_id, source_id)
    flags = {field: "" if owner == "none" else owner}
    with _scope(client_id):
        if "channel_id" in chosen:
            belonging.set_channel_flags(channel_id, flags, _who())
        else:
            belonging.set_source_flags(source_id, flags, _who())
    if owner != "none":
        with _scope(client_id):
            for said in belonging.names_said(channel_id, source_id, field):
                click.echo(said)
    click.echo(
        f"{field}: {owner}. "
        + ("Its products are looked at anew." if channel_id else "It holds from now on.")
    )


def _print_counts(counts: Any) -> None:
    table = Table("Rule (all must hold)", "Keeps out")
    for text, number in counts.kept_out.items():
        table.add_row(text, f"{number:,}")
    if counts.kept_out:
        Console().print(table)
    stay = (
        f" {counts.staying:,} stay there, because the channel's delete setting is off."
        if counts.staying
        else ""
    )
    click.echo(
        f"{counts.offered:,} of {counts.products:,} active products are offered;"
        f" {counts.leaving:,} would be taken away, {counts.coming:,} come new.{stay}"
    )
    for said in counts.said:
        click.echo(said)


def _one_place(channel_id: int | None, source_id: int | None) -> dict[str, int]:
    if (channel_id is None) == (source_id is None):
        raise Refused("Name a channel or a source.", hint="--channel ID or --source ID, one of the two.")
    return {"channel_id": channel_id} if channel_id is not None else {"source_id": int(source_id or 0)}


def _belonging() -> Any:
    start_django(None)
    from stockwire.hub.sync import belonging

    return belonging


def _scope(client_id: int) -> Any:
    from stockwire.hub import tenancy

    return tenancy.scope(client_id)


def _who() -> str:
    return f"{getpass.getuser()} (command line)"
