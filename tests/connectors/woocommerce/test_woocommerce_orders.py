"""Recorded orders become domain orders, every amount as the shop states it; and which may be raised."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import ValidationError

from stockwire.connectors.woocommerce import connector, order_gate
from stockwire.connectors.woocommerce.translate_orders import order_of
from stockwire.domain.order_policy import OrderPolicy
from stockwire.domain.records import Discount, Order
from stockwire.errors import Refused

SETTINGS_FOR_COMPLETED = "processing,completed"
WHOLE_ORDERS = [
    "create_guest_coupon_tax_shipping",
    "create_registered_on_hold",
    "create_variable_line_and_fee",
    "create_free_shipping_zero_tax",
    "create_same_sku_twice",
    "create_foreign_no_tax",
    "create_unknown_product",
    "get_checkout_order",
]


def adds_up(order: Order) -> bool:
    parts = [*order.lines, *order.shipping_lines]
    return sum(part.total_excl_tax + part.tax for part in parts) == order.total


@pytest.fixture
def order(recorded, settings):
    def read(step: str, **given: str) -> Order:
        return order_of(recorded("orders", step)["response"]["body"], settings(**given))

    return read


@pytest.mark.parametrize("step", WHOLE_ORDERS)
def test_every_recorded_order_adds_up_to_what_the_customer_pays(order, step):
    assert adds_up(order(step))


@pytest.mark.parametrize("step", WHOLE_ORDERS)
def test_no_amount_of_a_recorded_order_is_recomputed(order, recorded, step):
    body = recorded("orders", step)["response"]["body"]
    read = order(step)
    assert [line.total_excl_tax for line in read.lines] == [Decimal(x["total"]) for x in body["line_items"]]
    assert [line.subtotal_excl_tax for line in read.lines] == [
        Decimal(x["subtotal"]) for x in body["line_items"]
    ]
    assert [line.tax for line in read.lines] == [Decimal(x["total_tax"]) for x in body["line_items"]]
    assert (read.total, read.total_tax) == (Decimal(body["total"]), Decimal(body["total_tax"]))


def test_a_guest_order_with_coupon_and_delivery_is_read_as_it_was_placed(order):
    read = order("create_guest_coupon_tax_shipping")
    assert read.channel_order_code == "41"
    assert read.number == "#41"
    assert (read.status, read.currency, read.prices_include_tax) == ("processing", "ZAR", True)
    assert read.ordered_at == datetime(2026, 11, 23, 4, 48, 27, tzinfo=UTC)
    assert read.modified_at == datetime(2026, 11, 23, 4, 48, 28, tzinfo=UTC)
    assert read.paid_at == datetime(2026, 11, 23, 4, 48, 27, tzinfo=UTC)
    assert read.customer.channel_customer_code == ""
    assert read.customer.email == "thandi.mokoena@example.com"
    assert read.billing_address.address1 == "12 Long Street"
    assert read.billing_address.province == "WC"
    assert read.notes == "Please ring the bell twice"
    assert read.payment_method == "Card (PayFast)"
    assert read.params["transaction_id"] == "PF-2026-0001"
    first = read.lines[0]
    assert (first.sku, first.quantity) == ("BOLT-M8-50", Decimal(24))
    assert (first.channel_product_code, first.channel_variant_code) == ("12", "")
    assert [(tax.title, tax.rate, tax.code) for tax in first.tax_lines] == [("VAT", Decimal(15), "taxed")]
    assert [(line.title, line.kind) for line in read.shipping_lines] == [("Courier door to door", "shipping")]
    assert read.warnings == ()


def test_discount_tax_that_is_off_by_a_cent_does_not_matter_because_lines_are_taken(order, recorded):
    body = recorded("orders", "create_guest_coupon_tax_shipping")["response"]["body"]
    assert (body["discount_tax"], body["coupon_lines"][0]["discount_tax"]) == ("8.23", "8.22")
    read = order("create_guest_coupon_tax_shipping")
    assert read.discounts == (Discount("karoo10", Decimal("54.84")),)
    assert adds_up(read)


def test_times_are_read_in_utc_and_never_in_the_time_of_the_shop(order, recorded):
    body = recorded("orders", "get_checkout_order")["response"]["body"]
    assert body["date_created"] == "2026-11-23T06:48:37"
    assert order("get_checkout_order").ordered_at == datetime(2026, 11, 23, 4, 48, 37, tzinfo=UTC)


def test_a_registered_customer_keeps_the_shop_s_code(order):
    assert order("create_registered_on_hold").customer.channel_customer_code == "3"


def test_a_variation_is_named_by_its_parent_and_itself_and_a_fee_is_a_line_of_its_own(order):
    read = order("create_variable_line_and_fee")
    assert (read.lines[0].channel_product_code, read.lines[0].channel_variant_code) == ("27", "28")
    assert [(line.title, line.kind, line.total_excl_tax) for line in read.shipping_lines] == [
        ("Courier door to door", "shipping", Decimal("86.09")),
        ("Gift wrapping", "fee", Decimal("30.00")),
    ]
    assert read.shipping_address.first_name == "Johan"
    assert read.paid_at is None


def test_a_line_at_zero_percent_is_exempt(order):
    read = order("create_free_shipping_zero_tax")
    assert [(tax.code, tax.rate, tax.amount) for tax in read.lines[0].tax_lines] == [
        ("exempt", Decimal(0), Decimal("0.00"))
    ]


def test_an_order_from_abroad_without_a_tax_rate_is_exempt_and_pays_the_price_less_vat(order):
    read = order("create_foreign_no_tax")
    assert [tax.code for tax in read.lines[0].tax_lines] == ["exempt"]
    assert read.lines[0].total_excl_tax == Decimal("172.17")
    assert read.total == Decimal("422.17")


def test_a_line_that_a_coupon_made_free_stays_taxed(recorded, settings):
    body = copy.deepcopy(recorded("orders", "create_guest_coupon_tax_shipping")["response"]["body"])
    body["line_items"][0] |= {"total": "0.00", "total_tax": "0.00", "taxes": [{"id": 1, "total": "0.00"}]}
    assert [tax.code for tax in order_of(body, settings()).lines[0].tax_lines] == ["taxed"]


def test_a_rate_that_does_not_apply_to_a_line_leaves_no_tax_line(recorded, settings):
    body = copy.deepcopy(recorded("orders", "create_free_shipping_zero_tax")["response"]["body"])
    body["tax_lines"].append({"rate_id": 1, "label": "VAT", "rate_percent": 15})
    body["line_items"][0]["taxes"].append({"id": 1, "total": "", "subtotal": ""})
    assert [tax.title for tax in order_of(body, settings()).lines[0].tax_lines] == ["VAT 0%"]


def test_tax_parts_that_do_not_add_up_give_way_to_the_tax_the_line_states(recorded, settings):
    body = copy.deepcopy(recorded("orders", "create_guest_coupon_tax_shipping")["response"]["body"])
    body["line_items"][0]["taxes"] = [{"id": 1, "total": "20.00"}, {"id": 9, "total": "19.17"}]
    assert order_of(body, settings()).lines[0].tax == Decimal("39.16")


def test_a_product_deleted_after_the_order_leaves_an_empty_sku_and_a_warning(recorded, settings):
    body = copy.deepcopy(recorded("orders", "create_guest_coupon_tax_shipping")["response"]["body"])
    body["line_items"] = recorded("orders", "order_line_of_deleted_product")["response"]["body"]["line_items"]
    read = order_of(body, settings())
    assert (read.lines[0].sku, read.lines[0].channel_product_code) == ("", "")
    assert read.lines[0].total_excl_tax == Decimal("173.04")
    assert "'Saddle bag (discontinued)' has no SKU" in read.warnings[0]


def test_an_unknown_product_gives_an_empty_line_with_a_warning(order):
    read = order("create_unknown_product")
    assert (read.lines[0].sku, read.lines[0].title, read.total) == ("", "", Decimal("0.00"))
    assert len(read.warnings) == 1


def test_refunds_are_told_and_change_no_line(recorded, settings):
    body = copy.deepcopy(recorded("orders", "create_guest_coupon_tax_shipping")["response"]["body"])
    body["refunds"] = recorded("orders", "order_after_refund")["response"]["body"]["refunds"]
    read = order_of(body, settings())
    assert [warning.split(".")[0] for warning in read.warnings] == [
        "The shop refunded R 50",
        "The shop refunded R 10",
    ]
    assert "R 50.04 (4 bolts damaged)" in read.warnings[0]
    assert read.lines[0].quantity == 24


def test_the_same_sku_twice_stays_two_lines_unless_they_are_to_be_merged(order):
    apart = order("create_same_sku_twice")
    assert [(line.sku, line.quantity) for line in apart.lines] == [
        ("BOLT-M8-50", Decimal(10)),
        ("BOLT-M8-50", Decimal(5)),
    ]
    merged = order("create_same_sku_twice", group_duplicate_order_items="true")
    assert [(line.quantity, line.total_excl_tax, line.tax) for line in merged.lines] == [
        (Decimal(15), Decimal("160.87"), Decimal("24.13"))
    ]
    assert adds_up(merged)


def test_lines_without_a_sku_are_never_merged(recorded, settings):
    body = copy.deepcopy(recorded("orders", "create_unknown_product")["response"]["body"])
    body["line_items"].append({**body["line_items"][0], "id": 24})
    assert len(order_of(body, settings(group_duplicate_order_items="true")).lines) == 2


@pytest.mark.parametrize(
    "field, number",
    [("order_number", "#A-17"), ("number", "#A-17"), ("id", "#41"), ("", "#41"), ("meta:_invoice", "#INV9")],
)
def test_people_know_the_order_by_the_field_the_operator_chose(recorded, settings, field, number):
    body = copy.deepcopy(recorded("orders", "create_guest_coupon_tax_shipping")["response"]["body"])
    body |= {"number": "A-17", "meta_data": [{"id": 1, "key": "_invoice", "value": "INV9"}]}
    read = order_of(body, settings(order_code_field=field))
    assert (read.number, read.channel_order_code) == (number, "41")


def test_an_order_without_the_chosen_field_falls_back_to_its_id_and_says_so(order):
    read = order("create_guest_coupon_tax_shipping", order_code_field="meta:none", order_code_prefix="W")
    assert read.number == "W41"
    assert "has no meta:none" in read.warnings[0]


def test_a_fixed_delivery_description_replaces_the_shop_s_own(order):
    read = order("create_variable_line_and_fee", order_shipping_method_name="Courier")
    assert [line.title for line in read.shipping_lines] == ["Courier", "Gift wrapping"]


def test_escaped_text_of_an_order_is_read_as_people_wrote_it(recorded, settings):
    body = copy.deepcopy(recorded("orders", "create_guest_coupon_tax_shipping")["response"]["body"])
    body["line_items"][0]["name"] = "Bolts &amp; nuts"
    body["billing"]["company"] = "Smit &amp; Seun"
    read = order_of(body, settings())
    assert read.lines[0].title == "Bolts & nuts"
    assert read.billing_address.company == "Smit & Seun"


def test_a_fractional_quantity_is_kept(recorded, settings):
    body = copy.deepcopy(recorded("orders", "create_guest_coupon_tax_shipping")["response"]["body"])
    body["line_items"][0]["quantity"] = 2.5
    assert order_of(body, settings()).lines[0].quantity == Decimal("2.5")


@pytest.mark.parametrize(
    "damage",
    [
        {"total": "abc"},
        {"total": "NaN"},
        {"line_items": None},
        {"date_created_gmt": None},
        {"date_created_gmt": "soon"},
        {"line_items": [{"id": 1}]},
        {"tax_lines": [{}]},
    ],
)
def test_an_order_that_cannot_be_read_is_refused_by_name_and_not_guessed_at(recorded, settings, damage):
    body = recorded("orders", "create_guest_coupon_tax_shipping")["response"]["body"] | damage
    with pytest.raises(Refused, match="Order 41: the shop's answer cannot be read"):
        order_of(body, settings())


def test_a_paid_order_may_be_raised_and_one_on_hold_may_not(order, settings):
    assert order_gate(settings(), order("create_guest_coupon_tax_shipping"))[0]
    allowed, reason = order_gate(settings(), order("create_registered_on_hold"))
    assert not allowed
    assert reason == "The order is on-hold; it is raised once it is processing."


@pytest.mark.parametrize("status", ["cancelled", "refunded", "failed", "trash", "checkout-draft"])
def test_orders_that_came_to_nothing_are_never_raised(recorded, settings, status):
    body = recorded("orders", "create_guest_coupon_tax_shipping")["response"]["body"] | {"status": status}
    made = settings()
    assert order_gate(made, order_of(body, made)) == (False, f"Orders with status {status} are never raised.")


def test_a_refunded_order_that_somebody_completed_is_not_raised(recorded, settings):
    body = recorded("orders", "create_free_shipping_zero_tax")["response"]["body"] | {"status": "completed"}
    made = settings(add_order_status=SETTINGS_FOR_COMPLETED)
    part = body | {"refunds": [{"id": 55, "reason": "", "total": "-239.99"}]}
    assert order_gate(made, order_of(part, made))[0]
    whole = body | {"refunds": [{"id": 55, "reason": "", "total": "-239.99"}, {"id": 56, "total": "-0.01"}]}
    assert order_gate(made, order_of(whole, made)) == (
        False,
        "The order was refunded in full; it is never raised.",
    )


def test_the_first_day_counts_in_the_shop_s_own_time(recorded, settings):
    night = recorded("orders", "create_guest_coupon_tax_shipping")["response"]["body"] | {
        "date_created": "2026-11-23T00:30:00",
        "date_created_gmt": "2026-11-22T22:30:00",
    }
    made = settings(order_from_date="2026-11-23")
    assert order_gate(made, order_of(night, made))[0]
    later = settings(order_from_date="2026-11-24")
    allowed, reason = order_gate(later, order_of(night, later))
    assert not allowed
    assert "orders before 2026-11-24 are not raised" in reason


def test_completed_orders_are_raised_when_the_operator_says_so(recorded, settings):
    body = recorded("orders", "create_guest_coupon_tax_shipping")["response"]["body"] | {
        "status": "completed"
    }
    made = settings(add_order_status=SETTINGS_FOR_COMPLETED)
    assert order_gate(made, order_of(body, made))[0]


def test_the_items_of_a_bundle_follow_its_line_at_price_0_and_the_order_still_adds_up(order):
    plain = order("create_guest_coupon_tax_shipping")
    first = plain.lines[0]
    bundles = json.dumps({f" {first.sku.lower()} ": ["NUT-M8", "BOLT-M8", "NUT-M8"]})
    read = order("create_guest_coupon_tax_shipping", bundles=bundles)
    assert adds_up(read)
    assert read.lines[0] == first
    items = {line.sku: line for line in read.lines[1:3]}
    assert {sku: line.quantity for sku, line in items.items()} == {
        "NUT-M8": first.quantity * 2,
        "BOLT-M8": first.quantity,
    }
    assert {line.total_excl_tax + line.tax for line in items.values()} == {Decimal(0)}
    assert {line.tax_lines[0].code for line in items.values()} == {first.tax_lines[0].code}
    assert len({line.channel_line_code for line in read.lines}) == len(read.lines)
    assert read.lines[3:] == plain.lines[1:]


@pytest.mark.parametrize(
    "given", ["{", "[]", '{"A": "B"}', '{"A": []}', '{"A": [1]}', '{"A": [""]}', '{" ": ["B"]}']
)
def test_bundles_that_are_none_are_refused_in_the_form(settings, given):
    with pytest.raises(ValidationError, match="bundle"):
        settings(bundles=given)


def test_our_own_prices_are_a_matter_of_the_settings(settings):
    assert connector.order_policy(settings()) == OrderPolicy()
    given = settings(
        order_use_system_price="true", order_use_system_price_tier="Trade", order_use_system_price_tax="14"
    )
    assert connector.order_policy(given) == OrderPolicy(
        system_price=True, system_price_tier="Trade", system_price_tax=Decimal(14)
    )
