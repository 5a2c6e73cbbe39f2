"""People are told by e-mail when something stops and when it is over: once each, whoever is set to be told."""

from __future__ import annotations

import email
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import Any

import pytest
from structlog.testing import capture_logs

from stockwire.errors import NotSetUp, Refused, TryLater

NOW = datetime.now(UTC)
UP_SINCE = NOW - timedelta(days=30)


@dataclass
class MailServer:
    """A real SMTP server on a loopback port. `refused` are addresses it takes no mail for."""

    port: int = 0
    mails: list[tuple[list[str], Message]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    def taken(self) -> list[tuple[list[str], str, str]]:
        """(recipients, subject, text) of what has come in, and forget it."""
        found = [
            (to, str(email.header.make_header(email.header.decode_header(mail["Subject"]))), _text(mail))
            for to, mail in self.mails
        ]
        self.mails.clear()
        return found


def _text(mail: Message) -> str:
    body = mail.get_payload(decode=True)
    assert isinstance(body, bytes)
    return body.decode()


class _Talk(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        self._say("220 here")
        to: list[str] = []
        while line := self.rfile.readline().decode().strip():
            word = line.upper()
            if word.startswith("RCPT TO:"):
                address = line[8:].strip().strip("<>")
                if address in self.server.mail.refused:
                    self._say("550 no such mailbox")
                    continue
                to.append(address)
            if word.startswith("EHLO"):
                self._say("250-here\r\n250 AUTH PLAIN")
                continue
            if word.startswith("AUTH"):
                self._say("535 wrong user or password")
                continue
            if word == "DATA":
                self._say("354 go on")
                raw = b""
                while not raw.endswith(b"\r\n.\r\n"):
                    raw += self.rfile.readline()
                self.server.mail.mails.append((to, email.message_from_bytes(raw[:-5])))
                to = []
            self._say("221 bye" if word == "QUIT" else "250 fine")
            if word == "QUIT":
                return

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    mail = MailServer()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Talk) as server:
        server.daemon_threads = True
        server.mail, mail.port = mail, server.server_address[1]  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield mail
        server.shutdown()
        thread.join()


@pytest.fixture
def mailing_set_up(mail_server: MailServer, hub: Any) -> Iterator[MailServer]:
    """The hub's own settings name the mail server."""
    from django.test.utils import override_settings

    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=mail_server.port,
        EMAIL_USE_TLS=False,
        DEFAULT_FROM_EMAIL="hub@example.co.za",
    ):
        yield mail_server


@pytest.fixture
def tell(hub: Any) -> Callable[..., None]:
    """A minute's round, so many minutes from now."""

    def at(minutes: float = 0, up_since: datetime = UP_SINCE) -> None:
        from stockwire.hub.sync import notify

        notify.client(hub.client_id, NOW + timedelta(minutes=minutes), up_since)

    return at


@pytest.fixture
def name(hub: Any) -> Callable[..., None]:
    """Name recipients: name("a@x.co.za;b@x.co.za")."""

    def named(emails: str, names: str = "") -> None:
        from stockwire.hub.sync import recipients

        with hub.scope():
            recipients.add_recipients(hub.client_id, recipients.people(names, emails), "thandi")

    return named


def override(hub: Any, notification: str, emails: str, place: tuple[str, int] | None = None) -> None:
    from stockwire.hub.sync import recipients

    with hub.scope():
        replacing = recipients.people("", emails) if emails else []
        recipients.override(hub.client_id, notification, place, replacing, "thandi")


def heard_of(hub: Any, minutes_ago: float) -> None:
    hub.owner.execute("update agents set last_seen_at = %s", [NOW - timedelta(minutes=minutes_ago)])


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


def refused_orders(rehearsal: Any, *states: str) -> list[int]:
    rehearsal.act("add_product", name="Bolt", sku="BOLT-8", regular_price="115.00")
    codes = [
        int(rehearsal.act("place_order", lines=[{"sku": "BOLT-8", "quantity": 1}])["id"]) for _ in states
    ]
    rehearsal.mark(*codes)
    rehearsal.take(poll=False)
    for code, state in zip(codes, states, strict=True):
        rehearsal.hub.owner.execute(
            "update orders set state = %s, reason = %s, hint = 'Fix it.' where channel_order_code = %s",
            [state, f"Order {code} is wrong.", str(code)],
        )
    return codes


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


