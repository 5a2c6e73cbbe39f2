"""`stockwire plan` and `stockwire why`: what would be sent, and why it is as it is. Nothing is written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from stockwire.hub_commands import start_django
from stockwire.why_screen import screens

_CLIENT = click.option("--client", "client_id", type=int, required=True, help="Id of the client.")
_CHANNEL = click.option("--channel", "channel_id", type=int, required=True, help="Id of the channel.")
_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON, money as text.")
_WORDS = {
    "add": "added",
    "update": "updated",
    "remove": "taken away",
    "move": "taken away and made anew",
    "nothing": "unchanged",
    "problem": "cannot go out",
    "needs_you": "waiting for you",
    "skipped": "skipped",
}


@click.command()
@_CLIENT
@_CHANNEL
@click.option("--sku", "skus", multiple=True, help="Only this SKU or product code; may be repeated.")
@click.option(
    "--rule",
    "draft",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help='Try these rules instead: a JSON list of {"field": ..., "operator": ..., "value": ...}.',
)
@click.option(
    "--show", "shown", type=click.IntRange(0, 10_000), default=20, show_default=True, help="Most shown."
)
@_JSON
def plan(
    client_id: int, channel_id: int, skus: tuple[str, ...], draft: Path | None, *, shown: int, as_json: bool
) -> None:
    """Show exactly what would be sent to a channel now, field by field, the worst first. Sends nothing.

    Example: stockwire plan --client 1 --channel 2 --sku BOLT-M8
    """
    start_django(None)
    from stockwire.hub import tenancy
    from stockwire.hub.sync import preview
    from stockwire.hub.sync.belonging import rules_in

    rules = None if draft is None else rules_in(draft)
    with tenancy.scope(client_id):
        made = preview.preview(channel_id, skus, rules, shown=shown)
    if as_json:
        click.echo(json.dumps(preview.as_json(made), ensure_ascii=False, indent=2))
        return
    print_preview(made)


def print_preview(made: Any) -> None:
    """A plan for people, the worst first."""
    console = Console()
    counts = ", ".join(f"{made.counts[name]:,} {word}" for name, word in _WORDS.items() if made.counts[name])
    word = "product" if made.products == 1 else "products"
    console.print(f"{made.products:,} {word}: {counts or 'none'}.", highlight=False)
    if made.waits:
        console.print(f"Nothing goes out for now: {_escaped(made.waits)}", highlight=False)
    if made.grave:
        console.print("Look at: " + ", ".join(f"{n:,} x {word}" for word, n in made.grave.items()) + ".")
    for said in made.said:
        console.print(_escaped(said), highlight=False)
    for entry in made.entries:
        _print_entry(console, entry)
    left = made.products - made.counts["nothing"] - len(made.entries)
    if left > 0:
        console.print(f"... and {left:,} more; --show says how many, --sku which.")


@click.command()
@_CLIENT
@_CHANNEL
@click.argument("sku")
@click.option("--fields", is_flag=True, help="Also who owns each field here, and by which flag.")
@_JSON
def why(client_id: int, channel_id: int, sku: str, fields: bool, as_json: bool) -> None:
    """Say why a product is on a channel as it is: rule, flags, map, last sent, last error, next action.

    Example: stockwire why --client 1 --channel 2 BOLT-M8
    """
    start_django(None)
    from stockwire.hub import tenancy
    from stockwire.hub.sync import why as reasons

    with tenancy.scope(client_id):
        found = reasons.why(channel_id, sku)
    if as_json:
        click.echo(json.dumps([reasons.as_json(one) for one in found], ensure_ascii=False, indent=2))
        return
    columns, lines = shutil.get_terminal_size((80, 24))
    for answer, told in zip(found, screens(found, max(60, columns), max(20, lines)), strict=True):
        click.secho(told[0], bold=True)
        click.echo("\n".join(told[1:]))
        if fields:
            _print_owners(Console(), answer)


@click.command()
@_CLIENT
@_CHANNEL
@click.option("--customer", required=True, help="The customer's account code in Omni.")
@click.argument("sku")
def price(client_id: int, channel_id: int, customer: str, sku: str) -> None:
    """Say what one customer pays for an SKU and how many he may order, and why: contract, list, warehouse.

    Example: stockwire price --client 1 --channel 2 --customer KAROO001 BOLT-M8
    """
    start_django(None)
    from stockwire.hub import tenancy
    from stockwire.hub.sync.customer_price import customer_price

    with tenancy.scope(client_id):
        found = customer_price(channel_id, customer, sku)
    paid = "no price" if found.price is None else f"R{found.price}"
    click.echo(f"{found.sku} for {found.customer}: {paid} ({found.price_reason})")
    click.echo(f"May order {found.quantity} ({found.quantity_reason})")
    for problem in found.problems:
        click.echo(f"Problem: {problem}")


def _print_entry(console: Console, entry: Any) -> None:
    look = entry.severity.said or entry.severity.word
    head = f"{entry.action or ('cannot go out' if entry.problem else 'nothing')}: {entry.code}  {entry.title}"
    console.print(f"\n[bold]{_escaped(head)}[/]" + (f"  ({look})" if look else ""), highlight=False)
    console.print(f"  {_escaped(entry.reason)}", highlight=False)
    if entry.waits:
        console.print(f"  Does not go now: {_escaped(entry.waits)}", highlight=False)
    if entry.problem:
        console.print(f"  Problem: {_escaped(entry.problem)}", highlight=False)
        console.print(f"  Fix:     {_escaped(entry.hint)}", highlight=False)
    # All variants of a new product are new.
    for one in entry.variants if entry.action != "add" else ():
        word = "is taken away" if one.action == "remove" else "is put on the channel"
        console.print(f"  {_escaped(one.sku)} {word}: {_escaped(one.reason)}", highlight=False)
    if entry.fields:
        table = Table(box=None, pad_edge=True)
        for name in ("SKU", "Field", "Now there", "Would be", "Owner", "Why"):
            table.add_column(name, no_wrap=name in {"SKU", "Field"})
        for one in entry.fields:
            table.add_row(
                *map(
                    _escaped, (one.sku, one.name, _said(one.before), _said(one.after), one.owner, one.reason)
                )
            )
        console.print(table)


def _print_owners(console: Console, one: Any) -> None:
    table = Table("Field", "Owner", "Why", box=None)
    for answer in one.owners:
        table.add_row(_escaped(answer.field), answer.owner.value, _escaped(answer.reason))
    console.print(table)


def _said(value: Any) -> str:
    if value is None:
        return "-"
    text = ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
