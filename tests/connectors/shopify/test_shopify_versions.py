"""The whole connector works in each version of the API that is supported: not only its documents, but also what
they carry, which only a call shows."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.connectors.shopify.conftest import add, done, group, update, variant
from tests.connectors.shopify.test_shopify_products import OF_VARIANT, PICTURES, WHOLE

from stockwire.connectors.shopify.settings import VERSIONS
from stockwire.domain.records import Shipment
from stockwire.domain.totals import prove
from stockwire.ports import Action, Change

ALL_ON = {"block_image_enabled": "false", "ignore_category_enabled": "false", "metafields_enabled": "true"}


@pytest.mark.parametrize(
    "version", [*(pytest.param(each, marks=pytest.mark.slow) for each in VERSIONS[:-1]), VERSIONS[-1]]
)
def test_products_stock_orders_shipments_and_webhooks_go_in_each_version(desk, version):
    channel = desk.open(api_version=version, **ALL_ON)
    assert not [found for found in channel.check() if found.state == "failed"]
    family = group("TEE", ["Size"], [variant("TEE-S", "S", **OF_VARIANT)], **WHOLE)
    bolt, tee = (done(found) for found in channel.push([add("BOLT", **WHOLE, **OF_VARIANT), family]))
    desk.settle()
    small = done(tee.variants["key-TEE-S"]).link
    sizes = [
        variant("TEE-S", "S", action=Action.UPDATE, link=small, price=Decimal("8.00"), quantity=2, grams=80),
        variant("TEE-M", "M", **OF_VARIANT),
    ]
    desk.shop.set_stock("BOLT", 30)
    changed = {**WHOLE, "images": ("hash-back", "hash-front"), "pictures": PICTURES[::-1]}
    changed |= {"tags": "brass", "collection": "Sale", "meta.finish": "", "active": False}
    before = {"tags": WHOLE["tags"], "collection": WHOLE["collection"], "quantity": 7}
    bolt, tee = (
        done(found)
        for found in channel.push(
            [
                update("BOLT", bolt.link, before, **changed, quantity=4),
                group("TEE", ["Size"], sizes, Action.UPDATE, tee.link, title="Another title"),
            ]
        )
    )
    assert not bolt.failed
    assert all(done(found) for found in tee.variants.values())
    assert (desk.available("BOLT"), desk.available("TEE-S")) == (4, 2)
    assert [row["filename"] for row in desk.product("BOLT")["media"]] == ["back.jpg", "front.jpg"]
    assert {row.sku for row in channel.shelf()} == {"BOLT", "TEE-S", "TEE-M"}

    code = str(desk.shop.place_order("customer", lines=[{"sku": "TEE-S", "quantity": 1}])["number"])
    desk.settle()
    assert code in {hint.channel_order_code for hint in channel.orders(None)}
    assert prove(channel.order(code)).ok
    done(channel.ship(Shipment("ship-1", code, tracking_number="PNJ1")))
    done(
        channel.ship(Shipment("ship-1", code, tracking_number="PNJ1", tracking_url="https://t.example/PNJ1"))
    )

    assert {found.state for found in channel.repair_webhooks("https://hub.example/hooks/a")} == {"created"}
    assert {found.state for found in channel.repair_webhooks("https://hub.example/hooks/b")} == {"revived"}

    gone = variant("TEE-M", "M", action=Action.REMOVE, link=done(tee.variants["key-TEE-M"]).link)
    done(channel.push([group("TEE", ["Size"], [gone], Action.UPDATE, tee.link)])[0])
    done(channel.push([Change("BOLT", "BOLT", Action.REMOVE, (), bolt.link)])[0])
    assert {row.sku for row in channel.shelf()} == {"TEE-S"}
    assert desk.answered_as == {version}
