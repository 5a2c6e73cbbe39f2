"""A product file into a source and out again: what changes is what the file says, and nothing else."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from stockwire.errors import Refused

Import = Callable[..., tuple[Any, list[Any]]]


@pytest.fixture
def take(hub: Any, tmp_path: Path) -> Import:
    """Import rows given as a table: header, then rows. Returns the counts and the result of every row."""

    def run(*table: Sequence[str], **options: Any) -> tuple[Any, list[Any]]:
        from stockwire.hub.sync.import_products import Options, import_products

        file = tmp_path / "products.csv"
        with file.open("w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows(table)
        seen: list[Any] = []
        counts = import_products(
            hub.client_id, hub.source_id, file, Options("thandi", **options), report=seen.append
        )
        return counts, seen

    return run


HEADER = ("source_product_code", "source_variant_code", "title", "price", "qty")
BOLT = ("BOLT", "BOLT", "Bolt 8 mm", "12.50", "40")
NUT = ("NUT", "NUT", "Nut 8 mm", "3", "5")


def outcomes(results: Sequence[Any]) -> list[tuple[int, str, str]]:
    return [(result.number, result.code, result.outcome) for result in results]


def products(hub: Any) -> dict[str, Any]:
    rows = hub.rows(
        """select p.source_product_code, json_build_object('title', p.title, 'active', p.active,
            'body_html', p.body_html, 'sku', v.sku, 'barcode', v.barcode,
            'prices', (select json_object_agg(tier, price::text) from price_tiers where variant_id = v.id),
            'qty', (select json_object_agg(warehouse, quantity::text) from quantities where variant_id = v.id),
            'meta', (select json_object_agg(key, value) from product_meta where product_id = p.id))
        from products p join variants v on v.product_id = p.id order by v.id"""
    )
    return dict(rows)


def test_an_import_adds_what_is_new_and_marks_it_for_the_channels(hub: Any, take: Import) -> None:
    hub.new_channel(api_url="https://shop.example/wp-json/wc/v3", consumer_key="ck_k", consumer_secret="cs_s")
    counts, results = take(HEADER, BOLT, NUT)
    assert (counts.rows, counts.added, counts.updated, counts.queued, counts.problems) == (2, 2, 0, 2, 0)
    assert outcomes(results) == [(2, "BOLT", "add"), (3, "NUT", "add")]
    bolt = products(hub)["BOLT"]
    assert (bolt["title"], bolt["sku"], bolt["active"]) == ("Bolt 8 mm", "BOLT", True)
    assert (bolt["prices"], bolt["qty"]) == ({"retail": "12.5000"}, {"": "40.0000"})
    assert hub.rows("select count(*) from stale") == [(2,)]


def test_only_the_columns_that_are_there_change_anything(hub: Any, take: Import) -> None:
    take((*HEADER, "body_html", "price_Trade", "meta_colour"), (*BOLT, "<p>Zinc</p>", "11", "grey"))
    counts, [result] = take(("source_variant_code", "qty"), ("BOLT", "39"))
    assert result.changes == {"qty": ("40.0000", "39.0000")}
    assert (counts.added, counts.updated) == (0, 1)
    bolt = products(hub)["BOLT"]
    assert bolt["prices"] == {"retail": "12.5000", "Trade": "11.0000"}
    assert (bolt["body_html"], bolt["meta"], bolt["qty"]) == (
        "<p>Zinc</p>",
        {"colour": "grey"},
        {"": "39.0000"},
    )
    counts, [result] = take(("source_product_code", "title", "meta_COLOUR"), ("BOLT", "", "black"))
    assert result.changes == {"meta_colour": ("grey", "black")}, "blank takes no title away; case is the same"
    counts, [result] = take(("source_product_code", "body_html", "meta_size"), ("BOLT", "", ""))
    assert result.changes == {"body_html": ("<p>Zinc</p>", "")}, (
        "a blank text goes, a blank attribute comes not"
    )


def test_importing_the_same_again_changes_nothing(hub: Any, take: Import) -> None:
    take(HEADER, BOLT, NUT)
    hub.owner.execute("delete from stale")
    counts, results = take(HEADER, BOLT, NUT)
    assert {result.outcome for result in results} == {"nothing"}
    assert (counts.queued, counts.rows) == (0, 2)


def test_a_dry_run_says_the_same_and_writes_nothing(hub: Any, take: Import) -> None:
    take(HEADER, BOLT)
    before = products(hub), hub.rows("select count(*) from audit")
    table = (HEADER, ("BOLT", "BOLT", "Bolt M8", "12.50", "40"), NUT, ("BAD", "BAD", "Bad", "cheap", "1"))
    dry_counts, dry = take(*table, dry_run=True)
    assert (products(hub), hub.rows("select count(*) from audit")) == before
    counts, wet = take(*table)
    assert (dry, dry_counts) == (wet, counts)
    assert outcomes(wet) == [(2, "BOLT", "update"), (3, "NUT", "add"), (4, "BAD", "problem")] or outcomes(
        wet
    ) == [
        (4, "BAD", "problem"),
        (2, "BOLT", "update"),
        (3, "NUT", "add"),
    ]


def test_a_bad_row_says_what_is_wrong_and_stops_nothing_else(hub: Any, take: Import) -> None:
    counts, results = take(
        HEADER,
        BOLT,
        ("X1", "X1", "X", "R12,00", "1"),
        ("X2", "X2", "", "1", "1"),
        ("", "", "No code", "1", "1"),
        ("BOLT", "BOLT", "Bolt 8 mm", "12.50", "40"),
        NUT,
    )
    problems = {
        result.number: (result.message, result.fix) for result in results if result.outcome == "problem"
    }
    assert counts.problems == 4
    assert problems[3][0] == 'price is "R12,00", which is no number.'
    assert problems[4][0] == "X2 is new and has no title."
    assert problems[5][0] == "The row has no code."
    assert problems[6][0] == "BOLT is in row 2 already."
    assert all(fix for _, fix in problems.values())
    assert sorted(products(hub)) == ["BOLT", "NUT"]


def test_new_products_are_skipped_when_asked(hub: Any, take: Import) -> None:
    take(HEADER, BOLT)
    counts, results = take(HEADER, ("BOLT", "BOLT", "Bolt", "12.50", "40"), NUT, skip_new=True)
    assert outcomes(results) == [(2, "BOLT", "update"), (3, "NUT", "skipped")]
    assert (counts.skipped, counts.added, counts.updated) == (1, 0, 1)
    assert "NUT" not in products(hub)


def flag(hub: Any, **owners: str) -> None:
    from stockwire.hub.models import Flag

    with hub.scope():
        for name, owner in owners.items():
            Flag.objects.create(
                client_id=hub.client_id, source_id=hub.source_id, field=name.replace("__", "."), owner=owner
            )


def test_flags_keep_fields_of_products_that_are_there_and_ignoring_them_does_not(
    hub: Any, take: Import
) -> None:
    flag(hub, title="system", price__trade="system", meta__size="source", **{"meta__*": "system"})
    header = (*HEADER, "price_Trade", "meta_colour", "meta_size")
    take(header, (*BOLT, "11", "grey", "8"))
    assert products(hub)["BOLT"]["meta"] == {"colour": "grey", "size": "8"}, "a new product takes everything"
    changed = ("BOLT", "BOLT", "Screw", "13", "41", "9", "red", "10")
    _, [result] = take(header, changed)
    assert set(result.changes) == {"price", "qty", "meta_size"}
    bolt = products(hub)["BOLT"]
    assert (bolt["title"], bolt["prices"]) == ("Bolt 8 mm", {"retail": "13.0000", "Trade": "11.0000"})
    assert bolt["meta"] == {"colour": "grey", "size": "10"}
    take(header, changed, ignore_flags=True)
    bolt = products(hub)["BOLT"]
    assert (bolt["title"], bolt["prices"]["Trade"], bolt["meta"]["colour"]) == ("Screw", "9.0000", "red")


def test_active_false_deletes_and_leaves_the_agents_measure_alone(hub: Any, take: Import) -> None:
    take(HEADER, BOLT, NUT)
    header = ("source_product_code", "source_variant_code", "active")
    counts, results = take(header, ("BOLT", "BOLT", "FALSE"), ("GONE", "GONE", "FALSE"))
    assert outcomes(results) == [(2, "BOLT", "delete"), (3, "GONE", "nothing")]
    assert (counts.deleted, products(hub)["BOLT"]["active"]) == (1, False)
    assert hub.rows("select deactivations_confirmed_at is not null from sources") == [(True,)]
    take(("source_variant_code", "qty"), ("BOLT", "7"))
    assert products(hub)["BOLT"]["active"] is False, "what does not speak of active leaves it"
    take(header, ("BOLT", "BOLT", "TRUE"))
    assert products(hub)["BOLT"]["active"] is True


def test_every_changed_product_stands_in_the_audit_with_before_and_after(hub: Any, take: Import) -> None:
    take(HEADER, BOLT)
    take(("source_variant_code", "qty"), ("BOLT", "39"))
    take(("source_variant_code", "qty"), ("BOLT", "39"))
    rows = hub.rows("select who, action, subject, before, after from audit order by id")
    assert rows[0][:4] == ("thandi", "product imported", "BOLT", None)
    assert rows[0][4]["title"] == "Bolt 8 mm"
    assert rows[1:] == [("thandi", "product imported", "BOLT", {"qty": "40.0000"}, {"qty": "39.0000"})]


def test_images_are_added_and_put_in_order_and_never_taken_away(hub: Any, take: Import) -> None:
    one, two = "https://cdn.example/1.jpg", "https://cdn.example/2.jpg"
    counts, _ = take((*HEADER, "image1", "image2"), (*BOLT, one, two))
    assert counts.images == 2
    header = ("source_product_code", "image1", "image2")
    counts, [result] = take(header, ("BOLT", two, one))
    assert (counts.images, result.changes) == (0, {"image1": (two, two), "image2": (one, one)})
    take(header, ("BOLT", "https://cdn.example/3.jpg", ""))
    found = hub.rows("select src from images where active order by position, id")
    assert len(found) == 3
    _, [result] = take(header, ("BOLT", "file:///etc/passwd", ""))
    assert result.outcome == "problem"


def test_a_file_that_cannot_be_used_at_all_is_refused_with_the_fix(hub: Any, take: Import) -> None:
    for header, message in (
        (("name", "qty"), "neither a column source_product_code nor source_variant_code"),
        (("source_variant_code", "title"), "There is no column source_product_code, which title"),
        (("source_variant_code", "price", "price_retail"), "price and price_retail mean the same"),
    ):
        with pytest.raises(Refused, match=message):
            take(header, ("X", "1", "2")[: len(header)])
    counts, _ = take((*HEADER, "colour"), (*BOLT, "grey"))
    assert counts.unknown_columns == ["colour"]


def test_codes_that_a_spreadsheet_has_shortened_make_no_new_products(hub: Any, take: Import) -> None:
    take(
        HEADER,
        ("00000050", "00000050", "Cable", "1", "1"),
        ("007", "007", "Bond", "1", "1"),
        ("7", "7", "Seven", "1", "1"),
    )
    _, results = take(
        HEADER, ("50", "50", "Cable", "2", "1"), ("7", "7", "Seven", "2", "1"), ("51", "51", "New", "1", "1")
    )
    assert outcomes(results) == [(2, "50", "problem"), (3, "7", "update"), (4, "51", "add")]
    assert results[0].message == "50 is not here, but 00000050 is: a spreadsheet takes noughts away."
    _, [result] = take((*HEADER, "barcode"), ("X", "X", "X", "1", "1", "6.00987E+12"))
    assert (result.outcome, "shortened the number" in result.message) == ("problem", True)


def test_an_sku_that_two_rows_have_is_said(hub: Any, take: Import) -> None:
    header = ("source_product_code", "source_variant_code", "title", "sku", "active")
    _, results = take(
        header,
        ("A", "A", "A", "SAME", ""),
        ("B", "B", "B", "same", ""),
        ("C", "C", "C", "", ""),
        ("D", "D", "D", "SAME", "FALSE"),
    )
    assert outcomes(results) == [(2, "A", "add"), (3, "B", "problem"), (4, "C", "add"), (5, "D", "nothing")]
    assert results[1].message == "B has the SKU same, and so has row 2."


def test_an_attribute_goes_whichever_row_of_its_product_says_so(hub: Any, take: Import) -> None:
    header = ("source_product_code", "source_variant_code", "title", "option1_name", "option1_value")
    sizes = [("TEE", f"TEE-{size}", "Tee", "Size", size) for size in "SM"]
    take((*header, "meta_care"), *((*row, "cold") for row in sizes))
    _, results = take((*header, "delete_meta"), (*sizes[0], "care"), (*sizes[1], ""))
    assert hub.rows("select count(*) from product_meta") == [(0,)]
    assert results[0].changes == {"meta_care": ("cold", None)}


def test_what_flags_keep_for_the_hub_is_said(hub: Any, take: Import) -> None:
    from stockwire.hub.sync.belonging import set_source_flags

    header = (
        "source_product_code",
        "source_variant_code",
        "title",
        "price",
        "qty_JHB",
        "meta_care",
        "image1",
    )
    row = ("BOLT", "BOLT", "Bolt", "1", "2", "cold", "https://cdn.example.co.za/a.jpg")
    assert take(header, row)[0].kept_back == []
    with hub.scope():
        flags = {"price": "system", "qty.JHB": "system", "meta.*": "system", "images": "system"}
        set_source_flags(hub.source_id, flags, "thandi")
    counts, [result] = take(header, (*row[:2], "Bolt 8", "9", "9", "hot", "https://cdn.example.co.za/b.jpg"))
    assert counts.kept_back == ["price.retail", "qty.JHB", "meta.care", "images"]
    assert result.changes == {"title": ("Bolt", "Bolt 8")}
    assert take(header, row, ignore_flags=True)[0].kept_back == []


OPTIONED = ("source_product_code", "source_variant_code", "title", "option1_name", "option1_value", "active")


def test_variants_that_nothing_tells_apart_are_said_at_the_import(hub: Any, take: Import) -> None:
    _, results = take(
        OPTIONED,
        ("TEE", "TEE-S", "Tee", "Size", "S", ""),
        ("TEE", "TEE-S2", "Tee", "Size", " s", ""),
        ("TEE", "TEE-R", "Tee", "Colour", "Red", ""),
        ("TEE", "TEE-N", "Tee", "", "", ""),
        ("TEE", "TEE-OLD", "Tee", "Size", "S", "FALSE"),
        ("CAP", "CAP-1", "Cap", "", "", ""),
        ("CAP", "CAP-2", "Cap", "", "", ""),
        ("TEE", "TEE-M", "Tee", "Size", "M", ""),
    )
    said = {result.number: result.message for result in results if result.outcome == "problem"}
    assert said == {
        3: "Options tell variants apart, and TEE-S2 and row 2 of the product TEE are both Size s.",
        4: "TEE-R has Colour, and row 2 of the product TEE has Size.",
        5: "TEE-N has no option, and row 2 of the product TEE has Size.",
        8: "Options tell variants apart, and CAP-2 and row 7 of the product CAP have none.",
    }
    assert all(result.fix for result in results if result.outcome == "problem")
    rows = hub.rows("select source_variant_code, option_values from variants order by 1")
    assert rows == [("CAP-1", []), ("TEE-M", ["M"]), ("TEE-S", ["S"])]


def test_one_variant_goes_alone_and_the_last_one_takes_the_product_along(hub: Any, take: Import) -> None:
    header = ("source_product_code", "source_variant_code", "title", "active")
    take(header, *(("SHIRT", f"SHIRT-{size}", "Shirt", "") for size in "SML"))
    gone = [(f"SHIRT-{size}", "FALSE") for size in "SML"]
    both = header[:2] + header[3:]

    def active() -> list[Any]:
        rows = hub.rows("select p.active, v.active from products p join variants v on true order by v.id")
        return [rows[0][0], [on for _, on in rows]]

    _, [result] = take(both, ("SHIRT", *gone[0]))
    assert (result.outcome, active()) == ("delete", [True, [False, True, True]])
    counts, results = take(both, *(("SHIRT", *one) for one in gone))
    assert [r.outcome for r in results] == ["nothing", "delete", "delete"]
    assert (counts.deleted, active()[0]) == (1, False)
    _, [result] = take(both, ("SHIRT", "SHIRT-S", "TRUE"))
    assert (result.outcome, active()) == ("update", [True, [True, True, True]])


def test_options_are_stored_compared_and_exported(hub: Any, take: Import, tmp_path: Path) -> None:
    from stockwire.hub.sync.export_products import export_products

    header = ("source_product_code", "source_variant_code", "title", "option1_name", "option1_value")
    rows = [("SHIRT", f"SHIRT-{size}", "Shirt", "Size", size) for size in "SM"]
    take(header, *rows)
    assert hub.rows("select option_names from products") == [(["Size"],)]
    assert hub.rows("select option_values from variants order by id") == [(["S"],), (["M"],)]
    _, [result] = take(header, ("SHIRT", "SHIRT-M", "Shirt", "Size", "Medium"))
    assert result.changes == {"option1_value": ("M", "Medium")}
    _, [result] = take(header, ("SHIRT", "SHIRT-M", "Shirt", "Size", ""))
    assert result.message == "option1 has a name but no value."
    _, results = take(header, rows[0], ("SHIRT", "SHIRT-L", "Shirt", "Colour", "L"))
    assert results[1].message == "SHIRT-L has Colour, and row 2 of the product SHIRT has Size."
    with export_products(hub.client_id, source_id=hub.source_id, columns=["options"]) as found:
        assert [found.columns[2:], *found.rows] == [
            ["option1_name", "option1_value"],
            ["SHIRT", "SHIRT-S", "Size", "S"],
            ["SHIRT", "SHIRT-M", "Size", "Medium"],
        ]


def test_every_sign_of_a_new_product_arrives_and_stands_in_the_audit(hub: Any, take: Import) -> None:
    odd = 'back\\slash \\N, tab\t, line\nbreak, return\r, "quotes", \'s and {braces}, é'
    header = (*HEADER, "body_html", "meta_note", "barcode", "price_Trade{,}")
    counts, _ = take(header, ("ODD", "ODD", "Odd \\ title", "1.5", "2", odd, odd, "\\N", "7"))
    assert (counts.added, counts.problems) == (1, 0)
    [(title, body, note, barcode)] = hub.rows(
        "select p.title, p.body_html, m.value, v.barcode from products p join variants v on v.product_id = p.id"
        " join product_meta m on m.product_id = p.id"
    )
    assert (title, body, note, barcode) == ("Odd \\ title", odd, odd, "\\N")
    [(after,)] = hub.rows("select after from audit where action = 'product imported'")
    assert (after["body_html"], after["meta"], after["barcode"]) == (odd, {"note": odd}, "\\N")
    assert after["price_tiers"] == {"retail": "1.5", "Trade{,}": "7"}


def test_a_product_that_an_agent_brings_while_it_is_imported_is_looked_at_again(
    hub: Any, take: Import, postgres: Any
) -> None:
    """The other transaction has inserted it and not yet said so: nobody can see it, but it is in the way."""
    with psycopg.connect(postgres.admin) as agent:
        agent.execute(
            "insert into products (client_id, source_id, source_product_code, active, title)"
            " values (%s, %s, 'BOLT', true, 'Bolt of the agent')",
            [hub.client_id, hub.source_id],
        )
        with ThreadPoolExecutor(1) as importer:
            imported = importer.submit(take, HEADER, BOLT, NUT)
            while not hub.rows("select from pg_stat_activity where wait_event_type = 'Lock'"):
                assert not imported.done()
            agent.commit()
            counts, results = imported.result()
    assert outcomes(results) == [(2, "BOLT", "update"), (3, "NUT", "add")]
    assert counts.problems == 0
    assert hub.rows("select title from products order by source_product_code") == [
        ("Bolt 8 mm",),
        ("Nut 8 mm",),
    ]
