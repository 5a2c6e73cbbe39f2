"""`stockwire export ...`: products, customers and orders of the hub into CSV files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from stockwire.hub_commands import start_django

_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, writable=True))
_CLIENT = click.option("--client", "client_id", type=int, required=True, help="Id of the client.")


@click.group()
def export() -> None:
    """The hub's products, customers and orders as CSV files.

    Example: stockwire export products --client 1 --source 1 products.csv
    """


@export.command("products")
@_FILE
@_CLIENT
@click.option("--source", "source_id", type=int, help="All products of this source.")
@click.option("--channel", "channel_id", type=int, help="Products linked to this channel instead.")
@click.option(
    "--columns", default="", help="Comma list: title, price, qty, meta, images, options, price_<list> ..."
)
def export_products(
    file: Path, client_id: int, source_id: int | None, channel_id: int | None, columns: str
) -> None:
    """Export products, one row per variant, in the columns an import takes (docs/import-export.md).

    Example: stockwire export products --client 1 --source 1 --columns title,price,qty products.csv
    """
    start_django(None)
    from stockwire.hub.sync import export_products as verb

    chosen = [part for part in columns.split(",") if part.strip()]
    with verb.export_products(client_id, source_id=source_id, channel_id=channel_id, columns=chosen) as found:
        count = _write(file, found.columns, found.rows)
    click.echo(f"{count:,} rows written to {file}.")


@export.command("customers")
@_FILE
@_CLIENT
@click.option("--channel", "channel_id", type=int, required=True, help="Id of the channel they buy on.")
@click.option(
    "--terms", is_flag=True, help="With their own price lists and warehouses, after the template's columns."
)
def export_customers(file: Path, client_id: int, channel_id: int, terms: bool) -> None:
    """Export the customers of a channel in the columns of the import's template. Passwords are left out.

    Example: stockwire export customers --client 1 --channel 3 customers.csv
    """
    start_django(None)
    from stockwire.hub.sync import export_customers as verb

    with verb.export_customers(client_id, channel_id, terms=terms) as found:
        count = _write(file, found.columns, found.rows)
    click.echo(f"{count:,} rows written to {file}.")


@export.command("orders")
@_FILE
@_CLIENT
@click.option("--channel", "channel_id", type=int, help="Only those of this channel.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only those stored since this day (UTC).")
def export_orders(file: Path, client_id: int, channel_id: int | None, since: datetime | None) -> None:
    """Export orders, one row each, without their lines.

    Example: stockwire export orders --client 1 --since 2026-11-01 orders.csv
    """
    start_django(None)
    from stockwire.hub.sync import export_orders as verb

    since = since.replace(tzinfo=UTC) if since else None
    with verb.export_orders(client_id, channel_id=channel_id, since=since) as found:
        count = _write(file, found.columns, found.rows)
    click.echo(f"{count:,} rows written to {file}.")


def _write(file: Path, header: Sequence[str], rows: Iterable[Sequence[str | None]]) -> int:
    from stockwire.files.csv_writing import write_csv

    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.completed:,} rows"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("rows", total=None)

        def counted() -> Iterator[Sequence[str | None]]:
            for row in rows:
                bar.advance(task)
                yield row

        return write_csv(file, header, counted())
