"""A shop against what it confirmed: what staff changed, deleted or made there is reported, and repaired only
when asked. Against the simulated shop."""

from __future__ import annotations

import html
from typing import Any

from tests.sync.conftest import found, shop


def values(report: dict[str, Any]) -> dict[str, tuple[Any, Any, Any]]:
    """Field to what was confirmed, what is shown and what is wanted."""
    return {item["field"]: (item["confirmed"], item["shown"], item["wanted"]) for item in report["items"]}


def test_a_shop_that_shows_what_it_answered_has_no_drift(
    rehearsal: Any, feed: Any, push: Any, reconcile: Any
) -> None:
    """The price is rounded there, the barcode not taken and so not sent, the name cut, the stock counted
    in whole units."""
    odd = {
        "DESCRIPTION": " Nuts & <bolts> ",
        "SELLINGPRICE1": "13.905",
        "OAvailable": "7.8",
        "BARCODE": "AB-1",
    }
    feed.send(feed.row("BOLT", **odd), feed.row("NUT", SELLINGPRICE1="0.10", OAvailable="0"))
    push()
    report = reconcile()
    assert report["items"] == []
    assert (report["state"], report["listed"], report["linked"], report["counts"]) == ("done", 2, 2, {})
    assert rehearsal.hub.rows("select 1 from known where \"values\"->>'barcode' = 'AB-1'") == []
    [(sent, answered)] = rehearsal.hub.rows("select \"values\", answered from known where answered <> '{}'")
    assert (sent["title"], answered["title"]) == ("Nuts & <bolts>", ["Nuts &"])


def test_what_staff_changed_is_reported_and_nothing_is_sent(
    rehearsal: Any, feed: Any, push: Any, reconcile: Any
) -> None:
    feed.send(feed.row("BOLT", SELLINGPRICE1="13.90"), feed.row("NUT"))
    push()
    rehearsal.act("edit_product", sku="BOLT", name="A better name", regular_price="9.00")
    rehearsal.stand.calls.clear()
    report = reconcile()
    assert sorted(found(report)) == [
        ("different", "BOLT", "price", "changed on the channel"),
        ("different", "BOLT", "title", "changed on the channel"),
    ]
    assert values(report) == {
        "price": ("13.90", "9.00", "13.90"),
        "title": ("Item BOLT", "A better name", "Item BOLT"),
    }
    assert (report["counts"], report["repaired"]) == ({"different": 2}, {})
    push()
    assert rehearsal.stand.calls.writes == 0
    assert shop(rehearsal)["BOLT"]["regular_price"] == "9.00"


def test_an_edit_while_a_push_waits_is_told_apart_and_ours_goes_out(
    rehearsal: Any, feed: Any, push: Any, reconcile: Any
) -> None:
    feed.send(feed.row("BOLT", SELLINGPRICE1="13.90", OAvailable="7"))
    push()
    feed.send(feed.row("BOLT", DESCRIPTION="Hex bolt", SELLINGPRICE1="15.00", OAvailable="7"))
    rehearsal.act("edit_product", sku="BOLT", name="Hex bolt", regular_price="9.00")
    assert {(field, said) for _, _, field, said in found(reconcile())} == {
        ("title", "changed on the channel to what is wanted now"),
        ("price", "changed on the channel, and here since; ours goes out with the next push"),
    }
    push()
    assert shop(rehearsal)["BOLT"]["regular_price"] == "15.00"
    assert reconcile()["items"] == []


def test_repairing_what_differs_sends_ours_with_the_next_push_and_stands_in_the_audit(
    rehearsal: Any, feed: Any, push: Any, reconcile: Any
) -> None:
    feed.send(feed.row("BOLT", SELLINGPRICE1="13.90"), feed.row("NUT"))
    push()
    rehearsal.act("edit_product", sku="BOLT", name="A better name", regular_price="9.00")
    report = reconcile("different")
    assert report["repaired"] == {"different": 2}
    assert {item["repaired"] for item in report["items"]} == {
        "what the channel shows is noted; ours goes out with the next push"
    }
    assert shop(rehearsal)["BOLT"]["regular_price"] == "9.00", "a comparison wrote to the shop itself"
    rehearsal.stand.calls.clear()
    push()
    bolt = shop(rehearsal)["BOLT"]
    assert (bolt["name"], bolt["regular_price"]) == ("Item BOLT", "13.90")
    assert rehearsal.stand.calls.writes == 1
    assert reconcile()["items"] == []
    [(who, before, after)] = rehearsal.hub.rows(
        "select who, before, after from audit where action = 'drift repaired'"
    )
    assert who == "thandi"
    assert sorted((one["sku"], one["field"], one["shown"]) for one in before) == [
        ("BOLT", "price", "9.00"),
        ("BOLT", "title", "A better name"),
    ]
    assert (after["report"], after["different"]) == (report["report"], 2)


