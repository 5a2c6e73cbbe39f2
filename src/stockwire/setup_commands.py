"""Setting a client up from the command line: client, user, source with its agent, a new channel."""

from __future__ import annotations

import getpass
import tomllib
from pathlib import Path
from typing import Any

import click

from stockwire.errors import NotSetUp

_CLIENT = click.option("--client", "client_id", type=int, required=True, help="Id of the client.")
_SETTINGS = click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="TOML file with the connector's settings (docs/connect).",
)


def _hub() -> Any:
    """The set-up verbs, with Django ready."""
    from stockwire.hub_commands import start_django

    start_django(None)
    from stockwire.hub import setting_up

    return setting_up


def settings_in(file: Path | None) -> dict[str, Any]:
    """The connector's settings as the file states them. Raises NotSetUp when it is no TOML."""
    try:
        return tomllib.loads(file.read_text()) if file else {}
    except tomllib.TOMLDecodeError as error:
        raise NotSetUp(
            f"The settings file {file} cannot be read: {error}.",
            hint='It is TOML: one `name = "value"` per line (docs/connect).',
        ) from None


@click.group()
def client() -> None:
    """Businesses that use this hub.

    Example: stockwire client add "Karoo Fasteners"
    """


@client.command("add")
@click.argument("name")
def add_client(name: str) -> None:
    """Add a client and print its id.

    Example: stockwire client add "Karoo Fasteners"
    """
    click.echo(f"Client {_hub().add_client(name)}: {name}")


@client.command("list")
def list_clients() -> None:
    """List all clients with their ids. Needs the owner's DATABASE_ADMIN_URL, or the private PostgreSQL.

    Example: stockwire client list
    """
    import os

    import psycopg

    _hub()
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"]) as owner:
        for client_id, name in owner.execute("select id, name from clients order by id"):
            click.echo(f"{client_id}: {name}")


@click.group()
def user() -> None:
    """People who sign in to the console.

    Example: stockwire user add --client 1 thandi
    """


@user.command("add")
@_CLIENT
@click.argument("username")
@click.option("--read-only", is_flag=True, help="May look and not change.")
@click.password_option(help="Asked for when not given.")
def add_user(client_id: int, username: str, read_only: bool, password: str) -> None:
    """Add a user; the password is asked for.

    Example: stockwire user add --client 1 thandi
    """
    _hub().add_user(client_id, username, password, "read_only" if read_only else "administrator")
    click.echo(f"{username} may sign in.")


@user.command("token")
@_CLIENT
@click.argument("username")
@click.option("--description", default="", help="What it is for, so that you know it again.")
@click.option("--revoke", is_flag=True, help="Take every token of this user back instead.")
def token(client_id: int, username: str, description: str, revoke: bool) -> None:
    """Make a token of the JSON API (docs/api.md) that acts as this user. It is shown once.

    Example: stockwire user token --client 1 thandi --description "our own web shop"
    """
    _hub()
    from stockwire.hub.api.public import tokens

    who = f"{getpass.getuser()} (command line)"
    if revoke:
        click.echo(f"{tokens.revoke_tokens(client_id, username, who)} tokens are worth nothing now.")
    else:
        click.echo(tokens.make_token(client_id, username, description, who))


@click.group()
def source() -> None:
    """Systems that own products and accept orders.

    Example: stockwire source add --client 1 --settings omni.toml "Omni at head office"
    """


@source.command("add")
@_CLIENT
@_SETTINGS
@click.option("--type", "kind", default="omni", show_default=True, help="Kind of source.")
@click.argument("description")
def add_source(client_id: int, settings_file: Path | None, kind: str, description: str) -> None:
    """Add a source and print its id and the enrolment code of its agent.

    Example: stockwire source add --client 1 --settings omni.toml "Omni at head office"
    """
    hub = _hub()
    source_id = hub.add_source(client_id, kind, description, settings_in(settings_file))
    _print_code(source_id, hub.add_agent(client_id, source_id).code)


