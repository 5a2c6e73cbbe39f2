"""What a change of a product sets going: marks for its channels and nobody else's, at a cost that does not grow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.sync.conftest import SHOP


def test_unchanged_rows_cause_no_mark_and_no_write(hub: Any, feed: Any) -> None:
    rows = [feed.row(f"ITEM-{n}", SELLINGPRICE2="80.1", BARCODE=f"{n}", EXTRADTLS1="x") for n in range(20)]
    feed.send(*rows)
    hub.new_channel(**SHOP)
    tables = ("products", "variants", "price_tiers", "quantities", "product_meta")
    versions = {table: hub.rows(f"select xmin::text, * from {table} order by 1, 2, 3") for table in tables}
    received = feed.send(*rows)
    assert (received.products, received.changed) == (20, 0)
    assert {
        table: hub.rows(f"select xmin::text, * from {table} order by 1, 2, 3") for table in tables
    } == versions
    assert feed.marks() == []


@pytest.mark.parametrize(
    "change",
    [
        {"DESCRIPTION": "Other"},
        {"SELLINGPRICE1": "115.01"},
        {"SELLINGPRICE2": "5"},
        {"OAvailable": "13"},
        {"BARCODE": "6002"},
        {"CATEGORY": "Nuts"},
        {"WEIGHT": "2"},
        {"EXTRADTLS1": "Zinc"},
        {"EXTRADTLS8": "DELETE"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_one_change_marks_every_active_channel_of_the_source_and_nobody_elses(
    hub: Any, feed: Any, feed_of: Callable[..., Any], change: dict[str, str]
) -> None:
    def row(code: str, **over: str) -> dict[str, str | None]:
        return feed.row(
            code, SELLINGPRICE2="4", BARCODE="6001", CATEGORY="Bolts", WEIGHT="1", EXTRADTLS1="Tin", **over
        )

    other_client = hub.new_client("Overberg Tools")
    other = feed_of(other_client, hub.new_source(other_client))
    for one in (feed, other):
        one.send(row("BOLT"), row("NUT"))
    first, second = hub.new_channel(**SHOP), hub.new_channel(description="Second shop", **SHOP)
    hub.new_channel(description="Closed shop", **SHOP)
    hub.owner.execute("update channels set active = false where description = 'Closed shop'")
    # A product that is set to DELETE concerns only a channel that shows it.
    for channel_id in (first, second):
        hub.owner.execute(
            "insert into links (client_id, channel_id, variant_id, product_code, variant_code)"
            " select client_id, %s, id, id::text, '' from variants where client_id = %s",
            [channel_id, hub.client_id],
        )
    assert feed.send({**row("BOLT"), **change}, row("NUT")).changed == 1
    assert feed.marks() == [("Second shop", "BOLT", 1), ("Web shop", "BOLT", 1)]
    feed.send({**row("BOLT"), **change, "SELLINGPRICE1": "300", "EXTRADTLS8": "ACTIVE"})
    assert feed.marks() == [("Second shop", "BOLT", 2), ("Web shop", "BOLT", 2)]


def test_a_new_channel_gets_every_active_product_and_no_other(hub: Any, feed: Any) -> None:
    from stockwire.hub.sync.stale import mark_whole_channel

    feed.send(feed.row("BOLT"), feed.row("NUT"), feed.row("GONE"))
    feed.send(feed.row("GONE", EXTRADTLS8="DELETE"))
    first, second = hub.new_channel(**SHOP), hub.new_channel(description="Second shop", **SHOP)
    hub.owner.execute("update lanes set next_at = null")
    with hub.scope():
        assert mark_whole_channel(second) == 2
    assert feed.marks() == [("Second shop", "BOLT", 1), ("Second shop", "NUT", 1)]
    due = hub.rows("select channel_id, kind from lanes where next_at is not null")
    assert due == [(second, "push")]
    assert first != second


def test_a_mark_that_waits_for_a_person_or_was_skipped_is_offered_again_by_the_next_change(
    hub: Any, feed: Any
) -> None:
    hub.new_channel(**SHOP)
    feed.send(feed.row("BOLT"), feed.row("NUT"))
    hub.owner.execute(
        "update stale set state = 'needs_you', attempts = 3, message = 'm', hint = 'h', detail = 'd'"
        " where product_id = (select id from products where source_product_code = 'BOLT')"
    )
    hub.owner.execute("update stale set state = 'skipped', skipped_by = 'thandi' where state = 'waiting'")
    feed.send(feed.row("BOLT", OAvailable="1"), feed.row("NUT", OAvailable="1"))
    marks = hub.rows("select state, attempts, message, hint, detail, skipped_by, next_at <= now() from stale")
    assert marks == [("waiting", 0, "", "", "", "", True)] * 2


def test_a_first_load_takes_the_same_statements_for_its_last_batch_as_for_its_first(
    hub: Any, feed: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    hub.new_channel(**SHOP)
    counts = []
    for batch in range(6):
        rows = [
            feed.row(f"ITEM-{batch * 500 + n:05d}", SELLINGPRICE2="80", EXTRADTLS1="x") for n in range(500)
        ]
        with CaptureQueriesContext(connection) as captured:
            assert feed.send(*rows).changed == 500
        counts.append(len([query for query in captured if "procrastinate" not in query["sql"]]))
    assert len(feed.codes()) == 3000
    assert max(counts) <= 40
    assert len(set(counts[1:])) == 1, counts


def test_what_a_first_load_reads_for_a_batch_does_not_grow_with_what_is_stored_already(
    hub: Any, feed: Any, until: Any
) -> None:
    """Counted in rows that PostgreSQL itself says it read from the big tables."""
    from django.db import connection

    # A session of an earlier test hands over what it counted some time later, at its end at the latest.
    connection.close()
    connection.close_pool()
    sessions = (
        "select count(*) from pg_stat_activity where client_port is not null and pid <> pg_backend_pid()"
    )
    until(lambda: hub.rows(sessions) == [(0,)])

    def rows_read() -> int:
        with connection.cursor() as cursor:
            # The hub's own session hands its counters over at the end of this statement.
            cursor.execute("select pg_stat_force_next_flush()")
        [(found,)] = hub.rows(
            "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint from pg_stat_user_tables"
            " where relname in ('products', 'variants', 'price_tiers', 'quantities', 'product_meta', 'stale')"
        )
        return int(found)

    hub.new_channel(**SHOP)
    reads = []
    for batch in range(6):
        before = rows_read()
        feed.send(*[feed.row(f"ITEM-{batch * 500 + n:05d}", EXTRADTLS1="x") for n in range(500)])
        reads.append(rows_read() - before)
    assert max(reads) <= min(reads) * 1.2, reads
    before = rows_read()
    feed.send(*[feed.row(f"ITEM-{n:05d}", EXTRADTLS1="y") for n in range(500)])
    assert rows_read() - before >= 500, "the counter counts"
