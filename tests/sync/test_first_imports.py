"""Rows of which nothing is there yet go in by one statement; what comes of them is what others would see."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

SHOP = {"api_url": "https://shop.example/wp-json/wc/v3", "consumer_key": "ck_k", "consumer_secret": "cs_s"}
HEADER = ("source_product_code", "source_variant_code", "title", "vendor", "price", "price_Trade", "qty_JHB")
ROWS = (
    ("SHIRT", "SHIRT-S", "Shirt", "Bosch", "100", "80", "3"),
    ("SHIRT", "SHIRT-M", "Shirt", "Bosch", "110", "", "4"),
    ("HAT", "HAT", "Hat", "", "50", "40", ""),
    ("SHIRT", "SHIRT-L", "Shirt", "Bosch", "120", "90", "0"),
)


def taken(
    hub: Any, folder: Path, *rows: tuple[str, ...], header: tuple[str, ...] = HEADER, **options: Any
) -> Any:
    from stockwire.hub.sync.import_products import Options, import_products

    file = folder / "products.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows((header, *rows))
    return import_products(hub.client_id, hub.source_id, file, Options("thandi"), **options)


def test_rows_of_one_product_become_one_product_with_its_variants(hub: Any, tmp_path: Path) -> None:
    channel_id = hub.new_channel(**SHOP)
    counts = taken(hub, tmp_path, *ROWS)
    assert (counts.rows, counts.added, counts.problems) == (4, 2, 0)
    assert hub.rows("select source_product_code, title, vendor, created_by from products order by 1") == [
        ("HAT", "Hat", None, "thandi"),
        ("SHIRT", "Shirt", "Bosch", "thandi"),
    ]
    assert hub.rows(
        "select p.source_product_code, v.source_variant_code, v.sku from variants v"
        " join products p on p.id = v.product_id order by v.id"
    ) == [
        ("SHIRT", "SHIRT-S", "SHIRT-S"),
        ("SHIRT", "SHIRT-M", "SHIRT-M"),
        ("HAT", "HAT", "HAT"),
        ("SHIRT", "SHIRT-L", "SHIRT-L"),
    ]
    assert hub.rows(
        "select v.sku, t.tier, t.price::text from price_tiers t join variants v on v.id = t.variant_id"
        " where v.sku like 'SHIRT%' order by v.id, t.tier"
    ) == [
        ("SHIRT-S", "Trade", "80.0000"),
        ("SHIRT-S", "retail", "100.0000"),
        ("SHIRT-M", "retail", "110.0000"),
        ("SHIRT-L", "Trade", "90.0000"),
        ("SHIRT-L", "retail", "120.0000"),
    ]
    assert hub.rows(
        "select v.sku, q.warehouse, q.quantity::text from quantities q join variants v on v.id = q.variant_id"
        " order by v.id"
    ) == [("SHIRT-S", "JHB", "3.0000"), ("SHIRT-M", "JHB", "4.0000"), ("SHIRT-L", "JHB", "0.0000")]
    assert hub.rows(
        "select s.channel_id, p.source_product_code from stale s"
        " join products p on p.id = s.product_id order by 2"
    ) == [(channel_id, "HAT"), (channel_id, "SHIRT")]
    assert hub.rows(
        "select who, subject, after ->> 'source_variant_code' from audit where action = 'product imported'"
        " order by 3"
    ) == [
        ("thandi", "HAT", "HAT"),
        ("thandi", "SHIRT", "SHIRT-L"),
        ("thandi", "SHIRT", "SHIRT-M"),
        ("thandi", "SHIRT", "SHIRT-S"),
    ]


def test_attributes_that_every_row_of_a_product_repeats_are_stored_once(hub: Any, tmp_path: Path) -> None:
    header = (*HEADER, "meta_colour", "meta_blank")
    taken(hub, tmp_path, *((*row, "grey", "") for row in ROWS), header=header)
    assert hub.rows(
        "select p.source_product_code, m.key, m.value from product_meta m"
        " join products p on p.id = m.product_id order by 1, 2"
    ) == [("HAT", "colour", "grey"), ("SHIRT", "colour", "grey")]


def test_importing_a_first_file_again_changes_nothing(hub: Any, tmp_path: Path) -> None:
    taken(hub, tmp_path, *ROWS)
    before = hub.rows("select count(*), max(id) from audit where action = 'product imported'")
    counts = taken(hub, tmp_path, *ROWS)
    assert (counts.added, counts.updated, counts.queued) == (0, 0, 0)
    assert hub.rows("select count(*), max(id) from audit where action = 'product imported'") == before


def test_only_the_rows_of_a_whole_file_that_differ_are_stored(hub: Any, tmp_path: Path) -> None:
    channel_id = hub.new_channel(**SHOP)
    taken(hub, tmp_path, *ROWS)
    hub.rows("delete from stale returning product_id")
    stored = "select sku, xmin::text from variants order by id"
    before = hub.rows(stored)
    changed = ("SHIRT", "SHIRT-M", "Shirt", "Bosch", "115", "", "4")
    counts = taken(hub, tmp_path, ROWS[0], changed, *ROWS[2:], ("CAP", "CAP", "Cap", "", "20", "", "1"))
    assert (counts.rows, counts.added, counts.updated, counts.queued) == (5, 1, 1, 2)
    assert hub.rows(stored)[:-1] == before
    assert hub.rows(
        "select s.channel_id, p.source_product_code from stale s"
        " join products p on p.id = s.product_id order by 2"
    ) == [(channel_id, "CAP"), (channel_id, "SHIRT")]
    assert hub.rows(
        "select v.sku, t.price::text from price_tiers t join variants v on v.id = t.variant_id"
        " where t.tier = 'retail' and v.sku in ('SHIRT-M', 'CAP') order by 1"
    ) == [("CAP", "20.0000"), ("SHIRT-M", "115.0000")]


def test_a_second_row_about_a_variant_is_left_out_and_stops_nothing_else(hub: Any, tmp_path: Path) -> None:
    """The first names its product only, which means its one variant; the second names that variant."""
    taken(hub, tmp_path, *ROWS)
    seen: list[Any] = []
    header = ("source_product_code", "source_variant_code", "price")
    rows = (("HAT", "", "55"), ("HAT", "HAT", "56"), ("SHIRT", "SHIRT-S", "101"))
    counts = taken(hub, tmp_path, *rows, header=header, report=seen.append)
    assert (counts.updated, counts.problems) == (2, 1)
    assert (seen[1].code, seen[1].message) == ("HAT", "HAT is what row 2 speaks of already.")
    assert hub.rows(
        "select v.sku, t.price::text from price_tiers t join variants v on v.id = t.variant_id"
        " where t.tier = 'retail' and v.sku in ('HAT', 'SHIRT-S') order by 1"
    ) == [("HAT", "55.0000"), ("SHIRT-S", "101.0000")]


def test_a_row_that_gives_its_product_another_title_is_left_out(hub: Any, tmp_path: Path) -> None:
    """Each of the two would take the other's title away at every import."""
    rows = (ROWS[0], ("SHIRT", "SHIRT-M", "Shirt M", "Bosch", "110", "", "4"))
    seen: list[Any] = []
    counts = taken(hub, tmp_path, *rows, report=seen.append)
    assert (counts.added, counts.problems) == (1, 1)
    assert seen[1].message == "The title is another one than that of row 2, and both are SHIRT."
    assert seen[1].fix == "Give all rows of a product one title, or leave it blank in all but one."


