"""Flags and rules take effect on the shop: what is not ours is left alone, what does not belong leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.sync.conftest import shop

from stockwire.errors import Refused


@pytest.fixture
def set_flags(rehearsal: Any) -> Callable[..., None]:
    def change(**flags: str) -> None:
        from stockwire.hub.sync.belonging import set_channel_flags

        with rehearsal.hub.scope():
            set_channel_flags(rehearsal.channel_id, flags, "thandi")

    return change


@pytest.fixture
def set_rules(rehearsal: Any) -> Callable[..., Any]:
    def change(*rules: tuple[str, str, str]) -> Any:
        from stockwire.hub.sync import belonging

        read = belonging.read_rules(
            [dict(zip(("field", "operator", "value"), one, strict=True)) for one in rules]
        )
        with rehearsal.hub.scope():
            return belonging.set_rules(rehearsal.channel_id, read, "thandi")

    return change


def test_a_title_that_is_the_channels_own_survives_every_push(
    rehearsal: Any, feed: Any, push: Any, set_flags: Any
) -> None:
    feed.send(feed.row("BOLT", DESCRIPTION="Hex bolt"))
    push()
    set_flags(title="channel")
    rehearsal.act("edit_product", id=shop(rehearsal)["BOLT"]["id"], name="Bolt, hexagonal, shiny")
    feed.send(feed.row("BOLT", DESCRIPTION="Hex bolt M8", OAvailable="3"))
    push()
    held = shop(rehearsal)["BOLT"]
    assert (held["name"], held["stock_quantity"]) == ("Bolt, hexagonal, shiny", 3)


def test_a_field_that_becomes_ours_again_is_sent_even_if_it_has_not_changed_here(
    rehearsal: Any, feed: Any, push: Any, set_flags: Any
) -> None:
    feed.send(feed.row("BOLT", DESCRIPTION="Hex bolt"))
    push()
    set_flags(title="channel")
    push()
    rehearsal.act("edit_product", id=shop(rehearsal)["BOLT"]["id"], name="By hand")
    set_flags(title="system")
    push()
    assert shop(rehearsal)["BOLT"]["name"] == "Hex bolt"


def test_stock_that_is_the_channels_own_is_never_sent(
    rehearsal: Any, feed: Any, push: Any, set_flags: Any
) -> None:
    set_flags(qty="channel", inventory_management="channel")
    feed.send(feed.row("BOLT", OAvailable="7"))
    push()
    assert shop(rehearsal)["BOLT"]["stock_quantity"] is None


def test_what_stops_meeting_the_rules_leaves_the_shop_and_comes_back_when_it_does(
    rehearsal: Any, feed: Any, push: Any, set_rules: Any
) -> None:
    feed.send(feed.row("CHEAP", SELLINGPRICE1="10"), feed.row("DEAR", SELLINGPRICE1="1000"))
    push()
    counts = set_rules(("price", "greater", "100"))
    assert (counts.products, counts.offered, counts.leaving, counts.coming) == (2, 1, 1, 0)
    assert counts.kept_out == {"price greater 100": 1}
    push()
    assert set(shop(rehearsal)) == {"DEAR"}
    feed.send(feed.row("CHEAP", SELLINGPRICE1="101"))
    push()
    assert set(shop(rehearsal)) == {"CHEAP", "DEAR"}


def test_who_changed_rules_and_flags_stands_in_the_audit(
    rehearsal: Any, set_rules: Any, set_flags: Any
) -> None:
    set_rules(("title", "not empty", ""))
    set_flags(title="channel")
    rows = rehearsal.hub.rows("select who, action, before, after from audit order by id")
    assert rows == [
        ("thandi", "rules set", [], ["title not empty"]),
        ("thandi", "flags set", {}, {"title": "channel"}),
    ]


def test_a_wrong_rule_or_flag_is_named_and_nothing_is_saved(
    rehearsal: Any, set_rules: Any, set_flags: Any
) -> None:
    with pytest.raises(Refused) as refused:
        set_rules(("title", "not empty", ""), ("colour", "equal", "red"))
    assert "Rule 2: There is no field colour for a rule." in refused.value.message
    with pytest.raises(Refused) as refused:
        set_flags(title="source")
    assert "it is system or channel" in refused.value.message
    assert rehearsal.count("channel_rules") == 0
    assert rehearsal.count("flags") == 0


def test_an_empty_owner_takes_a_flag_away(rehearsal: Any, set_flags: Any) -> None:
    set_flags(title="channel", vendor="channel")
    set_flags(title="")
    assert rehearsal.hub.rows("select field, owner from flags") == [("vendor", "channel")]


def test_a_channel_has_no_flag_for_the_sku_and_says_why(rehearsal: Any, set_flags: Any) -> None:
    with pytest.raises(Refused) as refused:
        set_flags(sku="channel")
    assert "The SKU is how an item of the channel is known to be ours" in refused.value.message
    assert rehearsal.count("flags") == 0


def test_counts_say_what_stays_where_nothing_may_be_deleted(
    rehearsal: Any, feed: Any, push: Any, set_rules: Any
) -> None:
    from stockwire.hub.models import Channel

    feed.send(feed.row("BOLT"), feed.row("NUT"))
    push()
    counts = set_rules(("sku", "equal", "BOLT"))
    assert (counts.offered, counts.leaving, counts.staying) == (1, 1, 0)
    with rehearsal.hub.scope():
        channel = Channel.objects.get(pk=rehearsal.channel_id)
        from stockwire.registry import channel_connector

        settings = channel.read_settings(channel_connector(channel.type).settings)
        channel.write_settings(settings.model_copy(update={"delete_product_enabled": False}))
        channel.save()
    counts = set_rules(("sku", "equal", "BOLT"))
    assert (counts.offered, counts.leaving, counts.staying) == (1, 0, 1)
    push()
    assert set(shop(rehearsal)) == {"BOLT", "NUT"}
