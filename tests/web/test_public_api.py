"""The JSON API: each call acts as one person of one business, and answers in the operator's words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

SHOP = {"api_url": "https://shop.example.com", "consumer_key": "ck_1", "consumer_secret": "cs_1"}


@pytest.fixture
def call(tokens: dict[str, str]) -> Callable[..., Any]:
    """Call an address as a user: call("GET", "channels", user="thandi"). Gives (status, JSON)."""
    from django.test import Client

    def ask(
        method: str, path: str, body: Any = None, *, user: str = "thandi", token: str = ""
    ) -> tuple[int, Any]:
        bearer = token or tokens.get(user, "")
        answer = Client().generic(
            method,
            f"/api/v1/{path}",
            data="" if body is None else json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {bearer}"} if bearer else {},
        )
        return answer.status_code, answer.json()

    ask.tokens = tokens  # type: ignore[attr-defined]
    return ask


@pytest.fixture
def channel_id(hub: Any) -> int:
    """A channel with two products."""
    from stockwire.hub import models

    made = hub.new_channel(**SHOP)
    with hub.scope():
        for code, price in (("BOLT/M8", 12), ("NUT", 3)):
            owned = {"client_id": hub.client_id}
            product = models.Product.objects.create(
                **owned, source_id=hub.source_id, source_product_code=code, active=True, title=code
            )
            variant = models.Variant.objects.create(
                **owned, source_id=hub.source_id, product=product, source_variant_code=code, sku=code
            )
            models.PriceTier.objects.create(**owned, variant=variant, tier="retail", price=price)
            models.Quantity.objects.create(**owned, variant=variant, warehouse="", quantity=5)
    return int(made)


def test_the_plan_of_a_channel_can_be_asked_for(call: Any, channel_id: int) -> None:
    status, told = call("GET", f"channels/{channel_id}/plan?show=1")
    assert (status, told["counts"], len(told["entries"])) == (200, {"add": 2}, 1)
    status, told = call("GET", f"channels/{channel_id}/plan?sku=nut")
    assert [entry["code"] for entry in told["entries"]] == ["NUT"]
    assert {field["field"]: field["after"] for field in told["entries"][0]["fields"]}["price"] == "3.00"


def test_a_draft_of_rules_is_tried_and_not_saved(call: Any, channel_id: int) -> None:
    rules = [{"field": "price", "operator": "less", "value": "10"}]
    status, told = call("POST", f"channels/{channel_id}/plan", {"rules": rules})
    assert (status, told["counts"]) == (200, {"add": 1, "nothing": 1})
    assert call("GET", f"channels/{channel_id}/rules")[1]["rules"] == []


def test_rules_are_saved_with_what_they_do(call: Any, channel_id: int, hub: Any) -> None:
    rules = [{"field": "price", "operator": "less", "value": "10"}]
    status, told = call("PUT", f"channels/{channel_id}/rules", rules)
    assert (status, told["counts"]["offered"], told["counts"]["kept_out"]) == (200, 1, {"price less 10": 1})
    assert call("GET", f"channels/{channel_id}/rules")[1]["rules"] == rules
    assert hub.rows("select who from audit where action = 'rules set'") == [("thandi (API)",)]


def test_flags_of_channels_and_sources_are_set_and_read(call: Any, channel_id: int, hub: Any) -> None:
    assert call("PUT", f"channels/{channel_id}/flags", {"Title": "channel"}) == (200, {"title": "channel"})
    assert call("GET", f"channels/{channel_id}/flags") == (200, {"title": "channel"})
    assert call("PUT", f"sources/{hub.source_id}/flags", {"qty": "system"}) == (200, {"qty": "system"})
    assert call("GET", f"sources/{hub.source_id}/flags", user="sipho") == (200, {"qty": "system"})


def test_why_takes_a_sku_with_a_slash(call: Any, channel_id: int) -> None:
    status, [told] = call("GET", f"channels/{channel_id}/why/BOLT/M8")
    assert (status, told["code"], told["offered"]) == (200, "BOLT/M8", "yes")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "channels/{}/rules", []),
        ("PUT", "channels/{}/flags", {"title": "channel"}),
        ("GET", "channels/{}/settings", None),
        ("PATCH", "channels/{}/settings", {"product_map": ""}),
        ("POST", "channels/{}/settings/plan", {"settings": {}}),
        ("POST", "channels/{}/go-live", None),
        ("PUT", "sources/1/flags", {"title": "system"}),
    ],
)
def test_who_may_only_read_changes_nothing(
    call: Any, channel_id: int, method: str, path: str, body: Any
) -> None:
    status, told = call(method, path.format(channel_id), body, user="sipho")
    assert status == 403
    assert "may look but not change" in told["message"]


def test_errors_say_what_is_wrong_and_what_to_do(call: Any, channel_id: int) -> None:
    status, told = call("GET", f"channels/{channel_id}/plan?sku=NONE")
    assert (status, "There is no SKU NONE" in told["message"]) == (422, True)
    assert told["hint"]
    status, told = call(
        "PUT", f"channels/{channel_id}/rules", [{"field": "colour", "operator": "equal", "value": "x"}]
    )
    assert status == 422
    assert "Rule 1: There is no field colour" in told["message"]
    status, told = call("PUT", f"channels/{channel_id}/rules", [{"operator": "equal"}])
    assert status == 422
    assert "field" in told["message"]


def test_an_unknown_a_missing_and_a_revoked_token_are_turned_away(
    call: Any, channel_id: int, hub: Any
) -> None:
    from stockwire.hub.api.public.tokens import revoke_tokens

    assert call("GET", "channels", token="swp_nonsense")[0] == 401
    assert call("GET", "channels", user="nobody")[0] == 401
    assert call("GET", "channels")[0] == 200
    assert revoke_tokens(hub.client_id, "Thandi", "a test") == 1
    status, told = call("GET", "channels")
    assert (status, told["message"]) == (401, "The hub does not know this API token.")
    assert "stockwire user token" in told["hint"]


def test_a_token_shows_its_own_business_only(call: Any, channel_id: int, hub: Any) -> None:
    from stockwire.hub.api.public.tokens import make_token
    from stockwire.hub.setting_up import add_client, add_user

    other = add_client("Bosveld Tools")
    add_user(other, "pieter", "correct horse 42 battery")
    token = make_token(other, "pieter", "", "a test")
    assert call("GET", "channels", token=token) == (200, [])
    assert call("GET", f"channels/{channel_id}/plan", token=token)[0] == 422


def test_only_the_hash_of_a_token_is_kept(call: Any, hub: Any) -> None:
    kept = {row[0] for row in hub.rows("select token_hash from api_tokens")}
    assert len(kept) == 2
    assert not kept & set(call.tokens.values())


def test_a_comparison_with_what_is_really_there_is_asked_for_and_shown(
    hub: Any, call: Any, channel_id: int
) -> None:
    status, said = call("GET", f"channels/{channel_id}/drift")
    assert (status, "has not been compared" in said["message"]) == (422, True)
    assert call("POST", f"channels/{channel_id}/reconcile", {}, user="sipho")[0] == 403
    assert call("POST", f"channels/{channel_id}/reconcile", {"repair": ["extra"]})[0] == 422
    status, asked = call("POST", f"channels/{channel_id}/reconcile", {"repair": ["missing"]})
    assert (status, asked["state"], asked["repairs"], asked["asked_by"]) == (
        200,
        "requested",
        ["missing"],
        "thandi (API)",
    )
    hub.owner.execute("update drift_reports set state = 'done', counts = '{\"missing\": 1}'")
    hub.owner.execute(
        'insert into drift_items (client_id, report_id, kind, sku, product_code, variant_code, "group", field,'
        " said, repaired) values (%s, %s, 'missing', 'NUT', '7', '', '', '', 'gone from the channel', '')",
        [hub.client_id, asked["report"]],
    )
    status, shown = call("GET", f"channels/{channel_id}/drift", user="sipho")
    assert (status, shown["report"], shown["counts"]) == (200, asked["report"], {"missing": 1})
    assert [(item["kind"], item["sku"], item["said"]) for item in shown["items"]] == [
        ("missing", "NUT", "gone from the channel")
    ]


def test_how_a_channel_sells_is_read_and_changed(call: Any, channel_id: int) -> None:
    status, found = call("GET", f"channels/{channel_id}/terms")
    assert (status, found["terms"]["price_tier"], found["terms"]["warehouses"]) == (200, "", [])
    status, found = call("PATCH", f"channels/{channel_id}/terms", {"price_tier": "trade", "stock_buffer": 1})
    assert (status, found["terms"]["price_tier"], found["terms"]["stock_buffer"]) == (200, "trade", 1)
    assert found["said"] == ["No product has the price list trade yet. There are: retail."]
    status, found = call("PATCH", f"channels/{channel_id}/terms", {"price_tier": ""})
    assert (found["terms"]["price_tier"], found["terms"]["stock_buffer"]) == ("", 1)
    assert call("PATCH", f"channels/{channel_id}/terms", {"price_tier": "trade"}, user="sipho")[0] == 403
    status, found = call("PATCH", f"channels/{channel_id}/terms", {"stock_floor": -1})
    assert status in {400, 409, 422}
    assert "stock_floor cannot be -1" in json.dumps(found)


def test_a_draft_of_rules_is_counted_and_not_saved(call: Any, channel_id: int) -> None:
    rules = [
        {"field": "price", "operator": "less", "value": "10"},
        {"field": "sku", "operator": "contains", "value": "n"},
    ]
    status, told = call("POST", f"channels/{channel_id}/rules/count", rules, user="sipho")
    counts = told["counts"]
    assert (status, counts["products"], counts["offered"], counts["coming"]) == (200, 2, 1, 1)
    assert counts["kept_out"] == {"price less 10": 1, "sku contains n": 1}
    assert call("GET", f"channels/{channel_id}/rules")[1]["rules"] == []
    status, told = call(
        "POST", f"channels/{channel_id}/rules/count", [{"field": "price", "operator": "less"}]
    )
    assert (status, told["message"][:7]) == (422, "Rule 1:")


def test_settings_are_shown_tried_and_changed_and_secrets_stay_hidden(call: Any, channel_id: int) -> None:
    status, told = call("GET", f"channels/{channel_id}/settings")
    assert (status, told["api_url"], told["consumer_secret"]) == (200, SHOP["api_url"], "(kept secret)")
    draft = {"product_map": '{"name": "{{title}}!"}'}
    status, told = call("POST", f"channels/{channel_id}/settings/plan", {"settings": draft, "skus": ["NUT"]})
    sent = {one["field"]: one["after"] for one in told["entries"][0]["fields"]}
    assert (status, sent["map.name"], "title" in sent) == (200, '"NUT!"', False)
    assert call("GET", f"channels/{channel_id}/settings")[1]["product_map"] == ""
    assert call("PATCH", f"channels/{channel_id}/settings", draft)[1]["product_map"] == draft["product_map"]
    status, told = call("PATCH", f"channels/{channel_id}/settings", {"product_map": "{{#title}}"})
    assert status == 422
    assert "product_map, line 1" in told["message"]


def test_the_flags_of_a_place_that_is_none_are_not_empty_but_an_error(call: Any, channel_id: int) -> None:
    for path in ("channels/999/flags", "sources/999/flags"):
        status, told = call("GET", path)
        assert (status, told["message"][:13]) == (422, "There is no c" if "ch" in path else "There is no s")


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("POST", "plan", {"rule": []}, "rule: Extra inputs are not permitted"),
        ("PATCH", "terms", {"price_teir": "trade"}, "price_teir: Extra inputs are not permitted"),
        ("PUT", "rules", [{"field": "title", "operator": "empty", "val": "x"}], "val: Extra inputs are not permitted"),
        ("POST", "settings/plan", {"setting": {}}, "setting: Extra inputs are not permitted"),
        ("POST", "plan", {"skus": ["A\x00B"]}, "The request holds a NUL character."),
        ("PATCH", "terms", {"warehouses": ["A\x00B"]}, "has a NUL character in its name."),
        ("PUT", "flags", {"qty.A\x00B": "channel"}, "has a NUL character in its name."),
        ("PUT", "rules", [{"field": "title", "operator": "equal", "value": "A\x00"}], "has a NUL character in its value"),
        ("PUT", "flags", {"meta." + "x" * 200: "channel"}, "has a name of 200 letters"),
        ("PATCH", "terms", {"tax_rate": "15.12345"}, "has more than 3 decimals"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_named_and_never_passed_over(
    call: Any, channel_id: int, method: str, path: str, body: Any, said: str
) -> None:
    status, told = call(method, f"channels/{channel_id}/{path}", body)
    assert (status, said in told["message"]) == (422, True), told
    assert told["hint"]


def test_values_of_rules_and_rates_may_be_numbers(call: Any, channel_id: int) -> None:
    rules = [{"field": "price", "operator": "greater", "value": 3.5}, {"field": "vendor", "operator": "empty", "value": None},
             {"field": "inventory_management", "operator": "equal", "value": True}]  # fmt: skip
    status, told = call("PUT", f"channels/{channel_id}/rules", rules)
    assert (status, told["counts"]["offered"]) == (200, 1)
    assert [one["value"] for one in call("GET", f"channels/{channel_id}/rules")[1]["rules"]] == [
        "3.5",
        "",
        "true",
    ]
    assert call("PATCH", f"channels/{channel_id}/terms", {"tax_rate": 15.5})[1]["terms"]["tax_rate"] == "15.5"


def test_an_address_that_is_none_is_answered_in_json(call: Any, hub: Any) -> None:
    for method in ("GET", "POST", "DELETE"):
        status, told = call(method, "channel/1/plans")
        assert (status, told["message"]) == (
            404,
            f"There is no {method} channel/1/plans in the API; openapi.json lists what there is.",
        )


def test_what_goes_wrong_in_the_hub_is_answered_in_json_and_stands_in_the_log(
    call: Any, channel_id: int, hub: Any, caplog: Any
) -> None:
    hub.owner.execute("update channels set type = 'ebay'; alter table channel_rules rename to gone")
    try:
        status, told = call("GET", f"channels/{channel_id}/rules")
    finally:
        hub.owner.execute("alter table gone rename to channel_rules")
    assert (status, told["message"]) == (500, "Something went wrong in Stockwire.")
    assert any("/rules" in record.getMessage() and record.exc_info for record in caplog.records)


def test_what_a_customer_pays_is_asked_for_by_his_account(call: Any, channel_id: int, hub: Any) -> None:
    from stockwire.hub import models

    with hub.scope():
        models.Customer.objects.create(
            client_id=hub.client_id, channel_id=channel_id, source_id=hub.source_id,
            source_customer_code="KAROO001", username="karoo001",
        )  # fmt: skip
    status, told = call("GET", f"channels/{channel_id}/price/bolt/m8?customer=KAROO001")
    assert (status, told["sku"], told["price"], told["quantity"]) == (200, "BOLT/M8", "12.00", 5)
    assert (told["price_reason"], told["quantity_reason"]) == ("price list retail", "5 available")
    status, told = call("GET", f"channels/{channel_id}/price/NUT?customer=NOBODY")
    assert (status, "has no customer with the account NOBODY" in told["message"]) == (422, True)
