"""The yardstick: the same query with the same driver, fetched page by page and thrown away."""

from __future__ import annotations

import time

from stockwire.servers.omni_database import StockDatabase

PAGE = 1_000


def seconds_of_bare_read(database: StockDatabase, query: str, rows: int) -> float:
    """Connect, execute, fetch everything, as any program with this driver would have to."""
    from firebird.driver import connect

    began = time.perf_counter()
    with connect(
        database.dsn, user=database.user, password=database.password, charset=database.charset
    ) as connection:
        cursor = connection.cursor()
        cursor.execute(query)
        read = 0
        while page := cursor.fetchmany(PAGE):
            read += len(page)
        cursor.close()
        connection.commit()
    assert read == rows, f"read {read} rows, not {rows}"
    return time.perf_counter() - began