@source.command("agent-code")
@_CLIENT
@click.argument("source_id", type=int)
def agent_code(client_id: int, source_id: int) -> None:
    """Add an agent to a source and print the code it enrols with.

    Example: stockwire source agent-code --client 1 1
    """
    _print_code(source_id, _hub().add_agent(client_id, source_id).code)


@source.command("revoke-agent")
@_CLIENT
@click.argument("agent_id", type=int)
def revoke_agent(client_id: int, agent_id: int) -> None:
    """Make an agent's token worthless.

    Example: stockwire source revoke-agent --client 1 3
    """
    _hub().revoke_agent(client_id, agent_id)
    click.echo(f"Agent {agent_id} is revoked.")


@source.command("confirm-deactivations")
@_CLIENT
@click.argument("source_id", type=int)
def confirm_deactivations(client_id: int, source_id: int) -> None:
    """Take the products off the shops that were held because too many were to go at once.

    Example: stockwire source confirm-deactivations --client 1 1
    """
    import getpass

    _hub()
    from stockwire.hub import tenancy
    from stockwire.hub.sync.deactivations import confirm

    with tenancy.scope(client_id):
        count = confirm(source_id, f"{getpass.getuser()} (command line)")
    click.echo(f"{count:,} products leave the shops now.")


@source.command("check")
@_CLIENT
@click.argument("source_id", type=int)
@click.option("--wait", "wait_s", default=60.0, show_default=True, help="Seconds to wait for the agent.")
def check_source(client_id: int, source_id: int, wait_s: float) -> None:
    """Have the agent of a source look at every prerequisite on its premises, and print what it found.

    Ends with 0 when nothing failed, with 1 otherwise.

    Example: stockwire source check --client 1 1
    """
    _hub()
    from stockwire.hub.checking import ask_and_wait, lines

    found = ask_and_wait(client_id, source_id, wait_s)
    for line in lines(found):
        click.echo(line)
    if any(finding.state == "failed" for finding in found):
        raise SystemExit(1)


@click.command("add")
@_CLIENT
@_SETTINGS
@click.option("--source", "source_id", type=int, required=True, help="Id of the source that feeds it.")
@click.option("--type", "kind", required=True, help="Kind of channel, for instance woocommerce.")
@click.option("--price-tier", default="", help="Price list; the retail list when not given.")
@click.option(
    "--warehouse", "warehouses", multiple=True, help="Warehouse it sells from; several are added up."
)
@click.option("--stock-buffer", type=int, default=0, help="Units kept back from this channel.")
@click.option("--qty-limit-upper", type=int, help="The most units ever shown.")
@click.option("--stock-floor", type=int, default=0, help="Fewer than this are shown as none.")
@click.option("--compare-at-tier", default="", help="Price list of the compare-at price.")
@click.option(
    "--tax",
    type=click.Choice(["as_is", "add", "remove"]),
    default="as_is",
    help="VAT on the price list's prices.",
)
@click.option("--tax-rate", type=str, default="15", show_default=True, help="VAT in per cent, for --tax.")
@click.option("--preview", is_flag=True, help="Plan only: nothing is sent until `stockwire channel go-live`.")
@click.argument("description")
def add_channel(
    client_id: int, settings_file: Path | None, source_id: int, kind: str, description: str, **terms: Any
) -> None:
    """Add a channel and print its id.

    Example: stockwire channel add --client 1 --source 1 --type woocommerce --settings shop.toml "Web shop"
    """
    setting_up = _hub()
    channel_id = setting_up.add_channel(
        client_id, source_id, kind, description, settings_in(settings_file), **terms
    )
    click.echo(f"Channel {channel_id}: {description}. Its products are being looked at now.")
    for said in setting_up.said_of_channel(client_id, channel_id):
        click.echo(said)


def _print_code(source_id: int, code: str) -> None:
    click.echo(f"Source {source_id}. On the Omni server, within a day, run:")
    click.echo(f"  stockwire agent enrol --config agent.toml --code {code}")
