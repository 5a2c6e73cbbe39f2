"""Who gets a notification: the client's recipients, or those of the override that fits best.

An override for a place wins over one for everywhere; its recipients replace the client's own, and whoever
is to be told as well is named again in it. Everything inside an open scope.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stockwire.errors import Refused
from stockwire.hub.models import Audit, Channel, Notification, Recipient, RecipientOverride, Source

# What a notification can be narrowed by (queue.md section 6).
NARROWED_BY: dict[str, tuple[str, ...]] = {
    Notification.AGENT_SILENT: ("source",),
    Notification.QUEUE_ERROR: (),
    Notification.GET_SOURCE_PRODUCTS_ERROR: ("source",),
    Notification.ADD_SOURCE_ORDER_ERROR: ("channel", "source"),
    Notification.SYNC_ORDER_ERROR: (),
}
_EMAIL = re.compile(r"[^@\s;,<>\"]+@[^@\s;,<>\"]+\.[^@\s;,<>\".]+")


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    email: str


def people(names: str, emails: str) -> list[Person]:
    """From two parallel texts, several values parted by ";". Raises Refused for what is no address."""
    found = [email.strip() for email in emails.split(";") if email.strip()]
    called = [name.strip() for name in names.split(";")] if names.strip() else []
    if not found:
        raise Refused("No e-mail address was given.", hint='Several are parted by ";", without spaces.')
    if called and len(called) != len(found):
        raise Refused(
            f"There are {len(called)} names and {len(found)} e-mail addresses.",
            hint='Give as many names as addresses, in the same order, parted by ";".',
        )
    for email in found:
        if not _EMAIL.fullmatch(email) or len(email) > 320:
            raise Refused(f"{email!r} is no e-mail address.", hint="Write it like thandi@example.co.za.")
    return [Person(name, email) for name, email in zip(called or [""] * len(found), found, strict=True)]


def who_gets(notification: str, channel_id: int | None, source_id: int | None) -> list[Person]:
    """Everybody to tell, each once; empty when nobody is."""
    overrides = list(RecipientOverride.objects.filter(notification=notification))
    fitting = [
        row
        for row in overrides
        if (row.channel_id is not None and row.channel_id == channel_id)
        or (row.source_id is not None and row.source_id == source_id)
    ]
    fitting = fitting or [row for row in overrides if row.channel_id is None and row.source_id is None]
    if fitting:
        named = [Person(one["name"], one["email"]) for row in fitting for one in row.recipients]
    else:
        named = [Person(row.name, row.email) for row in Recipient.objects.order_by("pk")]
    return list({person.email.lower(): person for person in named}.values())


def add_recipients(client_id: int, added: Sequence[Person], who: str) -> None:
    """An address that is there already gets its new name."""
    before = _everybody()
    for person in added:
        kept = Recipient.objects.filter(email__iexact=person.email).first()
        row = kept or Recipient(client_id=client_id, email=person.email)
        row.name = person.name
        row.save()
    _note(client_id, who, "add recipients", "notifications", (before, _everybody()))


def remove_recipient(client_id: int, email: str, who: str) -> None:
    before = _everybody()
    gone, _ = Recipient.objects.filter(email__iexact=email.strip()).delete()
    if not gone:
        raise Refused(f"{email} is no recipient.", hint="`stockwire notify list` shows them.")
    _note(client_id, who, "remove recipient", "notifications", (before, _everybody()))


def override(
    client_id: int, notification: str, place: tuple[str, int] | None, replacing: Sequence[Person], who: str
) -> None:
    """Send this notification to these people instead; to nobody else when there are none: then the override
    is removed. `place` is ("channel" or "source", its id). Raises Refused."""
    where = _where(notification, place)
    rows = RecipientOverride.objects.filter(notification=notification, **where)
    before = [one["email"] for row in rows for one in row.recipients]
    if not replacing:
        gone, _ = rows.delete()
        if not gone:
            raise Refused("There is no such override.", hint="`stockwire notify list` shows them.")
    else:
        kept = rows.first() or RecipientOverride(client_id=client_id, notification=notification, **where)
        kept.recipients = [{"name": person.name, "email": person.email} for person in replacing]
        kept.save()
    subject = notification if place is None else f"{notification} of {place[0]} {place[1]}"
    _note(client_id, who, "override recipients", subject, (before, [one.email for one in replacing]))


def _everybody() -> list[str]:
    return list(Recipient.objects.order_by("pk").values_list("email", flat=True))


def _where(notification: str, place: tuple[str, int] | None) -> dict[str, int | None]:
    if notification not in NARROWED_BY:
        raise Refused(f"There is no notification {notification!r}.", hint=f"Known: {', '.join(NARROWED_BY)}.")
    if place is None:
        return {"channel_id": None, "source_id": None}
    kind, place_id = place
    if kind not in NARROWED_BY[notification]:
        ways = " or ".join(NARROWED_BY[notification]) or "nothing"
        raise Refused(f"{notification} cannot be narrowed by {kind}.", hint=f"It can be narrowed by {ways}.")
    model = Channel if kind == "channel" else Source
    if not model.objects.filter(pk=place_id).exists():  # type: ignore[attr-defined]
        raise Refused(f"There is no {kind} {place_id}.", hint=f"`stockwire {kind} list` shows them.")
    return {"channel_id": None, "source_id": None, f"{kind}_id": place_id}


def _note(client_id: int, who: str, action: str, subject: str, changed: tuple[list[str], list[str]]) -> None:
    """`changed` are the addresses before and after."""
    before, after = changed
    Audit.objects.create(
        client_id=client_id,
        who=who[:150],
        action=action,
        subject=subject[:200],
        before={"emails": before},
        after={"emails": after},
    )
