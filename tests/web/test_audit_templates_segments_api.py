"""The audit, attribute templates and segments through the JSON API, each with who may."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest


@pytest.fixture
def call(tokens: dict[str, str]) -> Callable[..., Any]:
    """Call an address as a user; gives (status, JSON)."""
    from django.test import Client

    def ask(method: str, path: str, body: Any = None, *, user: str = "thandi") -> tuple[int, Any]:
        answer = Client().generic(
            method,
            f"/api/v1/{path}",
            data="" if body is None else json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {tokens[user]}"},
        )
        return answer.status_code, answer.json()

    return ask


@pytest.fixture
def bolt(hub: Any) -> None:
    hub.owner.execute(
        "insert into products (client_id, source_id, source_product_code, active, title, created_by)"
        " values (%s, %s, 'BOLT', true, 'Bolt', 'agent of Omni')",
        [hub.client_id, hub.source_id],
    )


PAINT = [{"name": "colour", "required": True}, {"name": "litres", "type": "number", "default": "5"}]


def test_templates_are_kept_applied_asked_and_forgotten(hub: Any, call: Any, bolt: None) -> None:
    status, told = call("PUT", "templates/Paint", PAINT)
    assert (status, told["name"], told["attributes"][1]["default"]) == (200, "Paint", "5")
    assert [one["name"] for one in call("GET", "templates", user="sipho")[1]] == ["Paint"]
    wanted = {"source": hub.source_id, "codes": ["BOLT"]}
    assert call("POST", "templates/Paint/apply", wanted) == (200, {"changed": 1})
    assert call("POST", "templates/Paint/apply", {"source": hub.source_id})[0] == 422
    [missing] = call("GET", f"templates/lacking/{hub.source_id}")[1]
    assert (missing["code"], missing["attribute"], missing["fix"]) == ("BOLT", "colour", "Fill in colour.")
    assert call("PUT", "templates/Paint", [{"name": "x", "type": "dropdown"}])[0] == 422
    for method, path, body in (
        ("PUT", "templates/Paint", PAINT),
        ("DELETE", "templates/Paint", None),
        ("POST", "templates/Paint/apply", wanted),
    ):
        assert call(method, path, body, user="sipho")[0] == 403
    assert call("DELETE", "templates/Paint")[0] == 200
    assert call("GET", "templates")[1] == []


def test_segments_are_set_shown_and_taken_away_by_administrators(call: Any) -> None:
    rep = {"kind": "customers", "key": "attribute_key", "operator": "equal", "value": "rep_id"}
    assert call("PUT", "segments?user=sipho", rep) == (200, [rep])
    assert call("PUT", "segments?user=sipho", {**rep, "value": "rep"})[1] == [{**rep, "value": "rep"}]
    assert call("GET", "segments?user=sipho")[1] == [{**rep, "value": "rep"}]
    assert call("PUT", "segments?user=nobody", rep)[0] == 422
    status, told = call("PUT", "segments?user=sipho", {**rep, "key": "shoe_size"})
    assert (status, "no field 'shoe_size'" in told["message"]) == (422, True)
    assert call("GET", "segments?user=sipho", user="sipho")[0] == 403
    assert call("DELETE", "segments?user=sipho&kind=customers&key=attribute_key") == (200, [])
    assert call("DELETE", "segments?user=sipho&kind=customers&key=attribute_key")[0] == 422


def test_the_audit_is_read_page_by_page_and_says_who_when_from_and_to(call: Any, bolt: None) -> None:
    call("PUT", "templates/Paint", PAINT)
    call("PUT", "templates/Paint", PAINT[:1])
    status, told = call("GET", "audit?subject=paint&limit=1", user="sipho")
    [entry] = told["entries"]
    assert (status, entry["who"], entry["action"]) == (200, "thandi (API)", "template set")
    assert entry["before"] == {"colour": "string; required", "litres": "number; default 5"}
    assert entry["after"] == {"colour": "string; required"}
    assert entry["at"].endswith(("Z", "+00:00"))
    _, rest = call("GET", f"audit?subject=paint&limit=1&after={told['after']}")
    assert ([one["before"] for one in rest["entries"]], rest["after"]) == ([None], None)
    [came] = call("GET", "audit?subject=BOLT")[1]["entries"]
    assert (came["who"], came["action"]) == ("agent of Omni", "product created")
    assert call("GET", "audit?since=2099-01-01T00:00:00")[1]["entries"] == []
    assert call("GET", "audit?after=x")[0] == 422


def test_the_audit_is_not_shown_to_somebody_whose_segments_leave_something_out(call: Any) -> None:
    segment = {"kind": "products", "key": "vendor", "operator": "equal", "value": "Bosch"}
    call("PUT", "segments?user=sipho", segment)
    status, told = call("GET", "audit", user="sipho")
    assert (status, "segments" in told["message"]) == (403, True)


def test_an_order_of_a_customer_that_a_rep_may_not_see_is_not_in_his_list(hub: Any, call: Any) -> None:
    from stockwire.hub.models import Order

    channel = hub.new_channel(api_url="https://shop.example", consumer_key="ck_1", consumer_secret="cs_1")
    with hub.scope():
        for code in ("CAPE01", "KAROO01"):
            Order.objects.create(
                client_id=hub.client_id,
                source_id=hub.source_id,
                channel_id=channel,
                channel_order_code=code,
                number=code,
                reference=code,
                status="processing",
                currency="ZAR",
                total=10,
                total_tax=1,
                ordered_at=datetime.now(UTC),
                modified_at=datetime.now(UTC),
                source_customer_code=code,
            )
    segment = {"kind": "customers", "key": "source_customer_code", "operator": "equal", "value": "cape01"}
    call("PUT", "segments?user=sipho", segment)
    assert [one["number"] for one in call("GET", "orders", user="sipho")[1]["orders"]] == ["CAPE01"]
    assert len(call("GET", "orders")[1]["orders"]) == 2


def test_a_channels_backlog_is_not_counted_for_somebody_who_sees_only_some_products(
    hub: Any, call: Any, bolt: None
) -> None:
    hub.new_channel(api_url="https://shop.example", consumer_key="ck_1", consumer_secret="cs_1")
    segment = {"kind": "products", "key": "vendor", "operator": "equal", "value": "Bosch"}
    call("PUT", "segments?user=sipho", segment)
    assert call("GET", "channels", user="sipho")[1][0]["waiting"] is None
    assert call("GET", "channels")[1][0]["waiting"] == 0
