"""`stockwire channel settings`: field map, location map, switches and keys of a channel that is there."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Any

import click

from stockwire.errors import Refused
from stockwire.hub_commands import start_django
from stockwire.setup_commands import settings_in


@click.command("settings")
@click.option("--client", "client_id", type=int, required=True, help="Id of the client.")
@click.argument("channel_id", type=int)
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="TOML file with the settings to change.",
)
@click.option(
    "--set",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="One setting; NAME=@FILE takes a file's text. May be repeated.",
)
@click.option("--reset", multiple=True, metavar="NAME", help="Back to what it is unless set.")
@click.option(
    "--try", "skus", multiple=True, metavar="SKU", help="Save nothing; show what this SKU would be."
)
def channel_settings(
    client_id: int,
    channel_id: int,
    *,
    settings_file: Path | None,
    given: tuple[str, ...],
    reset: tuple[str, ...],
    skus: tuple[str, ...],
) -> None:
    """Show the settings of a channel, or change those that are named; what is not named stays.

    With --try nothing is saved: it shows what an SKU would be sent with these settings.

    Example: stockwire channel settings --client 1 2 --set product_map=@map.json --try BOLT-M8
    """
    changes = {**settings_in(settings_file), **dict(map(_pair, given)), **dict.fromkeys(reset)}
    start_django(None)
    from stockwire.hub import tenancy
    from stockwire.hub.sync import set_settings
    from stockwire.hub.sync.belonging import channel_of
    from stockwire.hub.sync.set_terms import said_of

    if skus:
        from stockwire.plan_commands import print_preview

        with tenancy.scope(client_id):
            made = set_settings.tried(channel_id, changes, skus)
        print_preview(made)
        click.echo("Nothing was saved.")
        return
    with tenancy.scope(client_id):
        if changes:
            set_settings.set_settings(channel_id, changes, f"{getpass.getuser()} (command line)")
        channel = channel_of(channel_id)
        shown, said = set_settings.settings_shown(channel), said_of(channel)
    for name, value in sorted(shown.items()):
        click.echo(f"{name:30} {_said(value)}")
    for sentence in said:
        click.echo(sentence)
    if changes:
        click.echo("The channel's products are looked at anew.")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise Refused(f"{text!r} sets nothing.", hint="Write NAME=VALUE, or NAME=@FILE for a file's text.")
    if value.startswith("@"):
        try:
            value = Path(value[1:]).read_text(encoding="utf-8-sig")
        except (OSError, ValueError) as error:
            raise Refused(
                f"The file {value[1:]} for {name} cannot be read: {error}.",
                hint="Name a text file in UTF-8 after the @.",
            ) from None
    return name.strip(), value


def _said(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
