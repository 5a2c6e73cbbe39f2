"""Credentials that renew, a budget that is kept, and a check that names what is wrong."""

from __future__ import annotations

import threading

import pytest
from tests.connectors.shopify.conftest import add, done, update

from stockwire.connectors.shopify import check
from stockwire.connectors.shopify.check import last_day
from stockwire.connectors.shopify.webhooks import read_webhook, signature_of
from stockwire.errors import NotSetUp, Refused
from stockwire.sharing import LocalShared


def of_client(desk):
    options = desk.shop.options
    return {"password": None, "api_key": options.client_id, "client_secret": options.client_secret}


def of_refresh(desk):
    return {**of_client(desk), "refresh_token": desk.shop.options.refresh_token}


@pytest.mark.parametrize("given", [of_client, of_refresh])
def test_a_token_is_got_once_and_renewed_before_it_ends(desk, given):
    channel = desk.open(**given(desk))
    channel.look_up(["A"])
    channel.look_up(["A"])
    assert desk.documents.count("access_token") == 1
    desk.shop.advance(23.9 * 3600 if given is of_client else 3500)
    channel.look_up(["A"])
    assert desk.documents.count("access_token") == 2


@pytest.mark.parametrize("given", [of_client, of_refresh])
def test_a_token_that_ends_early_is_renewed_and_the_call_goes_on(desk, given):
    channel = desk.open(**given(desk))
    channel.look_up(["A"])
    desk.shop.expire_tokens()
    assert channel.look_up(["A"]) == {"A": []}


def test_two_at_once_renew_a_rotating_token_once(desk):
    shared = LocalShared(lambda: desk.shop.clock.now().timestamp())
    channels = [desk.open(shared, **of_refresh(desk)) for _ in range(4)]
    wrong = []

    def look(channel):
        try:
            channel.look_up(["A"])
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            wrong.append(error)

    threads = [threading.Thread(target=look, args=(channel,)) for channel in channels]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert desk.documents.count("access_token") == 1


def test_a_secret_that_is_wrong_pauses_the_channel_and_is_never_shown(desk):
    channel = desk.open(**{**of_client(desk), "client_secret": "shpss_wrong"})
    with pytest.raises(NotSetUp) as caught:
        channel.look_up(["A"])
    assert "shpss_wrong" not in f"{caught.value} {caught.value.hint} {caught.value.detail}"


@pytest.mark.parametrize("share", [0.5, *(pytest.param(each, marks=pytest.mark.slow) for each in (0.8, 1.0))])
def test_the_share_of_others_is_never_touched_and_nothing_is_throttled(desk, share):
    channel = desk.open(budget_share=str(share), bulk_enabled="false")
    channel.look_up(["A"])
    bucket, began = desk.shop.bucket, desk.shop.clock.now()
    changes = [add(f"P{at}") for at in range(300)]
    for start in range(0, 300, 60):
        for outcome in channel.push(changes[start : start + 60]):
            done(outcome)
    assert bucket.throttled == 0
    assert bucket.lowest >= (1 - share) * bucket.maximum - 1
    # And what may be used is used: a full bucket and what flowed in since, to the last 5 %.
    seconds = (desk.shop.clock.now() - began).total_seconds()
    assert bucket.spent >= 0.95 * share * (bucket.maximum + seconds * bucket.restore_rate)


def test_what_others_use_up_is_waited_for_and_not_bumped_into_twice(desk):
    channel = desk.open()
    made = done(channel.push([add("BOLT")])[0])
    desk.shop.throttle()
    done(channel.push([update("BOLT", made.link, quantity=3)])[0])
    assert desk.shop.bucket.throttled <= 1


def findings(desk, **settings):
    found = {}
    for finding in desk.open(**settings).check():
        found.setdefault(finding.code, []).append(finding)
    return found


def test_a_missing_scope_is_named_with_the_fix(desk):
    desk.shop.drop_scope("write_inventory")
    (scope,) = findings(desk)["scopes"]
    assert scope.state == "failed"
    assert "write_inventory" in scope.seen
    assert "install" in scope.fix


def test_a_wrong_location_is_named_with_those_there_are(desk):
    (location,) = findings(desk, location_id="123")["locations"]
    assert location.state == "failed"
    assert "Main warehouse" in location.seen


def test_a_sales_channel_that_is_none_is_named_with_those_there_are(desk):
    (place,) = findings(desk, publish_to="Onlin Store")["publish_to"]
    assert place.state == "failed"
    assert "Point of Sale" in place.seen


def test_a_webhook_the_shop_removed_is_named(desk):
    channel = desk.open()
    channel.repair_webhooks("https://hub.example/hooks/key")
    assert findings(desk)["webhooks"][0].state == "passed"
    hooks = desk.shop.shelf("WebhookSubscription")
    number = next(code for code, hook in hooks.items() if hook["topic"] == "ORDERS_UPDATED")
    del hooks[number]
    (dead,) = findings(desk)["webhooks"]
    assert dead.state == "warning"
    assert "order.updated" in dead.seen
    states = {
        health.topic: health.state for health in channel.repair_webhooks("https://hub.example/hooks/key")
    }
    assert states.pop("order.updated") == "revived"
    assert set(states.values()) == {"healthy"}


