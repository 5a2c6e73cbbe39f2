"""/api/v1/audit: who changed what, when, from what to what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ninja import Query, Router, Schema

from stockwire.domain.segments import Kind
from stockwire.hub import tenancy
from stockwire.hub.api.public.access import Request
from stockwire.hub.api.public.lists import MOST
from stockwire.hub.api.public.seeing import sees_all
from stockwire.hub.sync import audit_trail

router = Router(tags=["audit"])


class Wanted(Schema):
    """`subject` and `who` are parts of the text; `after` is what the page before ended with."""

    subject: str = ""
    who: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    after: str = ""
    limit: int = 50


@router.get("", summary="Who changed what, when, from what to what; the newest first")
def audit(request: Request, wanted: Query[Wanted]) -> dict[str, Any]:
    for kind in Kind:
        sees_all(request, kind)
    limit = max(1, min(wanted.limit, MOST))
    asked = audit_trail.Asked(
        wanted.subject, wanted.who, wanted.action, _aware(wanted.since), _aware(wanted.until)
    )
    with tenancy.scope(request.auth.client_id):
        found = audit_trail.entries(asked, limit + 1, wanted.after)
    shown = found[:limit]
    return {
        "entries": [
            {
                "at": one.at,
                "who": one.who,
                "action": one.action,
                "subject": one.subject,
                "before": one.before,
                "after": one.after,
            }
            for one in shown
        ],
        "after": shown[-1].place if len(found) > limit else None,
    }


def _aware(moment: datetime | None) -> datetime | None:
    """A moment without a zone is UTC."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
