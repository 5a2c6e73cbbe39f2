"""Reading the next batch of a file while the database stores the one in hand.

At most one batch is ahead, so no more than two are in memory. The reader touches no database. It is started
by whoever stores, at the moment when he is about to wait for the database: two threads of Python that are
both at work only get in each other's way.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """The same batches in the same order; what goes wrong in one is raised where it would be taken."""

    def __init__(self, batches: Iterator[T], reader: ThreadPoolExecutor) -> None:
        self._batches = batches
        self._reader = reader
        self._coming: Future[T | None] | None = None

    def start(self) -> None:
        """Begin to read the next batch, unless that has begun."""
        if self._coming is None:
            self._coming = self._reader.submit(next, self._batches, None)

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        self.start()
        assert self._coming is not None
        batch = self._coming.result()
        if batch is None:
            raise StopIteration
        self._coming = None
        return batch


@contextmanager
def read_ahead(batches: Iterator[T]) -> Iterator[Ahead[T]]:
    """When the context ends nothing is being read any more, so the file may be closed."""
    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as reader:
        yield Ahead(batches, reader)
