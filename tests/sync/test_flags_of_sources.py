"""What a flag keeps from a source stays, field by field, also when the source no longer sends it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from stockwire.domain.flags import PLAIN
from stockwire.domain.records import Active, SourceProduct


def test_attributes_and_quantities_that_are_not_the_sources_are_not_taken_away(hub: Any) -> None:
    from stockwire.hub import models
    from stockwire.hub.sync.belonging import set_source_flags
    from stockwire.hub.sync.no_longer_sent import remove_quantities, tidy

    ours = {"client_id": hub.client_id}
    with hub.scope():
        source = models.Source.objects.get(pk=hub.source_id)
        source.settings["deactivate_productmeta_prefix_csv"] = "spec_"
        product = models.Product.objects.create(
            **ours, source=source, source_product_code="BOLT", active=True, title="Bolt"
        )
        variant = models.Variant.objects.create(
            **ours, source=source, product=product, source_variant_code="BOLT", sku="BOLT"
        )
        for key in ("spec_Size", "spec_old", "spec_own"):
            models.ProductMeta.objects.create(**ours, product=product, key=key, value="x")
        for warehouse in ("JHB", "CPT", "Supplier"):
            models.Quantity.objects.create(**ours, variant=variant, warehouse=warehouse, quantity=1)
        flags = {"meta.*": "system", "meta.spec_OLD": "source", "qty.supplier": "system"}
        set_source_flags(hub.source_id, flags, "thandi")
        tidy(source, [SourceProduct("BOLT", "BOLT", "BOLT", Active.ACTIVE, "Bolt", meta={"spec_own": "x"})])
        remove_quantities(source, [("BOLT", "JHB"), ("BOLT", "Supplier")])
    assert hub.rows("select key from product_meta order by 1") == [("spec_Size",), ("spec_own",)]
    assert hub.rows("select warehouse from quantities order by 1") == [("CPT",), ("Supplier",)]


# Each flag of a source, and what of a row goes by it.
COLUMNS: dict[str, set[str]] = {
    **{name: {name} for name in ("title", "body_html", "collection", "product_type", "vendor", "tags")},
    **{name: {name} for name in ("sku", "barcode", "grams", "inventory_management")},
    "options": {"option1_value"},
    "images": {"image1"},
    "price": {"price", "price_Trade"},
    "price.*": {"price", "price_Trade"},
    "price.retail": {"price"},
    "price.TRADE": {"price_Trade"},
    "qty": {"qty", "qty_JHB", "qty_Cape Town"},
    "qty.*": {"qty_JHB", "qty_Cape Town"},
    "qty.cape town": {"qty_Cape Town"},
    "meta.*": {"meta_colour", "meta_size"},
    "meta.Colour": {"meta_colour"},
}
FIRST = {
    "title": "Bolt", "body_html": "<p>1</p>", "collection": "Bolts", "product_type": "Hex", "vendor": "Karoo",
    "tags": "a", "sku": "BOLT", "barcode": "6001", "grams": "10", "inventory_management": "TRUE",
    "option1_name": "Size", "option1_value": "M8", "image1": "https://x.example/1.png", "price": "1",
    "price_Trade": "2", "qty": "3", "qty_JHB": "4", "qty_Cape Town": "5", "meta_colour": "grey", "meta_size": "8",
}  # fmt: skip
SECOND = {
    **FIRST, "title": "Screw", "body_html": "<p>2</p>", "collection": "Screws", "product_type": "Wood",
    "vendor": "Bosveld", "tags": "b", "sku": "SCREW", "barcode": "6002", "grams": "20",
    "inventory_management": "FALSE", "option1_value": "M9", "image1": "https://x.example/2.png", "price": "11",
    "price_Trade": "12", "qty": "13", "qty_JHB": "14", "qty_Cape Town": "15", "meta_colour": "red", "meta_size": "9",
}  # fmt: skip


@pytest.fixture
def take(hub: Any, tmp_path: Path) -> Callable[[Mapping[str, str]], None]:
    """Bring one row into the source, as every way in does: by its flags."""

    def run(row: Mapping[str, str]) -> None:
        from stockwire.hub.sync.import_products import Options, import_products

        file = tmp_path / "products.csv"
        with file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, ["source_product_code", "source_variant_code", *row])
            writer.writeheader()
            writer.writerow({"source_product_code": "BOLT", "source_variant_code": "BOLT", **row})
        seen: list[Any] = []
        import_products(hub.client_id, hub.source_id, file, Options("thandi"), report=seen.append)
        assert [one.outcome for one in seen if one.outcome == "problem"] == []

    return run


def stands(hub: Any) -> dict[str, str]:
    """What is kept of the row, by its columns."""
    [(texts, variant, prices, quantities, meta, image)] = hub.rows(
        """select to_jsonb(p), to_jsonb(v),
            (select json_object_agg(tier, trim_scale(price)::text) from price_tiers),
            (select json_object_agg(warehouse, trim_scale(quantity)::text) from quantities),
            (select json_object_agg(key, value) from product_meta),
            (select src from images where active order by position, id desc limit 1)
        from products p join variants v on v.product_id = p.id"""
    )
    names = ("title", "body_html", "collection", "product_type", "vendor", "tags")
    return {
        **{name: texts[name] for name in names},
        "option1_name": texts["option_names"][0],
        "option1_value": variant["option_values"][0],
        "sku": variant["sku"],
        "barcode": variant["barcode"],
        "grams": str(variant["grams"]),
        "inventory_management": str(variant["inventory_management"]).upper(),
        "image1": image,
        "price": prices["retail"],
        "price_Trade": prices["Trade"],
        **{"qty" if name == "" else f"qty_{name}": amount for name, amount in quantities.items()},
        **{f"meta_{key}": value for key, value in meta.items()},
    }


def set_flags(hub: Any, flags: Mapping[str, str]) -> None:
    from stockwire.hub.sync.belonging import set_source_flags

    with hub.scope():
        set_source_flags(hub.source_id, flags, "thandi")


def test_no_field_is_without_its_case() -> None:
    assert {name.partition(".")[0] for name in COLUMNS} == {*PLAIN, "meta"}


@pytest.mark.parametrize("flag", COLUMNS)
def test_a_flag_keeps_exactly_its_field_from_the_source(hub: Any, take: Any, flag: str) -> None:
    take(FIRST)
    set_flags(hub, {flag: "system"})
    take(SECOND)
    assert stands(hub) == {name: FIRST[name] if name in COLUMNS[flag] else SECOND[name] for name in FIRST}


@pytest.mark.parametrize("flag", COLUMNS)
def test_a_flag_gives_exactly_its_field_to_a_source_that_has_no_other(hub: Any, take: Any, flag: str) -> None:
    take(FIRST)
    set_flags(hub, {**dict.fromkeys((*PLAIN, "meta.*", "qty.*", "price.*"), "system"), flag: "source"})
    take(SECOND)
    # Flags on every part go before the flag of the whole.
    given = {"price": set[str](), "qty": {"qty"}}.get(flag, COLUMNS[flag])
    assert stands(hub) == {name: SECOND[name] if name in given else FIRST[name] for name in FIRST}


def test_a_product_that_is_new_takes_every_field_whatever_the_flags(hub: Any, take: Any) -> None:
    set_flags(hub, dict.fromkeys((*PLAIN, "meta.*"), "system"))
    take(FIRST)
    assert stands(hub) == FIRST
