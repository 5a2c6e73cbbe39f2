"""The same readings on every Firebird version that can be run here: 3, 4, and the engine of 5."""

from __future__ import annotations

import subprocess
import sys

import pytest
from firebird.driver import DatabaseError, connect


@pytest.fixture(scope="session")
def firebird(firebird_of_each_version):
    return firebird_of_each_version


@pytest.fixture(scope="session")
def items():
    return 300


@pytest.fixture(params=["firebird-driver", "firebirdsql"])
def driver(request):
    return request.param


def test_only_changed_rows_are_fetched_and_removed_ones_are_found(make_bench, driver, hub):
    bench = make_bench(driver=driver)
    assert bench.sync().rows_sent == 300
    assert bench.differences() == []
    assert not bench.sync().changed_something
    bench.sql(
        "UPDATE STOCK SET SELLINGPRICE1 = 12.5 WHERE STOCKCODE = '00000050'",
        "UPDATE STOCK SET DESCRIPTION = 'Crème brûlée' WHERE STOCKCODE = '00000100'",
        "DELETE FROM STOCK WHERE STOCKCODE = '00000150'",
    )
    reading = bench.sync()
    assert (reading.mode, reading.why_full) == ("watermark", "")
    assert (reading.rows_seen, reading.rows_sent, reading.removed) == (2, 2, 1)
    assert hub.source["00000100"]["DESCRIPTION"] == "Crème brûlée"
    assert bench.differences() == []


def test_without_a_changemark_all_rows_are_compared(make_bench, driver, stock):
    bench = make_bench(driver=driver, product_query=stock.product_query_without_changemark)
    bench.sync()
    bench.sql("UPDATE STOCK SET SELLINGPRICE1 = 12.5 WHERE STOCKCODE = '00000050'")
    reading = bench.sync()
    assert (reading.mode, reading.why_full) == ("hash", "the product query has no CHANGEMARK")
    assert (reading.rows_seen, reading.rows_sent) == (300, 1)
    assert bench.differences() == []


def test_a_change_committed_by_a_transaction_open_during_the_previous_reading_is_found(bench, hub):
    bench.sync()
    with bench.stock.server.connect(bench.stock.path) as early:
        early.execute_immediate("UPDATE STOCK SET SELLINGPRICE1 = 77 WHERE STOCKCODE = '00000050'")
        bench.sql("UPDATE STOCK SET SELLINGPRICE1 = 88 WHERE STOCKCODE = '00000100'")
        assert bench.sync().rows_sent == 1
        early.commit()
    assert bench.sync().rows_sent == 1
    assert bench.differences() == []


def test_a_restored_database_is_read_in_full(bench, stock):
    bench.sync()
    backup = stock.server.data / f"{stock.path.stem}.fbk"
    stock.server.backup(stock.path, backup)
    bench.sql("UPDATE STOCK SET SELLINGPRICE1 = 5 WHERE STOCKCODE = '00000050'")
    bench.sync()
    stock.server.restore(backup, stock.path)
    backup.unlink()
    assert bench.sync().why_full == "the database was restored or replaced"
    assert bench.differences() == []


def test_a_database_without_character_set_is_read_as_what_omni_writes(make_bench, make_stock, driver, hub):
    bench = make_bench(make_stock("NONE"), driver=driver)
    bench.sync()
    assert bench.differences() == []
    assert any("é" in str(row["DESCRIPTION"]) for row in hub.source.values())


def test_every_transaction_of_the_agent_is_read_only(make_bench, stock, driver):
    bench = make_bench(driver=driver)
    seen = set()

    def look():
        with stock.server.connect(stock.path) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT t.MON$READ_ONLY FROM MON$TRANSACTIONS t JOIN MON$ATTACHMENTS a "
                "ON a.MON$ATTACHMENT_ID = t.MON$ATTACHMENT_ID WHERE a.MON$USER = 'STOCKWIRE_READER'"
            )
            seen.update(cursor.fetchall())
        return False

    bench.reader._stopped = look
    bench.read()
    assert seen == {(1,)}


def test_the_reader_user_cannot_write(stock):
    with connect(stock.dsn, user=stock.user, password=stock.password) as connection:
        with pytest.raises(DatabaseError, match="no permission for DELETE access"):
            connection.execute_immediate("DELETE FROM STOCK")
        connection.rollback()


def test_computed_prices_arrive_as_they_are_whatever_type_the_version_gives_them(
    make_bench, driver, stock, hub
):
    """From Firebird 4 on the product of two NUMERIC is an INT128, which a client library of 3 does not know."""
    query = stock.product_query.replace("s.SELLINGPRICE2", "s.SELLINGPRICE1 * 1.150 AS SELLINGPRICE2")
    bench = make_bench(driver=driver, product_query=query)
    bench.sync()
    bench.sql("UPDATE STOCK SET SELLINGPRICE1 = 100 WHERE STOCKCODE = '00000050'")
    bench.sync()
    assert hub.source["00000050"]["SELLINGPRICE2"] == "115.0000000"


def test_the_log_says_which_version_is_read_and_how(
    agent_settings, start_agent, hub, until, firebird, tmp_path
):
    process = start_agent(agent_settings)
    until(lambda: len(hub.readings) > 0)
    process.terminate()
    process.wait(20)
    said = [line for line in (tmp_path / "agent.log").read_text().splitlines() if "reading by" in line]
    assert "reading by watermark (all rows)  why='first reading'" in said[0]
    assert f"database='Firebird {firebird.programs.version}." in said[0]


OWN_CLIENT = """
import sys
from stockwire.agent.firebird_client import load_client
driver = load_client(own_first=True)
from stockwire.agent.config import DatabaseSettings
from stockwire.agent.firebird import engine_version, first_row, open_database
dsn, user, password = sys.argv[1:]
settings = DatabaseSettings(dsn=dsn, user=user, password=password, driver="firebird-driver")
with open_database(settings) as database, database.snapshot() as snapshot:
    row = first_row(snapshot, "SELECT COUNT(*), MAX(SELLINGPRICE1 * 1.150) FROM STOCK")
    print(type(driver.get_api().provider).__module__, engine_version(snapshot), row[0])
settings.password = "wrong"
try:
    with open_database(settings):
        pass
except Exception as error:
    print(error.message)
"""


def test_the_client_library_that_comes_with_the_windows_agent_reads_every_version(stock, firebird):
    """Its Linux sister from the same wheel, of Firebird 5, in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-c", OWN_CLIENT, stock.dsn, stock.user, stock.password],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    first, second = ran.stdout.splitlines()
    assert first.startswith(f"firebird.embedded.provider {firebird.programs.version}.")
    assert first.endswith(" 300")
    assert second == "The database refuses the user 'STOCKWIRE_READER' or its password."
