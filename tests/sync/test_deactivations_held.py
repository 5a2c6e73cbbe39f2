"""Too many products that are to leave the shops at once stay on sale until a person confirms."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from stockwire.errors import Refused

CODES = [f"ITEM-{number:03}" for number in range(100)]


@pytest.fixture
def hundred(feed: Any) -> Any:
    """A hundred products on sale."""
    feed.send(*(feed.row(code) for code in CODES))
    return feed


def active(feed: Any) -> int:
    return int(feed.hub.rows("select count(*) from products where active")[0][0])


def delete(feed: Any, codes: list[str]) -> None:
    feed.send(*(feed.row(code, EXTRADTLS8="DELETE") for code in codes))


def said(feed: Any) -> tuple[str, str]:
    [(error, hint)] = feed.hub.rows("select read_error, read_hint from sources order by id limit 1")
    return error, hint


def confirm(feed: Any) -> int:
    from stockwire.hub.sync.deactivations import confirm

    with feed.hub.scope():
        return confirm(feed.hub.source_id, "thandi")


def test_a_fifth_goes_without_a_question(hundred: Any) -> None:
    delete(hundred, CODES[:20])
    assert active(hundred) == 80
    assert said(hundred) == ("", "")
    with pytest.raises(Refused, match="Nothing waits"):
        confirm(hundred)


def test_a_mass_delete_is_held_said_and_goes_when_a_person_confirms(hundred: Any) -> None:
    hundred.hub.new_channel(
        api_url="https://shop.example", consumer_key="ck_" + "1" * 40, consumer_secret="cs_" + "2" * 40
    )
    hundred.hub.owner.execute("delete from stale")
    delete(hundred, CODES[:30])
    assert active(hundred) == 100
    assert hundred.marks() == []
    error, hint = said(hundred)
    assert error.startswith("30 of 100 products were to leave the shops at once")
    source_id = hundred.hub.source_id
    assert f"stockwire source confirm-deactivations --client {hundred.hub.client_id} {source_id}" in hint
    assert [message for code, message in hundred.problems() if not code] == [
        "Products wait to be taken off the shops until you confirm it: too many were to go at once."
    ]
    assert confirm(hundred) == 30
    assert active(hundred) == 70
    assert (said(hundred), hundred.problems()) == (("", ""), [])
    rows = hundred.hub.rows("select action, after->>'products' from audit where who = 'thandi' order by id")
    assert rows == [("deactivations confirmed", "30"), *[("product changed", None)] * 30]
    delete(hundred, CODES[30:35])
    assert active(hundred) == 65, "what was confirmed does not count against what follows"


def test_many_small_batches_are_counted_together(hundred: Any) -> None:
    for start in range(0, 50, 10):
        delete(hundred, CODES[start : start + 10])
    assert active(hundred) == 80
    assert said(hundred)[0].startswith("30 of 80 products")
    assert confirm(hundred) == 30
    assert active(hundred) == 50


def test_after_an_hour_the_next_ones_are_believed_again_but_not_those_that_wait(hundred: Any) -> None:
    delete(hundred, CODES[:20])
    delete(hundred, CODES[20:30])
    hundred.hub.owner.execute("update variants set gone_at = gone_at - interval '61 minutes'")
    delete(hundred, CODES[40:44])
    assert active(hundred) == 76
    assert said(hundred)[0].startswith("10 of 80 products")
    assert hundred.item("ITEM-020")["active"]


def test_products_that_come_back_no_longer_wait_and_the_alarm_ends(hundred: Any) -> None:
    delete(hundred, CODES)
    assert active(hundred) == 100
    hundred.send(*(hundred.row(code) for code in CODES[:60]))
    hundred.send(*(hundred.row(code, EXTRADTLS8="IGNORE") for code in CODES[60:99]))
    assert hundred.hub.rows("select source_variant_code from held_deactivations") == [("ITEM-099",)]
    hundred.send(hundred.row("ITEM-099"))
    assert (said(hundred), hundred.problems()) == (("", ""), [])
    assert active(hundred) == 100


def test_the_alarm_outlives_good_readings_that_follow(hundred: Any) -> None:
    from stockwire.hub.models import Source
    from stockwire.hub.sync import receive

    delete(hundred, CODES[:30])
    before = said(hundred)
    with hundred.hub.scope():
        source = Source.objects.get(pk=hundred.hub.source_id)
        receive.note_reading(source, read_at=datetime.now(UTC), mode="watermark", rows=30, seconds=0.1)
    assert said(hundred) == before


def test_vanished_rows_count_too_unless_they_were_confirmed_where_the_agent_runs(hundred: Any) -> None:
    hundred.send(removed=CODES[:30])
    assert active(hundred) == 100
    hundred.send(removed=CODES[:40], removals_confirmed=True)
    assert active(hundred) == 60
    assert hundred.hub.rows("select count(*) from held_deactivations") == [(0,)]
    delete(hundred, CODES[40:45])
    assert active(hundred) == 55


def test_the_limit_is_a_setting_of_the_source(hundred: Any) -> None:
    hundred.hub.owner.execute(
        "update sources set settings = settings || %s::jsonb", [json.dumps({"deactivation_limit": 0.5})]
    )
    delete(hundred, CODES[:50])
    assert active(hundred) == 50


def test_a_delete_of_what_is_not_on_sale_is_no_question(feed: Any) -> None:
    feed.send(*(feed.row(code, EXTRADTLS8="DELETE") for code in CODES))
    assert said(feed) == ("", "")


def test_a_held_product_of_one_client_is_not_seen_by_another(hundred: Any) -> None:
    delete(hundred, CODES)
    from stockwire.hub import tenancy
    from stockwire.hub.models import HeldDeactivation

    with hundred.hub.scope():
        assert HeldDeactivation.objects.count() == 100
    with tenancy.scope(hundred.hub.new_client("Another business")):
        assert HeldDeactivation.objects.count() == 0