def test_a_price_that_staff_cleared_or_struck_is_put_right_too(
    rehearsal: Any, feed: Any, push: Any, reconcile: Any
) -> None:
    """Ours is to have none: to forget what was confirmed would not send that."""
    rehearsal.hub.owner.execute("update channels set compare_at_tier = 'sellingprice2'")
    with_was = {"SELLINGPRICE1": "100.00", "SELLINGPRICE2": "150.00"}
    feed.send(feed.row("BOLT", **with_was))
    push()
    feed.send(feed.row("BOLT", **{**with_was, "SELLINGPRICE2": "0.00"}))
    push()
    assert reconcile()["items"] == []
    rehearsal.act("edit_product", sku="BOLT", regular_price="100.00", sale_price="60.00")
    assert values(reconcile("different")) == {
        "price": ("100.00", "60.00", "100.00"),
        "compare_at": (None, "100.00", None),
    }
    push()
    held = rehearsal.stand.app.state()["products"][0]
    assert (held["regular_price"], held["sale_price"]) == ("100.00", "")


def test_what_staff_deleted_is_missing_and_made_again_only_when_asked(
    rehearsal: Any, feed: Any, push: Any, reconcile: Any
) -> None:
    feed.send(feed.row("BOLT"), feed.row("NUT"), feed.row("WASHER"))
    push()
    rehearsal.act("delete_product", sku="BOLT")
    rehearsal.act("delete_product", sku="NUT", force=False)
    report = reconcile()
    assert sorted(found(report)) == [
        ("missing", "BOLT", "", "gone from the channel"),
        ("missing", "NUT", "", "gone from the channel"),
    ]
    assert (report["listed"], report["linked"]) == (1, 3)
    push()
    assert set(shop(rehearsal)) == {"WASHER"}
    assert reconcile("different", "missing")["repaired"] == {"missing": 2}
    push()
    assert set(shop(rehearsal)) == {"BOLT", "NUT", "WASHER"}
    assert reconcile()["items"] == []


def test_what_staff_made_anew_is_linked_again_and_not_made_twice(
    rehearsal: Any, feed: Any, push: Any, reconcile: Any
) -> None:
    feed.send(feed.row("BOLT", SELLINGPRICE1="13.90"))
    push()
    rehearsal.act("delete_product", sku="BOLT")
    anew = rehearsal.act("add_product", name="Bolt", sku="bolt", regular_price="1.00")
    report = reconcile("missing")
    assert [(item["kind"], item["said"]) for item in report["items"]] == [
        ("missing", f"gone from the channel; its SKU is at product {anew['id']} there"),
        ("extra", f"known here and linked to product {report['items'][0]['product_code']} of the channel"),
    ]
    push()
    assert shop(rehearsal)["bolt"]["regular_price"] == "13.90"
    assert rehearsal.hub.rows("select product_code from links") == [(str(anew["id"]),)]
    assert reconcile()["items"] == []


def test_what_only_the_shop_knows_is_reported_and_never_touched(
    rehearsal: Any, feed: Any, push: Any, reconcile: Any
) -> None:
    unsold = {"SELLINGPRICE1": ""}
    feed.send(feed.row("BOLT"), feed.row("GONE", **unsold), feed.row("LATER", **unsold))
    push()
    feed.send(feed.row("BOLT"), feed.row("GONE", EXTRADTLS8="DELETE"), feed.row("LATER", **unsold))
    push()
    for sku in ("STRAY", "GONE", "LATER", ""):
        rehearsal.act("add_product", name="By hand", sku=sku, regular_price="5.00")
    before = rehearsal.stand.app.state()["products"]
    report = reconcile("different", "missing")
    assert sorted((item["sku"], item["said"]) for item in report["items"]) == [
        ("", "it has no SKU, so nothing here can be linked to it"),
        ("GONE", "known here and not on sale (set to DELETE, or gone), so not linked to it"),
        ("LATER", "known here and not linked to it"),
        ("STRAY", "no product here has this SKU"),
    ]
    assert report["counts"] == {"extra": 4, "extra_known": 2}
    assert rehearsal.stand.app.state()["products"] == before


def test_an_sku_that_stands_twice_in_the_shop_is_named_with_both_products(
    rehearsal: Any, feed: Any, push: Any, reconcile: Any
) -> None:
    feed.send(feed.row("BOLT"))
    push()
    stray = rehearsal.act("add_product", name="Copy", sku="COPY", regular_price="5.00")
    # The shop refuses it, an import into its database does not.
    rehearsal.stand.app.shop.products[stray["id"]]["sku"] = "bolt"
    ours = rehearsal.hub.rows("select product_code from links")[0][0]
    assert sorted(found(reconcile())) == [
        ("duplicate", "bolt", "", f"product {ours} of the channel has this SKU too"),
        ("extra", "bolt", "", f"known here and linked to product {ours} of the channel"),
    ]


