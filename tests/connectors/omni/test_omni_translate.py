"""The guide's product table and every way a row can be wrong."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from stockwire.connectors.omni import OmniSettings, connector
from stockwire.domain.records import Active, RowProblem, SourceProduct
from stockwire.errors import NotSetUp

COLUMNS = ["STOCKCODE", "DESCRIPTION", "EXTRADTLS8", "SELLINGPRICE1", "OAvailable"]


def translate(
    *rows: list[str | None], columns: list[str] | None = None, **settings: Any
) -> tuple[list[SourceProduct], list[RowProblem]]:
    return connector.open(OmniSettings(**settings)).translate(columns or COLUMNS, rows)


def row(code: str | None = "A-1", **over: str | None) -> list[str | None]:
    values = {"title": "Pump", "active": "ACTIVE", "price": "149.90", "qty": "12", **over}
    return [code, values["title"], values["active"], values["price"], values["qty"]]


def one(*rows: list[str | None], **settings: Any) -> SourceProduct:
    products, problems = translate(*rows, **settings)
    assert problems == []
    assert len(products) == 1
    return products[0]


def problem(bad: list[str | None], **settings: Any) -> RowProblem:
    """The one problem of a bad row, which is left out while its neighbours go on."""
    products, problems = translate(row("BEFORE"), bad, row("AFTER"), **settings)
    assert [product.sku for product in products] == ["BEFORE", "AFTER"]
    assert len(problems) == 1
    assert problems[0].hint
    assert not problems[0].used
    return problems[0]


@pytest.mark.parametrize(
    "guide_row, field, value",
    [
        ("STOCKCODE -> source_product_code", "source_product_code", "00123"),
        ("STOCKCODE -> source_variant_code", "source_variant_code", "00123"),
        ("STOCKCODE -> variants.sku", "sku", "00123"),
        ("DESCRIPTION -> title", "title", "Pump"),
        ("EXTRADTLS8 -> product_active", "product_active", Active.ACTIVE),
        ("SELLINGPRICE1 -> variants.retail_price", "price_tiers", {"retail": Decimal("149.90")}),
        ("OAvailable -> variants.qty", "quantities", {"": Decimal(12)}),
        ("true -> variants.inventory_management", "inventory_management", True),
        ("no BARCODE column -> absent, not empty", "barcode", None),
        ("no CATEGORY column -> absent, not empty", "collection", None),
        ("no WEIGHT column -> absent, not empty", "grams", None),
    ],
)
def test_each_row_of_the_guides_product_table_is_mapped(guide_row: str, field: str, value: object) -> None:
    assert getattr(one(row(" 00123 ")), field) == value, guide_row


def test_columns_are_found_in_any_case_and_order() -> None:
    products, problems = translate(
        ["4", "Pump", "10.50", "x", "active", "A-1"],
        columns=["oavailable", "Description", "SellingPrice1", "CHANGEMARK", "ExtraDtls8", "stockcode"],
    )
    assert problems == []
    assert (products[0].sku, products[0].price_tiers, products[0].quantities) == (
        "A-1",
        {"retail": Decimal("10.50")},
        {"": Decimal(4)},
    )


@pytest.mark.parametrize("missing", COLUMNS)
def test_a_missing_column_is_named_with_the_columns_there_are(missing: str) -> None:
    columns = [name for name in COLUMNS if name != missing]
    with pytest.raises(NotSetUp) as caught:
        translate(columns=columns)
    assert f"no {missing.upper()}" in caught.value.message
    assert all(name in caught.value.message for name in columns)
    assert missing.upper() in caught.value.hint


def test_a_column_that_comes_twice_is_not_guessed_at() -> None:
    with pytest.raises(NotSetUp, match="twice"):
        translate(columns=[*COLUMNS, "stockcode"])


@pytest.mark.parametrize(
    "text, active",
    [
        ("ACTIVE", Active.ACTIVE),
        ("  active ", Active.ACTIVE),
        ("Delete", Active.DELETE),
        ("ignore", Active.IGNORE),
        ("", Active.IGNORE),
        ("   ", Active.IGNORE),
        (None, Active.IGNORE),
    ],
)
def test_the_active_column_is_read_trimmed_and_in_any_case_and_blank_is_ignore(
    text: str | None, active: Active
) -> None:
    assert one(row(active=text)).product_active is active


def test_an_unknown_active_value_is_ignore_and_said_of_each_row() -> None:
    products, problems = translate(row("A", active="ACTVE"), row("B", active="ACTVE"), row("C", active="1"))
    assert [product.product_active for product in products] == [Active.IGNORE] * 3
    assert [(p.code, p.message, p.used) for p in problems] == [
        ("A", 'A: EXTRADTLS8 is "ACTVE", which was treated as IGNORE.', True),
        ("B", 'B: EXTRADTLS8 is "ACTVE", which was treated as IGNORE.', True),
        ("C", 'C: EXTRADTLS8 is "1", which was treated as IGNORE.', True),
    ]


def test_which_column_says_active_is_configuration() -> None:
    columns = [*COLUMNS, "EXTRADTLS12"]
    products, _ = translate([*row(active="red"), "DELETE"], columns=columns, active_column="extradtls12")
    assert products[0].product_active is Active.DELETE
    assert products[0].meta == {"extradtls8": "red"}


def test_a_row_to_ignore_is_not_judged() -> None:
    product = one(row(active="IGNORE", price="nonsense", qty="?", title=""))
    assert (product.sku, product.price_tiers) == ("A-1", {})


def test_a_row_to_delete_is_deleted_whatever_else_is_wrong_with_it() -> None:
    products, problems = translate(row(active="DELETE", price="POA"))
    assert products[0].product_active is Active.DELETE
    assert "deactivated all the same" in problems[0].message
    assert problems[0].used


@pytest.mark.parametrize(
    "text", ["POA", "1 499,00", "149,90", "R100", "NaN", "Infinity", "1_000", "١٢", "1e30", "--"]
)
def test_a_price_that_is_no_number_never_reaches_the_hub(text: str) -> None:
    found = problem(row(price=text))
    assert found.code == "A-1"
    assert f'A-1: SELLINGPRICE1 is "{text}", which is no number' in found.message


def test_a_negative_price_is_left_out() -> None:
    assert "less than nothing" in problem(row(price="-0.01")).message


@pytest.mark.parametrize(
    "text, price", [("20", "20"), ("198.8", "198.8"), (" 5.00 ", "5.00"), ("0", "0"), ("1.2345", "1.2345")]
)
def test_a_price_is_kept_as_the_source_holds_it(text: str, price: str) -> None:
    assert one(row(price=text)).price_tiers == {"retail": Decimal(price)}


@pytest.mark.parametrize("text", ["19.989999999999998", "19.990000000000002"])
def test_the_noise_of_a_floating_point_column_is_rounded_off_without_a_word(text: str) -> None:
    assert one(row(price=text)).price_tiers == {"retail": Decimal("19.9900")}


def test_more_decimals_than_money_has_are_rounded_half_up_and_said() -> None:
    products, problems = translate(row(price="1.23455"))
    assert products[0].price_tiers == {"retail": Decimal("1.2346")}
    assert "more than 4 decimals: 1.2346 was used" in problems[0].message
    assert problems[0].used


@pytest.mark.parametrize("text", [None, "", "  "])
def test_a_blank_price_is_a_price_list_without_this_product(text: str | None) -> None:
    assert one(row(price=text)).price_tiers == {}


@pytest.mark.parametrize(
    "text, quantity", [("-3", "0"), ("2.5", "2.5"), ("0", "0"), (None, "0"), ("", "0"), ("7.000", "7")]
)
def test_quantities_may_be_fractional_and_negative_is_nothing(text: str | None, quantity: str) -> None:
    assert one(row(qty=text)).quantities == {"": Decimal(quantity)}


def test_a_quantity_that_is_no_number_is_a_problem() -> None:
    assert 'OAvailable is "many"' in problem(row(qty="many")).message


@pytest.mark.parametrize("code", [None, "", "   "])
def test_a_row_without_a_stock_code_is_named_by_its_description(code: str | None) -> None:
    found = problem(row(code, title="Nameless pump"))
    assert found.code == ""
    assert "Nameless pump" in found.message


def test_a_stock_code_that_comes_twice_keeps_its_first_row() -> None:
    products, problems = translate(row(price="1"), row(price="2"), row("B"))
    assert [(p.sku, p.price_tiers["retail"]) for p in products] == [
        ("A-1", Decimal(1)),
        ("B", Decimal("149.90")),
    ]
    assert [p.message for p in problems] == ["A-1 comes twice. The row was left out."]


def test_columns_per_warehouse_are_several_quantities_and_a_blank_one_is_none() -> None:
    columns = [*COLUMNS[:-1], "oavailable@Cen", "OAvailable@EDN"]
    products, problems = translate(["A", "Pump", "ACTIVE", "1", "3", None], columns=columns)
    assert problems == []
    assert products[0].quantities == {"Cen": 3, "EDN": 0}
    _, problems = translate(["A", "Pump", "ACTIVE", "1", "3", "many"], columns=columns)
    assert "OAvailable" in problems[0].message
    with pytest.raises(NotSetUp, match="WAREHOUSECODE and also a quantity column per warehouse"):
        translate(columns=[*columns, "WAREHOUSECODE"])
    with pytest.raises(NotSetUp, match="no OAVAILABLE"):
        translate(columns=COLUMNS[:-1])


def test_rows_per_warehouse_are_one_product_with_several_quantities() -> None:
    columns = [*COLUMNS, "WarehouseCode"]
    products, problems = translate(
        [*row("A", qty="5"), "1"], [*row("B", qty="1"), "1"], [*row("A", qty="-2"), "EDN"], [*row("A", qty="9"), "EDN"],
        columns=columns,
    )  # fmt: skip
    assert [(p.sku, dict(p.quantities)) for p in products] == [
        ("A", {"1": Decimal(5), "EDN": Decimal(0)}),
        ("B", {"1": Decimal(1)}),
    ]
    assert [p.message for p in problems] == ["A comes twice for warehouse EDN. The row was left out."]


@pytest.mark.parametrize(
    "bad, said",
    [
        (row("X" * 101), "STOCKCODE has 101 characters, more than 100"),
        (row(title="T" * 501), "DESCRIPTION has 501 characters, more than 500"),
        (row("A\x001"), "NUL"),
        (row(title="Pu\x00mp"), "NUL"),
        (row(price="1\x00"), 'SELLINGPRICE1 is "1?"'),
        (row(title="  "), "no description"),
        (row()[:-1], "4 values for 5 columns"),
    ],
)
def test_text_that_does_not_fit_is_a_problem(bad: list[str | None], said: str) -> None:
    assert said in problem(bad).message


def test_further_columns_become_barcode_category_weight_price_lists_and_attributes() -> None:
    columns = [
        *COLUMNS,
        "SELLINGPRICE3",
        "SELLINGPRICE2",
        "BARCODE",
        "CATEGORY",
        "WEIGHT",
        "EXTRADTLS1",
        "EXTRADTLS2",
        "BIN",
    ]
    products, problems = translate(
        [*row(), "7", "99.5", " 6001234567890 ", "Pumps", "1.2345", "Acme", "", "x"],
        columns=columns,
        price_map={"sellingprice1": "retail", "SELLINGPRICE2": "trade"},
        meta_map={"EXTRADTLS1": "brand"},
    )
    assert problems == []
    product = products[0]
    assert product.price_tiers == {
        "retail": Decimal("149.90"),
        "trade": Decimal("99.5"),
        "sellingprice3": Decimal(7),
    }
    assert (product.barcode, product.collection, product.grams) == ("6001234567890", "Pumps", 1235)
    assert product.meta == {"brand": "Acme"}


def test_weight_is_in_the_unit_the_settings_say() -> None:
    products, _ = translate([*row(), "250"], columns=[*COLUMNS, "WEIGHT"], weight_unit="g")
    assert products[0].grams == 250
    _, problems = translate([*row(), "heavy"], columns=[*COLUMNS, "WEIGHT"])
    assert 'WEIGHT is "heavy"' in problems[0].message


def test_a_price_list_the_query_does_not_yield_is_not_set_up() -> None:
    with pytest.raises(NotSetUp, match="no SELLINGPRICE2"):
        translate(price_map={"SELLINGPRICE1": "retail", "SELLINGPRICE2": "trade"})


@pytest.mark.parametrize(
    "values, said",
    [
        ({"param_create_customer_enabled": "true"}, "not available"),
        ({"queue_fetch_images": "1"}, "not available"),
        ({"price_map": {"SELLINGPRICE1": "a", "SELLINGPRICE2": "a"}}, "twice"),
        ({"price_map": "SELLINGPRICE1=retail"}, "no JSON object"),
        ({"price_map": {"SELLINGPRICE1": ""}}, "both sides"),
        ({"order_field_map": {"warehouse_code": "number"}}, "fills it in itself"),
        ({"order_field_map": {"x": "colour"}}, "no order field"),
        ({"param_rep_code": "Sipho"}, "order_field_map does not say"),
        ({"param_user_field_customer_2": "true"}, "no interface of Omni to create customers"),
        ({"deactivation_limit": 1.5}, "less than or equal to 1"),
        ({"order_line_warehouse_key": "stock_code"}, "needs that key for something else"),
    ],
)
def test_settings_that_cannot_work_are_turned_down_when_they_are_saved(
    values: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        OmniSettings(**values)


def test_a_map_may_come_as_the_text_of_a_form() -> None:
    settings = OmniSettings.model_validate({"price_map": '{"SELLINGPRICE2": "trade"}', "meta_map": ""})
    assert (settings.price_map, settings.meta_map) == ({"SELLINGPRICE2": "trade"}, {})


def test_every_setting_has_help_and_a_group() -> None:
    for name, field in OmniSettings.model_fields.items():
        assert field.title, name
        assert field.description, name
        assert isinstance(field.json_schema_extra, dict), name
        assert field.json_schema_extra["group"], name


@pytest.mark.parametrize(
    "text, value", [("true", True), (" TRUE ", True), ("1", True), ("yes", False), ("12", False), ("", False)]
)
def test_settings_are_true_by_the_operators_rule(text: str, value: bool) -> None:
    assert (
        OmniSettings.model_validate({"param_use_channel_order_code": text}).param_use_channel_order_code
        is value
    )
