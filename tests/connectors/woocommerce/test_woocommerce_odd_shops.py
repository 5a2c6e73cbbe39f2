"""Shops whose plugins or hosts answer oddly: each answer is given by hand, since no well-built shop gives it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from stockwire.connectors.woocommerce.channel import WooCommerceChannel
from stockwire.connectors.woocommerce.pace import forget
from stockwire.domain.records import Image
from stockwire.errors import NotSetUp, Refused, TryLater
from stockwire.ports import Action, Done, Failed, FieldChange, Group

SIMPLE = {"id": 12, "sku": "BOLT", "name": "Bolt", "type": "simple", "status": "publish", "parent_id": 0}
WHOLE = {"title": "Bolt", "price": Decimal("12.50"), "quantity": 5}


@pytest.fixture
def odd(settings):
    """A channel whose shop answers with `answer(method, path, body)`: an object, or a Response."""
    opened = []

    def open_shop(answer: Callable[[str, str, Any], Any], **given: Any) -> WooCommerceChannel:
        def handle(request: httpx2.Request) -> httpx2.Response:
            body = json.loads(request.content) if request.content else None
            made = answer(request.method, request.url.path.removeprefix("/wp-json/wc/v3"), body)
            return made if isinstance(made, httpx2.Response) else httpx2.Response(200, json=made)

        made = settings(**given)
        forget(made.rest_url)
        channel = WooCommerceChannel(made, transport=httpx2.MockTransport(handle))
        opened.append(channel)
        return channel

    yield open_shop
    for channel in opened:
        channel.close()


def written(row: dict[str, Any], **other: Any) -> dict[str, Any]:
    """What an honest shop answers to an update row."""
    return {**SIMPLE, "sale_price": "", "weight": "", **row, **other}


def test_two_products_with_one_sku_are_refused_and_neither_is_touched(odd, change):
    def shop(method, path, body):
        assert method == "GET", "nothing may be written"
        return [SIMPLE, {**SIMPLE, "id": 13}]

    (outcome,) = odd(shop).push([change("BOLT", WHOLE, action=Action.ADD)])
    assert isinstance(outcome, Failed)
    assert outcome.error.message == "BOLT: the shop has 2 products with this SKU (12, 13)."
    assert outcome.error.hint


@pytest.mark.parametrize(
    "sent, held",
    [
        ({"price": Decimal("13.90")}, {"regular_price": "1390"}),
        ({"price": Decimal("13.90")}, {"regular_price": ""}),
        ({"quantity": 5}, {"stock_quantity": 6}),
        ({"quantity": 5}, {"stock_quantity": None, "manage_stock": False}),
        ({"price": Decimal("8"), "compare_at": Decimal("9")}, {"sale_price": ""}),
    ],
)
def test_a_price_or_stock_that_came_back_different_is_told_with_both_values(odd, change, sent, held):
    (outcome,) = odd(lambda _m, _p, body: {"update": [written(body["update"][0], **held)]}).push(
        [change("BOLT", sent)]
    )
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Refused)
    assert outcome.error.message.startswith("BOLT: ")
    assert "was sent and the shop holds" in outcome.error.message


def test_a_name_that_comes_back_escaped_is_the_same_name(odd, change):
    def shop(_method, _path, body):
        return {"update": [written(body["update"][0], name="Bolts &amp; nuts")]}

    (outcome,) = odd(shop).push([change("BOLT", {"title": "Bolts & nuts"})])
    assert isinstance(outcome, Done)
    assert outcome.seen["title"] == "Bolts & nuts"


def test_a_product_the_owner_gave_another_sku_is_kept_and_told(odd, change):
    def shop(_method, _path, body):
        return {"update": [written(body["update"][0], sku="BOLT-NEW")]}

    (outcome,) = odd(shop).push([change("BOLT", {"quantity": 5})])
    assert isinstance(outcome, Done)
    assert "SKU of product 12 is now BOLT-NEW" in outcome.note


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {},
        "text",
        None,
        {"update": []},
        {"update": "x"},
        {"update": [None]},
        {"update": [{"id": 99, "sku": "OTHER"}]},
        {"update": [SIMPLE, SIMPLE]},
        {"create": [SIMPLE]},
    ],
)
def test_an_answer_that_does_not_fit_the_rows_may_have_worked(odd, change, answer):
    (outcome,) = odd(lambda *_: answer if answer is not None else httpx2.Response(200, text="null")).push(
        [change("BOLT", {"quantity": 5})]
    )
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, TryLater)
    assert outcome.error.may_have_worked


@pytest.mark.parametrize("row", [{"id": 0}, {"id": None}, {"sku": "BOLT"}])
def test_a_creation_that_came_back_without_an_id_is_in_doubt(odd, change, row):
    (outcome,) = odd(lambda method, *_: [] if method == "GET" else {"create": [row]}).push(
        [change("BOLT", WHOLE, action=Action.ADD)]
    )
    assert isinstance(outcome, Failed)
    assert outcome.error.may_have_worked


def duplicate(product: dict[str, Any]) -> Callable[[str, str, Any], Any]:
    def shop(method, path, body):
        if method == "GET":
            return [] if path == "/products" else product
        if "create" in body:
            data = {"status": 400, "resource_id": product["id"], "unique_sku": "X-1"}
            return {
                "create": [{"id": 0, "error": {"code": "product_invalid_sku", "message": "", "data": data}}]
            }
        return {"update": [written(body["update"][0], sku=product["sku"])]}

    return shop


def test_a_creation_refused_as_a_duplicate_adopts_the_product_the_shop_names(odd, change):
    (outcome,) = odd(duplicate(SIMPLE)).push([change("BOLT", WHOLE, action=Action.ADD)])
    assert isinstance(outcome, Done)
    assert outcome.link is not None
    assert outcome.link.product_code == "12"
    assert outcome.note == "Linked to product 12 of the shop, which has this SKU."


def test_a_shop_that_takes_letters_with_and_without_accent_for_the_same_links_no_wrong_product(odd, change):
    """Databases often compare without accents: CÂBLE is then a duplicate of CABLE."""
    (outcome,) = odd(duplicate({**SIMPLE, "sku": "CABLE"})).push([change("CÂBLE", WHOLE, action=Action.ADD)])
    assert isinstance(outcome, Failed)
    assert "takes this SKU for the same as CABLE of product 12" in outcome.error.message


def test_a_duplicate_that_is_a_variation_is_not_adopted(odd, change):
    variation = {**SIMPLE, "type": "variation", "parent_id": 27}
    (outcome,) = odd(duplicate(variation)).push([change("BOLT", WHOLE, action=Action.ADD)])
    assert isinstance(outcome, Failed)
    assert "a variation of product 27" in outcome.error.message


def test_one_row_that_makes_the_whole_call_refused_fails_alone(odd, change):
    def shop(_method, _path, body):
        if any(row["id"] == 3 for row in body["update"]):
            return httpx2.Response(400, json={"code": "rest_invalid_param", "message": "Bad row", "data": {}})
        return {"update": [written(row, sku=f"S{row['id']}") for row in body["update"]]}

    outcomes = odd(shop).push(
        [change(f"S{number}", {"quantity": 1}, id=str(number)) for number in range(1, 9)]
    )
    assert [type(outcome) for outcome in outcomes] == [Done, Done, Failed, *[Done] * 5]


def test_a_product_too_big_for_any_call_is_refused_by_name_and_the_rest_goes_on(odd, change):
    def shop(_method, _path, body):
        if any(row["id"] == 3 for row in body["update"]):
            return httpx2.Response(413, json={"code": "too_large", "message": "", "data": {"status": 413}})
        return {"update": [written(row, sku=f"S{row['id']}") for row in body["update"]]}

    outcomes = odd(shop).push(
        [change(f"S{number}", {"quantity": 1}, id=str(number)) for number in range(1, 5)]
    )
    assert [type(outcome) for outcome in outcomes] == [Done, Done, Failed, Done]
    assert "S3" in outcomes[2].error.message


def test_a_move_to_another_address_names_the_setting(odd):
    with pytest.raises(NotSetUp, match="another address") as caught:
        odd(lambda *_: httpx2.Response(301, headers={"Location": "https://www.shop.example/"})).order("1")
    assert "api_url" in caught.value.hint


def test_a_firewall_in_front_of_the_shop_is_tried_later(odd):
    with pytest.raises(TryLater, match="in front of the shop") as caught:
        odd(lambda *_: httpx2.Response(403, text="<html>blocked</html>")).order("1")
    assert caught.value.after_s == 300


def test_maintenance_waits_as_long_as_the_shop_says(odd, change):
    page = httpx2.Response(503, text="<html>Briefly unavailable</html>", headers={"Retry-After": "600"})
    with pytest.raises(TryLater) as caught:
        odd(lambda *_: page).push([change("BOLT", {"quantity": 1})])
    assert caught.value.after_s == 600
    assert not caught.value.may_have_worked


def test_a_byte_order_mark_before_the_json_does_no_harm(odd):
    text = b"\xef\xbb\xbf" + json.dumps({"code": "woocommerce_rest_shop_order_invalid_id"}).encode()
    assert odd(lambda *_: httpx2.Response(404, content=text)).order("1") is None


def test_a_php_warning_before_the_json_is_no_data(odd):
    text = b"<b>Warning</b>: Undefined array key<br />{}"
    with pytest.raises(TryLater, match="no WooCommerce data"):
        odd(lambda *_: httpx2.Response(200, content=text)).order("1")


@pytest.mark.parametrize("answer", [{}, "x", [1], [["id"]]])
def test_a_list_that_is_none_is_no_data(odd, answer):
    with pytest.raises(TryLater, match="no WooCommerce data"):
        list(odd(lambda *_: answer).orders(None))


def test_long_lists_of_long_skus_are_asked_for_in_addresses_servers_accept(odd):
    asked = []

    def shop(_method, _path, _body):
        return []

    channel = odd(shop)
    channel._api._client.event_hooks = {"request": [lambda request: asked.append(len(str(request.url)))]}
    channel.look_up([f"Ø{'X' * 60}-{number}" for number in range(150)])
    assert len(asked) > 2
    assert max(asked) < 6_000


def test_a_server_before_the_shop_that_finds_calls_too_big_gets_smaller_ones(odd, change):
    def shop(_method, _path, body):
        if len(body["update"]) > 3:
            return httpx2.Response(413, text="<html>413 Request Entity Too Large</html>")
        return {"update": [written(row, sku=f"S{row['id']}") for row in body["update"]]}

    outcomes = odd(shop).push(
        [change(f"S{number}", {"quantity": 1}, id=str(number)) for number in range(1, 9)]
    )
    assert [type(outcome) for outcome in outcomes] == [Done] * 8


def test_a_shop_that_asks_to_slow_down_between_calls_keeps_what_was_done(odd, change):
    calls = []

    def shop(_method, _path, body):
        calls.append(len(body["update"]))
        if len(calls) == 2:
            return httpx2.Response(429, text="slow down", headers={"Retry-After": "9"})
        return {"update": [written(row, sku=f"S{row['id']}") for row in body["update"]]}

    outcomes = odd(shop, batch_size_max=2).push(
        [change(f"S{number}", {"quantity": 1}, id=str(number)) for number in range(1, 8)]
    )
    assert [type(outcome) for outcome in outcomes] == [Done, Done, *[Failed] * 5]
    assert {(outcome.error.after_s, outcome.error.may_have_worked) for outcome in outcomes[2:]} == {
        (9, False)
    }
    assert calls == [2, 2]


def test_a_sale_the_owner_runs_is_left_alone_and_told(odd, change):
    def shop(_method, _path, body):
        return {"update": [written(body["update"][0], sale_price="9.00")]}

    (outcome,) = odd(shop).push([change("BOLT", {"price": Decimal("12.50")})])
    assert isinstance(outcome, Done)
    assert "sale price of 9.00" in outcome.note


def test_a_duplicate_and_a_change_in_one_call_keep_apart(odd, change):
    def shop(method, path, body):
        if method == "GET":
            return [] if path == "/products" else SIMPLE
        answer = {"update": [written(row, sku={12: "BOLT", 5: "S5"}[row["id"]]) for row in body["update"]]}
        if "create" in body:
            answer["create"] = duplicate(SIMPLE)("POST", path, {"create": body["create"]})["create"]
        return answer

    outcomes = odd(shop).push(
        [change("BOLT", WHOLE, action=Action.ADD), change("S5", {"quantity": 2}, id="5")]
    )
    assert [(type(outcome), outcome.link.product_code) for outcome in outcomes] == [(Done, "12"), (Done, "5")]


def test_a_shop_that_answers_with_other_products_than_asked_for_links_none_of_them(odd, change):
    """Caches and plugins that drop the query are known; the first product of the shop must not be taken."""

    def shop(method, _path, body):
        if method == "GET":
            return [{**SIMPLE, "sku": "OTHER"}, {**SIMPLE, "id": 13, "sku": ""}]
        return {"create": [written(row, id=77) for row in body["create"]]}

    (outcome,) = odd(shop).push([change("BOLT", WHOLE, action=Action.ADD)])
    assert isinstance(outcome, Done)
    assert outcome.link is not None
    assert outcome.link.product_code == "77"


def test_a_compare_at_without_any_price_in_the_shop_is_refused_and_breaks_nothing(odd, change):
    """The linked id is gone, the SKU has moved to another product, and that one has no price."""

    def shop(method, _path, _body):
        assert method == "GET", "nothing may be written"
        return [SIMPLE | {"id": 13}]

    (outcome,) = odd(shop).push([change("BOLT", {"compare_at": Decimal("20")})])
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Refused)


def test_a_shop_without_brands_gets_none_and_says_so(odd, change):
    def shop(method, path, body):
        if path.startswith("/products/brands"):
            return httpx2.Response(
                404, json={"code": "rest_no_route", "message": "", "data": {"status": 404}}
            )
        return [] if method == "GET" else {"create": [written(row, id=77) for row in body["create"]]}

    (outcome,) = odd(shop).push([change("BOLT", {**WHOLE, "vendor": "Karoo Works"}, action=Action.ADD)])
    assert isinstance(outcome, Done), outcome
    assert outcome.note.endswith("The shop has no brands, so the vendor was left out.")


def test_a_shop_that_loses_pictures_on_the_way_is_told_of(odd, change):
    def shop(method, _path, body):
        if method == "GET":
            return [{**SIMPLE, "images": []}]
        return {"update": [written(body["update"][0], images=[])]}

    image = Image("https://images.example/a.png", "aa")
    wanted = FieldChange(Group.IMAGES, "images", None, ("aa",))
    (outcome,) = odd(shop).push([replace(change("BOLT", {}), fields=(wanted,), images=(image,))])
    assert isinstance(outcome, Done), outcome
    assert "1 pictures were sent and the shop took 0" in outcome.failed[Group.IMAGES].message


def test_a_shop_that_lists_no_tag_it_was_given_is_told_of(odd, change):
    def shop(method, path, body):
        if method == "GET":
            return [{**SIMPLE, "tags": []}]
        if path == "/products/tags/batch":
            return {"create": [{"id": 5, "name": "steel"}]}
        return {"update": [written(body["update"][0], tags=[])]}

    (outcome,) = odd(shop).push([change("BOLT", {"tags": "steel"})])
    assert isinstance(outcome, Done), outcome
    assert "did not take all of its tags" in outcome.note
