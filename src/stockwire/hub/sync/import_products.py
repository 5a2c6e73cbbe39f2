"""A product file into a source: read row by row, stored batch by batch, every row accounted for.

A batch is one transaction, so an import that is broken off leaves whole batches behind and can be run again:
what is there already changes nothing. Bad rows are left out and said; they never stop the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import merge
from operator import attrgetter
from pathlib import Path

from stockwire.domain.cells import Wrong
from stockwire.domain.flags import Flags, Owner
from stockwire.domain.product_columns import Names, ProductColumns
from stockwire.domain.product_rows import RowResult
from stockwire.errors import Refused
from stockwire.files.table import Table, open_table
from stockwire.hub import tenancy
from stockwire.hub.models import Source
from stockwire.hub.sync.no_longer_sent import tidy_prefixes
from stockwire.hub.sync.read_ahead import read_ahead
from stockwire.hub.sync.read_batches import Batch, read_batches
from stockwire.hub.sync.source_names import names_of
from stockwire.hub.sync.store_rows import How, store_batch
from stockwire.hub.sync.writable import flags_of

IGNORED = Flags("this import", Owner.SOURCE)
"""What "Ignore flags" means: every field is the file's to write."""

Report = Callable[[RowResult], None]
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Options:
    """The tick-boxes of an import (formats.md 1.2). A dry run writes nothing and says what would happen."""

    who: str
    dry_run: bool = False
    skip_new: bool = False
    ignore_flags: bool = False


@dataclass(slots=True)
class Counts:
    """The result panel. `queued` are products that are looked at for the channels, which is those added,
    updated and deleted; `images` addresses that are to be fetched. `unknown_columns` were passed over."""

    rows: int = 0
    added: int = 0
    updated: int = 0
    deleted: int = 0
    skipped: int = 0
    problems: int = 0
    images: int = 0
    unknown_columns: list[str] = field(default_factory=list)

    @property
    def queued(self) -> int:
        return self.added + self.updated + self.deleted


def import_products(
    client_id: int,
    source_id: int,
    file: Path,
    options: Options,
    *,
    report: Report = lambda result: None,
    progress: Progress = lambda rows: None,
) -> Counts:
    """Import a CSV or XLSX file. `report` is told of every row, `progress` how many rows were read so far.

    Raises Refused when the file cannot be used at all. Not to be called inside a scope.
    """
    with tenancy.scope(client_id):
        source = Source.objects.filter(pk=source_id, linked_to=None).first()
        if source is None:
            raise Refused(
                f"There is no source {source_id} to import into.",
                hint="The status page names the sources; a linked source takes its own file only.",
            )
        flags = IGNORED if options.ignore_flags else flags_of(source)
        names = names_of(source)
    with open_table(file) as table:
        columns = _columns(table, names)
        how = How(
            flags,
            not options.skip_new,
            options.who,
            "product imported",
            options.dry_run,
            tuple(
                prefix
                for prefix in tidy_prefixes(source)
                if any(k.startswith(prefix) for k in columns.meta_keys)
            ),
        )
        tally = _Tally(report, Counts(unknown_columns=columns.unknown))
        with read_ahead(read_batches(table, columns)) as batches:
            for batch in batches:
                results = store_batch(source, batch.rows, how) if batch.rows else []
                tally.count(batch, results)
                progress(batch.last - 1)
    return tally.counts


def _columns(table: Table, names: Names) -> ProductColumns:
    try:
        return ProductColumns(table.header, names)
    except Wrong as wrong:
        raise Refused(wrong.message, hint=wrong.fix) from None


class _Tally:
    """Counts rows and products while they go by. A product of several rows counts once."""

    def __init__(self, report: Report, counts: Counts) -> None:
        self.counts = counts
        self._report = report
        self._added: set[str] = set()
        self._touched: set[str] = set()

    def count(self, batch: Batch, results: Sequence[RowResult]) -> None:
        self.counts.rows += batch.read
        products = {row.number: row.product_code or row.variant_code for row in batch.rows}
        for result in merge(batch.problems, results, key=attrgetter("number")):
            product, counts = products.get(result.number, ""), self.counts
            counts.images += result.images
            if result.outcome == "problem":
                counts.problems += 1
            elif result.outcome == "skipped":
                counts.skipped += 1
            elif result.outcome == "add" and product not in self._added:
                counts.added += 1
                self._added.add(product)
            elif (
                result.outcome in {"update", "delete"}
                and product not in self._touched
                and product not in self._added
            ):
                self._touched.add(product)
                if result.outcome == "update":
                    counts.updated += 1
                else:
                    counts.deleted += 1
            self._report(result)
