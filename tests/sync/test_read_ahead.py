"""A file is read one batch ahead of the one that is being stored."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from stockwire.hub.sync.read_ahead import read_ahead


def test_the_next_batch_is_read_once_somebody_waits_and_no_more_than_that() -> None:
    read, second = [], threading.Event()

    def batches() -> Iterator[int]:
        for number in range(1, 5):
            read.append(number)
            if number == 2:
                second.set()
            yield number

    with read_ahead(batches()) as taken:
        assert next(taken) == 1
        assert read == [1]
        taken.start()
        assert second.wait(10)
        taken.start()
        assert read == [1, 2]
        assert list(taken) == [2, 3, 4]


def test_what_goes_wrong_while_reading_is_raised_where_the_batch_would_be_taken() -> None:
    def batches() -> Iterator[int]:
        yield 1
        raise ValueError("row 2")

    with read_ahead(batches()) as taken:
        assert next(taken) == 1
        with pytest.raises(ValueError, match="row 2"):
            next(taken)


def test_nothing_is_being_read_any_more_when_the_context_ends_early() -> None:
    reading, go = threading.Event(), threading.Event()
    at_work: list[str] = []

    def batches() -> Iterator[int]:
        yield 1
        at_work.append("began")
        reading.set()
        go.wait(10)
        at_work.append("ended")
        yield 2

    with read_ahead(batches()) as taken:
        next(taken)
        taken.start()
        assert reading.wait(10)
        threading.Thread(target=go.set).start()
    assert at_work == ["began", "ended"]
