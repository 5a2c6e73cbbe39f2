"""`stockwire notify ...`: who is told by e-mail of what stops, and what they were told."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from stockwire.errors import Refused
from stockwire.hub_commands import start_django

_CLIENT = click.option("--client", "client_id", type=int, required=True, help="Id of the client.")
_EMAILS = click.option("--emails", default="", help='Addresses, several parted by ";".')
_NAMES = click.option("--names", default="", help='Their names in the same order, parted by ";".')


@click.group()
def notify() -> None:
    """Who is told by e-mail when something stops, and again when it is over.

    Example: stockwire notify list --client 1
    """


@notify.command("list")
@_CLIENT
@click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="Most alerts.")
def list_notifications(client_id: int, limit: int) -> None:
    """Show who gets which notification, and the newest alerts with whether they were sent.

    Example: stockwire notify list --client 1
    """
    for table in _inside(client_id, lambda: _tables(limit)):
        Console().print(table)


@notify.command("recipients")
@_CLIENT
@_EMAILS
@_NAMES
@click.option("--remove", default="", help="Take this address away instead.")
def recipients(client_id: int, emails: str, names: str, remove: str) -> None:
    """Name the people who get every notification that no override sends elsewhere.

    Example: stockwire notify recipients --client 1 --emails thandi@example.co.za --names Thandi
    """
    if bool(emails) == bool(remove):
        raise Refused("Give --emails to add somebody or --remove to take somebody away.")

    def act() -> None:
        from stockwire.hub.sync import recipients

        if remove:
            recipients.remove_recipient(client_id, remove, _who())
        else:
            recipients.add_recipients(client_id, recipients.people(names, emails), _who())

    _inside(client_id, act)
    click.echo(f"{remove} gets no notifications now." if remove else "They get the notifications now.")


@notify.command("override")
@_CLIENT
@_EMAILS
@_NAMES
@click.option("--channel", type=int, help="Only when it comes from this channel.")
@click.option("--source", type=int, help="Only when it comes from this source.")
@click.option("--remove", is_flag=True, help="Take the override away: the client's recipients get it again.")
@click.argument("notification")
def override(
    client_id: int, notification: str, emails: str, names: str, remove: bool, **places: int | None
) -> None:
    """Send one notification to these people instead of the client's recipients.

    They replace them: whoever is to be told as well is named again here.

    Example: stockwire notify override --client 1 --source 1 --emails it@example.co.za agentSilent
    """
    if bool(emails) == remove:
        raise Refused("Give --emails, or --remove to take the override away.")
    named = [(kind, place_id) for kind, place_id in places.items() if place_id is not None]
    if len(named) > 1:
        raise Refused("An override is of one channel or one source, not of both.")

    def act() -> None:
        from stockwire.hub.sync import recipients

        replacing = [] if remove else recipients.people(names, emails)
        place = named[0] if named else None
        recipients.override(client_id, notification, place, replacing, _who())

    _inside(client_id, act)
    click.echo(f"The override of {notification} is {'taken away' if remove else 'set'}.")


@notify.command("test")
@_CLIENT
@click.option("--to", default="", help="Only this address, instead of the client's recipients.")
def test(client_id: int, to: str) -> None:
    """Send a mail now, to see whether the mail server and the addresses are right.

    Example: stockwire notify test --client 1
    """

    def found() -> Any:
        from stockwire.hub.sync import recipients

        return recipients.people("", to) if to else recipients.who_gets("", None, None)

    people = _inside(client_id, found)
    if not people:
        raise Refused(
            "This client has nobody to be told.",
            hint="Name somebody: stockwire notify recipients --client 1 --emails thandi@example.co.za",
        )
    from stockwire.hub import mailing

    mailing.send(people, "[Stockwire] A test", "This is how Stockwire tells you when something stops.\n")
    click.echo(f"Sent to {', '.join(person.email for person in people)}.")


def _tables(limit: int) -> list[Table]:
    from stockwire.hub.models import Alert, Notification, RecipientOverride
    from stockwire.hub.sync.recipients import who_gets
    from stockwire.hub.sync.troubles import local

    gets = Table("Notification", "When", "From", "Goes to", title="Who is told", title_justify="left")
    for notification in Notification:
        everywhere = who_gets(notification, None, None)
        gets.add_row(notification, notification.label, "everywhere", _named(everywhere))
        rows = RecipientOverride.objects.filter(notification=notification)
        for row in rows.select_related("channel", "source").order_by("pk"):
            if place := row.channel or row.source:
                people = who_gets(notification, row.channel_id, row.source_id)
                gets.add_row("", "", f"only {place.description}", _named(people))
    alerts = Table("Alert", "Began", "Told", "Over", "Sent", title="Newest alerts", title_justify="left")
    for alert in Alert.objects.order_by("-began_at", "-pk")[:limit]:
        sent = alert.not_sent or (", ".join(alert.told_to) if alert.told_at else "waits whether it lasts")
        moments = (alert.began_at, alert.told_at, alert.over_at)
        alerts.add_row(alert.title, *(local(at) if at else "" for at in moments), sent)
    return [gets, alerts]


def _named(people: Any) -> str:
    return ", ".join(f"{person.name} <{person.email}>".strip() for person in people) or "nobody"


def _inside(client_id: int, act: Callable[[], Any]) -> Any:
    start_django(None)
    from stockwire.hub import tenancy

    with tenancy.scope(client_id):
        return act()


def _who() -> str:
    """The name of whoever sits at this machine."""
    return f"{getpass.getuser()} (command line)"
