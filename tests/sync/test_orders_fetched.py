"""Orders fetched by their Omni number, the hub's side: stored once, with their header, and never in the way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from stockwire import wire
from stockwire.errors import NotSetUp, Refused

HEADER = {"customer_account_code": "CASH01", "customer_name": "Anna", "document_date": "2026-11-20"}


@pytest.fixture
def agent(hub: Any) -> Any:
    from stockwire.hub.models import Agent

    with hub.scope():
        return Agent.objects.select_related("source").get(pk=hub.agent_id)


def ask(hub: Any, number: str, document_type: str = "") -> int:
    from stockwire.hub.sync.fetch_orders import ask_for_order

    with hub.scope():
        return ask_for_order(hub.source_id, number, "thandi", document_type)


def given(hub: Any, agent: Any) -> list[wire.FetchOrder]:
    from stockwire.hub.sync.fetch_orders import wishes_for

    with hub.scope():
        return wishes_for(agent)


def answer(hub: Any, agent: Any, wish: int, state: str = "found", **more: Any) -> bool:
    from stockwire.hub.sync.fetch_orders import take_fetched

    told = {"resource": "Sales Order", "reference": "SO12345", "number": "SO12345", "header": HEADER}
    with hub.scope():
        return take_fetched(
            agent,
            wire.Fetched(fetch_id=wish, state=state, **({**told, **more} if state == "found" else more)),
        )


def the_order(hub: Any) -> dict[str, Any]:
    cursor = hub.owner.execute("select * from orders")
    rows = cursor.fetchall()
    assert len(rows) == 1
    return dict(zip([column.name for column in cursor.description], rows[0], strict=True))


def wish_row(hub: Any, wish: int) -> tuple[Any, ...]:
    return hub.rows("select state, message, order_id from order_fetches where id = %s", wish)[0]


def test_a_fetched_order_is_stored_with_its_header_and_says_so(hub: Any, agent: Any) -> None:
    wish = ask(hub, " SO12345 ")
    assert given(hub, agent) == [
        wire.FetchOrder(fetch_id=wish, number="SO12345", resources=["Sales Order", "Quote"])
    ]
    assert answer(hub, agent, wish)
    order = the_order(hub)
    assert (order["state"], order["number"], order["document_number"]) == ("raised", "SO12345", "SO12345")
    assert (order["channel_id"], order["total"], order["status"]) == (None, None, "")
    assert order["fetched_at"] is not None
    assert order["stock_released_at"] is not None
    assert (order["source_customer_code"], order["customer_name"]) == ("CASH01", "Anna")
    assert order["ordered_at"] == datetime(2026, 11, 19, 22, 0, tzinfo=UTC), "midnight in South Africa"
    assert order["document"]["header"] == HEADER
    assert hub.rows("select count(*) from order_lines") == [(0,)]
    assert wish_row(hub, wish) == (
        "found",
        "Sales Order SO12345 is stored with its header only.",
        order["id"],
    )
    assert hub.rows("select text from order_history") == [
        ("Fetched from Omni by thandi: the header of Sales Order SO12345, without lines.",)
    ]


def test_the_same_number_fetched_twice_is_one_order_brought_up_to_date(hub: Any, agent: Any) -> None:
    answer(hub, agent, ask(hub, "SO12345"))
    again = ask(hub, "so12345")
    answer(hub, agent, again, reference="so12345", header={**HEADER, "customer_name": "Anna van Wyk"})
    assert the_order(hub)["customer_name"] == "Anna van Wyk"
    assert "was fetched before" in wish_row(hub, again)[1]


def test_asking_twice_before_the_answer_is_one_wish(hub: Any, agent: Any) -> None:
    assert ask(hub, "SO1") == ask(hub, "SO1")
    assert len(given(hub, agent)) == 1


def test_a_wish_is_given_again_when_no_answer_comes_and_ends_after_a_day(hub: Any, agent: Any) -> None:
    wish = ask(hub, "SO1")
    assert len(given(hub, agent)) == 1
    assert given(hub, agent) == []
    hub.owner.execute("update order_fetches set next_at = now()")
    assert answer(hub, agent, wish, "not_yet", message="Omni cannot be reached.", hint="Start it.")
    assert wish_row(hub, wish)[:2] == ("waiting", "Omni cannot be reached.")
    assert len(given(hub, agent)) == 1
    hub.owner.execute("update order_fetches set next_at = now(), asked_at = now() - interval '25 hours'")
    assert given(hub, agent) == []


@pytest.mark.parametrize("state", ["missing", "failed"])
def test_what_is_not_found_is_kept_with_its_words_and_answered_once(hub: Any, agent: Any, state: str) -> None:
    wish = ask(hub, "SO1")
    assert answer(hub, agent, wish, state, message="Omni has no Sales Order SO1.", hint="Check it.")
    assert wish_row(hub, wish) == (state, "Omni has no Sales Order SO1.", None)
    assert answer(hub, agent, wish) is False
    assert hub.rows("select count(*) from orders") == [(0,)]


def test_only_the_agent_of_that_source_is_asked_and_believed(hub: Any, agent: Any) -> None:
    from stockwire.hub.models import Agent

    wish = ask(hub, "SO1")
    other_id, _ = hub.new_agent(hub.client_id, hub.new_source(hub.client_id))
    with hub.scope():
        other = Agent.objects.get(pk=other_id)
    assert given(hub, other) == []
    assert answer(hub, other, wish) is False


def test_what_cannot_be_fetched_is_refused_readably(hub: Any, agent: Any) -> None:
    for odd in ("", "S" * 41, "SO\x001"):
        with pytest.raises(Refused, match="is no document number"):
            ask(hub, odd)
    with pytest.raises(Refused, match="no documents of the kind 'Invoice'"):
        ask(hub, "SO1", "Invoice")
    hub.owner.execute('update sources set settings = settings || \'{"fetch_document_types": ""}\'::jsonb')
    with pytest.raises(NotSetUp, match="switched off"):
        ask(hub, "SO1")
    hub.owner.execute(
        'update sources set settings = settings || \'{"fetch_document_types": "invoice, Quote"}\'::jsonb'
    )
    ask(hub, "SO1")
    assert given(hub, agent)[0].resources == ["Invoice", "Quote"]
    hub.owner.execute("update agents set revoked_at = now()")
    with pytest.raises(NotSetUp, match="No agent is enrolled"):
        ask(hub, "SO2")


@pytest.fixture
def raised(rehearsal: Any) -> dict[str, Any]:
    """An order of the shop that was raised in Omni."""
    rehearsal.act("add_product", name="Bolt", sku="BOLT-8", regular_price="115.00")
    code = int(rehearsal.act("place_order", lines=[{"sku": "BOLT-8", "quantity": 2}])["id"])
    rehearsal.mark(code)
    rehearsal.take(poll=False)
    (order,) = rehearsal.claim()
    rehearsal.tell(order, "raised", document_number="SO12345")
    return dict(rehearsal.order(code))


def test_fetching_an_order_of_ours_shows_the_one_that_is_there(
    rehearsal: Any, raised: dict[str, Any], agent: Any
) -> None:
    wish = ask(rehearsal.hub, "SO12345")
    answer(rehearsal.hub, agent, wish)
    state, message, order_id = wish_row(rehearsal.hub, wish)
    assert (state, order_id) == ("found", raised["id"])
    assert message.startswith(f"Sales Order SO12345 is order {raised['number']} of Web shop")
    assert rehearsal.count("orders") == 1
    assert rehearsal.order(raised["channel_order_code"])["fetched_at"] is None


def test_a_fetched_copy_gives_way_when_its_own_order_comes_back_from_the_shop(
    rehearsal: Any, raised: dict[str, Any], agent: Any
) -> None:
    """The hub was set up anew; somebody fetches a document before the shop's orders are read again. Were the
    copy in the way, the order would get another reference, and Omni a second document."""
    reference = raised["reference"]
    rehearsal.hub.owner.execute("truncate orders cascade")
    answer(rehearsal.hub, agent, ask(rehearsal.hub, reference), reference=reference, number="SO12345")
    assert rehearsal.count("orders") == 1
    rehearsal.mark(raised["channel_order_code"])
    rehearsal.take(poll=False)
    (order,) = rehearsal.claim()
    assert order.reference == reference
    assert rehearsal.count("orders") == 1
    assert "had been fetched from Omni as SO12345" in rehearsal.history(raised["channel_order_code"])[0]


def test_a_fetched_copy_gives_way_to_the_channels_order_number_too(
    rehearsal: Any, raised: dict[str, Any], agent: Any
) -> None:
    rehearsal.hub.owner.execute("truncate orders cascade")
    answer(rehearsal.hub, agent, ask(rehearsal.hub, "1001"), reference="1001", number="1001")
    rehearsal.mark(raised["channel_order_code"])
    rehearsal.take(poll=False)
    rehearsal.hub.owner.execute("update orders set number = '1001' where channel_id is not null")
    rehearsal.hub.owner.execute(
        "update sources set settings = settings || '{\"param_use_channel_order_code\": true}'::jsonb"
    )
    (order,) = rehearsal.claim()
    assert order.reference == "1001"
    assert rehearsal.count("orders") == 1


def test_a_fetched_order_is_shown_as_fetched_and_cannot_be_sent(hub: Any, agent: Any) -> None:
    from django.utils import timezone

    from stockwire.hub.console.sales import newest, takings
    from stockwire.hub.showing_orders import find_documents, lines, listed
    from stockwire.hub.sync import order_actions

    answer(hub, agent, ask(hub, "SO12345"))
    with hub.scope():
        (row,) = newest(timezone.now())
        assert (row.channel, row.total, row.state.word) == ("Fetched from Omni", "–", "Raised")
        assert takings(timezone.now()).today_orders == 0
        shown = "\n".join(lines(find_documents("SO12345")))
        assert "Order SO12345 (Fetched from Omni): Raised" in shown
        assert "customer_account_code     CASH01" in shown
        assert [(one["channel"], one["total"]) for one in listed("", 5)] == [("Fetched from Omni", "–")]
        for act in (order_actions.reset, order_actions.send_again, order_actions.cancel):
            with pytest.raises(Refused, match="was fetched from Omni"):
                act(the_order(hub)["id"], "thandi")


def test_the_number_of_a_document_a_person_found_ends_the_doubt(rehearsal: Any, agent: Any) -> None:
    from stockwire.hub.sync import order_actions

    rehearsal.act("add_product", name="Bolt", sku="BOLT-8", regular_price="115.00")
    codes = [
        int(rehearsal.act("place_order", lines=[{"sku": "BOLT-8", "quantity": 2}])["id"]) for _ in range(2)
    ]
    rehearsal.mark(*codes)
    rehearsal.take(poll=False)
    first, second = rehearsal.claim()
    for order in (first, second):
        rehearsal.tell(order, "in_doubt", message="It may exist.", hint="Look.")
    with rehearsal.hub.scope():
        order_actions.enter_number(first.order_id, "thandi", " SO77 ")
    with pytest.raises(Refused, match="Document SO77 already belongs to order"), rehearsal.hub.scope():
        order_actions.enter_number(second.order_id, "thandi", "SO77")
    order = rehearsal.order(codes[0])
    assert (order["state"], order["document_number"], order["reason"]) == ("raised", "SO77", "")
    assert rehearsal.history(codes[0])[-1] == "thandi found it in Omni as SO77."
    assert rehearsal.tell(first, "raised", document_number="SO78") is False
    with pytest.raises(Refused, match="cannot be given a number now"), rehearsal.hub.scope():
        order_actions.enter_number(first.order_id, "thandi", "SO79")
