"""Readings against a real Firebird: what changed arrives, nothing else is sent, nothing is lost."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["watermark", "hash"])
def either(request, make_bench, stock):
    """A bench in each of the two ways of reading."""
    query = stock.product_query if request.param == "watermark" else stock.product_query_without_changemark
    return make_bench(product_query=query)


def test_the_first_reading_brings_every_row_as_the_query_says_it(either, hub):
    reading = either.sync()
    assert reading.rows_sent == 2_000
    assert {batch.number for batch in hub.batches} == {1, 2}
    assert either.differences() == []


def test_a_second_reading_without_changes_sends_nothing(either, hub):
    either.sync()
    reading = either.sync()
    assert not reading.changed_something
    assert len(hub.batches) == 2


def test_inserts_updates_and_deletes_arrive(either, hub):
    either.sync()
    either.sql(
        "UPDATE STOCK SET SELLINGPRICE1 = 12.5 WHERE STOCKCODE = '00000050'",
        "UPDATE STOCK SET DESCRIPTION = 'Rosé ½ bottle' WHERE STOCKCODE = '00000100'",
        "INSERT INTO STOCK (STOCKCODE, DESCRIPTION, STOCKLEVEL) VALUES ('NEW1', 'New item', 3)",
        "DELETE FROM STOCK WHERE STOCKCODE = '00000150'",
        "UPDATE STOCK SET STOCKCODE = 'RENAMED' WHERE STOCKCODE = '00000200'",
    )
    reading = either.sync()
    assert reading.rows_sent == 4
    assert reading.removed == 2
    assert either.differences() == []
    assert hub.source["00000050"]["SELLINGPRICE1"] == "12.5000"
    assert hub.source["00000100"]["DESCRIPTION"] == "Rosé ½ bottle"
    assert hub.source["NEW1"]["OAvailable"] is None


def test_an_update_to_the_same_values_sends_nothing(either):
    either.sync()
    either.sql("UPDATE STOCK SET SELLINGPRICE1 = SELLINGPRICE1")
    assert either.sync().rows_sent == 0


def test_a_change_of_a_column_the_query_does_not_name_sends_nothing(either):
    either.sync()
    either.sql("UPDATE STOCK SET EXTRADTLS20 = 'other'")
    assert either.sync().rows_sent == 0
