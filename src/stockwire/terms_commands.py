"""`stockwire channel set`: how a channel sells. Shows it when nothing is given to change."""

from __future__ import annotations

import getpass
from typing import Any

import click

from stockwire.errors import Refused
from stockwire.hub_commands import start_django

ALL = "all of the source"
_WORDS = {
    "price_tier": ("price list", "retail"),
    "compare_at_tier": ("compare-at price list", "none"),
    "tax": ("VAT", ""),
    "tax_rate": ("VAT rate in per cent", ""),
    "warehouses": ("warehouses", ALL),
    "stock_buffer": ("units kept back", ""),
    "stock_floor": ("fewer are shown as none", ""),
    "qty_limit_upper": ("most units ever shown", "no limit"),
}
_TAX = {"as_is": "as the price list has it", "add": "put on", "remove": "taken off"}


@click.command("set")
@click.option("--client", "client_id", type=int, required=True, help="Id of the client.")
@click.argument("channel_id", type=int)
@click.option("--price-tier", help="Price list; blank is the retail list.")
@click.option("--compare-at-tier", help="Price list of the compare-at price; blank is none.")
@click.option("--tax", type=click.Choice(["as_is", "add", "remove"]), help="VAT on the price list's prices.")
@click.option("--tax-rate", help="VAT in per cent, for --tax.")
@click.option(
    "--warehouse", "warehouses", multiple=True, help="Warehouse it sells from; several are added up."
)
@click.option("--all-warehouses", is_flag=True, help="Sell from all warehouses of the source.")
@click.option("--stock-buffer", type=int, help="Units kept back from this channel.")
@click.option("--stock-floor", type=int, help="Fewer than this are shown as none.")
@click.option("--qty-limit-upper", type=int, help="The most units ever shown.")
@click.option("--no-qty-limit", is_flag=True, help="Show all units there are.")
@click.option("--yes", is_flag=True, help="Without asking, whatever names no product has.")
def set_channel(
    client_id: int,
    channel_id: int,
    *,
    warehouses: tuple[str, ...],
    all_warehouses: bool,
    no_qty_limit: bool,
    yes: bool,
    **given: Any,
) -> None:
    """Change from which price list and warehouses a channel sells, and how much it shows.

    What is not named stays as it is; without any option this only shows how it stands. Run `stockwire plan`
    afterwards to see what it changes: a channel that is live sends it with its next push.

    Example: stockwire channel set --client 1 2 --price-tier trade --warehouse JHB --warehouse CPT
    """
    if (warehouses and all_warehouses) or (given["qty_limit_upper"] is not None and no_qty_limit):
        raise Refused("Two of these options contradict each other.", hint="Leave one of the two out.")
    changes = {name: value for name, value in given.items() if value is not None}
    if warehouses or all_warehouses:
        changes["warehouses"] = list(warehouses)
    if no_qty_limit:
        changes["qty_limit_upper"] = None
    start_django(None)
    from stockwire.hub import tenancy
    from stockwire.hub.sync.set_terms import said_of, set_terms, terms_shown, unknown_names

    if not yes:
        with tenancy.scope(client_id):
            unknown = unknown_names(channel_id, changes)
        if unknown:
            # On a channel that sends, a slip of the pen would sell out every item within seconds.
            click.echo("\n".join(unknown))
            click.confirm("The channel is live, and no item has any stock or price there. Go on?", abort=True)
    with tenancy.scope(client_id):
        channel = set_terms(channel_id, changes, f"{getpass.getuser()} (command line)")
        terms, said = terms_shown(channel), said_of(channel)
    for name, value in terms.items():
        words, without = _WORDS[name]
        shown = (
            ", ".join(value)
            if isinstance(value, list)
            else _TAX.get(value, value)
            if name == "tax"
            else value
        )
        click.echo(f"{words:26} {without if shown in ('', None) else shown}")
    for sentence in said:
        click.echo(sentence)
    if changes:
        click.echo("The channel's products are looked at anew.")
