"""Customers come from a file and go into one; passwords are hashed and are seen nowhere."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from stockwire.domain.customer_rows import COLUMNS
from stockwire.errors import Refused

SECRET = "tall grass moves slowly"
Import = Callable[..., tuple[Any, list[Any]]]


@pytest.fixture
def channel_id(hub: Any) -> int:
    return int(hub.new_channel(api_url="https://shop.example", consumer_key="ck_1", consumer_secret="cs_1"))


@pytest.fixture
def take(hub: Any, channel_id: int, tmp_path: Path) -> Import:
    """Import a table of customers: header, then rows."""

    def run(*table: Sequence[str], **options: Any) -> tuple[Any, list[Any]]:
        from stockwire.hub.sync.import_customers import Options, import_customers

        file = tmp_path / "customers.csv"
        with file.open("w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows(table)
        seen: list[Any] = []
        counts = import_customers(
            hub.client_id, channel_id, file, Options("thandi", **options), report=seen.append
        )
        return counts, seen

    return run


HEADER = (
    "source_customer_code",
    "first_name",
    "email",
    "accepts_marketing",
    "password",
    "password_confirmation",
)
ANNA = ("ANNA01", "Anna", "anna@example.co.za", "TRUE", SECRET, SECRET)


def test_a_customer_is_added_with_a_hashed_password_that_is_seen_nowhere(
    hub: Any, take: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    from django.contrib.auth.hashers import check_password

    counts, results = take(HEADER, ANNA, ("BEN01", "Ben", "", "", "", ""))
    assert (counts.added, counts.problems) == (2, 0)
    [(username, hashed), (other, none)] = hub.rows("select username, password from customers order by id")
    assert (username, other, none) == ("anna01", "ben01", "")
    assert hashed.startswith("argon2")
    assert check_password(SECRET, hashed)
    audit = hub.rows("select after::text from audit where action = 'customer imported'")
    said = repr(results) + repr(audit) + "".join(capsys.readouterr())
    assert SECRET not in said
    assert hashed not in said
    assert results[0].changes["password"] == (None, "(set)")


def test_the_same_again_changes_nothing_and_only_what_differs_is_written(hub: Any, take: Import) -> None:
    take(HEADER, ANNA)
    counts, [result] = take(HEADER, ANNA)
    assert (result.outcome, counts.updated) == ("nothing", 0)
    _, [result] = take(("source_customer_code", "email"), ("ANNA01", "a@example.co.za"))
    assert result.changes == {"email": ("anna@example.co.za", "a@example.co.za")}
    _, [result] = take(HEADER, (*ANNA[:4], "slow grass moves tall", "slow grass moves tall"))
    assert result.changes["password"] == ("(another)", "(set)")
    take(("source_customer_code", "address1.city"), ("ANNA01", "Pofadder"))
    assert hub.rows("select city, position from customer_addresses") == [("Pofadder", 1)]


def test_bad_rows_are_said_without_their_password_and_the_others_go_in(hub: Any, take: Import) -> None:
    counts, results = take(
        HEADER,
        ("A", "A", "not an address", "", "", ""),
        ("B", "B", "", "perhaps", "", ""),
        ("C", "C", "", "", SECRET, "something else"),
        ("D", "D", "", "", "short", "short"),
        ("", "E", "", "", "", ""),
        ANNA,
        ANNA,
    )
    problems = {result.number: result.message for result in results if result.outcome == "problem"}
    assert problems == {
        2: 'email is "not an address", which is no e-mail address.',
        3: 'accepts_marketing is "perhaps".',
        4: "password and password_confirmation are not the same.",
        5: problems[5],
        6: "The row has no source_customer_code.",
        8: "ANNA01 is in row 7 already.",
    }
    assert "too short" in problems[5]
    codes = [result.code for result in results if result.outcome == "problem"]
    assert codes == ["A", "B", "C", "D", "", "ANNA01"]
    assert SECRET not in repr(results)
    assert (counts.added, counts.problems) == (1, 6)


def test_a_price_list_or_warehouse_that_no_product_has_is_said_with_those_there_are(
    hub: Any, take: Import, tmp_path: Path
) -> None:
    from stockwire.hub.sync.import_products import Options, import_products

    file = tmp_path / "products.csv"
    file.write_text("source_product_code,source_variant_code,title,price_Trade,qty_JHB\nBOLT,BOLT,Bolt,9,4\n")
    import_products(hub.client_id, hub.source_id, file, Options("thandi"))
    counts, results = take(
        ("source_customer_code", "price_tier", "warehouse"),
        ("A", "trade", "JHB"),
        ("B", "Trad", "CPT"),
        ("C", "", ""),
        ("D", "Trad", "JHB"),
    )
    said = [
        "No product has the price list Trad yet. Close to it: Trade. There are: Trade.",
        "No product has the warehouse CPT yet. There are: JHB.",
    ]
    assert (counts.added, counts.problems, counts.unknown_names) == (4, 0, said)
    told = [[sentence for sentence in said if sentence in result.message] for result in results]
    assert told == [[], said, [], said[:1]]


def test_an_account_code_that_a_spreadsheet_has_shortened_makes_no_new_customer(
    hub: Any, take: Import
) -> None:
    take(("source_customer_code", "first_name"), ("00123", "Anna"), ("ANNA01", "Anna"))
    _, results = take(("source_customer_code", "first_name"), ("123", "Anna"), ("124", "Ben"))
    assert [(result.code, result.outcome) for result in results] == [("123", "problem"), ("124", "add")]
    assert results[0].message == "123 is here as 00123: a spreadsheet takes noughts away."


def test_a_dry_run_writes_nothing_and_new_ones_can_be_ignored(hub: Any, take: Import) -> None:
    counts, results = take(HEADER, ANNA, dry_run=True)
    assert (counts.added, hub.rows("select count(*) from customers")) == (1, [(0,)])
    counts, results = take(HEADER, ANNA, ignore_new=True)
    assert [result.outcome for result in results] == ["skipped"]
    assert hub.rows("select count(*) from customers") == [(0,)]


def test_what_omni_has_raised_an_order_for_is_known_and_the_rest_is_said_to_be_unknown(
    hub: Any, channel_id: int, take: Import
) -> None:
    from stockwire.hub.models import Order

    with hub.scope():
        now = datetime.now(UTC)
        Order.objects.create(
            client_id=hub.client_id,
            channel_id=channel_id,
            source_id=hub.source_id,
            channel_order_code="1",
            number="1",
            state="raised",
            currency="ZAR",
            total=10,
            total_tax=0,
            ordered_at=now,
            modified_at=now,
            source_customer_code="ANNA01",
            reference="R1",
        )
    counts, results = take(HEADER, ANNA, ("BEN01", "Ben", "", "", "", ""))
    assert counts.confirmed == 1
    assert results[0].message == ""
    assert "cannot be known from here" in results[1].message


def test_a_user_name_never_changes_and_two_never_share_one(hub: Any, take: Import) -> None:
    take(HEADER, ("A 1", "A", "", "", "", ""), ("A/1", "B", "", "", "", ""))
    assert hub.rows("select username from customers order by id") == [("a-1",), ("a-1-2",)]
    with pytest.raises(psycopg.errors.CheckViolation):
        hub.owner.execute("update customers set username = 'other'")


def test_customers_round_trip_in_the_columns_of_the_template(
    hub: Any, channel_id: int, take: Import, tmp_path: Path
) -> None:
    from stockwire.files.csv_writing import write_csv
    from stockwire.hub.sync.export_customers import export_customers
    from stockwire.hub.sync.import_customers import Options, import_customers

    odd = ("=1+1", "'", '"a", b', "line\nbreak", "-x")
    take(
        ("source_customer_code", "last_name", "note", "address1.address1", "address1.country_code"),
        *((f"C{n}", text, text, text, "za") for n, text in enumerate(odd)),
    )
    file = tmp_path / "out.csv"
    with export_customers(hub.client_id, channel_id) as found:
        assert tuple(found.columns) == COLUMNS
        assert write_csv(file, found.columns, found.rows) == len(odd)
    seen: list[Any] = []
    import_customers(hub.client_id, channel_id, file, Options("x", dry_run=True), report=seen.append)
    assert {result.outcome for result in seen} == {"nothing"}
    assert hub.rows("select distinct country_code from customer_addresses") == [("ZA",)]


def test_an_export_of_customers_into_an_empty_hub_is_exported_byte_by_byte_the_same(
    hub: Any, channel_id: int, take: Import, tmp_path: Path
) -> None:
    from stockwire.files.csv_writing import write_csv
    from stockwire.hub.sync.export_customers import export_customers
    from stockwire.hub.sync.import_customers import Options, import_customers

    def exported(name: str) -> Path:
        with export_customers(hub.client_id, channel_id, terms=True) as found:
            write_csv(tmp_path / name, found.columns, found.rows)
        return tmp_path / name

    odd = ("=1+1", "'", '"a", b', "line\nbreak", "-x", "#1; \u00e9\u4e2d")
    columns = (*(name for name in COLUMNS if "password" not in name), "price_tier", "warehouse")
    given = {"email": "a@example.co.za", "accepts_marketing": "TRUE", "send_email_invite": "FALSE"}
    given |= {"address1.country_code": "ZA", "source_customer_code": "C"}
    take(
        columns,
        *(
            tuple(given.get(name, text) + (str(n) if name == columns[0] else "") for name in columns)
            for n, text in enumerate(odd)
        ),
    )
    first = exported("first.csv")
    hub.owner.execute("truncate customers cascade")
    counts = import_customers(hub.client_id, channel_id, first, Options("x"))
    assert (counts.added, counts.problems) == (len(odd), 0)
    assert exported("second.csv").read_bytes() == first.read_bytes()


def test_orders_are_exported_without_lines_and_with_their_totals(hub: Any, rehearsal: Any) -> None:
    from stockwire.hub.sync.export_orders import COLUMNS, export_orders

    rehearsal.act("add_product", name="Bolt", sku="BOLT-8", regular_price="115.00")
    code = rehearsal.act("place_order", lines=[{"sku": "BOLT-8", "quantity": 2}])["id"]
    rehearsal.take()
    with export_orders(hub.client_id) as found:
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in found.rows]
    stored = rehearsal.order(code)
    assert tuple(found.columns) == COLUMNS
    assert [(row["channel_order_code"], row["total"]) for row in rows] == [
        (str(code), f"{stored['total']:.2f}")
    ]
    assert rows[0]["customer_email"] == stored["customer_email"]


def test_a_file_without_codes_is_refused(take: Import) -> None:
    for header, message in (
        (("email",), "no column source_customer_code"),
        (("source_customer_code", "password"), "go together"),
        (("source_customer_code", "email", "email"), "there twice"),
    ):
        with pytest.raises(Refused, match=message):
            take(header, ("x",) * len(header))
