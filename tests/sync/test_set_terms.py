"""How a channel sells is changed by a person, and a name is found however it is spelt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.sync.conftest import shop

from stockwire.errors import Refused


@pytest.fixture
def set_terms(rehearsal: Any) -> Callable[..., list[str]]:
    """Change terms of the channel; gives what the operator is told of the names."""

    def change(**given: Any) -> list[str]:
        from stockwire.hub.sync import set_terms

        with rehearsal.hub.scope():
            return set_terms.said_of(set_terms.set_terms(rehearsal.channel_id, given, "thandi"))

    return change


@pytest.fixture
def bolt(feed: Any) -> None:
    """An item with two price lists, as Omni calls them; nobody has mapped the second."""
    feed.send(feed.row("BOLT", SELLINGPRICE1="100", SELLINGPRICE2="150", OAvailable="9"))


def test_a_compare_at_list_is_found_by_the_name_omni_has_for_it_and_taken_off_again(
    rehearsal: Any, bolt: None, push: Any, set_terms: Any
) -> None:
    push()
    assert set_terms(price_tier="SELLINGPRICE1") == [
        "No product has the price list SELLINGPRICE1 yet: Omni's SELLINGPRICE1 is the price list retail here."
    ]
    assert set_terms(price_tier="", compare_at_tier="SELLINGPRICE2") == []
    push()
    held = shop(rehearsal)["BOLT"]
    assert (held["regular_price"], held["sale_price"]) == ("150.00", "100.00")
    set_terms(compare_at_tier="")
    push()
    held = shop(rehearsal)["BOLT"]
    assert (held["regular_price"], held["sale_price"]) == ("100.00", "")


def test_what_is_not_named_stays_and_who_changed_what_stands_in_the_audit(
    rehearsal: Any, bolt: None, push: Any, set_terms: Any
) -> None:
    push()
    set_terms(stock_buffer=2, qty_limit_upper=5)
    set_terms(qty_limit_upper=None)
    set_terms(stock_buffer=2)
    push()
    assert shop(rehearsal)["BOLT"]["stock_quantity"] == 7
    assert rehearsal.hub.rows(
        "select who, before, after from audit where action = 'channel set' order by id"
    ) == [
        (
            "thandi",
            {"stock_buffer": 0, "qty_limit_upper": None},
            {"stock_buffer": 2, "qty_limit_upper": 5},
        ),
        ("thandi", {"qty_limit_upper": 5}, {"qty_limit_upper": None}),
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"stock_buffer": -1}, "stock_buffer cannot be -1"),
        ({"tax": "half"}, "tax cannot be half"),
        ({"tax_rate": "many"}, "A VAT rate of many makes no sense"),
        ({"warehouses": ["JHB", " "]}, "A warehouse cannot have a blank name"),
        ({"colour": "red"}, "A channel has no colour"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_saved(
    rehearsal: Any, set_terms: Any, given: dict[str, Any], said: str
) -> None:
    before = rehearsal.channel()
    with pytest.raises(Refused) as refused:
        set_terms(**{"price_tier": "trade", **given})
    assert said in refused.value.message
    assert rehearsal.channel() == before


def test_names_that_no_product_has_are_said_with_those_there_are(
    rehearsal: Any, bolt: None, set_terms: Any
) -> None:
    from stockwire.hub.sync import belonging

    assert set_terms(price_tier="vip", warehouses=["JHB"]) == [
        "No product has the price list vip yet. There are: retail, sellingprice2.",
        "No product has the warehouse JHB yet, and none has any warehouse.",
    ]
    with rehearsal.hub.scope():
        rules = belonging.read_rules([{"field": "price.SellingPrice3", "operator": "not empty"}])
        counts = belonging.count_rules(belonging.channel_of(rehearsal.channel_id), rules)
        said = belonging.names_said(rehearsal.channel_id, None, "qty.CPT")
        known = belonging.names_said(rehearsal.channel_id, None, "price.SELLINGPRICE2")
    assert counts.said == [
        "No product has the price list SellingPrice3 yet. Close to it: sellingprice2. There are: retail, sellingprice2."
    ]
    assert said == ["No product has the warehouse CPT yet, and none has any warehouse."]
    assert known == []


def test_unknown_names_are_asked_about_before_a_live_channel_takes_them(rehearsal: Any, bolt: None) -> None:
    from stockwire.hub.sync.set_terms import unknown_names

    slip = {"warehouses": ["JBH"], "price_tier": "sellingprice9", "stock_buffer": 2}
    with rehearsal.hub.scope():
        said = unknown_names(rehearsal.channel_id, slip)
        assert [one.split(" yet")[0] for one in said] == [
            "No product has the price list sellingprice9",
            "No product has the warehouse JBH",
        ]
        assert unknown_names(rehearsal.channel_id, {"price_tier": "SELLINGPRICE2", "stock_buffer": 2}) == []
    rehearsal.hub.owner.execute("update channels set live = false")
    with rehearsal.hub.scope():
        assert unknown_names(rehearsal.channel_id, slip) == []
