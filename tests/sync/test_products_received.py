"""From the agent's batches to the hub's tables, by the guide's product table; nothing more, nothing twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.sync.conftest import SHOP


def said(answer: Any) -> dict[str, Any]:
    return dict(json.loads(answer.content))


@pytest.mark.parametrize(
    ("guide_row", "field", "value"),
    [
        ("STOCKCODE -> source_product_code", "source_product_code", "00123"),
        ("STOCKCODE -> source_variant_code", "source_variant_code", "00123"),
        ("STOCKCODE -> variants.sku", "sku", "00123"),
        ("DESCRIPTION -> title", "title", "Hex bolt M8 – galvanised"),
        ("EXTRADTLS8 -> product_active", "active", True),
        ("SELLINGPRICE1 -> variants.retail_price", "prices", {"retail": "149.9000"}),
        ("OAvailable -> variants.qty", "quantities", {"": "12.0000"}),
        ("true -> variants.inventory_management", "inventory_management", True),
    ],
)
def test_each_row_of_the_guides_product_table_reaches_the_tables(
    feed: Any, guide_row: str, field: str, value: object
) -> None:
    row = feed.row(
        " 00123 ", DESCRIPTION="Hex bolt M8 – galvanised ", SELLINGPRICE1="149.90", OAvailable="12"
    )
    received = feed.send(row)
    assert (received.products, received.changed, received.problems) == (1, 1, 0)
    assert feed.item("00123")[field] == value, guide_row


@pytest.mark.parametrize("text", ["ACTIVE", "active", " Active ", "aCtIvE\t"])
def test_active_creates_and_updates_in_any_case_and_with_blanks_around(feed: Any, text: str) -> None:
    feed.send(feed.row("BOLT", EXTRADTLS8=text))
    feed.send(
        feed.row("BOLT", EXTRADTLS8=text, DESCRIPTION="Longer bolt", SELLINGPRICE1="9.95", OAvailable="3")
    )
    item = feed.item("BOLT")
    assert (item["active"], item["title"], item["prices"], item["quantities"]) == (
        True,
        "Longer bolt",
        {"retail": "9.9500"},
        {"": "3.0000"},
    )


@pytest.mark.parametrize("text", ["DELETE", "delete", " Delete "])
def test_delete_deactivates_what_is_there_and_creates_nothing(feed: Any, text: str) -> None:
    feed.send(feed.row("BOLT"))
    received = feed.send(feed.row("BOLT", EXTRADTLS8=text), feed.row("NUT", EXTRADTLS8=text))
    assert (received.products, received.changed) == (2, 1)
    assert feed.codes() == ["BOLT"]
    assert not feed.item("BOLT")["active"]


@pytest.mark.parametrize("text", ["IGNORE", "ignore", " Ignore ", "", "   ", None, "SOON"])
def test_ignore_blank_and_unknown_words_leave_everything_as_last_synced(feed: Any, text: str | None) -> None:
    feed.send(feed.row("BOLT", BARCODE="6001", EXTRADTLS1="Galvanised"))
    before = feed.item("BOLT")
    received = feed.send(
        feed.row(
            "BOLT",
            EXTRADTLS8=text,
            DESCRIPTION="X",
            SELLINGPRICE1="1",
            OAvailable="0",
            BARCODE="",
            EXTRADTLS1="Y",
        ),
        feed.row("NEW", EXTRADTLS8=text, BARCODE="", EXTRADTLS1=""),
    )
    assert received.changed == 0
    assert feed.item("BOLT") == before
    assert feed.codes() == ["BOLT"]


def test_an_ignored_item_that_was_deactivated_stays_so(feed: Any) -> None:
    feed.send(feed.row("BOLT"))
    feed.send(feed.row("BOLT", EXTRADTLS8="DELETE"))
    assert feed.send(feed.row("BOLT", EXTRADTLS8="IGNORE")).changed == 0
    assert not feed.item("BOLT")["active"]


def test_an_item_set_to_active_again_comes_back_with_its_new_values(feed: Any) -> None:
    feed.send(feed.row("BOLT"))
    feed.send(feed.row("BOLT", EXTRADTLS8="DELETE"))
    assert feed.send(feed.row("BOLT", SELLINGPRICE1="99")).changed == 1
    item = feed.item("BOLT")
    assert (item["active"], item["prices"]) == (True, {"retail": "99.0000"})


def test_the_column_that_says_what_should_happen_is_a_setting(hub: Any, feed_of: Callable[..., Any]) -> None:
    feed = feed_of(hub.client_id, hub.new_source(hub.client_id, active_column="extradtls3"))
    feed.send(
        feed.row("BOLT", EXTRADTLS3="active", EXTRADTLS8="DELETE"),
        feed.row("NUT", EXTRADTLS3="", EXTRADTLS8="ACTIVE"),
    )
    assert feed.codes() == ["BOLT"]
    assert feed.item("BOLT")["meta"] == {"extradtls8": "DELETE"}


def test_further_price_lists_and_attributes_are_kept_under_their_names(
    hub: Any, feed_of: Callable[..., Any]
) -> None:
    settings = {
        "price_map": {"SELLINGPRICE1": "retail", "SELLINGPRICE2": "trade"},
        "meta_map": {"EXTRADTLS1": "brand"},
    }
    feed = feed_of(hub.client_id, hub.new_source(hub.client_id, **settings))
    feed.send(feed.row("BOLT", SELLINGPRICE2="80", SELLINGPRICE3="70", EXTRADTLS1="Karoo", EXTRADTLS2="M8"))
    item = feed.item("BOLT")
    assert item["prices"] == {"retail": "115.0000", "trade": "80.0000", "sellingprice3": "70.0000"}
    assert item["meta"] == {"brand": "Karoo", "extradtls2": "M8"}


def test_a_price_list_that_disappears_is_taken_away(hub: Any, feed: Any) -> None:
    feed.send(feed.row("BOLT", SELLINGPRICE2="80"), feed.row("NUT", SELLINGPRICE2="8"))
    hub.new_channel(**SHOP)
    received = feed.send(feed.row("BOLT", SELLINGPRICE2=""), feed.row("NUT", SELLINGPRICE2="8"))
    assert received.changed == 1
    assert feed.item("BOLT")["prices"] == {"retail": "115.0000"}
    assert feed.item("NUT")["prices"] == {"retail": "115.0000", "sellingprice2": "8.0000"}
    assert feed.marks() == [("Web shop", "BOLT", 1)]


def test_an_item_that_loses_its_last_price_keeps_none(feed: Any) -> None:
    feed.send(feed.row("BOLT"))
    assert feed.send(feed.row("BOLT", SELLINGPRICE1="")).changed == 1
    assert feed.item("BOLT")["prices"] == {}


def test_an_attribute_that_is_not_sent_again_is_kept(feed: Any) -> None:
    feed.send(feed.row("BOLT", EXTRADTLS1="Galvanised", EXTRADTLS2="M8"))
    assert feed.send(feed.row("BOLT", EXTRADTLS1="", EXTRADTLS2="M10")).changed == 1
    assert feed.item("BOLT")["meta"] == {"extradtls1": "Galvanised", "extradtls2": "M10"}


def test_an_item_that_left_one_warehouse_has_nothing_there_any_more(feed: Any) -> None:
    rows = [feed.row("BOLT", WAREHOUSECODE=place, OAvailable="4") for place in ("1", "EDN")]
    feed.send(*rows, feed.row("NUT", WAREHOUSECODE="EDN"))
    received = feed.send(removed_quantities=[("BOLT", "EDN"), ("UNKNOWN", "EDN")])
    assert received.changed == 1
    assert (feed.item("BOLT")["active"], feed.item("BOLT")["quantities"]) == (True, {"1": "4.0000"})
    assert feed.item("NUT")["quantities"] == {"EDN": "12.0000"}


def test_an_attribute_with_a_prefix_to_tidy_up_goes_when_it_is_not_sent_again(hub: Any, feed: Any) -> None:
    hub.owner.execute(
        'update sources set settings = settings || \'{"deactivate_productmeta_prefix_csv": "extra, old_"}\''
    )
    feed.send(feed.row("BOLT", EXTRADTLS1="M8", EXTRADTLS2="zinc"), feed.row("NUT", EXTRADTLS1="M8"))
    hub.owner.execute(
        "insert into product_meta (client_id, product_id, key, value)"
        " select client_id, id, 'brand', 'Karoo' from products"
    )
    received = feed.send(feed.row("BOLT", EXTRADTLS1="M8", EXTRADTLS2=""))
    assert received.changed == 1
    assert feed.item("BOLT")["meta"] == {"extradtls1": "M8", "brand": "Karoo"}
    assert feed.item("NUT")["meta"] == {"extradtls1": "M8", "brand": "Karoo"}


def test_rows_of_several_warehouses_are_one_item_with_a_quantity_each(feed: Any) -> None:
    feed.send(
        feed.row("BOLT", WAREHOUSECODE="CPT", OAvailable="5"),
        feed.row("BOLT", WAREHOUSECODE="JHB", OAvailable="7"),
        feed.row("NUT", WAREHOUSECODE="JHB", OAvailable="1"),
    )
    assert feed.item("BOLT")["quantities"] == {"CPT": "5.0000", "JHB": "7.0000"}


def test_a_batch_that_brings_one_warehouse_of_an_item_leaves_the_others_as_they_are(feed: Any) -> None:
    """The agent sends the rows that changed, and a batch may end between two rows of one item."""
    feed.send(feed.row("BOLT", WAREHOUSECODE="CPT", OAvailable="5"))
    feed.send(feed.row("BOLT", WAREHOUSECODE="JHB", OAvailable="7"))
    assert feed.send(feed.row("BOLT", WAREHOUSECODE="JHB", OAvailable="6")).changed == 1
    assert feed.item("BOLT")["quantities"] == {"CPT": "5.0000", "JHB": "6.0000"}


def test_a_query_that_no_longer_tells_warehouses_apart_replaces_their_quantities(feed: Any) -> None:
    feed.send(
        feed.row("BOLT", WAREHOUSECODE="CPT", OAvailable="5"),
        feed.row("BOLT", WAREHOUSECODE="JHB", OAvailable="7"),
    )
    feed.send(feed.row("BOLT", OAvailable="11"))
    assert feed.item("BOLT")["quantities"] == {"": "11.0000"}
    feed.send(feed.row("BOLT", WAREHOUSECODE="CPT", OAvailable="5"))
    assert feed.item("BOLT")["quantities"] == {"CPT": "5.0000"}


def test_columns_the_query_no_longer_yields_leave_their_values_alone(feed: Any) -> None:
    feed.send(feed.row("BOLT", BARCODE="6001", CATEGORY="Bolts", WEIGHT="0.25"))
    assert feed.send(feed.row("BOLT")).changed == 0
    item = feed.item("BOLT")
    assert (item["barcode"], item["collection"], item["grams"]) == ("6001", "Bolts", 250)


def test_a_batch_received_twice_is_answered_twice_and_applied_once(feed: Any) -> None:
    feed.send(feed.row("BOLT"))
    feed.send(feed.row("BOLT", SELLINGPRICE1="99"))
    feed.number = 0
    repeated = feed.send(feed.row("BOLT"))
    assert repeated.repeated
    assert feed.item("BOLT")["prices"] == {"retail": "99.0000"}


def test_a_batch_out_of_turn_is_refused_with_the_number_that_is_expected(feed: Any) -> None:
    feed.send(feed.row("BOLT"))
    answer = feed.post(3, feed.row("BOLT", SELLINGPRICE1="99"))
    assert answer.status_code == 409
    assert said(answer) == {
        "message": "Batch 3 came out of turn; the hub waits for batch 2.",
        "hint": "The agent sends again from there by itself.",
        "expected": 2,
    }
    assert feed.item("BOLT")["prices"] == {"retail": "115.0000"}


@pytest.mark.slow
def test_a_new_journal_starts_a_new_stream_at_one_and_no_later(feed: Any) -> None:
    feed.send(feed.row("BOLT"))
    feed.send(feed.row("BOLT"))
    feed.stream = "second-journal"
    answer = feed.post(3, feed.row("BOLT"))
    assert (answer.status_code, said(answer)["expected"]) == (409, 1)
    feed.number = 0
    assert not feed.send(feed.row("BOLT", SELLINGPRICE1="99")).repeated
    assert feed.item("BOLT")["prices"] == {"retail": "99.0000"}
    assert feed.send(feed.row("NUT")).number == 2


def test_a_code_that_vanished_from_the_source_counts_as_delete(hub: Any, feed: Any) -> None:
    feed.send(feed.row("BOLT"), feed.row("NUT"))
    hub.new_channel(**SHOP)
    received = feed.send(removed=["BOLT", "NEVER-SEEN"])
    assert received.changed == 1
    assert [feed.item(code)["active"] for code in ("BOLT", "NUT")] == [False, True]
    assert feed.send(removed=["BOLT"]).changed == 0
    feed.send(feed.row("BOLT"))
    assert feed.item("BOLT")["active"]


def test_a_row_that_cannot_be_used_is_reported_and_the_rest_is_stored(feed: Any) -> None:
    received = feed.send(
        feed.row("BEFORE"),
        feed.row("BOLT", SELLINGPRICE1="twelve"),
        feed.row("", DESCRIPTION="No code"),
        feed.row("AFTER"),
        problems=[("NUT", "NUT: the description holds bytes outside WIN1252.", "Correct it in Omni.")],
    )
    assert (received.products, received.changed, received.problems) == (2, 2, 3)
    assert feed.codes() == ["AFTER", "BEFORE"]
    assert [code for code, _ in feed.problems()] == ["", "BOLT", "NUT"]
    assert feed.problems()[1][1].startswith('BOLT: SELLINGPRICE1 is "twelve", which is no number.')


def test_a_row_that_cannot_be_used_leaves_the_item_as_last_synced(feed: Any) -> None:
    feed.send(feed.row("BOLT"))
    before = feed.item("BOLT")
    feed.send(feed.row("BOLT", SELLINGPRICE1="-5"))
    assert feed.item("BOLT") == before


def test_a_problem_is_kept_once_and_forgotten_when_its_row_reads_well(feed: Any) -> None:
    for _ in range(2):
        feed.send(feed.row("BOLT", SELLINGPRICE1="twelve"), feed.row("NUT", SELLINGPRICE1="-1"))
    assert [code for code, _ in feed.problems()] == ["BOLT", "NUT"]
    feed.send(feed.row("BOLT", SELLINGPRICE1="12"))
    assert [code for code, _ in feed.problems()] == ["NUT"]


def test_two_long_codes_that_begin_alike_are_told_of_once_and_hold_nothing_up(feed: Any) -> None:
    unreadable = "The description holds bytes outside WIN1252."
    problems = [("B" * 100 + end, unreadable, "Correct it in Omni.") for end in ("1", "2")]
    feed.send(feed.row("NUT"), problems=problems)
    assert (feed.codes(), feed.problems()) == (["NUT"], [("B" * 100, unreadable)])


def test_a_row_with_another_problem_than_before_shows_the_new_one_only(feed: Any) -> None:
    feed.send(feed.row("BOLT", SELLINGPRICE1="twelve"))
    feed.send(feed.row("BOLT", OAvailable="some"))
    assert [message for _, message in feed.problems()] == [
        'BOLT: OAvailable is "some", which is no number. The row was left out.'
    ]


def test_a_note_on_a_row_that_was_used_is_kept_once_and_goes_with_its_cause(feed: Any) -> None:
    rows = [feed.row(code, EXTRADTLS8="SOON") for code in ("BOLT", "NUT")]
    rounded = feed.row("PUMP", SELLINGPRICE1="1.23456")
    for _ in range(2):
        received = feed.send(*rows, rounded)
        assert (received.products, received.problems) == (3, 0)
        assert feed.problems() == [
            ("BOLT", 'BOLT: EXTRADTLS8 is "SOON", which was treated as IGNORE.'),
            ("NUT", 'NUT: EXTRADTLS8 is "SOON", which was treated as IGNORE.'),
            ("PUMP", "PUMP: SELLINGPRICE1 is 1.23456, more than 4 decimals: 1.2346 was used."),
        ]
    feed.send(feed.row("BOLT"))
    assert [code for code, _ in feed.problems()] == ["NUT", "PUMP"]
    assert feed.item("PUMP")["prices"] == {"retail": "1.2346"}


def test_a_problem_is_forgotten_when_its_row_vanished_from_the_source(feed: Any) -> None:
    feed.send(feed.row("BOLT", SELLINGPRICE1="twelve"))
    feed.send(removed=["BOLT"])
    assert feed.problems() == []


@pytest.mark.parametrize("missing", ["STOCKCODE", "DESCRIPTION", "EXTRADTLS8", "SELLINGPRICE1", "OAvailable"])
def test_a_missing_column_is_named_to_the_agent_and_at_the_source_and_nothing_is_stored(
    hub: Any, feed: Any, missing: str
) -> None:
    row = {name: value for name, value in feed.row("BOLT").items() if name != missing}
    answer = feed.post(1, row)
    assert answer.status_code == 422
    message = said(answer)["message"]
    assert message == f"The product query yields no {missing.upper()}. It yields: {', '.join(row)}."
    assert f"Add {missing.upper()} to the agent's product query" in said(answer)["hint"]
    assert hub.rows("select read_error, read_hint from sources") == [(message, said(answer)["hint"])]
    assert feed.codes() == []
    assert feed.send(feed.row("BOLT")).number == 1
