"""Linked sources made, changed, given their files and let go. The command line and the API come here."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from django.utils import timezone
from pydantic import BaseModel

from stockwire.domain.product_columns import ProductColumns
from stockwire.errors import NotSetUp, Refused
from stockwire.files.addresses import shown
from stockwire.hub import jobs, tenancy
from stockwire.hub.models import Audit, Source, SourceFetch, SourceProblem
from stockwire.hub.setting_up import checked
from stockwire.hub.sync.fetch_source import files_folder
from stockwire.hub.sync.writable import flags_of, may_write
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
            after={**_shown(typed), "linked_to": linked_to},
        )
    return int(source.pk)


def linked_sources(client_id: int) -> list[SourceFetch]:
    """All of a client, with their sources, in the order of their ids."""
    with tenancy.scope(client_id):
        return list(SourceFetch.objects.select_related("source").order_by("source_id"))


def linked_source(client_id: int, source_id: int) -> SourceFetch:
    """One of them. Raises Refused."""
    with tenancy.scope(client_id):
        return _linked(source_id)


def linked_problems(client_id: int, source_id: int, most: int) -> list[SourceProblem]:
    """The first rows of its file that could not be used when it was last read."""
    with tenancy.scope(client_id):
        return list(SourceProblem.objects.filter(source_id=source_id).order_by("id")[:most])


def without_flag(row: SourceFetch) -> list[str]:
    """Fields its columns bring that no flag lets it write. Nothing is known of a file with our columns."""
    with tenancy.scope(row.client_id):
        source = Source.objects.get(pk=row.source_id)
        columns = list(source.settings.get("columns", {}))
        if not columns:
            return []
        flags = flags_of(source)
        return [name for name in ProductColumns(columns).fields if not may_write(flags, name)]


def change_linked(
    client_id: int,
    source_id: int,
    who: str,
    *,
    settings: Mapping[str, Any] | None = None,
    description: str = "",
    active: bool | None = None,
) -> SourceFetch:
    """Put these settings in place of those of the same name (the others stay), rename it, stop it (`active`
    False) or let it go on. It is fetched anew unless it is stopped. Raises Refused, or NotSetUp naming a
    wrong setting."""
    with tenancy.scope(client_id):
        held = _linked(source_id, lock=True)
        source = held.source
        model = file_connector(source.type).settings
        before = source.read_settings(model)
        stored = {name: getattr(before, name) for name in model.model_fields}
        typed = checked(model, {**stored, **(settings or {})})
        source.write_settings(typed)
        source.description = description or source.description
        source.active = source.active if active is None else active
        source.read_error = source.read_hint = ""
        source.save()
        # What the file's marks spoke of was the file as the old settings read it.
        SourceFetch.objects.filter(pk=source.pk).update(
            next_at=timezone.now() if source.active else None, attempts=0, etag="", last_modified="", seen=""
        )
        old, new = _shown(before), _shown(typed)
        changed = sorted(name for name in new if old[name] != new[name])
        password = {"password": "(another)"} if "password" in (settings or {}) else {}
        Audit.objects.create(
            client_id=client_id,
            who=who,
            action="linked source changed",
            subject=source.description[:200],
            before={name: old[name] for name in changed},
            after={**{name: new[name] for name in changed}, **password, "active": source.active},
        )
        if source.active:
            jobs.start_fetch(client_id, source.pk)
        return _linked(source_id)


def unlink_source(client_id: int, source_id: int, who: str) -> None:
    """Let a linked source go, with its settings, flags and problems. What it wrote stays. Raises Refused."""
    with tenancy.scope(client_id):
        source = _linked(source_id, lock=True).source
        after = {"linked_to": source.linked_to_id}
        Audit.objects.create(
            client_id=client_id,
            who=who,
            action="linked source removed",
            subject=source.description[:200],
            after=after,
        )
        source.delete()


def fetch_soon(client_id: int, source_id: int) -> SourceFetch:
    """Have a worker fetch it within moments, whether its file changed or not. Raises Refused."""
    with tenancy.scope(client_id):
        _linked(source_id, lock=True)
        asked = {"next_at": timezone.now(), "etag": "", "last_modified": "", "seen": ""}
        SourceFetch.objects.filter(pk=source_id).update(**asked)
        jobs.start_fetch(client_id, source_id)
        return _linked(source_id)


def upload(client_id: int, file: BinaryIO, name: str, who: str) -> str:
    """Put an open file into the client's folder under a plain name; it replaces one of the same name, whole
    or not at all. Returns the name. Raises Refused, or NotSetUp for a name that leads elsewhere."""
    plain = name.strip()
    if plain != Path(plain).name or plain.startswith(".") or not plain:
        raise NotSetUp(f"{plain[:100]!r} is no plain file name.", hint="Give a name such as stock.csv.")
    if file.seek(0, os.SEEK_END) > LARGEST_UPLOAD:
        raise Refused(f"{plain} is larger than {LARGEST_UPLOAD // 1024 // 1024} MB.", hint="Make it smaller.")
    file.seek(0)
    folder = files_folder(client_id)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".upload-", delete=False) as half:
        shutil.copyfileobj(file, half)
    os.replace(half.name, folder / plain)
    with tenancy.scope(client_id):
        Audit.objects.create(client_id=client_id, who=who, action="file uploaded", subject=plain[:200])
    return plain


def _linked(source_id: int, *, lock: bool = False) -> SourceFetch:
    rows = SourceFetch.objects.select_related("source")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(pk=source_id).first()
    if found is None:
        raise Refused(f"There is no linked source {source_id}.", hint="`stockwire source linked` lists them.")
    return found


def _shown(settings: BaseModel) -> dict[str, Any]:
    """What may stand in the audit: no password, and of an address not what may be a key."""
    said = settings.model_dump(mode="json", exclude={"password"})
    return {**said, "location": shown(said["location"])} if "location" in said else said
