"""Orders of a Shopify shop: every shape adds up to the cent, and what happened to it afterwards is told."""

from __future__ import annotations

from datetime import UTC, timedelta
from decimal import Decimal

import pytest

from stockwire.connectors.shopify import connector, order_gate
from stockwire.domain.totals import prove
from stockwire.errors import Refused
from stockwire.simulators.shopify.orders import SHAPES


@pytest.fixture
def shop(desk):
    desk.shop.add_product("Bolt", [{"sku": "BOLT", "price": "19.99", "quantity": 100}])
    desk.shop.add_product("Nut", [{"sku": "NUT", "price": "3.33", "quantity": 100}])
    desk.settle()
    return desk


def placed(desk, shape="guest", **given):
    return str(desk.shop.place_order(shape, **given)["number"])


def read(desk, code, **settings):
    order = desk.open(**settings).order(code)
    assert order is not None
    return order


@pytest.mark.parametrize("shape", [*SHAPES])
@pytest.mark.parametrize("discounts", ["true", "false"])
def test_every_shape_of_order_adds_up_to_the_cent(shop, shape, discounts):
    order = read(shop, placed(shop, shape), line_item_discounts=discounts)
    proof = prove(order)
    assert proof.ok, proof.explanation


LINES = [{"sku": "BOLT", "quantity": 3}, {"sku": "NUT", "quantity": 7}]
MIXED = {"lines": LINES, "order_discount": "7%", "shipping": "99.00"}


@pytest.mark.parametrize("included", [True, False])
def test_an_order_adds_up_after_an_edit_a_refund_and_a_refund_of_its_delivery(shop, included):
    code = placed(shop, **MIXED, taxes_included=included)
    shop.shop.edit_order(
        int(code), remove=[{"sku": "NUT", "quantity": 2}], add=[{"sku": "BOLT", "quantity": 1}]
    )
    edited = read(shop, code)
    assert prove(edited).ok, prove(edited).explanation
    assert sum(line.quantity for line in edited.lines if line.sku == "NUT") == 5
    assert any("2 of 7 were taken off" in warning for warning in edited.warnings)
    shop.shop.refund_order(
        int(code), lines=[{"sku": "BOLT", "quantity": 1}], shipping="40.00", note="one was bent"
    )
    refunded = read(shop, code)
    assert prove(refunded).ok, prove(refunded).explanation
    assert refunded.total < edited.total
    assert any("refunded" in warning and "one was bent" in warning for warning in refunded.warnings)


def test_a_discount_is_kept_on_the_order_or_borne_by_its_lines_as_the_setting_says(shop):
    code = placed(shop, **MIXED, discount_code="KAROO7")
    on_order = read(shop, code)
    assert [discount.code for discount in on_order.discounts] == ["KAROO7"]
    assert all(line.subtotal_excl_tax > line.total_excl_tax for line in on_order.lines)
    on_lines = read(shop, code, line_item_discounts="true")
    assert on_lines.discounts == ()
    assert [line.total_excl_tax for line in on_lines.lines] == [
        line.total_excl_tax for line in on_order.lines
    ]
    assert all(line.subtotal_excl_tax == line.total_excl_tax for line in on_lines.lines)


def test_amounts_are_in_the_currency_of_the_shop_and_what_the_customer_saw_is_noted(shop):
    order = read(shop, placed(shop, "presentment"))
    assert order.currency == "ZAR"
    assert order.params["presentment_currency"] == "USD"
    assert any("USD" in warning for warning in order.warnings)


def test_a_test_order_is_flagged_and_not_raised_unless_asked_for(shop):
    order = read(shop, placed(shop, "test"))
    assert order.params["test"] == "true"
    assert not order_gate(shop.settings(), order)[0]
    assert order_gate(shop.settings(add_test_orders="true"), order)[0]


def test_only_paid_orders_are_raised_unless_all_are(shop):
    code = placed(shop, "pending")
    order = read(shop, code)
    assert order_gate(shop.settings(), order) == (
        False,
        "The order is pending; it is raised once it is paid.",
    )
    assert order_gate(shop.settings(add_all_orders="true"), order)[0]
    shop.shop.mark_paid(int(code))
    paid = read(shop, code)
    assert order_gate(shop.settings(), paid) == (True, "The order is paid.")
    assert paid.paid_at is not None


