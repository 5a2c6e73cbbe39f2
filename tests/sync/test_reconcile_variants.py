"""Products with variants against the simulated shop: drift of the product as a whole and of single variants."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

SIZES = ("S", "M & L", "XL")


@pytest.fixture
def shirt(rehearsal: Any) -> Callable[..., None]:
    """The hub holds a shirt in three sizes, and the shop has confirmed it."""
    from stockwire.hub import models
    from stockwire.hub.sync.stale import mark_products

    owned = {"client_id": rehearsal.hub.client_id}
    source = {**owned, "source_id": rehearsal.hub.source_id}
    with rehearsal.hub.scope():
        product = models.Product.objects.create(
            **source, source_product_code="SHIRT", active=True, title="Shirt", option_names=["Size"]
        )
        for size in SIZES:
            sku = f"SHIRT-{size[0]}"
            variant = models.Variant.objects.create(
                **source, product=product, source_variant_code=sku, sku=sku, option_values=[size]
            )
            models.Quantity.objects.create(**owned, variant=variant, warehouse="", quantity=4)
            models.PriceTier.objects.create(**owned, variant=variant, tier="retail", price=Decimal("115"))
        mark_products([product.pk], "a test")
    push(rehearsal)
    assert rehearsal.count("links") == len(SIZES)


def push(rehearsal: Any) -> None:
    for _ in range(2):
        rehearsal.hub.owner.execute("update lanes set next_at = now() where next_at is not null")
        rehearsal.hub.work("push")
    assert rehearsal.hub.rows("select message from stale") == []


def reconcile(rehearsal: Any, *repairs: str) -> dict[str, Any]:
    from stockwire.hub.sync import drift_reports, work

    with rehearsal.hub.scope():
        report, lane_id = drift_reports.ask(rehearsal.channel_id, "thandi", repairs)
    assert work.reconcile_only(rehearsal.hub.client_id, lane_id, "test")
    with rehearsal.hub.scope():
        report.refresh_from_db()
        return drift_reports.as_json(report, drift_reports.items_of(report, 100))


def found(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    return sorted((item["kind"], item["sku"], item["field"]) for item in report["items"])


def theirs(rehearsal: Any) -> dict[str, dict[str, Any]]:
    """What can be bought there, by SKU, and the product itself by its code."""
    rows = rehearsal.stand.app.shop.products.values()
    return {row["sku"]: row for row in rows if row["status"] != "trash"}


def test_a_product_with_variants_as_confirmed_has_no_drift(rehearsal: Any, shirt: Any) -> None:
    report = reconcile(rehearsal)
    assert (report["items"], report["listed"], report["linked"]) == ([], 3, 3)


def test_the_product_and_its_variants_are_compared_each_by_itself_and_repaired(
    rehearsal: Any, shirt: Any
) -> None:
    rehearsal.act("edit_product", sku="SHIRT", name="T-shirt")
    theirs(rehearsal)["SHIRT-M"]["regular_price"] = "99.00"
    assert found(reconcile(rehearsal, "different")) == [
        ("different", "SHIRT", "title"),
        ("different", "SHIRT-M", "price"),
    ]
    push(rehearsal)
    assert theirs(rehearsal)["SHIRT"]["name"] == "Shirt"
    assert Decimal(theirs(rehearsal)["SHIRT-M"]["regular_price"]) == 115
    assert reconcile(rehearsal)["items"] == []


def test_a_variant_that_staff_deleted_is_missing_and_comes_back_below_its_product(
    rehearsal: Any, shirt: Any
) -> None:
    gone, parent = theirs(rehearsal)["SHIRT-M"]["id"], theirs(rehearsal)["SHIRT"]["id"]
    delete_variation(rehearsal, parent, gone)
    assert found(reconcile(rehearsal, "missing")) == [("missing", "SHIRT-M", "")]
    assert rehearsal.count("product_links") == 1
    push(rehearsal)
    assert theirs(rehearsal)["SHIRT-M"]["parent_id"] == parent
    assert reconcile(rehearsal)["items"] == []


def test_a_product_that_staff_deleted_with_all_its_variants_is_made_anew_whole(
    rehearsal: Any, shirt: Any
) -> None:
    before = theirs(rehearsal)["SHIRT"]["id"]
    rehearsal.act("delete_product", sku="SHIRT")
    skus = ("SHIRT-M", "SHIRT-S", "SHIRT-X")
    assert found(reconcile(rehearsal, "missing")) == [("missing", sku, "") for sku in skus]
    assert (rehearsal.count("product_links"), rehearsal.count("known_products")) == (0, 0)
    push(rehearsal)
    assert theirs(rehearsal)["SHIRT"]["id"] != before
    assert reconcile(rehearsal)["items"] == []


def delete_variation(rehearsal: Any, parent: int, number: int) -> None:
    """As staff do it; the control port has no act for it."""
    from stockwire.simulators.woocommerce import catalogue

    shop = rehearsal.stand.app.shop
    with shop.lock:
        catalogue.remove(shop, shop.products[number])
