"""How many products may leave at once: a share, with a floor that never reaches past half the catalogue."""

from __future__ import annotations

import pytest

from stockwire.domain.vanished import most_at_once


@pytest.mark.parametrize(
    ("known", "most"),
    [(0, 1), (1, 1), (2, 1), (3, 1), (10, 5), (25, 12), (40, 20), (60, 20), (100, 20), (1_000, 200)],
)
def test_a_fifth_may_go_at_once_and_in_a_small_catalogue_up_to_half_but_never_all(
    known: int, most: int
) -> None:
    assert most_at_once(known, 0.2) == most


def test_a_share_of_one_asks_nobody() -> None:
    assert [most_at_once(known, 1.0) for known in (1, 7, 5_000)] == [1, 7, 5_000]
