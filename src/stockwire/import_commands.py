"""`stockwire import ...`: files into the hub, with a dry run and a line for every row that needs a look."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

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
REPORT_HEADER = ("row", "code", "outcome", "changes", "problem", "fix")


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
    start_django(None)
    from stockwire.hub.sync import import_products as verb

    with _following(report_file) as (seen, progress):
        counts = verb.import_products(
            client_id,
            source_id,
            file,
            verb.Options(who=who(), **options),
            report=seen.take,
            progress=progress,
        )
    would = " (dry run, nothing was written)" if options["dry_run"] else ""
    _show(
        f"Products of {file.name}{would}",
        (
            ("Rows processed", counts.rows),
            ("Products queued", counts.queued),
            ("Images queued", counts.images),
            ("New products being added", counts.added),
            ("Existing products being updated", counts.updated),
            ("Products being deleted", counts.deleted),
            ("Rows skipped", counts.skipped),
            ("Rows with a problem", counts.problems),
        ),
    )
    if counts.unknown_columns:
        click.echo(f"Columns that mean nothing here: {', '.join(counts.unknown_columns)}.", err=True)
    seen.end(report_file)


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
    start_django(None)
    from stockwire.hub.sync import import_customers as verb

    with _following(report_file) as (seen, progress):
        counts = verb.import_customers(
            client_id,
            channel_id,
            file,
            verb.Options(who=who(), **options),
            report=seen.take,
            progress=progress,
        )
    would = " (dry run, nothing was written)" if options["dry_run"] else ""
    _show(
        f"Customers of {file.name}{would}",
        (
            ("Rows processed", counts.rows),
            ("New customers being added", counts.added),
            ("Existing customers being updated", counts.updated),
            ("Rows skipped", counts.skipped),
            ("Rows with a problem", counts.problems),
            ("Accounts that Omni has raised an order for", counts.confirmed),
        ),
    )
    if counts.unknown_columns:
        click.echo(f"Columns that mean nothing here: {', '.join(counts.unknown_columns)}.", err=True)
    seen.end(report_file)


def who() -> str:
    """As it stands in the audit."""
    return f"{getpass.getuser()} (command line)"


class _Seen:
    """The rows' results while they go by: all into the report file, the first problems onto the screen."""

    def __init__(self, write: Any) -> None:
        self._write = write
        self._first: list[Any] = []
        self.problems = 0

    def take(self, result: Any) -> None:
        if self._write is not None:
            self._write(_line(result))
        if result.outcome == "problem":
            self.problems += 1
            if len(self._first) < SHOWN:
                self._first.append(result)

    def end(self, report_file: Path | None) -> None:
        """Say what needs a look; the exit code is 1 when something does."""
        for result in self._first:
            click.echo(f"Row {result.number}: {result.message}\n  Fix: {result.fix}", err=True)
        if self.problems > len(self._first):
            more = f"and {self.problems - len(self._first):,} more"
            click.echo(
                f"{more}; see {report_file}." if report_file else f"{more}; --report FILE lists all.",
                err=True,
            )
        if self.problems:
            raise SystemExit(1)


def _line(result: Any) -> list[str | None]:
    changes = "; ".join(f"{name}: {_cut(old)} -> {_cut(new)}" for name, (old, new) in result.changes.items())
    return [str(result.number), result.code, result.outcome, changes, result.message, result.fix]


def _cut(value: str | None) -> str:
    if value is None:
        return "nothing"
    return repr(value if len(value) <= 60 else value[:57] + "...")


@contextmanager
def _following(report_file: Path | None) -> Iterator[tuple[_Seen, Any]]:
    from stockwire.files.csv_writing import csv_lines

    with ExitStack() as stack:
        write = stack.enter_context(csv_lines(report_file, REPORT_HEADER)) if report_file else None
        bar = stack.enter_context(
            Progress(
                SpinnerColumn(),
                TextColumn("{task.completed:,} rows"),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
        )
        task = bar.add_task("rows", total=None)
        yield _Seen(write), lambda rows: bar.update(task, completed=rows)


def _show(title: str, lines: Sequence[tuple[str, int]]) -> None:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in lines:
        table.add_row(name, f"{value:,}")
    Console().print(table)
