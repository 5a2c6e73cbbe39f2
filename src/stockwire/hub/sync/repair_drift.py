"""What a comparison found, put right: never in silence, and never by writing to the channel from here.

A field that differs: what the channel shows is taken down as what it has, so the next push sends ours. What
is missing: the link is forgotten, so the product is looked for by SKU again, or created. Nothing else is ever
repaired, and nothing on the channel is deleted.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence

from django.db import connection
from django.db.models import Count, Q, QuerySet

from stockwire import ports
from stockwire.domain.drift import SKU, Kind, is_quantity
from stockwire.domain.vanished import most_at_once
from stockwire.errors import StockwireError
from stockwire.hub.models import (
    Audit,
    Channel,
    ChannelLink,
    DriftItem,
    DriftReport,
    OrderMark,
    Stale,
    StaleState,
)
from stockwire.hub.sync import lanes
from stockwire.hub.sync.poll_orders import poll
from stockwire.hub.sync.stale import mark_on_channel

AT_ONCE = 200
SHARE = 0.2
OURS_NEXT = "what the channel shows is noted; ours goes out with the next push"
LOOKED_FOR = "link forgotten; looked for by SKU, or created, with the next push"
STOCK = Q(kind=Kind.DIFFERENT) & (
    Q(field__in=["quantity", "map.stock_quantity"]) | Q(field__startswith="quantity@")
)
# Only what is known still: a field that became the channel's meanwhile is not. A channel that no longer
# manages the stock forgets the figures, as after a push that says so (domain/plan.confirmed).
SHOWN = """
    update {table} k set
        "values" = (select coalesce(jsonb_object_agg(e.key, e.value), '{{}}')
            from jsonb_each(k."values" || u.shown) e
            where not (u.shown @> '{{"inventory_management": false}}' and e.key like 'quantity%%')),
        answered = (select coalesce(jsonb_object_agg(e.key, e.value), '{{}}')
            from jsonb_each(k.answered) e where not u.shown ? e.key)
    from unnest(%s::bigint[], %s::text[], %s::jsonb[]) as u(owner, "group", shown)
    where k.channel_id = %s and k.{column} = u.owner and k."group" = u."group"
        and (select bool_and(k."values" ? name) from jsonb_object_keys(u.shown) as name)
"""
UNLINK = """
    with gone as (
        delete from links l
        using unnest(%s::bigint[], %s::text[], %s::text[]) as u(variant_id, product_code, variant_code)
        where l.channel_id = %s and l.variant_id = u.variant_id
            and l.product_code = u.product_code and l.variant_code = u.variant_code
        returning l.variant_id)
    delete from known k using gone where k.channel_id = %s and k.variant_id = gone.variant_id
"""
# A product with variants of which nothing is left there.
UNLINK_WHOLE = """
    with gone as (
        delete from product_links w where w.channel_id = %s and w.product_id = any(%s) and not exists (
            select 1 from links l join variants v on v.id = l.variant_id
            where v.product_id = w.product_id and l.channel_id = w.channel_id)
        returning w.product_id)
    delete from known_products k using gone where k.channel_id = %s and k.product_id = gone.product_id
