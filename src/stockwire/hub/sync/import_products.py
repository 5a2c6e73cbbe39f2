"""A product file into a source: read row by row, stored batch by batch, every row accounted for.

A batch is one transaction, so an import that is broken off leaves whole batches behind and can be run again:
what is there already changes nothing. Bad rows are left out and said; they never stop the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stockwire.domain.cells import Wrong
from stockwire.domain.flags import Flags, Owner
from stockwire.domain.product_columns import Names, ProductColumns
from stockwire.domain.product_rows import PRODUCT_TEXTS, ProductRow, RowResult
from stockwire.errors import Refused
from stockwire.files.table import Table, Unreadable, open_table
from stockwire.hub import tenancy
from stockwire.hub.models import Source
from stockwire.hub.sync.no_longer_sent import tidy_prefixes
from stockwire.hub.sync.source_names import names_of
from stockwire.hub.sync.store_rows import How, store_batch
from stockwire.hub.sync.writable import flags_of

BATCH = 2_000
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
        for batch in _batches(_read(table, columns, tally)):
            tally.count(batch, store_batch(source, batch, how))
            progress(batch[-1].number - 1)
    return tally.counts


def _columns(table: Table, names: Names) -> ProductColumns:
    try:
        return ProductColumns(table.header, names)
    except Wrong as wrong:
        raise Refused(wrong.message, hint=wrong.fix) from None


def _read(table: Table, columns: ProductColumns, tally: _Tally) -> Iterator[ProductRow]:
    """The rows that can be used; the others go into the report."""
    said = _Said()
    for number, cells in table.rows:
        tally.counts.rows += 1
        if isinstance(cells, Unreadable):
            tally.problem(number, "", cells.message, cells.fix)
            continue
        try:
            row = columns.read(number, cells)
            said.check(row)
        except Wrong as wrong:
            tally.problem(number, columns.code_of(cells), wrong.message, wrong.fix)
            continue
        yield row


def _batches(rows: Iterator[ProductRow]) -> Iterator[Sequence[ProductRow]]:
    """Rows by the two thousand; those of one product below each other stay together (up to twice that)."""
    batch: list[ProductRow] = []
    for row in rows:
        apart = not batch or row.product_code != batch[-1].product_code
        if len(batch) >= 2 * BATCH or (len(batch) >= BATCH and apart):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


class _Said:
    """Which codes the file has spoken of, and what it said of each product: a code comes once, and the rows
    of one product agree on what belongs to the product."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._products: dict[str, tuple[int, int]] = {}

    def check(self, row: ProductRow) -> None:
        key = f"v {row.variant_code}" if row.variant_code else f"p {row.product_code}"
        first = self._rows.setdefault(key, row.number)
        if first != row.number:
            raise Wrong(f"{row.code} is in row {first} already.", "Keep one of the two rows.")
        if not row.product_code:
            return
        texts = tuple(row.texts.get(name) for name in PRODUCT_TEXTS if name != "title")
        options = tuple(name for name, _ in row.options or ())
        said = hash((texts, options, tuple(sorted(row.meta.items())), tuple(row.images.items())))
        number, before = self._products.setdefault(row.product_code, (row.number, said))
        if before != said:
            raise Wrong(
                f"The row says something else of the product {row.product_code} than row {number}.",
                "Let all rows of a product agree on its description, attributes and images.",
            )


class _Tally:
    """Counts rows and products while they go by. A product of several rows counts once."""

    def __init__(self, report: Report, counts: Counts) -> None:
        self.counts = counts
        self._report = report
        self._added: set[str] = set()
        self._touched: set[str] = set()

    def problem(self, number: int, code: str, message: str, fix: str) -> None:
        self.counts.problems += 1
        self._report(RowResult(number, code, "problem", message=message, fix=fix))

    def count(self, batch: Sequence[ProductRow], results: Sequence[RowResult]) -> None:
        products = {row.number: row.product_code or row.variant_code for row in batch}
        for result in results:
            product, counts = products[result.number], self.counts
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
