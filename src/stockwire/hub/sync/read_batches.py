"""A product file in batches of rows, each row judged by itself and beside the rows before it.

Reads and decides; asks no database. Rows that cannot be used leave with the reason and the fix.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter

from stockwire.domain.cells import Wrong
from stockwire.domain.product_columns import ProductColumns
from stockwire.domain.product_rows import PRODUCT_TEXTS, ProductRow, RowResult
from stockwire.files.table import Table, Unreadable
from stockwire.hub.sync.new_rows import NewRows

BATCH = 2_000
_SHARED = tuple(name for name in PRODUCT_TEXTS if name != "title")


@dataclass(slots=True)
class Batch:
    """`rows` can be used, `problems` cannot; `read` is how many rows of the file that is, `last` the number
    of the last one. `ahead` may be made of the rows by whoever reads ahead."""

    rows: list[ProductRow] = field(default_factory=list)
    problems: list[RowResult] = field(default_factory=list)
    read: int = 0
    last: int = 0
    ahead: NewRows | None = None


def read_batches(table: Table, columns: ProductColumns) -> Iterator[Batch]:
    """Rows by the two thousand; those of one product below each other stay together (up to twice that). The
    same file comes in the same batches each time."""
    said, batch = _Said([name for name in _SHARED if name in columns.names]), Batch()
    for number, cells in table.rows:
        row = _judged(number, cells, columns, said)
        if isinstance(row, RowResult):
            batch.problems.append(row)
        else:
            if batch.read >= BATCH and (
                batch.read >= 2 * BATCH or not batch.rows or row.product_code != batch.rows[-1].product_code
            ):
                yield batch
                batch = Batch()
            batch.rows.append(row)
        batch.read += 1
        batch.last = number
        if batch.read >= 2 * BATCH:
            yield batch
            batch = Batch()
    if batch.read:
        yield batch


def _judged(number: int, cells: object, columns: ProductColumns, said: _Said) -> ProductRow | RowResult:
    if isinstance(cells, Unreadable):
        return RowResult(number, "", "problem", message=cells.message, fix=cells.fix)
    try:
        row = columns.read(number, cells)  # type: ignore[arg-type]
        said.check(row)
    except Wrong as wrong:
        code = columns.code_of(cells)  # type: ignore[arg-type]
        return RowResult(number, code, "problem", message=wrong.message, fix=wrong.fix)
    return row


class _Said:
    """Which codes the file has spoken of, and what it said of each product: a code comes once, and the rows
    of one product agree on what belongs to the product. `texts` are the product's columns of the file."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = itemgetter(*texts) if texts else None
        self._variants: dict[str, int] = {}
        self._alone: dict[str, int] = {}
        self._products: dict[str, tuple[int, int, int, tuple[str, ...]]] = {}
        self._combined: dict[tuple[str, ...], int] = {}
        self._skus: dict[int, int] = {}

    def check(self, row: ProductRow) -> None:
        code, number = row.variant_code, row.number
        first = (self._variants if code else self._alone).setdefault(code or row.product_code, number)
        if first != number:
            raise Wrong(f"{row.code} is in row {first} already.", "Keep one of the two rows.")
        if row.sku and row.active is not False:
            at = self._skus.setdefault(hash(row.sku.casefold()), number)
            if at != number:
                raise Wrong(
                    f"{row.code} has the SKU {row.sku}, and so has row {at}.",
                    "Give one of them another SKU: no shop could tell them apart.",
                )
        if not row.product_code:
            return
        # The columns of one file stand in one order, so nothing has to be sorted.
        options = tuple([name for name, _ in row.options]) if row.options else ()
        texts = self._texts(row.texts) if self._texts else ()
        said = hash((texts, *row.meta.values(), *row.images.items()))
        title = hash(row.texts.get("title", ""))
        mine = (number, said, title, options)
        of, before, called, named = self._products.setdefault(row.product_code, mine)
        if title != called:
            self._one_title(row, of, called)
        if row.options is not None and (options or named or of != number):
            self._tell_apart(row, of, options, named)
        if before != said:
            raise Wrong(
                f"The row says something else of the product {row.product_code} than row {of}.",
                "Let all rows of a product agree on its description, attributes and images.",
            )

    def _one_title(self, row: ProductRow, of: int, called: int) -> None:
        """A blank title says nothing; the first one that is given is the product's."""
        if called == hash(""):
            first, said, _, named = self._products[row.product_code]
            self._products[row.product_code] = (first, said, hash(row.texts["title"]), named)
        elif "title" in row.texts:
            raise Wrong(
                f"The title is another one than that of row {of}, and both are {row.product_code}.",
                "Give all rows of a product one title, or leave it blank in all but one.",
            )

    def _tell_apart(self, row: ProductRow, of: int, options: tuple[str, ...], named: tuple[str, ...]) -> None:
        """Variants of a product have the same options, and each combination once (behaviour A5)."""
        if row.active is False:
            return
        if options != named:
            raise Wrong(
                f"{row.code} has {', '.join(options) or 'no option'}, and row {of} of the product"
                f" {row.product_code} has {', '.join(named) or 'none'}.",
                "Give all variants of a product the same options, or this one another product code.",
            )
        values = [value.strip().casefold() for _, value in row.options or ()]
        first = self._combined.setdefault((row.product_code, *values), row.number) if values else of
        if first != row.number:
            which = f"are both {_combination(row)}" if values else "have none"
            raise Wrong(
                f"Options tell variants apart, and {row.code} and row {first} of the product"
                f" {row.product_code} {which}.",
                "Give each another option value, or a product code of its own.",
            )


def _combination(row: ProductRow) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.options or ())
