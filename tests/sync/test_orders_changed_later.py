"""An order that is cancelled, unpaid or changed while or after it is raised: told to a person, never posted blindly."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest


def shop_says(rehearsal: Any, code: int, status: str) -> None:
    rehearsal.act("set_status", id=code, status=status)
    rehearsal.mark(code)
    rehearsal.take(poll=False)


def test_an_order_cancelled_after_it_was_raised_stays_raised_and_asks_for_a_credit(
    rehearsal: Any, paid: int
) -> None:
    (given,) = rehearsal.claim()
    rehearsal.tell(given, "raised", document_number="SO1")
    shop_says(rehearsal, paid, "cancelled")
    order = rehearsal.order(paid)
    assert (order["state"], order["status"]) == ("raised", "cancelled")
    assert order["reason"] == "It was cancelled on the channel after it was raised."
    assert order["hint"] == "Credit document SO1 in Omni."
    rehearsal.act_as_person("settle", paid)
    assert rehearsal.order(paid)["reason"] == ""


def test_an_order_whose_payment_fails_after_all_asks_for_a_look(rehearsal: Any, paid: int) -> None:
    (given,) = rehearsal.claim()
    shop_says(rehearsal, paid, "failed")
    rehearsal.tell(given, "raised", document_number="SO1")
    order = rehearsal.order(paid)
    assert order["reason"] == "It was failed on the channel while it was being raised."
    assert order["hint"] == "Find out whether it is paid; if not, credit document SO1 in Omni."


def test_an_unpaid_order_that_a_person_sent_is_raised_without_a_word(rehearsal: Any, paid: int) -> None:
    shop_says(rehearsal, paid, "on-hold")
    rehearsal.act_as_person("send_again", paid)
    (given,) = rehearsal.claim()
    rehearsal.tell(given, "raised", document_number="SO1")
    order = rehearsal.order(paid)
    assert (order["state"], order["status"], order["reason"]) == ("raised", "on-hold", "")


def test_an_order_cancelled_while_it_is_raised_asks_for_a_credit_once_it_is(
    rehearsal: Any, paid: int
) -> None:
    (given,) = rehearsal.claim()
    shop_says(rehearsal, paid, "cancelled")
    assert rehearsal.order(paid)["state"] == "raising"
    rehearsal.tell(given, "raised", document_number="SO1")
    assert rehearsal.order(paid)["hint"] == "Credit document SO1 in Omni."


@pytest.mark.parametrize("when", ["before the answer", "after the answer", "without any answer"])
def test_an_order_cancelled_between_two_attempts_is_never_posted_blindly(
    rehearsal: Any, paid: int, when: str
) -> None:
    (given,) = rehearsal.claim()
    if when == "after the answer":
        rehearsal.tell(given, "not_yet", message="No answer from Omni.")
    shop_says(rehearsal, paid, "cancelled")
    if when == "before the answer":
        rehearsal.tell(given, "not_yet", message="No answer from Omni.")
    rehearsal.all_due()
    assert rehearsal.claim(asks_anew=True) == []
    order = rehearsal.order(paid)
    assert order["state"] == "in_doubt"
    assert given.reference in order["hint"]
    rehearsal.act_as_person("cancel", paid)
    assert rehearsal.order(paid)["state"] == "cancelled"
    assert rehearsal.stale() == {"BOLT-8"}


def test_a_refused_order_that_was_cancelled_meanwhile_is_simply_cancelled(rehearsal: Any, paid: int) -> None:
    (given,) = rehearsal.claim()
    shop_says(rehearsal, paid, "cancelled")
    rehearsal.tell(given, "refused", message="No such customer")
    assert rehearsal.order(paid)["state"] == "cancelled"
    assert rehearsal.stale() == {"BOLT-8"}


def test_a_total_that_changes_after_raising_is_told_and_the_document_left_alone(
    rehearsal: Any, paid: int
) -> None:
    (given,) = rehearsal.claim()
    rehearsal.tell(given, "raised", document_number="SO1")
    before = rehearsal.order(paid)
    with rehearsal.stand.app.shop.lock:
        rehearsal.stand.app.shop.orders[paid]["total"] += Decimal(5)
    shop_says(rehearsal, paid, "completed")
    order = rehearsal.order(paid)
    assert (order["state"], order["status"], order["total"]) == ("raised", "completed", before["total"])
    assert "R 230.00" in order["reason"]
    assert "R 235.00" in order["reason"]
    assert order["document"] == before["document"]
