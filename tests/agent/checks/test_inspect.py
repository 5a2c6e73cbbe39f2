"""`stockwire agent inspect` on a real server: what looks like stock, how much of it, and a query from it."""

from __future__ import annotations

import tomllib

import pytest
from click.testing import CliRunner

from stockwire.agent.commands import agent
from stockwire.agent.config import DatabaseSettings, load
from stockwire.agent.firebird import first_row, open_database
from stockwire.agent.tables.catalogue import count, relations
from stockwire.agent.tables.draft import draft
from stockwire.agent.tables.inspection import inspect
from stockwire.errors import NotSetUp

OTHERS = (
    'CREATE TABLE ITEMS (ITEM_CODE VARCHAR(20), NAME VARCHAR(60), "Extra Details 8" VARCHAR(30), PRICE NUMERIC(15,2), ON_HAND INTEGER, ALLOCATED INTEGER, EXTRADTLS8 VARCHAR(30))',
    "CREATE TABLE WAREHOUSES (WHCODE VARCHAR(5), NAME VARCHAR(30))",
    "CREATE TABLE STOCK_HISTORY (STOCKCODE VARCHAR(20), MOVED_AT TIMESTAMP, QTY INTEGER)",
    "CREATE TABLE CONTACTS (PERSON VARCHAR(20), BORN DATE, PHOTO BLOB, LIKES BOOLEAN)",
    "CREATE VIEW STOCK_LEVELS (STOCKCODE, DESCRIPTION, AVAILABLE) AS SELECT STOCKCODE, DESCRIPTION, STOCKLEVEL FROM STOCK",
    "CREATE VIEW STOCK_ENDLESS (STOCKCODE) AS SELECT A.STOCKCODE FROM STOCK A CROSS JOIN STOCK B CROSS JOIN STOCK C CROSS JOIN STOCK D CROSS JOIN STOCK E",
)


@pytest.fixture
def shop(site):
    site.sql(
        *OTHERS,
        "GRANT SELECT ON STOCK_LEVELS TO STOCKWIRE_READER",
        "GRANT SELECT ON STOCK_ENDLESS TO STOCKWIRE_READER",
        "GRANT SELECT ON ITEMS TO STOCKWIRE_READER",
    )
    return site


def lines(site, table="", **how):
    return "\n".join(inspect(load(site.write()), table, **how))


def described(text, name):
    return next(line for line in text.splitlines() if line.startswith(f"{name} ("))


def test_tables_are_listed_by_what_speaks_for_them_with_their_rows(shop):
    text = lines(shop, count_within_s=0.5)
    assert "8 tables and views can be seen" not in text
    assert "7 tables and views can be seen" in text
    stock = described(text, "STOCK")
    assert "(table; 60 rows)" in stock
    assert "a stock code (STOCKCODE)" in stock
    assert "selling prices (SELLINGPRICE1 and 9 more)" in stock
    assert "STOCK_LEVELS (view; 60 rows)" in text
    assert "movements or copies" in described(text, "STOCK_HISTORY")
    assert "this user may not read it" in described(text, "STOCK_HISTORY")
    assert "CONTACTS" not in text
    order = [line.split(" ")[0] for line in text.splitlines() if " points: " in line]
    assert order[0] == "STOCK"


def test_a_view_that_takes_too_long_is_given_up_and_the_connection_still_works(shop):
    settings = load(shop.write()).database
    with open_database(settings) as database:
        found = {relation.name: relation for relation in relations(database)}
        endless = count(database, found["STOCK_ENDLESS"], 0.3)
        assert (endless.rows, endless.why) == (None, "not counted within 0 s")
        assert count(database, found["STOCK"], 5.0).rows == 60


def test_without_a_way_to_stop_it_a_view_is_not_counted(shop):
    settings = load(shop.write()).database
    settings.driver = "firebirdsql"
    with open_database(settings) as database:
        found = {relation.name: relation for relation in relations(database)}
        assert "cannot stop" in count(database, found["STOCK_ENDLESS"], 0.3).why
        assert count(database, found["STOCK"], 5.0).rows == 60
        assert {column.name: column.kind for column in found["CONTACTS"].columns} == {
            "PERSON": "text",
            "BORN": "date",
            "PHOTO": "long text or binary",
            "LIKES": "yes or no",
        }


@pytest.mark.parametrize("table, mark", [("STOCK", True), ("items", True), ("STOCK_LEVELS", False)])
def test_a_draft_can_be_put_into_agent_toml_as_it_is_and_read(shop, tmp_path, table, mark):
    text = lines(shop, table)
    assert "The database accepts it." in text
    assert "ASSUMPTION" in text
    drafted = text[text.index("# Drafted from") : text.rindex("'''") + 3]
    query = tomllib.loads(drafted)["product_query"]
    assert ("CHANGEMARK" in query) is mark
    settings: DatabaseSettings = load(shop.write()).database
    settings.product_query = query
    with open_database(settings) as database, database.snapshot() as snapshot:
        names = [column[0] for column in snapshot.describe(query)]
        assert len(first_row(snapshot, f"SELECT COUNT(*) FROM ({query}) q")) == 1
    assert {"STOCKCODE", "DESCRIPTION", "OAvailable"} <= set(names)


def test_what_no_column_looks_like_is_said(shop):
    text = lines(shop, "STOCK_LEVELS")
    assert "# No column looks like SELLINGPRICE1, EXTRADTLS8: add it by hand, with AS." in text
    assert "Missing columns: EXTRADTLS8, SELLINGPRICE1." in text
    assert "no column of it looks like a stock code" in lines(shop, "CONTACTS")


def test_a_server_without_record_versions_gets_no_change_mark(shop):
    with open_database(load(shop.write()).database) as database:
        stock = next(relation for relation in relations(database) if relation.name == "STOCK")
    assert "CHANGEMARK" in draft(stock, record_version=True).query
    assert "CHANGEMARK" not in draft(stock, record_version=False).query


def test_a_table_that_is_not_there_is_named_with_those_that_are(shop):
    with pytest.raises(NotSetUp, match="no table or view NOWHERE") as raised:
        lines(shop, "NOWHERE")
    assert "STOCK" in raised.value.hint


def test_the_command_prints_the_draft_and_says_what_keeps_it_from_looking(shop):
    config = shop.write()
    ran = CliRunner().invoke(agent, ["inspect", "--config", str(config), "--table", "STOCK"])
    assert ran.exit_code == 0
    assert "product_query = '''" in ran.output
    shop.toml["database"]["password"] = "wrong"
    ran = CliRunner().invoke(agent, ["inspect", "--config", str(shop.write())])
    assert ran.exit_code == 2
    assert "The database refuses the user" in ran.output
