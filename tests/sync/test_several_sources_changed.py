"""What becomes of an order of several sources when it changes, moves, is cancelled or deleted in the shop."""

from __future__ import annotations

from tests.sync.two_sources import AT, BOTH, DELIVERY, Two, line, order_of


def test_nothing_changes_and_nothing_is_told_when_the_shop_says_the_same_again(two: Two) -> None:
    for _ in range(4):
        two.store(BOTH)
    assert len(two.documents()) == 2
    assert len(two.rehearsal.history("41")) == 2
    two.home.raise_all()
    two.durban.raise_all()
    for _ in range(2):
        two.store(BOTH)
    assert [row["reason"] for row in two.documents()] == ["", ""]
    assert len(two.documents()) == 2


def test_until_something_is_sent_the_order_is_divided_anew_when_it_changes(two: Two) -> None:
    two.store(order_of(line("BOLT-8")))
    (first,) = two.documents()
    two.store(order_of(line("BOLT-8"), line("DRILL-1")))
    assert two.states() == ["ready", "ready"]
    two.store(order_of(line("BOLT-8")))
    assert two.states() == ["ready", "cancelled"]
    assert "no item of Omni Durban any more" in two.documents()[1]["reason"]
    assert (two.whole(), two.durban.held()) == ("Waiting for Omni", 0)
    two.store(order_of(line("DRILL-1")))
    assert two.states() == ["cancelled", "ready"]
    two.store(BOTH)
    assert two.states() == ["ready", "ready"]
    assert two.documents()[0]["reference"] == first["reference"]
    assert len(two.home.raise_all()) == len(two.durban.raise_all()) == 1


def test_an_order_that_moves_to_another_source_before_it_is_sent_goes_there(two: Two) -> None:
    two.store(order_of(line("BOLT-8"), status="on-hold"))
    two.store(order_of(line("DRILL-1"), status="processing"))
    (document,) = two.documents()
    assert (document["source_id"], document["state"]) == (two.durban.source_id, "ready")
    assert (two.home.claim(), len(two.durban.claim())) == ([], 1)


def test_once_sent_every_line_stays_with_its_document_whatever_the_catalogue_says(two: Two) -> None:
    two.store(order_of(line("BOLT-8"), line("NEW-1")))
    (given,) = two.home.raise_all()
    assert len(given.body["sales_order"]["order_lines"]) == 2
    hub = two.rehearsal.hub
    hub.source_id, home = two.durban.source_id, hub.source_id
    two.rehearsal.product("NEW-1")
    hub.source_id = home
    two.store(order_of(line("BOLT-8"), line("NEW-1"), status="completed", modified_at=AT))
    (document,) = two.documents()
    assert (document["state"], document["reason"], document["status"]) == ("raised", "", "completed")


def test_an_order_that_grows_after_it_was_sent_gets_no_document_by_itself(two: Two) -> None:
    two.store(order_of(line("BOLT-8")))
    two.home.raise_all()
    two.store(order_of(line("BOLT-8"), line("DRILL-1")))
    (document,) = two.documents()
    assert (
        "Its total was R 115.00 when it was sent to Omni; the channel now says R 230.00"
        in (document["reason"])
    )
    assert two.durban.claim() == []


def test_a_refused_document_is_corrected_in_the_shop_while_the_other_stays_as_it_is(two: Two) -> None:
    two.store(order_of(line("BOLT-8", code="1"), line("DRILL-1", code="2")))
    two.home.raise_all()
    (given,) = two.durban.claim()
    two.durban.tell(given, "refused", message="No.", hint="")
    two.store(order_of(line("BOLT-8", code="1"), line("DRILL-1", "150", code="2")))
    assert [(row["state"], row["reason"]) for row in two.documents()] == [("raised", ""), ("ready", "")]
    (again,) = two.durban.claim()
    assert again.reference == given.reference
    assert again.body["sales_order"]["order_lines"][0]["selling_price"] == "150"


def test_a_line_corrected_to_an_item_of_the_other_source_is_held_with_the_fix(two: Two) -> None:
    two.store(order_of(line("BOLT-8", code="1"), line("DRILL-1", code="2")))
    two.home.raise_all()
    (given,) = two.durban.claim()
    two.durban.tell(given, "refused", message="No.", hint="")
    two.store(order_of(line("BOLT-8", code="1"), line("BOLT-8", code="2")))
    held = two.documents()[1]
    assert (held["state"], two.documents()[0]["state"]) == ("held", "raised")
    assert "BOLT-8 is an item of Omni Accounts; this document is raised in Omni Durban" in held["reason"]


def test_what_the_shop_takes_out_of_a_raised_document_is_told_to_a_person(two: Two) -> None:
    two.store(BOTH)
    two.home.raise_all()
    two.durban.raise_all()
    for _ in range(2):
        two.store(order_of(line("BOLT-8"), shipping_lines=DELIVERY))
    first, second = two.documents()
    assert first["reason"] == ""
    assert "Its total was R 230.00 when it was sent to Omni; the channel now says R 0.00" in second["reason"]
    assert second["reason"].count("Its total") == 1


def test_a_cancelled_order_asks_for_a_credit_where_it_was_raised_and_is_not_raised_elsewhere(
    two: Two,
) -> None:
    two.store(BOTH)
    two.home.raise_all()
    two.store(order_of(*BOTH.lines, shipping_lines=DELIVERY, status="cancelled"))
    first, second = two.documents()
    assert (first["state"], second["state"]) == ("raised", "cancelled")
    assert "Credit document SO" in first["hint"]
    assert two.durban.claim() == []


def test_an_order_deleted_in_the_shop_is_deleted_in_all_its_documents(two: Two) -> None:
    two.store(order_of(line("BOLT-8"), line("DRILL-1"), code="41000001"))
    two.rehearsal.mark("41000001")
    two.rehearsal.take(poll=False)
    assert two.states("41000001") == ["cancelled", "cancelled"]


def test_a_document_that_joins_an_order_a_person_keeps_is_kept_too(two: Two) -> None:
    two.store(order_of(line("BOLT-8")))
    two.rehearsal.act_as_person("hold", "41")
    two.store(BOTH)
    assert two.states() == ["held", "held"]
    assert "A person keeps the rest" in two.documents()[1]["reason"]
