"""Segments of users and customers: set, listed and taken away, each in the audit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stockwire.domain import segments as rules
from stockwire.errors import Refused
from stockwire.hub.models import Audit, Customer, Segment, User


@dataclass(frozen=True, slots=True)
class Person:
    """Exactly one of the two."""

    user: User | None = None
    customer: Customer | None = None

    def __str__(self) -> str:
        return f"user {self.user.username}" if self.user else f"customer {self.customer.username}"  # type: ignore[union-attr]


def person(*, user: str = "", customer: str = "") -> Person:
    """A console user or a customer by user name, inside an open scope. Raises Refused."""
    if bool(user) == bool(customer):
        raise Refused("Name a user or a customer.", hint="One of the two, by user name.")
    rows: Any = User.objects if user else Customer.objects
    found = rows.filter(username__iexact=user or customer).first()
    if found is None:
        raise Refused(
            f"There is no {'user' if user else 'customer'} {user or customer}.", hint="Check the user name."
        )
    return Person(user=found) if user else Person(customer=found)


def set_segment(of: Person, segment: rules.Segment, who: str, *, owner: str = "system") -> None:
    """Keep a segment, in place of one of the same kind and field, inside an open scope."""
    before = _of(of).filter(kind=segment.kind.value, key=segment.key).first()
    _of(of).filter(kind=segment.kind.value, key=segment.key).delete()
    client_id = (of.user or of.customer).client_id  # type: ignore[union-attr]
    Segment.objects.create(
        client_id=client_id,
        user=of.user,
        customer=of.customer,
        kind=segment.kind.value,
        key=segment.key,
        operator=segment.operator.value,
        value=segment.value,
        owner=owner,
    )
    after = {segment.kind.value: str(segment)}
    _note(client_id, of, who, "segment set", before=_said(before), after=after)


def remove_segment(of: Person, kind: str, key: str, who: str) -> None:
    """Take one away, inside an open scope. Raises Refused when it is not there."""
    row = _of(of).filter(kind=kind, key=key).first()
    if row is None:
        raise Refused(f"{of} has no segment {key} of {kind}.", hint="`stockwire segment list` shows them.")
    row.delete()
    _note(row.client_id, of, who, "segment removed", before=_said(row), after=None)


def segments_of(of: Person) -> list[rules.Segment]:
    """All of a person, inside an open scope; `domain.segments.admits` asks them."""
    return [_read(row) for row in _of(of).order_by("kind", "key")]


def _of(of: Person) -> Any:
    return Segment.objects.filter(user=of.user) if of.user else Segment.objects.filter(customer=of.customer)


def _read(row: Segment) -> rules.Segment:
    return rules.Segment(rules.Kind(row.kind), row.key, rules.Operator(row.operator), row.value)


def _said(row: Segment | None) -> dict[str, str] | None:
    return None if row is None else {row.kind: str(_read(row))}


def _note(client_id: int, of: Person, who: str, action: str, *, before: Any, after: Any) -> None:
    Audit.objects.create(
        client_id=client_id, who=who, action=action, subject=str(of), before=before, after=after
    )
