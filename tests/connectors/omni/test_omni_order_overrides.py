"""What an order brings along wins over the source's settings; and what Omni is told is what was paid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from stockwire.connectors.omni import OmniSettings, connector
from stockwire.domain.records import Address, Order, OrderLine, ShippingLine, TaxLine
from stockwire.domain.totals import prove
from stockwire.ports import Document, OrderContext

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CENT = Decimal("0.01")


def taxed(amount: str) -> tuple[TaxLine, ...]:
    return (TaxLine("VAT", Decimal(amount), Decimal(15)),)


def line(
    sku: str, total: str, tax: str = "", *, quantity: str = "1", before: str = "", title: str = "Item"
) -> OrderLine:
    return OrderLine(
        sku,
        sku,
        title,
        Decimal(quantity),
        Decimal(total),
        Decimal(before or total),
        taxed(tax) if tax else (),
    )


def delivery(total: str, tax: str = "", kind: str = "shipping") -> ShippingLine:
    return ShippingLine("Courier", Decimal(total), taxed(tax) if tax else (), kind)


def order(*lines: OrderLine, **over: Any) -> Order:
    """An order that adds up, so far as its parts are in cents."""
    shipping = over.get("shipping_lines", ())
    tax = sum((one.tax for one in (*lines, *shipping)), Decimal(0))
    net = sum((one.total_excl_tax for one in lines), Decimal(0))
    net += sum((one.total_excl_tax for one in shipping), Decimal(0))
    values = {
        "currency": "ZAR",
        "total": (net + tax).quantize(CENT, ROUND_HALF_UP),
        "total_tax": tax.quantize(CENT, ROUND_HALF_UP),
        **over,
    }
    return Order("1001", "A1001", "processing", ordered_at=AT, modified_at=AT, lines=lines, **values)


SHIPPED = order(
    line("TAXED", "80", "12", before="100"),
    line("MORE", "100", "15"),
    line("EXEMPT", "20"),
    shipping_lines=(delivery("50", "7.50"),),
    shipping_address=Address(address1="1 Long Street"),
)
SETTINGS = {
    "param_default_customer_code": "WEB001",
    "param_shipping_code": "SHIP",
    "order_line_warehouse_key": "wh",
    "order_field_map": {"rep": "rep_code", "addr": "address1"},
}


def draft(an_order: Order, params: dict[str, str], **settings: Any) -> Document:
    typed = OmniSettings(**{**SETTINGS, **settings})
    return connector.open(typed).document(an_order, OrderContext("SW-1", params=params))


def head(document: Document) -> dict[str, Any]:
    (found,) = document.body.values()
    return dict(found)


def lines_of(document: Document) -> list[dict[str, str]]:
    return next(value for key, value in head(document).items() if key.endswith("_lines"))


def vat_of(sku: str) -> Callable[[Document], object]:
    return lambda found: next(one.get("vat_code") for one in lines_of(found) if one["stock_code"] == sku)


@pytest.mark.parametrize(
    ("name", "setting", "own", "seen"),
    [
        ("default_customer_code", "WEB001", "VIP007", lambda found: head(found)["customer_account_code"]),
        ("warehouse_code", "CPT", "DBN", lambda found: head(found)["warehouse_code"]),
        ("default_tax_code", "1", "7", vat_of("TAXED")),
        ("default_tax_code", "1", "", vat_of("TAXED")),
        ("default_tax_code_exempt", "2", "8", vat_of("EXEMPT")),
        ("default_tax_code_shipping", "3", "9", vat_of("SHIP")),
        ("shipping_code", "SHIP", "COURIER", lambda found: lines_of(found)[-1]["stock_code"]),
        ("rep_code", "SIPHO", "THANDI", lambda found: head(found)["rep"]),
        ("order_document_type", "Quote", "Sales Order", lambda found: found.resource),
        ("order_document_type", "Sales Order", "Quote", lambda found: found.resource),
    ],
)
def test_a_param_of_the_order_wins_over_the_setting_of_the_source(
    name: str, setting: str, own: str, seen: Callable[[Document], object]
) -> None:
    settings = {f"param_{name}": setting}
    assert seen(draft(SHIPPED, {}, **settings)) == setting
    assert seen(draft(SHIPPED, {name.upper(): f" {own} "}, **settings)) == (own or None)


@pytest.mark.parametrize(
    ("name", "seen_off", "seen_on", "seen"),
    [
        ("use_channel_order_code", "SW-1", "A1001", lambda found: found.reference),
        ("use_customer_address", "1 Long Street", None, lambda found: head(found).get("addr")),
        ("line_item_discount", "80", "90", lambda found: lines_of(found)[0]["selling_price"]),
        ("ignore_shipping_warehouse_code", "CPT", None, lambda found: lines_of(found)[-1].get("wh")),
    ],
)
def test_a_switch_of_the_order_wins_both_ways(
    name: str, seen_off: object, seen_on: object, seen: Callable[[Document], object]
) -> None:
    for setting, own, wanted in (
        (False, "", seen_off),
        (True, "", seen_on),
        (False, "true", seen_on),
        (True, "false", seen_off),
    ):
        params = {name: own} if own else {}
        found = draft(SHIPPED, params, param_warehouse_code="CPT", **{f"param_{name}": setting})
        assert seen(found) == wanted, f"setting {setting}, the order says {own or 'nothing'}"


@pytest.mark.parametrize(
    "an_order",
    [
        pytest.param(SHIPPED, id="taxed, exempt and delivery"),
        pytest.param(
            order(line("A", "100", "15"), line("A", "90", "13.50"), line("A", "0")),
            id="the same SKU on three lines at three prices",
        ),
        pytest.param(order(line("A", "10", "1.50", quantity="3")), id="3 for R10, no price in cents"),
        pytest.param(order(line("A", "86.96", "13.04", quantity="7")), id="prices of a shop with VAT in"),
        pytest.param(order(line("A", "33.3333", "5.0000", quantity="0.75")), id="a part of a metre"),
        pytest.param(order(line("A", "10"), line("B", "5.55")), id="no tax lines at all"),
        pytest.param(
            order(line("A", "1", "0.15"), shipping_lines=(delivery("25", "3.75", "fee"), delivery("0"))),
            id="a fee and free delivery",
        ),
        pytest.param(
            order(line("A", "0.3", "0.045", before="0.5"), line("B", "99.7", "14.955", before="99.8")),
            id="tax of parts of a cent",
        ),
    ],
)
@pytest.mark.parametrize("spread", [False, True])
@pytest.mark.parametrize("inclusive", [False, True])
def test_what_omni_is_told_and_the_vat_are_what_the_customer_paid(
    an_order: Order, spread: bool, inclusive: bool
) -> None:
    an_order = replace(an_order, prices_include_tax=inclusive)
    assert prove(an_order).ok
    found = draft(an_order, {}, param_line_item_discount=spread)
    told = [
        (Decimal(one["quantity"]) * Decimal(one["selling_price"])).quantize(CENT, ROUND_HALF_UP)
        for one in lines_of(found)
    ]
    assert sum(told) == found.total_excl_tax == an_order.total - an_order.total_tax
    assert all(-Decimal(one["selling_price"]).as_tuple().exponent <= 5 for one in lines_of(found))  # type: ignore[operator]


def test_a_quote_of_the_setting_has_the_keys_of_a_quote() -> None:
    found = draft(SHIPPED, {}, param_order_document_type="Quote")
    assert (found.resource, set(found.body)) == ("Quote", {"quote"})
    assert "quote_lines" in head(found)
    assert "order_lines" not in head(found)


def test_customers_are_not_made_in_omni_and_asking_for_it_says_why() -> None:
    with pytest.raises(ValidationError, match="no interface of Omni to create customers is known"):
        OmniSettings.model_validate({"param_create_customer_enabled": "true"})