@pytest.mark.parametrize("titled", [0, 1, 2])
def test_a_title_may_stand_in_any_one_row_of_its_product(hub: Any, tmp_path: Path, titled: int) -> None:
    rows = [
        ("SHIRT", f"SHIRT-{size}", "Shirt" if n == titled else "", "", "", "", "1")
        for n, size in enumerate("SML")
    ]
    assert taken(hub, tmp_path, *rows).problems == 0
    assert hub.rows("select title from products") == [("Shirt",)]


def test_a_variant_that_moves_to_another_product_says_from_where(hub: Any, tmp_path: Path) -> None:
    taken(hub, tmp_path, *ROWS)
    header = ("source_product_code", "source_variant_code", "title", "active")
    taken(hub, tmp_path, ("SHIRT", "", "", "FALSE"), header=header)
    seen: list[Any] = []
    counts = taken(hub, tmp_path, ("HAT", "SHIRT-L", "Hat", "TRUE"), header=header, report=seen.append)
    assert (counts.updated, [result.outcome for result in seen]) == (1, ["update"])
    assert seen[0].changes == {"source_product_code": ("SHIRT", "HAT")}
    assert hub.rows(
        "select p.source_product_code from variants v join products p on p.id = v.product_id"
        " where v.source_variant_code = 'SHIRT-L'"
    ) == [("HAT",)]


def test_a_channel_that_is_switched_off_gets_no_marks(hub: Any, tmp_path: Path) -> None:
    channel_id = hub.new_channel(**SHOP)
    hub.rows("update channels set active = false where id = %s returning id", channel_id)
    taken(hub, tmp_path, *ROWS)
    assert hub.rows("select count(*) from stale") == [(0,)]
