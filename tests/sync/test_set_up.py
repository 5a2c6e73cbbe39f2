"""Setting a client up: what is made, what is refused with a fix, and what the audit shows of it."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.sync.conftest import SHOP

from stockwire.errors import NotSetUp

GOOD = "tall grass moves slowly"


@pytest.fixture
def setting_up(hub: Any) -> Any:
    from stockwire.hub import setting_up as verbs

    return verbs


def refused(act: Callable[[], object]) -> NotSetUp:
    with pytest.raises(NotSetUp) as caught:
        act()
    assert caught.value.hint
    return caught.value


def audit(hub: Any) -> list[tuple[Any, ...]]:
    return list(hub.rows("select client_id, who, action, subject, after from audit order by id"))


def test_a_client_gets_all_it_needs_and_every_step_is_in_its_audit(hub: Any, setting_up: Any) -> None:
    client_id = setting_up.add_client("Overberg Tools")
    user_id = setting_up.add_user(client_id, "sipho", GOOD)
    source_id = setting_up.add_source(
        client_id, "omni", "Head office", {"param_default_customer_code": "WEB"}
    )
    agent = setting_up.add_agent(client_id, source_id)
    channel_id = setting_up.add_channel(
        client_id, source_id, "woocommerce", "Web shop", SHOP, stock_buffer=2, price_tier="trade"
    )
    setting_up.revoke_agent(client_id, agent.agent_id)
    assert client_id != hub.client_id
    found = audit(hub)
    assert [(row[0], row[1]) for row in found] == [(client_id, f"{getpass.getuser()} (set-up)")] * 6
    assert [row[2:4] for row in found] == [
        ("client added", "Overberg Tools"),
        ("user added", "sipho"),
        ("source added", "Head office"),
        ("agent added", f"agent {agent.agent_id}"),
        ("channel added", "Web shop"),
        ("agent revoked", f"agent {agent.agent_id}"),
    ]
    assert found[1][4] == {"role": "administrator"}
    assert found[2][4]["param_default_customer_code"] == "WEB"
    assert (found[4][4]["stock_buffer"], found[4][4]["api_url"]) == (2, "https://shop.example")
    assert hub.rows("select id, client_id, role from users") == [(user_id, client_id, "administrator")]
    assert hub.rows("select kind from lanes where channel_id = %s order by 1", channel_id) == [
        ("orders",),
        ("push",),
    ]


def test_secrets_are_neither_in_the_audit_nor_in_the_clear_anywhere(hub: Any, setting_up: Any) -> None:
    secret = {**SHOP, "hmac_shared_secret": "whsec-very-private"}
    setting_up.add_user(hub.client_id, "sipho", GOOD)
    code = setting_up.add_agent(hub.client_id, hub.source_id).code
    setting_up.add_channel(hub.client_id, hub.source_id, "woocommerce", "Web shop", secret)
    everything = ""
    tables = hub.rows("select tablename from pg_tables where schemaname = 'public'")
    for (table,) in tables:
        everything += "".join(str(row) for row in hub.rows(f'select t::text from "{table}" t'))
    for private in (*secret.values(), GOOD, code):
        if private != SHOP["api_url"]:
            assert private not in everything
    [shown] = [row[4] for row in audit(hub) if row[2] == "channel added"]
    assert not {"consumer_key", "consumer_secret", "hmac_shared_secret"} & set(shown)
    assert "**" not in json.dumps(shown)


def test_a_new_channel_is_offered_every_product_at_once(hub: Any, setting_up: Any, feed: Any) -> None:
    feed.send(feed.row("BOLT"), feed.row("NUT"))
    setting_up.add_channel(hub.client_id, hub.source_id, "woocommerce", "Web shop", SHOP)
    assert [mark[:2] for mark in feed.marks()] == [("Web shop", "BOLT"), ("Web shop", "NUT")]


@pytest.mark.parametrize(
    ("password", "said"),
    [("K4roo!", "too short"), ("qwertyuiop", "too common")],
)
def test_a_weak_password_is_refused_and_nobody_is_made(
    hub: Any, setting_up: Any, password: str, said: str
) -> None:
    error = refused(lambda: setting_up.add_user(hub.client_id, "sipho", password))
    assert said in error.message
    assert password not in error.message
    assert hub.rows("select 1 from users") == []


def test_a_user_name_is_unique_over_all_clients_in_any_case(hub: Any, setting_up: Any) -> None:
    setting_up.add_user(hub.client_id, "thandi", GOOD)
    other = setting_up.add_client("Overberg Tools")
    for name in ("thandi", "Thandi"):
        assert refused(lambda name=name: setting_up.add_user(other, name, GOOD)).message == (
            f"The user name {name!r} is taken."
        )


def test_an_unknown_setting_is_named_with_the_ones_there_are(hub: Any, setting_up: Any) -> None:
    typo = {**SHOP, "custommer_key": "x"}
    error = refused(lambda: setting_up.add_channel(hub.client_id, hub.source_id, "woocommerce", "Shop", typo))
    assert error.message == "There is no setting custommer_key."
    assert "consumer_key, consumer_secret" in error.hint
    error = refused(lambda: setting_up.add_source(hub.client_id, "omni", "Omni", {"nonsense": 1}))
    assert "price_map" in error.hint
    assert hub.rows("select 1 from channels") == []


def test_a_setting_that_is_wrong_or_missing_is_named_without_its_value(hub: Any, setting_up: Any) -> None:
    wrong = {**SHOP, "consumer_secret": "ck_pasted_the_wrong_half"}
    error = refused(
        lambda: setting_up.add_channel(hub.client_id, hub.source_id, "woocommerce", "Shop", wrong)
    )
    assert "consumer_secret: " in error.message
    assert "pasted_the_wrong_half" not in error.message
    missing = {name: value for name, value in SHOP.items() if name != "api_url"}
    error = refused(
        lambda: setting_up.add_channel(hub.client_id, hub.source_id, "woocommerce", "Shop", missing)
    )
    assert "api_url" in error.message


def test_kinds_that_do_not_exist_are_answered_with_those_that_do(hub: Any, setting_up: Any) -> None:
    error = refused(lambda: setting_up.add_channel(hub.client_id, hub.source_id, "woocomerce", "Shop", SHOP))
    assert "woocommerce" in error.hint
    assert "omni" in refused(lambda: setting_up.add_source(hub.client_id, "pastel", "P", {})).hint


def test_nothing_is_made_for_a_client_source_or_agent_that_is_not_there_or_another_clients(
    hub: Any, setting_up: Any
) -> None:
    other = setting_up.add_client("Overberg Tools")
    theirs = setting_up.add_source(other, "omni", "Theirs", {})
    their_agent = setting_up.add_agent(other, theirs).agent_id
    before = [
        hub.rows(f"select count(*) from {table}") for table in ("users", "sources", "agents", "channels")
    ]
    attempts: list[Callable[[], object]] = [
        lambda: setting_up.add_user(99, "sipho", GOOD),
        lambda: setting_up.add_source(99, "omni", "Omni", {}),
        lambda: setting_up.add_agent(hub.client_id, theirs),
        lambda: setting_up.add_agent(hub.client_id, 99),
        lambda: setting_up.revoke_agent(hub.client_id, their_agent),
        lambda: setting_up.add_channel(hub.client_id, theirs, "woocommerce", "Shop", SHOP),
        lambda: setting_up.add_channel(hub.client_id, 99, "woocommerce", "Shop", SHOP),
    ]
    for attempt in attempts:
        refused(attempt)
    after = [
        hub.rows(f"select count(*) from {table}") for table in ("users", "sources", "agents", "channels")
    ]
    assert after == before
    assert hub.rows("select revoked_at from agents where id = %s", their_agent) == [(None,)]
