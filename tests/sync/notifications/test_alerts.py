"""People are told by e-mail when something stops and when it is over: once each, whoever is set to be told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.sync.notifications.conftest import (
    NOW,
    MailServer,
    heard_of,
    refused_orders,
)


def test_a_silent_agent_is_told_once_and_once_more_when_it_is_back(
    hub: Any, mailing_set_up: MailServer, tell: Any, name: Any
) -> None:
    name("thandi@example.co.za;sipho@example.co.za", "Thandi;Sipho")
    heard_of(hub, 14)
    tell()
    assert mailing_set_up.taken() == []
    for minutes in range(2, 12):
        tell(minutes)
    ((to, subject, text),) = mailing_set_up.taken()
    assert to == ["thandi@example.co.za", "sipho@example.co.za"]
    assert subject == "[Stockwire] The agent of Omni Accounts is silent"
    assert "Karoo Fasteners" in text
    assert "OMNISERVER was last heard of at" in text
    assert "Fix: See that the machine is on" in text
    assert "Notification: agentSilent." in text
    heard_of(hub, 0)
    for minutes in range(12, 15):
        tell(minutes)
    ((to, subject, text),) = mailing_set_up.taken()
    assert (len(to), subject) == (2, "[Stockwire] Over: The agent of Omni Accounts is silent")
    tell(40)
    assert len(mailing_set_up.taken()) == 1, "a second silence is a second alert"


def test_a_hub_that_was_down_gives_agents_the_whole_silence_anew(
    hub: Any, mailing_set_up: MailServer, tell: Any, name: Any
) -> None:
    name("thandi@example.co.za")
    heard_of(hub, 24 * 60)
    tell(up_since=NOW - timedelta(minutes=1))
    assert mailing_set_up.taken() == []
    tell(16, up_since=NOW - timedelta(minutes=1))
    assert len(mailing_set_up.taken()) == 1


def test_an_agent_that_was_never_heard_of_or_is_revoked_is_not_silent(
    hub: Any, mailing_set_up: MailServer, tell: Any, name: Any
) -> None:
    name("thandi@example.co.za")
    tell()
    heard_of(hub, 100)
    hub.owner.execute("update agents set revoked_at = now()")
    tell()
    assert mailing_set_up.taken() == []


def test_a_stopped_channel_is_told_and_one_that_a_person_paused_is_not(
    hub: Any, mailing_set_up: MailServer, tell: Any, name: Any
) -> None:
    from stockwire.hub.sync import operator

    name("thandi@example.co.za")
    channel = hub.new_channel(
        api_url="https://shop.example", consumer_key="ck_" + "1" * 40, consumer_secret="cs_" + "1" * 40
    )
    with hub.scope():
        operator.pause(channel, "thandi", "stock-take")
    tell()
    assert mailing_set_up.taken() == []
    hub.owner.execute("update lanes set note = 'The shop refuses the key.', hint = 'Make a new key.'")
    tell(1)
    ((_, subject, text),) = mailing_set_up.taken()
    assert subject == "[Stockwire] Web shop is stopped", "products and orders are one trouble"
    assert "The shop refuses the key." in text
    assert "Fix: Make a new key." in text
    with hub.scope():
        operator.resume(channel, "thandi")
    tell(2)
    assert [subject for _, subject, _ in mailing_set_up.taken()] == ["[Stockwire] Over: Web shop is stopped"]


def test_products_that_need_somebody_are_one_mail_however_many_there_are(
    rehearsal: Any, mailing_set_up: MailServer, tell: Any, name: Any
) -> None:
    name("thandi@example.co.za")
    for number in range(3):
        rehearsal.product(f"BOLT-{number}")
    rehearsal.hub.owner.execute(
        "insert into stale (client_id, channel_id, product_id, state, message)"
        " select client_id, %s, id, 'needs_you', 'BOLT-1: the shop refuses the price.' from products",
        [rehearsal.channel_id],
    )
    tell()
    ((_, subject, text),) = mailing_set_up.taken()
    assert subject == "[Stockwire] 3 products need you on Web shop"
    assert "BOLT-1: the shop refuses the price." in text
    rehearsal.hub.owner.execute("delete from stale where product_id = 1")
    tell(1)
    assert mailing_set_up.taken() == []
    rehearsal.hub.owner.execute("delete from stale")
    tell(2)
    assert [subject for _, subject, _ in mailing_set_up.taken()] == [
        "[Stockwire] Over: 3 products need you on Web shop"
    ]


def test_a_reading_that_fails_is_told_only_when_it_goes_on_failing(
    hub: Any, mailing_set_up: MailServer, tell: Any, name: Any
) -> None:
    name("thandi@example.co.za")
    failing = (
        "update sources set read_error = 'The database refuses the password.', read_hint = 'Correct it.'"
    )
    hub.owner.execute(failing)
    tell()
    hub.owner.execute("update sources set read_error = ''")
    tell(1)
    assert hub.rows("select count(*) from alerts where told_at is not null") == [(0,)]
    hub.owner.execute(failing)
    tell(2)
    tell(16)
    assert mailing_set_up.taken() == []
    tell(18)
    assert [subject for _, subject, _ in mailing_set_up.taken()] == [
        "[Stockwire] Products of Omni Accounts cannot be read"
    ]


def test_orders_that_were_not_raised_come_in_one_mail_and_held_ones_in_another(
    rehearsal: Any, mailing_set_up: MailServer, tell: Any, name: Any
) -> None:
    name("thandi@example.co.za")
    codes = refused_orders(rehearsal, "refused", "in_doubt", "held", "held")
    rehearsal.hub.owner.execute(
        "update orders set reason = 'Held by thandi.' where channel_order_code = %s", [str(codes[3])]
    )
    tell()
    mails = {
        text.split("Notification: ")[1].split(".")[0]: (subject, text)
        for _, subject, text in mailing_set_up.taken()
    }
    assert set(mails) == {"addSourceOrderError", "syncOrderError"}
    subject, text = mails["addSourceOrderError"]
    assert subject == f"[Stockwire] Order #{codes[0]} is refused, and 1 more"
    assert f"Order #{codes[1]} is in doubt" in text
    assert f"Order {codes[0]} is wrong." in text
    assert mails["syncOrderError"][0] == f"[Stockwire] Order #{codes[2]} is held"
    rehearsal.act_as_person("send_again", codes[0])
    tell(1)
    ((_, subject, _),) = mailing_set_up.taken()
    assert subject == f"[Stockwire] Over: Order #{codes[0]} is refused"


def test_an_order_that_cannot_be_taken_over_is_told(
    rehearsal: Any, mailing_set_up: MailServer, tell: Any, name: Any
) -> None:
    name("thandi@example.co.za")
    rehearsal.mark("77")
    rehearsal.hub.owner.execute("update order_marks set needs_you = true, message = 'It cannot be read.'")
    tell()
    ((_, subject, text),) = mailing_set_up.taken()
    assert subject == "[Stockwire] Order 77 could not be taken over from its channel"
    assert "It cannot be read." in text
