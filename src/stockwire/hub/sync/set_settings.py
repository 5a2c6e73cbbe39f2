"""The settings of a channel that is there already, shown and changed by a person: field maps, switches, keys.

Secrets go in and never come out. Nothing is sent here; every product of the channel is looked at anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from pydantic import BaseModel, SecretStr, ValidationError

from stockwire.errors import Refused
from stockwire.hub.models import Audit, Channel, ChannelLink, ProductLink
from stockwire.hub.sync.preview import SHOWN, Preview, preview
from stockwire.hub.sync.stale import mark_whole_channel
from stockwire.ports import ChannelConnector
from stockwire.registry import channel_connector

HIDDEN = "(kept secret)"


def settings_shown(channel: Channel) -> dict[str, Any]:
    """In plain values, for the API and the command line; a secret only says that it is there."""
    return _shown(channel.read_settings(channel_connector(channel.type).settings))


def set_settings(channel_id: int, given: Mapping[str, Any], who: str) -> Channel:
    """Change these settings and leave the rest, inside an open scope; None puts one back to what it is unless
    set. Raises Refused naming what is wrong; nothing is saved then."""
    channel = Channel.objects.select_for_update().filter(pk=channel_id).first()
    if channel is None:
        raise Refused(f"There is no channel {channel_id}.", hint="`stockwire channel list` shows them.")
    connector = channel_connector(channel.type)
    old = channel.read_settings(connector.settings)
    new = _changed(connector.settings, old, given)
    _same_shop(channel, connector, old, new)
    before, after = _shown(old), _shown(new)
    # A secret that changes looks the same before and after, so the values themselves are compared.
    names = [name for name in {**before, **after} if getattr(old, name, None) != getattr(new, name, None)]
    if not names:
        return channel
    channel.write_settings(new)
    channel.save(update_fields=["settings", "secrets"])
    Audit.objects.create(
        client_id=channel.client_id,
        who=who,
        action="settings set",
        subject=channel.description,
        before={name: before.get(name) for name in names},
        after={name: after.get(name) for name in names},
    )
    mark_whole_channel(channel.pk)
    return channel


def tried(
    channel_id: int, given: Mapping[str, Any], skus: Sequence[str] = (), *, shown: int = SHOWN
) -> Preview:
    """What would be sent with these settings, inside an open scope. Nothing is saved, and nothing is sent."""
    with transaction.atomic():
        set_settings(channel_id, given, "a draft")
        made = preview(channel_id, skus, shown=shown)
        transaction.set_rollback(True)
    return made


def _changed(model: type[BaseModel], old: BaseModel, given: Mapping[str, Any]) -> BaseModel:
    """Raises Refused naming each setting that cannot be."""
    if model.model_config.get("extra") != "allow":
        unknown = sorted(set(given) - set(model.model_fields))
        if unknown:
            raise Refused(
                f"There is no setting {', '.join(unknown)}.",
                hint=f"Known settings: {', '.join(sorted(model.model_fields))}.",
            )
    secrets = {name: value.get_secret_value() for name, value in old if isinstance(value, SecretStr)}
    kept = {**old.model_dump(mode="json"), **secrets}
    values = {name: value for name, value in {**kept, **given}.items() if given.get(name, "") is not None}
    try:
        return model.model_validate(values)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'together'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        )
        raise Refused(
            f"These settings cannot be used: {wrong}.",
            hint="Correct the named settings; nothing was saved.",
        ) from None


def _same_shop(channel: Channel, connector: ChannelConnector, old: BaseModel, new: BaseModel) -> None:
    """Ids of one shop mean other products, or none, in another."""
    name = connector.address
    if not name or getattr(old, name) == getattr(new, name):
        return
    if any(links.objects.filter(channel=channel).exists() for links in (ChannelLink, ProductLink)):
        raise Refused(
            f"{channel.description} has products that are linked to what is at {getattr(old, name)}, so"
            f" {name} stays as it is.",
            hint="For another shop add another channel: `stockwire channel add`.",
        )


def _shown(settings: BaseModel) -> dict[str, Any]:
    secrets = {name: HIDDEN for name, value in settings if isinstance(value, SecretStr)}
    return {**settings.model_dump(mode="json"), **secrets}
