"""Rows nobody can use are reported with their stock code and the fix; all others arrive."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from stockwire.agent.commands import agent
from stockwire.errors import NotSetUp, TryLater


@pytest.fixture(params=["watermark", pytest.param("hash", marks=pytest.mark.slow)])
def either(request, make_bench, stock):
    query = stock.product_query if request.param == "watermark" else stock.product_query_without_changemark
    return make_bench(product_query=query)


def test_rows_without_a_stock_code_are_reported_once_and_the_rest_goes_on(either, hub):
    either.sql(
        "INSERT INTO STOCK (STOCKCODE, DESCRIPTION) VALUES ('', 'Nameless thing')",
        "INSERT INTO STOCK (STOCKCODE, DESCRIPTION) VALUES (NULL, 'Null thing')",
        "INSERT INTO STOCK (STOCKCODE, DESCRIPTION) VALUES ('   ', 'Blank thing')",
    )
    either.sync()
    assert len(hub.source) == 2_000
    assert sorted(problem[1] for problem in hub.problems) == [
        "A row without STOCKCODE was left out. It begins: 'Blank thing'.",
        "A row without STOCKCODE was left out. It begins: 'Nameless thing'.",
        "A row without STOCKCODE was left out. It begins: 'Null thing'.",
    ]
    assert not either.sync().changed_something


def test_a_row_without_a_stock_code_that_is_gone_is_forgotten_and_others_like_it_are_not(either, hub):
    either.sql(
        "INSERT INTO STOCK (STOCKCODE, DESCRIPTION) VALUES ('', 'Nameless thing')",
        "INSERT INTO STOCK (STOCKCODE, DESCRIPTION, EXTRADTLS20) VALUES ('', 'Twin', '1')",
        "INSERT INTO STOCK (STOCKCODE, DESCRIPTION, EXTRADTLS20, CATEGORY) VALUES ('', 'Twin', '2', '')",
    )
    either.sync()
    assert len(hub.problems) == 3
    either.sql("DELETE FROM STOCK WHERE DESCRIPTION = 'Nameless thing' OR EXTRADTLS20 = '2'")
    either.sync(full="nightly comparison")
    assert {problem[1] for problem in hub.problems} == {
        "A row without STOCKCODE was left out. It begins: 'Twin'."
    }
    assert not either.sync(full="nightly comparison").changed_something


def test_a_duplicate_that_is_gone_is_forgotten_though_the_first_row_stayed_as_it_was(either, hub):
    either.sql("INSERT INTO STOCK (STOCKCODE, DESCRIPTION) VALUES ('00000050', 'The other one')")
    either.sync()
    assert [problem[0] for problem in hub.problems] == ["00000050"]
    either.sql("DELETE FROM STOCK WHERE DESCRIPTION = 'The other one'")
    either.sync(full="nightly comparison")
    assert hub.problems == []


def test_a_duplicate_stock_code_is_reported_and_its_cure_brings_the_row(either, hub):
    either.sync()
    either.sql("INSERT INTO STOCK (STOCKCODE, DESCRIPTION) VALUES ('00000050', 'The other one')")
    either.sync()
    assert [(code, message) for code, message, _ in hub.problems] == [
        ("00000050", "00000050: more than one row has this STOCKCODE. The first one was used.")
    ]
    assert hub.source["00000050"]["DESCRIPTION"] != "The other one"
    either.sync()
    assert len(hub.problems) == 1
    either.sql("UPDATE STOCK SET DESCRIPTION = 'First' WHERE STOCKCODE = '00000050' AND BARCODE IS NOT NULL")
    either.sync()
    assert hub.source["00000050"]["DESCRIPTION"] == "First"
    either.sql("UPDATE STOCK SET STOCKCODE = 'OTHER' WHERE DESCRIPTION = 'The other one'")
    either.sync()
    assert hub.source["OTHER"]["DESCRIPTION"] == "The other one"
    assert either.differences() == []


def test_a_byte_outside_the_character_set_spoils_one_row_and_names_it(make_bench, make_stock, hub):
    bench = make_bench(make_stock("NONE"))
    with bench.stock.server.connect(bench.stock.path, charset="ISO8859_1") as connection:
        connection.execute_immediate("UPDATE STOCK SET CATEGORY = 'ab\x81c' WHERE STOCKCODE = '00000050'")
        connection.commit()
    bench.sync()
    ((code, message, hint),) = hub.problems
    assert code == "00000050"
    assert message == (
        "00000050: the row was left out because CATEGORY holds the byte 81, which cp1252 does not have."
    )
    assert "database.charset" in hint
    assert len(hub.source) == 1_999
    assert not bench.sync().changed_something
    bench.sql("UPDATE STOCK SET CATEGORY = 'abc' WHERE STOCKCODE = '00000050'")
    bench.sync()
    assert bench.differences() == []


def test_a_database_without_character_set_is_read_as_what_omni_writes(make_bench, make_stock, hub):
    bench = make_bench(make_stock("NONE"))
    bench.sync()
    assert bench.differences() == []
    assert any("é" in str(row["DESCRIPTION"]) for row in hub.source.values())


def test_charset_none_takes_utf_8_where_it_fits_and_win1252_else(make_bench, make_stock, hub):
    bench = make_bench(make_stock("NONE"), charset="NONE")
    with bench.stock.server.connect(bench.stock.path, charset="UTF8") as connection:
        connection.execute_immediate("UPDATE STOCK SET DESCRIPTION = 'Naïve €' WHERE STOCKCODE = '00000050'")
        connection.commit()
    bench.sync()
    assert hub.source["00000050"]["DESCRIPTION"] == "Naïve €"
    assert any("é" in str(row["DESCRIPTION"]) for row in hub.source.values())


def test_every_column_type_arrives_as_exact_text(make_bench, stock, hub):
    server = stock.server
    with server.connect(stock.path) as connection:
        connection.execute_immediate(
            "CREATE TABLE MIXED (STOCKCODE CHAR(10), PRICE NUMERIC(18,4), TINY NUMERIC(4,2), N INTEGER, "
            "BIG BIGINT, R DOUBLE PRECISION, D DATE, T TIMESTAMP, B BOOLEAN, U VARCHAR(20) CHARACTER SET UTF8, "
            "M BLOB SUB_TYPE TEXT, RAW BLOB SUB_TYPE BINARY)"
        )
        connection.commit()
        connection.execute_immediate(
            "INSERT INTO MIXED VALUES ('A1', -0.0500, 99.99, -7, 9007199254740993, 19.99, '2026-11-23', "
            "'2026-11-23 06:07:08.25', TRUE, 'ЖЖ 日本', 'line one\nline two', 'xx')"
        )
        connection.execute_immediate("INSERT INTO MIXED (STOCKCODE) VALUES ('A2')")
        connection.commit()
    server.create_reader(stock.user, stock.password, stock.path, ["MIXED"])
    bench = make_bench(product_query="SELECT m.* FROM MIXED m;")
    bench.sync()
    row = hub.source["A1"]
    assert float(row.pop("R")) == 19.99
    assert row == {
        "STOCKCODE": "A1",
        "PRICE": "-0.0500",
        "TINY": "99.99",
        "N": "-7",
        "BIG": "9007199254740993",
        "D": "2026-11-23",
        "T": "2026-11-23 06:07:08.2500",
        "B": "TRUE",
        "U": "ЖЖ 日本",
        "M": "line one\nline two",
    }
    assert set(hub.source["A2"].values()) == {"A2", None}


def test_a_row_wider_than_a_firebird_text_is_still_read(make_bench, stock, hub):
    server = stock.server
    with server.connect(stock.path) as connection:
        connection.execute_immediate(
            "CREATE TABLE WIDE (STOCKCODE VARCHAR(10), A VARCHAR(15000), B VARCHAR(15000), C VARCHAR(15000))"
        )
        connection.commit()
        connection.execute_immediate("INSERT INTO WIDE VALUES ('W', RPAD('', 14999, 'a'), NULL, 'c')")
        connection.commit()
    server.create_reader(stock.user, stock.password, stock.path, ["WIDE"])
    make_bench(product_query="SELECT * FROM WIDE").sync()
    assert hub.source["W"] == {"STOCKCODE": "W", "A": "a" * 14_999, "B": None, "C": "c"}


def test_a_control_character_in_a_text_cannot_shift_columns(either, hub):
    either.sql("UPDATE STOCK SET CATEGORY = 'a' || ASCII_CHAR(31) || 'b' WHERE STOCKCODE = '00000050'")
    either.sync()
    ((code, message, _),) = hub.problems
    assert code == "00000050"
    assert "control character" in message
    assert len(hub.source) == 1_999


def test_two_warehouses_of_one_stock_code_are_two_rows_and_no_duplicates(make_bench, stock, hub):
    both = " UNION ALL ".join(
        f"SELECT s.STOCKCODE, s.DESCRIPTION, '{name}' AS WAREHOUSECODE FROM STOCK s "
        f"WHERE s.STOCKCODE STARTING WITH '0000{limit}'"
        for name, limit in (("1", "00"), ("EDN", ""))
    )
    bench = make_bench(product_query=both)
    bench.sync()
    sent = [(row[0], row[1]) for batch in hub.batches for row in batch.rows]
    assert ("00000050", "1") in sent
    assert ("00000050", "EDN") in sent
    assert hub.problems == []
    bench.sql("DELETE FROM STOCK WHERE STOCKCODE = '00000050'")
    bench.sync()
    assert hub.batches[-1].removed == ["00000050"]
    assert hub.batches[-1].removed_quantities == []


def test_an_item_that_leaves_one_warehouse_loses_its_quantity_there_and_stays(make_bench, hub):
    both = " UNION ALL ".join(
        f"SELECT s.STOCKCODE, s.DESCRIPTION, '{name}' AS WAREHOUSECODE FROM STOCK s WHERE {which}"
        for name, which in (("1", "1 = 1"), ("EDN", "s.BARCODE IS NULL OR s.BARCODE <> 'GONE'"))
    )
    bench = make_bench(product_query=both)
    bench.sync()
    bench.sql("UPDATE STOCK SET BARCODE = 'GONE' WHERE STOCKCODE = '00000050'")
    reading = bench.sync()
    assert reading.removed == 0
    assert hub.batches[-1].removed == []
    assert hub.batches[-1].removed_quantities == [("00000050", "EDN")]
    assert bench.sync().changed_something is False


def test_products_that_vanish_all_at_once_are_held_back_for_a_person(either, hub):
    either.sync()
    either.sql("DELETE FROM STOCK WHERE STOCKCODE NOT STARTING WITH '0'")
    reading = either.sync()
    assert reading.removed == 0
    assert "1,960 of 2,000 products vanished" in reading.error
    assert "stockwire agent confirm-removals --config agent.toml" in reading.hint
    assert len(hub.source) == 2_000
    assert either.sync().error == reading.error
    either.settings.removed_every_s = 3_600.0
    assert either.sync().error == reading.error
    either.settings.removal_limit = 1.0
    assert either.sync().removed == 1_960
    assert either.differences() == []


def test_a_person_confirms_held_removals_once_and_for_their_number_only(either, hub, tmp_path):
    config = tmp_path / "agent.toml"
    config.write_text(
        f'data_folder = "{either.folder}"\n[hub]\nurl = "{hub.url}"\n'
        '[database]\npath = "X"\nuser = "U"\nproduct_query = "SELECT 1"\n'
    )
    confirm = ["confirm-removals", "--config", str(config)]
    either.sync()
    nothing = CliRunner().invoke(agent, confirm)
    assert nothing.exit_code == 2
    assert "No removals wait for you" in nothing.output
    either.sql("DELETE FROM STOCK ORDER BY STOCKCODE ROWS 800")
    assert "800 of 2,000" in either.sync().error
    said = CliRunner().invoke(agent, confirm)
    assert said.exit_code == 0, said.output
    either.sql("DELETE FROM STOCK ORDER BY STOCKCODE ROWS 100")
    assert either.sync().error, "more is missing than was confirmed"
    CliRunner().invoke(agent, confirm)
    reading = either.sync()
    assert (reading.error, reading.removed) == ("", 2_000 - len(hub.source))
    assert hub.batches[-1].removals_confirmed
    assert either.differences() == []
    either.sql("DELETE FROM STOCK ORDER BY STOCKCODE ROWS 900")
    assert either.sync().error, "the permission was for once"


def test_a_few_products_may_go_without_a_question(either, hub):
    either.sync()
    either.sql("DELETE FROM STOCK ORDER BY STOCKCODE ROWS 300")
    reading = either.sync()
    assert reading.error == ""
    assert reading.removed == 2_000 - len(hub.source) > 200
    assert not hub.batches[-1].removals_confirmed


def test_a_query_without_stockcode_names_the_columns_it_has(make_bench):
    bench = make_bench(product_query="SELECT s.BARCODE AS CODE, s.DESCRIPTION FROM STOCK s")
    with pytest.raises(NotSetUp) as caught:
        bench.read()
    assert caught.value.message == "The product query has no column STOCKCODE."
    assert "CODE, DESCRIPTION" in caught.value.hint


def test_column_names_are_matched_in_any_case(make_bench, hub):
    bench = make_bench(product_query='SELECT s.STOCKCODE AS "StockCode", s.DESCRIPTION FROM STOCK s')
    bench.sync()
    assert len(bench.journal.known(["00000050"])) == 1
    assert hub.batches[0].columns == ["StockCode", "DESCRIPTION"]


@pytest.mark.parametrize("driver", ["firebird-driver", "firebirdsql"])
@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"user": "NOBODY"}, NotSetUp, "The database refuses the user 'NOBODY' or its password."),
        ({"password": "wrong-secret"}, NotSetUp, "refuses the user 'STOCKWIRE_READER' or its password"),
        ({"dsn": "127.0.0.1/1:/x.fdb"}, TryLater, "Nobody answers for the database at 127.0.0.1/1:/x.fdb."),
        ({"product_query": "SELECT NOPE FROM STOCK"}, NotSetUp, "does not accept the product query"),
        ({"product_query": "DELETE FROM STOCK"}, NotSetUp, "does not accept the product query"),
        (
            {"product_query": "SELECT * FROM SECRETS"},
            NotSetUp,
            "may not read what the product query asks for",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_its_fix(make_bench, stock, driver, changes, kind, message):
    with stock.server.connect(stock.path) as connection:
        connection.execute_immediate("CREATE TABLE SECRETS (STOCKCODE VARCHAR(5))")
        connection.commit()
    with pytest.raises(kind) as caught:
        make_bench(driver=driver, **changes).read()
    assert message in caught.value.message
    assert caught.value.hint
    assert "wrong-secret" not in f"{caught.value.message} {caught.value.hint} {caught.value.detail}"


def test_a_database_that_does_not_exist_is_named(make_bench, stock):
    bench = make_bench(dsn=stock.dsn + ".not-there")
    with pytest.raises(NotSetUp, match=r"not-there does not exist or cannot be opened"):
        bench.read()
