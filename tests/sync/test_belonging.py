"""Flags and rules take effect on the shop: what is not ours is left alone, what does not belong leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
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


def change_settings(rehearsal: Any, **settings: Any) -> None:
    from stockwire.hub.models import Channel
    from stockwire.registry import channel_connector

    with rehearsal.hub.scope():
        channel = Channel.objects.get(pk=rehearsal.channel_id)
        typed = channel.read_settings(channel_connector(channel.type).settings)
        channel.write_settings(typed.model_copy(update=settings))
        channel.save()


def test_what_a_field_map_made_of_a_field_that_becomes_ours_again_is_sent_anew(
    rehearsal: Any, feed: Any, push: Any, set_flags: Any
) -> None:
    change_settings(
        rehearsal,
        product_map='{"name": "{{title}}!", "status": "publish",'
        ' "variations": [{"regular_price": "{{variant.price}}"}]}',
    )
    feed.send(feed.row("BOLT", DESCRIPTION="Hex bolt"))
    push()
    assert shop(rehearsal)["BOLT"]["name"] == "Hex bolt!"
    set_flags(title="channel")
    push()
    rehearsal.act("edit_product", id=shop(rehearsal)["BOLT"]["id"], name="By hand")
    feed.send(feed.row("BOLT", DESCRIPTION="Hex bolt", SELLINGPRICE1="15"))
    push()
    held = shop(rehearsal)["BOLT"]
    assert (held["name"], held["regular_price"]) == ("By hand", "15.00")
    set_flags(title="system")
    push()
    assert shop(rehearsal)["BOLT"]["name"] == "Hex bolt!"


@pytest.mark.parametrize(
    ("flag", "left"),
    [
        ("title", {"price", "compare_at", "quantity", "quantity@1", "meta.a", "meta.b", "option_names"}),
        ("price.trade", {"title", "quantity", "quantity@1", "meta.a", "meta.b", "option_names"}),
        ("qty.*", {"title", "price", "compare_at", "meta.a", "meta.b", "option_names"}),
        ("meta.A", {"title", "price", "compare_at", "quantity", "quantity@1", "meta.b", "option_names"}),
        ("meta.*", {"title", "price", "compare_at", "quantity", "quantity@1", "option_names"}),
        ("options", {"title", "price", "compare_at", "quantity", "quantity@1", "meta.a", "meta.b"}),
    ],
)
def test_what_was_known_of_a_field_is_forgotten_when_it_becomes_the_channels(
    rehearsal: Any, feed: Any, push: Any, set_flags: Any, flag: str, left: set[str]
) -> None:
    feed.send(feed.row("BOLT"))
    push()
    names = ["title", "price", "compare_at", "quantity", "quantity@1", "meta.a", "meta.b", "option_names"]
    rehearsal.hub.owner.execute(
        """update known set "values" = %s where "group" = 'content'""",
        [json.dumps(dict.fromkeys(names, "x"))],
    )
    set_flags(**{flag: "channel"})
    [(kept,)] = rehearsal.hub.rows("""select "values" from known where "group" = 'content'""")
    assert set(kept) == left


def read(text: str, folder: Path) -> Any:
    from stockwire.hub.sync.belonging import rules_in

    file = folder / "rules.json"
    file.write_bytes(text.encode("utf-8"))
    return rules_in(file)


def test_rules_are_read_as_windows_writes_them_and_with_numbers_and_switches(
    hub: Any, tmp_path: Path
) -> None:
    text = """\ufeff[{"field": "price", "operator": "greater", "value": 12.5},
        {"field": "active", "operator": "equal", "value": true},
        {"field": "vendor", "operator": "empty", "value": null}]"""
    assert [str(one) for one in read(text, tmp_path)] == [
        "price greater 12.5",
        "active equal true",
        "vendor empty",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ('{"field": "price"}', "is not a list of rules."),
        ("[1]", "is not a list of rules."),
        ('[{"operator": "empty"}]', "Rule 1 has no field."),
        ('[{"field": "title"}]', "Rule 1 has no operator."),
        ('[{"field": "title", "operator": "equal", "value": null}]', "Rule 1: The rule title equal needs a value"),
        ('[{"field": "title", "operator": "lookup", "value": ["A", "B"]}]', "Rule 1: its value must be one text."),
        ('[{"field": "meta.' + "x" * 101 + '", "operator": "empty"}]', "has a name of 101 letters"),
        ('[{"field": "title", "operator": "equal", "value": "a\\u0000"}]', "has a NUL character in its value"),
    ],
)  # fmt: skip
def test_a_file_of_rules_that_is_none_says_what_is_wrong(
    hub: Any, tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(Refused) as refused:
        read(text, tmp_path)
    assert said in refused.value.message
    assert refused.value.hint


@pytest.mark.parametrize("field", ["meta." + "x" * 101, "qty.A\x00B"])
def test_a_flag_that_could_not_be_kept_is_refused(rehearsal: Any, set_flags: Any, field: str) -> None:
    with pytest.raises(Refused) as refused:
        set_flags(**{field: "channel"})
    assert " in its name" in refused.value.message or "has a name of" in refused.value.message
    assert rehearsal.count("flags") == 0


def test_a_rule_kept_from_before_that_would_be_refused_today_stops_no_push(
    rehearsal: Any, feed: Any, push: Any
) -> None:
    rehearsal.hub.owner.execute(
        "insert into channel_rules (client_id, channel_id, position, field, operator, value)"
        " values (%s, %s, 0, 'collection', 'lookup', 'Bolts,'), (%s, %s, 1, 'price', 'equal', 'R10')",
        [rehearsal.hub.client_id, rehearsal.channel_id] * 2,
    )
    feed.send(feed.row("BOLT"))
    push()
    assert shop(rehearsal) == {}


def test_the_flags_of_a_place_are_shown_with_whose_the_rest_is_and_a_place_that_is_none_is_named(
    rehearsal: Any, set_flags: Any
) -> None:
    from stockwire.hub.sync.belonging import flags_at

    set_flags(title="channel")
    with rehearsal.hub.scope():
        of_channel, of_source = flags_at(rehearsal.channel_id, None), flags_at(None, rehearsal.hub.source_id)
        assert (dict(of_channel.owners), of_channel.default) == ({"title": "channel"}, "system")
        assert (dict(of_source.owners), of_source.default) == ({}, "source")
        for place in ((999, None), (None, 999)):
            with pytest.raises(Refused, match=r"There is no (channel|source) 999"):
                flags_at(*place)
