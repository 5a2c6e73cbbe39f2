"""A product file into the hub, beside the same rows parsed and copied straight into the same tables.

The bare way reads the cells with the same reader and then knows nothing: it takes ids from a counter, asks
nobody what is there already, marks nothing for a channel and writes no audit. The import does all of that.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import mean
from typing import Any

import psycopg

from benchmarks.figures import Figure, Figures, Say, Sizes, Wrong
from benchmarks.hub import Hub

NAMES = ("import_ratio", "import_memory_mb")
HEADER = (
    "source_product_code",
    "source_variant_code",
    "title",
    "collection",
    "vendor",
    "sku",
    "barcode",
    "grams",
    "price",
    "price_Trade",
    "qty",
    "meta_colour",
)


RUNS = 3


@dataclass(frozen=True)
class Run:
    """One import with the bare way before and after it, in seconds."""

    seconds: float
    before: float
    after: float

    @property
    def ratio(self) -> float:
        return self.seconds / mean((self.before, self.after))


def measure(sizes: Sizes, say: Say) -> Figures:
    """The run in the middle of three, because one is off by a tenth either way."""
    with Hub(say) as hub, tempfile.TemporaryDirectory() as folder:
        owner, client_id, source_id = hub.owner, hub.ids["client"], hub.ids["source"]
        file = Path(folder) / "products.csv"
        _write_file(file, sizes.items)
        bare, taken = [], []
        for _ in range(RUNS):
            say("Bare COPY")
            bare.append(_timed(lambda: _bare(owner, file, client_id, source_id)))
            _empty(owner)
            say(f"Import of {sizes.items:,} rows")
            taken.append(_timed(lambda: _import(client_id, source_id, file, added=sizes.items)))
            _empty(owner)
        say("Bare COPY")
        bare.append(_timed(lambda: _bare(owner, file, client_id, source_id)))
        _empty(owner)
        say("Once more, and the same again in a process of its own: nothing changes")
        _import(client_id, source_id, file, added=sizes.items)
        again = time.perf_counter()
        memory = _memory_of_import(client_id, source_id, file)
        again = time.perf_counter() - again
    runs = sorted(map(Run, taken, bare, bare[1:]), key=lambda run: run.ratio)
    middle = runs[RUNS // 2]
    return {
        "import_ratio": Figure(
            round(middle.ratio, 2),
            "x parsing and bare COPY",
            f"{sizes.items:,} new rows of {len(HEADER)} columns in {middle.seconds:.1f} s with stale marks"
            f" and audit; parsed and copied into the same five tables in {middle.before:.1f} s before and"
            f" {middle.after:.1f} s after; the middle one of {', '.join(f'{run.ratio:.2f}' for run in runs)};"
            f" imported again without a change in {again:.1f} s",
            limit=2.0,
        ),
        "import_memory_mb": Figure(
            round(memory, 1), "MB", f"peak of the process that imports {sizes.items:,} rows", limit=200
        ),
    }


def _write_file(file: Path, rows: int) -> None:
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        for n in range(rows):
            code = f"ITEM-{n:06}"
            title = f'Hex bolt M{n % 40} x {n % 300}, "zinc", box of {n % 100 + 1}'
            prices = (f"{n % 5000 + 0.95:.2f}", f"{n % 5000 + 0.5:.2f}")
            row = ("Fasteners", "Bosch", code, f"60{n:011}", str(n % 900), *prices, str(n % 300), "grey")
            writer.writerow((code, code, title, *row))


def _bare(owner: psycopg.Connection[Any], file: Path, client_id: int, source_id: int) -> None:
    """The rows parsed once and copied into each table, as many at a time as the import does."""
    from stockwire.domain.product_columns import ProductColumns
    from stockwire.files.table import open_table
    from stockwire.hub.sync.read_batches import BATCH

    with open_table(file) as table:
        columns = ProductColumns(table.header)
        rows = (columns.read(number, cells) for number, cells in table.rows)
        first = 1
        while batch := list(islice(rows, BATCH)):
            with owner.transaction(), owner.cursor() as cursor:
                _copy_batch(cursor, batch, first, client_id, source_id)
            first += len(batch)


def _copy_batch(cursor: Any, batch: list[Any], first: int, client_id: int, source_id: int) -> None:
    numbered = list(enumerate(batch, first))
    products = "id, client_id, source_id, source_product_code, active, title, collection, vendor"
    with cursor.copy(f"copy products ({products}) from stdin") as copy:
        for n, row in numbered:
            texts = (row.texts["title"], row.texts["collection"], row.texts["vendor"])
            copy.write_row((n, client_id, source_id, row.product_code, True, *texts))
    variants = "id, client_id, source_id, product_id, source_variant_code, sku, barcode, grams"
    with cursor.copy(f"copy variants ({variants}) from stdin") as copy:
        for n, row in numbered:
            own = (row.variant_code, row.sku, row.barcode, row.grams)
            copy.write_row((n, client_id, source_id, n, *own))
    with cursor.copy("copy price_tiers (client_id, variant_id, tier, price) from stdin") as copy:
        for n, row in numbered:
            for tier, price in row.prices.items():
                copy.write_row((client_id, n, tier, price))
    with cursor.copy("copy quantities (client_id, variant_id, warehouse, quantity) from stdin") as copy:
        for n, row in numbered:
            copy.write_row((client_id, n, "", row.quantities[""]))
    with cursor.copy("copy product_meta (client_id, product_id, key, value) from stdin") as copy:
        for n, row in numbered:
            copy.write_row((client_id, n, "colour", row.meta["colour"]))


def _import(client_id: int, source_id: int, file: Path, *, added: int) -> None:
    from stockwire.hub.sync.import_products import Options, import_products

    counts = import_products(client_id, source_id, file, Options("benchmark"))
    if (counts.added, counts.problems) != (added, 0):
        raise Wrong(f"{added} rows were to be added, not {counts}")


def _memory_of_import(client_id: int, source_id: int, file: Path) -> float:
    words = ("import", "products", "--client", str(client_id), "--source", str(source_id), str(file))
    command = [sys.executable, "-m", "stockwire.cli", *words]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Wrong(f"the second import ended with {process.returncode}")
    return used.ru_maxrss / 1024


def _empty(owner: psycopg.Connection[Any]) -> None:
    owner.execute(
        "truncate products, variants, price_tiers, quantities, product_meta, images, stale, audit cascade"
    )
    owner.execute("vacuum analyze")
    owner.execute("checkpoint")


def _timed(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