def test_an_override_replaces_the_recipients_and_its_removal_restores_them(
    hub: Any, mailing_set_up: MailServer, tell: Any, name: Any
) -> None:
    name("d@example.co.za")
    override(hub, "agentSilent", "s@example.co.za")
    heard_of(hub, 20)
    tell()
    assert [to for to, _, _ in mailing_set_up.taken()] == [["s@example.co.za"]]
    override(hub, "agentSilent", "")
    heard_of(hub, 0)
    tell(1)
    assert [to for to, _, _ in mailing_set_up.taken()] == [["d@example.co.za"]]


def test_an_override_of_a_place_holds_there_and_nowhere_else(
    rehearsal: Any, mailing_set_up: MailServer, tell: Any, name: Any
) -> None:
    name("d@example.co.za")
    codes = refused_orders(rehearsal, "refused")
    other = rehearsal.hub.new_channel(
        description="Other",
        api_url="https://b.example",
        consumer_key="ck_" + "1" * 40,
        consumer_secret="cs_" + "1" * 40,
    )
    override(rehearsal.hub, "addSourceOrderError", "x@example.co.za", ("channel", other))
    override(rehearsal.hub, "addSourceOrderError", "w@example.co.za")
    tell()
    assert [to for to, _, _ in mailing_set_up.taken()] == [["w@example.co.za"]], "the one for everywhere"
    override(
        rehearsal.hub,
        "addSourceOrderError",
        "a@example.co.za;d@example.co.za",
        ("channel", rehearsal.channel_id),
    )
    rehearsal.act_as_person("send_again", codes[0])
    tell(1)
    assert [to for to, _, _ in mailing_set_up.taken()] == [["a@example.co.za", "d@example.co.za"]]


def test_what_cannot_be_overridden_or_is_no_address_is_refused_in_words(hub: Any, name: Any) -> None:
    with pytest.raises(Refused, match="no notification 'queueOrder'"):
        override(hub, "queueOrder", "s@example.co.za")
    with pytest.raises(Refused, match="queueError cannot be narrowed by channel"):
        override(hub, "queueError", "s@example.co.za", ("channel", 1))
    with pytest.raises(Refused, match="There is no source 4711"):
        override(hub, "agentSilent", "s@example.co.za", ("source", 4711))
    with pytest.raises(Refused, match="There is no such override"):
        override(hub, "agentSilent", "")
    for wrong in ("thandi", "a@b", "a@b.co.za, c@d.co.za", "x\r\nBcc: y@z.co.za"):
        with pytest.raises(Refused, match="is no e-mail address"):
            name(wrong)
    with pytest.raises(Refused, match="1 names and 2 e-mail addresses"):
        name("a@b.co.za;c@d.co.za", "Anna")


def test_without_a_mail_server_it_is_said_once_in_the_log_and_shown_as_not_sent(
    hub: Any, tell: Any, name: Any, mail_server: MailServer
) -> None:
    from django.test.utils import override_settings

    from stockwire.hub.sync import notify

    notify._said.clear()
    name("thandi@example.co.za")
    heard_of(hub, 20)
    with capture_logs() as said:
        for minutes in range(3):
            tell(minutes)
    assert [line["event"] for line in said] == ["A notification could not be sent"]
    ((not_sent, told_at),) = hub.rows("select not_sent, told_at from alerts")
    assert not_sent.startswith("No mail server is set up for this hub. Set smtp_host")
    assert told_at is None
    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=mail_server.port,
        EMAIL_USE_TLS=False,
    ):
        tell(4)
    assert len(mail_server.taken()) == 1, "it goes out as soon as it can"
    assert hub.rows("select not_sent from alerts") == [("",)]


