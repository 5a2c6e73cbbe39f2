"""Polling for orders when many change: a clock of our own decides which second each change falls into."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from stockwire.connectors.woocommerce.channel import WooCommerceChannel

START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def shop(simulated, clock):
    return simulated(clock=clock, treat_as_https=True)


@pytest.fixture
def channel(shop):
    settings = shop.settings(api_url="https://shop.example")
    channel = WooCommerceChannel(settings, transport=httpx2.WSGITransport(app=shop.app))
    yield channel
    channel.close()


def place(shop, clock, count, *, apart_s=0):
    """Orders made one after the other, `apart_s` seconds apart; their codes in that order."""
    codes = []
    for _ in range(count):
        codes.append(str(shop.app.acts["place_order"]({"shape": "unknown_sku"})["id"]))
        clock.now += timedelta(seconds=apart_s)
    return codes


def codes_of(hints):
    return [hint.channel_order_code for hint in hints]


def test_orders_spread_over_minutes_are_hinted_at_once_each_and_oldest_first(shop, clock, channel):
    codes = place(shop, clock, 250, apart_s=1)
    assert codes_of(channel.orders(START)) == codes


def test_more_orders_in_one_second_than_fit_a_page_are_all_hinted_at_once_each(shop, clock, channel):
    codes = place(shop, clock, 250)
    assert sorted(codes_of(channel.orders(START))) == sorted(codes)


def test_a_full_page_that_ends_within_a_second_leaves_nobody_of_that_second_out(shop, clock, channel):
    codes = place(shop, clock, 60, apart_s=1) + place(shop, clock, 80) + place(shop, clock, 60, apart_s=1)
    assert sorted(codes_of(channel.orders(START))) == sorted(codes)


@pytest.mark.parametrize("apart_s", [0, 1])
@pytest.mark.parametrize("act", ["set_status", "bin"])
def test_orders_that_change_or_vanish_while_they_are_read_push_no_other_one_out(
    shop, clock, channel, apart_s, act
):
    codes = place(shop, clock, 350, apart_s=apart_s)
    later = place(shop, clock, 30, apart_s=1)
    hints = channel.orders(START)
    read = [next(hints).channel_order_code for _ in range(150)]
    clock.now += timedelta(seconds=90)
    for code in codes[:60]:
        if act == "bin":
            shop.app.shop.orders[int(code)]["status"] = "trash"
        else:
            shop.app.acts["set_status"]({"id": int(code), "status": "completed"})
    read += codes_of(hints)
    assert set(codes) | set(later) <= set(read)


def test_a_change_is_found_from_the_very_stamp_of_the_last_poll_on(shop, clock, channel):
    place(shop, clock, 3, apart_s=1)
    last = START + timedelta(seconds=2)
    assert len(codes_of(channel.orders(last))) == 3
    assert codes_of(channel.orders(last + timedelta(seconds=11))) == []
