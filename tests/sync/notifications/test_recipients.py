"""Who is told and how: overrides, a mail server that is away or not set up, nobody at all, and the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.sync.notifications.conftest import (
    UP_SINCE,
    MailServer,
    heard_of,
    override,
    refused_orders,
)

from stockwire.errors import NotSetUp, Refused, TryLater


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