def test_a_mail_server_that_is_away_or_refuses_is_tried_again(
    hub: Any, mailing_set_up: MailServer, tell: Any, name: Any
) -> None:
    from stockwire.hub import mailing
    from stockwire.hub.sync.recipients import Person

    name("gone@example.co.za")
    mailing_set_up.refused.add("gone@example.co.za")
    heard_of(hub, 20)
    tell()
    ((not_sent,),) = hub.rows("select not_sent from alerts")
    assert "takes no mail for gone@example.co.za" in not_sent
    mailing_set_up.refused.clear()
    tell(1)
    assert len(mailing_set_up.taken()) == 1
    from django.test.utils import override_settings

    with (
        override_settings(EMAIL_PORT=1),
        pytest.raises(TryLater, match=r"127\.0\.0\.1:1 did not take the mail"),
    ):
        mailing.send([Person("", "a@b.co.za")], "x", "y")
    with override_settings(EMAIL_HOST_USER="hub", EMAIL_HOST_PASSWORD="wrong-secret"):
        with pytest.raises(NotSetUp, match="does not accept the user or the password") as raised:
            mailing.send([Person("", "a@b.co.za")], "x", "y")
    assert "wrong-secret" not in repr(raised.value) + raised.value.detail


def test_where_nobody_is_set_to_be_told_nothing_is_looked_at(
    hub: Any, mailing_set_up: MailServer, tell: Any, name: Any
) -> None:
    from stockwire.hub import jobs, tenancy

    heard_of(hub, 20)
    assert tenancy.clients_to_tell() == []
    jobs.tell_of_trouble(0)
    assert hub.rows("select count(*) from alerts") == [(0,)]
    name("thandi@example.co.za")
    other = hub.new_client("Bosveld Tools")
    assert tenancy.clients_to_tell() == [hub.client_id]
    hub.owner.execute("update agents set last_seen_at = now() - interval '20 minutes'")
    from stockwire.hub.sync import notify

    notify.client(hub.client_id, datetime.now(UTC), UP_SINCE)
    assert len(mailing_set_up.taken()) == 1
    with hub.scope(other):
        from stockwire.hub.models import Alert, Recipient

        assert (Recipient.objects.count(), Alert.objects.count()) == (0, 0)


def test_an_alert_without_recipients_any_more_is_not_kept_for_them(
    hub: Any, mailing_set_up: MailServer, tell: Any, name: Any
) -> None:
    from stockwire.hub.sync import recipients

    name("thandi@example.co.za")
    with hub.scope():
        recipients.remove_recipient(hub.client_id, "THANDI@example.co.za", "thandi")
    heard_of(hub, 20)
    tell()
    tell(1)
    assert hub.rows("select not_sent, told_at is null from alerts") == [
        ("Nobody is set to be told of it.", False)
    ]


@pytest.mark.slow
def test_the_command_line_names_overrides_lists_and_tests(hub: Any, mail_server: MailServer) -> None:
    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from stockwire.cli import main; main()", "notify", *arguments],
            env={**os.environ, **hub.environment, "COLUMNS": "200", **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    client = ("--client", str(hub.client_id))
    mail = {
        "STOCKWIRE_SMTP_HOST": "127.0.0.1",
        "STOCKWIRE_SMTP_PORT": str(mail_server.port),
        "STOCKWIRE_SMTP_SECURITY": "none",
        "STOCKWIRE_MAIL_FROM": "hub@example.co.za",
    }
    assert "nobody to be told" in run("test", *client).stderr
    named = run("recipients", *client, "--emails", "thandi@example.co.za", "--names", "Thandi")
    assert named.stdout == "They get the notifications now.\n", named.stderr
    overridden = run("override", *client, "--source", "1", "--emails", "it@example.co.za", "agentSilent")
    assert overridden.stdout == "The override of agentSilent is set.\n", overridden.stderr
    listed = run("list", *client).stdout
    assert "Thandi <thandi@example.co.za>" in listed
    assert "only Omni Accounts" in listed
    assert "it@example.co.za" in listed
    unset = run("test", *client)
    assert (unset.returncode, "No mail server is set up" in unset.stderr) == (1, True)
    sent = run("test", *client, **mail)
    assert sent.stdout == "Sent to thandi@example.co.za.\n", sent.stderr
    ((to, subject, _),) = mail_server.taken()
    assert (to, subject) == (["thandi@example.co.za"], "[Stockwire] A test")
    assert "is taken away" in run("override", *client, "--source", "1", "--remove", "agentSilent").stdout
    audit = [row[0] for row in hub.rows("select action from audit order by id")]
    assert audit == ["add recipients", "override recipients", "override recipients"]