def test_another_sku_in_the_shop_is_reported_and_left_to_a_person(
    rehearsal: Any, feed: Any, push: Any, reconcile: Any
) -> None:
    feed.send(feed.row("BOLT"))
    push()
    rehearsal.act("edit_product", sku="BOLT", new_sku="BOLT-OLD")
    report = reconcile("different")
    [item] = report["items"]
    assert (item["field"], item["confirmed"], item["shown"], item["repaired"]) == (
        "sku",
        "BOLT",
        "BOLT-OLD",
        "",
    )
    assert report["repaired"] == {}
    assert report["notes"] == [
        "1 not repaired: SKUs, which no push sends; correct them on the channel, or unlink the product"
    ]
    assert rehearsal.count("stale") == 0


def test_a_field_that_is_the_channels_own_is_no_drift(
    rehearsal: Any, feed: Any, push: Any, reconcile: Any
) -> None:
    from stockwire.hub.sync.belonging import set_channel_flags

    feed.send(feed.row("BOLT"))
    push()
    rehearsal.act("edit_product", sku="BOLT", name="A better name", regular_price="9.00")
    with rehearsal.hub.scope():
        set_channel_flags(rehearsal.channel_id, {"title": "channel"}, "thandi")
    assert [item["field"] for item in reconcile()["items"]] == ["price"]


def test_a_lower_quantity_is_left_alone_until_the_order_that_may_explain_it_is_read(
    rehearsal: Any, feed: Any, push: Any, reconcile: Any
) -> None:
    feed.send(feed.row("BOLT", OAvailable="7"), feed.row("NUT", OAvailable="7"))
    push()
    rehearsal.act("place_order", lines=[{"sku": "BOLT", "quantity": 2}])
    rehearsal.act("set_stock", sku="NUT", quantity=99)
    report = reconcile("different")
    assert {(sku, said) for _, sku, _, said in found(report)} == {
        ("BOLT", "sold or changed on the channel"),
        ("NUT", "sold or changed on the channel"),
    }
    assert report["repaired"] == {}
    assert report["notes"] == [
        "2 not repaired: quantities, because 1 orders of the channel are not read yet and may explain them"
    ]
    push()
    assert shop(rehearsal)["BOLT"]["stock_quantity"] == 5
    # Once more, because what lies at the edge of a poll is looked at twice.
    rehearsal.take()
    rehearsal.take()
    push()
    report = reconcile("different")
    assert [(item["sku"], item["shown"]) for item in report["items"]] == [("NUT", 99)]
    assert report["repaired"] == {"different": 1}
    push()
    assert {sku: row["stock_quantity"] for sku, row in shop(rehearsal).items()} == {"BOLT": 5, "NUT": 7}


def test_stock_that_staff_no_longer_let_the_shop_count_is_one_difference_and_comes_back_whole(
    rehearsal: Any, feed: Any, push: Any, reconcile: Any
) -> None:
    feed.send(feed.row("BOLT", OAvailable="7"))
    push()
    rehearsal.act("edit_product", sku="BOLT", manage_stock=False)
    assert values(reconcile("different")) == {"inventory_management": (True, False, True)}
    push()
    bolt = shop(rehearsal)["BOLT"]
    assert (bolt["manage_stock"], bolt["stock_quantity"]) == (True, 7)
    assert reconcile()["items"] == []


def test_a_product_that_somebody_skipped_is_not_repaired(
    rehearsal: Any, feed: Any, push: Any, reconcile: Any
) -> None:
    from stockwire.hub.sync import operator

    feed.send(feed.row("BOLT"))
    push()
    feed.send(feed.row("BOLT", SELLINGPRICE1="99.00"))
    with rehearsal.hub.scope():
        operator.skip(rehearsal.channel_id, "BOLT", "sipho", "new photo first")
    rehearsal.act("edit_product", sku="BOLT", regular_price="9.00")
    report = reconcile("different")
    assert report["notes"] == ["1 not repaired: somebody skipped the product on this channel"]
    push()
    assert shop(rehearsal)["BOLT"]["regular_price"] == "9.00"


