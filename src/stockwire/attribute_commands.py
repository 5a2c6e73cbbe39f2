"""`stockwire template ...` and `stockwire segment ...`: what products must have, and what people may see."""

from __future__ import annotations

import getpass
import tomllib
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from stockwire.errors import NotSetUp, Refused
from stockwire.hub_commands import start_django

_CLIENT = click.option("--client", "client_id", type=int, required=True, help="Id of the client.")
_SOURCE = click.option("--source", "source_id", type=int, required=True, help="Id of the source.")
_PEOPLE = (
    click.option("--user", default="", help="User name of somebody who signs in to the console."),
    click.option("--customer", default="", help="User name of a customer."),
)


@click.group()
def template() -> None:
    """Attribute templates: the attributes a kind of product has, and those that may not be blank.

    Example: stockwire template list --client 1
    """


@template.command("set")
@_CLIENT
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def set_template(client_id: int, file: Path) -> None:
    """Keep the template of a TOML file, in place of one of the same name (docs/attributes.md).

    Example: stockwire template set --client 1 paint.toml
    """
    try:
        given = tomllib.loads(file.read_text())
    except tomllib.TOMLDecodeError as error:
        raise NotSetUp(f"{file} cannot be read: {error}.", hint="It is TOML (docs/attributes.md).") from None
    hub = _hub()
    with _scope(client_id):
        made = hub.set_template(client_id, str(given.get("name", "")), given.get("attributes", []), _who())
    click.echo(f"Template {made.name} has {len(made.attributes)} attributes.")


@template.command("list")
@_CLIENT
def list_templates(client_id: int) -> None:
    """Show the templates of a client.

    Example: stockwire template list --client 1
    """
    hub = _hub()
    table = Table("Template", "Attribute", "Type", "Default", "Required")
    with _scope(client_id):
        for name, one in hub.templates().items():
            for attribute in one.attributes:
                required = "yes" if attribute.required else ""
                table.add_row(name, attribute.name, attribute.type.value, attribute.default, required)
    Console().print(table)


@template.command("apply")
@_CLIENT
@_SOURCE
@click.option("--all", "all_of_them", is_flag=True, help="Apply it to every product of the source.")
@click.argument("name")
@click.argument("codes", nargs=-1)
def apply_template(
    client_id: int, source_id: int, all_of_them: bool, name: str, codes: tuple[str, ...]
) -> None:
    """Give products the attributes of a template, with their defaults where they have none.

    Example: stockwire template apply --client 1 --source 1 Paint PAINT-5L PAINT-20L
    """
    if all_of_them == bool(codes):
        raise Refused("Name the products, or say --all.", hint="One of the two.")
    hub = _hub()
    with _scope(client_id):
        count = hub.apply_template(client_id, source_id, name, codes, _who())
    click.echo(f"{count:,} products changed.")


@template.command("check")
@_CLIENT
@_SOURCE
def check(client_id: int, source_id: int) -> None:
    """List the products that lack what their templates require. Ends with 1 when there are any.

    Example: stockwire template check --client 1 --source 1
    """
    hub = _hub()
    with _scope(client_id):
        found = hub.lacking(source_id)
    for code, missing in found:
        click.echo(f"{code}: {missing.reason}. {missing.fix}")
    click.echo(f"{len({code for code, _ in found}):,} products are held back by their templates.")
    if found:
        raise SystemExit(1)


@template.command("remove")
@_CLIENT
@click.argument("name")
def remove_template(client_id: int, name: str) -> None:
    """Forget a template; its attributes stay on their products, and nothing requires them any more.

    Example: stockwire template remove --client 1 Paint
    """
    hub = _hub()
    with _scope(client_id):
        hub.remove_template(client_id, name, _who())
    click.echo(f"Template {name} is gone.")


@click.group()
def segment() -> None:
    """What a user or a customer may see: conditions that must all hold.

    Example: stockwire segment list --client 1 --user thandi
    """


@segment.command("set")
@_CLIENT
@_PEOPLE[0]
@_PEOPLE[1]
@click.argument("kind", type=click.Choice(["products", "customers", "orders"]))
@click.argument("key")
@click.argument("operator")
@click.argument("value")
def set_segment(
    client_id: int, *, user: str, customer: str, kind: str, key: str, operator: str, value: str
) -> None:
    """Set a segment, in place of one of the same kind and field.

    OPERATOR is equal, less, greater, lookup (comma list), contains or "not contains".

    Example: stockwire segment set --client 1 --user thandi customers attribute_value equal 123
    """
    hub = _segments()
    from stockwire.domain.segments import segment as read

    try:
        made = read(kind, key, operator, value)
    except ValueError as error:
        raise Refused(str(error), hint="docs/attributes.md lists fields and operators.") from None
    with _scope(client_id):
        of = hub.person(user=user, customer=customer)
        hub.set_segment(of, made, _who())
    click.echo(f"{of} sees {kind} where {made}.")


@segment.command("list")
@_CLIENT
@_PEOPLE[0]
@_PEOPLE[1]
def list_segments(client_id: int, user: str, customer: str) -> None:
    """Show the segments of a user or a customer.

    Example: stockwire segment list --client 1 --user thandi
    """
    hub = _segments()
    with _scope(client_id):
        of = hub.person(user=user, customer=customer)
        found = hub.segments_of(of)
    for one in found:
        click.echo(f"{one.kind.value}: {one}")
    if not found:
        click.echo(f"{of} has no segments and sees everything.")


@segment.command("show")
@_CLIENT
@_PEOPLE[0]
@_PEOPLE[1]
def show_segments(client_id: int, user: str, customer: str) -> None:
    """Show how much a user or a customer sees: products, customers and orders, each of how many.

    Example: stockwire segment show --client 1 --user thandi
    """
    hub = _segments()
    from stockwire.domain.segments import Kind
    from stockwire.hub.sync import visible

    with _scope(client_id):
        of = hub.person(user=user, customer=customer)
        found = hub.segments_of(of)
        for kind in Kind:
            seen, everything = visible.count(kind, found)
            held = "; ".join(str(one) for one in found if one.kind in visible.LIMITS[kind]) or "no segment"
            click.echo(f"{of} sees {seen:,} of {everything:,} {kind.value} ({held}).")


@segment.command("remove")
@_CLIENT
@_PEOPLE[0]
@_PEOPLE[1]
@click.argument("kind", type=click.Choice(["products", "customers", "orders"]))
@click.argument("key")
def remove_segment(client_id: int, *, user: str, customer: str, kind: str, key: str) -> None:
    """Take a segment away.

    Example: stockwire segment remove --client 1 --user thandi customers attribute_value
    """
    hub = _segments()
    with _scope(client_id):
        hub.remove_segment(hub.person(user=user, customer=customer), kind, key, _who())
    click.echo("It is gone.")


def _hub() -> Any:
    start_django(None)
    from stockwire.hub.sync import templates

    return templates


def _segments() -> Any:
    start_django(None)
    from stockwire.hub.sync import segments

    return segments


def _scope(client_id: int) -> Any:
    from stockwire.hub import tenancy

    return tenancy.scope(client_id)


def _who() -> str:
    return f"{getpass.getuser()} (command line)"
