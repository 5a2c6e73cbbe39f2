"""/api/v1/sources: the flags of a source."""

from __future__ import annotations

from typing import Any

from ninja import Body, Router

from stockwire.hub import tenancy
from stockwire.hub.api.public.access import Request, may_change
from stockwire.hub.models import Flag, Source
from stockwire.hub.sync import belonging

router = Router(tags=["sources"])


@router.get("", summary="Every source")
def sources(request: Request) -> list[dict[str, Any]]:
    fields = ("id", "description", "type", "active", "linked_to_id", "stock_read_at", "read_error")
    with tenancy.scope(request.auth.client_id):
        return list(Source.objects.order_by("id").values(*fields))


@router.get("/{source_id}/flags", summary="Who owns which field of the source")
def flags(request: Request, source_id: int) -> dict[str, str]:
    with tenancy.scope(request.auth.client_id):
        source = belonging.source_of(source_id)
        return dict(Flag.objects.filter(source=source).order_by("field").values_list("field", "owner"))


@router.put("/{source_id}/flags", summary="Set these flags; an empty owner takes one away")
def set_flags(request: Request, source_id: int, flags: Body[dict[str, str]]) -> dict[str, str]:
    may_change(request)
    with tenancy.scope(request.auth.client_id):
        belonging.set_source_flags(source_id, flags, request.auth.who)
        return dict(Flag.objects.filter(source_id=source_id).values_list("field", "owner"))
