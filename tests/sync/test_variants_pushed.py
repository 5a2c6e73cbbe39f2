"""Products with variants reach a shop as one product each, change shape cleanly, and leave nothing behind.

The same stories on every simulated shop that takes variants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from tests.sync import shops

QUICK = "shopify"


@pytest.fixture(
    params=[pytest.param(each, marks=() if each == QUICK else pytest.mark.slow) for each in shops.SHOPS]
)
def story(request: pytest.FixtureRequest, hub: Any) -> Iterator[shops.Story]:
    with shops.opened(request.param, hub) as story:
        yield story


@pytest.fixture
def push(story: Any) -> Callable[[], None]:
    return lambda: story.hub.work("push")


@pytest.fixture
def hold(story: Any) -> Callable[..., None]:
    return partial(shops.hold, story)


def problems(story: Any) -> list[str]:
    return [row[0] for row in story.hub.rows("select message from stale where state = 'needs_you'")]


def test_a_product_in_two_sizes_is_one_product_in_the_shop(story: Any, hold: Any, push: Any) -> None:
    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    push()
    assert problems(story) == []
    assert story.shop() == {"Item SHIRT": {"variants": True, "stock": {"S-S": 5, "S-L": 7}}}
    assert story.count("product_links") == 1
    assert story.hub.rows("select count(*), bool_and(below) from links") == [(2, True)]
    assert story.count("stale") == 0


def test_a_second_push_sends_nothing_and_one_changed_size_is_one_write(
    story: Any, hold: Any, push: Any
) -> None:
    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    push()
    story.stand.calls.clear()
    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    push()
    assert story.stand.calls.writes == 0
    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 2)}, ("Size",))
    push()
    assert 1 <= story.stand.calls.writes <= 2
    assert story.shop()["Item SHIRT"]["stock"] == {"S-S": 5, "S-L": 2}


def test_sizes_come_and_go(story: Any, hold: Any, push: Any) -> None:
    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    push()
    hold("SHIRT", {"S-S": ("S", 5), "S-L": None, "S-M": ("M", 3)}, ("Size",))
    push()
    assert problems(story) == []
    assert story.shop()["Item SHIRT"]["stock"] == {"S-S": 5, "S-M": 3}
    assert story.count("links") == 2


def test_an_unsound_product_is_refused_and_the_rest_of_the_catalogue_goes(
    story: Any, hold: Any, push: Any
) -> None:
    hold("SHIRT", {"S-S": ("S", 5), "S-2": ("s", 7)}, ("Size",))
    hold("BOLT", {"BOLT": ("", 9)})
    push()
    assert [row for row in problems(story) if "S-S and S-2 are both s" in row]
    assert set(story.shop()) == {"Item BOLT"}


def test_a_simple_product_that_comes_in_sizes_is_made_anew_and_nothing_of_it_is_left(
    story: Any, hold: Any, push: Any
) -> None:
    hold("S-S", {"S-S": ("", 5)})
    push()
    assert story.shop() == {"Item S-S": {"variants": False, "stock": {"S-S": 5}}}
    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    push()
    assert problems(story) == []
    assert story.shop() == {"Item SHIRT": {"variants": True, "stock": {"S-S": 5, "S-L": 7}}}


def test_sizes_that_become_simple_products_are_made_anew_and_nothing_of_them_is_left(
    story: Any, hold: Any, push: Any
) -> None:
    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    push()
    hold("S-S", {"S-S": ("", 5)})
    hold("S-L", {"S-L": ("", 7)})
    push()
    push()
    assert problems(story) == []
    assert story.shop() == {
        "Item S-S": {"variants": False, "stock": {"S-S": 5}},
        "Item S-L": {"variants": False, "stock": {"S-L": 7}},
    }
    assert story.count("product_links") == 0


def test_the_same_product_code_can_change_from_simple_to_sizes_and_back(
    story: Any, hold: Any, push: Any
) -> None:
    hold("SHIRT", {"SHIRT": ("", 5)})
    push()
    hold("SHIRT", {"SHIRT": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    push()
    assert story.shop() == {"Item SHIRT": {"variants": True, "stock": {"SHIRT": 5, "S-L": 7}}}
    hold("SHIRT", {"SHIRT": ("", 4), "S-L": None})
    push()
    push()
    assert problems(story) == []
    assert story.shop() == {"Item SHIRT": {"variants": False, "stock": {"SHIRT": 4}}}


def test_a_product_with_sizes_that_goes_is_taken_away_whole(story: Any, hold: Any, push: Any) -> None:
    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    push()
    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",), active=False)
    push()
    assert story.shop() == {}
    assert [story.count(table) for table in ("links", "known", "product_links", "known_products")] == [0] * 4


def test_unlinking_a_product_with_sizes_lets_it_be_found_by_its_skus_again(
    story: Any, hold: Any, push: Any
) -> None:
    from stockwire.hub.sync import operator

    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    push()
    with story.hub.scope():
        operator.unlink(story.channel_id, "s-l", "thandi")
    assert story.count("product_links") == 0
    push()
    assert problems(story) == []
    assert story.count("product_links") == 1
    assert story.shop() == {"Item SHIRT": {"variants": True, "stock": {"S-S": 5, "S-L": 7}}}


def mark(story: Any, code: str) -> None:
    from stockwire.hub.sync.stale import mark_products

    [(product_id,)] = story.hub.rows("select id from products where source_product_code = %s", code)
    with story.hub.scope():
        mark_products([product_id], "a test")


def as_if_the_worker_had_died(story: Any, code: str, *skus: str) -> None:
    """After the shop created this and before it was written down: only the intent is there. Without SKUs it
    was the whole product."""
    owner = story.hub.owner
    # The search of some shops lags behind.
    getattr(story.stand.app.shop, "advance", lambda _: None)(60)
    of = (
        "(select v.id from variants v join products p on p.id = v.product_id where p.source_product_code = %s"
    )
    of += " and v.sku = any(%s))" if skus else ")"
    for table in ("links", "known"):
        owner.execute(f"delete from {table} where variant_id in {of}", [code, list(skus)] if skus else [code])
    for table in ("product_links", "known_products") if not skus else ():
        owner.execute(
            f"delete from {table} where product_id = (select id from products where source_product_code = %s)",
            [code],
        )
    owner.execute(
        "insert into stale (client_id, channel_id, product_id, creating_since)"
        " select client_id, %s, id, now() from products where source_product_code = %s",
        [story.channel_id, code],
    )


def test_a_product_whose_creation_was_cut_off_goes_with_all_its_sizes_when_it_is_withdrawn(
    story: Any, hold: Any, push: Any
) -> None:
    sizes = {"S-S": ("S", 5), "S-L": ("L", 7)}
    hold("SHIRT", sizes, ("Size",))
    hold("BOLT", {"BOLT": ("", 9)})
    push()
    as_if_the_worker_had_died(story, "SHIRT")
    as_if_the_worker_had_died(story, "BOLT")
    hold("SHIRT", sizes, ("Size",), active=False)
    hold("BOLT", {"BOLT": ("", 9)}, active=False)
    push()
    assert problems(story) == []
    assert story.shop() == {}
    assert (story.count("links"), story.count("product_links"), story.count("stale")) == (0, 0, 0)


def test_a_size_whose_creation_was_cut_off_goes_when_it_is_withdrawn(
    story: Any, hold: Any, push: Any
) -> None:
    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    push()
    as_if_the_worker_had_died(story, "SHIRT", "S-L")
    story.hub.owner.execute("update variants set active = false where sku = 'S-L'")
    mark(story, "SHIRT")
    push()
    assert problems(story) == []
    assert story.shop() == {"Item SHIRT": {"variants": True, "stock": {"S-S": 5}}}
    assert (story.count("links"), story.count("stale")) == (1, 0)
