"""/api/v1/sources/...: linked sources made, changed, given a file, fetched and let go."""

from __future__ import annotations

from typing import Any

from ninja import File, Router, Schema, Status, UploadedFile

from stockwire.errors import Refused
from stockwire.files.addresses import shown
from stockwire.hub import linking
from stockwire.hub.api.public.access import Request, may_change
from stockwire.hub.api.public.uploads import opened
from stockwire.hub.models import SourceFetch

router = Router(tags=["linked sources"])
SHOWN = 200


class NewLink(Schema):
    """`linked_to` is the source whose products it enriches; settings: docs/linked-sources.md."""

    linked_to: int
    description: str
    settings: dict[str, Any]


class Changed(Schema):
    """What is left out stays; so does each setting that `settings` does not name."""

    description: str = ""
    settings: dict[str, Any] | None = None
    active: bool | None = None


@router.get("/linked", summary="Every linked source, when it was fetched and what came of it")
def linked(request: Request) -> list[dict[str, Any]]:
    may_change(request)
    return [_said(one) for one in linking.linked_sources(request.auth.client_id)]


@router.post("/linked", response={201: dict[str, Any]}, summary="Add a linked source; it is fetched at once")
def link(request: Request, given: NewLink) -> dict[str, Any]:
    may_change(request)
    caller = request.auth
    made = linking.link_source(
        caller.client_id, given.linked_to, given.description, given.settings, caller.who
    )
    return _said(linking.fetch_soon(caller.client_id, made))


@router.get("/{source_id}/linked", summary="One linked source, with the rows of its file that have a problem")
def one(request: Request, source_id: int) -> dict[str, Any]:
    may_change(request)
    found = linking.linked_source(request.auth.client_id, source_id)
    rows = linking.linked_problems(request.auth.client_id, source_id, SHOWN)
    wrong = [{"code": row.code, "message": row.message, "hint": row.hint} for row in rows]
    return {**_said(found), "rows_with_problems": wrong}


@router.patch("/{source_id}/linked", summary="Change its settings or name, stop it or let it go on")
def change(request: Request, source_id: int, given: Changed) -> dict[str, Any]:
    may_change(request)
    caller = request.auth
    return _said(linking.change_linked(caller.client_id, source_id, caller.who, **given.dict()))


@router.delete("/{source_id}/linked", response={204: None}, summary="Let it go; what it wrote stays")
def unlink(request: Request, source_id: int) -> Status[None]:
    may_change(request)
    linking.unlink_source(request.auth.client_id, source_id, request.auth.who)
    return Status(204, None)


@router.post("/{source_id}/fetch", response={202: dict[str, Any]}, summary="Have a worker fetch it now")
def fetch(request: Request, source_id: int) -> dict[str, Any]:
    may_change(request)
    return _said(linking.fetch_soon(request.auth.client_id, source_id))


@router.post("/{source_id}/file", response={202: dict[str, Any]}, summary="Give it a new file, and read that")
def file(request: Request, source_id: int, file: File[UploadedFile]) -> dict[str, Any]:
    may_change(request)
    caller = request.auth
    source = linking.linked_source(caller.client_id, source_id).source
    location = str(source.settings.get("location", ""))
    if "://" in location:
        raise Refused(
            f"{source.description} is fetched from {shown(location)}.",
            hint="To upload its file, change its location to a plain name such as stock.csv first.",
        )
    linking.upload(caller.client_id, opened(file), location, caller.who)
    return _said(linking.fetch_soon(caller.client_id, source_id))


def _said(row: SourceFetch) -> dict[str, Any]:
    source = row.source
    return {
        "id": source.pk,
        "description": source.description,
        "linked_to": source.linked_to_id,
        "active": source.active,
        "settings": source.settings,
        "fetching": row.lease_until is not None,
        "last_run_at": row.last_run_at,
        "last_change_at": row.last_change_at,
        "next_at": row.next_at,
        "rows": row.rows,
        "changed": row.changed,
        "not_here": row.unknown,
        "problems": row.problems,
        "without_flag": linking.without_flag(row),
        "message": source.read_error,
        "hint": source.read_hint,
    }
