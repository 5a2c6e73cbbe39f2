"""A mail server that keeps what it is sent, and rounds of notifications at moments of one's own."""

from __future__ import annotations

import email
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import Any

import pytest

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
