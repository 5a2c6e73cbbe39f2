"""The budget and the renewing secrets of a channel hold for all who work on it at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from stockwire.errors import NotSetUp
from stockwire.sharing import LocalShared


@pytest.fixture(params=["hub", "lone process"])
def shared_of(request: pytest.FixtureRequest) -> Callable[[], Any]:
    """Another pair of hands on the same channel."""
    if request.param == "lone process":
        one = LocalShared()
        return lambda: one
    hub = request.getfixturevalue("hub")
    channel_id = hub.new_channel(
        "shopify", channel_domain="karoo", password="shpat_rehearsal", hmac_shared_secret="x"
    )
    from stockwire.hub.sync.shared import HubShared

    return lambda: HubShared(hub.client_id, channel_id)


def at_once(count: int, act: Callable[[int], None]) -> None:
    """Run it in so many threads that start together."""
    from django.db import connection

    gate = threading.Barrier(count)
    wrong: list[Exception] = []

    def run(number: int) -> None:
        gate.wait()
        try:
            act(number)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_what_is_spent_together_is_never_more_than_the_bucket_gives(shared_of):
    waits: list[float] = []

    def spend(_: int) -> None:
        mine = shared_of()
        waits.extend(mine.spend(10, 100, 0.001) for _ in range(5))

    at_once(4, spend)
    # 20 times 10 points of a bucket of 100 that hardly refills: ten are free, ten must wait.
    assert sum(wait == 0 for wait in waits) == 10
    assert max(waits) > 90_000


def test_what_the_shop_says_is_left_lowers_the_bucket_and_never_raises_it(shared_of):
    shared = shared_of()
    shared.spend(10, 100, 0.001)
    shared.observe(1_000_000)
    assert shared.spend(80, 100, 0.001) == 0
    shared.observe(0)
    assert shared_of().spend(10, 100, 0.001) > 9_000


def test_points_that_were_not_used_are_given_back(shared_of):
    shared = shared_of()
    shared.spend(100, 100, 0.001)
    shared.spend(-60, 100, 0.001)
    assert shared.spend(60, 100, 0.001) == 0


def test_a_secret_is_renewed_once_however_many_ask(shared_of):
    made: list[str] = []
    got: list[str] = []

    def make(kept: str) -> str:
        threading.Event().wait(0.05)
        made.append(kept)
        return "new"

    at_once(5, lambda _: got.append(shared_of().renew("access_token", "", make)))
    assert made == [""]
    assert got == ["new"] * 5
    assert shared_of().secret("access_token") == "new"


def test_a_renewal_that_fails_leaves_the_secret_to_the_next_one(shared_of):
    def fail(_: str) -> str:
        raise NotSetUp("no")

    with pytest.raises(NotSetUp):
        shared_of().renew("access_token", "", fail)
    assert shared_of().renew("access_token", "", lambda kept: "new") == "new"


def test_a_kept_secret_is_sealed_in_the_database(hub):
    from stockwire.hub.sync.shared import HubShared

    channel_id = hub.new_channel("shopify", channel_domain="karoo", password="shpat_rehearsal")
    HubShared(hub.client_id, channel_id).renew("access_token", "", lambda kept: "shpat_very_secret")
    (row,) = hub.rows("select sealed, renewing_until from channel_secrets")
    assert "very_secret" not in row[0]
    assert row[1] is None
