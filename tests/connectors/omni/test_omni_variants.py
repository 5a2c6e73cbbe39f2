"""Sites that group variants, and product fields made of several columns."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from stockwire.connectors.omni import OmniSettings, connector
from stockwire.domain.records import Active, RowProblem, SourceProduct
from stockwire.errors import NotSetUp

COLUMNS = [
    "STOCKCODE",
    "DESCRIPTION",
    "EXTRADTLS8",
    "SELLINGPRICE1",
    "OAvailable",
    "StyleCode",
    "Size",
    "Colour",
]
SIZES = {
    "group_column": "STYLECODE",
    "option1_name": "Size",
    "option1_column": "size",
    "option2_name": "Colour",
    "option2_column": "COLOUR",
}


def translate(
    *rows: list[str | None], columns: list[str] | None = None, **settings: Any
) -> tuple[list[SourceProduct], list[RowProblem]]:
    return connector.open(OmniSettings(**settings)).translate(columns or COLUMNS, rows)


def row(
    code: str, group: str | None = "SHIRT", size: str | None = "M", **over: str | None
) -> list[str | None]:
    values = {"title": "Shirt", "active": "ACTIVE", "colour": "Red", **over}
    return [code, values["title"], values["active"], "149.90", "12", group, size, values["colour"]]


def test_rows_of_a_group_are_variants_of_one_product_and_keep_their_own_codes() -> None:
    products, problems = translate(row("S-M"), row("S-L", size="L", colour="Blue"), **SIZES)
    assert problems == []
    assert [(p.source_product_code, p.source_variant_code, p.sku) for p in products] == [
        ("SHIRT", "S-M", "S-M"),
        ("SHIRT", "S-L", "S-L"),
    ]
    assert [(p.option_names, p.option_values) for p in products] == [
        (("Size", "Colour"), ("M", "Red")),
        (("Size", "Colour"), ("L", "Blue")),
    ]


@pytest.mark.parametrize("group", [None, "", "  "])
def test_a_row_without_a_group_code_is_a_product_of_its_own_without_options(group: str | None) -> None:
    ((product,), problems) = translate(row("BOLT", group), **SIZES)
    assert problems == []
    assert (product.source_product_code, product.option_names, product.option_values) == ("BOLT", (), ())


def test_without_a_group_column_nothing_is_said_of_options() -> None:
    ((product,), _) = translate(row("BOLT"))
    assert (product.source_product_code, product.option_names, product.option_values) == ("BOLT", None, None)


def test_an_option_that_a_row_leaves_blank_is_none_of_its_options() -> None:
    ((product,), _) = translate(row("SHOE-7", "SHOE", size="7", colour=" "), **SIZES)
    assert (product.option_names, product.option_values) == (("Size",), ("7",))


def test_a_deleted_or_ignored_row_of_a_group_keeps_its_codes() -> None:
    products, problems = translate(
        row("S-M", active="DELETE"),
        row("S-L", active="IGNORE"),
        row("S-S", active="DELETE", title=""),
        **SIZES,
    )
    assert [(p.source_product_code, p.sku, p.product_active) for p in products] == [
        ("SHIRT", "S-M", Active.DELETE),
        ("SHIRT", "S-L", Active.IGNORE),
        ("SHIRT", "S-S", Active.DELETE),
    ]
    assert [problem.message for problem in problems] == [
        "S-S has no description. It is deactivated all the same."
    ]


def test_rows_that_give_their_product_two_titles_are_used_and_told() -> None:
    products, problems = translate(
        row("S-M", title="Shirt M"),
        row("S-L", size="L", title="Shirt L"),
        row("BOLT", "", title="Bolt"),
        **SIZES,
    )
    assert len(products) == 3
    assert [(problem.code, problem.used) for problem in problems] == [("S-L", True)]
    assert '"Shirt M" and "Shirt L". The last one read is used.' in problems[0].message
    assert "field_map" in problems[0].hint


def test_rows_per_warehouse_of_a_variant_are_one_variant() -> None:
    columns = [*COLUMNS, "WAREHOUSECODE"]
    products, problems = translate([*row("S-M"), "JHB"], [*row("S-M"), "CPT"], columns=columns, **SIZES)
    assert problems == []
    assert [(p.source_product_code, dict(p.quantities)) for p in products] == [
        ("SHIRT", {"JHB": 12, "CPT": 12})
    ]


def test_an_extra_field_that_is_an_option_or_a_brand_is_no_attribute_unless_it_is_named_as_one() -> None:
    columns = [*COLUMNS[:5], "EXTRADTLS1", "EXTRADTLS2", "EXTRADTLS3"]
    settings = {"group_column": "EXTRADTLS1", "option1_name": "Size", "option1_column": "EXTRADTLS2"}
    ((product,), _) = translate(row("S-M", "SHIRT", "M", colour="Cotton"), columns=columns, **settings)
    assert product.meta == {"extradtls3": "Cotton"}
    ((product,), _) = translate(
        row("S-M", "SHIRT", "M", colour="Cotton"),
        columns=columns,
        **settings,
        vendor_column="EXTRADTLS3",
        meta_map={"EXTRADTLS2": "size"},
    )
    assert (product.meta, product.vendor) == ({"size": "M"}, "Cotton")


def test_type_brand_tags_and_long_description_come_from_the_columns_that_are_named() -> None:
    columns = [*COLUMNS[:5], "Dept", "Brand", "LongText"]
    ((product,), problems) = translate(
        row("BOLT", " Fasteners ", "Bosch", colour="<b>M8</b>"),
        columns=columns,
        product_type_column="dept",
        vendor_column="BRAND",
        tags_column="Dept",
        body_html_column="LONGTEXT",
    )
    assert problems == []
    assert (product.product_type, product.vendor, product.tags, product.body_html) == (
        "Fasteners",
        "Bosch",
        "Fasteners",
        "<b>M8</b>",
    )
    assert product.source_product_code == "BOLT"


def test_the_field_map_makes_fields_of_several_columns_in_any_case_of_their_names() -> None:
    ((product,), problems) = translate(
        row("S-M", title=" Shirt & Co ", colour=None),
        **SIZES,
        field_map={
            "title": "{{DESCRIPTION}} {{size}}{{#Colour}} in {{Colour}}{{/Colour}}",
            "body_html": "<p>{{DESCRIPTION}}</p>",
            "collection": "{{StyleCode}}",
            "barcode": "B-{{STOCKCODE}}",
            "meta.line": "{{STYLECODE}}/{{SIZE}}",
        },
    )
    assert problems == []
    assert (product.title, product.body_html) == ("Shirt & Co M", "<p>Shirt &amp; Co</p>")
    assert (product.collection, product.barcode, product.meta) == ("SHIRT", "B-S-M", {"line": "SHIRT/M"})


def test_an_option_may_be_made_by_the_field_map() -> None:
    ((product,), _) = translate(
        row("S-M"), group_column="StyleCode", option1_name="Fit", field_map={"option1": "{{Size}} {{Colour}}"}
    )
    assert (product.option_names, product.option_values) == (("Fit",), ("M Red",))


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{Colour}}", "BAD: field_map makes no title of this row. The row was left out."),
        ("{{#calculate}}{{Size}} * 2{{/calculate}}", "BAD: field_map title, line 1: "),
        ("x" * 501, "BAD: title as field_map makes it has 501 characters, more than 500."),
    ],
)
def test_a_row_of_which_the_field_map_makes_nothing_useful_is_left_out_with_the_fix(
    template: str, words: str
) -> None:
    _, problems = translate(row("BAD", colour="", size="L"), field_map={"title": template})
    assert len(problems) == 1
    assert problems[0].message.startswith(words)
    assert problems[0].hint
    assert not problems[0].used


@pytest.mark.parametrize(
    ("settings", "column"),
    [
        ({"group_column": "Style"}, "STYLE"),
        ({**SIZES, "option2_column": "Tint"}, "TINT"),
        ({"vendor_column": "Brand"}, "BRAND"),
        ({"field_map": {"title": "{{DESCRIPTION}} {{EXTRADTLS2}}"}}, "EXTRADTLS2"),
    ],
)
def test_a_column_that_a_setting_names_and_the_query_does_not_yield_is_named(
    settings: dict[str, Any], column: str
) -> None:
    with pytest.raises(NotSetUp) as problem:
        translate(row("BOLT"), **settings)
    assert column in problem.value.message
    assert "StyleCode" in problem.value.message
    assert column in (problem.value.hint or "")


@pytest.mark.parametrize("field", ["product_type", "vendor", "collection"])
def test_a_text_longer_than_the_hub_keeps_is_told_with_its_column(field: str) -> None:
    columns = [*COLUMNS[:5], "CATEGORY", "Kind", "Brand"]
    texts = {"collection": "CATEGORY", "product_type": "KIND", "vendor": "BRAND"}
    long = [None if name != texts[field] else "x" * 201 for name in ("CATEGORY", "KIND", "BRAND")]
    products, problems = translate(
        [*row("BOLT")[:5], *long], columns=columns, product_type_column="Kind", vendor_column="Brand"
    )
    assert products == []
    assert problems[0].message.startswith(f"BOLT: {texts[field]} has 201 characters, more than 200.")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"option1_name": "Size", "option1_column": "Size"}, "no group_column"),
        ({"group_column": "G", "option1_name": "Size"}, "option1 needs both"),
        ({"group_column": "G", "option2_column": "Size"}, "option2 needs both"),
        (
            {**SIZES, "option2_name": "size"},
            "two options have one name",
        ),
        ({"field_map": {"title": "{{#A}}"}}, "field_map title, line 1"),
        ({"field_map": {"price": "{{A}}"}}, "'price' is no product field"),
        (
            {"field_map": {"vendor": "{{A}}"}, "vendor_column": "B"},
            "vendor comes from vendor_column and from",
        ),
        ({"field_map": {"title": ""}}, "both sides"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_the_reason(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match="Value error") as problem:
        OmniSettings(**settings)
    assert words in str(problem.value)


def test_the_field_map_may_come_as_the_text_of_a_form() -> None:
    settings = OmniSettings(field_map='{" title ": "{{DESCRIPTION}} {{Size}}"}')
    assert settings.field_map == {"title": "{{DESCRIPTION}} {{Size}}"}
    ((product,), _) = connector.open(settings).translate(COLUMNS, [row("S-M")])
    assert product.title == "Shirt M"
