"""Whatever order changes arrive in, however they are cut into batches and whenever it is pushed: the plan is the
same, so is the shop, and a plan after its push is empty.

What the source says of one item has an order of its own, which an agent keeps; nothing else has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.sync.conftest import shop

pytestmark = pytest.mark.slow  # each tries many days
ITEMS = ("BOLT", "NUT", "SAW", "DRILL")
TABLES = (
    *("stale", "known", "known_products", "links", "product_links", "flags", "channel_rules"),
    *("held_deactivations", "product_meta", "quantities", "price_tiers", "variants", "products"),
)


class Version(NamedTuple):
    """What the source says of an item."""

    title: str
    price: str | None
    quantity: str
    state: str


class Day(NamedTuple):
    """Versions by item, what somebody sets meanwhile, two orders in which it all arrives (a name for each step),
    and after which steps of the first a batch ends and the shop is pushed to."""

    versions: dict[str, list[Version]]
    flags: dict[str, str]
    rule: tuple[str, str, str] | None
    buffer: int
    first: list[str]
    second: list[str]
    cuts: list[bool]
    pushes: list[bool]


versions = st.builds(
    Version,
    title=st.sampled_from(["Bolt", "Bolt 8 mm", "Nut & washer"]),
    price=st.sampled_from(["1", "79.99", "100", "115.50"]) | st.none(),
    quantity=st.sampled_from(["0", "3", "12"]),
    state=st.sampled_from(["ACTIVE", "ACTIVE", "ACTIVE", "DELETE"]),
)


@st.composite
def days(draw: st.DrawFn, *, settled: bool = False) -> Day:
    """`settled`: what is set by a person stands before the first row comes."""
    items = draw(st.lists(st.sampled_from(ITEMS), min_size=1, max_size=4, unique=True))
    found = {item: draw(st.lists(versions, min_size=1, max_size=3)) for item in items}
    if settled:
        # An item that has lost its price keeps the one that was sent, and was it never sent, it is not there.
        found = {
            item: [*several, draw(versions.filter(lambda one: one.price))] for item, several in found.items()
        }
    # A shop takes no product without a title, so one whose title is its own waits for a person there.
    fields = ["price", "qty"] if settled else ["title", "price", "qty"]
    flags = draw(st.dictionaries(st.sampled_from(fields), st.just("channel"), max_size=2))
    rule = draw(st.none() | st.sampled_from([("price", "greater", "50"), ("title", "contains", "bolt")]))
    buffer = draw(st.sampled_from([0, 2]))
    people = ["flags", "rule", "buffer"]
    rows = [item for item in items for _ in found[item]]
    if settled:
        first, second = ([*people, *draw(st.permutations(rows))] for _ in range(2))
    else:
        first, second = (list(draw(st.permutations([*people, *rows]))) for _ in range(2))
    cuts, pushes = (draw(st.lists(st.booleans(), min_size=len(first), max_size=len(first))) for _ in range(2))
    return Day(found, flags, rule, buffer, first, second, cuts, pushes)


class Play:
    """A hub on which a day is played, and played again in another order."""

    def __init__(self, rehearsal: Any, feed: Any) -> None:
        self.rehearsal, self.feed, self.hub = rehearsal, feed, rehearsal.hub

    def begin(self) -> None:
        """Nothing is there yet, on neither side."""
        for table in TABLES:
            self.hub.owner.execute(f"delete from {table}")
        self.hub.owner.execute("update channels set stock_buffer = 0")
        self.hub.owner.execute("update sources set read_error = '', deactivations_confirmed_at = null")
        held = self.rehearsal.stand.app.shop
        for shelf in (held.products, held.skus, held.binned_skus, held.gtins, held.slugs):
            shelf.clear()

    def arrive(self, day: Day, order: Sequence[str], cuts: Sequence[bool], pushes: Sequence[bool]) -> None:
        left = {item: list(found) for item, found in day.versions.items()}
        batch: dict[str, Version] = {}
        for step, cut, push in zip(order, cuts, pushes, strict=True):
            if step not in left:
                self._set(day, step)
            else:
                if step in batch:
                    self._send(batch)
                batch[step] = left[step].pop(0)
            if cut or push:
                self._send(batch)
            if push:
                self.push()
        self._send(batch)
        self._confirm()

    def push(self) -> None:
        self.hub.owner.execute("update lanes set next_at = now() where kind = 'push'")
        self.hub.work("push")

    def plan(self) -> dict[str, Any]:
        from stockwire.hub.sync.preview import as_json, preview

        with self.hub.scope():
            told = as_json(preview(self.rehearsal.channel_id))
        told["entries"] = {entry["code"]: entry for entry in told["entries"]}
        return told

    def shop(self) -> dict[str, tuple[Any, ...]]:
        fields = ("name", "regular_price", "manage_stock", "stock_quantity", "status")
        return {sku: tuple(row[name] for name in fields) for sku, row in shop(self.rehearsal).items()}

    def _send(self, batch: dict[str, Version]) -> None:
        if batch:
            self.feed.send(
                *(
                    self.feed.row(
                        item,
                        DESCRIPTION=one.title,
                        SELLINGPRICE1=one.price,
                        OAvailable=one.quantity,
                        EXTRADTLS8=one.state,
                    )
                    for item, one in batch.items()
                )
            )
            batch.clear()

    def _confirm(self) -> None:
        """When most of what there is goes within the hour, a person is asked: he says yes."""
        from stockwire.hub.sync.deactivations import confirm

        if self.hub.rows("select from held_deactivations"):
            with self.hub.scope():
                confirm(self.hub.source_id, "thandi")

    def _set(self, day: Day, what: str) -> None:
        from stockwire.domain.rules import rule
        from stockwire.hub.sync.belonging import set_channel_flags, set_rules
        from stockwire.hub.sync.set_terms import set_terms

        channel_id = self.rehearsal.channel_id
        with self.hub.scope():
            if what == "flags" and day.flags:
                set_channel_flags(channel_id, day.flags, "thandi")
            elif what == "rule" and day.rule:
                set_rules(channel_id, [rule(*day.rule)], "thandi")
            elif what == "buffer":
                set_terms(channel_id, {"stock_buffer": day.buffer}, "thandi")


@pytest.fixture
def play(rehearsal: Any, feed: Any) -> Play:
    return Play(rehearsal, feed)


def planned(play: Play, day: Day) -> tuple[Any, Any]:
    """What the plan says after the day, in the one order of its changes and in the other."""
    never = [False] * len(day.first)
    play.begin()
    play.arrive(day, day.first, day.cuts, never)
    first = play.plan()
    play.begin()
    play.arrive(day, day.second, never, never)
    return first, play.plan()


def shown(play: Play, day: Day) -> tuple[Any, Any]:
    """What the shop shows after the day and a push, in the one order and in the other. Fails when a plan
    after its own push is not empty."""
    never = [False] * len(day.first)
    play.begin()
    play.arrive(day, day.first, day.cuts, day.pushes)
    play.push()
    first = play.shop()
    assert set(play.plan()["counts"]) <= {"nothing", "problem"}
    play.begin()
    play.arrive(day, day.second, never, never)
    play.push()
    assert set(play.plan()["counts"]) <= {"nothing", "problem"}
    return first, play.shop()


def few(examples: int) -> Callable[[Any], Any]:
    # The fixtures are emptied by the day itself.
    return settings(
        max_examples=examples,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@few(8)
@given(day=days())
def test_the_plan_is_the_same_in_whatever_order_changes_arrive(play: Play, day: Day) -> None:
    first, second = planned(play, day)
    assert first == second


@few(8)
@given(day=days(settled=True))
def test_the_shop_ends_the_same_in_whatever_order_changes_arrive_and_whenever_it_is_pushed(
    play: Play, day: Day
) -> None:
    first, second = shown(play, day)
    assert first == second


@pytest.mark.slow
@few(60)
@given(day=days())
def test_many_days_are_planned_the_same_in_any_order(play: Play, day: Day) -> None:
    first, second = planned(play, day)
    assert first == second


@pytest.mark.slow
@few(60)
@given(day=days(settled=True))
def test_many_days_end_with_the_same_shop_in_any_order(play: Play, day: Day) -> None:
    first, second = shown(play, day)
    assert first == second
