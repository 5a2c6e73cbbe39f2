"""Making a client and what belongs to it: the first user, a source with its agent, a channel.

The command line and the demo come here; screens will. Every act stands in the audit.
"""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import connection
from django.utils import timezone
from pydantic import BaseModel, SecretStr, ValidationError

from stockwire.errors import NotSetUp
from stockwire.hub import tenancy
from stockwire.hub.api.agent import new_enrolment_code
from stockwire.hub.api.agent_auth import new_code
from stockwire.hub.models import Agent, Audit, Channel, Client, Role, Source, User
from stockwire.hub.sync.operator import hold_for_preview
from stockwire.hub.sync.set_terms import checked_terms, said_of
from stockwire.hub.sync.stale import ensure_lanes, mark_whole_channel
from stockwire.registry import channel_connector, source_connector


@dataclass(frozen=True, slots=True)
class NewAgent:
    """`code` is shown once; the hub keeps only its hash."""

    agent_id: int
    code: str


def add_client(name: str) -> int:
    """A new business. Its id is what every other command asks for."""
    with connection.cursor() as cursor:
        # The id first, so that the row is inserted inside the new client's own scope.
        cursor.execute("select nextval(pg_get_serial_sequence('clients', 'id'))")
        row = cursor.fetchone()
    assert row is not None
    client_id = int(row[0])
    with tenancy.scope(client_id):
        Client.objects.create(pk=client_id, name=name)
        _note(client_id, "client added", name)
    return client_id


def add_user(client_id: int, username: str, password: str, role: str = Role.ADMINISTRATOR) -> int:
    """Somebody who may sign in. Raises NotSetUp for a weak password or a name that is taken."""
    if tenancy.user_by_username(username) is not None:
        raise NotSetUp(
            f"The user name {username!r} is taken.", hint="User names are unique over all clients."
        )
    try:
        validate_password(password)
    except DjangoValidationError as error:
        raise NotSetUp(" ".join(error.messages), hint="Choose a longer password.") from None
    with tenancy.scope(client_id):
        client = _client(client_id)
        user = User.objects.create_user(username, password, client, role=role)
        _note(client_id, "user added", username, {"role": role})
    return int(user.pk)


def add_source(client_id: int, kind: str, description: str, settings: Mapping[str, Any]) -> int:
    """A source of this kind with its connector's settings. Raises NotSetUp naming a wrong setting."""
    typed = checked(source_connector(kind).settings, settings)
    with tenancy.scope(client_id):
        source = Source(client=_client(client_id), type=kind, description=description)
        source.write_settings(typed)
        source.save()
        _note(client_id, "source added", description, _shown(typed))
    return int(source.pk)


def add_agent(client_id: int, source_id: int) -> NewAgent:
    """A new agent for this source, with the code it enrols with once, within a day."""
    code, code_hash = new_code()
    with tenancy.scope(client_id):
        agent = Agent.objects.create(client_id=client_id, source=_source(source_id))
        new_enrolment_code(agent, code_hash)
        _note(client_id, "agent added", f"agent {agent.pk}")
    return NewAgent(int(agent.pk), code)


def revoke_agent(client_id: int, agent_id: int) -> None:
    """The agent's token is worth nothing from now on. Raises NotSetUp when the client has no such agent."""
    with tenancy.scope(client_id):
        if not Agent.objects.filter(pk=agent_id).update(revoked_at=timezone.now()):
            raise NotSetUp(
                f"Client {client_id} has no agent {agent_id}.",
                hint="An agent belongs to one client; the audit names it from when it was added.",
            )
        _note(client_id, "agent revoked", f"agent {agent_id}")


def add_channel(
    client_id: int,
    source_id: int,
    kind: str,
    description: str,
    settings: Mapping[str, Any],
    *,
    preview: bool = False,
    **terms: Any,
) -> int:
    """A channel fed by this source; every product is looked at for it at once. `terms` are the channel's
    own fields: price_tier, warehouses, stock_buffer, qty_limit_upper. With `preview` nothing is sent until it
    goes live.
    """
    typed = checked(channel_connector(kind).settings, settings)
    with tenancy.scope(client_id):
        channel = Channel(
            client=_client(client_id),
            source=_feeding(source_id),
            type=kind,
            description=description,
            **checked_terms(terms),
        )
        channel.write_settings(typed)
        channel.save()
        ensure_lanes(channel)
        mark_whole_channel(channel.pk)
        if preview:
            hold_for_preview(channel)
        _note(client_id, "channel added", description, {**_shown(typed), **terms})
    return int(channel.pk)


def said_of_channel(client_id: int, channel_id: int) -> list[str]:
    """What to know of the price lists and warehouses that a channel was given."""
    with tenancy.scope(client_id):
        return said_of(Channel.objects.get(pk=channel_id))


def checked(model: type[BaseModel], settings: Mapping[str, Any]) -> BaseModel:
    """Typed settings. Raises NotSetUp naming what is wrong and what exists."""
    unknown = sorted(set(settings) - set(model.model_fields))
    # A model that takes others as well (set_param_...) says itself which.
    if unknown and model.model_config.get("extra") != "allow":
        raise NotSetUp(
            f"There is no setting {', '.join(unknown)}.",
            hint=f"Known settings: {', '.join(sorted(model.model_fields))}.",
        )
    try:
        return model.model_validate(dict(settings))
    except ValidationError as error:
        wrong = "; ".join(
            ": ".join([*map(str, e["loc"]), str(e["msg"]).removeprefix("Value error, ")]).rstrip(".")
            for e in error.errors()
        )
        raise NotSetUp(
            f"These settings cannot be used: {wrong}.", hint="Correct the named settings and try again."
        ) from None


def _client(client_id: int) -> Client:
    client = Client.objects.filter(pk=client_id).first()
    if client is None:
        raise NotSetUp(f"There is no client {client_id}.", hint="`stockwire client list` shows them.")
    return client


def _source(source_id: int) -> Source:
    source = Source.objects.filter(pk=source_id).first()
    if source is None:
        raise NotSetUp(
            f"This client has no source {source_id}.",
            hint="`stockwire source add` printed its id; a source belongs to one client.",
        )
    return source


def _feeding(source_id: int) -> Source:
    source = _source(source_id)
    if source.linked_to_id is not None:
        raise NotSetUp(
            f"Source {source_id} is a linked source: it enriches products and takes no orders.",
            hint=f"Give the channel the source it is linked to, {source.linked_to_id}.",
        )
    return source


def _shown(settings: BaseModel) -> dict[str, Any]:
    """What may stand in the audit: everything but secrets."""
    hidden = {name for name in type(settings).model_fields if isinstance(getattr(settings, name), SecretStr)}
    return settings.model_dump(mode="json", exclude=hidden)


def _note(client_id: int, action: str, subject: str, after: Mapping[str, Any] | None = None) -> None:
    who = f"{getpass.getuser()} (set-up)"
    Audit.objects.create(client_id=client_id, who=who, action=action, subject=subject, after=after)
