"""The watermark: nothing is lost to transactions in flight, restores or renumbering, and nothing is held."""

from __future__ import annotations

import random
import threading

import pytest


def test_a_change_committed_by_a_transaction_open_during_the_previous_reading_is_found(bench, hub):
    bench.sync()
    with bench.stock.server.connect(bench.stock.path) as early:
        early.execute_immediate("UPDATE STOCK SET SELLINGPRICE1 = 77 WHERE STOCKCODE = '00000050'")
        bench.sql("UPDATE STOCK SET SELLINGPRICE1 = 88 WHERE STOCKCODE = '00000100'")
        assert bench.sync().rows_sent == 1
        bench.sql("UPDATE STOCK SET SELLINGPRICE1 = 99 WHERE STOCKCODE = '00000100'")
        bench.sync()
        early.commit()
    assert bench.sync().rows_sent == 1
    assert hub.source["00000050"]["SELLINGPRICE1"] == "77.0000"
    assert bench.differences() == []


def test_only_changed_rows_are_fetched(bench):
    bench.sync()
    bench.sync()
    bench.sql("UPDATE STOCK SET SELLINGPRICE1 = 1 WHERE STOCKCODE = '00000050'")
    reading = bench.sync()
    assert reading.mode == "watermark"
    assert reading.rows_seen == 1


@pytest.mark.slow
def test_writers_racing_with_the_reader_leave_no_wrong_row(bench):
    bench.sync()
    stop = threading.Event()
    failures: list[BaseException] = []

    def write(seed: int) -> None:
        chance = random.Random(seed)
        try:
            with bench.stock.server.connect(bench.stock.path) as connection:
                while not stop.is_set():
                    number = (chance.randrange(0, 400) * 5 + seed) * 1
                    connection.execute_immediate(
                        f"UPDATE STOCK SET SELLINGPRICE1 = {chance.randrange(1, 99999)} / 100.0, "
                        f"STOCKLEVEL = STOCKLEVEL + 1 WHERE BARCODE = '600{number * 7919:010d}'"
                    )
                    if chance.random() < 0.4:
                        stop.wait(chance.random() * 0.05)
                    connection.commit()
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(5)]
    for writer in writers:
        writer.start()
    readings = [bench.sync() for _ in range(40)]
    while sum(reading.rows_sent for reading in readings) <= 100 and not failures:
        readings.append(bench.sync())
    stop.set()
    for writer in writers:
        writer.join()
    readings.append(bench.sync())
    assert failures == []
    assert {reading.mode for reading in readings} == {"watermark"}
    assert bench.differences() == []


def test_a_restored_database_is_read_in_full(bench, stock):
    bench.sync()
    backup = stock.server.data / f"{stock.path.stem}.fbk"
    stock.server.backup(stock.path, backup)
    bench.sql("UPDATE STOCK SET SELLINGPRICE1 = 5 WHERE STOCKCODE = '00000050'")
    bench.sync()
    stock.server.restore(backup, stock.path)
    reading = bench.sync()
    backup.unlink()
    assert reading.why_full == "the database was restored or replaced"
    assert reading.rows_sent == 1
    assert bench.differences() == []


def test_a_transaction_number_that_went_backwards_forces_a_full_reading(bench):
    bench.sync()
    bench.journal.put(next_transaction=str(10**9))
    assert bench.sync().why_full == "the database went back in time"


def test_another_product_query_begins_a_new_stream(make_bench, hub):
    first = make_bench()
    first.sync()
    first.settings.product_query += " WHERE s.SELLINGPRICE1 > 0"
    reading = first.sync()
    assert reading.rows_sent == 2_000
    assert len({batch.stream for batch in hub.batches}) == 2


def test_the_hub_can_have_everything_sent_again(bench, hub):
    bench.sync()
    hub.source.clear()
    reading = bench.sync(full="the hub asked", resend=True)
    assert reading.rows_sent == 2_000
    assert bench.differences() == []


def test_idle_and_reading_never_hold_back_the_oldest_transactions(bench, stock):
    bench.sync()
    with stock.server.connect(stock.path) as connection:
        for _ in range(30):
            connection.execute_immediate("UPDATE STOCK SET STOCKLEVEL = 1 WHERE STOCKCODE = '00000050'")
            connection.commit()
            bench.sync()
    with stock.server.connect(stock.path) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT MON$NEXT_TRANSACTION - MON$OLDEST_ACTIVE, MON$NEXT_TRANSACTION - MON$OLDEST_TRANSACTION, "
            "MON$NEXT_TRANSACTION - MON$OLDEST_SNAPSHOT FROM MON$DATABASE"
        )
        behind = cursor.fetchone()
        cursor.execute("SELECT COUNT(*) FROM MON$ATTACHMENTS WHERE MON$USER = 'STOCKWIRE_READER'")
        attached = cursor.fetchone()
    assert max(behind) <= 5
    assert attached == (0,)


@pytest.mark.parametrize("driver", ["firebird-driver", "firebirdsql"])
def test_every_transaction_of_the_agent_is_read_only(make_bench, stock, driver):
    """Seen from the database's own monitoring tables while a reading is under way."""
    bench = make_bench(driver=driver)
    seen: list[tuple[int, ...]] = []

    def look() -> bool:
        with stock.server.connect(stock.path) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT t.MON$READ_ONLY, t.MON$LOCK_TIMEOUT FROM MON$TRANSACTIONS t JOIN MON$ATTACHMENTS a "
                "ON a.MON$ATTACHMENT_ID = t.MON$ATTACHMENT_ID WHERE a.MON$USER = 'STOCKWIRE_READER'"
            )
            seen.extend(cursor.fetchall())
        return False

    bench.reader._stopped = look
    bench.read()
    assert len(seen) >= 2
    assert set(seen) == {(1, 0)}


def test_the_reader_user_cannot_write(stock):
    from firebird.driver import DatabaseError, connect

    with connect(stock.dsn, user=stock.user, password=stock.password) as connection:
        with pytest.raises(DatabaseError, match="no permission for DELETE access"):
            connection.execute_immediate("DELETE FROM STOCK")
        connection.rollback()


def test_the_pure_python_driver_reads_the_same(make_bench, hub):
    bench = make_bench(driver="firebirdsql")
    bench.sync()
    assert bench.differences() == []
    bench.sql("UPDATE STOCK SET DESCRIPTION = 'Crème brûlée' WHERE STOCKCODE = '00000050'")
    assert bench.sync().rows_sent == 1
    assert hub.source["00000050"]["DESCRIPTION"] == "Crème brûlée"
