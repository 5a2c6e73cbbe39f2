"""Products as they are right now for one channel, each with its plan. Preview and push both come here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.db import connection

from stockwire.domain.attributes import missing_required
from stockwire.domain.plan import Plan, Planner, Problem
from stockwire.domain.records import Product
from stockwire.domain.rules import Rule
from stockwire.hub import garbage
from stockwire.hub.models import Channel
from stockwire.hub.sync.channel_terms import terms_of
from stockwire.hub.sync.ids import id_array
from stockwire.hub.sync.read_products import NOTHING, Confirmed, Held, read_confirmed, read_products
from stockwire.hub.sync.templates import templates

# The lateral look-ups are fences for the planner, as in store_products.
RIVALS = """
    select v.id, string_agg(o.sku, ', ' order by o.sku) from variants v
    cross join lateral (select o.sku, o.product_id from variants o where o.sku_key = v.sku_key
        and o.client_id = v.client_id and o.id <> v.id and o.source_id = v.source_id and o.active offset 0) o
    join products p on p.id = o.product_id and p.active
    where v.id = any(%s::bigint[]) group by v.id
"""
SAME_SKU = (
    "A channel knows an item by its SKU, and upper and lower case count as the same there."
    " Rename one of the stock codes in Omni, or set all but one to IGNORE and DELETE."
)


class Snapshot(NamedTuple):
    """One product: what the hub holds, what the channel confirmed, and what follows from both."""

    held: Held
    confirmed: Confirmed
    plan: Plan

    @property
    def product_id(self) -> int:
        return self.held.product_id

    @property
    def product(self) -> Product:
        return self.held.product


def planner_for(channel: Channel, rules: Sequence[Rule] | None = None) -> Planner:
    """The planner of a channel as it is set up now, inside an open scope. `rules` stand in for the stored
    ones where a draft is tried."""
    return Planner(terms_of(channel, rules), _lacks())


def _lacks() -> Callable[[Product], Problem | None] | None:
    """What the client's attribute templates ask of a product; None where there are no templates."""
    kept = templates()
    if not kept:
        return None

    def lacks(product: Product) -> Problem | None:
        applied = [kept[name] for name in product.templates if name in kept]
        missing = missing_required(product.meta, applied) if applied else []
        if not missing:
            return None
        return Problem(
            f"{product.code}: {'; '.join(one.reason for one in missing)}.",
            " ".join(one.fix for one in missing),
        )

    return lacks


def planned(channel_id: int, product_ids: Sequence[int], planner: Planner | None = None) -> list[Snapshot]:
    """Snapshots of these products for this channel, inside an open scope. With a `planner` of other terms
    than the stored ones it says what they would bring."""
    if planner is None:
        planner = planner_for(Channel.objects.get(pk=channel_id))
    with garbage.not_looked_for():
        held = held_for(planner, product_ids)
        confirmed = read_confirmed(channel_id, held)
        found = []
        for one in held:
            known = confirmed.get(one.product_id, NOTHING)
            found.append(Snapshot(one, known, planner.plan(one.product, known.known)))
    return _without_rivals(found)


def held_for(planner: Planner, product_ids: Sequence[int]) -> list[Held]:
    """These products with all that this planner looks at, inside an open scope."""
    terms = planner.terms
    looked_at = {rule.field.partition(".")[0] for rule in terms.rules}
    mapped = bool(terms.settings.product_map)
    return read_products(
        product_ids,
        meta=terms.takes.meta or mapped or "meta" in looked_at or planner.looks_at_meta,
        images=terms.takes.images or mapped or "images" in looked_at,
    )


def _without_rivals(snapshots: list[Snapshot]) -> list[Snapshot]:
    """To link by SKU where two of ours share it would be a guess: each is reported, linked ones go on."""
    new = {
        snapshot.held.variant_ids[code]: (at, code)
        for at, snapshot in enumerate(snapshots)
        for code in _to_be_linked(snapshot)
    }
    if not new:
        return snapshots
    with connection.cursor() as cursor:
        cursor.execute(RIVALS, [id_array(new)])
        for variant_id, others in cursor.fetchall():
            at, code = new[variant_id]
            snapshots[at] = _refused(snapshots[at], code, others)
    return snapshots


def _to_be_linked(snapshot: Snapshot) -> list[str]:
    plan = snapshot.plan
    if plan.variants:
        return [one.variant.code for one in plan.variants if one.action == "add"]
    if plan.action != "add" and not (plan.problem and snapshot.confirmed.known is None):
        return []
    return [one.code for one in snapshot.product.variants if one.active]


def _refused(snapshot: Snapshot, code: str, others: str) -> Snapshot:
    sku = next(one.sku for one in snapshot.product.variants if one.code == code)
    problem = Problem(f"{sku} is also the SKU of {others}.", SAME_SKU)
    plan = snapshot.plan
    rest = tuple(one for one in plan.variants if one.variant.code != code)
    if plan.action == "add" and not rest:
        return snapshot._replace(plan=Plan(problem=problem, reason="its SKU is not its own"))
    if plan.action == "update" and not rest and not plan.differences:
        return snapshot._replace(plan=Plan(problem=problem, reason="its SKU is not its own"))
    return snapshot._replace(plan=plan._replace(variants=rest, problem=problem))
