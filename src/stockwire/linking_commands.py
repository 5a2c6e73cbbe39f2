"""`stockwire source link` and what else there is for files that enrich the products of a source."""

from __future__ import annotations

import getpass
import tomllib
from pathlib import Path
from typing import Any

import click

from stockwire.errors import NotSetUp, TryLater
from stockwire.hub_commands import start_django
from stockwire.setup_commands import source

_CLIENT = click.option("--client", "client_id", type=int, required=True, help="Id of the client.")
_SOURCE = click.argument("source_id", type=int)
SHOWN = 20


@source.command("link")
@_CLIENT
@click.option(
    "--to", "linked_to", type=int, required=True, help="Id of the source whose products it enriches."
)
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    required=True,
    help="TOML file: location, columns, schedule (docs/linked-sources.md).",
)
@click.argument("description")
def link_source(client_id: int, linked_to: int, settings_file: Path, description: str) -> None:
    """Add a linked source: a CSV, XLSX or XML file that enriches products which are there already.

    Until one of its flags says `source`, it writes nothing.

    Example: stockwire source link --client 1 --to 1 --settings supplier.toml "Supplier stock"
    """
    start_django(None)
    from stockwire.hub.linking import link_source as verb

    source_id = verb(client_id, linked_to, description, _read(settings_file), _who())
    click.echo(f"Linked source {source_id}: {description}. Say what it may write, and fetch it:")
    click.echo(f"  stockwire flag set --client {client_id} --source {source_id} qty source")
    click.echo(f"  stockwire source fetch --client {client_id} {source_id}")


@source.command("linked")
@_CLIENT
def list_linked(client_id: int) -> None:
    """Show the linked sources of a client, when each was fetched last and what came of it.

    Example: stockwire source linked --client 1
    """
    start_django(None)
    from stockwire.files.addresses import shown
    from stockwire.hub.linking import linked_problems, linked_sources, without_flag

    found = linked_sources(client_id)
    for one in found:
        source = one.source
        state = "" if source.active else " (paused)"
        click.echo(f"{source.pk}  {source.description}, to source {source.linked_to_id}{state}")
        click.echo(f"    {shown(str(source.settings['location']))}, {source.settings['schedule']}")
        ran = f"{one.last_run_at:%Y-%m-%d %H:%M} UTC" if one.last_run_at else "never"
        due = f"{one.next_at:%Y-%m-%d %H:%M} UTC" if one.next_at else "never"
        click.echo(f"    read {ran}, next {due}")
        if one.last_run_at:
            click.echo(f"    {_counted(one)}")
        if fields := without_flag(one):
            click.echo(f"    {_unflagged(fields)}")
        if source.read_error:
            click.echo(f"    {source.read_error} {source.read_hint}")
        for problem in linked_problems(client_id, source.pk, SHOWN):
            click.echo(f"    {problem.code}: {problem.message} {problem.hint}")
    if not found:
        click.echo("There is no linked source. `stockwire source link --help` says how one is made.")


@source.command("relink")
@_CLIENT
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="TOML file of the settings that change; the others stay.",
)
@click.option("--description", default="", help="Another name for it.")
@_SOURCE
def relink(client_id: int, source_id: int, settings_file: Path | None, description: str) -> None:
    """Change where a linked source is, its columns or its schedule. It is fetched anew at once.

    Example: stockwire source relink --client 1 --settings supplier.toml 2
    """
    start_django(None)
    from stockwire.hub.linking import change_linked

    settings = _read(settings_file) if settings_file else {}
    changed = change_linked(client_id, source_id, _who(), settings=settings, description=description)
    click.echo(f"{changed.source.description} is changed, and fetched within a minute.")


@source.command("pause")
@_CLIENT
@_SOURCE
def pause(client_id: int, source_id: int) -> None:
    """Fetch a linked source no more until it is resumed. What it wrote stays.

    Example: stockwire source pause --client 1 2
    """
    start_django(None)
    from stockwire.hub.linking import change_linked

    change_linked(client_id, source_id, _who(), active=False)
    click.echo(f"Linked source {source_id} is not fetched until `stockwire source resume`.")


@source.command("resume")
@_CLIENT
@_SOURCE
def resume(client_id: int, source_id: int) -> None:
    """Fetch a linked source again, at once and then on schedule.

    Example: stockwire source resume --client 1 2
    """
    start_django(None)
    from stockwire.hub.linking import change_linked

    change_linked(client_id, source_id, _who(), active=True)
    click.echo(f"Linked source {source_id} is fetched within a minute, and then on schedule.")


@source.command("unlink")
@_CLIENT
@click.option("--yes", is_flag=True, help="Do not ask.")
@_SOURCE
def unlink(client_id: int, source_id: int, yes: bool) -> None:
    """Let a linked source go, with its settings and flags. What it wrote stays until somebody else writes it.

    Example: stockwire source unlink --client 1 2
    """
    start_django(None)
    from stockwire.hub.linking import linked_source, unlink_source

    name = linked_source(client_id, source_id).source.description
    if not yes:
        click.confirm(f"Let the linked source {name} go?", abort=True)
    unlink_source(client_id, source_id, _who())
    click.echo(f"The linked source {name} is gone; what it wrote stays.")


@source.command("upload")
@_CLIENT
@click.option("--name", default="", help="Name it is kept under; its own when not given.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def upload(client_id: int, name: str, file: Path) -> None:
    """Put a file into the hub for a linked source whose location is the file's name.

    Example: stockwire source upload --client 1 stock.csv
    """
    start_django(None)
    from stockwire.hub.linking import upload as verb

    with file.open("rb") as opened:
        click.echo(f"Kept as {verb(client_id, opened, name or file.name, _who())}.")


@source.command("fetch")
@_CLIENT
@_SOURCE
def fetch(client_id: int, source_id: int) -> None:
    """Fetch a linked source now, whether its file changed or not, and say what came of it.

    Example: stockwire source fetch --client 1 2
    """
    start_django(None)
    from stockwire.hub.linking import linked_problems, without_flag
    from stockwire.hub.sync.fetch_source import fetch as verb

    found = verb(client_id, source_id, in_any_case=True)
    if found is None:
        raise TryLater("A worker is fetching this source right now.", hint="Ask again in a minute.")
    click.echo(_counted(found))
    if fields := without_flag(found):
        click.echo(_unflagged(fields), err=True)
    for problem in linked_problems(client_id, source_id, SHOWN):
        click.echo(f"{problem.code}: {problem.message}\n  Fix: {problem.hint}", err=True)
    if found.problems > SHOWN:
        click.echo(f"and {found.problems - SHOWN:,} more.", err=True)


def _unflagged(fields: list[str]) -> str:
    return f"No flag lets it write {', '.join(fields)}: `stockwire flag set --help`."


def _counted(one: Any) -> str:
    return (
        f"{one.rows:,} rows read, {one.changed:,} changed something, {one.unknown:,} of products that"
        f" are not here, {one.problems:,} with a problem."
    )


def _read(settings_file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(settings_file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NotSetUp(
            f"The settings file {settings_file} cannot be read: {error}.",
            hint='It is TOML in UTF-8: one `name = "value"` per line.',
        ) from None


def _who() -> str:
    return f"{getpass.getuser()} (command line)"