"""


def repair(held: lanes.Claim, row: Channel, channel: ports.Channel, report: DriftReport) -> None:
    """Repair the kinds that the report names, as far as it may be; what was done stands on its items, in the
    report (not yet saved) and in the audit."""
    with lanes.writing(held):
        kinds = _within_bounds(report)
        has_stock = _open(report, kinds).filter(STOCK).exists()
    if not kinds:
        return
    orders_wait = _orders_wait(held, row, channel) if has_stock else ""
    left, repaired, last = Counter[str](), Counter[str](), 0
    while True:
        with lanes.writing(held):
            items = list(_open(report, kinds).filter(pk__gt=last).order_by("pk")[:AT_ONCE])
            if not items:
                break
            last = items[-1].pk
            chosen = _chosen(row, items, orders_wait, left)
            _repair_some(row, report, chosen)
            repaired.update(item.kind for item in chosen)
    report.repaired = dict(repaired)
    report.notes += [f"{count:,} not repaired: {why}" for why, count in left.items()]


def _open(report: DriftReport, kinds: Sequence[str]) -> QuerySet[DriftItem]:
    return DriftItem.objects.filter(report=report, kind__in=kinds, repaired="")


def _within_bounds(report: DriftReport) -> list[str]:
    """The kinds to repair. A shop that was restored, or set up anew, looks like a thousand missing products:
    what nobody asked for by name is then left to a person."""
    if not report.bounded:
        return list(report.repairs)
    links = ChannelLink.objects.filter(channel_id=report.channel_id)
    linked = links.aggregate(products=Count("variant__product_id", distinct=True))["products"]
    most = most_at_once(linked, SHARE)
    found = DriftItem.objects.filter(report=report, kind__in=report.repairs).order_by()
    counts = dict(found.values_list("kind").annotate(Count("product_id", distinct=True)))
    for kind in report.repairs:
        if counts.get(kind, 0) > most:
            report.notes.append(
                f"{counts[kind]:,} of {linked:,} linked products are {kind} at once, so none was repaired by"
                f" itself. Look first; `stockwire channel reconcile --repair {kind}` repairs them all."
            )
    return [kind for kind in report.repairs if counts.get(kind, 0) <= most]


def _orders_wait(held: lanes.Claim, row: Channel, channel: ports.Channel) -> str:
    """Why quantities are left alone, or "". A lower quantity may have been sold a moment ago: to put ours
    back before that order is here would sell the same unit twice."""
    try:
        poll(held, row, channel)
    except StockwireError as error:
        return f"quantities, because the channel's orders could not be asked for ({error.message})"
    with lanes.writing(held):
        waiting = OrderMark.objects.filter(channel_id=held.channel_id).count()
    if not waiting:
        return ""
    return f"quantities, because {waiting:,} orders of the channel are not read yet and may explain them"


def _chosen(
    row: Channel, items: Sequence[DriftItem], orders_wait: str, left: Counter[str]
) -> list[DriftItem]:
    skipped = set(
        Stale.objects.filter(
            channel=row, product_id__in=[item.product_id for item in items], state=StaleState.SKIPPED
        ).values_list("product_id", flat=True)
    )
    chosen = []
    for item in items:
        if item.product_id in skipped:
            left["somebody skipped the product on this channel"] += 1
        elif item.field == SKU:
            left["SKUs, which no push sends; correct them on the channel, or unlink the product"] += 1
        elif orders_wait and is_quantity(item.field):
            left[orders_wait] += 1
        else:
            chosen.append(item)
    return chosen


def _repair_some(row: Channel, report: DriftReport, items: Sequence[DriftItem]) -> None:
    if not items:
        return
    different = [item for item in items if item.kind == Kind.DIFFERENT]
    missing = [item for item in items if item.kind == Kind.MISSING]
    _note_shown(row.pk, different)
    _forget_links(row.pk, missing)
    for item in items:
        item.repaired = OURS_NEXT if item.kind == Kind.DIFFERENT else LOOKED_FOR
    DriftItem.objects.bulk_update(items, ["repaired"])
    mark_on_channel(sorted({item.product_id for item in items if item.product_id}), row.pk)
    Audit.objects.create(
        client_id=row.client_id,
        who=report.asked_by,
        action="drift repaired",
        subject=row.description,
        before=[_was(item) for item in items],
        after={"report": report.pk, "different": len(different), "missing": len(missing)},
    )


def _note_shown(channel_id: int, items: Sequence[DriftItem]) -> None:
    for table, column in (("known", "variant_id"), ("known_products", "product_id")):
        shown: dict[tuple[int, str], dict[str, object]] = defaultdict(dict)
        for item in items:
            owner = item.variant_id if table == "known" else item.product_id
            if owner is not None and (item.variant_id is not None) == (table == "known"):
                shown[owner, item.group][item.field] = item.shown
        if shown:
            owners, groups = zip(*shown, strict=True)
            values = [json.dumps(fields) for fields in shown.values()]
            with connection.cursor() as cursor:
                sql = SHOWN.format(table=table, column=column)
                cursor.execute(sql, [list(owners), list(groups), values, channel_id])


def _forget_links(channel_id: int, items: Sequence[DriftItem]) -> None:
    if not items:
        return
    variants = [item.variant_id for item in items]
    codes = [item.product_code for item in items], [item.variant_code for item in items]
    products = sorted({item.product_id for item in items if item.product_id})
    with connection.cursor() as cursor:
        cursor.execute(UNLINK, [variants, *codes, channel_id, channel_id])
        cursor.execute(UNLINK_WHOLE, [channel_id, products, channel_id])


def _was(item: DriftItem) -> dict[str, object]:
    place = {"sku": item.sku, "product_code": item.product_code, "variant_code": item.variant_code}
    if item.kind == Kind.MISSING:
        return {"missing": True, **place}
    return {**place, "field": item.field, "confirmed": item.confirmed, "shown": item.shown}
