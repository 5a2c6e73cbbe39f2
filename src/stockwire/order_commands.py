"""`stockwire order ...`: list, show, fetch, and what a person may do with one order."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable
from typing import Any

import click
from rich.console import Console
from rich.table import Column, Table

from stockwire.hub_commands import start_django

_CLIENT = click.option("--client", "client_id", type=int, required=True, help="Id of the client.")
_ORDER = click.argument("order")
STATES = ("needs_you", "saved", "ready", "raising", "raised", "held", "refused", "in_doubt", "cancelled")


@click.group()
def order() -> None:
    """Orders of the channels and what became of them in Omni.

    ORDER is the order's number, its reference, Omni's number, the shop's order id, or our own id. An order
    with items of several sources has one document in each: its number means all of them, a reference one.

    Example: stockwire order list --client 1 --state needs_you
    """


@order.command("list")
@_CLIENT
@click.option("--state", type=click.Choice(STATES), default=None, help="Only these.")
@click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="Most orders.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object per order.")
def list_orders(client_id: int, state: str | None, limit: int, as_json: bool) -> None:
    """Show the newest orders, or those that need you.

    Example: stockwire order list --client 1 --state needs_you
    """
    rows = _inside(client_id, lambda hub: hub.showing.listed(state or "", limit))
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    # A reference that is cut off can be neither looked for in Omni nor given to another command.
    whole = [Column(name, no_wrap=True) for name in ("Order", "Ordered", "Total", "State", "In Omni")]
    table = Table(*whole, Column("Channel and reason", overflow="fold"), box=None, pad_edge=False)
    for row in rows:
        number = f"{row['number']}\n{row['document']}".strip()
        in_omni = row["omni_number"] or row["reference"]
        told = f"{row['channel']}\n{row['reason']}".strip()
        table.add_row(number, row["ordered"], row["total"], row["state"], in_omni, told)
    Console().print(table)


@order.command("show")
@_CLIENT
@_ORDER
def show(client_id: int, order: str) -> None:
    """Show one order with its lines and its history.

    Example: stockwire order show --client 1 1001
    """
    for line in _inside(client_id, lambda hub: list(hub.showing.lines(hub.showing.find_documents(order)))):
        click.echo(line)


@order.command("fetch")
@_CLIENT
@click.option("--source", "source_id", type=int, required=True, help="Id of the source.")
@click.option("--type", "document_type", default="", help="Kind of document; all of them when not given.")
@click.option("--wait", "wait_s", default=60.0, show_default=True, help="Seconds to wait for the agent.")
@click.argument("number")
def fetch(client_id: int, source_id: int, document_type: str, wait_s: float, number: str) -> None:
    """Have the agent look a document up by its Omni number, and store its header.

    Only the header is stored, no lines; fetched again, it is brought up to date.

    Example: stockwire order fetch --client 1 --source 1 SO12345
    """
    start_django(None)
    from stockwire.hub.fetching import fetch_and_wait

    wish = fetch_and_wait(client_id, source_id, number, _who(), wait_s=wait_s, document_type=document_type)
    click.echo(wish.message)


@order.command("send")
@_CLIENT
@_ORDER
def send(client_id: int, order: str) -> None:
    """Send an order to Omni, whatever stopped it. Safe: it is looked up there before it is posted.

    Example: stockwire order send --client 1 1001
    """
    number = _act(client_id, order, lambda actions, row: actions.send_again(row.pk, _who()))
    click.echo(f"Order {number} is sent to Omni.")


@order.command("reset")
@_CLIENT
@_ORDER
@click.option("--send", "and_send", is_flag=True, help="Send it again at once.")
def reset(client_id: int, order: str, and_send: bool) -> None:
    """Forget an order's document in Omni, so that it can be sent again under the same reference.

    Safe: if the document is still in Omni, sending finds it instead of making a second one. Of an order with
    several documents, name the one by its reference.

    Example: stockwire order reset --client 1 1001 --send
    """

    def act(actions: Any, row: Any) -> None:
        actions.reset(row.pk, _who())
        if and_send:
            actions.send_again(row.pk, _who())

    number = _act(client_id, order, act, one=True)
    click.echo(f"Order {number} is reset{' and sent to Omni' if and_send else ''}.")


@order.command("release")
@_CLIENT
@_ORDER
def release(client_id: int, order: str) -> None:
    """Let a held order go on as it is: you answer for its amounts.

    Example: stockwire order release --client 1 1001
    """
    number = _act(client_id, order, lambda actions, row: actions.release_hold(row.pk, _who()))
    click.echo(f"Order {number} is released.")


@order.command("hold")
@_CLIENT
@_ORDER
@click.option("--reason", default="", help="Shown with the order.")
def hold(client_id: int, order: str, reason: str) -> None:
    """Keep an order from being raised until you release it.

    Example: stockwire order hold --client 1 1001 --reason "customer will call back"
    """
    number = _act(client_id, order, lambda actions, row: actions.hold(row.pk, _who(), reason))
    click.echo(f"Order {number} is held.")


@order.command("cancel")
@_CLIENT
@_ORDER
def cancel(client_id: int, order: str) -> None:
    """Never raise this order. Nothing is done in Omni or in the shop.

    Example: stockwire order cancel --client 1 1001
    """
    number = _act(client_id, order, lambda actions, row: actions.cancel(row.pk, _who()))
    click.echo(f"Order {number} is cancelled.")


@order.command("settle")
@_CLIENT
@_ORDER
def settle(client_id: int, order: str) -> None:
    """What was asked of you about a raised order is done.

    Example: stockwire order settle --client 1 1001
    """
    number = _act(client_id, order, lambda actions, row: actions.settle(row.pk, _who()))
    click.echo(f"Order {number} is settled.")


@order.command("number")
@_CLIENT
@_ORDER
@click.argument("omni_number")
def number(client_id: int, order: str, omni_number: str) -> None:
    """An order in doubt is in Omni after all: this is its number there.

    Example: stockwire order number --client 1 1001 SO12345
    """
    called = _act(
        client_id, order, lambda actions, row: actions.enter_number(row.pk, _who(), omni_number), one=True
    )
    click.echo(f"Order {called} is raised as {omni_number}.")


@order.command("ship")
@_CLIENT
@_ORDER
@click.option("--line", "lines", multiple=True, help="SKU=QUANTITY; everything that is left when not given.")
@click.option("--tracking", default="", help="Tracking number of the courier.")
@click.option("--company", default="", help="The courier.")
@click.option("--url", default="", help="Where the customer follows it.")
@click.option("--quiet", is_flag=True, help="The shop does not mail the customer.")
def ship(
    *, client_id: int, order: str, lines: tuple[str, ...], tracking: str, company: str, url: str, quiet: bool
) -> None:
    """Tell the shop that an order, or a part of it, is on its way.

    Example: stockwire order ship --client 1 1001 --line BOLT-M8=2 --tracking PNJ123 --company Parcelninja
    """
    parts = [_line(text) for text in lines]

    def act(hub: _Hub) -> str:
        row = hub.showing.find_documents(order)[0]
        hub.fulfil.ship(
            row.pk,
            _who(),
            parts,
            tracking_number=tracking,
            tracking_company=company,
            tracking_url=url,
            notify_customer=not quiet,
        )
        return str(row.number)

    click.echo(f"The channel of order {_inside(client_id, act)} is told of the shipment.")


@order.command("track")
@_CLIENT
@_ORDER
@click.argument("number")
@click.option("--company", default="", help="The courier.")
@click.option("--url", default="", help="Where the customer follows it.")
def track(client_id: int, order: str, number: str, company: str, url: str) -> None:
    """Add the tracking number that came after the shipment.

    Example: stockwire order track --client 1 1001 PNJ123 --company Parcelninja
    """

    def act(hub: _Hub) -> str:
        row = hub.showing.find_documents(order)[0]
        hub.fulfil.track(row.pk, _who(), number, company, url)
        return str(row.number)

    click.echo(f"The channel of order {_inside(client_id, act)} is told of the tracking.")


def _line(text: str) -> tuple[str, int]:
    sku, _, quantity = text.rpartition("=")
    if not sku or not quantity.isdecimal():
        raise click.BadParameter(f"{text} is not SKU=QUANTITY, for instance BOLT-M8=2.", param_hint="--line")
    return sku, int(quantity)


class _Hub:
    """The hub's modules, imported when Django is ready."""

    def __init__(self) -> None:
        from stockwire.hub import showing_orders
        from stockwire.hub.sync import fulfil, order_actions

        self.showing, self.actions, self.fulfil = showing_orders, order_actions, fulfil


def _inside(client_id: int, act: Callable[[_Hub], Any]) -> Any:
    start_django(None)
    from stockwire.hub import tenancy

    with tenancy.scope(client_id):
        return act(_Hub())


def _act(client_id: int, order: str, act: Callable[[Any, Any], None], *, one: bool = False) -> str:
    """Do it and give back what the order is called. With each of its documents that allows it, unless it can
    only be meant of `one`."""

    def found_and_done(hub: _Hub) -> str:
        if one:
            row = hub.showing.find_order(order)
            act(hub.actions, row)
            return str(row.number)
        rows = hub.showing.find_documents(order)
        hub.actions.each(rows, lambda row: act(hub.actions, row))
        return str(rows[0].number)

    return str(_inside(client_id, found_and_done))


def _who() -> str:
    """The name of whoever sits at this machine."""
    return f"{getpass.getuser()} (command line)"
