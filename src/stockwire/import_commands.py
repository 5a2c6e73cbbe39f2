"""`stockwire import ...`: files into the hub, with a dry run and a line for every row that needs a look."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from stockwire.errors import Refused
from stockwire.hub_commands import start_django

_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
_CLIENT = click.option("--client", "client_id", type=int, required=True, help="Id of the client.")
_SOURCE = click.option("--source", "source_id", type=int, required=True, help="Id of the source.")
_DRY = click.option("--dry-run", is_flag=True, help="Write nothing; say what would happen.")
_REPORT = click.option(
    "--report",
    "report_file",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write a line about every row into this CSV file.",
)
SHOWN = 20


@click.group("import")
def import_group() -> None:
    """Files of products and customers into the hub.

    Example: stockwire import products --client 1 --source 1 --dry-run products.csv
    """


@import_group.command("products")
@_FILE
@_CLIENT
@_SOURCE
@_DRY
@click.option("--skip-new", is_flag=True, help="Skip adding new products.")
@click.option(
    "--ignore-flags", is_flag=True, help="Write fields too that the source's flags keep for the hub."
)
@_REPORT
def import_products(
    file: Path, client_id: int, source_id: int, report_file: Path | None, **options: bool
) -> None:
    """Import products from a CSV or XLSX file (docs/import-export.md). Only columns that are there change.

    Ends with 0 when every row could be used, with 1 otherwise; the good rows are imported all the same.

    Example: stockwire import products --client 1 --source 1 --dry-run --report report.csv products.csv
    """
    counts = _import_here("products", client_id, source_id, file, report_file=report_file, options=options)
    would = " (dry run, nothing was written)" if options["dry_run"] else ""
    _show(
        f"Products of {file.name}{would}",
        (
            ("Rows processed", counts["rows"]),
            ("Products queued", counts["added"] + counts["updated"] + counts["deleted"]),
            ("Images queued", counts["images"]),
            ("New products being added", counts["added"]),
            ("Existing products being updated", counts["updated"]),
            ("Products being deleted", counts["deleted"]),
            ("Rows skipped", counts["skipped"]),
            ("Rows with a problem", counts["problems"]),
        ),
    )
    _end(counts)


@import_group.command("customers")
@_FILE
@_CLIENT
@click.option("--channel", "channel_id", type=int, required=True, help="Id of the channel they buy on.")
@_DRY
@click.option("--ignore-new", is_flag=True, help="Ignore new customers.")
@_REPORT
def import_customers(
    file: Path, client_id: int, channel_id: int, report_file: Path | None, **options: bool
) -> None:
    """Import customers from a CSV or XLSX file in the columns of the template (docs/import-export.md).

    Their account codes belong to the source of the channel. Passwords are hashed and never shown.

    Example: stockwire import customers --client 1 --channel 3 --dry-run customers.csv
    """
    counts = _import_here("customers", client_id, channel_id, file, report_file=report_file, options=options)
    would = " (dry run, nothing was written)" if options["dry_run"] else ""
    _show(
        f"Customers of {file.name}{would}",
        (
            ("Rows processed", counts["rows"]),
            ("New customers being added", counts["added"]),
            ("Existing customers being updated", counts["updated"]),
            ("Rows skipped", counts["skipped"]),
            ("Rows with a problem", counts["problems"]),
            ("Accounts that Omni has raised an order for", counts["confirmed"]),
        ),
    )
    _end(counts)


@import_group.command("list")
@_CLIENT
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many.")
def list_imports(client_id: int, limit: int) -> None:
    """The last imports, from here and from the API: who, when, how far, and how they ended.

    Example: stockwire import list --client 1
    """
    start_django(None)
    from stockwire.hub import tenancy
    from stockwire.hub.models import Import

    with tenancy.scope(client_id):
        rows = list(Import.objects.order_by("-id")[:limit])
    for row in rows:
        into = f"source {row.source_id}" if row.source_id else f"channel {row.channel_id}"
        state = row.state + (" (dry run)" if row.dry_run else "")
        done = f"{row.rows_done:,}" + (f" of {row.rows_all:,}" if row.rows_all is not None else "")
        click.echo(f"{row.pk}  {row.asked_at:%Y-%m-%d %H:%M} UTC  {row.file_name} into {into}: {state}")
        click.echo(
            f"    {done} rows, {row.counts.get('problems', 0):,} problems; asked for by {row.asked_by}"
        )
        if row.message:
            click.echo(f"    {row.message} {row.hint}")
    if not rows:
        click.echo("Nothing was imported in the last 90 days.")


@import_group.command("report")
@_CLIENT
@click.argument("import_id", type=int)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, writable=True))
def report(client_id: int, import_id: int, file: Path) -> None:
    """Write the report of an import, a line for every row, into a CSV file. It is kept for 90 days.

    Example: stockwire import report --client 1 12 report.csv
    """
    start_django(None)
    from stockwire.hub import tenancy
    from stockwire.hub.sync import import_files, import_jobs

    with tenancy.scope(client_id):
        row = import_jobs.of(import_id)
    import_files.copy_report(row.client_id, row.pk, row.report_size, file)
    click.echo(f"{row.rows_done:,} rows of import {import_id} written to {file}.")


@import_group.command("cancel")
@_CLIENT
@click.argument("import_id", type=int)
def cancel(client_id: int, import_id: int) -> None:
    """Stop an import after the batch in hand. What is imported by then stays.

    Example: stockwire import cancel --client 1 12
    """
    start_django(None)
    from stockwire.hub.sync import import_jobs

    row = import_jobs.cancel(client_id, import_id, who())
    click.echo(f"Import {import_id} is cancelled; {row.rows_done:,} rows were imported.")


def who() -> str:
    """As it stands in the audit."""
    return f"{getpass.getuser()} (command line)"


def _import_here(
    kind: str,
    client_id: int,
    place_id: int,
    file: Path,
    *,
    report_file: Path | None,
    options: dict[str, bool],
) -> dict[str, Any]:
    """Import in this process, with the record that an import through the API leaves too; its counts."""
    start_django(None)
    from stockwire.hub import tenancy
    from stockwire.hub.models import ImportState
    from stockwire.hub.sync import import_files, import_jobs

    dry_run = options.pop("dry_run")
    row = import_jobs.ask(client_id, kind, place_id, file, who(), dry_run=dry_run, options=options, here=True)
    options["dry_run"] = dry_run
    first: list[Any] = []

    def take(result: Any) -> None:
        if result.outcome == "problem" and len(first) < SHOWN:
            first.append(result)

    try:
        with _bar() as bar:
            task = bar.add_task("rows", total=None, all="?")
            import_jobs.work(
                client_id,
                row.pk,
                seen=take,
                watch=lambda now: bar.update(
                    task, total=now.rows_all, completed=now.rows_done, all=f"{now.rows_all:,}"
                ),
            )
    except KeyboardInterrupt:
        import_jobs.cancel(client_id, row.pk, who())
        raise
    with tenancy.scope(client_id):
        row = import_jobs.of(row.pk)
    if row.state == ImportState.FAILED:
        raise Refused(row.message, hint=row.hint)
    if row.state != ImportState.DONE:
        raise Refused(
            f"Import {row.pk} is {row.state} after {row.rows_done:,} rows.",
            hint="What was imported stays; import the file again for the rest.",
        )
    if report_file:
        import_files.copy_report(client_id, row.pk, row.report_size, report_file)
    for result in first:
        named = f" ({result.code})" if result.code and result.code not in result.message else ""
        click.echo(f"Row {result.number}{named}: {result.message}\n  Fix: {result.fix}", err=True)
    if (more := row.counts["problems"] - len(first)) > 0:
        where = f"see {report_file}" if report_file else f"`stockwire import report {row.pk}` lists all"
        click.echo(f"and {more:,} more; {where}.", err=True)
    return dict(row.counts)


def _end(counts: dict[str, Any]) -> None:
    """The exit code is 1 when something needs a look."""
    if counts["unknown_columns"]:
        click.echo(f"Columns that mean nothing here: {', '.join(counts['unknown_columns'])}.", err=True)
    if kept_back := counts.get("kept_back"):
        click.echo(
            f"Flags of the source keep for the hub: {', '.join(kept_back)}. Products that are here keep"
            " theirs; --ignore-flags writes them.",
            err=True,
        )
    for sentence in counts.get("unknown_names", ()):
        click.echo(sentence, err=True)
    if counts["problems"]:
        raise SystemExit(1)


def _bar() -> Progress:
    return Progress(
        SpinnerColumn(),
        BarColumn(),
        TextColumn("{task.completed:,} of {task.fields[all]} rows"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _show(title: str, lines: Sequence[tuple[str, int]]) -> None:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in lines:
        table.add_row(name, f"{value:,}")
    Console().print(table)
