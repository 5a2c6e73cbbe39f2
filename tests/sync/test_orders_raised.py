"""The hub's side of raising exactly once: claims, answers of the agent, doubts, and what people do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from stockwire import wire


def test_a_paid_order_is_given_to_the_agent_once_and_raised(rehearsal: Any, paid: int) -> None:
    (given,) = rehearsal.claim()
    order = rehearsal.order(paid)
    assert (given.order_id, given.claim, given.number) == (order["id"], 1, f"#{paid}")
    assert given.reference == order["reference"] == order["document"]["reference"]
    assert given.body["sales_order"]["customer_account_code"] == "WEB001"
    assert (order["state"], order["claimed_by_id"]) == ("raising", rehearsal.hub.agent_id)
    assert rehearsal.claim() == []
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert rehearsal.tell(given, "raised", document_number="SO00012", raised_at=at.isoformat())
    order = rehearsal.order(paid)
    assert (order["state"], order["document_number"], order["raised_at"]) == ("raised", "SO00012", at)
    assert rehearsal.history(paid)[-1] == "Raised in Omni as SO00012."


def test_an_answer_told_twice_is_known_twice_and_written_once(rehearsal: Any, paid: int) -> None:
    (given,) = rehearsal.claim()
    answers = [rehearsal.tell(given, "raised", document_number="SO1") for _ in range(3)]
    assert answers == [True, True, True]
    assert sum("SO1" in text for text in rehearsal.history(paid)) == 1


def test_a_claim_that_ran_out_is_given_again_and_the_late_answer_is_stale(rehearsal: Any, paid: int) -> None:
    (late,) = rehearsal.claim()
    rehearsal.hub.owner.execute("update orders set claimed_until = now() - interval '1 second'")
    (second,) = rehearsal.claim()
    assert (late.claim, second.claim, second.reference) == (1, 2, late.reference)
    assert rehearsal.tell(late, "refused", message="too late") is False
    assert rehearsal.order(paid)["state"] == "raising"
    assert rehearsal.tell(second, "raised", document_number="SO1", found=True)
    assert rehearsal.tell(late, "raised", document_number="SO1") is True
    assert rehearsal.tell(late, "raised", document_number="SO2") is False
    assert rehearsal.order(paid)["document_number"] == "SO1"


def test_an_agent_that_asks_anew_is_given_what_it_lost(rehearsal: Any, paid: int) -> None:
    (given,) = rehearsal.claim()
    assert [again.order_id for again in rehearsal.claim(asks_anew=True)] == [given.order_id]
    assert rehearsal.order(paid)["claim"] == 2


def test_not_yet_waits_longer_each_time_and_is_one_line_of_history(rehearsal: Any, paid: int) -> None:
    before = len(rehearsal.history(paid))
    waits = []
    for _ in range(9):
        (given,) = rehearsal.claim()
        rehearsal.tell(given, "not_yet", message="Omni is not running.", hint="Start it.")
        order = rehearsal.order(paid)
        waits.append(round((order["next_at"] - datetime.now(UTC)).total_seconds()))
        assert rehearsal.claim() == []
        rehearsal.all_due()
    assert order["state"] == "ready"
    assert (order["reason"], order["hint"], order["attempts"]) == ("Omni is not running.", "Start it.", 9)
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (2, 120)
    texts = rehearsal.history(paid)[before:]
    assert texts.count("Not yet: Omni is not running.") == 1


def test_orders_that_were_not_tried_because_omni_is_away_wait_with_the_others_and_pay_nothing(
    rehearsal: Any, paid: int
) -> None:
    other = int(rehearsal.act("place_order", lines=[{"sku": "BOLT-8", "quantity": 1}])["id"])
    rehearsal.mark(other)
    rehearsal.take(poll=False)
    for _ in range(9):
        first, second = rehearsal.claim()
        away = {"message": "OmniWebServiceREST cannot be reached.", "hint": "Start it.", "omni_away": True}
        assert rehearsal.tell(first, "not_yet", untried=[(second.order_id, second.claim), (4711, 1)], **away)
    for code in (paid, other):
        order = rehearsal.order(code)
        assert (order["state"], order["attempts"], order["reason"]) == ("ready", 0, away["message"])
        assert rehearsal.history(code).count(f"Not yet: {away['message']}") == 1
    assert len(rehearsal.claim()) == 2, "both go on the moment the agent asks again"
    stale = [(second.order_id, second.claim)]
    rehearsal.tell(first, "not_yet", untried=stale, **away)
    assert rehearsal.order(other)["state"] == "raising", "a claim that ran out says nothing any more"


def test_a_refusal_shows_its_reason_and_is_sent_again_on_a_persons_word(rehearsal: Any, paid: int) -> None:
    (given,) = rehearsal.claim()
    rehearsal.tell(
        given, "refused", message='Stock code "BOLT-8" does not exist', hint="Make it.", detail="500"
    )
    order = rehearsal.order(paid)
    assert (order["state"], order["hint"]) == ("refused", "Make it.")
    rehearsal.all_due()
    assert rehearsal.claim() == []
    rehearsal.act_as_person("send_again", paid)
    (again,) = rehearsal.claim()
    assert (again.claim, again.reference) == (2, given.reference)
    audit = rehearsal.hub.rows("select who, action, before ->> 'state', after ->> 'state' from audit")
    assert audit == [("thandi", "send again", "refused", "ready")]


def test_an_order_in_doubt_waits_for_a_person_and_may_still_turn_out_raised(
    rehearsal: Any, paid: int
) -> None:
    (given,) = rehearsal.claim()
    rehearsal.tell(given, "in_doubt", message="It may exist.", hint="Look for it.")
    assert rehearsal.order(paid)["state"] == "in_doubt"
    rehearsal.all_due()
    assert rehearsal.claim(asks_anew=True) == []
    assert rehearsal.tell(given, "raised", document_number="SO9", found=True)
    assert rehearsal.order(paid)["state"] == "raised"


def test_a_document_that_cannot_be_made_stops_its_own_order_only(rehearsal: Any, paid: int) -> None:
    dear = int(rehearsal.act("place_order", shape="shipping", lines=[{"sku": "BOLT-8", "quantity": 1}])["id"])
    rehearsal.mark(dear)
    rehearsal.take(poll=False)
    given = rehearsal.claim()
    assert [one.number for one in given] == [f"#{paid}"]
    refused = rehearsal.order(dear)
    assert refused["state"] == "refused"
    assert "param_shipping_code" in refused["hint"]
    assert refused["claim"] == 0


def test_nothing_is_given_out_while_raising_is_switched_off(rehearsal: Any, paid: int) -> None:
    rehearsal.hub.owner.execute(
        "update sources set settings = settings || '{\"create_order_enabled\": false}'::jsonb"
    )
    assert rehearsal.claim() == []
    order = rehearsal.order(paid)
    assert (order["state"], order["claim"]) == ("ready", 0)
    assert "switched off for this source" in order["reason"]
    assert "create_order_enabled" in order["hint"]


def test_orders_of_a_source_that_takes_none_are_saved_and_hold_no_stock(rehearsal: Any, paid: int) -> None:
    source = 'update sources set settings = settings || \'{"create_order_enabled": "%s"}\'::jsonb'
    rehearsal.hub.owner.execute(source % "false")
    later = int(rehearsal.act("place_order", lines=[{"sku": "BOLT-8", "quantity": 1}])["id"])
    rehearsal.mark(later)
    rehearsal.take(poll=False)
    order = rehearsal.order(later)
    assert (order["state"], order["reason"]) == (
        "saved",
        "Raising orders in Omni is switched off for this source.",
    )
    rehearsal.hub.owner.execute(source % "true")
    rehearsal.act_as_person("send_again", later)
    rehearsal.hub.owner.execute(source % "false")
    assert rehearsal.claim() == []
    rehearsal.hub.owner.execute(source % "true")
    assert {given.number for given in rehearsal.claim()} == {f"#{paid}", f"#{later}"}
    assert rehearsal.order(paid)["reason"] == ""


def test_the_params_of_an_order_override_the_settings_of_the_source(rehearsal: Any, paid: int) -> None:
    for key, value in (("default_customer_code", "CASH01"), ("order_document_type", "Quote")):
        rehearsal.hub.owner.execute(
            "insert into order_params (client_id, order_id, key, value) values (%s, %s, %s, %s)",
            [rehearsal.hub.client_id, rehearsal.order(paid)["id"], key, value],
        )
    (given,) = rehearsal.claim()
    assert given.resource == "Quote"
    assert given.body["quote"]["customer_account_code"] == "CASH01"


def test_a_wrong_setting_lets_every_order_wait_and_says_so(rehearsal: Any, paid: int) -> None:
    rehearsal.hub.owner.execute(
        "update sources set settings = settings || '{\"selling_price_decimals\": 0}'::jsonb"
    )
    assert rehearsal.claim() == []
    order = rehearsal.order(paid)
    assert (order["state"], order["claim"]) == ("ready", 0)
    assert "selling_price_decimals" in order["reason"]


def test_the_channels_order_number_becomes_the_reference_when_the_source_says_so(
    rehearsal: Any, paid: int
) -> None:
    rehearsal.hub.owner.execute(
        "update sources set settings = settings || '{\"param_use_channel_order_code\": true}'::jsonb"
    )
    assert rehearsal.claim() == []
    assert "#" in rehearsal.order(paid)["reason"]
    rehearsal.hub.owner.execute("update orders set number = '1001'")
    rehearsal.act_as_person("send_again", paid)
    (given,) = rehearsal.claim()
    assert given.reference == rehearsal.order(paid)["reference"] == "1001"


def test_two_orders_never_share_a_document_number(rehearsal: Any, paid: int) -> None:
    other = int(rehearsal.act("place_order", lines=[{"sku": "BOLT-8", "quantity": 1}])["id"])
    rehearsal.mark(other)
    rehearsal.take(poll=False)
    rehearsal.hub.owner.execute("update orders set number = '1001'")
    rehearsal.hub.owner.execute(
        "update sources set settings = settings || '{\"param_use_channel_order_code\": true}'::jsonb"
    )
    assert [given.reference for given in rehearsal.claim()] == ["1001"]
    states = {rehearsal.order(code)["state"] for code in (paid, other)}
    assert states == {"raising", "refused"}


def test_a_reference_that_was_sent_never_changes_again(rehearsal: Any, paid: int) -> None:
    (given,) = rehearsal.claim()
    rehearsal.tell(given, "not_yet", message="Omni is not running.")
    rehearsal.hub.owner.execute("update orders set number = '1001'")
    rehearsal.hub.owner.execute(
        "update sources set settings = settings || '{\"param_use_channel_order_code\": true}'::jsonb"
    )
    rehearsal.all_due()
    assert rehearsal.claim() == []
    order = rehearsal.order(paid)
    assert (order["state"], order["reference"]) == ("refused", given.reference)
    assert given.reference in order["reason"]


def test_reset_forgets_the_document_and_fences_a_late_answer(rehearsal: Any, paid: int) -> None:
    (given,) = rehearsal.claim()
    rehearsal.act_as_person("reset", paid)
    assert rehearsal.tell(given, "raised", document_number="SO1") is False
    order = rehearsal.order(paid)
    assert (order["state"], order["document_number"]) == ("saved", "")
    rehearsal.act_as_person("send_again", paid)
    (again,) = rehearsal.claim()
    assert again.reference == given.reference


def test_stock_is_released_by_the_first_reading_that_began_after_raising(rehearsal: Any, paid: int) -> None:
    from stockwire.hub.models import Source
    from stockwire.hub.sync.held_stock import Read
    from stockwire.hub.sync.raise_orders import held_quantities, release_stock

    (given,) = rehearsal.claim()
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    rehearsal.tell(given, "raised", document_number="SO1", raised_at=at.isoformat())

    def reading(began: datetime) -> tuple[int, set[str], dict[int, Decimal]]:
        with rehearsal.hub.scope():
            released = release_stock(Source.objects.get(pk=rehearsal.hub.source_id), Read(began))
            variants = [row[0] for row in rehearsal.hub.rows("select id from variants")]
            held = held_quantities(variants)
        return released, rehearsal.stale(), held

    released, stale, held = reading(at)
    assert (released, stale, list(held.values())) == (0, set(), [Decimal(2)])
    assert reading(at + timedelta(seconds=1)) == (1, {"BOLT-8"}, {})
    assert reading(at + timedelta(seconds=2)) == (0, set(), {})


def read_by_agent(rehearsal: Any, *, run: str, run_s: float, read_at: datetime) -> set[str]:
    """The agent tells of a reading; the products of which stock is released by it."""
    from django.test import Client

    done = wire.ReadingDone(
        stream="s",
        mode="hash",
        read_at=read_at.isoformat(),
        rows_seen=1,
        rows_sent=0,
        removed=0,
        seconds=0.1,
        run=run,
        run_s=run_s,
        age_s=2.0,
    )
    answer = Client().post(
        "/api/agent/readings",
        data=msgspec.msgpack.encode(done),
        content_type="application/x-msgpack",
        headers={"Authorization": f"Bearer {rehearsal.hub.agent_token}"},
    )
    assert answer.status_code == 200, answer.content
    return set(rehearsal.stale())


@pytest.mark.parametrize("set_by_h", [-5, 5])
def test_a_clock_that_is_set_between_raising_and_reading_releases_stock_neither_late_nor_early(
    rehearsal: Any, paid: int, set_by_h: int
) -> None:
    (given,) = rehearsal.claim()
    now = datetime.now(UTC)
    there = {"raised_at": now.isoformat(), "run": "one", "run_s": 100.0}
    rehearsal.tell(given, "raised", document_number="SO1", **there)
    after = now + timedelta(hours=set_by_h)
    assert read_by_agent(rehearsal, run="one", run_s=99.0, read_at=after) == set(), "opened before it"
    assert read_by_agent(rehearsal, run="one", run_s=101.0, read_at=after) == {"BOLT-8"}
    ((shown,),) = rehearsal.hub.rows("select stock_read_at from sources")
    assert abs((shown - datetime.now(UTC)).total_seconds()) < 60, "shown by the hub's own clock"


def test_the_next_run_of_the_agent_releases_what_the_one_before_raised_and_no_straggler_does(
    rehearsal: Any, paid: int
) -> None:
    now = datetime.now(UTC)
    assert read_by_agent(rehearsal, run="one", run_s=1.0, read_at=now) == set()
    (given,) = rehearsal.claim()
    there = {"raised_at": now.isoformat(), "run": "two", "run_s": 5.0}
    rehearsal.tell(given, "raised", document_number="SO1", **there)
    late = now + timedelta(hours=9)
    assert read_by_agent(rehearsal, run="two", run_s=1.0, read_at=late) == set(), "opened before it"
    assert read_by_agent(rehearsal, run="one", run_s=900.0, read_at=late) == set(), "long under way"
    assert read_by_agent(rehearsal, run="three", run_s=0.1, read_at=now - timedelta(hours=9)) == {"BOLT-8"}


def test_an_outcome_that_a_later_run_tells_for_an_older_one_does_not_make_that_one_speak_again(
    rehearsal: Any, paid: int
) -> None:
    now = datetime.now(UTC)
    for run in ("one", "two", "three"):
        read_by_agent(rehearsal, run=run, run_s=1.0, read_at=now)
    (given,) = rehearsal.claim()
    there = {"raised_at": now.isoformat(), "run": "one", "run_s": 5.0}
    rehearsal.tell(given, "raised", document_number="SO1", **there)
    assert read_by_agent(rehearsal, run="three", run_s=2.0, read_at=now) == {"BOLT-8"}


def test_another_sources_agent_is_given_nothing_and_believed_nothing(rehearsal: Any, paid: int) -> None:
    (given,) = rehearsal.claim()
    other = rehearsal.hub.new_source(rehearsal.hub.client_id)
    rehearsal.hub.agent_id, _ = rehearsal.hub.new_agent(rehearsal.hub.client_id, other)
    assert rehearsal.claim(asks_anew=True) == []
    assert rehearsal.tell(given, "raised", document_number="SO1") is False
    assert rehearsal.order(paid)["state"] == "raising"
