"""What people do on the status page: go on, try again, look again; and who may."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.web.status.conftest import Browser, NewUser, ago, order, stale, update, words


def test_a_paused_channel_says_why_and_goes_on_when_told(
    hub: Any, shop: Any, new_user: NewUser, browser: Browser
) -> None:
    update(
        hub,
        "Lane",
        kind="push",
        paused=True,
        next_at=None,
        note="The key is refused.",
        hint="Make a new key.",
    )
    inside = browser(new_user())
    text = words(inside.get("/").content.decode())
    assert "The key is refused. Products of this channel wait · Web shop Fix Make a new key. Resume" in text
    answer = inside.post(f"/channels/{shop.pk}/resume", follow=True)
    assert "Web shop goes on." in words(answer.content.decode())
    assert "Web shop goes on." not in words(inside.get("/").content.decode())
    assert hub.rows("select paused, note from lanes where kind = 'push'") == [(False, "")]
    assert hub.rows("select count(*) from procrastinate_jobs where task_name = 'work_lane'") == [(2,)]
    [(who, action, subject, before, after)] = hub.rows(
        "select who, action, subject, before, after from audit"
    )
    assert (who, action, subject) == ("thandi", "resume channel", "Web shop")
    assert before["push"]["paused"] is True
    assert after["push"]["paused"] is False


def test_a_lane_that_backs_off_may_be_tried_at_once(
    hub: Any, shop: Any, new_user: NewUser, browser: Browser
) -> None:
    update(hub, "Lane", kind="orders", attempts=4, next_at=ago(-590), note="The shop answers 503.")
    inside = browser(new_user())
    text = words(inside.get("/").content.decode())
    assert "Backing off The shop answers 503. It is tried again by itself in 9 min" in text
    assert "Try now" in text
    inside.post(f"/channels/{shop.pk}/resume")
    assert hub.rows("select attempts, next_at <= now() from lanes where kind = 'orders'") == [(0, True)]


def test_trying_a_cause_again_offers_its_products_and_no_others(
    hub: Any, shop: Any, new_user: NewUser, browser: Browser
) -> None:
    stale(hub, shop, ["HX001", "HX002"], state="needs_you", message="SKU {sku} has no price.", attempts=3)
    stale(hub, shop, ["HX003"], state="needs_you", message="SKU {sku} is a duplicate.")
    inside = browser(new_user())
    page = inside.get("/").content.decode()
    address, digest = re.search(
        r'action="([^"]+try-again)".*?name="cause" value="(\w+)".*?Try all 2', page, re.S
    ).groups()  # type: ignore[union-attr]
    answer = inside.post(address, {"cause": digest}, follow=True)
    assert "2 products of Web shop will be tried again now." in words(answer.content.decode())
    left = "select source_product_code, state, stale.attempts, message from stale join products on products.id = product_id order by 1"
    assert hub.rows(left) == [
        ("HX001", "waiting", 0, ""),
        ("HX002", "waiting", 0, ""),
        ("HX003", "needs_you", 0, "SKU HX003 is a duplicate."),
    ]
    assert hub.rows("select action, after from audit") == [("try again", {"waiting": 2})]
    assert hub.rows("select count(*) from procrastinate_jobs where task_name = 'work_lane'") == [(1,)]
    stale_page = inside.post(address, {"cause": digest}, follow=True)
    assert "Nothing was left to try again" in words(stale_page.content.decode())
    assert hub.rows("select count(*) from audit") == [(1,)]


def test_an_order_that_could_not_be_taken_over_is_looked_at_again(
    hub: Any, shop: Any, new_user: NewUser, browser: Browser
) -> None:
    from stockwire.hub.models import OrderMark

    with hub.scope():
        OrderMark.objects.create(
            client_id=hub.client_id, channel=shop, channel_order_code="4411", needs_you=True, message="No."
        )
    inside = browser(new_user())
    page = inside.get("/").content.decode()
    digest = re.search(r'name="cause" value="(\w+)"', page).group(1)  # type: ignore[union-attr]
    inside.post(f"/channels/{shop.pk}/orders/try-again", {"cause": digest})
    assert hub.rows("select needs_you, message from order_marks") == [(False, "")]


@pytest.mark.parametrize(
    ("state", "act", "button", "said", "after"),
    [
        ("held", "release", "Release", "Order #1042 is released and goes to its source.", "ready"),
        ("refused", "send-again", "Send again", "Order #1042 is sent to its source again.", "ready"),
        ("in_doubt", "send-again", "Send again", "Order #1042 is sent to its source again.", "ready"),
        ("raised", "settle", "It is settled", "Order #1042 is settled.", "raised"),
    ],
)
def test_an_order_that_needs_a_person_has_its_button(
    hub: Any,
    shop: Any,
    new_user: NewUser,
    browser: Browser,
    state: str,
    act: str,
    button: str,
    said: str,
    after: str,
) -> None:
    order(hub, shop, "#1042", state=state, reason="Order #1042 is R 7.50 out.", claim=1)
    inside = browser(new_user())
    page = inside.get("/").content.decode()
    [(address, shown)] = set(re.findall(r'action="(/orders/[^"]+)".*?<button>(.*?)</button>', page))
    assert (address.rsplit("/", 1)[1], shown) == (act, button)
    assert page.count(address) == 2
    answer = words(inside.post(address, follow=True).content.decode())
    assert said in answer
    assert "R 7.50 out" not in answer
    assert hub.rows("select state, reason from orders") == [(after, "")]
    assert hub.rows("select who, subject from audit") == [("thandi", "order #1042")]


def test_an_order_that_has_gone_on_meanwhile_is_left_alone(
    hub: Any, shop: Any, new_user: NewUser, browser: Browser
) -> None:
    order(hub, shop, "#1042", state="raised", document_number="SO1")
    [(order_id,)] = hub.rows("select id from orders")
    answer = browser(new_user()).post(f"/orders/{order_id}/send-again", follow=True)
    assert "Order #1042 is raised: it cannot be sent again now." in words(answer.content.decode())
    assert hub.rows("select state from orders") == [("raised",)]


def test_somebody_who_may_only_look_sees_the_buttons_but_cannot_press_them(
    hub: Any, shop: Any, new_user: NewUser, browser: Browser
) -> None:
    update(hub, "Lane", kind="push", paused=True, note="The key is refused.")
    looking = browser(new_user("pieter", role="read_only"))
    page = looking.get("/").content.decode()
    assert re.search(r"<button disabled title=\"Only an administrator may do this\">Resume</button>", page)
    answer = looking.post(f"/channels/{shop.pk}/resume")
    assert answer.status_code == 403
    assert "You may look but not change." in answer.content.decode()
    assert hub.rows("select paused from lanes where kind = 'push'") == [(True,)]
