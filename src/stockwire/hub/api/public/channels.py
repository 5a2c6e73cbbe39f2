"""/api/v1/channels: what would be sent, why, the rules and the flags of a channel."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from ninja import Body, Query, Router

from stockwire.domain.segments import Kind
from stockwire.hub import tenancy
from stockwire.hub.api.public.access import Given, Request, may_change
from stockwire.hub.api.public.seeing import is_limited, sees_all
from stockwire.hub.models import Flag
from stockwire.hub.sync import (
    belonging,
    customer_price,
    drift_reports,
    operator,
    preview,
    set_settings,
    set_terms,
)
from stockwire.hub.sync import why as reasons

router = Router(tags=["channels"])
EVERY: list[str] = []


class RuleGiven(Given):
    """One condition; operators are equal, not equal, contains, not contains, greater, less, lookup, empty,
    not empty."""

    field: str
    operator: str
    value: str | bool | int | float | None = ""


class TermsGiven(Given):
    """How the channel sells: "" is the retail list or no compare-at list, [] all warehouses, and a
    qty_limit_upper of null no limit. tax is as_is, add or remove; tax_rate is in per cent, as text."""

    price_tier: str = ""
    compare_at_tier: str = ""
    tax: str = "as_is"
    tax_rate: str | int | float = "15"
    warehouses: list[str] = []
    stock_buffer: int = 0
    stock_floor: int = 0
    qty_limit_upper: int | None = None


class Draft(Given):
    """Rules to try instead of the stored ones, products to look at, and how many to show."""

    rules: list[RuleGiven] | None = None
    skus: list[str] = []
    show: int = preview.SHOWN


class SettingsDraft(Given):
    """Settings to try, products to look at, and how many to show."""

    settings: dict[str, Any]
    skus: list[str] = []
    show: int = preview.SHOWN


class Repairs(Given):
    """Kinds of drift to put right: different, missing."""

    repair: list[Literal["different", "missing"]] = []


@router.get("", summary="Every channel with what waits for it; null where segments hide it")
def channels(request: Request) -> list[dict[str, Any]]:
    with tenancy.scope(request.auth.client_id):
        rows = [asdict(one) for one in operator.backlogs()]
        if is_limited(request, Kind.PRODUCTS):
            unsaid = dict.fromkeys(("waiting", "backing_off", "needs_you", "skipped"))
            rows = [row | unsaid for row in rows]
        return rows


@router.get("/{channel_id}/plan", summary="Exactly what would be sent now, the worst first")
def plan(
    request: Request, channel_id: int, sku: Query[list[str]] = EVERY, show: int = preview.SHOWN
) -> dict[str, Any]:
    sees_all(request, Kind.PRODUCTS)
    with tenancy.scope(request.auth.client_id):
        return preview.as_json(preview.preview(channel_id, sku, shown=_bounded(show)))


@router.post("/{channel_id}/plan", summary="The same with rules that are not saved yet")
def plan_draft(request: Request, channel_id: int, draft: Draft) -> dict[str, Any]:
    sees_all(request, Kind.PRODUCTS)
    rules = None if draft.rules is None else belonging.read_rules([one.dict() for one in draft.rules])
    with tenancy.scope(request.auth.client_id):
        made = preview.preview(channel_id, draft.skus, rules, shown=_bounded(draft.show))
    return preview.as_json(made)


@router.get("/{channel_id}/why/{path:sku}", summary="Why a product is on the channel as it is")
def why(request: Request, channel_id: int, sku: str) -> list[dict[str, Any]]:
    sees_all(request, Kind.PRODUCTS)
    with tenancy.scope(request.auth.client_id):
        return [reasons.as_json(one) for one in reasons.why(channel_id, sku)]


@router.get("/{channel_id}/price/{path:sku}", summary="What one customer pays for an SKU, and why")
def price(request: Request, channel_id: int, sku: str, customer: str) -> dict[str, Any]:
    for kind in (Kind.PRODUCTS, Kind.CUSTOMERS):
        sees_all(request, kind)
    with tenancy.scope(request.auth.client_id):
        found = customer_price.customer_price(channel_id, customer, sku)
    return {**asdict(found), "price": None if found.price is None else str(found.price)}


@router.get("/{channel_id}/rules", summary="The rules of the channel, with live counts")
def rules(request: Request, channel_id: int) -> dict[str, Any]:
    with tenancy.scope(request.auth.client_id):
        channel = belonging.channel_of(channel_id)
        stored = belonging.rules_of(channel)
        counts = belonging.count_rules(channel, stored)
    found = [{"field": one.field, "operator": one.operator.value, "value": one.value} for one in stored]
    return {"rules": found, "counts": asdict(counts)}


@router.post("/{channel_id}/rules/count", summary="What these rules would do, without saving them")
def count_draft(request: Request, channel_id: int, rules: list[RuleGiven]) -> dict[str, Any]:
    read = belonging.read_rules([one.dict() for one in rules])
    with tenancy.scope(request.auth.client_id):
        return {"counts": asdict(belonging.count_rules(belonging.channel_of(channel_id), read))}


@router.put("/{channel_id}/rules", summary="Put these rules in place of the channel's own")
def set_rules(request: Request, channel_id: int, rules: list[RuleGiven]) -> dict[str, Any]:
    may_change(request)
    read = belonging.read_rules([one.dict() for one in rules])
    with tenancy.scope(request.auth.client_id):
        return {"counts": asdict(belonging.set_rules(channel_id, read, request.auth.who))}


@router.get("/{channel_id}/flags", summary="Who owns which field of the channel")
def flags(request: Request, channel_id: int) -> dict[str, str]:
    with tenancy.scope(request.auth.client_id):
        channel = belonging.channel_of(channel_id)
        return dict(Flag.objects.filter(channel=channel).order_by("field").values_list("field", "owner"))


@router.put("/{channel_id}/flags", summary="Set these flags; an empty owner takes one away")
def set_flags(request: Request, channel_id: int, flags: Body[dict[str, str]]) -> dict[str, str]:
    may_change(request)
    with tenancy.scope(request.auth.client_id):
        belonging.set_channel_flags(channel_id, flags, request.auth.who)
        return dict(Flag.objects.filter(channel_id=channel_id).values_list("field", "owner"))


@router.get("/{channel_id}/terms", summary="Price list, warehouses and how much is shown")
def terms(request: Request, channel_id: int) -> dict[str, Any]:
    with tenancy.scope(request.auth.client_id):
        channel = belonging.channel_of(channel_id)
        return {"terms": set_terms.terms_shown(channel), "said": set_terms.said_of(channel)}


@router.patch("/{channel_id}/terms", summary="Change those that are named; the rest stays")
def change_terms(request: Request, channel_id: int, changes: TermsGiven) -> dict[str, Any]:
    may_change(request)
    with tenancy.scope(request.auth.client_id):
        given = changes.dict(exclude_unset=True)
        channel = set_terms.set_terms(channel_id, given, request.auth.who)
        return {"terms": set_terms.terms_shown(channel), "said": set_terms.said_of(channel)}


@router.get("/{channel_id}/settings", summary="Field map, location map, switches; secrets stay hidden")
def settings(request: Request, channel_id: int) -> dict[str, Any]:
    may_change(request)
    with tenancy.scope(request.auth.client_id):
        return set_settings.settings_shown(belonging.channel_of(channel_id))


@router.patch("/{channel_id}/settings", summary="Change those that are named; null puts one back")
def change_settings(request: Request, channel_id: int, changes: Body[dict[str, Any]]) -> dict[str, Any]:
    may_change(request)
    with tenancy.scope(request.auth.client_id):
        channel = set_settings.set_settings(channel_id, changes, request.auth.who)
        return set_settings.settings_shown(channel)


@router.post("/{channel_id}/settings/plan", summary="What these settings would send, without saving them")
def plan_settings(request: Request, channel_id: int, draft: SettingsDraft) -> dict[str, Any]:
    may_change(request)
    with tenancy.scope(request.auth.client_id):
        made = set_settings.tried(channel_id, draft.settings, draft.skus, shown=_bounded(draft.show))
        return preview.as_json(made)


@router.post("/{channel_id}/go-live", summary="Let a channel that was only planned send what it planned")
def go_live(request: Request, channel_id: int) -> dict[str, bool]:
    may_change(request)
    with tenancy.scope(request.auth.client_id):
        operator.go_live(channel_id, request.auth.who)
    return {"live": True}


@router.get("/{channel_id}/drift", summary="The last comparison with what is really there")
def drift(request: Request, channel_id: int, show: int = preview.SHOWN) -> dict[str, Any]:
    sees_all(request, Kind.PRODUCTS)
    with tenancy.scope(request.auth.client_id):
        channel = belonging.channel_of(channel_id)
        report = drift_reports.newest(channel.pk, finished=True)
        if report is None:
            raise drift_reports.not_yet(channel)
        return drift_reports.as_json(report, drift_reports.items_of(report, _bounded(show)))


@router.post("/{channel_id}/reconcile", summary="Ask for a comparison; its worker makes it soon")
def reconcile(request: Request, channel_id: int, wanted: Repairs) -> dict[str, Any]:
    may_change(request)
    with tenancy.scope(request.auth.client_id):
        report, _ = drift_reports.ask(channel_id, request.auth.who, wanted.repair)
        return drift_reports.as_json(report, [])


def _bounded(show: int) -> int:
    return max(0, min(show, 1_000))
