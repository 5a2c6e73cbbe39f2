"""What drifts on a shop is found and put right the same way on every simulated shop that can list what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.sync import shops

SIZES = {"S-S": ("S", 5), "S-L": ("L", 7)}


QUICK = "woocommerce"


@pytest.fixture(
    params=[pytest.param(each, marks=() if each == QUICK else pytest.mark.slow) for each in shops.SHOPS]
)
def story(request: pytest.FixtureRequest, hub: Any) -> Iterator[shops.Story]:
    """A bolt and a shirt in two sizes, pushed and confirmed."""
    with shops.opened(request.param, hub) as story:
        shops.hold(story, "BOLT", {"BOLT": ("", 9)}, body_html="<p>Zinc plated</p>", vendor="Karoo")
        shops.hold(story, "SHIRT", SIZES, ("Size",))
        push(story)
        yield story


def push(story: shops.Story) -> None:
    for _ in range(2):
        story.hub.owner.execute("update lanes set next_at = now() where next_at is not null")
        story.hub.work("push")
    assert story.hub.rows("select message, detail from stale") == []


def reconcile(story: shops.Story, *repairs: str) -> list[tuple[str, str, str, str]]:
    """(kind, SKU, field, what is said) of all that was found."""
    from stockwire.hub.sync import drift_reports, work

    with story.hub.scope():
        report, lane_id = drift_reports.ask(story.channel_id, "thandi", repairs)
    assert work.reconcile_only(story.hub.client_id, lane_id, "test")
    with story.hub.scope():
        report.refresh_from_db()
        assert report.state == "done", report.message
        found = drift_reports.as_json(report, drift_reports.items_of(report, 100))
    return sorted((item["kind"], item["sku"], item["field"], item["said"]) for item in found["items"])


def test_a_shop_that_shows_what_it_confirmed_has_no_drift(story: shops.Story) -> None:
    assert reconcile(story) == []


def test_what_staff_edit_is_found_field_by_field_and_put_right(story: shops.Story) -> None:
    story.staff.rename("BOLT", "Bolt, shiny")
    story.staff.reprice("BOLT", "88.00")
    story.staff.count("BOLT", 2)
    story.staff.rename("S-L", "Shirt, by hand")
    story.staff.reprice("S-L", "77.00")
    here = [
        ("different", "BOLT", "price", "changed on the channel"),
        ("different", "BOLT", "quantity", "sold or changed on the channel"),
        ("different", "BOLT", "title", "changed on the channel"),
        ("different", "S-L", "price", "changed on the channel"),
        ("different", "SHIRT", "title", "changed on the channel"),
    ]
    writes = story.stand.calls.writes
    assert reconcile(story) == here
    push(story)
    assert story.stand.calls.writes == writes, "a report changes nothing"
    assert reconcile(story, "different") == here
    push(story)
    assert reconcile(story) == []
    assert story.shop() == {
        "Item BOLT": {"variants": False, "stock": {"BOLT": 9}},
        "Item SHIRT": {"variants": True, "stock": {"S-S": 5, "S-L": 7}},
    }
    assert story.staff.price("BOLT") == story.staff.price("S-L") == 100


def test_what_staff_delete_is_missing_and_made_again_only_when_asked(story: shops.Story) -> None:
    story.staff.delete("BOLT")
    assert [one[:3] for one in reconcile(story)] == [("missing", "BOLT", "")]
    push(story)
    assert set(story.shop()) == {"Item SHIRT"}
    reconcile(story, "missing")
    push(story)
    assert story.shop()["Item BOLT"] == {"variants": False, "stock": {"BOLT": 9}}
    assert reconcile(story) == []


def test_what_only_the_shop_has_is_reported_and_never_touched(story: shops.Story) -> None:
    story.staff.add("Gift card", "GIFT", "50.00")
    assert [one[:3] for one in reconcile(story, "different", "missing")] == [("extra", "GIFT", "")]
    push(story)
    assert "Gift card" in story.shop()


def test_a_field_that_is_the_channels_own_is_no_drift(story: shops.Story) -> None:
    from stockwire.hub.sync.belonging import set_channel_flags

    with story.hub.scope():
        set_channel_flags(story.channel_id, {"title": "channel", "price": "channel"}, "thandi")
    push(story)
    story.staff.rename("BOLT", "Bolt, shiny")
    story.staff.reprice("S-L", "77.00")
    assert reconcile(story, "different") == []
    push(story)
    assert "Bolt, shiny" in story.shop()


def test_another_sku_given_by_staff_is_reported_and_left_to_a_person(story: shops.Story) -> None:
    story.staff.rename_sku("BOLT", "BOLT-NEW")
    assert [one[:2] for one in reconcile(story, "different")] == [("different", "BOLT")]
    push(story)
    assert story.shop()["Item BOLT"]["stock"] == {"BOLT-NEW": 9}


def test_what_staff_hide_from_buyers_is_reported_once_for_a_product_and_never_shown_again_by_itself(
    story: shops.Story,
) -> None:
    story.staff.hide("BOLT")
    story.staff.hide("S-L")
    found = reconcile(story, "different", "missing")
    assert [one[:3] for one in found] == [("hidden", "BOLT", ""), ("hidden", "SHIRT", "")]
    assert "draft" in found[0][3].lower()
    writes = story.stand.calls.writes
    push(story)
    assert story.stand.calls.writes == writes


def test_what_is_to_leave_or_not_to_be_sold_is_not_said_to_be_hidden(story: shops.Story) -> None:
    story.staff.hide("BOLT")
    story.hub.owner.execute("update products set active = false where source_product_code = 'BOLT'")
    assert reconcile(story) == []


def test_a_copy_of_a_product_with_the_same_sku_is_named_and_left_to_a_person(story: shops.Story) -> None:
    story.staff.copy("BOLT")
    kinds = {one[:2] for one in reconcile(story, "different", "missing")}
    assert ("duplicate", "BOLT") in kinds
    assert ("extra", "BOLT") in kinds
    push(story)
    assert len(story.shop()) == 3
