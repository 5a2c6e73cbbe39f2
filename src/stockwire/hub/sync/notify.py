"""Tells people by e-mail of what stops, once when it begins and once when it is over.

What is known to be wrong is compared with the open alerts; then the mails go out, outside any transaction,
and what went out is noted. A mail that was sent and not noted, because the process died in between, goes out
once more: rather twice than never.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.conf import settings

from stockwire.errors import NotSetUp, StockwireError
from stockwire.hub import mailing, tenancy
from stockwire.hub.models import Alert, Client, Notification
from stockwire.hub.sync.recipients import Person, who_gets
from stockwire.hub.sync.troubles import local, troubles

log = structlog.get_logger("stockwire.notify")
SHOWN = 20
KEPT = timedelta(days=90)
NOBODY = "Nobody is set to be told of it."
# Of which want of a mail server this process has said in the log already.
_said: set[str] = set()


def client(client_id: int, now: datetime, hub_up_since: datetime) -> None:
    """One client's round. A mail that cannot be sent is tried again in the next one."""
    with tenancy.scope(client_id):
        name = Client.objects.get(pk=client_id).name
        _compare(client_id, now, hub_up_since)
        begun = _together(Alert.objects.filter(over_at=None, told_at=None, tell_from__lte=now))
        over = _together(
            Alert.objects.filter(over_at__isnull=False, told_at__isnull=False, over_told_at=None)
        )
    for to, alerts in begun:
        _tell(client_id, now, to, alerts, _begun_mail(name, alerts), over=False)
    for to, alerts in over:
        _tell(client_id, now, to, alerts, _over_mail(name, alerts), over=True)


def _compare(client_id: int, now: datetime, hub_up_since: datetime) -> None:
    """New troubles become alerts, and what is no trouble any more is over."""
    found = {(trouble.notification, trouble.key): trouble for trouble in troubles(now, hub_up_since)}
    still_open = {(row.notification, row.key): row for row in Alert.objects.filter(over_at=None)}
    Alert.objects.bulk_create(
        Alert(
            client_id=client_id,
            notification=trouble.notification,
            key=trouble.key,
            channel_id=trouble.channel_id,
            source_id=trouble.source_id,
            title=trouble.title[:300],
            text=trouble.text,
            fix=trouble.fix,
            began_at=now,
            tell_from=now + trouble.after,
        )
        for which, trouble in found.items()
        if which not in still_open
    )
    gone = [row.pk for which, row in still_open.items() if which not in found]
    Alert.objects.filter(pk__in=gone).update(over_at=now)
    Alert.objects.filter(over_at__lt=now - KEPT).delete()


def _together(alerts: Sequence[Alert]) -> list[tuple[list[Person], list[Alert]]]:
    """Alerts of one notification for the same people make one mail, oldest first."""
    mails: dict[tuple[str, tuple[str, ...]], tuple[list[Person], list[Alert]]] = {}
    for alert in sorted(alerts, key=lambda alert: (alert.began_at, alert.pk)):
        to = who_gets(alert.notification, alert.channel_id, alert.source_id)
        which = (alert.notification, tuple(person.email for person in to))
        mails.setdefault(which, (to, []))[1].append(alert)
    return list(mails.values())


def _tell(
    client_id: int, now: datetime, to: list[Person], alerts: list[Alert], mail: tuple[str, str], *, over: bool
) -> None:
    """Send one mail and note it at its alerts. Where nobody is to be told there is nothing to send."""
    why_not = ""
    if not to:
        why_not = NOBODY
    else:
        try:
            mailing.send(to, *mail)
        except StockwireError as error:
            why_not = f"{error.message} {error.hint}".strip()
            _say_once(error)
    noted = {"not_sent": why_not}
    if not why_not or not to:
        noted |= {"over_told_at": now} if over else {"told_at": now, "told_to": [one.email for one in to]}
    with tenancy.scope(client_id):
        Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(**noted)


def _say_once(error: StockwireError) -> None:
    """The same want of a mail server is one line in the log, not one a minute."""
    if isinstance(error, NotSetUp) and error.message in _said:
        return
    _said.add(error.message)
    log.error("A notification could not be sent", why=error.message, hint=error.hint, detail=error.detail)


def _begun_mail(client_name: str, alerts: Sequence[Alert]) -> tuple[str, str]:
    first = alerts[0]
    subject = first.title if len(alerts) == 1 else f"{first.title}, and {len(alerts) - 1:,} more"
    lines = [_heading(first.notification), f"{client_name}", ""]
    for alert in alerts[:SHOWN]:
        lines += [alert.title, *(f"  {text}" for text in (alert.text, _labelled("Fix", alert.fix)) if text)]
        lines += [f"  Since {local(alert.began_at)}.", ""]
    return f"[Stockwire] {subject}", "\n".join([*lines, *_more(alerts), *_footer(first.notification)])


def _over_mail(client_name: str, alerts: Sequence[Alert]) -> tuple[str, str]:
    first = alerts[0]
    subject = first.title if len(alerts) == 1 else f"{first.title}, and {len(alerts) - 1:,} more"
    lines = ["This is over:", f"{client_name}", ""]
    lines += [
        f"{alert.title}: from {local(alert.began_at)} to {local(alert.over_at)}."
        for alert in alerts[:SHOWN]
        if alert.over_at
    ]
    return f"[Stockwire] Over: {subject}", "\n".join(
        [*lines, "", *_more(alerts), *_footer(first.notification)]
    )


def _heading(notification: str) -> str:
    return f"{Notification(notification).label}:"


def _labelled(label: str, text: str) -> str:
    return f"{label}: {text}" if text else ""


def _more(alerts: Sequence[Alert]) -> list[str]:
    return [f"And {len(alerts) - SHOWN:,} more.", ""] if len(alerts) > SHOWN else []


def _footer(notification: str) -> list[str]:
    """The name, so that people know which override to make."""
    address = settings.CONFIG.public_url
    return [
        *([f"See {address}", ""] if address else []),
        "--",
        f"Notification: {notification}. Who gets it: stockwire notify list",
        "",
    ]
