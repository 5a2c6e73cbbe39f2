"""Sends one plain e-mail, or says in words why it cannot. Decides nothing about what is told and to whom."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from email.utils import formataddr
from smtplib import SMTPAuthenticationError, SMTPException, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from stockwire.errors import NotSetUp, Refused, StockwireError, TryLater
from stockwire.hub.sync.recipients import Person

SET_UP_MAIL = "Set smtp_host, smtp_user, smtp_password and mail_from of the hub (docs/operate.md)."


def is_set_up() -> bool:
    return bool(settings.EMAIL_HOST)


def send(to: Sequence[Person], subject: str, body: str) -> None:
    """One message to all of them. Raises NotSetUp, Refused or TryLater; then nobody certainly has it."""
    if not is_set_up():
        raise NotSetUp("No mail server is set up for this hub.", hint=SET_UP_MAIL)
    connection = get_connection()
    message = EmailMessage(
        subject=" ".join(subject.split()),
        body=body,
        to=[formataddr((" ".join(person.name.split()), person.email)) for person in to],
        connection=connection,
        # Answers of absent people, and other machines, are not wanted.
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except (SMTPException, OSError, ValueError) as error:
        raise _in_words(error) from None
    finally:
        # Django leaves a connection open that failed at signing in.
        with suppress(SMTPException, OSError):
            connection.close()


def _in_words(error: Exception) -> StockwireError:
    server = f"The mail server {settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    if isinstance(error, SMTPAuthenticationError):
        return NotSetUp(
            f"{server} does not accept the user or the password.",
            hint="Correct smtp_user and smtp_password of the hub.",
            detail=_said(error),
        )
    if isinstance(error, SMTPRecipientsRefused):
        return Refused(
            f"{server} takes no mail for {', '.join(error.recipients)}.",
            hint="Correct the address: `stockwire notify list` shows them.",
            detail=_said(error),
        )
    return TryLater(
        f"{server} did not take the mail.",
        hint="It is tried again by itself. If it stays so, check smtp_host, smtp_port and smtp_security.",
        detail=_said(error),
    )


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]
