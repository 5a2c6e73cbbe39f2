"""Linked sources made, listed and given their files. The command line comes here; screens will."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stockwire.errors import NotSetUp, Refused
from stockwire.hub import tenancy
from stockwire.hub.models import Audit, Source, SourceFetch
from stockwire.hub.setting_up import checked
from stockwire.hub.sync.fetch_source import files_folder
from stockwire.registry import file_connector

LARGEST_UPLOAD = 500 * 1024 * 1024


def link_source(
    client_id: int,
    linked_to: int,
    description: str,
    settings: Mapping[str, Any],
    who: str,
    *,
    kind: str = "flatfile",
) -> int:
    """A linked source that enriches the products of `linked_to`; it is fetched at once and then on schedule.

    Raises NotSetUp naming a wrong setting, Refused when there is no such source or it is a linked one itself.
    """
    connector = file_connector(kind)
    typed = checked(connector.settings, settings)
    with tenancy.scope(client_id):
        target = Source.objects.filter(pk=linked_to, linked_to=None).first()
        if target is None:
            raise Refused(
                f"There is no source {linked_to} to link to.",
                hint="Give the id of the source that owns the products, not of another linked source.",
            )
        source = Source(client_id=client_id, type=kind, description=description, linked_to=target)
        source.write_settings(typed)
        source.save()
        SourceFetch.objects.create(client_id=client_id, source=source)
        Audit.objects.create(
            client_id=client_id,
            who=who,
            action="linked source added",
            subject=description[:200],
            after={**typed.model_dump(mode="json", exclude={"password"}), "linked_to": linked_to},
        )
    return int(source.pk)


def linked_sources(client_id: int) -> list[SourceFetch]:
    """All of a client, with their sources, in the order of their ids."""
    with tenancy.scope(client_id):
        return list(SourceFetch.objects.select_related("source").order_by("source_id"))


def upload(client_id: int, file: Path, name: str, who: str) -> str:
    """Put a file into the client's folder under a plain name; it replaces one of the same name, whole or not
    at all. Returns the name. Raises Refused, or NotSetUp for a name that leads elsewhere."""
    plain = (name or file.name).strip()
    if plain != Path(plain).name or plain.startswith(".") or not plain:
        raise NotSetUp(f"{plain[:100]!r} is no plain file name.", hint="Give a name such as stock.csv.")
    if file.stat().st_size > LARGEST_UPLOAD:
        raise Refused(
            f"{file.name} is larger than {LARGEST_UPLOAD // 1024 // 1024} MB.", hint="Make it smaller."
        )
    folder = files_folder(client_id)
    with (
        tempfile.NamedTemporaryFile(dir=folder, prefix=".upload-", delete=False) as half,
        file.open("rb") as given,
    ):
        shutil.copyfileobj(given, half)
    os.replace(half.name, folder / plain)
    with tenancy.scope(client_id):
        Audit.objects.create(client_id=client_id, who=who, action="file uploaded", subject=plain[:200])
    return plain
