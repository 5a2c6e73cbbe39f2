"""Settings of a channel that is there are tried, changed and shown; a secret goes in and never comes out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.sync.conftest import shop

from stockwire.errors import Refused

MAP = '{"name": "{{title}} (map)", "variations": [{"regular_price": "{{variant.price}}"}]}'


def changed(rehearsal: Any, **given: Any) -> dict[str, Any]:
    from stockwire.hub.sync.set_settings import set_settings, settings_shown

    with rehearsal.hub.scope():
        return settings_shown(set_settings(rehearsal.channel_id, given, "thandi"))


def test_a_field_map_is_tried_then_set_and_then_taken_off_again(rehearsal: Any, feed: Any, push: Any) -> None:
    from stockwire.hub.sync.set_settings import tried

    feed.send(feed.row("BOLT", DESCRIPTION="Hex bolt"))
    push()
    with rehearsal.hub.scope():
        made = tried(rehearsal.channel_id, {"product_map": MAP}, ["BOLT"])
    assert {one.name: one.after for one in made.entries[0].fields}["map.name"] == '"Hex bolt (map)"'
    push()
    assert shop(rehearsal)["BOLT"]["name"] == "Hex bolt"
    assert rehearsal.count("audit") == 0
    changed(rehearsal, product_map=MAP)
    push()
    assert shop(rehearsal)["BOLT"]["name"] == "Hex bolt (map)"
    assert changed(rehearsal, product_map=None)["product_map"] == ""
    feed.send(feed.row("BOLT", DESCRIPTION="Hex bolt M8"))
    push()
    assert shop(rehearsal)["BOLT"]["name"] == "Hex bolt M8"


def test_who_changed_which_setting_stands_in_the_audit_and_no_secret_does(rehearsal: Any) -> None:
    changed(rehearsal, price_decimals="3", consumer_secret="cs_new")
    changed(rehearsal, price_decimals=3)
    [row] = rehearsal.hub.rows("select who, action, before, after from audit")
    assert row == (
        "thandi",
        "settings set",
        {"price_decimals": 2, "consumer_secret": "(kept secret)"},
        {"price_decimals": 3, "consumer_secret": "(kept secret)"},
    )


def test_a_secret_is_kept_and_never_shown(rehearsal: Any) -> None:
    from stockwire.hub.models import Channel
    from stockwire.registry import channel_connector

    shown = changed(rehearsal, consumer_secret="cs_new")
    assert shown["consumer_secret"] == "(kept secret)"
    assert "cs_new" not in json.dumps(shown)
    assert "cs_new" not in json.dumps(rehearsal.hub.rows("select settings, secrets from channels"))
    with rehearsal.hub.scope():
        settings = Channel.objects.get(pk=rehearsal.channel_id).read_settings(
            channel_connector("woocommerce").settings
        )
    assert settings.model_dump()["consumer_secret"].get_secret_value() == "cs_new"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"product_mop": "{}"}, "There is no setting product_mop."),
        ({"product_map": "{{title"}, "product_map: product_map, line 1: the tag that begins '{{title' is not closed"),
        ({"product_map": "{{> other}}"}, "partials ({{>name}}), which include another template, are not supported"),
        ({"price_decimals": "many"}, "price_decimals: "),
        ({"delete_product_mode": "burn", "price_decimals": 9}, "price_decimals: "),
        ({"delete_product_mode": ["trash"]}, "delete_product_mode: "),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_named_and_nothing_is_saved(
    rehearsal: Any, given: dict[str, Any], said: str
) -> None:
    before = rehearsal.hub.rows("select settings from channels")
    with pytest.raises(Refused) as refused:
        changed(rehearsal, **given)
    assert said in refused.value.message
    assert refused.value.hint
    assert rehearsal.hub.rows("select settings from channels") == before


def test_a_channel_with_links_is_not_pointed_at_another_shop(rehearsal: Any, feed: Any, push: Any) -> None:
    assert changed(rehearsal, api_url="https://other.example.com")["api_url"] == "https://other.example.com"
    changed(rehearsal, api_url=rehearsal.stand.url)
    feed.send(feed.row("BOLT"))
    push()
    with pytest.raises(Refused) as refused:
        changed(rehearsal, api_url="https://third.example.com")
    assert "has products that are linked to what is at" in refused.value.message
    assert "stockwire channel add" in refused.value.hint


def test_no_limit_stays_no_limit_when_something_else_changes(trade: Any) -> None:
    from stockwire.hub.sync.set_settings import set_settings, settings_shown

    channel_id = trade.channel(qty_limit_upper="")
    with trade.hub.scope():
        shown = settings_shown(
            set_settings(channel_id, {"hide_product_enabled": "true", "set_param_rep": "{{tags}}"}, "t")
        )
        assert (shown["qty_limit_upper"], shown["hide_product_enabled"]) == (None, True)
        assert shown["set_param_rep"] == "{{tags}}"
        with pytest.raises(Refused, match="there is no setting 'hide_products'"):
            set_settings(channel_id, {"hide_products": "true"}, "t")


def test_names_in_templates_that_no_product_has_are_said(trade: Any) -> None:
    from stockwire.hub.models import Channel
    from stockwire.hub.sync.set_terms import said_of

    channel_id = trade.channel(
        location_map='{"1": "{{qty_availability.JBH}}"}', compare_at_price="{{price_tiers.rpp.price}}"
    )
    trade.known("SCREW", "10.00", {"JHB": 1}, prices={"rrp": "15.00"})
    with trade.hub.scope():
        assert said_of(Channel.objects.get(pk=channel_id)) == [
            "No product has the price list rpp yet. Close to it: rrp. There are: retail, rrp.",
            "No product has the warehouse JBH yet. Close to it: JHB. There are: JHB.",
        ]


def test_a_channel_may_be_added_with_params_of_its_orders(hub: Any) -> None:
    from stockwire.errors import NotSetUp
    from stockwire.hub import setting_up

    known = {"channel_domain": "x.myshopify.com", "password": "shpat_1"}
    with_params = {**known, "set_param_rep": "{{tags}}"}
    assert setting_up.add_channel(hub.client_id, hub.source_id, "shopify", "Shop", with_params)
    with pytest.raises(NotSetUp, match="there is no setting 'reps'"):
        setting_up.add_channel(hub.client_id, hub.source_id, "shopify", "Shop", {**known, "reps": "x"})
