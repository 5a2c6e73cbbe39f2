"""Three batches are on their way at a time; whatever overtakes, fails or loses its answer, order and count hold."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from stockwire.agent.delivery import UNDER_WAY
from stockwire.errors import TryLater
from stockwire.wire import Batch

COUNT = 12


@pytest.fixture
def queued(bench: Any) -> Any:
    """A bench with COUNT small batches that wait; each sets the same item to its own number."""

    def payload(stream: str, number: int) -> bytes:
        return msgspec.msgpack.encode(
            Batch(
                stream=stream,
                number=number,
                read_at="2026-11-23T05:00:00+00:00",
                columns=["STOCKCODE", "DESCRIPTION"],
                rows=[["ONE", f"as of batch {number}"]],
            )
        )

    for _ in range(COUNT):
        bench.journal.queue(payload, [("ONE", b"digest")], [], stream=bench.journal.stream)
    return bench


def applied(hub: Any) -> list[int]:
    return [batch.number for batch in hub.batches]


def test_all_batches_arrive_in_order_and_once(queued, hub):
    queued.delivery.step()
    assert applied(hub) == list(range(1, COUNT + 1))
    assert hub.repeats == []
    assert hub.source["ONE"]["DESCRIPTION"] == f"as of batch {COUNT}"
    assert queued.journal.waiting() == 0


def test_three_batches_are_under_way_at_the_same_time_but_the_first_goes_alone(queued, hub):
    hub.slow_s = 0.05
    at_once: list[int] = []
    under_way, send = set(), queued.link.send_batch

    def watched(body: bytes) -> Any:
        number = msgspec.msgpack.decode(body, type=Batch).number
        under_way.add(number)
        at_once.append(len(under_way))
        try:
            return send(body)
        finally:
            under_way.discard(number)

    queued.link.send_batch = watched
    queued.delivery.step()
    assert at_once[0] == 1
    assert max(at_once) == UNDER_WAY == 3
    assert applied(hub) == list(range(1, COUNT + 1))


def test_a_lost_answer_in_the_middle_loses_and_doubles_nothing(queued, hub, log):
    stream = queued.journal.stream
    send, sent = queued.link.send_batch, []

    def loses_the_fifth(body: bytes) -> Any:
        sent.append(body)
        if len(sent) == 5:
            hub.lose_answers = 1
        return send(body)

    queued.link.send_batch = loses_the_fifth
    with pytest.raises(TryLater):
        queued.delivery.step()
    queued.delivery.step()
    assert applied(hub) == list(range(1, COUNT + 1))
    assert len(hub.repeats) <= UNDER_WAY
    assert hub.repeats
    assert queued.journal.stream == stream
    assert not [line for line in log if "new stream" in line["event"]]


def test_a_hub_that_is_busy_in_the_middle_gets_the_rest_later(queued, hub):
    hub.slow_s = 0.01
    send, sent = queued.link.send_batch, []

    def busy_at_the_sixth(body: bytes) -> Any:
        sent.append(body)
        if len(sent) == 6:
            hub.fail_batches = 2
        return send(body)

    queued.link.send_batch = busy_at_the_sixth
    said = []
    while queued.journal.waiting():
        try:
            queued.delivery.step()
        except TryLater as error:
            said.append(error.message)
    assert hub.fail_batches == 0
    # Not heard at all when a batch ahead of it had to be sent again anyway.
    assert set(said) <= {"the hub is busy"}
    assert applied(hub) == list(range(1, COUNT + 1))
    assert queued.journal.waiting() == 0


def test_a_hub_put_back_from_an_old_copy_in_the_middle_gets_a_new_stream(queued, hub):
    send, sent = queued.link.send_batch, []

    def forgets_at_the_eighth(body: bytes) -> Any:
        sent.append(body)
        if len(sent) == 8:
            hub.last_number.clear()
        return send(body)

    queued.link.send_batch = forgets_at_the_eighth
    before = queued.journal.stream
    queued.delivery.step()
    assert queued.journal.stream != before
    assert queued.journal.waiting() == 0
