"""/api/v1/segments: what a user or a customer may see. For administrators only."""

from __future__ import annotations

from typing import Any

from ninja import Router, Schema

from stockwire.domain.segments import segment
from stockwire.errors import Refused
from stockwire.hub import tenancy
from stockwire.hub.api.public.access import Request, may_change
from stockwire.hub.sync import segments as kept

router = Router(tags=["segments"])


class SegmentGiven(Schema):
    """`kind` is products, customers or orders; `operator` equal, less, greater, lookup, contains or not
    contains."""

    kind: str
    key: str
    operator: str
    value: str


@router.get("", summary="The segments of user=NAME or customer=NAME")
def segments(request: Request, user: str = "", customer: str = "") -> list[dict[str, Any]]:
    may_change(request)
    with tenancy.scope(request.auth.client_id):
        return _shown(kept.person(user=user, customer=customer))


@router.put("", summary="Set one, in place of one of the same kind and key")
def set_segment(
    request: Request, given: SegmentGiven, user: str = "", customer: str = ""
) -> list[dict[str, Any]]:
    may_change(request)
    try:
        made = segment(given.kind, given.key, given.operator, given.value)
    except ValueError as error:
        raise Refused(str(error), hint="docs/attributes.md lists fields and operators.") from None
    with tenancy.scope(request.auth.client_id):
        of = kept.person(user=user, customer=customer)
        kept.set_segment(of, made, request.auth.who)
        return _shown(of)


@router.delete("", summary="Take one away")
def remove_segment(
    request: Request, kind: str, key: str, user: str = "", customer: str = ""
) -> list[dict[str, Any]]:
    may_change(request)
    with tenancy.scope(request.auth.client_id):
        of = kept.person(user=user, customer=customer)
        kept.remove_segment(of, kind, key, request.auth.who)
        return _shown(of)


def _shown(of: kept.Person) -> list[dict[str, Any]]:
    return [
        {"kind": one.kind.value, "key": one.key, "operator": one.operator.value, "value": one.value}
        for one in kept.segments_of(of)
    ]
