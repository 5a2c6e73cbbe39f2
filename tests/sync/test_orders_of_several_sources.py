"""An order with items of two sources: one document in each, raised once each, together what was paid."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.sync.two_sources import BOTH, DELIVERY, Two, line, order_of

from stockwire.errors import Refused


def test_an_order_of_two_sources_is_one_document_in_each_and_raised_when_both_are(two: Two) -> None:
    two.store(BOTH)
    first, second = two.documents()
    assert (first["source_id"], second["source_id"]) == (two.home.source_id, two.durban.source_id)
    assert (first["total"], second["total"]) == (Decimal("172.50"), Decimal("230.00"))
    assert first["total"] + second["total"] == BOTH.total
    assert first["reference"] != second["reference"]
    assert all(len(row["reference"]) <= 15 for row in (first, second))

    (at_home,) = two.home.raise_all()
    assert (two.states(), two.whole()) == (
        ["raised", "ready"],
        "Waiting for Omni, 1 of 2 documents is raised",
    )
    (in_durban,) = two.durban.raise_all()
    assert (two.states(), two.whole()) == (["raised", "raised"], "Raised")
    assert two.home.claim() == two.durban.claim() == []

    ours, theirs = at_home.body["sales_order"], in_durban.body["sales_order"]
    assert [one["stock_code"] for one in ours["order_lines"]] == ["BOLT-8", "SHIP"]
    assert [one["stock_code"] for one in theirs["order_lines"]] == ["DRILL-1"]
    assert (theirs["customer_account_code"], theirs["warehouse_code"]) == ("DBN001", "D1")
    proved = [Decimal(row["document"]["total_excl_tax"]) for row in two.documents()]
    assert sum(proved) == BOTH.total - BOTH.total_tax


def test_the_references_are_the_same_after_the_hub_was_lost(two: Two) -> None:
    two.store(BOTH)
    before = [row["reference"] for row in two.documents()]
    for table in ("order_history", "order_tax_lines", "order_lines", "order_shipping_lines", "orders"):
        two.rehearsal.hub.owner.execute(f"delete from {table}")
    two.store(BOTH)
    assert [row["reference"] for row in two.documents()] == before


def test_the_shops_number_as_reference_is_told_apart_in_the_second_document(two: Two) -> None:
    for place in (two.home, two.durban):
        place.set(param_use_channel_order_code=True)
    two.store(order_of(line("BOLT-8"), line("DRILL-1"), number="A1041"))
    assert [place.claim()[0].reference for place in (two.home, two.durban)] == ["A1041", "A1041-2"]


def test_one_document_that_is_refused_leaves_the_other_raised_and_is_sent_again_alone(two: Two) -> None:
    two.store(BOTH)
    two.home.raise_all()
    (given,) = two.durban.claim()
    two.durban.tell(given, "refused", message="DRILL-1 is not a stock item.", hint="Create it.")
    assert (two.states(), two.whole()) == (["raised", "refused"], "Refused, 1 of 2 documents is raised")

    from stockwire.hub.sync import order_actions

    with two.rehearsal.hub.scope():
        order_actions.send_again(given.order_id, "thandi")
    assert two.home.claim() == []
    (again,) = two.durban.claim()
    assert again.reference == given.reference
    two.durban.tell(again, "raised", document_number="SO9", found=True)
    assert two.whole() == "Raised"


def test_an_agent_that_died_between_the_documents_gets_only_its_own_back(two: Two) -> None:
    two.store(BOTH)
    (given,) = two.home.claim()
    assert [one.order_id for one in two.home.claim(asks_anew=True)] == [given.order_id]
    (other,) = two.durban.claim()
    assert two.home.tell(other, "raised", document_number="SO1") is False, "another source's document"
    assert two.durban.tell(other, "raised", document_number="SO1") is True
    assert two.states() == ["raising", "raised"]


def test_stock_is_held_in_each_source_until_that_source_accounts_for_it(two: Two) -> None:
    two.store(BOTH)
    assert (two.home.held(), two.durban.held()) == (1, 1)
    two.home.raise_all()
    two.durban.read_stock()
    two.home.read_stock()
    assert (two.home.held(), two.durban.held()) == (0, 1), "not raised in Durban yet"
    two.durban.raise_all()
    two.home.read_stock()
    assert two.durban.held() == 1, "what another source reads says nothing of Durban"
    two.durban.read_stock()
    assert two.durban.held() == 0


def test_ordering_switched_off_in_one_source_saves_that_document_only(two: Two) -> None:
    two.durban.set(create_order_enabled=False)
    two.store(BOTH)
    assert two.states() == ["ready", "saved"]
    assert "switched off for this source" in two.documents()[1]["reason"]
    assert two.durban.held() == 0
    two.home.raise_all()
    assert two.whole() == "Saved, 1 of 2 documents is raised"


def test_an_order_whose_items_are_all_another_sources_goes_there_alone(two: Two) -> None:
    two.durban.set(param_shipping_code="COURIER")
    two.store(order_of(line("drill-1"), shipping_lines=DELIVERY))
    (document,) = two.documents()
    assert (document["source_id"], document["total"]) == (two.durban.source_id, Decimal("172.50"))
    assert two.home.claim() == []
    codes = [one["stock_code"] for one in two.durban.claim()[0].body["sales_order"]["order_lines"]]
    assert codes == ["DRILL-1", "COURIER"]


def test_an_item_nobody_knows_stays_with_the_channels_own_source(two: Two) -> None:
    two.store(order_of(line("NEVER-HEARD-OF"), line("DRILL-1")))
    codes = [place.claim()[0].body["sales_order"]["order_lines"] for place in (two.home, two.durban)]
    assert [[one["stock_code"] for one in lines] for lines in codes] == [["NEVER-HEARD-OF"], ["DRILL-1"]]


def test_codes_a_shop_sends_along_count_in_the_channels_own_source_only(two: Two) -> None:
    params = {"warehouse_code": "CPT", "default_tax_code": "7", "order_document_type": "Quote"}
    two.store(order_of(line("BOLT-8"), line("DRILL-1"), params=params))
    ours, theirs = (place.claim()[0] for place in (two.home, two.durban))
    assert (ours.resource, theirs.resource) == ("Quote", "Quote")
    assert (ours.body["quote"]["warehouse_code"], theirs.body["quote"]["warehouse_code"]) == ("CPT", "D1")
    codes = [given.body["quote"]["quote_lines"][0]["vat_code"] for given in (ours, theirs)]
    assert codes == ["7", "0"]


def test_an_item_that_two_other_sources_have_holds_the_whole_order(two: Two) -> None:
    hub = two.rehearsal.hub
    third = hub.new_source(hub.client_id)
    hub.source_id, home = third, hub.source_id
    two.rehearsal.product("DRILL-1")
    hub.source_id = home
    two.store(BOTH)
    (document,) = two.documents()
    assert document["state"] == "held"
    assert "DRILL-1 fits more than one item of Omni Durban and of Omni Accounts" in document["reason"]
    assert two.home.claim() == two.durban.claim() == []


def test_a_total_that_does_not_add_up_holds_every_document_and_a_release_frees_them(two: Two) -> None:
    from stockwire.hub.sync import order_actions

    two.store(order_of(line("BOLT-8"), line("DRILL-1"), total=Decimal("229.99")))
    assert two.states() == ["held", "held"]
    assert sum(row["total"] for row in two.documents()) == Decimal("229.99")
    with two.rehearsal.hub.scope():
        from stockwire.hub.showing_orders import find_documents

        order_actions.each(find_documents("41"), lambda row: order_actions.release_hold(row.pk, "thandi"))
    assert two.states() == ["ready", "ready"]


def test_amounts_of_less_than_a_cent_that_would_move_the_sum_hold_the_order(two: Two) -> None:
    fine = [line("BOLT-8", "10.004"), line("DRILL-1", "10.004")]
    two.store(order_of(*fine, total=Decimal("23.01"), total_tax=Decimal("3.00")))
    assert two.states() == ["held", "held"]
    assert "would come to R 0.01 less than its lines" in two.documents()[0]["reason"]


def test_one_document_is_reset_and_the_whole_order_cannot_be_by_its_number(two: Two) -> None:
    from stockwire.hub.showing_orders import find_documents, find_order
    from stockwire.hub.sync import order_actions

    two.store(BOTH)
    two.home.raise_all()
    two.durban.raise_all()
    first, second = two.documents()
    with two.rehearsal.hub.scope():
        with pytest.raises(Refused, match="Order #41 has 2 documents") as error:
            find_order("#41")
        assert second["reference"] in error.value.hint
        assert [row.pk for row in find_documents("41")] == [first["id"], second["id"]]
        one = find_order(second["reference"])
        order_actions.reset(one.pk, "thandi")
        order_actions.send_again(one.pk, "thandi")
    assert two.states() == ["raised", "ready"]
    (again,) = two.durban.claim()
    assert again.reference == second["reference"]


def test_each_document_is_shown_wherever_orders_are(two: Two) -> None:
    from django.utils import timezone

    from stockwire.hub.console import sales
    from stockwire.hub.showing_orders import find_documents, lines
    from stockwire.hub.sync.export_orders import export_orders
    from stockwire.hub.sync.troubles import troubles

    now_order = order_of(*BOTH.lines, shipping_lines=DELIVERY, ordered_at=timezone.now())
    two.store(now_order)
    two.home.raise_all()
    (given,) = two.durban.claim()
    two.durban.tell(given, "refused", message="DRILL-1 is not a stock item.", hint="Create it.")
    first, second = two.documents()
    with two.rehearsal.hub.scope():
        shown = "\n".join(lines(find_documents("41")))
        newest = sales.newest(timezone.now())
        counts = {row.state.word: row.number for row in sales.counts(timezone.now())}
        takings = sales.takings(timezone.now())
        (trouble,) = troubles(timezone.now(), timezone.now())
    assert "Order #41 (Web shop): Refused, 1 of 2 documents is raised" in shown
    assert "R 402.50 over 2 documents" in shown
    assert "Document 2 of 2, Omni Durban: Refused" in shown
    assert all(row["reference"] in shown for row in (first, second))
    assert {row.part for row in newest} == {"document 1 of 2, Omni Accounts", "document 2 of 2, Omni Durban"}
    assert (counts["Refused"], counts["Raised"]) == ("1", "0")
    assert (takings.today.replace("\xa0", " "), takings.today_orders) == ("R 402.50", 1)
    assert "(document 2 of 2, Omni Durban) is refused" in trouble.title
    assert "1 of 2 documents is raised" in trouble.text
    with export_orders(two.rehearsal.hub.client_id) as export:
        rows = [dict(zip(export.columns, row, strict=True)) for row in export.rows]
    assert [(row["source_id"], row["total"]) for row in rows] == [
        (str(two.home.source_id), "172.50"),
        (str(two.durban.source_id), "230.00"),
    ]
    assert rows[0]["source_order_code"]
    assert rows[1]["source_order_code"] is None


def test_a_shipment_of_any_document_is_told_once_for_the_order(two: Two) -> None:
    from stockwire.hub.sync import fulfil

    two.store(BOTH)
    first, second = two.documents()
    with two.rehearsal.hub.scope():
        made = fulfil.ship(second["id"], "thandi", [("drill-1", 1), ("BOLT-8", 1)])
        assert made.order_id == first["id"]
        assert [part["channel_line_code"] for part in made.lines] == ["DRILL-1", "BOLT-8"]
        with pytest.raises(Refused, match="no line with SKU SAW-1"):
            fulfil.ship(first["id"], "thandi", [("SAW-1", 1)])


def test_another_clients_source_is_never_meant(two: Two) -> None:
    hub = two.rehearsal.hub
    stranger = hub.new_client("Stranger")
    foreign = hub.new_source(stranger)
    hub.owner.execute(
        "update products set source_id = %s, client_id = %s where source_id = %s",
        [foreign, stranger, two.durban.source_id],
    )
    hub.owner.execute(
        "update variants set source_id = %s, client_id = %s where source_id = %s",
        [foreign, stranger, two.durban.source_id],
    )
    two.store(BOTH)
    (document,) = two.documents()
    assert document["source_id"] == two.home.source_id
