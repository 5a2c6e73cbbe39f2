"""Variants that are to leave the shops: believed, unless so many go at once that a person should look first.

An UPDATE without WHERE that sets every item to DELETE looks exactly like a clear-out. What is held stays on
sale; it goes when a person confirms, and is forgotten when the source wants the product back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from stockwire.domain.records import Active, SourceProduct
from stockwire.domain.vanished import most_at_once
from stockwire.errors import Refused
from stockwire.hub.models import Audit, HeldDeactivation, Source, SourceProblem, Variant
from stockwire.hub.sync.audit_rows import AuditRow, note_all
from stockwire.hub.sync.staged_rows import Staged
from stockwire.hub.sync.stale import mark_products
from stockwire.hub.sync.store_products import let_go
from stockwire.registry import source_connector
from stockwire.wire import Batch

WINDOW = timedelta(hours=1)
DEFAULT_LIMIT = 0.2
PROBLEM = "Products wait to be taken off the shops until you confirm it: too many were to go at once."

# What was active when the window began is what is active now and what has gone since.
COUNT = """
    select count(*) filter (where active), count(*) filter (where not active and gone_at > %s)
    from variants where source_id = %s
"""
# Fenced as in store_products: an index look-up for each code, whatever the planner believes.
STILL_ACTIVE = """
    select v.source_variant_code, p.active from unnest(%s::text[]) as gone(code)
    cross join lateral (select v.source_variant_code, v.product_id, v.active from variants v
        where v.source_id = %s and v.source_variant_code = gone.code offset 0) v
    cross join lateral (select p.active from products p where p.id = v.product_id offset 0) p
    where v.active
"""
ANY_HELD = "select exists (select from held_deactivations where source_id = %s)"
HOLD = """
    insert into held_deactivations (client_id, source_id, source_variant_code)
    select %s, %s, unnest(%s::text[]) on conflict do nothing
"""


def hold_back(source: Source, staged: Staged, products: Sequence[SourceProduct], batch: Batch) -> Staged:
    """What of a batch may go, inside the batch's transaction; the rest is held and said at the source.

    Counted over an hour, because a mass change arrives in many batches. Removals that were confirmed where
    the agent runs are not asked about again.
    """
    _forget_what_came_back(source, products)
    if not staged.gone_variants:
        return staged
    confirmed = set(batch.removed) if batch.removals_confirmed else set()
    if confirmed:
        HeldDeactivation.objects.filter(source=source, source_variant_code__in=confirmed).delete()
        Source.objects.filter(pk=source.pk).update(deactivations_confirmed_at=timezone.now())
    there = still_active(source, staged.gone_variants)
    if not there:
        return replace(staged, gone_variants=[])
    going = {code for code, is_on_sale in there.items() if is_on_sale and code not in confirmed}
    if not going or _are_believed(source, going):
        return staged
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [source.client_id, source.pk, sorted(going)])
    _say(source)
    left = [code for code in staged.gone_variants if code not in going]
    return replace(staged, gone_variants=left)


def still_active(source: Source, codes: Sequence[str]) -> dict[str, bool]:
    """Those of these variants, by code, that were not taken away yet, and whether their product is active."""
    if not codes:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(STILL_ACTIVE, [list(codes), source.pk])
        return dict(cursor.fetchall())


def standing(source: Source) -> tuple[str, str]:
    """Message and hint while deactivations wait, else two empty texts; inside an open scope."""
    held = HeldDeactivation.objects.filter(source=source).count()
    if not held:
        return "", ""
    active = Variant.objects.filter(source=source, active=True, product__active=True).count()
    return (
        f"{held:,} of {active:,} products were to leave the shops at once (DELETE in Omni, or gone from it). "
        "They stay on sale.",
        "If that was a mistake, set them to ACTIVE in Omni. If it was meant, run on the hub: "
        f"stockwire source confirm-deactivations --client {source.client_id} {source.pk}",
    )


def confirm(source_id: int, who: str) -> int:
    """Take the held products off the shops, inside an open scope. Their number. Raises Refused."""
    source = Source.objects.filter(pk=source_id).first()
    if source is None:
        raise Refused(f"There is no source {source_id}.", hint="The status page names the sources.")
    rows = HeldDeactivation.objects.filter(source=source)
    codes = list(rows.values_list("source_variant_code", flat=True))
    if not codes:
        raise Refused(f"Nothing waits at {source.description}.", hint="All its products are as Omni says.")
    message, _ = standing(source)
    was_on_sale = sorted(code for code, on_sale in still_active(source, codes).items() if on_sale)
    gone = sorted(let_go(source, codes))
    mark_products(gone, "a person confirmed that they go")
    rows.delete()
    _clear(source)
    Source.objects.filter(pk=source.pk).update(deactivations_confirmed_at=timezone.now())
    Audit.objects.create(
        client_id=source.client_id,
        who=who,
        action="deactivations confirmed",
        subject=source.description,
        after={"products": len(gone), "was": message},
    )
    rows_of = (AuditRow(code, {"active": "true"}, {"active": "false"}) for code in was_on_sale)
    note_all(source.client_id, who, "product changed", rows_of)
    return len(gone)


def _forget_what_came_back(source: Source, products: Sequence[SourceProduct]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ANY_HELD, [source.pk])
        if not products or not cursor.fetchone()[0]:
            return
    held = HeldDeactivation.objects.filter(source=source)
    back = [p.source_variant_code for p in products if p.product_active is not Active.DELETE]
    if held.filter(source_variant_code__in=back).delete()[0] and not held.exists():
        _clear(source)


def _are_believed(source: Source, going: set[str]) -> bool:
    source.refresh_from_db(fields=["deactivations_confirmed_at"])
    since = timezone.now() - WINDOW
    if source.deactivations_confirmed_at:
        since = max(since, source.deactivations_confirmed_at)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [since, source.pk])
        active, lately = cursor.fetchone() or (0, 0)
    waiting = HeldDeactivation.objects.filter(source=source).exclude(source_variant_code__in=going).count()
    return bool(lately + waiting + len(going) <= most_at_once(active + lately, _limit(source)))


def _limit(source: Source) -> float:
    settings = source.read_settings(source_connector(source.type).settings)
    return float(getattr(settings, "deactivation_limit", DEFAULT_LIMIT))


def _say(source: Source) -> None:
    message, hint = standing(source)
    Source.objects.filter(pk=source.pk).update(read_error=message, read_hint=hint)
    SourceProblem.objects.update_or_create(
        source=source,
        code="",
        message=PROBLEM,
        defaults={"client_id": source.client_id, "hint": hint, "seen_at": timezone.now()},
    )


def _clear(source: Source) -> None:
    SourceProblem.objects.filter(source=source, code="", message=PROBLEM).delete()
    Source.objects.filter(pk=source.pk).update(read_error="", read_hint="")
