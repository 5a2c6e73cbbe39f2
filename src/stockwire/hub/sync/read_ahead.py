"""Reading the next batch of a file while the database stores the one before it.

At most one batch is ahead, so no more than two are in memory. The reader touches no database.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def read_ahead(batches: Iterator[T]) -> Iterator[Iterator[T]]:
    """The same batches in the same order; what goes wrong in one is raised where it would be taken. When the
    context ends nothing is being read any more, so the file may be closed."""
    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as reader:
        yield _taken(batches, reader)


def _taken(batches: Iterator[T], reader: ThreadPoolExecutor) -> Iterator[T]:
    coming = reader.submit(next, batches, None)
    while (batch := coming.result()) is not None:
        coming = reader.submit(next, batches, None)
        yield batch