def test_webhooks_that_are_all_gone_are_no_passed_check(desk):
    channel = desk.open()
    channel.repair_webhooks("https://hub.example/hooks/key")
    desk.shop.shelf("WebhookSubscription").clear()
    (dead,) = findings(desk)["webhooks"]
    assert dead.state == "warning"
    assert "eight failed deliveries" in dead.seen
    assert "STOCKWIRE_PUBLIC_URL" in dead.fix


def test_a_version_that_is_gone_is_named_with_the_day_it_ended_and_the_one_to_use(desk):
    desk.shop.advance(60 * 24 * 3600)
    (gone,) = findings(desk, api_version="2026-01")["api_version"]
    assert gone.state == "failed"
    assert "2027-01-01" in gone.seen
    assert "2026-10" in gone.fix


def test_the_end_of_the_api_version_is_told_with_its_date(desk):
    (version,) = findings(desk)["api_version"]
    assert last_day("2026-10").isoformat() in version.seen
    (old,) = findings(desk, api_version="2026-01")["api_version"]
    assert old.state == "warning"
    assert "2027-01-01" in old.seen
    assert old.fix


def test_the_plan_and_its_limits_are_told(desk):
    (plan,) = findings(desk)["plan"]
    assert "2048" in plan.seen
    assert "1600 points" in plan.seen


@pytest.mark.parametrize(
    ("plan", "limit", "words"),
    [
        ("standard", 2, "Above 2 its plan takes 1,000"),
        ("standard", 3, "near the 3"),
        ("standard", 50, ""),
        ("plus", 2, ""),
    ],
)
def test_a_shop_at_the_limit_of_its_plan_is_told_so(desks, monkeypatch, plan, limit, words):
    desk = desks(plan=plan)
    desk.shop.fill(3)
    monkeypatch.setattr(check, "VARIANTS_BEFORE_LIMIT", limit)
    found = findings(desk).get("plan_limit", [])
    assert [finding.state for finding in found] == (["warning"] if words else [])
    assert all(words in finding.seen and finding.fix for finding in found)


def test_a_delivery_is_believed_with_the_new_and_the_previous_secret_only(desk):
    settings = desk.settings(hmac_previous_secret="old")
    body = b'{"id": 41, "updated_at": "2026-11-24T10:00:00+02:00"}'
    for secret in ("whsec", "old"):
        headers = {"X-Shopify-Topic": "orders/updated", "X-Shopify-Hmac-SHA256": signature_of(secret, body)}
        hint = read_webhook(settings, headers, body)
        assert [order.channel_order_code for order in hint.orders] == ["41"]
    with pytest.raises(Refused, match="signature"):
        read_webhook(settings, {"X-Shopify-Hmac-SHA256": signature_of("other", body)}, body)


def test_an_edit_and_a_refund_name_their_order(desk):
    settings = desk.settings()
    for topic, body in (
        ("orders/edited", b'{"order_edit": {"id": 1, "order_id": 41}}'),
        ("refunds/create", b'{"id": 7, "order_id": 41, "created_at": "2026-11-24T10:00:00Z"}'),
    ):
        headers = {"X-Shopify-Topic": topic, "X-Shopify-Hmac-SHA256": signature_of("whsec", body)}
        hint = read_webhook(settings, headers, body)
        assert [order.channel_order_code for order in hint.orders] == ["41"]


@pytest.mark.parametrize(
    "text",
    ["karoo", "karoo.myshopify.com", "https://karoo.myshopify.com/", "https://admin.shopify.com/store/karoo"],
)
def test_the_shop_is_understood_however_it_is_written(desk, text):
    assert desk.settings(channel_domain=text).base_url == "https://karoo.myshopify.com"


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"channel_domain": "www.karoo.co.za"}, "myshopify"),
        ({"password": None}, "access token"),
        ({"password": "shpss_1"}, "client secret"),
        ({"location_map": "{bad"}, "JSON"),
        ({"api_version": "2019-04"}, "2026-10"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_in_words(desk, given, word):
    with pytest.raises(ValueError, match=word):
        desk.settings(**given)


def test_everything_on_the_shelf_is_listed_once_page_by_page_or_in_bulk(desk):
    skus = desk.shop.fill(300)
    assert [row.sku for row in desk.open(bulk_enabled="false").shelf()] == skus
    from stockwire.connectors.shopify import shelf

    before, shelf._MANY = shelf._MANY, 200
    try:
        desk.documents.clear()
        rows = list(desk.open().shelf())
    finally:
        shelf._MANY = before
    assert sorted(row.sku for row in rows) == sorted(skus)
    assert "RunShelf" in desk.documents
    assert rows[0].link.memory["item"]
