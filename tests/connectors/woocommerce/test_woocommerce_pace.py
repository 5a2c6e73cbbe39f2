"""Calls become smaller while the shop is slow and larger again, and a limit it states is never passed again."""

from __future__ import annotations

from stockwire.connectors.woocommerce.pace import Pace, forget, pace_of


def test_it_starts_with_the_largest_size():
    assert Pace().size(100) == 100


def test_a_slow_call_makes_the_next_one_fit_into_the_wanted_time():
    pace = Pace()
    pace.took(100, seconds=30, target_s=15, largest=100)
    assert pace.size(100) == 50


def test_quick_calls_make_it_grow_again_but_never_beyond_the_largest():
    pace = Pace()
    pace.took(100, seconds=60, target_s=15, largest=100)
    assert pace.size(100) == 25
    sizes = []
    for _ in range(6):
        pace.took(pace.size(100), seconds=1, target_s=15, largest=100)
        sizes.append(pace.size(100))
    assert sizes == [37, 56, 84, 100, 100, 100]


def test_a_small_call_that_was_quick_proves_nothing_about_large_ones():
    pace = Pace()
    pace.went_wrong(100)
    pace.took(1, seconds=0.1, target_s=15, largest=100)
    assert pace.size(100) == 50


def test_calls_that_fail_again_and_again_shrink_to_one():
    pace = Pace()
    for _ in range(10):
        pace.went_wrong(pace.size(100))
    assert pace.size(100) == 1


def test_a_limit_the_shop_states_is_kept_for_good():
    pace = Pace()
    pace.too_big(100, stated_limit=50)
    for _ in range(5):
        pace.took(50, seconds=0.1, target_s=15, largest=100)
    assert pace.size(100) == 50


def test_a_call_that_is_too_big_without_a_number_is_halved():
    pace = Pace()
    pace.too_big(100)
    assert pace.size(100) == 50


def test_the_pace_of_a_shop_is_remembered_and_can_be_forgotten():
    pace_of("https://pace.example").went_wrong(100)
    assert pace_of("https://pace.example").size(100) == 50
    assert pace_of("https://other.example").size(100) == 100
    forget("https://pace.example")
    assert pace_of("https://pace.example").size(100) == 100
