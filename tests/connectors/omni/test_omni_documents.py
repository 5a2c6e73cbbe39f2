"""The guide's order table, to the cent, and every order that must not be guessed at."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwire.connectors.omni import OmniSettings, connector
from stockwire.connectors.omni.body import encode_body, plain
from stockwire.domain.records import Address, Customer, Order, OrderLine, ShippingLine, TaxLine
from stockwire.errors import Refused
from stockwire.ports import Document, OrderContext

TAXED = (TaxLine("VAT", Decimal("19.55"), Decimal(15)),)
EXEMPT = (TaxLine("VAT", Decimal(0), Decimal(0), "exempt"),)
CONTEXT = OrderContext(reference="SW-0000000001")


def line(sku: str = "PUMP-01", quantity: str = "1", total: str = "130.35", **over: Any) -> OrderLine:
    values = {"title": "Circulation pump", "tax_lines": TAXED, **over}
    return OrderLine(
        "1", sku, values["title"], Decimal(quantity), Decimal(total), Decimal(total), values["tax_lines"]
    )


def order(*lines: OrderLine, **over: Any) -> Order:
    values: dict[str, Any] = {
        "channel_order_code": "1001",
        "number": "#1001",
        "status": "processing",
        "currency": "ZAR",
        "ordered_at": datetime(2026, 11, 22, 23, 30, tzinfo=UTC),
        "modified_at": datetime(2026, 11, 22, 23, 31, tzinfo=UTC),
        "total": Decimal("149.90"),
        "total_tax": Decimal("19.55"),
        "lines": lines or (line(),),
        **over,
    }
    return Order(**values)


def settings(**over: Any) -> OmniSettings:
    return OmniSettings(**{"param_default_customer_code": "WEB001", **over})


def draft(an_order: Order | None = None, context: OrderContext = CONTEXT, **over: Any) -> Document:
    return connector.open(settings(**over)).document(an_order or order(), context)


def header(an_order: Order | None = None, context: OrderContext = CONTEXT, **over: Any) -> dict[str, Any]:
    document = draft(an_order, context, **over)
    (body,) = document.body.values()
    return dict(body)


def refusal(an_order: Order | None = None, context: OrderContext = CONTEXT, **over: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        draft(an_order, context, **over)
    assert "#1001" in caught.value.message, "an error names the order"
    assert caught.value.hint, "and the fix"
    return caught.value


@pytest.mark.parametrize(
    "guide_row, value",
    [
        ("customer_account_code <- source_customer_code", "ACC7"),
        ("warehouse_code <- warehouse_code", "EDN"),
        ("order_lines.stock_code <- line_item.sku", "PUMP-01"),
        ("order_lines.description <- line_item.title", "Circulation pump"),
        ("order_lines.quantity <- line_item.qty", "2"),
        ("order_lines.selling_price <- line_item.price", "65.18"),
        ("order_lines.vat_code <- default_tax_code", "1"),
    ],
)
def test_each_row_of_the_guides_order_table_is_mapped(guide_row: str, value: str) -> None:
    context = OrderContext("SW-0000000001", source_customer_code="ACC7", warehouse_code="EDN")
    document = draft(order(line(quantity="2", total="130.36")), context, param_default_tax_code="1")
    assert (document.resource, document.reference) == ("Sales Order", "SW-0000000001")
    found: Any = document.body["sales_order"]
    for key in guide_row.split(" ", maxsplit=1)[0].split("."):
        found = found[key][0] if key == "order_lines" else found[key]
    assert found == value


def test_the_whole_body_holds_texts_only_and_survives_the_way_to_the_agent() -> None:
    document = draft(param_default_tax_code="1")
    assert document.body == {
        "sales_order": {
            "customer_account_code": "WEB001",
            "order_lines": [
                {
                    "stock_code": "PUMP-01",
                    "description": "Circulation pump",
                    "quantity": "1",
                    "selling_price": "130.35",
                    "vat_code": "1",
                }
            ],
        }
    }
    assert document.total_excl_tax == Decimal("130.35")
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(document.body)) == document.body


def test_the_agent_turns_exactly_the_numeric_keys_into_numbers() -> None:
    body = draft(order(line("00123", "2.50", "0.25", title="12"), line("1e3"))).body
    encoded = encode_body(body).decode()
    assert (
        '"stock_code":"00123","description":"12","quantity":2.5,"selling_price":0.1,"vat_code":"0"' in encoded
    )
    assert json.loads(encoded)["sales_order"]["order_lines"][1]["stock_code"] == "1e3"


@pytest.mark.parametrize("value", ["a lot", "NaN", "Infinity", None, ""])
def test_a_numeric_key_without_a_number_is_never_sent(value: object) -> None:
    with pytest.raises(Refused, match="no number"):
        encode_body({"sales_order": {"order_lines": [{"quantity": value}]}})


@pytest.mark.parametrize(
    "number, text",
    [("1E+2", "100"), ("5.50", "5.5"), ("0.00", "0"), ("1E-5", "0.00001"), ("100", "100"), ("-2.0", "-2")],
)
def test_numbers_are_written_plainly(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text


@pytest.mark.parametrize(
    "quantity, total, price",
    [
        ("1", "130.35", "130.35"),
        ("3", "10.00", "3.333"),
        ("7", "1.00", "0.143"),
        ("300", "100.00", "0.33333"),
        ("0.5", "0.33", "0.66"),
        ("2.5", "17.39", "6.956"),
        ("999", "333.34", "0.33367"),
        ("4", "0.00", "0"),
    ],
)
def test_a_unit_price_has_the_fewest_decimals_that_give_the_total_back(
    quantity: str, total: str, price: str
) -> None:
    (drafted,) = header(order(line(quantity=quantity, total=total)))["order_lines"]
    assert drafted["selling_price"] == price
    assert (Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01"), ROUND_HALF_UP) == Decimal(total)


@given(
    quantity=st.decimals("0.01", "900", places=2),
    total=st.decimals("0", "100000", places=2),
)
def test_every_total_up_to_900_pieces_can_be_said_as_a_unit_price(quantity: Decimal, total: Decimal) -> None:
    (drafted,) = header(order(line(quantity=str(quantity), total=str(total))))["order_lines"]
    price = Decimal(drafted["selling_price"])
    assert (quantity * price).quantize(Decimal("0.01"), ROUND_HALF_UP) == total


def test_a_total_no_unit_price_can_say_is_refused_with_the_difference() -> None:
    found = refusal(order(line(quantity="3", total="10.00")), selling_price_decimals=2)
    assert (
        "3 of PUMP-01 for R10.00 cannot be said as a unit price: 3.33 each is off by -R0.01" in found.message
    )


def test_totals_with_more_than_cents_are_rounded_unless_that_shifts_the_sum() -> None:
    assert draft(order(line(total="10.001"), line(total="5.002"))).total_excl_tax == Decimal("15.00")
    assert "a difference of R0.01" in refusal(order(line(total="0.005"), line(total="0.005"))).message


@pytest.mark.parametrize(
    "tax_lines, over, vat_code",
    [
        (TAXED, {"param_default_tax_code": "1", "param_default_tax_code_exempt": "2"}, "1"),
        (EXEMPT, {"param_default_tax_code": "1", "param_default_tax_code_exempt": "2"}, "2"),
        ((), {"param_default_tax_code": "1", "param_default_tax_code_exempt": "2"}, "2"),
        (TAXED, {}, "0"),
        (TAXED, {"param_default_tax_code": 1}, "1"),
        (TAXED, {"param_default_tax_code": None}, None),
        (EXEMPT, {"param_default_tax_code": "1", "param_default_tax_code_exempt": None}, None),
    ],
)
def test_the_vat_code_follows_the_tax_lines_and_a_removed_key_leaves_it_to_omni(
    tax_lines: tuple[TaxLine, ...], over: dict[str, Any], vat_code: str | None
) -> None:
    (drafted,) = header(order(line(tax_lines=tax_lines)), **over)["order_lines"]
    assert drafted.get("vat_code") == vat_code
    assert ("vat_code" in drafted) is (vat_code is not None)


def test_paid_shipping_and_fees_are_lines_with_the_shipping_code() -> None:
    shipping = (
        ShippingLine("Courier", Decimal("86.96"), (TaxLine("VAT", Decimal("13.04")),)),
        ShippingLine("Gift wrap", Decimal("10"), (), "fee"),
        ShippingLine("Collection", Decimal(0)),
    )
    document = draft(
        order(shipping_lines=shipping),
        param_shipping_code="SHIP",
        param_default_tax_code_shipping="3",
        param_default_tax_code_exempt="2",
    )
    assert document.body["sales_order"]["order_lines"][1:] == [
        {
            "stock_code": "SHIP",
            "description": "Courier",
            "quantity": "1",
            "selling_price": "86.96",
            "vat_code": "3",
        },
        {
            "stock_code": "SHIP",
            "description": "Gift wrap",
            "quantity": "1",
            "selling_price": "10",
            "vat_code": "2",
        },
    ]
    assert document.total_excl_tax == Decimal("227.31")


def test_paid_shipping_without_a_stock_code_is_refused_with_the_fix() -> None:
    found = refusal(order(shipping_lines=(ShippingLine("Courier", Decimal("86.96")),)))
    assert "delivery of R86.96 was paid" in found.message
    assert "param_shipping_code" in found.hint


def test_free_shipping_needs_no_stock_code() -> None:
    assert len(header(order(shipping_lines=(ShippingLine("Free", Decimal("0.00")),)))["order_lines"]) == 1


def test_a_negative_fee_is_refused() -> None:
    an_order = order(shipping_lines=(ShippingLine("Loyalty", Decimal(-5), (), "fee"),))
    assert 'a fee "Loyalty" comes to -R5.00' in refusal(an_order, param_shipping_code="SHIP").message


@pytest.mark.parametrize(
    "lines, said",
    [
        ([], "no lines"),
        ([line(" ")], 'line 1 ("Circulation pump") has no SKU'),
        ([line(), line(quantity="0")], "line 2 (PUMP-01) has a quantity of 0"),
        ([line(quantity="-1")], "quantity of -1"),
        ([line(total="-1")], "comes to -R1.00"),
    ],
)
def test_lines_that_cannot_be_raised_are_refused(lines: list[OrderLine], said: str) -> None:
    an_order = order(lines=tuple(lines))
    assert said in refusal(an_order).message


def test_fractional_quantities_and_five_hundred_lines_are_fine() -> None:
    document = draft(order(*(line(f"S{n}", "1.25", "10.01") for n in range(500))))
    assert len(document.body["sales_order"]["order_lines"]) == 500
    assert document.total_excl_tax == Decimal("5005.00")
    assert document.body["sales_order"]["order_lines"][0]["quantity"] == "1.25"


@pytest.mark.parametrize(
    "context, params, over, account",
    [
        (OrderContext("SW-1", source_customer_code="ACC7"), {"default_customer_code": "P"}, {}, "ACC7"),
        (OrderContext("SW-1"), {"Default_Customer_Code": "P"}, {}, "P"),
        (
            OrderContext("SW-1", params={"default_customer_code": "HUB"}),
            {"default_customer_code": "P"},
            {},
            "HUB",
        ),
        (OrderContext("SW-1"), {}, {}, "WEB001"),
    ],
)
def test_the_customer_account_is_the_orders_then_the_params_then_the_default(
    context: OrderContext, params: dict[str, str], over: dict[str, Any], account: str
) -> None:
    assert header(order(params=params), context, **over)["customer_account_code"] == account


def test_an_order_without_any_account_is_refused_with_the_fix() -> None:
    assert "param_default_customer_code" in refusal(param_default_customer_code="").hint


@pytest.mark.parametrize(
    "context, params, setting, warehouse",
    [
        (OrderContext("SW-1", warehouse_code="EDN"), {"warehouse_code": "GVS"}, "1", "EDN"),
        (OrderContext("SW-1"), {"warehouse_code": "GVS"}, "1", "GVS"),
        (OrderContext("SW-1"), {}, "1", "1"),
        (OrderContext("SW-1"), {}, "", None),
    ],
)
def test_the_warehouse_is_the_orders_then_the_params_then_the_setting_or_left_to_omni(
    context: OrderContext, params: dict[str, str], setting: str, warehouse: str | None
) -> None:
    assert (
        header(order(params=params), context, param_warehouse_code=setting).get("warehouse_code") == warehouse
    )


def test_an_orders_params_override_the_settings() -> None:
    an_order = order(
        params={"default_tax_code": "7", "shipping_code": "FRT", "order_document_type": "Quote"},
        shipping_lines=(ShippingLine("Courier", Decimal(50), TAXED),),
    )
    document = draft(an_order, param_shipping_code="SHIP")
    assert document.resource == "Quote"
    lines = document.body["quote"]["quote_lines"]
    assert [(one["stock_code"], one["vat_code"]) for one in lines] == [("PUMP-01", "7"), ("FRT", "0")]


def test_an_unknown_document_type_is_refused() -> None:
    assert "Invoice" in refusal(order(params={"order_document_type": "Invoice"})).message


@pytest.mark.parametrize("reference", ["SW-0123456789ABCDEF", "sw-1", "SW 1", "SW/1", "SW_1", ""])
def test_a_reference_omni_may_not_take_is_refused_and_never_changed(reference: str) -> None:
    assert f'"{reference}"' in refusal(context=OrderContext(reference)).message


def test_how_long_a_reference_may_be_is_a_setting() -> None:
    long = OrderContext("SW-0123456789ABCDEF")
    assert draft(context=long, param_order_reference_max=20).reference == long.reference


def test_the_shops_number_becomes_the_reference_when_asked_for() -> None:
    assert draft(order(number="WEB-1001"), param_use_channel_order_code="true").reference == "WEB-1001"
    assert draft(order(number="WEB-1001", params={"use_channel_order_code": "1"})).reference == "WEB-1001"
    assert "prefix" in refusal(param_use_channel_order_code=True).hint


def test_an_order_in_another_currency_is_refused() -> None:
    assert "in USD, but Omni keeps its books in ZAR" in refusal(order(currency="USD")).message
    assert draft(order(currency="USD"), currency="usd").reference == CONTEXT.reference


def test_orders_are_not_raised_when_that_is_switched_off() -> None:
    assert "create_order_enabled" in refusal(create_order_enabled="false").hint


def test_further_header_keys_are_sent_only_where_the_field_map_names_them() -> None:
    an_order = order(
        customer=Customer(email="thandi@example.com"),
        shipping_address=Address(
            first_name="Thandi", last_name="Nkosi", address1="1 Long Street", city="Cape Town"
        ),
        notes="",
        params={"po": "PO-77"},
    )
    field_map = {
        "customer_order_no": "number",
        "document_date": "ordered_date",
        "rep_code": "rep_code",
        "delivery_address_1": "address1",
        "contact": "customer_name",
        "message": "notes",
        "po_no": "params.po",
    }
    assert set(header(an_order)) == {"customer_account_code", "order_lines"}
    sent = header(an_order, order_field_map=field_map, param_rep_code="Sipho")
    assert {key: value for key, value in sent.items() if key in field_map} == {
        "customer_order_no": "#1001",
        "document_date": "2026-11-23",
        "rep_code": "Sipho",
        "delivery_address_1": "1 Long Street",
        "contact": "Thandi Nkosi",
        "po_no": "PO-77",
    }
    own = header(an_order, order_field_map=field_map, param_use_customer_address="true")
    assert "delivery_address_1" not in own
    assert own["customer_order_no"] == "#1001"


def test_the_envelope_can_be_named_otherwise() -> None:
    assert set(draft(document_envelope="order").body) == {"order"}
