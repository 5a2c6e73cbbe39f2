"""A product file into a source: read row by row, stored batch by batch, every row accounted for.

A batch is one transaction, so an import that is broken off leaves whole batches behind and can be run again:
what is there already changes nothing. Bad rows are left out and said; they never stop the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import merge
from operator import attrgetter
from pathlib import Path

from stockwire.domain.cells import Wrong
from stockwire.domain.flags import Flags, Owner
from stockwire.domain.product_columns import Names, ProductColumns
from stockwire.domain.product_rows import RowResult
from stockwire.errors import Refused
from stockwire.files.table import Table, open_table
from stockwire.hub import garbage, tenancy
from stockwire.hub.models import Source
from stockwire.hub.sync.new_rows import new_rows
from stockwire.hub.sync.no_longer_sent import tidy_prefixes
from stockwire.hub.sync.read_ahead import read_ahead
from stockwire.hub.sync.read_batches import Batch, read_batches
from stockwire.hub.sync.source_names import names_of, padded_codes
from stockwire.hub.sync.store_rows import How, store_batch
from stockwire.hub.sync.writable import flags_of, may_write

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
    updated and deleted; `images` addresses that are to be fetched. `unknown_columns` were passed over, and
    `kept_back` are fields that flags keep for the hub in products that are there."""

    rows: int = 0
    added: int = 0
    updated: int = 0
    deleted: int = 0
    skipped: int = 0
    problems: int = 0
    images: int = 0
    unknown_columns: list[str] = field(default_factory=list)
    kept_back: list[str] = field(default_factory=list)

    @property
    def queued(self) -> int:
        return self.added + self.updated + self.deleted


@dataclass(slots=True)
class Hold:
    """How far an import is, for one that may be broken off and go on: `after` is the number of the last row
    that is settled and `counts` what came of those. `settle` is told of a batch inside the transaction that
    stores it: all results, the counts with them, and the number of its last row.
    """

    after: int = 0
    counts: Counts = field(default_factory=Counts)
    settle: Callable[[list[RowResult], Counts, int], None] = lambda results, counts, last: None


def import_products(
    client_id: int,
    source_id: int,
    file: Path,
    options: Options,
    *,
    report: Report = lambda result: None,
    progress: Progress = lambda rows: None,
    hold: Hold | None = None,
) -> Counts:
    """Import a CSV or XLSX file. `report` is told of every row, `progress` how many rows were read so far.

    Raises Refused when the file cannot be used at all. Not to be called inside a scope.
    """
    hold = hold or Hold()
    with tenancy.scope(client_id):
        source = Source.objects.filter(pk=source_id, linked_to=None).first()
        if source is None:
            raise Refused(
                f"There is no source {source_id} to import into.",
                hint="The status page names the sources; a linked source takes its own file only.",
            )
        flags = IGNORED if options.ignore_flags else flags_of(source)
        names, padded = names_of(source), padded_codes(source)
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
        kept_back = [name for name in columns.fields if not may_write(flags, name)]
        tally = _Tally(replace(hold.counts, unknown_columns=columns.unknown, kept_back=kept_back))
        with read_ahead(_made_ahead(read_batches(table, columns), tally)) as batches:
            for batch in batches:
                if batch.last <= hold.after:
                    continue
                if padded:
                    _keep_noughts(batch, padded)
                made = _Made(tally, hold, batch)
                with garbage.not_looked_for():
                    this = replace(how, ahead=batch.ahead, waiting=batches.start)
                    store_batch(source, batch.rows, this, made.settle)
                    tally.add(made.count)
                    for result in made.results:
                        report(result)
                progress(tally.counts.rows)
    return tally.counts


def _made_ahead(batches: Iterator[Batch], tally: _Tally) -> Iterator[Batch]:
    """With what can be made of a batch before the database is asked, unless that is likely to be in vain."""
    for batch in batches:
        if tally.only_new:
            batch.ahead = new_rows(batch.rows)
        yield batch


def _keep_noughts(batch: Batch, padded: Mapping[str, str]) -> None:
    """Take out the rows whose code a spreadsheet has shortened: each would come in as a new product."""
    bare = [row for row in batch.rows if row.code in padded]
    if not bare:
        return
    batch.rows = [row for row in batch.rows if row.code not in padded]
    # What was made ahead was made of all rows.
    batch.ahead = None
    found = [
        RowResult(
            row.number,
            row.code,
            "problem",
            message=f"{row.code} is not here, but {padded[row.code]} is: a spreadsheet takes noughts away.",
            fix="Mark the columns of codes as text when you open the file in a spreadsheet.",
        )
        for row in bare
    ]
    batch.problems = list(merge(batch.problems, found, key=attrgetter("number")))


class _Made:
    """What became of a batch; settled anew each time its transaction is done anew."""

    def __init__(self, tally: _Tally, hold: Hold, batch: Batch) -> None:
        self._tally, self._hold, self._batch = tally, hold, batch
        self.count = _Count()
        self.results: list[RowResult] = []

    def settle(self, stored: list[RowResult]) -> None:
        problems = self._batch.problems
        self.results = list(merge(problems, stored, key=attrgetter("number"))) if problems else stored
        self.count = self._tally.count(self._batch, self.results)
        self._hold.settle(self.results, self._tally.with_(self.count), self._batch.last)


def _columns(table: Table, names: Names) -> ProductColumns:
    try:
        return ProductColumns(table.header, names)
    except Wrong as wrong:
        raise Refused(wrong.message, hint=wrong.fix) from None


@dataclass(slots=True)
class _Count:
    """Of one batch: numbers by the names of Counts, and products that are new or touched in it."""

    numbers: Counter[str] = field(default_factory=Counter)
    added: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)


class _Tally:
    """Counts rows and products while they go by. A product of several rows counts once."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self.only_new = True
        self._added: set[str] = set()
        self._touched: set[str] = set()

    def count(self, batch: Batch, results: Sequence[RowResult]) -> _Count:
        """What these results come to, after all that was added before."""
        count = _Count(Counter(rows=batch.read))
        if all(map(_is_added, results)):
            count.added = {row.product_code for row in batch.rows} - self._added
            count.numbers += Counter(added=len(count.added), images=sum(map(_images, results)))
            return count
        products = {row.number: row.product_code or row.variant_code for row in batch.rows}
        for result in results:
            product, outcome = products.get(result.number, ""), result.outcome
            count.numbers["images"] += result.images
            if outcome in _OF_ROWS:
                count.numbers[_OF_ROWS[outcome]] += 1
            elif outcome == "nothing" or product in self._added or product in count.added:
                continue
            elif outcome == "add":
                count.numbers["added"] += 1
                count.added.add(product)
            elif product not in self._touched and product not in count.touched:
                count.numbers["updated" if outcome == "update" else "deleted"] += 1
                count.touched.add(product)
        return count

    def with_(self, count: _Count) -> Counts:
        sums = {name: getattr(self.counts, name) + number for name, number in count.numbers.items()}
        return replace(self.counts, **sums)

    def add(self, count: _Count) -> None:
        self.counts = self.with_(count)
        self._added |= count.added
        self._touched |= count.touched
        self.only_new = bool(count.added) and not count.touched


def _is_added(result: RowResult) -> bool:
    return result.outcome == "add"


_images = attrgetter("images")
_OF_ROWS = {"problem": "problems", "skipped": "skipped"}
