"""Retry, skip, pause and resume: what a person does, and what must stay true afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from stockwire.errors import Refused


@pytest.fixture
def operator(hub: Any) -> Any:
    """The verbs, imported once Django is ready."""
    from stockwire.hub.sync import operator as verbs

    return verbs


@pytest.fixture
def stopped_product(hub: Any) -> tuple[int, int]:
    """(channel, product): BOLT-M8 needs somebody on the web shop."""
    channel_id = hub.new_channel(
        api_url="https://shop.example", consumer_key="ck_" + "1" * 40, consumer_secret="cs_" + "2" * 40
    )
    hub.owner.execute(
        "insert into products (client_id, source_id, source_product_code, active, title)"
        " values (%s, %s, 'BOLT-M8', true, 'Hex bolt')",
        [hub.client_id, hub.source_id],
    )
    hub.owner.execute(
        "insert into variants (client_id, source_id, product_id, source_variant_code, sku)"
        " values (%s, %s, 1, 'BOLT-M8', 'BOLT-M8')",
        [hub.client_id, hub.source_id],
    )
    hub.owner.execute(
        "insert into stale (client_id, channel_id, product_id, state, message, attempts)"
        " values (%s, %s, 1, 'needs_you', 'It has no price.', 3)",
        [hub.client_id, channel_id],
    )
    return channel_id, 1


def state(hub: Any) -> tuple[Any, ...]:
    [found] = hub.rows("select state, message, skipped_by, skip_reason from stale")
    return found


def test_a_retry_offers_the_product_again_and_is_in_the_audit(
    hub: Any, operator: Any, stopped_product: tuple[int, int]
) -> None:
    channel_id, _ = stopped_product
    with hub.scope():
        assert operator.retry(channel_id, "thandi", "bolt-m8") == 1
    assert state(hub) == ("waiting", "", "", "")
    assert hub.rows("select who, action, subject from audit where action = 'retry'") == [
        ("thandi", "retry", "bolt-m8 on Web shop")
    ]


def test_a_skip_keeps_who_and_why_and_the_product_stays_known_to_be_out_of_step(
    hub: Any, operator: Any, stopped_product: tuple[int, int]
) -> None:
    channel_id, _ = stopped_product
    with hub.scope():
        operator.skip(channel_id, "BOLT-M8", "thandi", "new photo first")
        [row] = operator.backlogs()
    assert state(hub)[2:] == ("thandi", "new photo first")
    assert (row.skipped, row.needs_you) == (1, 0)


def test_the_next_change_offers_a_skipped_product_again(
    hub: Any, operator: Any, stopped_product: tuple[int, int]
) -> None:
    from stockwire.hub.sync import stale

    channel_id, product_id = stopped_product
    with hub.scope():
        operator.skip(channel_id, "BOLT-M8", "thandi", "new photo first")
        stale.mark_products([product_id], "the price changed")
    assert state(hub) == ("waiting", "", "", "")


def test_a_skip_without_a_reason_or_of_a_product_in_step_is_refused(
    hub: Any, operator: Any, stopped_product: tuple[int, int]
) -> None:
    channel_id, _ = stopped_product
    with hub.scope():
        with pytest.raises(Refused, match="needs a reason"):
            operator.skip(channel_id, "BOLT-M8", "thandi", "  ")
        with pytest.raises(Refused, match="does not know the SKU NUT-M8"):
            operator.skip(channel_id, "NUT-M8", "thandi", "because")
    hub.owner.execute("delete from stale")
    with hub.scope(), pytest.raises(Refused, match="nothing to skip"):
        operator.skip(channel_id, "BOLT-M8", "thandi", "because")


def test_a_paused_channel_is_left_alone_until_it_is_resumed(
    hub: Any, operator: Any, stopped_product: tuple[int, int]
) -> None:
    channel_id, _ = stopped_product
    with hub.scope():
        operator.pause(channel_id, "thandi", "stock-take until four")
        operator.retry(channel_id, "thandi")
        [row] = operator.backlogs()
    assert (row.paused, row.note) == (True, "Paused by thandi: stock-take until four")
    assert hub.rows("select 1 from stockwire_due_lanes(now() + interval '1 day')") == []
    with hub.scope():
        operator.resume(channel_id, "thandi")
    assert len(hub.rows("select 1 from stockwire_due_lanes(now() + interval '1 second')")) == 2


def test_an_unlinked_product_is_looked_up_by_sku_again(
    hub: Any, operator: Any, stopped_product: tuple[int, int]
) -> None:
    channel_id, _ = stopped_product
    hub.owner.execute(
        "insert into links (client_id, channel_id, variant_id, product_code, variant_code)"
        " values (%s, %s, 1, '4711', '')",
        [hub.client_id, channel_id],
    )
    hub.owner.execute(
        """insert into known (client_id, channel_id, variant_id, "group", "values")"""
        """ values (%s, %s, 1, 'price', '{"price": "12.50"}')""",
        [hub.client_id, channel_id],
    )
    with hub.scope():
        operator.unlink(channel_id, "BOLT-M8", "thandi")
        with pytest.raises(Refused, match="not linked"):
            operator.unlink(channel_id, "BOLT-M8", "thandi")
    assert hub.rows("select (select count(*) from links), (select count(*) from known)") == [(0, 0)]
    assert state(hub)[0] == "waiting"


def test_each_act_of_a_person_says_from_what_to_what(
    hub: Any, operator: Any, stopped_product: tuple[int, int]
) -> None:
    channel_id, _ = stopped_product
    with hub.scope():
        operator.pause(channel_id, "thandi", "stock-take")
        operator.resume(channel_id, "thandi")
        operator.skip(channel_id, "BOLT-M8", "thandi", "new photo first")
        operator.retry(channel_id, "thandi")
    running, paused = {"paused": False, "note": ""}, {"paused": True, "note": "Paused by thandi: stock-take"}
    rows = hub.rows("select action, subject, before, after from audit order by id")
    assert [row[:2] for row in rows] == [
        ("pause", "Web shop"),
        ("resume", "Web shop"),
        ("skip", "BOLT-M8 on Web shop"),
        ("retry", "all products on Web shop"),
    ]
    assert [row[2:] for row in rows[:2]] == [(running, paused), (paused, running)]
    assert rows[2][2]["state"] == "needs_you"
    assert rows[2][3] == {"state": "skipped", "reason": "new photo first"}
    assert rows[3][2:] == ({"skipped": 1}, {"waiting": 1})
