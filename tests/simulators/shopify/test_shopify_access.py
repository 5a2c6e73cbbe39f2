"""Tokens, scopes and versions of the simulated Shopify shop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

NAME = "{ shop { name } }"


def grant(caller: Any, **form: str) -> Any:
    options = caller.shop.options
    sent = {"client_id": options.client_id, "client_secret": options.client_secret, **form}
    return caller.http.post("/admin/oauth/access_token", data=sent)


def test_a_client_credentials_token_lives_a_day(caller: Any) -> None:
    answer = grant(caller, grant_type="client_credentials")
    assert answer.status_code == 200
    assert answer.json()["expires_in"] == 86_399
    assert "write_products" in answer.json()["scope"].split(",")
    caller.token = answer.json()["access_token"]
    caller.shop.advance(86_398)
    assert caller.post(NAME).status_code == 200
    caller.shop.advance(1)
    refused = caller.post(NAME)
    assert refused.status_code == 401
    assert "errors" in refused.json()


def test_a_refresh_token_works_once_and_brings_the_next(caller: Any) -> None:
    first = grant(caller, grant_type="refresh_token", refresh_token=caller.shop.options.refresh_token)
    assert first.json()["expires_in"] == 3600
    again = grant(caller, grant_type="refresh_token", refresh_token=caller.shop.options.refresh_token)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    second = grant(caller, grant_type="refresh_token", refresh_token=first.json()["refresh_token"])
    assert second.status_code == 200
    caller.token = second.json()["access_token"]
    caller.shop.advance(3599)
    assert caller.post(NAME).status_code == 200
    caller.shop.advance(1)
    assert caller.post(NAME).status_code == 401


def test_the_old_access_token_may_die_with_its_refresh_token(opened: Callable[..., Any]) -> None:
    caller = opened(old_access_token_lives=False)
    first = grant(caller, grant_type="refresh_token", refresh_token=caller.shop.options.refresh_token).json()
    grant(caller, grant_type="refresh_token", refresh_token=first["refresh_token"])
    caller.token = first["access_token"]
    assert caller.post(NAME).status_code == 401


def test_a_wrong_client_secret_gets_no_token(caller: Any) -> None:
    answer = grant(caller, grant_type="client_credentials", client_secret="guess")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_static_tokens_do_not_expire_and_others_do_on_demand(caller: Any) -> None:
    temporary = grant(caller, grant_type="client_credentials").json()["access_token"]
    caller.shop.expire_tokens()
    assert caller.post(NAME).status_code == 200
    caller.token = temporary
    assert caller.post(NAME).status_code == 401


def test_a_missing_scope_is_an_error_that_names_the_field_and_the_access(
    caller: Any, operations: dict[str, str]
) -> None:
    caller.shop.drop_scope("read_orders")
    caller.shop.drop_scope("write_orders")
    body = caller.ask(operations["order_poll"], q="updated_at:>='2026-11-24T00:00:00Z'")
    (error,) = body["errors"]
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert error["message"].startswith(
        "Access denied for orders field. Required access: `read_orders` access scope"
    )
    assert error["path"] == ["orders"]
    assert body["data"] is None


def test_a_missing_right_to_write_leaves_the_shop_as_it_was(caller: Any, operations: dict[str, str]) -> None:
    caller.shop.add_product("Bolt", [{"sku": "BOLT", "quantity": 4}])
    caller.shop.drop_scope("write_inventory")
    sent = {"name": "available", "reason": "correction", "quantities": [caller.row("BOLT", 5, 4)]}
    body = caller.ask(operations["inv_set"], **{"in": sent, "k": "one"})
    assert body["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert body["data"] == {"inventorySetQuantities": None}
    assert caller.available("BOLT") == 4
    listed = caller.data("{ currentAppInstallation { accessScopes { handle } } }")
    handles = {row["handle"] for row in listed["currentAppInstallation"]["accessScopes"]}
    assert "write_inventory" not in handles
    assert {"read_products", "write_products"} <= handles


def test_a_customer_is_null_with_an_error_when_only_that_scope_is_missing(
    caller: Any, operations: dict[str, str]
) -> None:
    caller.shop.fill(1, quantity=5)
    order = caller.shop.place_order("customer")
    caller.shop.drop_scope("read_customers")
    body = caller.ask(operations["order_one"], id=order["id"])
    assert body["data"]["order"]["customer"] is None
    assert body["data"]["order"]["name"] == "#1001"
    assert body["errors"][0]["path"] == ["order", "customer"]


@pytest.mark.parametrize(("way", "errors"), [("none", 0), ("denied", 5)])
def test_an_app_that_may_not_see_customers_gets_orders_without_them(
    opened: Callable[..., Any], operations: dict[str, str], way: str, errors: int
) -> None:
    caller = opened(customer_data=way)
    caller.shop.fill(1, quantity=5)
    order = caller.shop.place_order("customer")
    body = caller.ask(operations["order_one"], id=order["id"])
    found = body["data"]["order"]
    assert [found[name] for name in ("email", "phone", "customer", "billingAddress", "shippingAddress")] == [
        None
    ] * 5
    assert len(body.get("errors", [])) == errors


def test_orders_older_than_sixty_days_need_a_scope_of_their_own(
    caller: Any, operations: dict[str, str]
) -> None:
    caller.shop.fill(1, quantity=5)
    order = caller.shop.place_order()
    caller.shop.advance(61 * 86_400)
    assert caller.root("query($id: ID!) { order(id: $id) { id } }", id=order["id"]) is None
    assert caller.root(operations["order_poll"], q="")["nodes"] == []
    caller.shop.grant_scope("read_all_orders")
    assert caller.root("query($id: ID!) { order(id: $id) { id } }", id=order["id"])["id"] == order["id"]


def test_a_dead_version_falls_forward_to_the_oldest_in_support_and_the_header_says_so(
    opened: Callable[..., Any],
) -> None:
    caller = opened()
    answered = {version: caller.post(NAME, version) for version in ("2024-01", "2026-01", "2026-10")}
    assert {version: answer.headers["X-Shopify-API-Version"] for version, answer in answered.items()} == {
        "2024-01": "2026-01",
        "2026-01": "2026-01",
        "2026-10": "2026-10",
    }
    late = opened(stands_at=datetime(2027, 1, 1, 17, 0, tzinfo=UTC))
    assert late.post(NAME, "2026-01").headers["X-Shopify-API-Version"] == "2026-04"
    assert late.post(NAME, "2026-02").status_code == 404
    assert late.post(NAME, "2027-01").status_code == 404


def test_what_is_no_call_is_refused(caller: Any) -> None:
    headers = {"X-Shopify-Access-Token": caller.token}
    empty = caller.http.post("/admin/api/2026-10/graphql.json", content=b"{}", headers=headers)
    assert empty.status_code == 400
    assert caller.http.get("/admin/products.json").status_code == 404
    body = caller.ask("query($n: Int!) { products(first: $n) { nodes { id } } }", n="many")
    assert body["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"
    assert "data" not in body


def test_the_input_of_a_later_version_is_unknown_to_an_earlier_one_and_the_other_way(
    caller: Any, operations: dict[str, str]
) -> None:
    caller.shop.add_product("Bolt", [{"sku": "BOLT", "quantity": 4}])
    row = caller.row("BOLT", 5, None)
    del row["changeFromQuantity"]
    sent = {"name": "available", "reason": "correction", "ignoreCompareQuantity": True, "quantities": [row]}
    body = caller.ask(operations["inv_set"], **{"in": sent, "k": "one"})
    assert body["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"
    assert "ignoreCompareQuantity" in body["errors"][0]["message"]
    assert caller.root(operations["inv_set"], "2026-01", **{"in": sent, "k": "two"})["userErrors"] == []
    assert caller.available("BOLT") == 5


def test_an_id_of_any_kind_needs_the_access_of_its_kind(caller: Any) -> None:
    caller.shop.fill(1, quantity=5)
    order = caller.shop.place_order()
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Order { name } ... on Product { title } } }"
    product = caller.shop.variant("SW-00001-01")["product"]["id"]
    assert [row["id"] for row in caller.root(query, ids=[product, order["id"]])] == [product, order["id"]]
    for scope in ("read_orders", "write_orders"):
        caller.shop.drop_scope(scope)
    assert caller.ask(query, ids=[order["id"]])["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert caller.root(query, ids=[product])[0]["id"] == product