def test_too_much_at_once_is_repaired_on_a_persons_word_only(
    rehearsal: Any, feed: Any, push: Any, reconcile: Any
) -> None:
    feed.send(*[feed.row(f"B{number}") for number in range(6)])
    push()
    for number in range(4):
        rehearsal.act("delete_product", sku=f"B{number}")
    rehearsal.act("edit_product", sku="B5", regular_price="9.00")
    report = reconcile("different", "missing", bounded=True)
    assert report["repaired"] == {"different": 1}
    assert report["notes"] == [
        "4 of 6 linked products are missing at once, so none was repaired by itself. Look first; "
        "`stockwire channel reconcile --repair missing` repairs them all."
    ]
    assert reconcile("missing")["repaired"] == {"missing": 4}


def test_what_a_moving_list_left_out_is_asked_for_by_its_sku_before_it_is_called_missing(
    rehearsal: Any, feed: Any, push: Any
) -> None:
    """As when something is deleted between two pages, and the next product slips onto the page before."""
    from stockwire.hub.models import Channel
    from stockwire.hub.sync.compare_shelf import Comparison
    from stockwire.hub.sync.snapshot import planner_for
    from stockwire.registry import channel_connector

    feed.send(feed.row("BOLT"), feed.row("NUT"))
    push()
    rehearsal.act("delete_product", sku="NUT")
    with rehearsal.hub.scope():
        row = Channel.objects.get(pk=rehearsal.channel_id)
        comparison = Comparison(rehearsal.hub.client_id, row.pk, 0, planner_for(row))
        [gone] = comparison.not_listed(10)
    connector = channel_connector(row.type)
    port = connector.open(row.read_settings(connector.settings))
    found = port.look_up([one.sku for one in gone])
    port.close()
    assert sorted(one.sku for one in gone) == ["BOLT", "NUT"]
    assert [item.sku for item in comparison.missing(gone, found)] == ["NUT"]


MAP = """{{! escape: json }}
{"name": "{{product.title}} ({{variant.sku}})", "status": "publish", "short_description": "{{product.vendor}}",
 "variations": [{"sku": "{{variant.sku}}", "regular_price": "{{variant.price}}",
  "stock_quantity": {{variant.qty}}, "manage_stock": true}]}
"""


def test_what_staff_change_is_found_where_a_field_map_decides_what_is_sent_too(
    rehearsal: Any, feed: Any, push: Any, reconcile: Any
) -> None:
    from stockwire.hub.models import Channel

    with rehearsal.hub.scope():
        channel = Channel.objects.get(pk=rehearsal.channel_id)
        channel.settings = {**channel.settings, "product_map": MAP}
        channel.save()
    feed.send(feed.row("BOLT", DESCRIPTION="Nut & bolt", SELLINGPRICE1="115", OAvailable="7"))
    push()
    assert shop(rehearsal)["BOLT"]["regular_price"] == "115.00"
    assert found(reconcile()) == []
    rehearsal.act("edit_product", sku="BOLT", regular_price="99.00", name="By hand", stock_quantity=3)
    rehearsal.act("edit_product", sku="BOLT", status="draft")
    assert found(reconcile("different")) == [
        ("different", "BOLT", "map.name", "changed on the channel"),
        ("different", "BOLT", "map.status", "changed on the channel"),
        ("different", "BOLT", "map.regular_price", "changed on the channel"),
        ("different", "BOLT", "map.stock_quantity", "sold or changed on the channel"),
    ]
    push()
    held = shop(rehearsal)["BOLT"]
    assert (held["regular_price"], held["status"], held["stock_quantity"]) == ("115.00", "publish", 7)
    assert html.unescape(held["name"]) == "Nut & bolt (BOLT)"
    assert found(reconcile()) == []


def test_a_field_map_over_variants_drifts_by_the_variant_and_by_the_product(
    rehearsal: Any, push: Any, reconcile: Any
) -> None:
    from tests.sync.shops import Story, hold

    from stockwire.hub.models import Channel

    top = '"regular_price": "{{variant.price}}", "short_description"'
    with rehearsal.hub.scope():
        channel = Channel.objects.get(pk=rehearsal.channel_id)
        channel.settings = {**channel.settings, "product_map": MAP.replace('"short_description"', top)}
        channel.save()
    story = Story(rehearsal.hub, rehearsal.stand, rehearsal.channel_id, None, dict)  # type: ignore[arg-type]
    hold(story, "SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    rehearsal.hub.owner.execute(
        "update price_tiers set price = 150 where variant_id = (select max(id) from variants)"
    )
    push()
    assert rehearsal.hub.rows("select message from stale") == []
    assert found(reconcile()) == []
    rows = rehearsal.stand.app.shop.products.values()
    next(row for row in rows if row["sku"] == "S-L")["regular_price"] = "99.00"
    assert [one[:3] for one in found(reconcile())] == [("different", "S-L", "map.regular_price")]