def test_a_cancelled_order_is_never_raised_not_even_with_all(shop):
    code = placed(shop)
    shop.shop.cancel_order(int(code))
    order = read(shop, code)
    assert order.status == "cancelled"
    assert not order_gate(shop.settings(add_all_orders="true"), order)[0]


def test_an_order_without_customer_data_is_read_all_the_same(shop):
    order = read(shop, placed(shop, "no_customer_data"))
    assert order.customer.email == ""
    assert order.lines


def test_the_params_of_the_settings_are_made_from_the_order(shop):
    code = placed(shop, "customer", tags=["wholesale", "urgent"], note="Ring twice", po_number="PO-7")
    order = read(
        shop,
        code,
        set_param_delivery="{{shipping_address.city}} & {{note}}",
        set_param_labels="{{tags}}",
        set_param_rep="{{customer.tags}}",
    )
    assert order.params["delivery"] == "Cape Town & Ring twice"
    assert order.params["labels"] in {"wholesale, urgent", "urgent, wholesale"}
    assert order.params["po_number"] == "PO-7"
    assert order.notes == "Ring twice"
    with pytest.raises(Refused, match="set_param_bad"):
        read(shop, code, set_param_bad="{{#open}}")


def test_the_number_has_the_prefix_of_the_settings(shop):
    assert read(shop, placed(shop), order_code_prefix="SHOP-").number == "SHOP-#1001"


def test_repeated_lines_become_one_when_asked_for(shop):
    code = placed(shop, lines=[{"sku": "BOLT", "quantity": 1}, {"sku": "BOLT", "quantity": 2}])
    assert [line.quantity for line in read(shop, code).lines] == [1, 2]
    merged = read(shop, code, group_duplicate_order_items="true")
    assert [line.quantity for line in merged.lines] == [3]
    assert prove(merged).ok


def test_an_order_of_more_lines_than_a_page_is_read_whole(shop):
    code = placed(shop, lines=[{"sku": "BOLT", "quantity": 1} for _ in range(260)])
    order = read(shop, code)
    assert len(order.lines) == 260
    assert prove(order).ok


def test_changes_are_hinted_at_from_the_overlap_on_oldest_first(shop):
    first = placed(shop)
    shop.shop.advance(3600)
    second = placed(shop)
    shop.shop.mark_paid(int(placed(shop, "pending")))
    shop.settle()
    channel = shop.open()
    everything = [hint.channel_order_code for hint in channel.orders(None)]
    assert everything[:2] == [first, second]
    order = channel.order(second)
    assert order.modified_at.tzinfo is UTC
    since = order.modified_at + timedelta(seconds=200)
    assert second in {hint.channel_order_code for hint in channel.orders(since)}
    assert first not in {hint.channel_order_code for hint in channel.orders(since)}


def test_every_setting_of_the_catalogue_has_its_name_and_default():
    held = {name: field.default for name, field in connector.settings.model_fields.items()}
    catalogue = {
        "auto_sync": True,
        "hide_product_enabled": False,
        "delete_product_enabled": True,
        "block_image_enabled": True,
        "ignore_category_enabled": True,
        "inventory_management": "shopify",
        "qty_limit_upper": 50,
        "compare_at_price": "{{price_tiers.Wholesale.price}}",
        "use_location_api": True,
        "add_all_orders": False,
        "check_order_items_linked": False,
        "order_remove_unlinked_items": False,
        "group_duplicate_order_items": False,
        "line_item_discounts": False,
        "order_use_system_price": False,
        "order_use_system_price_tier": "",
        "order_use_system_price_tax": 15,
        "order_fixed_shipping_price": None,
        "order_fixed_shipping_tax": None,
        "send_customer_email": False,
        "order_code_prefix": "",
        "queue_fulfill_order": False,
    }
    assert {name: held[name] for name in catalogue} == catalogue
    others = {"channel_domain", "api_key", "password", "hmac_shared_secret", "location_map"}
    others |= {"default_fulfillmentservice_id", "fulfillment_map"}
    assert others <= set(held)


def test_the_amounts_of_a_taxed_line_are_without_tax_and_its_rate_is_a_percentage(shop):
    order = read(shop, placed(shop, lines=[{"sku": "BOLT", "quantity": 2}]))
    (line,) = order.lines
    assert line.total_excl_tax + line.tax == Decimal("39.98")
    assert line.tax_lines[0].rate == 15
    assert line.tax_lines[0].code == "taxed"
