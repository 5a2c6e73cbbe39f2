"""Somebody with segments sees on the status page what they admit, and acts on nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from tests.web.status.conftest import order, stale, words

Page = Callable[[], str]


@pytest.fixture
def limited(hub: Any, new_user: Any, browser: Any) -> Callable[..., Any]:
    """The browser of an administrator with these segments: (kind, key, operator, value) each."""

    def make(*segments: tuple[str, str, str, str]) -> Any:
        from stockwire.domain.segments import segment
        from stockwire.hub.sync.segments import person, set_segment

        new_user("sipho")
        with hub.scope():
            for one in segments:
                set_segment(person(user="sipho"), segment(*one), "a test")
        return browser("sipho")

    return make


def seen(browser: Any) -> str:
    return words(browser.get("/").content.decode())


@pytest.fixture
def orders(hub: Any, shop: Any) -> None:
    order(hub, shop, "1001", state="held", reason="Totals differ.", source_customer_code="CAPE01")
    order(hub, shop, "1002", state="held", reason="Totals differ.", source_customer_code="KAROO01")
    order(hub, shop, "1003", state="raised", source_customer_code="CAPE01", total=100)
    order(hub, shop, "1004", state="raised", source_customer_code="KAROO01", total=900)


@pytest.fixture
def products(hub: Any, shop: Any) -> None:
    stale(hub, shop, ["DRILL-1", "DRILL-2"], state="needs_you", message="{sku} has no price.")
    stale(hub, shop, ["SAW-1"], state="needs_you", message="{sku} has no price.")
    hub.owner.execute("update products set vendor = 'Bosch' where source_product_code like 'DRILL%'")
    hub.owner.execute(
        "insert into source_problems (client_id, source_id, code, message, hint, seen_at)"
        " values (%s, %s, 'SAW-9', 'SAW-9 has no description.', '', now())",
        [hub.client_id, hub.source_id],
    )


def test_orders_are_those_that_segments_of_orders_admit(limited: Any, orders: None) -> None:
    text = seen(limited(("orders", "source_customer_code", "equal", "cape01")))
    assert "You see the orders that your segments admit, not all of them." in text
    assert "1001" in text
    assert "1003" in text
    assert "1002" not in text
    assert "1004" not in text
    assert "Today R 215.00 2 orders" in text.replace("\u00a0", " ")
    assert "Held 1" in text
    assert "Raised 1" in text


def test_an_order_of_a_customer_who_may_not_be_seen_is_not_there(
    hub: Any, shop: Any, limited: Any, orders: None
) -> None:
    from stockwire.hub.models import Customer, CustomerMeta

    with hub.scope():
        for code, rep in (("CAPE01", "123"), ("KAROO01", "9")):
            owned = {"client_id": hub.client_id}
            made = Customer.objects.create(
                **owned,
                channel=shop,
                source_id=hub.source_id,
                username=code.lower(),
                source_customer_code=code,
                active=True,
            )
            CustomerMeta.objects.create(**owned, customer=made, key="rep_id", value=rep)
    text = seen(
        limited(
            ("customers", "attribute_key", "equal", "rep_id"),
            ("customers", "attribute_value", "equal", "123"),
        )
    )
    assert set(re.findall(r"\b100\d\b", text)) == {"1001", "1003"}


def test_products_and_their_counts_are_those_that_segments_of_products_admit(
    limited: Any, products: None
) -> None:
    text = seen(limited(("products", "vendor", "equal", "bosch")))
    assert "2 products" in text
    assert "DRILL-1" in text
    assert "SAW" not in text, "neither the product nor the row that cannot be judged"
    assert "Need you 3" not in text


def test_whoever_has_no_segments_sees_everything(
    new_user: Any, browser: Any, orders: None, products: None
) -> None:
    text = seen(browser(new_user()))
    assert "segments" not in text
    for name in ("1001", "1002", "1003", "1004", "DRILL-1", "SAW-1", "SAW-9"):
        assert name in text


def test_what_is_not_seen_cannot_be_acted_on(hub: Any, limited: Any, orders: None, products: None) -> None:
    inside = limited(
        ("orders", "source_customer_code", "equal", "cape01"), ("products", "vendor", "equal", "bosch")
    )
    ids = dict(hub.rows("select number, id from orders"))
    assert inside.post(f"/orders/{ids['1002']}/release").status_code == 404
    assert inside.post(f"/orders/{ids['1001']}/release").status_code == 302
    page = inside.get("/").content.decode()
    address, digest = re.search(
        r'action="([^"]+products[^"]+)".*?name="cause" value="(\w+)"', page, re.S
    ).groups()  # type: ignore[union-attr]
    inside.post(address, {"cause": digest})
    left = hub.rows(
        "select p.source_product_code from stale s join products p on p.id = s.product_id"
        " where s.state = 'needs_you'"
    )
    assert left == [("SAW-1",)]
