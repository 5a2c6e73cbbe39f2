"""`stockwire channel match`: what a shop has already, before anything is sent to it."""

from __future__ import annotations

from typing import Any

import click

from stockwire.errors import Refused
from stockwire.hub_commands import start_django


@click.command()
@click.option("--client", "client_id", type=int, required=True, help="Id of the client.")
@click.argument("channel_id", type=int)
@click.option(
    "--show", "shown", type=click.IntRange(0, 10_000), default=20, show_default=True, help="Most shown."
)
def match(client_id: int, channel_id: int, shown: int) -> None:
    """Ask a shop what it has already, before its first push: what would be linked by SKU, what of that
    overwritten, what made. Writes nothing, here or there; the channel need not be live.

    Example: stockwire channel match --client 1 2
    """
    start_django(None)
    from stockwire.hub import tenancy
    from stockwire.hub.models import Channel
    from stockwire.hub.sync.match_shop import match as ask

    with tenancy.scope(client_id):
        row = Channel.objects.filter(pk=channel_id).first()
    if row is None:
        raise Refused(
            f"Client {client_id} has no channel {channel_id}.", hint="`stockwire channel list` shows them."
        )
    port = opened(row)
    try:
        found = ask(client_id, channel_id, port, shown)
    finally:
        port.close()
    click.echo(
        f"The shop lists {found.listed:,}: {found.linked:,} linked already, {found.found:,} found by SKU,"
        f" {found.unknown:,} not known here."
    )
    there = found.products - found.made
    click.echo(
        f"Of {found.products:,} products that would go out, {there:,} would be linked and {found.made:,} made"
        " anew."
    )
    if found.twice:
        some = ", ".join(found.twice[:10]) + (" ..." if len(found.twice) > 10 else "")
        click.echo(f"Stand in the shop more than once, correct them first: {some}")
    if found.fields:
        counts = ", ".join(f"{name} {count:,}" for name, count in found.fields.most_common())
        click.echo(f"Overwritten there would be: {counts}.")
    if found.grave:
        graves = ", ".join(f"{count:,} x {word}" for word, count in found.grave.items())
        click.echo(f"Look at: {graves}.")
    for one in found.worst:
        look = f"  ({one.look_at})" if one.look_at else ""
        click.echo(f"  {one.sku} {one.name}: {_short(one.there)} -> {_short(one.ours)}{look}")


def opened(row: Any) -> Any:
    """The channel itself, to be asked; whoever opens it closes it."""
    from stockwire.hub.sync.shared import shared_of
    from stockwire.registry import channel_connector

    connector = channel_connector(row.type)
    return connector.open(row.read_settings(connector.settings), shared_of(row, connector))


def _short(value: Any) -> str:
    if value is None:
        return "-"
    text = ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:37] + "..."
